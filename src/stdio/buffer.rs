//! Bytes that were there before the guest, as a stream that it reads.

use std::sync::{Mutex, MutexGuard, PoisonError};

use super::{Source, Stream, pipe};
use crate::abi::{Errno, Filestat};
use crate::span::Span;
use crate::vfs::Result;

/// Bytes in memory, read once from the first to the last.
pub struct Buffer {
    bytes: Vec<u8>,
    /// How many were read. Held during a read, so that two threads never read the same ones.
    at: Mutex<usize>,
}

impl Buffer {
    /// A stream of a copy of these bytes. Errors: `Nomem`.
    pub fn copy(bytes: &[u8]) -> Result<Self> {
        let mut copy = Vec::new();
        copy.try_reserve_exact(bytes.len()).map_err(|_| Errno::Nomem)?;
        copy.extend_from_slice(bytes);
        Ok(Self { bytes: copy, at: Mutex::new(0) })
    }

    fn at(&self) -> MutexGuard<'_, usize> {
        self.at.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Stream for Buffer {
    fn stat(&self) -> Result<Filestat> {
        Ok(pipe())
    }

    fn directions(&self) -> (bool, bool) {
        (true, false)
    }

    fn source(&self) -> Source<'_> {
        Source::Ready
    }

    fn available(&self) -> Option<u64> {
        Some((self.bytes.len() - *self.at()) as u64)
    }

    fn runs_engine(&self) -> bool {
        false
    }

    fn read(&self, into: &[Span<'_>]) -> Result<usize> {
        let mut at = self.at();
        let from = *at;
        for span in into {
            *at += span.fill(&self.bytes[*at..]);
        }
        Ok(*at - from)
    }

    fn write(&self, _from: &[Span<'_>]) -> Result<usize> {
        Err(Errno::Badf)
    }
}
