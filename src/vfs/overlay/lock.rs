//! Overlay: the lock of all that looks at both trees, which a thread that holds it is refused.

use std::collections::HashMap;
use std::ops::{Deref, DerefMut};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::origin::Origins;
use crate::abi::Errno;
use crate::vfs::Result;

/// The lock. A lower that the host wrote in JavaScript is asked while it is held, and may come back: to wait then would be
/// forever.
#[derive(Default)]
pub(super) struct Lock {
    known: Mutex<Known>,
    /// The thread that holds it, by an address of its own; 0 for none.
    holder: AtomicUsize,
}

/// What is known of the upper beyond what it holds itself.
#[derive(Default)]
pub(super) struct Known {
    /// What the merged view says of it.
    pub origins: Origins,
    /// Files of the upper that have several names, while they are committed: by their inode, a path at which the lower has the
    /// same, empty as long as it has none.
    pub committed: HashMap<u64, Vec<u8>>,
    /// How many temporary names were made.
    pub temporary: u64,
}

/// The lock, held.
pub(super) struct Held<'l> {
    known: MutexGuard<'l, Known>,
    holder: &'l AtomicUsize,
}

impl Lock {
    /// Waits for other threads. Errors: `Deadlk` where this thread holds it.
    pub(super) fn take(&self) -> Result<Held<'_>> {
        thread_local! {
            static ME: u8 = const { 0 };
        }
        let me = ME.with(|me| std::ptr::from_ref(me).addr());
        // Only this thread ever writes its own address, so a stale value of another's does no harm.
        if self.holder.load(Ordering::Relaxed) == me {
            return Err(Errno::Deadlk);
        }
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        self.holder.store(me, Ordering::Relaxed);
        Ok(Held { known, holder: &self.holder })
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        self.holder.store(0, Ordering::Relaxed);
    }
}

impl Deref for Held<'_> {
    type Target = Known;

    fn deref(&self) -> &Known {
        &self.known
    }
}

impl DerefMut for Held<'_> {
    fn deref_mut(&mut self) -> &mut Known {
        &mut self.known
    }
}
