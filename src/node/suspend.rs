//! Suspending a guest: JavaScript and the poller are told what its call waits for, and when it is there, the adapter makes the
//! call again.

use std::ptr::null_mut;
use std::sync::atomic::{AtomicU64, Ordering};

use napi::sys;

use super::door::V8Guest;
use super::frame::{BLOCKS, Frame};
use super::poller;
use crate::fds::Object;
use crate::process::Awaited;
use crate::stdio::Source;

/// A ticket that no other call of the process has. 2^63 of them are not used up.
pub fn ticket() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

/// Has the adapter suspend the guest. Where JavaScript throws instead, that is pending, and the call has ended.
pub fn suspend(guest: &mut V8Guest<'_>, frame: Frame, ticket: u64) {
    let process = guest.process();
    let Some((timeout, streams)) = process.suspended.awaited(ticket) else { return };
    let is_fd = |awaited: &Awaited| matches!(awaited.entry.object(), Object::Stream(stream) if matches!(stream.source(), Source::Fd(_)));
    let (polled, engine): (Vec<_>, Vec<_>) = streams.into_iter().partition(is_fd);
    let reads = engine.iter().any(|awaited| !awaited.write);
    let writes = engine.iter().any(|awaited| awaited.write);
    let Some(wake) = arrange(guest, timeout, reads, writes) else {
        guest.process().suspended.take(ticket);
        return;
    };
    let env = guest.env();
    if polled.is_empty() || poller::watch(env, ticket, wake, polled).is_ok() {
        return frame.suspend(ticket);
    }
    // Nobody else can wait for it: so the guest does, after a turn.
    let mut undefined = null_mut();
    // SAFETY: wake is a live function of env, and takes no arguments.
    unsafe {
        sys::napi_get_undefined(env, &mut undefined);
        sys::napi_call_function(env, undefined, wake, 0, std::ptr::null(), null_mut());
    }
    frame.suspend(ticket | BLOCKS);
}

/// Has JavaScript make the promise by which the guest is suspended: until a time (ns), or until its own streams go on. Returns
/// the function that ends it; `None` where an exception is pending.
fn arrange(
    guest: &mut V8Guest<'_>,
    timeout: Option<u64>,
    reads: bool,
    writes: bool,
) -> Option<sys::napi_value> {
    let milliseconds = timeout.map_or(f64::INFINITY, |timeout| (timeout / 1_000_000) as f64);
    let mut args = [null_mut(); 3];
    // SAFETY: the pointers are to locals.
    unsafe {
        sys::napi_create_double(guest.env(), milliseconds, &mut args[0]);
        sys::napi_get_boolean(guest.env(), reads, &mut args[1]);
        sys::napi_get_boolean(guest.env(), writes, &mut args[2]);
    }
    guest.hook(c"suspend", &args)
}
