//! What a guest writes, kept in memory for its host.

use std::sync::{Mutex, MutexGuard, PoisonError};

use super::{Source, Stream, pipe};
use crate::abi::{Errno, Filestat};
use crate::span::{Span, total};
use crate::vfs::Result;

/// A stream that keeps what is written, in the order of the writes, also of several guests or descriptors. It keeps the first
/// `limit` bytes: what comes after them is dropped and counted, and the guest does not notice.
pub struct Capture {
    limit: u64,
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    /// Grows with what is written, whatever the limit is.
    bytes: Vec<u8>,
    dropped: u64,
}

impl Capture {
    /// Nothing yet, and at most `limit` bytes.
    pub fn new(limit: u64) -> Self {
        Self { limit, kept: Mutex::default() }
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many bytes are kept.
    pub fn len(&self) -> usize {
        self.kept().bytes.len()
    }

    /// Whether nothing is kept.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many bytes came after the limit, or after the host's memory was used up.
    pub fn dropped(&self) -> u64 {
        self.kept().dropped
    }

    /// Copies what is kept into `into`, as much as fits, and says how much.
    pub fn copy(&self, into: &mut [u8]) -> usize {
        let kept = self.kept();
        let len = kept.bytes.len().min(into.len());
        into[..len].copy_from_slice(&kept.bytes[..len]);
        len
    }

    /// Forgets everything: the limit counts from here.
    pub fn clear(&self) {
        *self.kept() = Kept::default();
    }
}

impl Kept {
    /// How many of `len` bytes there is room for. What is kept is always a beginning: once bytes were dropped, all are.
    fn room(&mut self, len: usize, limit: u64) -> usize {
        if self.dropped > 0 {
            return 0;
        }
        let left = limit.saturating_sub(self.bytes.len() as u64);
        let len = usize::try_from(left).unwrap_or(usize::MAX).min(len);
        let reserved = self.bytes.try_reserve(len).or_else(|_| self.bytes.try_reserve_exact(len));
        if reserved.is_ok() { len } else { 0 }
    }
}

impl Stream for Capture {
    fn stat(&self) -> Result<Filestat> {
        Ok(pipe())
    }

    fn directions(&self) -> (bool, bool) {
        (false, true)
    }

    fn source(&self) -> Source<'_> {
        Source::Ready
    }

    fn runs_engine(&self) -> bool {
        false
    }

    fn read(&self, _into: &[Span<'_>]) -> Result<usize> {
        Err(Errno::Badf)
    }

    fn write(&self, from: &[Span<'_>]) -> Result<usize> {
        let len = total(from);
        let mut kept = self.kept();
        let room = kept.room(len, self.limit);
        let mut at = kept.bytes.len();
        let end = at + room;
        kept.bytes.resize(end, 0);
        for span in from {
            at += span.drain(&mut kept.bytes[at..]);
        }
        kept.dropped = kept.dropped.saturating_add((len - room) as u64);
        Ok(len)
    }
}
