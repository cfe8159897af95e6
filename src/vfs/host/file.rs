//! A regular file of the host's.

use std::num::NonZeroU64;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::fs::{FileType, Mode, SeekFrom, Stat, Timespec, Timestamps, UTIME_NOW, UTIME_OMIT, fstat};
use rustix::io::{Errno as Host, retry_on_intr};

use super::descriptor::Descriptor;
use super::{from_host, transfer};
use crate::abi::{Errno, Filestat, Filetype};
use crate::span::Span;
use crate::vfs::{Advice, File, Result, SetTime, SetTimes};

/// An open regular file.
pub struct HostFile {
    fd: Descriptor,
}

impl From<OwnedFd> for HostFile {
    /// Trusts that the descriptor is one of a regular file, which nobody else uses.
    fn from(fd: OwnedFd) -> Self {
        Self { fd: fd.into() }
    }
}

impl AsFd for HostFile {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

impl File for HostFile {
    fn stat(&self) -> Result<Filestat> {
        Ok(filestat(&fstat(&self.fd).map_err(from_host)?))
    }

    fn read_at(&self, into: &[Span<'_>], offset: u64) -> Result<usize> {
        transfer::read_at(self.as_fd(), into, offset)
    }

    fn write_at(&self, from: &[Span<'_>], offset: u64) -> Result<usize> {
        transfer::write_at(self.as_fd(), from, offset)
    }

    fn append(&self, from: &[Span<'_>]) -> Result<(usize, u64)> {
        transfer::append(self.as_fd(), from)
    }

    fn set_len(&self, len: u64) -> Result<()> {
        if i64::try_from(len).is_err() {
            return Err(Errno::Inval);
        }
        retry_on_intr(|| rustix::fs::ftruncate(&self.fd, len)).map_err(from_host)
    }

    fn allocate(&self, offset: u64, len: u64) -> Result<()> {
        let end = offset.checked_add(len).filter(|end| i64::try_from(*end).is_ok()).ok_or(Errno::Fbig)?;
        // Not fallocate(2): the blocks of a guest's made-up number would be taken from the disk at once.
        if self.stat()?.size < end { self.set_len(end) } else { Ok(()) }
    }

    fn set_times(&self, times: SetTimes) -> Result<()> {
        rustix::fs::futimens(&self.fd, &timestamps(times)).map_err(from_host)
    }

    fn data_from(&self, offset: u64) -> Result<Option<u64>> {
        // It moves the kernel's offset, which nothing here uses.
        match rustix::fs::seek(&self.fd, SeekFrom::Data(offset)) {
            Ok(data) => Ok(Some(data)),
            Err(Host::NXIO) => Ok(None),
            // Files of /proc and the like do not know of holes.
            Err(_) => Ok(Some(offset)),
        }
    }

    fn mode(&self) -> Result<u32> {
        Ok(fstat(&self.fd).map_err(from_host)?.st_mode & 0o7777)
    }

    fn set_mode(&self, mode: u32) -> Result<()> {
        rustix::fs::fchmod(&self.fd, Mode::from_raw_mode(mode & 0o7777)).map_err(from_host)
    }

    fn advise(&self, offset: u64, len: u64, advice: Advice) -> Result<()> {
        if i64::try_from(len).is_err() {
            return Err(Errno::Inval);
        }
        let advice = match advice {
            Advice::Normal => rustix::fs::Advice::Normal,
            Advice::Sequential => rustix::fs::Advice::Sequential,
            Advice::Random => rustix::fs::Advice::Random,
            Advice::WillNeed => rustix::fs::Advice::WillNeed,
            Advice::DontNeed => rustix::fs::Advice::DontNeed,
            Advice::NoReuse => rustix::fs::Advice::NoReuse,
        };
        rustix::fs::fadvise(&self.fd, offset, NonZeroU64::new(len), advice).map_err(from_host)
    }

    fn runs_engine(&self) -> bool {
        false
    }

    fn sync(&self) -> Result<()> {
        retry_on_intr(|| rustix::fs::fsync(&self.fd)).map_err(from_host)
    }

    fn datasync(&self) -> Result<()> {
        retry_on_intr(|| rustix::fs::fdatasync(&self.fd)).map_err(from_host)
    }
}

/// What the host knows of a file, as preview1 has it. Times before 1970 become 0.
pub fn filestat(stat: &Stat) -> Filestat {
    let nanoseconds = |seconds: i64, rest: u64| {
        u64::try_from(seconds).map_or(0, |seconds| seconds.saturating_mul(1_000_000_000).saturating_add(rest))
    };
    Filestat {
        dev: stat.st_dev,
        ino: stat.st_ino,
        filetype: filetype(FileType::from_raw_mode(stat.st_mode)),
        nlink: stat.st_nlink,
        size: u64::try_from(stat.st_size).unwrap_or(0),
        atim: nanoseconds(stat.st_atime, stat.st_atime_nsec),
        mtim: nanoseconds(stat.st_mtime, stat.st_mtime_nsec),
        ctim: nanoseconds(stat.st_ctime, stat.st_ctime_nsec),
    }
}

/// The host's type as preview1's, which has none for pipes: they count as streams, as sockets do.
pub(super) fn filetype(filetype: FileType) -> Filetype {
    match filetype {
        FileType::RegularFile => Filetype::RegularFile,
        FileType::Directory => Filetype::Directory,
        FileType::Symlink => Filetype::SymbolicLink,
        FileType::Fifo | FileType::Socket => Filetype::SocketStream,
        FileType::CharacterDevice => Filetype::CharacterDevice,
        FileType::BlockDevice => Filetype::BlockDevice,
        FileType::Unknown => Filetype::Unknown,
    }
}

/// The times as utimensat(2) takes them.
pub(super) fn timestamps(times: SetTimes) -> Timestamps {
    let timespec = |time| match time {
        None => Timespec { tv_sec: 0, tv_nsec: UTIME_OMIT },
        Some(SetTime::Now) => Timespec { tv_sec: 0, tv_nsec: UTIME_NOW },
        Some(SetTime::At(time)) => {
            // A u64 of ns holds 584 years, so both parts fit.
            Timespec { tv_sec: (time / 1_000_000_000) as i64, tv_nsec: (time % 1_000_000_000) as i64 }
        }
    };
    let SetTimes { access, modified } = times;
    Timestamps { last_access: timespec(access), last_modification: timespec(modified) }
}
