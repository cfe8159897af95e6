//! The virtual filesystem: what a file and a directory can do, whatever keeps them.
//!
//! Reading is required of every kind; every change is refused until a kind allows it, so that a method someone
//! forgets is a refusal and not a hole. Nothing here knows a guest, its memory or its descriptors.

pub mod asking;
mod copy;
mod entries;
#[cfg(feature = "export")]
pub mod export;
#[cfg(feature = "foreign")]
pub mod foreign;
pub mod host;
pub mod memory;
mod numbered;
mod options;
pub mod overlay;
mod path;
mod read_only;
mod remove;
mod rooted;
mod single_file;
mod split;
pub mod tar;
mod tour;
mod trail;
pub mod tree;
mod with_files;

use std::any::Any;
use std::ops::ControlFlow;
use std::os::fd::OwnedFd;

pub use copy::{Failed, copy_contents, copy_tree};
pub use entries::Entries;
pub use options::{Access, OpenOptions, SetTime, SetTimes};
pub use path::{LinkTarget, MAX_PATH, Path};
pub use read_only::ReadOnly;
pub use remove::remove_contents;
pub use rooted::Rooted;
pub use single_file::SingleFile;
pub use tour::{Passed, Step, Tour};
pub use trail::Trail;
pub use with_files::{Files, WithFiles};

use crate::abi::{Errno, Filestat, Filetype};
use crate::span::Span;

/// The answer of a filesystem.
pub type Result<T, E = Errno> = std::result::Result<T, E>;

/// What opening a name gave.
pub enum Opened {
    /// A regular file.
    File(Box<dyn File>),
    /// A directory.
    Dir(Box<dyn Dir>),
    /// A FIFO or a device of the host, open and not blocking; only where the mount allows them.
    Special(OwnedFd),
}

/// One entry of a directory.
#[derive(Clone, Copy, Debug)]
pub struct DirEntry<'a> {
    /// Its name, never `.` or `..`.
    pub name: &'a [u8],
    /// Its inode.
    pub ino: u64,
    /// Its type.
    pub filetype: Filetype,
    /// The cookie with which a listing goes on behind this entry.
    pub next: u64,
}

/// An open regular file. It has no offset: that belongs to the descriptor.
pub trait File: Send + Sync {
    /// What is known of it. Like fstat(2).
    fn stat(&self) -> Result<Filestat>;

    /// Fills the spans, in order, with the bytes at `offset`; says how many there were, fewer only at the end of the
    /// file. Like preadv(2). Errors: `Badf` where it was not opened for reading.
    fn read_at(&self, into: &[Span<'_>], offset: u64) -> Result<usize>;

    /// Writes the spans, in order, at `offset`; says how many bytes it took. Like pwritev(2). Errors: `Badf` where it
    /// was not opened for writing, `Fbig`, `Nospc`.
    fn write_at(&self, _from: &[Span<'_>], _offset: u64) -> Result<usize> {
        Err(Errno::Rofs)
    }

    /// Writes the spans at the end, in one step with finding it; says how many bytes it took, and the offset behind
    /// them. Like writev(2) with `O_APPEND`.
    fn append(&self, _from: &[Span<'_>]) -> Result<(usize, u64)> {
        Err(Errno::Rofs)
    }

    /// Makes it `len` bytes long, with zeros where it grows. Like ftruncate(2).
    fn set_len(&self, _len: u64) -> Result<()> {
        Err(Errno::Rofs)
    }

    /// Sees to it that it is at least `offset + len` bytes long. Like posix_fallocate(3), but may leave a hole.
    fn allocate(&self, _offset: u64, _len: u64) -> Result<()> {
        Err(Errno::Rofs)
    }

    /// Sets its times. Like futimens(2).
    fn set_times(&self, _times: SetTimes) -> Result<()> {
        Err(Errno::Rofs)
    }

    /// Where the first bytes are, at `offset` or behind it, that are not a hole; `None` where only a hole, or nothing, is left.
    /// Like lseek(2) with `SEEK_DATA`.
    fn data_from(&self, offset: u64) -> Result<Option<u64>> {
        Ok(Some(offset))
    }

    /// Its permission bits (at most 0o7777). No call of a guest's leads here. Errors: `Notsup` where it has none.
    fn mode(&self) -> Result<u32> {
        Err(Errno::Notsup)
    }

    /// Sets its permission bits. No call of a guest's leads here. Like fchmod(2).
    fn set_mode(&self, _mode: u32) -> Result<()> {
        Err(Errno::Rofs)
    }

    /// Says how it will be read, which may be ignored. Like posix_fadvise(2).
    fn advise(&self, _offset: u64, _len: u64, _advice: Advice) -> Result<()> {
        Ok(())
    }

    /// Whether its calls may run the guest's own engine, as those of a filesystem that the host wrote in JavaScript do. Its
    /// spans then are never over the guest's memory, which may be moved by that. A wrapper says what it wraps does.
    fn runs_engine(&self) -> bool;

    /// Returns when data and metadata are safe. Like fsync(2).
    fn sync(&self) -> Result<()>;

    /// Returns when the data is safe. Like fdatasync(2).
    fn datasync(&self) -> Result<()> {
        self.sync()
    }
}

/// How a file will be read. The values are those of preview1 and POSIX alike.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Advice {
    /// Nothing special.
    Normal,
    /// From lower to higher offsets.
    Sequential,
    /// In any order.
    Random,
    /// Soon.
    WillNeed,
    /// Not soon.
    DontNeed,
    /// Once.
    NoReuse,
}

/// An open directory. Every path is resolved beneath it: what would leave it answers `Notcapable`.
pub trait Dir: Send + Sync {
    /// What is known of it. Like fstat(2).
    fn stat(&self) -> Result<Filestat>;

    /// Opens what a path names. Like openat(2). Errors: `Noent`, `Exist`, `Isdir`, `Notdir`, `Loop` for a link that is
    /// not to be followed, `Notcapable` for a path that leaves, and for a FIFO, device or socket where the mount does
    /// not allow them.
    fn open(&self, path: Path<'_>, options: OpenOptions) -> Result<Opened>;

    /// What is known of what a path names, or of the link itself where `follow` is false. Like fstatat(2).
    fn stat_at(&self, path: Path<'_>, follow: bool) -> Result<Filestat>;

    /// Puts a link's target into `buf`, as much as fits, and says how much that is. Like readlinkat(2). Errors: `Inval`
    /// where it is no link.
    fn read_link(&self, path: Path<'_>, buf: &mut [u8]) -> Result<usize>;

    /// Hands out the entries from `cookie` on (0: all) until `each` breaks, the entry that broke included in what the
    /// next call with its predecessor's cookie sees. A listing in steps costs as much as one in a single call. Errors: `Again`
    /// where many entries came before `cookie`: the same call again goes on with them. Like getdents(2) behind telldir(3).
    fn list(&self, cookie: u64, each: &mut dyn FnMut(DirEntry<'_>) -> ControlFlow<()>) -> Result<()>;

    /// The permission bits (at most 0o7777) of what a path names. No call of a guest's leads here. Errors: `Notsup` where
    /// there are none.
    fn mode_at(&self, _path: Path<'_>, _follow: bool) -> Result<u32> {
        Err(Errno::Notsup)
    }

    /// Sets the permission bits of what a path names. No call of a guest's leads here. Like fchmodat(2).
    fn set_mode_at(&self, _path: Path<'_>, _follow: bool, _mode: u32) -> Result<()> {
        Err(Errno::Rofs)
    }

    /// Sets the directory's own times. Like futimens(2).
    fn set_times(&self, _times: SetTimes) -> Result<()> {
        Err(Errno::Rofs)
    }

    /// Sets the times of what a path names. Like utimensat(2).
    fn set_times_at(&self, _path: Path<'_>, _follow: bool, _times: SetTimes) -> Result<()> {
        Err(Errno::Rofs)
    }

    /// Makes a directory. Like mkdirat(2).
    fn create_dir(&self, _path: Path<'_>) -> Result<()> {
        Err(Errno::Rofs)
    }

    /// Removes an empty directory. Like unlinkat(2) with `AT_REMOVEDIR`.
    fn remove_dir(&self, _path: Path<'_>) -> Result<()> {
        Err(Errno::Rofs)
    }

    /// Removes a name that is no directory. Like unlinkat(2). Errors: `Isdir`.
    fn unlink(&self, _path: Path<'_>) -> Result<()> {
        Err(Errno::Rofs)
    }

    /// Makes a symbolic link. Like symlinkat(2).
    fn symlink(&self, _target: LinkTarget<'_>, _path: Path<'_>) -> Result<()> {
        Err(Errno::Rofs)
    }

    /// Gives a file of this directory a second name, `new` beneath `to`. Like linkat(2). Errors: `Perm` for a
    /// directory, `Xdev` between filesystems.
    fn link(&self, _path: Path<'_>, _follow: bool, _to: &dyn Dir, _new: Path<'_>) -> Result<()> {
        Err(Errno::Rofs)
    }

    /// Moves a name of this directory to `new` beneath `to`. Like renameat(2). Errors: `Xdev` between filesystems.
    fn rename(&self, _path: Path<'_>, _to: &dyn Dir, _new: Path<'_>) -> Result<()> {
        Err(Errno::Rofs)
    }

    /// Returns when the directory's entries are safe. Like fsync(2).
    fn sync(&self) -> Result<()>;

    /// The directory as its own kind sees it, for [`Dir::link`] and [`Dir::rename`] into it: a kind that is not
    /// asked for itself answers `Rofs`, so a wrapper cannot be reached around.
    fn as_target(&self) -> Result<&dyn Any> {
        Err(Errno::Rofs)
    }
}
