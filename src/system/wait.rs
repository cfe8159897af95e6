//! Waiting on descriptors of the host, by poll(2).

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::Wait;
use crate::abi::Errno;

/// How long a guest waits without its engine looking up, ns.
pub const SLICE: u64 = 20_000_000;

pub fn wait(waits: &mut [Wait<'_>], timeout: u64) -> Result<bool, Errno> {
    let timeout = Timespec {
        tv_sec: (timeout / 1_000_000_000).cast_signed(),
        tv_nsec: (timeout % 1_000_000_000).cast_signed(),
    };
    if let [wait] = waits {
        let mut fds = [polled(wait)];
        run(&mut fds, &timeout)?;
        let flags = fds[0].revents();
        note(wait, flags);
        return Ok(wait.ready);
    }
    let mut fds: Vec<PollFd<'_>> = waits.iter().map(polled).collect();
    run(&mut fds, &timeout)?;
    waits.iter_mut().zip(fds).for_each(|(wait, fd)| note(wait, fd.revents()));
    Ok(waits.iter().any(|wait| wait.ready))
}

fn polled<'f>(wait: &Wait<'f>) -> PollFd<'f> {
    // A socket whose peer has only stopped sending says so just to those who ask.
    PollFd::from_borrowed_fd(
        wait.fd,
        if wait.write { PollFlags::OUT } else { PollFlags::IN | PollFlags::RDHUP },
    )
}

fn run(fds: &mut [PollFd<'_>], timeout: &Timespec) -> Result<(), Errno> {
    match poll(fds, Some(timeout)) {
        // A signal of the host's is no event of the guest's: the caller goes on with its next slice.
        Ok(_) | Err(rustix::io::Errno::INTR) => Ok(()),
        Err(rustix::io::Errno::INVAL) => Err(Errno::Inval),
        Err(_) => Err(Errno::Nomem),
    }
}

fn note(wait: &mut Wait<'_>, flags: PollFlags) {
    wait.ready = !flags.is_empty();
    wait.hangup = flags.intersects(PollFlags::HUP | PollFlags::RDHUP | PollFlags::ERR);
}
