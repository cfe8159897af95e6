//! Directories, files and streams of any kind, whose calls fail as a plan says.

use std::any::Any;
use std::ops::ControlFlow;
use std::sync::Arc;

use preopen::abi::{Errno, Filestat, Riflags, Sdflags, Whence};
use preopen::span::Span;
use preopen::stdio::{Socket, Source, Stream};
use preopen::vfs::{Advice, Dir, DirEntry, File, LinkTarget, OpenOptions, Opened, Path, Result, SetTimes};

use super::Plan;

/// Something, and what of it fails.
pub struct Faulty<T> {
    inner: T,
    plan: Arc<Plan>,
}

/// A directory.
pub fn faulty_dir(inner: impl Dir + 'static, plan: &Arc<Plan>) -> Box<dyn Dir> {
    Box::new(Faulty { inner: Box::new(inner) as Box<dyn Dir>, plan: Arc::clone(plan) })
}

/// A stream.
pub fn faulty_stream(inner: Arc<dyn Stream>, plan: &Arc<Plan>) -> impl Stream + use<> {
    Faulty { inner, plan: Arc::clone(plan) }
}

impl<T> Faulty<T> {
    fn ask(&self, call: &'static str) -> Result<&T> {
        self.plan.ask(call).map(|_| &self.inner)
    }

    /// Lets a transfer have as much as it may.
    fn transfer<R>(
        &self,
        call: &'static str,
        spans: &[Span<'_>],
        act: impl FnOnce(&T, &[Span<'_>]) -> Result<R>,
    ) -> Result<R> {
        let mut left = self.plan.ask(call)?;
        let shorter: Vec<_> = spans
            .iter()
            .map(|span| {
                let span = span.first(left);
                left -= span.len();
                span
            })
            .filter(|span| !span.is_empty())
            .collect();
        act(&self.inner, &shorter)
    }
}

impl File for Faulty<Box<dyn File>> {
    fn runs_engine(&self) -> bool {
        self.inner.runs_engine()
    }
    fn stat(&self) -> Result<Filestat> {
        self.ask("stat")?.stat()
    }
    fn read_at(&self, into: &[Span<'_>], offset: u64) -> Result<usize> {
        self.transfer("read_at", into, |file, spans| file.read_at(spans, offset))
    }
    fn write_at(&self, from: &[Span<'_>], offset: u64) -> Result<usize> {
        self.transfer("write_at", from, |file, spans| file.write_at(spans, offset))
    }
    fn append(&self, from: &[Span<'_>]) -> Result<(usize, u64)> {
        self.transfer("append", from, |file, spans| file.append(spans))
    }
    fn set_len(&self, len: u64) -> Result<()> {
        self.ask("set_len")?.set_len(len)
    }
    fn allocate(&self, offset: u64, len: u64) -> Result<()> {
        self.ask("allocate")?.allocate(offset, len)
    }
    fn set_times(&self, times: SetTimes) -> Result<()> {
        self.ask("set_times")?.set_times(times)
    }
    fn data_from(&self, offset: u64) -> Result<Option<u64>> {
        self.ask("data_from")?.data_from(offset)
    }
    fn mode(&self) -> Result<u32> {
        self.ask("mode")?.mode()
    }
    fn set_mode(&self, mode: u32) -> Result<()> {
        self.ask("set_mode")?.set_mode(mode)
    }
    fn advise(&self, offset: u64, len: u64, advice: Advice) -> Result<()> {
        self.ask("advise")?.advise(offset, len, advice)
    }
    fn sync(&self) -> Result<()> {
        self.ask("sync")?.sync()
    }
    fn datasync(&self) -> Result<()> {
        self.ask("datasync")?.datasync()
    }
}

/// The directory behind another's wrapper.
fn unwrapped(dir: &dyn Dir) -> Result<&dyn Dir> {
    let faulty: &Faulty<Box<dyn Dir>> = dir.as_target()?.downcast_ref().ok_or(Errno::Xdev)?;
    Ok(&*faulty.inner)
}

impl Dir for Faulty<Box<dyn Dir>> {
    fn stat(&self) -> Result<Filestat> {
        self.ask("stat")?.stat()
    }
    fn open(&self, path: Path<'_>, options: OpenOptions) -> Result<Opened> {
        let plan = Arc::clone(&self.plan);
        Ok(match self.ask("open")?.open(path, options)? {
            Opened::File(inner) => Opened::File(Box::new(Faulty { inner, plan })),
            Opened::Dir(inner) => Opened::Dir(Box::new(Faulty { inner, plan })),
            special @ Opened::Special(_) => special,
        })
    }
    fn stat_at(&self, path: Path<'_>, follow: bool) -> Result<Filestat> {
        self.ask("stat_at")?.stat_at(path, follow)
    }
    fn read_link(&self, path: Path<'_>, buf: &mut [u8]) -> Result<usize> {
        self.ask("read_link")?.read_link(path, buf)
    }
    fn list(&self, cookie: u64, each: &mut dyn FnMut(DirEntry<'_>) -> ControlFlow<()>) -> Result<()> {
        self.ask("list")?.list(cookie, each)
    }
    fn mode_at(&self, path: Path<'_>, follow: bool) -> Result<u32> {
        self.ask("mode_at")?.mode_at(path, follow)
    }
    fn set_mode_at(&self, path: Path<'_>, follow: bool, mode: u32) -> Result<()> {
        self.ask("set_mode_at")?.set_mode_at(path, follow, mode)
    }
    fn set_times(&self, times: SetTimes) -> Result<()> {
        self.ask("set_times")?.set_times(times)
    }
    fn set_times_at(&self, path: Path<'_>, follow: bool, times: SetTimes) -> Result<()> {
        self.ask("set_times_at")?.set_times_at(path, follow, times)
    }
    fn create_dir(&self, path: Path<'_>) -> Result<()> {
        self.ask("create_dir")?.create_dir(path)
    }
    fn remove_dir(&self, path: Path<'_>) -> Result<()> {
        self.ask("remove_dir")?.remove_dir(path)
    }
    fn unlink(&self, path: Path<'_>) -> Result<()> {
        self.ask("unlink")?.unlink(path)
    }
    fn symlink(&self, target: LinkTarget<'_>, path: Path<'_>) -> Result<()> {
        self.ask("symlink")?.symlink(target, path)
    }
    fn link(&self, path: Path<'_>, follow: bool, to: &dyn Dir, new: Path<'_>) -> Result<()> {
        self.ask("link")?.link(path, follow, unwrapped(to)?, new)
    }
    fn rename(&self, path: Path<'_>, to: &dyn Dir, new: Path<'_>) -> Result<()> {
        self.ask("rename")?.rename(path, unwrapped(to)?, new)
    }
    fn sync(&self) -> Result<()> {
        self.ask("sync")?.sync()
    }
    fn as_target(&self) -> Result<&dyn Any> {
        Ok(self)
    }
}

impl Stream for Faulty<Arc<dyn Stream>> {
    fn stat(&self) -> Result<Filestat> {
        self.ask("stat")?.stat()
    }
    fn directions(&self) -> (bool, bool) {
        self.inner.directions()
    }
    fn source(&self) -> Source<'_> {
        self.inner.source()
    }
    fn available(&self) -> Option<u64> {
        self.inner.available()
    }
    fn runs_engine(&self) -> bool {
        false
    }
    fn read(&self, into: &[Span<'_>]) -> Result<usize> {
        self.transfer("read", into, |stream, spans| stream.read(spans))
    }
    fn write(&self, from: &[Span<'_>]) -> Result<usize> {
        self.transfer("write", from, |stream, spans| stream.write(spans))
    }
    fn seek(&self, offset: i64, whence: Whence) -> Result<u64> {
        self.ask("seek")?.seek(offset, whence)
    }
    fn as_socket(&self) -> Option<&Socket> {
        self.inner.as_socket()
    }
    fn accept(&self) -> Result<Arc<dyn Stream>> {
        self.ask("accept")?.accept()
    }
    fn receive(&self, into: &[Span<'_>], flags: Riflags) -> Result<(usize, bool)> {
        self.transfer("receive", into, |stream, spans| stream.receive(spans, flags))
    }
    fn send(&self, from: &[Span<'_>]) -> Result<usize> {
        self.transfer("send", from, |stream, spans| stream.send(spans))
    }
    fn shutdown(&self, how: Sdflags) -> Result<()> {
        self.ask("shutdown")?.shutdown(how)
    }
}
