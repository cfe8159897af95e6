//! Our streams as the files that WASIX reads standard input from and writes output to.

use std::fmt;
use std::io::{self, SeekFrom};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use virtual_fs::{AsyncRead, AsyncSeek, AsyncWrite, FsError, ReadBuf, VirtualFile};

use super::super::control::Control;
use crate::abi::Errno;
use crate::span::Span;
use crate::stdio::{Source, Stream};
use crate::system::{SLICE, System, Wait};

/// How long a guest that polls several files waits for one of them alone, ns.
const TURN: u64 = 5_000_000;

/// How many bytes one write takes at most: they are copied, as a stream of ours may not be handed what is only lent for reading.
const MOST_WRITTEN: usize = 1 << 18;

/// A stream of ours. WASIX polls it on the guest's own thread only, so that it may wait there, in slices.
pub struct Stdio {
    fd: u32,
    stream: Arc<dyn Stream>,
    system: Arc<dyn System>,
    control: Arc<Control>,
}

impl Stdio {
    pub fn new(fd: u32, stream: Arc<dyn Stream>, system: Arc<dyn System>, control: Arc<Control>) -> Self {
        Self { fd, stream, system, control }
    }

    /// Waits for one slice. `Pending`: not yet, and whoever polls is to come again.
    fn wait(&self, write: bool, slice: u64, context: &Context<'_>) -> Poll<io::Result<()>> {
        if self.control.stopped().is_some() {
            return Poll::Ready(Err(io::ErrorKind::Interrupted.into()));
        }
        let ready = match self.stream.source() {
            Source::Ready => true,
            Source::Fd(fd) => match self.system.wait(&mut [Wait::new(fd, write)], slice) {
                Ok(ready) => ready,
                Err(errno) => return Poll::Ready(Err(io::Error::other(errno))),
            },
            Source::Engine => return Poll::Ready(Err(io::ErrorKind::Unsupported.into())),
        };
        if ready {
            return Poll::Ready(Ok(()));
        }
        context.waker().wake_by_ref();
        Poll::Pending
    }

    /// Does what the stream can do now, or waits.
    fn transfer(
        &self,
        write: bool,
        context: &Context<'_>,
        act: impl FnOnce(&dyn Stream) -> Result<usize, Errno>,
    ) -> Poll<io::Result<usize>> {
        if self.control.stopped().is_some() {
            return Poll::Ready(Err(io::ErrorKind::Interrupted.into()));
        }
        match act(&*self.stream) {
            Err(Errno::Again) => {
                ready!(self.wait(write, SLICE, context))?;
                context.waker().wake_by_ref();
                Poll::Pending
            }
            Err(Errno::Pipe) => Poll::Ready(Err(io::ErrorKind::BrokenPipe.into())),
            Err(errno) => Poll::Ready(Err(io::Error::other(errno))),
            Ok(len) => Poll::Ready(Ok(len)),
        }
    }

    fn stat(&self) -> Option<crate::abi::Filestat> {
        self.stream.stat().ok()
    }
}

impl fmt::Debug for Stdio {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stdio").field("fd", &self.fd).finish_non_exhaustive()
    }
}

impl VirtualFile for Stdio {
    fn last_accessed(&self) -> u64 {
        self.stat().map_or(0, |stat| stat.atim)
    }

    fn last_modified(&self) -> u64 {
        self.stat().map_or(0, |stat| stat.mtim)
    }

    fn created_time(&self) -> u64 {
        self.stat().map_or(0, |stat| stat.ctim)
    }

    fn size(&self) -> u64 {
        self.stat().map_or(0, |stat| stat.size)
    }

    fn set_len(&mut self, _new_size: u64) -> virtual_fs::Result<()> {
        Err(FsError::PermissionDenied)
    }

    fn unlink(&mut self) -> virtual_fs::Result<()> {
        Err(FsError::PermissionDenied)
    }

    fn get_special_fd(&self) -> Option<u32> {
        Some(self.fd)
    }

    fn poll_read_ready(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<usize>> {
        if !self.stream.directions().0 {
            return Poll::Ready(Ok(0));
        }
        ready!(self.wait(false, TURN, context))?;
        let available = self.stream.available().unwrap_or(1);
        Poll::Ready(Ok(usize::try_from(available).unwrap_or(usize::MAX)))
    }

    fn poll_write_ready(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<usize>> {
        ready!(self.wait(true, TURN, context))?;
        Poll::Ready(Ok(4096))
    }
}

impl AsyncRead for Stdio {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let into = buf.initialize_unfilled();
        if into.is_empty() {
            return Poll::Ready(Ok(()));
        }
        let len = ready!(self.transfer(false, context, |stream| stream.read(&[Span::over(into)])))?;
        buf.advance(len);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Stdio {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, from: &[u8]) -> Poll<io::Result<usize>> {
        let mut copy = from[..from.len().min(MOST_WRITTEN)].to_vec();
        self.transfer(true, context, |stream| stream.write(&[Span::over(&mut copy)]))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        // Nothing is kept back.
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

impl AsyncSeek for Stdio {
    fn start_seek(self: Pin<&mut Self>, _to: SeekFrom) -> io::Result<()> {
        Err(io::ErrorKind::NotSeekable.into())
    }

    fn poll_complete(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<u64>> {
        Poll::Ready(Ok(0))
    }
}
