//! An open file of ours as a file of virtual-fs, which has an offset.

use std::fmt;
use std::io::{self, SeekFrom};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use virtual_fs::{AsyncRead, AsyncSeek, AsyncWrite, FsError, ReadBuf, VirtualFile};

use super::Relative;
use super::errno::{to_fs, to_io};
use crate::abi::{Errno, Filestat};
use crate::span::Span;
use crate::vfs::{Dir, File, Result, SetTime, SetTimes};

/// How many bytes one write takes at most: they are copied, as a file of ours may not be handed what is only lent for reading.
const MOST_WRITTEN: usize = 1 << 18;

/// How many bytes a file is said to take at once, always.
const WRITE_READY: usize = 8192;

/// An open file.
pub(super) struct ExportedFile {
    file: Box<dyn File>,
    root: Arc<dyn Dir>,
    /// Where it was when it was opened.
    path: Relative,
    readable: bool,
    writable: bool,
    append: bool,
    offset: u64,
}

impl ExportedFile {
    pub(super) fn new(
        file: Box<dyn File>,
        root: Arc<dyn Dir>,
        path: Relative,
        (readable, writable, append): (bool, bool, bool),
    ) -> Self {
        Self { file, root, path, readable, writable, append, offset: 0 }
    }

    fn stat(&self) -> Option<Filestat> {
        // virtual-fs has no way to say that it can't be known.
        self.file.stat().ok()
    }

    fn read(&mut self, into: &mut [u8]) -> Result<usize> {
        if !self.readable {
            return Err(Errno::Badf);
        }
        let len = self.file.read_at(&[Span::over(into)], self.offset)?;
        self.offset += len as u64;
        Ok(len)
    }

    fn write(&mut self, from: &[u8]) -> Result<usize> {
        if !self.writable {
            return Err(Errno::Badf);
        }
        let mut copy = from[..from.len().min(MOST_WRITTEN)].to_vec();
        let span = [Span::over(&mut copy)];
        if self.append {
            let (len, end) = self.file.append(&span)?;
            self.offset = end;
            return Ok(len);
        }
        let len = self.file.write_at(&span, self.offset)?;
        self.offset += len as u64;
        Ok(len)
    }

    fn seek(&mut self, to: SeekFrom) -> Result<()> {
        let (from, by) = match to {
            SeekFrom::Start(offset) => (offset, 0),
            SeekFrom::Current(by) => (self.offset, by),
            SeekFrom::End(by) => (self.file.stat()?.size, by),
        };
        let offset = from.checked_add_signed(by).filter(|offset| i64::try_from(*offset).is_ok());
        self.offset = offset.ok_or(Errno::Inval)?;
        Ok(())
    }
}

impl fmt::Debug for ExportedFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ExportedFile")
            .field("path", &String::from_utf8_lossy(&self.path.0))
            .field("offset", &self.offset)
            .finish_non_exhaustive()
    }
}

impl VirtualFile for ExportedFile {
    fn last_accessed(&self) -> u64 {
        self.stat().map_or(0, |stat| stat.atim)
    }

    fn last_modified(&self) -> u64 {
        self.stat().map_or(0, |stat| stat.mtim)
    }

    fn created_time(&self) -> u64 {
        self.stat().map_or(0, |stat| stat.ctim)
    }

    fn set_times(&mut self, atime: Option<u64>, mtime: Option<u64>) -> virtual_fs::Result<()> {
        let times = SetTimes { access: atime.map(SetTime::At), modified: mtime.map(SetTime::At) };
        self.file.set_times(times).map_err(to_fs)
    }

    fn size(&self) -> u64 {
        self.stat().map_or(0, |stat| stat.size)
    }

    fn set_len(&mut self, new_size: u64) -> virtual_fs::Result<()> {
        if !self.writable {
            return Err(FsError::PermissionDenied);
        }
        self.file.set_len(new_size).map_err(to_fs)
    }

    fn unlink(&mut self) -> virtual_fs::Result<()> {
        let there = self.path.with(|path| self.root.stat_at(path, false))?;
        let this = self.file.stat().map_err(to_fs)?;
        // The name may have been given to another file since.
        if (there.dev, there.ino) != (this.dev, this.ino) {
            return Err(FsError::EntryNotFound);
        }
        self.path.with(|path| self.root.unlink(path))
    }

    fn poll_read_ready(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<usize>> {
        if !self.readable {
            return Poll::Ready(Err(to_io(Errno::Badf)));
        }
        let left = self.size().saturating_sub(self.offset);
        Poll::Ready(Ok(usize::try_from(left).unwrap_or(usize::MAX)))
    }

    fn poll_write_ready(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<usize>> {
        Poll::Ready(if self.writable { Ok(WRITE_READY) } else { Err(to_io(Errno::Badf)) })
    }
}

impl AsyncRead for ExportedFile {
    fn poll_read(self: Pin<&mut Self>, _: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let read = self.get_mut().read(buf.initialize_unfilled());
        Poll::Ready(read.map(|len| buf.advance(len)).map_err(to_io))
    }
}

impl AsyncWrite for ExportedFile {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, from: &[u8]) -> Poll<io::Result<usize>> {
        Poll::Ready(self.get_mut().write(from).map_err(to_io))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        // Nothing is kept back. It is no fsync(2), which every small write would pay for.
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

impl AsyncSeek for ExportedFile {
    fn start_seek(self: Pin<&mut Self>, to: SeekFrom) -> io::Result<()> {
        self.get_mut().seek(to).map_err(to_io)
    }

    fn poll_complete(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<u64>> {
        Poll::Ready(Ok(self.offset))
    }
}
