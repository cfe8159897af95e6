//! Where something is: a single name in the handle of a directory.

use std::borrow::Cow;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::fs::OFlags;

use crate::vfs::Path;

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

/// A path taken apart as text.
pub(super) struct Split<'p> {
    /// All of it but the slashes at its end: the kernel and the walk must never differ about what those mean.
    pub whole: &'p [u8],
    /// What is before the last component; empty where there is only one.
    pub parent: &'p [u8],
    /// The last component.
    pub name: &'p [u8],
    /// It had slashes at its end, so it names a directory, through a link if need be.
    pub must_be_dir: bool,
}

impl<'p> Split<'p> {
    /// Takes a path apart.
    pub fn new(path: Path<'p>) -> Self {
        let path = path.as_bytes();
        let slashes = path.iter().rev().take_while(|byte| **byte == b'/').count();
        let whole = &path[..path.len() - slashes];
        let (parent, name) = match whole.iter().rposition(|byte| *byte == b'/') {
            Some(slash) => (&whole[..slash], &whole[slash + 1..]),
            None => (&[][..], whole),
        };
        Self { whole, parent, name, must_be_dir: slashes > 0 }
    }

    /// Whether the last component is no name: `.` or `..`.
    pub fn ends_in_dots(&self) -> bool {
        matches!(self.name, b"." | b"..")
    }
}
