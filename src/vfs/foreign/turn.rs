//! One caller at a time, and none inside itself.

use std::ops::{Deref, DerefMut};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::abi::Errno;
use crate::vfs::Result;

/// A lock that is held while code runs which nobody here knows. Where that comes back to the lock, it is told so instead of
/// waiting for itself.
pub(super) struct Turn<T> {
    state: Mutex<T>,
    /// Whose turn it is, 0 for nobody's.
    holder: AtomicUsize,
}

impl<T> Turn<T> {
    /// A lock around `state`.
    pub(super) const fn new(state: T) -> Self {
        Self { state: Mutex::new(state), holder: AtomicUsize::new(0) }
    }

    /// Waits for other threads' calls to end. Errors: `Deadlk` inside a call of this thread's.
    pub(super) fn take(&self) -> Result<Taken<'_, T>> {
        let me = this_thread();
        // Only this thread writes its own number, and takes it away before the lock is free again.
        if self.holder.load(Ordering::Relaxed) == me {
            return Err(Errno::Deadlk);
        }
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        self.holder.store(me, Ordering::Relaxed);
        Ok(Taken { holder: &self.holder, state })
    }
}

/// The lock, held.
pub(super) struct Taken<'t, T> {
    holder: &'t AtomicUsize,
    state: MutexGuard<'t, T>,
}

impl<T> Deref for Taken<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.state
    }
}

impl<T> DerefMut for Taken<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.state
    }
}

impl<T> Drop for Taken<'_, T> {
    fn drop(&mut self) {
        self.holder.store(0, Ordering::Relaxed);
    }
}

/// A number that no other living thread has, never 0.
fn this_thread() -> usize {
    thread_local!(static MARK: u8 = const { 0 });
    MARK.with(|mark| std::ptr::from_ref(mark) as usize)
}
