//! Paths resolved beneath a directory by the kernel: openat2(2).

use std::os::fd::{BorrowedFd, OwnedFd};

use rustix::fs::{Mode, OFlags, ResolveFlags, openat, openat2};
use rustix::io::Errno as Host;

use super::{from_host, walk};
use crate::abi::Errno;
use crate::vfs::Result;

/// Beneath the directory, and never through the links of /proc, which lead anywhere without a path.
const CONFINED: ResolveFlags = ResolveFlags::BENEATH.union(ResolveFlags::NO_MAGICLINKS);

/// How often to ask again where a rename elsewhere kept the kernel from telling whether a `..` left the directory. Under a
/// storm of renames runs of 3 were seen.
const TRIES: usize = 32;

/// Whether the kernel has the call and lets us make it. Old kernels have not; seccomp profiles older than the call refuse
/// it, with either errno.
pub(super) fn available(dir: BorrowedFd<'_>) -> bool {
    let probe = openat2(dir, c".", OFlags::PATH | OFlags::CLOEXEC, Mode::empty(), CONFINED);
    // Any other error is about the directory, not about the call.
    !matches!(probe, Err(Host::NOSYS | Host::PERM | Host::TOOBIG | Host::INVAL))
}

/// Opens what a path beneath `dir` names. Errors: `Notcapable` where it leads out, else as openat(2).
pub(super) fn open(dir: BorrowedFd<'_>, path: &[u8], flags: OFlags, mode: Mode) -> Result<OwnedFd> {
    if is_name(path) && !flags.intersects(OFlags::PATH | OFlags::DIRECTORY) {
        // A name that is no link leads nowhere, so there is nothing to confine: the older call is a little faster. (Of a
        // link, O_PATH would give a handle, and O_DIRECTORY would say `Notdir`.)
        match openat(dir, path, flags | OFlags::NOFOLLOW | OFlags::CLOEXEC, mode) {
            Err(Host::LOOP) if !flags.contains(OFlags::NOFOLLOW) => {}
            Err(Host::INTR) => {}
            opened => return opened.map_err(from_host),
        }
    }
    for _ in 0..TRIES {
        match openat2(dir, path, flags | OFlags::CLOEXEC, mode, CONFINED) {
            Err(Host::AGAIN | Host::INTR) => {}
            Err(Host::XDEV) => return Err(Errno::Notcapable),
            opened => return opened.map_err(from_host),
        }
    }
    // The walk needs no such answer: it never goes up by asking the kernel.
    walk::open(dir, path, flags, mode)
}

/// Whether a path is a single name, and not a way to somewhere.
fn is_name(path: &[u8]) -> bool {
    !matches!(path, b"" | b"." | b"..") && !path.contains(&b'/')
}
