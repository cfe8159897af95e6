//! Waiting until a stream can go on: the guest is suspended, or waits in slices between which the engine looks up.

use std::sync::Arc;

use super::{Call, Halt};
use crate::abi::{ClockId, Errno};
use crate::fds::Entry;
use crate::guest::{Guest, Progress};
use crate::process::{Awaited, Process, Suspension};
use crate::stdio::{Source, Stream};
use crate::system::{SLICE, Wait};

/// Which way a call on a stream goes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// From the stream to the guest.
    Read,
    /// From the guest to the stream.
    Write,
}

/// A stream of which a call wants something.
pub struct Awaiting<'e> {
    /// The descriptor.
    pub entry: &'e Arc<Entry>,
    /// Its stream.
    pub stream: &'e dyn Stream,
    /// Which way.
    pub way: Way,
}

/// Makes `attempt` until it does not answer `Again`, waiting before each further one. Where the guest is suspended for that,
/// the call is one that has transferred `done` bytes.
pub fn retry<G: Guest, T>(
    process: &Process,
    guest: &mut G,
    awaiting: &Awaiting<'_>,
    done: usize,
    mut attempt: impl FnMut(&mut G) -> Result<T, Halt>,
) -> Result<T, Halt> {
    loop {
        match attempt(guest) {
            Err(Halt::Errno(Errno::Again)) => until_ready(process, guest, awaiting, done)?,
            answer => return answer,
        }
    }
}

fn until_ready<G: Guest>(process: &Process, guest: &mut G, awaiting: &Awaiting<'_>, done: usize) -> Call {
    let Awaiting { entry, stream, way } = awaiting;
    let write = *way == Way::Write;
    suspend(process, guest, done, None, || vec![Awaited { entry: Arc::clone(entry), write }])?;
    let fd = match stream.source() {
        Source::Fd(fd) => fd,
        Source::Ready => return Ok(guest.pause()?),
        // It would wait for what cannot come while it waits.
        Source::Engine => return Err(Errno::Deadlk.into()),
    };
    loop {
        let mut wait = [Wait::new(fd, write)];
        let ready = process.system.wait(&mut wait, SLICE)?;
        // Also where it is ready: a stream that others share may be emptied again and again.
        guest.pause()?;
        if ready {
            return Ok(());
        }
    }
}

/// Suspends the guest, where it can be: until one of the streams is ready, for `timeout` (ns) at most.
pub fn suspend<G: Guest>(
    process: &Process,
    guest: &mut G,
    done: usize,
    timeout: Option<u64>,
    streams: impl FnOnce() -> Vec<Awaited>,
) -> Call {
    let Some(ticket) = guest.ticket() else { return Ok(()) };
    let progress = Progress { began: began(process, guest)?, done };
    process.suspended.put(ticket, Suspension { progress, timeout, streams: streams() });
    Err(Halt::Suspended)
}

/// When the call was made first: on the monotonic clock, ns.
pub fn began<G: Guest>(process: &Process, guest: &G) -> Result<u64, Errno> {
    match guest.progress() {
        Some(progress) => Ok(progress.began),
        None => process.system.now(ClockId::Monotonic),
    }
}
