//! How much a memory filesystem may hold, and how much it holds.

use std::sync::atomic::{AtomicU64, Ordering};

use super::{Limits, Usage};
use crate::abi::Errno;
use crate::vfs::Result;

/// What is taken of the limits. Every byte and every inode that is taken is given back once.
pub(super) struct Quota {
    limits: Limits,
    bytes: AtomicU64,
    inodes: AtomicU64,
}

impl Quota {
    pub(super) const fn new(limits: Limits) -> Self {
        Self { limits, bytes: AtomicU64::new(0), inodes: AtomicU64::new(0) }
    }

    pub(super) const fn limits(&self) -> Limits {
        self.limits
    }

    pub(super) fn usage(&self) -> Usage {
        Usage { bytes: self.bytes.load(Ordering::Relaxed), inodes: self.inodes.load(Ordering::Relaxed) }
    }

    /// Takes `most` bytes, or as many as are left, and says how many.
    pub(super) fn take_up_to(&self, most: u64) -> u64 {
        let mut granted = 0;
        if most == 0 {
            return 0;
        }
        let take = |used: u64| {
            granted = most.min(self.limits.bytes.saturating_sub(used));
            Some(used + granted)
        };
        // It never refuses.
        let _ = self.bytes.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take);
        granted
    }

    /// Takes all of `bytes`, or none. Errors: `Nospc`.
    pub(super) fn take(&self, bytes: u64) -> Result<()> {
        let granted = self.take_up_to(bytes);
        if granted == bytes {
            return Ok(());
        }
        self.give_back(granted);
        Err(Errno::Nospc)
    }

    pub(super) fn give_back(&self, bytes: u64) {
        self.bytes.fetch_sub(bytes, Ordering::Relaxed);
    }

    /// Takes one inode. Errors: `Nospc`.
    pub(super) fn take_inode(&self) -> Result<()> {
        let take = |used: u64| (used < self.limits.inodes).then_some(used + 1);
        self.inodes
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, take)
            .map(drop)
            .map_err(|_| Errno::Nospc)
    }

    /// Counts an inode that is there whatever the limit.
    pub(super) fn add_inode(&self) {
        self.inodes.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn give_back_inode(&self) {
        self.inodes.fetch_sub(1, Ordering::Relaxed);
    }
}
