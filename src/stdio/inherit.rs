//! A descriptor of the host's as a stream: a terminal, a pipe, a device, or a file whose offset the host shares.

use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};
use std::sync::Arc;

use rustix::fs::{FileType, Mode, OFlags, Stat, fcntl_getfl, fstat, fstatfs, open};
use rustix::io::{fcntl_dupfd_cloexec, ioctl_fionread};

use super::{Socket, Source, Stream};
use crate::abi::{Errno, Filestat, Whence};
use crate::span::Span;
use crate::system::{Host, Wait};
use crate::vfs::host::{HostFile, filestat, from_host, transfer};
use crate::vfs::{File, Result};

/// How many bytes a pipe that is ready takes without waiting, as POSIX promises.
const PIPE_BUF: usize = 4096;

/// A stream over a descriptor of its own. Closing it, or changing its flags, never touches the host's.
pub struct Inherited {
    kind: Kind,
    terminal: bool,
    directions: (bool, bool),
    /// One of the host's own standard streams.
    shared: bool,
    /// Of a descriptor that was opened anew: the duplicate by which the host's is known.
    duplicate: Option<OwnedFd>,
}

enum Kind {
    /// A regular file: never waits, and keeps the offset that it shares with the host.
    File(HostFile),
    /// A pipe, a terminal or a device.
    Bytes { fd: OwnedFd, waits: Waits },
}

/// What a call on a descriptor does where it would wait.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Waits {
    /// It never would: `/dev/null` and its kin.
    Never,
    /// It answers `Again`: the open file description is ours alone, and does not block.
    Again,
    /// It blocks, or would take the end for what is no end: each call asks poll(2) first.
    Asks,
}

impl Inherited {
    /// A stream over a duplicate of `fd`, and that duplicate, which the stream owns. A socket becomes a [`Socket`]. `shared`: it
    /// is one of the host's own standard streams. Errors: `Badf`.
    pub(super) fn duplicate(fd: BorrowedFd<'_>, shared: bool) -> Result<(Arc<dyn Stream>, RawFd)> {
        let fd = fcntl_dupfd_cloexec(fd, 0).map_err(from_host)?;
        let stat = fstat(&fd).map_err(from_host)?;
        let duplicate = fd.as_raw_fd();
        let stream: Arc<dyn Stream> = match FileType::from_raw_mode(stat.st_mode) {
            FileType::Socket => Arc::new(Socket::new(fd)),
            _ => Arc::new(Self { shared, ..Self::over(fd, &stat, false)? }),
        };
        Ok((stream, duplicate))
    }

    /// A stream over a device or a FIFO that was opened for the guest, not blocking.
    pub fn opened(fd: OwnedFd) -> Result<Self> {
        let stat = fstat(&fd).map_err(from_host)?;
        Self::over(fd, &stat, true)
    }

    fn over(fd: OwnedFd, stat: &Stat, ours: bool) -> Result<Self> {
        let flags = fcntl_getfl(&fd).map_err(from_host)?;
        let directions = match flags & OFlags::ACCMODE {
            OFlags::WRONLY => (false, true),
            OFlags::RDWR => (true, true),
            _ => (true, false),
        };
        let terminal = rustix::termios::isatty(&fd);
        let filetype = FileType::from_raw_mode(stat.st_mode);
        // O_NONBLOCK on a duplicate would hold for the host too, and outlast the guest: so a pipe or a terminal is opened
        // anew. Of other devices that could be another device (a terminal's master: a new pair).
        let can_be_reopened = filetype == FileType::Fifo || terminal && !is_master(stat);
        let reopened = if ours || !can_be_reopened { None } else { reopen(&fd, flags) };
        let (kind, duplicate) = match (filetype, reopened) {
            // One with a name forgets, when it is opened anew, whether it ever had a writer: that is asked of the host's.
            (FileType::Fifo, Some(anew)) if !is_anonymous(&fd) => {
                (Kind::Bytes { fd: anew, waits: Waits::Asks }, Some(fd))
            }
            (_, Some(anew)) => (Kind::Bytes { fd: anew, waits: Waits::Again }, Some(fd)),
            (FileType::RegularFile, None) => (Kind::File(HostFile::from(fd)), None),
            _ if never_waits(stat) => (Kind::Bytes { fd, waits: Waits::Never }, None),
            _ => (Kind::Bytes { fd, waits: if ours { Waits::Again } else { Waits::Asks } }, None),
        };
        Ok(Self { kind, terminal, directions, shared: false, duplicate })
    }

    /// The descriptor that knows whether there is something to do, given the one that does it.
    fn asked<'f>(&'f self, fd: &'f OwnedFd) -> BorrowedFd<'f> {
        self.duplicate.as_ref().unwrap_or(fd).as_fd()
    }

    /// Errors: `Again` where there is nothing to do now.
    fn ask(&self, fd: &OwnedFd, write: bool) -> Result<()> {
        let mut wait = [Wait::new(self.asked(fd), write)];
        if Host::poll_now(&mut wait)? { Ok(()) } else { Err(Errno::Again) }
    }
}

/// Whether reads and writes return at once: the memory devices (null, zero, full, random, urandom), but the kernel's log.
fn never_waits(stat: &Stat) -> bool {
    const MEMORY: u32 = 1;
    const KERNEL_LOG: u32 = 11;
    FileType::from_raw_mode(stat.st_mode) == FileType::CharacterDevice
        && rustix::fs::major(stat.st_rdev) == MEMORY
        && rustix::fs::minor(stat.st_rdev) != KERNEL_LOG
}

/// Whether it is the master of a terminal: opening `/dev/ptmx` again makes another terminal.
fn is_master(stat: &Stat) -> bool {
    const PTMX: (u32, u32) = (5, 2);
    (rustix::fs::major(stat.st_rdev), rustix::fs::minor(stat.st_rdev)) == PTMX
}

/// Whether a pipe has no name.
fn is_anonymous(fd: &OwnedFd) -> bool {
    const PIPEFS_MAGIC: i64 = 0x5049_5045;
    fstatfs(fd).is_ok_and(|stat| stat.f_type == PIPEFS_MAGIC)
}

/// Opens what a descriptor stands for once more, not blocking. `None` where the host does not let us.
fn reopen(fd: &OwnedFd, flags: OFlags) -> Option<OwnedFd> {
    let path = format!("/proc/self/fd/{}", fd.as_raw_fd());
    let flags =
        (flags & (OFlags::ACCMODE | OFlags::APPEND)) | OFlags::NONBLOCK | OFlags::CLOEXEC | OFlags::NOCTTY;
    let reopened = open(path, flags, Mode::empty()).ok()?;
    // Where /proc is something else, so may be what was opened.
    let (before, after) = (fstat(fd).ok()?, fstat(&reopened).ok()?);
    ((before.st_dev, before.st_ino) == (after.st_dev, after.st_ino)).then_some(reopened)
}

impl Stream for Inherited {
    fn stat(&self) -> Result<Filestat> {
        match &self.kind {
            Kind::File(file) => file.stat(),
            Kind::Bytes { fd, .. } => Ok(filestat(&fstat(fd).map_err(from_host)?)),
        }
    }

    fn is_terminal(&self) -> bool {
        self.terminal
    }

    fn directions(&self) -> (bool, bool) {
        self.directions
    }

    fn is_shared(&self) -> bool {
        self.shared
    }

    fn source(&self) -> Source<'_> {
        match &self.kind {
            Kind::File(_) | Kind::Bytes { waits: Waits::Never, .. } => Source::Ready,
            Kind::Bytes { fd, .. } => Source::Fd(self.asked(fd)),
        }
    }

    fn available(&self) -> Option<u64> {
        match &self.kind {
            Kind::File(file) => {
                let offset = transfer::seek(file.as_fd(), 0, Whence::Cur).ok()?;
                Some(file.stat().ok()?.size.saturating_sub(offset))
            }
            Kind::Bytes { fd, .. } => ioctl_fionread(fd).ok(),
        }
    }

    fn read(&self, into: &[Span<'_>]) -> Result<usize> {
        match &self.kind {
            Kind::File(file) => transfer::read(file.as_fd(), into),
            Kind::Bytes { fd, waits: Waits::Asks } => {
                self.ask(fd, false)?;
                // What there was may be somebody else's by now: so where the kernel can, it is told not to wait.
                match transfer::read_now(fd.as_fd(), into) {
                    Err(Errno::Notsup | Errno::Nosys) => transfer::read(fd.as_fd(), into),
                    read => read,
                }
            }
            Kind::Bytes { fd, .. } => transfer::read(fd.as_fd(), into),
        }
    }

    fn runs_engine(&self) -> bool {
        false
    }

    fn write(&self, from: &[Span<'_>]) -> Result<usize> {
        match &self.kind {
            Kind::File(file) => transfer::write(file.as_fd(), from),
            Kind::Bytes { fd, waits: Waits::Asks } => {
                self.ask(fd, true)?;
                match transfer::write_now(fd.as_fd(), from) {
                    Err(Errno::Notsup | Errno::Nosys) => {
                        let Some(first) = from.iter().find(|span| !span.is_empty()) else { return Ok(0) };
                        transfer::write(fd.as_fd(), &[first.first(PIPE_BUF)])
                    }
                    written => written,
                }
            }
            Kind::Bytes { fd, .. } => transfer::write(fd.as_fd(), from),
        }
    }

    fn read_at(&self, into: &[Span<'_>], offset: u64) -> Result<usize> {
        match &self.kind {
            Kind::File(file) => file.read_at(into, offset),
            // The kernel knows which devices have offsets.
            Kind::Bytes { fd, waits: Waits::Never } => transfer::read_at(fd.as_fd(), into, offset),
            Kind::Bytes { .. } => Err(Errno::Spipe),
        }
    }

    fn write_at(&self, from: &[Span<'_>], offset: u64) -> Result<usize> {
        match &self.kind {
            Kind::File(file) => file.write_at(from, offset),
            Kind::Bytes { fd, waits: Waits::Never } => transfer::write_at(fd.as_fd(), from, offset),
            Kind::Bytes { .. } => Err(Errno::Spipe),
        }
    }

    fn seek(&self, offset: i64, whence: Whence) -> Result<u64> {
        match &self.kind {
            Kind::File(file) => transfer::seek(file.as_fd(), offset, whence),
            Kind::Bytes { fd, .. } => transfer::seek(fd.as_fd(), offset, whence),
        }
    }

    fn as_file(&self) -> Option<&dyn File> {
        match &self.kind {
            Kind::File(file) => Some(file),
            Kind::Bytes { .. } => None,
        }
    }
}
