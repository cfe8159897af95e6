//! What JavaScript throws while a guest's thread waits for it: it ends the guest's run, whose outcome has it.

use std::ptr::null_mut;

use napi::sys;

use super::desk::Desk;
use super::runs::Kept;
use crate::engine::{Control, Stop};

/// Takes the pending exception, where there is one.
///
/// # Safety
/// This is the thread of env, which lives.
pub unsafe fn take_pending(env: sys::napi_env) -> Option<sys::napi_value> {
    let (mut pending, mut exception) = (false, null_mut());
    // SAFETY: as the caller promised; the pointers are to locals.
    let taken = unsafe {
        sys::napi_is_exception_pending(env, &mut pending) == sys::Status::napi_ok
            && pending
            && sys::napi_get_and_clear_last_exception(env, &mut exception) == sys::Status::napi_ok
    };
    taken.then_some(exception)
}

/// Keeps an error as that which ended a run.
///
/// # Safety
/// This is the thread of env, of which the error is a live value.
pub unsafe fn keep(env: sys::napi_env, desk: &Desk, run: u64, error: sys::napi_value) {
    // Where the engine refuses, the environment is being ended.
    let Ok(error) = Kept::new(env, &[error]) else { return };
    if let Some(late) = desk.with_runs(|runs| runs.fail(run, error)) {
        // SAFETY: as the caller promised.
        unsafe { late.take(env) };
    }
}

/// Has the pending exception, where there is one, end the run of `control`: or nothing, without one.
///
/// # Safety
/// This is the thread of env, which lives.
pub unsafe fn end_run(env: sys::napi_env, desk: &Desk, control: Option<&Control>) {
    // SAFETY: as the caller promised.
    let Some(exception) = (unsafe { take_pending(env) }) else { return };
    let Some(control) = control else { return };
    if let Some(run) = desk.with_runs(|runs| runs.of(control)) {
        // SAFETY: as the caller promised.
        unsafe { keep(env, desk, run, exception) };
        control.stop(Stop::Killed);
    }
}
