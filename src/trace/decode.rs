//! What a guest passes.

use super::Raw;
use super::memory::{self, LIST, TEXT};
use super::shapes::{RIGHTS, Shape};
use super::value::{Field, Value};
use crate::abi::{self, EventType, SUBSCRIPTION_SIZE_MAX, Snapshot, Subscription, names};
use crate::process::Process;

/// Adds what the shape at this argument shows before the call.
pub fn args(raw: &Raw<'_>, shape: Shape, at: usize, into: &mut Vec<Field>) {
    let memory = raw.memory;
    let mut push = |index: usize, value| into.push((raw.names[index], value));
    match shape {
        Shape::Fd => push(at, fd(raw.process, raw.word(at))),
        Shape::Number => push(at, Value::Number(raw.word(at))),
        Shape::Long => push(at, Value::Long(raw.args[at])),
        Shape::Offset => push(at, Value::Offset(raw.args[at].cast_signed())),
        Shape::Rights => push(at, flags(raw.args[at], RIGHTS)),
        Shape::Flags(known) => push(at, flags(raw.word(at).into(), known)),
        Shape::Name(known) => push(at, name(raw.word(at), known)),
        Shape::Whence => push(at, name(raw.word(at), names::whence(raw.process.snapshot))),
        Shape::Text => push(at, memory::text(memory, raw.word(at), raw.word(at + 1), TEXT)),
        Shape::Give => {
            push(at, memory::ranges(memory, raw.word(at), raw.word(at + 1), u64::MAX, memory::DATA));
        }
        Shape::Take(_) => push(at, memory::room(memory, raw.word(at), raw.word(at + 1))),
        Shape::Poll => {
            push(at, subscriptions(raw, raw.word(at), raw.word(at + 2)));
            push(at + 2, Value::Number(raw.word(at + 2)));
        }
        Shape::OutText | Shape::OutTextUsed | Shape::OutData => {
            push(at + 1, Value::Number(raw.word(at + 1)));
        }
        Shape::Entries => {
            push(at + 1, Value::Number(raw.word(at + 1)));
            push(at + 2, Value::Long(raw.args[at + 2]));
        }
        Shape::Strings
        | Shape::Roflags
        | Shape::Out32
        | Shape::Out64
        | Shape::OutFd
        | Shape::Fdstat
        | Shape::Filestat
        | Shape::Prestat => {}
    }
}

/// A descriptor, with its name where it was open from the start.
pub fn fd(process: &Process, fd: u32) -> Value {
    let entry = process.fds.get(fd, abi::Rights::NONE).ok();
    Value::Fd(fd, entry.and_then(|entry| entry.preopen_name().map(Box::from)))
}

/// Flags, by the names of their bits.
pub fn flags(bits: u64, known: &'static [&'static str]) -> Value {
    let mut unknown = bits;
    let mut names = Vec::new();
    for (bit, name) in known.iter().enumerate() {
        if bits & 1 << bit != 0 {
            names.push(*name);
            unknown &= !(1 << bit);
        }
    }
    Value::Flags { names, bits, unknown }
}

/// A number, by its name where it has one.
pub fn name(number: u32, known: &'static [&'static str]) -> Value {
    known.get(number as usize).map_or(Value::Number(number), |name| Value::Name(name))
}

fn subscriptions(raw: &Raw<'_>, ptr: u32, count: u32) -> Value {
    let size = Subscription::size(raw.process.snapshot);
    if raw.memory.array(ptr, count, size as u32).is_err() {
        return Value::Address(ptr);
    }
    let list = (0..count.min(LIST)).map_while(|index| {
        let bytes = memory::bytes(raw.memory, ptr.wrapping_add(index * size as u32), size as u64, size)?;
        let mut whole = [0; SUBSCRIPTION_SIZE_MAX];
        whole[..size].copy_from_slice(&bytes);
        Some(subscription(raw, &whole))
    });
    Value::List(list.collect(), count > LIST)
}

/// One subscription; also one that the call refuses.
fn subscription(raw: &Raw<'_>, bytes: &[u8; SUBSCRIPTION_SIZE_MAX]) -> Value {
    let mut parts = vec![("userdata", Value::Long(long(bytes, 0)))];
    match Subscription::decode(raw.process.snapshot, bytes) {
        Err(_) => parts.push(("type", name(bytes[8].into(), names::EVENTTYPE))),
        Ok(Subscription { userdata: _, kind: EventType::Clock, clock, fd: _ }) => {
            parts.push(("type", Value::Name(names::EVENTTYPE[0])));
            parts.push(("id", name(clock.id, names::CLOCKID)));
            parts.push(("timeout", Value::Long(clock.timeout)));
            let at = if raw.process.snapshot == Snapshot::Preview0 { 40 } else { 32 };
            parts.push(("precision", Value::Long(long(bytes, at))));
            parts.push(("flags", flags(clock.absolute.into(), names::SUBCLOCKFLAGS)));
        }
        Ok(Subscription { userdata: _, kind, clock: _, fd: number }) => {
            parts.push(("type", name(kind as u32, names::EVENTTYPE)));
            parts.push(("fd", fd(raw.process, number)));
        }
    }
    Value::Record(parts)
}

/// Eight bytes of a copy, as a number. They are there: the layouts say so.
pub fn long(bytes: &[u8], at: usize) -> u64 {
    bytes[at..].iter().take(8).rev().fold(0, |number, byte| number << 8 | u64::from(*byte))
}
