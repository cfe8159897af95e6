//! What a run came to, as JavaScript gets it.

use super::super::objects::{Made, Objects};
use crate::engine::{End, Frame, Outcome, Stop, Trap};

/// Makes the object. `error` is what JavaScript threw, where that ended the run.
pub fn outcome(objects: &Objects, outcome: Outcome, error: Made) -> Made {
    let Outcome { end, duration, fuel_used } = outcome;
    let (kind, code, trap, message, frames): (_, u32, _, _, &[Frame]) = match &end {
        _ if error.is_some() => ("host", 0, "", "", &[]),
        End::Exit(code) => ("exit", *code, "", "", &[]),
        End::Raised(signal) => ("raised", u32::from(*signal), "", "", &[]),
        End::Trap(Trap { code, message, frames }) => ("trap", 0, *code, message.as_str(), frames),
        End::Fuel => ("fuel", 0, "", "", &[]),
        End::Stopped(Stop::TimedOut) => ("timeout", 0, "", "", &[]),
        End::Stopped(Stop::Output) => ("output", 0, "", "", &[]),
        // A function failed because its run was stopped, whatever was told first.
        End::Stopped(Stop::Killed | Stop::Ended) | End::Host(_) => ("killed", 0, "", "", &[]),
        End::Refused(why) => ("refused", 0, "", why.as_str(), &[]),
        End::System(errno) => ("system", *errno as u32, "", errno.name(), &[]),
        End::Panicked(what) => ("panic", 0, "", what.as_str(), &[]),
    };
    let object = objects.object()?;
    objects.set(object, "kind", objects.text(kind.as_bytes())?)?;
    objects.set(object, "code", objects.float(code.into())?)?;
    objects.set(object, "trap", objects.text(trap.as_bytes())?)?;
    objects.set(object, "message", objects.text(message.as_bytes())?)?;
    objects.set(object, "frames", objects.list(frames.iter().map(|one| frame(objects, one)))?)?;
    objects.set(object, "durationMs", objects.float(duration.as_secs_f64() * 1e3)?)?;
    let fuel = match fuel_used {
        Some(fuel) => objects.bigint(i64::try_from(fuel).unwrap_or(i64::MAX)),
        None => objects.null(),
    };
    objects.set(object, "fuelUsed", fuel?)?;
    if let Some(error) = error {
        objects.set(object, "error", error)?;
    }
    Some(object)
}

fn frame(objects: &Objects, Frame { name, index, offset }: &Frame) -> Made {
    let object = objects.object()?;
    let name = match name {
        Some(name) => objects.text(name.as_bytes()),
        None => objects.null(),
    };
    objects.set(object, "name", name?)?;
    objects.set(object, "index", objects.float((*index).into())?)?;
    objects.set(object, "offset", objects.float((*offset).into())?)?;
    Some(object)
}
