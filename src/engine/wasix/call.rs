//! Calling a function of a WASIX guest's, and what it means how that ends.

use std::sync::Arc;

use wasmer::{RuntimeError, Store, Value};
use wasmer_middlewares::metering::{MeteringPoints, get_remaining_points, set_remaining_points};
use wasmer_types::TrapCode;
use wasmer_wasix::wasmer_wasix_types::wasi::ExitCode;
use wasmer_wasix::{WasiError, WasiFunctionEnv};

use super::super::control::Stop;
use super::super::outcome::{End, Trap};
use super::session::Session;

/// The exit code of a process that the host or a trap ended: as a shell has it, by SIGABRT.
const ABORTED: u16 = 128 + 6;

/// How a function of the guest's ended.
pub enum Returned {
    /// It came back, or only its thread ended.
    Back,
    /// The process exited.
    Exit(ExitCode),
    /// It used up its fuel.
    Fuel,
    /// It was interrupted.
    Interrupted,
    /// It trapped.
    Trap(Trap),
}

impl Returned {
    /// What a run comes to whose last word this was.
    pub fn into_end(self, session: &Session) -> End {
        let stopped = session.control.stopped().filter(|stop| *stop != Stop::Ended);
        match (self, stopped) {
            (Self::Trap(trap), None) => End::Trap(trap),
            (Self::Fuel, _) => End::Fuel,
            // Whoever was stopped exits by its own word at its next call.
            (_, Some(stop)) => End::Stopped(stop),
            (Self::Back, None) => End::Exit(0),
            (Self::Exit(code), None) => End::Exit(code.raw().cast_unsigned()),
            (Self::Interrupted, None) => End::Stopped(Stop::Ended),
        }
    }
}

/// The exit code of a process whose last word this was.
pub fn exit_code(returned: &Returned) -> ExitCode {
    match returned {
        Returned::Back => ExitCode::from(0u16),
        Returned::Exit(code) => *code,
        Returned::Fuel | Returned::Interrupted | Returned::Trap(_) => ExitCode::from(ABORTED),
    }
}

/// Calls an exported function. `None`: there is none of that name.
pub fn call(
    session: &Arc<Session>,
    context: &WasiFunctionEnv,
    store: &mut Store,
    name: &str,
    arguments: &[Value],
) -> Option<Returned> {
    let instance = context.data(store).try_clone_instance()?;
    let function = instance.exports.get_function(name).ok()?.clone();
    let returned = if session.control.stopped().is_some() {
        Returned::Interrupted
    } else {
        match function.call(store, arguments) {
            Ok(_) => Returned::Back,
            Err(error) => failed(error, session),
        }
    };
    if session.limits.fuel.is_some()
        && matches!(returned, Returned::Trap(_))
        && matches!(get_remaining_points(store, &instance), MeteringPoints::Exhausted)
    {
        return Some(Returned::Fuel);
    }
    Some(returned)
}

/// What it means that a function failed.
pub fn failed(error: RuntimeError, session: &Session) -> Returned {
    match error.downcast::<WasiError>() {
        Ok(WasiError::Exit(code)) => Returned::Exit(code),
        Ok(WasiError::ThreadExit) => Returned::Back,
        Ok(other) => Returned::Trap(Trap { code: "error", message: other.to_string(), frames: Vec::new() }),
        Err(error) if session.control.stopped().is_some() && is_interrupt(&error) => Returned::Interrupted,
        Err(error) => Returned::Trap(Trap::new(&error)),
    }
}

/// Whether an error may be what interrupts a guest that is stopped: Wasmer calls that also a stack overflow; and who waits in
/// memory is woken with an error of no code.
fn is_interrupt(error: &RuntimeError) -> bool {
    matches!(error.clone().to_trap(), None | Some(TrapCode::HostInterrupt | TrapCode::StackOverflow))
}

/// Gives an instance the fuel of the run. Each thread and each process has as much: none can see what another used.
pub fn give_fuel(session: &Session, context: &WasiFunctionEnv, store: &mut Store) {
    if let Some(fuel) = session.limits.fuel
        && let Some(instance) = context.data(store).try_clone_instance()
    {
        set_remaining_points(store, &instance, fuel);
    }
}

/// How much of it an instance has used.
pub fn fuel_used(session: &Session, context: &WasiFunctionEnv, store: &mut Store) -> Option<u64> {
    let fuel = session.limits.fuel?;
    let instance = context.data(store).try_clone_instance()?;
    Some(match get_remaining_points(store, &instance) {
        MeteringPoints::Remaining(left) => fuel.saturating_sub(left),
        MeteringPoints::Exhausted => fuel,
    })
}
