//! A directory whose calls may run the guest's own engine, as those that the host wrote in JavaScript do.

use std::any::Any;
use std::ops::ControlFlow;

use preopen::abi::Filestat;
use preopen::span::Span;
use preopen::vfs::{Advice, Dir, DirEntry, File, LinkTarget, OpenOptions, Opened, Path, Result, SetTimes};

/// Any kind, so that transfers go by way of a copy, and memory moves meanwhile.
pub struct Engine<T: ?Sized>(pub Box<T>);

impl Dir for Engine<dyn Dir> {
    fn stat(&self) -> Result<Filestat> {
        self.0.stat()
    }

    fn open(&self, path: Path<'_>, options: OpenOptions) -> Result<Opened> {
        Ok(match self.0.open(path, options)? {
            Opened::File(file) => Opened::File(Box::new(Engine(file))),
            Opened::Dir(dir) => Opened::Dir(Box::new(Engine(dir))),
            special => special,
        })
    }

    fn stat_at(&self, path: Path<'_>, follow: bool) -> Result<Filestat> {
        self.0.stat_at(path, follow)
    }

    fn read_link(&self, path: Path<'_>, buf: &mut [u8]) -> Result<usize> {
        self.0.read_link(path, buf)
    }

    fn list(&self, cookie: u64, each: &mut dyn FnMut(DirEntry<'_>) -> ControlFlow<()>) -> Result<()> {
        self.0.list(cookie, each)
    }

    fn set_times(&self, times: SetTimes) -> Result<()> {
        self.0.set_times(times)
    }

    fn set_times_at(&self, path: Path<'_>, follow: bool, times: SetTimes) -> Result<()> {
        self.0.set_times_at(path, follow, times)
    }

    fn create_dir(&self, path: Path<'_>) -> Result<()> {
        self.0.create_dir(path)
    }

    fn remove_dir(&self, path: Path<'_>) -> Result<()> {
        self.0.remove_dir(path)
    }

    fn unlink(&self, path: Path<'_>) -> Result<()> {
        self.0.unlink(path)
    }

    fn symlink(&self, target: LinkTarget<'_>, path: Path<'_>) -> Result<()> {
        self.0.symlink(target, path)
    }

    fn link(&self, path: Path<'_>, follow: bool, to: &dyn Dir, new: Path<'_>) -> Result<()> {
        self.0.link(path, follow, to, new)
    }

    fn rename(&self, path: Path<'_>, to: &dyn Dir, new: Path<'_>) -> Result<()> {
        self.0.rename(path, to, new)
    }

    fn sync(&self) -> Result<()> {
        self.0.sync()
    }

    fn as_target(&self) -> Result<&dyn Any> {
        self.0.as_target()
    }
}

impl File for Engine<dyn File> {
    fn stat(&self) -> Result<Filestat> {
        self.0.stat()
    }

    fn read_at(&self, into: &[Span<'_>], offset: u64) -> Result<usize> {
        self.0.read_at(into, offset)
    }

    fn write_at(&self, from: &[Span<'_>], offset: u64) -> Result<usize> {
        self.0.write_at(from, offset)
    }

    fn append(&self, from: &[Span<'_>]) -> Result<(usize, u64)> {
        self.0.append(from)
    }

    fn set_len(&self, len: u64) -> Result<()> {
        self.0.set_len(len)
    }

    fn allocate(&self, offset: u64, len: u64) -> Result<()> {
        self.0.allocate(offset, len)
    }

    fn set_times(&self, times: SetTimes) -> Result<()> {
        self.0.set_times(times)
    }

    fn data_from(&self, offset: u64) -> Result<Option<u64>> {
        self.0.data_from(offset)
    }

    fn advise(&self, offset: u64, len: u64, advice: Advice) -> Result<()> {
        self.0.advise(offset, len, advice)
    }

    fn runs_engine(&self) -> bool {
        true
    }

    fn sync(&self) -> Result<()> {
        self.0.sync()
    }
}
