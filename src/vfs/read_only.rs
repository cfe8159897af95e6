//! A directory of any kind, of which nothing can be changed.

use std::ops::ControlFlow;

use super::{Advice, Dir, DirEntry, File, OpenOptions, Opened, Path, Result};
use crate::abi::{Errno, Filestat};
use crate::span::Span;

/// Forwards what reads; what changes stays refused with `Rofs`, as the traits have it.
pub struct ReadOnly<T>(pub T);

impl<D: AsRef<dyn Dir> + Send + Sync> Dir for ReadOnly<D> {
    fn stat(&self) -> Result<Filestat> {
        self.0.as_ref().stat()
    }

    fn open(&self, path: Path<'_>, options: OpenOptions) -> Result<Opened> {
        if options.changes() {
            // A name that does not exist, or that may not be looked at, answers as it would to a reader.
            return match self.0.as_ref().stat_at(path, options.follow) {
                Ok(_) if options.create && options.exclusive => Err(Errno::Exist),
                Ok(_) => Err(Errno::Rofs),
                Err(Errno::Noent) if options.create => Err(Errno::Rofs),
                Err(errno) => Err(errno),
            };
        }
        Ok(match self.0.as_ref().open(path, options)? {
            Opened::File(file) => Opened::File(Box::new(ReadOnly(file))),
            Opened::Dir(dir) => Opened::Dir(Box::new(ReadOnly(dir))),
            // Bytes written to a device change nothing of the mount, but this one was opened to read.
            Opened::Special(fd) => Opened::Special(fd),
        })
    }

    fn stat_at(&self, path: Path<'_>, follow: bool) -> Result<Filestat> {
        self.0.as_ref().stat_at(path, follow)
    }

    fn read_link(&self, path: Path<'_>, buf: &mut [u8]) -> Result<usize> {
        self.0.as_ref().read_link(path, buf)
    }

    fn list(&self, cookie: u64, each: &mut dyn FnMut(DirEntry<'_>) -> ControlFlow<()>) -> Result<()> {
        self.0.as_ref().list(cookie, each)
    }

    fn mode_at(&self, path: Path<'_>, follow: bool) -> Result<u32> {
        self.0.as_ref().mode_at(path, follow)
    }

    fn sync(&self) -> Result<()> {
        self.0.as_ref().sync()
    }
}

impl<F: AsRef<dyn File> + Send + Sync> File for ReadOnly<F> {
    fn stat(&self) -> Result<Filestat> {
        self.0.as_ref().stat()
    }

    fn read_at(&self, into: &[Span<'_>], offset: u64) -> Result<usize> {
        self.0.as_ref().read_at(into, offset)
    }

    fn data_from(&self, offset: u64) -> Result<Option<u64>> {
        self.0.as_ref().data_from(offset)
    }

    fn mode(&self) -> Result<u32> {
        self.0.as_ref().mode()
    }

    fn advise(&self, offset: u64, len: u64, advice: Advice) -> Result<()> {
        self.0.as_ref().advise(offset, len, advice)
    }

    fn runs_engine(&self) -> bool {
        self.0.as_ref().runs_engine()
    }

    fn sync(&self) -> Result<()> {
        self.0.as_ref().sync()
    }

    fn datasync(&self) -> Result<()> {
        self.0.as_ref().datasync()
    }
}
