//! Waiting until a stream can go on, in slices between which the engine looks up.

use super::{Call, Halt};
use crate::abi::Errno;
use crate::guest::Guest;
use crate::process::Process;
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

/// Makes `attempt` until it does not answer `Again`, waiting before each further one.
pub fn retry<G: Guest, T>(
    process: &Process,
    guest: &mut G,
    stream: &dyn Stream,
    way: Way,
    mut attempt: impl FnMut(&mut G) -> Result<T, Halt>,
) -> Result<T, Halt> {
    loop {
        match attempt(guest) {
            Err(Halt::Errno(Errno::Again)) => until_ready(process, guest, stream, way)?,
            answer => return answer,
        }
    }
}

fn until_ready<G: Guest>(process: &Process, guest: &mut G, stream: &dyn Stream, way: Way) -> Call {
    let Source::Fd(fd) = stream.source() else { return Ok(guest.pause()?) };
    loop {
        let mut wait = [Wait::new(fd, way == Way::Write)];
        let ready = process.system.wait(&mut wait, SLICE)?;
        // Also where it is ready: a stream that others share may be emptied again and again.
        guest.pause()?;
        if ready {
            return Ok(());
        }
    }
}
