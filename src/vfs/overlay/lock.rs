//! Overlay: the lock of all that looks at both trees, which a thread that holds it is refused.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::ops::{Deref, DerefMut};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError, TryLockError};
use std::time::Duration;

use super::origin::Origins;
use crate::abi::Errno;
use crate::vfs::{Result, asking};

/// The lock. A lower that the host wrote in JavaScript is asked while it is held, and may come back: to wait then would be
/// forever.
#[derive(Default)]
pub(super) struct Lock {
    known: Mutex<Known>,
    /// The thread that holds it, by an address of its own; 0 for none.
    holder: AtomicUsize,
}

/// How often a thread that may be waited for looks whether it is.
const LOOK: Duration = Duration::from_micros(200);

/// What is known of the upper beyond what it holds itself.
pub(super) struct Known {
    /// What the merged view says of it.
    pub origins: Origins,
    /// Files of the upper that have several names, while they are committed: by their inode, a path at which the lower has the
    /// same, empty as long as it has none.
    pub committed: HashMap<u64, Vec<u8>>,
    /// The number of the last temporary name. It begins anywhere: what an overlay that was cut off left behind has others.
    pub temporary: u64,
}

impl Default for Known {
    fn default() -> Self {
        let temporary = RandomState::new().hash_one(());
        Self { origins: Origins::default(), committed: HashMap::new(), temporary }
    }
}

/// The lock, held.
pub(super) struct Held<'l> {
    known: MutexGuard<'l, Known>,
    holder: &'l AtomicUsize,
}

impl Lock {
    /// Waits for other threads. Errors: `Deadlk` where this thread holds it, or where the one that does waits for this.
    pub(super) fn take(&self) -> Result<Held<'_>> {
        let me = asking::me();
        // Only this thread ever writes its own address, so a stale value of another's does no harm.
        if self.holder.load(Ordering::Relaxed) == me {
            return Err(Errno::Deadlk);
        }
        let known = if asking::is_asked() {
            self.wait()?
        } else {
            self.known.lock().unwrap_or_else(PoisonError::into_inner)
        };
        self.holder.store(me, Ordering::Relaxed);
        Ok(Held { known, holder: &self.holder })
    }

    /// The lock, for a thread that its holder may come to wait for.
    fn wait(&self) -> Result<MutexGuard<'_, Known>> {
        loop {
            match self.known.try_lock() {
                Ok(known) => return Ok(known),
                Err(TryLockError::Poisoned(poisoned)) => return Ok(poisoned.into_inner()),
                Err(TryLockError::WouldBlock) => {}
            }
            if asking::waits_for_this(self.holder.load(Ordering::Relaxed)) {
                return Err(Errno::Deadlk);
            }
            std::thread::sleep(LOOK);
        }
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
