//! A capture as a stream of one run, which it stops where more is written than is kept.

use std::sync::Arc;

use crate::abi::Filestat;
use crate::engine::{Control, Stop};
use crate::span::Span;
use crate::stdio::{Capture, Source, Stream};
use crate::vfs::Result;

/// The stream.
pub struct Captured {
    pub capture: Arc<Capture>,
    pub control: Arc<Control>,
}

impl Stream for Captured {
    fn stat(&self) -> Result<Filestat> {
        self.capture.stat()
    }

    fn directions(&self) -> (bool, bool) {
        self.capture.directions()
    }

    fn source(&self) -> Source<'_> {
        self.capture.source()
    }

    fn runs_engine(&self) -> bool {
        self.capture.runs_engine()
    }

    fn read(&self, into: &[Span<'_>]) -> Result<usize> {
        self.capture.read(into)
    }

    fn write(&self, from: &[Span<'_>]) -> Result<usize> {
        let len = self.capture.write(from);
        if self.capture.dropped() > 0 {
            self.control.stop(Stop::Output);
        }
        len
    }
}
