//! A descriptor that the system call itself closes.
#![expect(unsafe_code, reason = "closing by number is the caller's promise")]

use std::mem::ManuallyDrop;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};

/// An open descriptor. The C library's close(2) is a point at which a thread may be cancelled, and prepares for that; no
/// thread here ever is. For an open and a close of a file it is two percent.
pub(super) struct Descriptor(ManuallyDrop<OwnedFd>);

impl From<OwnedFd> for Descriptor {
    fn from(fd: OwnedFd) -> Self {
        Self(ManuallyDrop::new(fd))
    }
}

impl AsFd for Descriptor {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

impl Drop for Descriptor {
    fn drop(&mut self) {
        // SAFETY: the descriptor was owned, nobody uses it after this, and the wrapper never drops it itself.
        unsafe { rustix::io::close(self.0.as_raw_fd()) };
    }
}
