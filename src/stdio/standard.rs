//! The host's standard streams: one duplicate of each, which all guests share while any of them lives.
//!
//! A guest that nobody closed keeps its descriptors until it is collected, and that takes a turn of the event loop. Thanks to
//! this, one without preopens costs the host no descriptor.

use std::os::fd::{AsRawFd, BorrowedFd, RawFd};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use super::{Inherited, Stream};
use crate::vfs::Result;
use crate::vfs::host::transfer::same_open_file;

/// A stream, and the duplicate that it owns of the host's descriptor.
type Shared = (Weak<dyn Stream>, RawFd);

/// Those of 0, 1 and 2.
static SHARED: Mutex<[Option<Shared>; 3]> = Mutex::new([None, None, None]);

/// A stream over a duplicate of the host's descriptor. Errors: `Badf`.
pub fn duplicate(fd: BorrowedFd<'_>) -> Result<Arc<dyn Stream>> {
    let number = fd.as_raw_fd() as usize;
    let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
    let Some(slot) = shared.get_mut(number) else { return Ok(Inherited::duplicate(fd, false)?.0) };
    if let Some((stream, duplicate)) = slot
        && let Some(stream) = stream.upgrade()
        // The host may have put something else there since.
        && same_open_file(fd.as_raw_fd(), *duplicate)
    {
        return Ok(stream);
    }
    let (stream, duplicate) = Inherited::duplicate(fd, true)?;
    *slot = Some((Arc::downgrade(&stream), duplicate));
    Ok(stream)
}
