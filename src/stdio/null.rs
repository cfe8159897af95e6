//! No stream at all: it is at its end, and takes whatever is written.

use super::{Source, Stream, pipe};
use crate::abi::Filestat;
use crate::span::{Span, total};
use crate::vfs::Result;

/// A stream without an other side. Unlike the host's `/dev/null` it is no device: it costs no descriptor, and has no offsets.
pub struct Null;

impl Stream for Null {
    fn stat(&self) -> Result<Filestat> {
        Ok(pipe())
    }

    fn directions(&self) -> (bool, bool) {
        (true, true)
    }

    fn source(&self) -> Source<'_> {
        Source::Ready
    }

    fn available(&self) -> Option<u64> {
        Some(0)
    }

    fn runs_engine(&self) -> bool {
        false
    }

    fn read(&self, _into: &[Span<'_>]) -> Result<usize> {
        Ok(0)
    }

    fn write(&self, from: &[Span<'_>]) -> Result<usize> {
        Ok(total(from))
    }
}
