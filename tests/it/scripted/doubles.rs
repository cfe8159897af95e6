//! Files, directories and streams that fail as told, or that transfer without end.

use std::ops::ControlFlow;
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use preopen::abi::{Errno, Filestat, Filetype, Riflags, Sdflags, Whence};
use preopen::span::{Span, total};
use preopen::stdio::{Socket, Source, Stream};
use preopen::vfs::{Advice, Dir, DirEntry, File, LinkTarget, OpenOptions, Opened, Path, Result, SetTimes};

/// Answers everything with one error.
pub struct Failing(pub Errno);

impl File for Failing {
    fn runs_engine(&self) -> bool {
        false
    }
    fn stat(&self) -> Result<Filestat> {
        Err(self.0)
    }
    fn read_at(&self, _: &[Span<'_>], _: u64) -> Result<usize> {
        Err(self.0)
    }
    fn write_at(&self, _: &[Span<'_>], _: u64) -> Result<usize> {
        Err(self.0)
    }
    fn append(&self, _: &[Span<'_>]) -> Result<(usize, u64)> {
        Err(self.0)
    }
    fn set_len(&self, _: u64) -> Result<()> {
        Err(self.0)
    }
    fn allocate(&self, _: u64, _: u64) -> Result<()> {
        Err(self.0)
    }
    fn set_times(&self, _: SetTimes) -> Result<()> {
        Err(self.0)
    }
    fn advise(&self, _: u64, _: u64, _: Advice) -> Result<()> {
        Err(self.0)
    }
    fn sync(&self) -> Result<()> {
        Err(self.0)
    }
}

impl Dir for Failing {
    fn stat(&self) -> Result<Filestat> {
        Err(self.0)
    }
    fn open(&self, _: Path<'_>, _: OpenOptions) -> Result<Opened> {
        Err(self.0)
    }
    fn stat_at(&self, _: Path<'_>, _: bool) -> Result<Filestat> {
        Err(self.0)
    }
    fn read_link(&self, _: Path<'_>, _: &mut [u8]) -> Result<usize> {
        Err(self.0)
    }
    fn list(&self, _: u64, _: &mut dyn FnMut(DirEntry<'_>) -> ControlFlow<()>) -> Result<()> {
        Err(self.0)
    }
    fn set_times(&self, _: SetTimes) -> Result<()> {
        Err(self.0)
    }
    fn set_times_at(&self, _: Path<'_>, _: bool, _: SetTimes) -> Result<()> {
        Err(self.0)
    }
    fn create_dir(&self, _: Path<'_>) -> Result<()> {
        Err(self.0)
    }
    fn remove_dir(&self, _: Path<'_>) -> Result<()> {
        Err(self.0)
    }
    fn unlink(&self, _: Path<'_>) -> Result<()> {
        Err(self.0)
    }
    fn symlink(&self, _: LinkTarget<'_>, _: Path<'_>) -> Result<()> {
        Err(self.0)
    }
    fn link(&self, _: Path<'_>, _: bool, _: &dyn Dir, _: Path<'_>) -> Result<()> {
        Err(self.0)
    }
    fn rename(&self, _: Path<'_>, _: &dyn Dir, _: Path<'_>) -> Result<()> {
        Err(self.0)
    }
    fn sync(&self) -> Result<()> {
        Err(self.0)
    }
}

impl Stream for Failing {
    fn runs_engine(&self) -> bool {
        false
    }
    fn stat(&self) -> Result<Filestat> {
        Err(self.0)
    }
    fn directions(&self) -> (bool, bool) {
        (true, true)
    }
    fn source(&self) -> Source<'_> {
        Source::Ready
    }
    fn read(&self, _: &[Span<'_>]) -> Result<usize> {
        Err(self.0)
    }
    fn write(&self, _: &[Span<'_>]) -> Result<usize> {
        Err(self.0)
    }
    fn seek(&self, _: i64, _: Whence) -> Result<u64> {
        Err(self.0)
    }
}

/// Transfers whatever it is asked for, without looking at a byte; remembers the transfers.
#[derive(Clone, Default)]
pub struct Mill {
    /// How many bytes and how many ranges each transfer had.
    pub rounds: Arc<Mutex<Vec<(usize, usize)>>>,
    /// Where each began.
    pub offsets: Arc<Mutex<Vec<u64>>>,
    /// How often it was told to make things safe: (data, all).
    pub syncs: Arc<(AtomicUsize, AtomicUsize)>,
    /// After how many transfers the disk is full.
    pub room: Option<usize>,
}

impl Mill {
    fn take(&self, spans: &[Span<'_>], offset: u64) -> Result<usize> {
        if self.room == Some(self.rounds.lock().unwrap().len()) {
            return Err(Errno::Nospc);
        }
        self.rounds.lock().unwrap().push((total(spans), spans.len()));
        self.offsets.lock().unwrap().push(offset);
        Ok(total(spans))
    }
}

impl File for Mill {
    fn runs_engine(&self) -> bool {
        false
    }
    fn stat(&self) -> Result<Filestat> {
        let filetype = Filetype::RegularFile;
        Ok(Filestat { dev: 0, ino: 0, filetype, nlink: 1, size: 1 << 40, atim: 0, mtim: 0, ctim: 0 })
    }
    fn read_at(&self, into: &[Span<'_>], offset: u64) -> Result<usize> {
        self.take(into, offset)
    }
    fn write_at(&self, from: &[Span<'_>], offset: u64) -> Result<usize> {
        self.take(from, offset)
    }
    fn append(&self, from: &[Span<'_>]) -> Result<(usize, u64)> {
        let len = self.take(from, 1 << 40)?;
        Ok((len, (1 << 40) + len as u64))
    }
    fn sync(&self) -> Result<()> {
        self.syncs.1.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }
    fn datasync(&self) -> Result<()> {
        self.syncs.0.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }
}

/// A socket that transfers whatever it is asked for, at most so many bytes at a time.
pub struct Swift {
    pub at_once: usize,
    pub mill: Mill,
    socket: Socket,
}

impl Swift {
    pub fn new(at_once: usize) -> Self {
        let (one, _) = UnixStream::pair().unwrap();
        Self { at_once, mill: Mill::default(), socket: Socket::new(one.into()) }
    }
}

impl Stream for Swift {
    fn runs_engine(&self) -> bool {
        false
    }
    fn stat(&self) -> Result<Filestat> {
        Stream::stat(&self.socket)
    }
    fn directions(&self) -> (bool, bool) {
        (true, true)
    }
    fn source(&self) -> Source<'_> {
        Source::Ready
    }
    fn read(&self, into: &[Span<'_>]) -> Result<usize> {
        Ok(self.mill.take(into, 0)?.min(self.at_once))
    }
    fn write(&self, from: &[Span<'_>]) -> Result<usize> {
        Ok(self.mill.take(from, 0)?.min(self.at_once))
    }
    fn as_socket(&self) -> Option<&Socket> {
        Some(&self.socket)
    }
    fn receive(&self, into: &[Span<'_>], _: Riflags) -> Result<(usize, bool)> {
        Ok((Stream::read(self, into)?, false))
    }
    fn send(&self, from: &[Span<'_>]) -> Result<usize> {
        Stream::write(self, from)
    }
    fn shutdown(&self, _: Sdflags) -> Result<()> {
        Ok(())
    }
}
