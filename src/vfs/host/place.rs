//! Where something is: a single name in the handle of a directory.

use std::borrow::Cow;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::fs::OFlags;

/// How to open what only says where something is: no reading, no side effects, no permission but to come by.
pub(super) const HANDLE: OFlags = OFlags::PATH.union(OFlags::CLOEXEC);

/// A directory to act in.
pub(super) enum Handle<'d> {
    /// The one that resolution began in.
    Root(BorrowedFd<'d>),
    /// One beneath it.
    Beneath(OwnedFd),
}

impl AsFd for Handle<'_> {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match self {
            Self::Root(fd) => *fd,
            Self::Beneath(fd) => fd.as_fd(),
        }
    }
}

/// A name in a directory. It has no slash and is never `..`; `.` is the directory itself.
pub(super) struct Place<'d> {
    /// The directory.
    pub parent: Handle<'d>,
    /// The name.
    pub name: Cow<'d, [u8]>,
}
