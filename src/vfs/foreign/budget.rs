//! What guests may add to a filesystem that has no limits of its own.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::abi::Errno;
use crate::vfs::Result;

/// How much a mount may take. A filesystem that lies in memory has no end but the process's: virtual-fs's own ends the process
/// where an allocation fails. What was there before counts for nothing, and what is removed is given back.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    /// The longest that a file may get, bytes: past it `Fbig`.
    pub file_bytes: u64,
    /// How many bytes all files together may grow by: past it `Nospc`.
    pub bytes: u64,
    /// How many names may be made: past it `Nospc`.
    pub names: u64,
}

impl Default for Limits {
    /// 1 GiB in files and in all, 1,048,576 names.
    fn default() -> Self {
        Self { file_bytes: 1 << 30, bytes: 1 << 30, names: 1 << 20 }
    }
}

/// What of it is taken. It changes only while the mount's lock is held, or upwards.
pub(super) struct Budget {
    limits: Limits,
    bytes: AtomicU64,
    names: AtomicU64,
}

impl Budget {
    pub(super) const fn new(limits: Limits) -> Self {
        Self { limits, bytes: AtomicU64::new(0), names: AtomicU64::new(0) }
    }

    /// Where a write at `offset` to a file of `size` bytes must end at the latest. Errors: `Fbig`, `Nospc` where not a byte
    /// has room.
    pub(super) fn end(&self, size: u64, offset: u64) -> Result<u64> {
        let longest = size.max(self.limits.file_bytes);
        let end = longest.min(size.saturating_add(self.room()));
        match () {
            () if offset < end => Ok(end),
            () if offset >= longest => Err(Errno::Fbig),
            () => Err(Errno::Nospc),
        }
    }

    /// Whether a file of `size` bytes may become `len` long. Errors: `Fbig`, `Nospc`.
    pub(super) fn allows(&self, size: u64, len: u64) -> Result<()> {
        match len.saturating_sub(size) {
            0 => Ok(()),
            _ if len > self.limits.file_bytes => Err(Errno::Fbig),
            growth => self.has_room(growth),
        }
    }

    /// Whether there may be so many bytes more. Errors: `Nospc`.
    pub(super) fn has_room(&self, bytes: u64) -> Result<()> {
        if bytes <= self.room() { Ok(()) } else { Err(Errno::Nospc) }
    }

    /// A file changed its size.
    pub(super) fn resized(&self, before: u64, after: u64) {
        if after > before {
            self.bytes.fetch_add(after - before, Ordering::Relaxed);
        } else {
            give_back(&self.bytes, before - after);
        }
    }

    /// Whether a name may be made. Errors: `Nospc`.
    pub(super) fn allows_name(&self) -> Result<()> {
        if self.names.load(Ordering::Relaxed) < self.limits.names { Ok(()) } else { Err(Errno::Nospc) }
    }

    /// A name was made.
    pub(super) fn name_made(&self) {
        self.names.fetch_add(1, Ordering::Relaxed);
    }

    /// A name was removed.
    pub(super) fn name_removed(&self) {
        give_back(&self.names, 1);
    }

    fn room(&self) -> u64 {
        self.limits.bytes.saturating_sub(self.bytes.load(Ordering::Relaxed))
    }
}

fn give_back(taken: &AtomicU64, amount: u64) {
    // What was there before the mount was never taken.
    let _ =
        taken.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |taken| Some(taken.saturating_sub(amount)));
}

/// The bytes of a file without a name, given back when nobody has it open any more: they are kept until then.
pub(super) struct Orphan {
    budget: Arc<Budget>,
    size: AtomicU64,
}

impl Orphan {
    pub(super) const fn new(budget: Arc<Budget>, size: u64) -> Self {
        Self { budget, size: AtomicU64::new(size) }
    }

    /// It has this size now.
    pub(super) fn resized(&self, size: u64) {
        self.size.store(size, Ordering::Relaxed);
    }
}

impl Drop for Orphan {
    fn drop(&mut self) {
        self.budget.resized(*self.size.get_mut(), 0);
    }
}
