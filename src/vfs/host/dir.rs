//! A directory of the host's.

use std::any::Any;
use std::borrow::Cow;
use std::ops::ControlFlow;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::sync::{Mutex, PoisonError};

use rustix::fs::{AtFlags, FileType, Mode, OFlags, Stat, fstat, readlinkat_raw, statat};
use rustix::io::retry_on_intr;

use super::descriptor::Descriptor;
use super::file::timestamps;
use super::list::Listing;
use super::place::{HANDLE, Handle, Place};
use super::{HostFile, filestat, from_host, resolve, walk};
use crate::abi::{Errno, Filestat};
use crate::vfs::split::Split;
use crate::vfs::{Access, Dir, DirEntry, LinkTarget, OpenOptions, Opened, Path, Result, SetTimes};

/// How a mount treats what is in it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct MountOptions {
    /// Let FIFOs and devices be opened; else they answer `Notcapable`.
    pub special_files: bool,
    /// Who resolves paths.
    pub resolution: Resolution,
}

/// Who resolves the paths of a mount. The answers are the same.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Resolution {
    /// The kernel where it can, else we.
    #[default]
    Auto,
    /// The kernel, by openat2(2).
    Openat2,
    /// We, one component at a time.
    Walk,
}

/// An open directory, beneath which paths are resolved.
pub struct HostDir {
    fd: Descriptor,
    mount: Mount,
    /// Only a directory that is listed pays for the buffers of it.
    listing: Mutex<Option<Listing>>,
}

/// What the directories of one mount have in common.
#[derive(Clone, Copy)]
struct Mount {
    special_files: bool,
    by_kernel: bool,
}

impl HostDir {
    /// Opens a directory by its path on the host, wherever that leads: only the host may say it, never a guest. Errors:
    /// `Noent`, `Notdir`, `Acces`.
    pub fn open_ambient(host_path: &std::path::Path, options: MountOptions) -> Result<Self> {
        let MountOptions { special_files, resolution } = options;
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let fd = retry_on_intr(|| rustix::fs::open(host_path, flags, Mode::empty())).map_err(from_host)?;
        let by_kernel = match resolution {
            Resolution::Auto => resolve::available(fd.as_fd()),
            Resolution::Openat2 => true,
            Resolution::Walk => false,
        };
        Ok(Self::new(fd, Mount { special_files, by_kernel }))
    }

    fn new(fd: OwnedFd, mount: Mount) -> Self {
        Self { fd: fd.into(), mount, listing: Mutex::new(None) }
    }

    /// Opens what a path beneath names. No other code gives a guest's path to the kernel.
    fn resolve(&self, path: &[u8], flags: OFlags, mode: Mode) -> Result<OwnedFd> {
        if self.mount.by_kernel {
            resolve::open(self.fd.as_fd(), path, flags, mode)
        } else {
            walk::open(self.fd.as_fd(), path, flags, mode)
        }
    }

    /// The place of the path's last component, whether it exists or not. Where that is `.` or `..`, the place is that
    /// directory itself, whose name `.` gets from the kernel the answers that POSIX wants.
    fn place<'a>(&'a self, path: &Split<'a>) -> Result<Place<'a>> {
        let beneath =
            |path| Ok(Handle::Beneath(self.resolve(path, HANDLE | OFlags::DIRECTORY, Mode::empty())?));
        let (parent, name) = match path {
            Split { parent: b"", name: b"..", .. } => (beneath(path.whole)?, &b"."[..]),
            Split { parent: b"", name, .. } => (Handle::Root(self.fd.as_fd()), *name),
            Split { whole, name: b"." | b"..", .. } => (beneath(whole)?, &b"."[..]),
            Split { parent, name, .. } => (beneath(parent)?, *name),
        };
        Ok(Place { parent, name: Cow::Borrowed(name) })
    }

    /// The place of what a path names, through a link in the last component where `follow` is set.
    fn place_of<'a>(&'a self, path: &Split<'a>, follow: bool) -> Result<Place<'a>> {
        if path.must_be_dir {
            let parent =
                Handle::Beneath(self.resolve(path.whole, HANDLE | OFlags::DIRECTORY, Mode::empty())?);
            return Ok(Place { parent, name: Cow::Borrowed(b".") });
        }
        let place = self.place(path)?;
        if follow && filetype(&place.stat()?) == FileType::Symlink {
            return walk::locate(self.fd.as_fd(), path.whole);
        }
        Ok(place)
    }

    /// The place of a name to be made, which is for no directory. Errors, where it ends in a slash: `Exist`, `Noent`.
    fn place_to_make<'a>(&'a self, path: &Split<'a>) -> Result<Place<'a>> {
        let place = self.place(path)?;
        if path.must_be_dir {
            place.stat()?;
            return Err(Errno::Exist);
        }
        Ok(place)
    }
}

impl Dir for HostDir {
    fn stat(&self) -> Result<Filestat> {
        Ok(filestat(&fstat(&self.fd).map_err(from_host)?))
    }

    fn open(&self, path: Path<'_>, options: OpenOptions) -> Result<Opened> {
        let OpenOptions { follow, access, directory, create, exclusive, truncate } = options;
        let path = Split::new(path);
        if create && directory {
            return Err(Errno::Inval);
        }
        if create && (path.must_be_dir || path.ends_in_dots()) {
            let there = self.place(&path)?.stat().map(|stat| filetype(&stat));
            return Err(match there {
                // node:wasi looks for a link there first, and that is what fails.
                Ok(FileType::RegularFile) if follow => Errno::Notdir,
                _ if exclusive && path.ends_in_dots() => Errno::Exist,
                _ => Errno::Isdir,
            });
        }
        // A FIFO would wait for its other end, some devices for a carrier. The flag stays: on a file of a disk it means
        // nothing, and one like /proc/kmsg, which can wait, then answers `Again`.
        let mut flags = OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
        flags |= match access {
            Access::Read => OFlags::RDONLY,
            Access::Write => OFlags::WRONLY,
            Access::ReadWrite => OFlags::RDWR,
        };
        flags.set(OFlags::DIRECTORY, directory || path.must_be_dir);
        flags.set(OFlags::NOFOLLOW, !follow && !path.must_be_dir);
        flags.set(OFlags::CREATE, create);
        flags.set(OFlags::EXCL, create && exclusive);
        flags.set(OFlags::TRUNC, truncate);
        let mode = if create { Mode::from_raw_mode(0o666) } else { Mode::empty() };
        let fd = match self.resolve(path.whole, flags, mode) {
            // A socket answers so, as does a FIFO without its other end, and a device without a driver.
            Err(Errno::Nxio | Errno::Nodev) if !self.mount.special_files => return Err(Errno::Notcapable),
            opened => opened?,
        };
        // Only what is open can be judged: what a name stood for a moment ago may have been swapped. So a FIFO or a device
        // that is refused has been open for a moment, not blocking, which the other end of a FIFO and a few drivers
        // notice. Asking before as well would cost an open a quarter more, twice as much beneath other directories; and
        // preview1 makes no such files, so they are where the host put or mounted them.
        match filetype(&fstat(&fd).map_err(from_host)?) {
            FileType::RegularFile => Ok(Opened::File(Box::new(HostFile::from(fd)))),
            FileType::Directory => Ok(Opened::Dir(Box::new(Self::new(fd, self.mount)))),
            _ if self.mount.special_files => Ok(Opened::Special(fd)),
            _ => Err(Errno::Notcapable),
        }
    }

    fn stat_at(&self, path: Path<'_>, follow: bool) -> Result<Filestat> {
        let path = Split::new(path);
        let follow = follow || path.must_be_dir;
        if path.parent.is_empty() && path.name != b".." {
            let stat = self.place(&path)?.stat()?;
            match filetype(&stat) {
                FileType::Symlink if follow => {}
                FileType::Directory => return Ok(filestat(&stat)),
                _ if path.must_be_dir => return Err(Errno::Notdir),
                _ => return Ok(filestat(&stat)),
            }
        }
        let mut flags = HANDLE;
        flags.set(OFlags::DIRECTORY, path.must_be_dir);
        flags.set(OFlags::NOFOLLOW, !follow);
        let handle = Descriptor::from(self.resolve(path.whole, flags, Mode::empty())?);
        Ok(filestat(&fstat(handle.as_fd()).map_err(from_host)?))
    }

    fn read_link(&self, path: Path<'_>, buf: &mut [u8]) -> Result<usize> {
        let Place { parent, name } = self.place_of(&Split::new(path), false)?;
        // The kernel refuses a buffer without room, which only means that nothing fits.
        let mut nothing = [0];
        let into = if buf.is_empty() { &mut nothing[..] } else { &mut *buf };
        let len = readlinkat_raw(parent, &*name, into).map_err(from_host)?;
        Ok(len.min(buf.len()))
    }

    fn list(&self, cookie: u64, each: &mut dyn FnMut(DirEntry<'_>) -> ControlFlow<()>) -> Result<()> {
        let mut listing = self.listing.lock().unwrap_or_else(PoisonError::into_inner);
        listing.get_or_insert_default().list(self.fd.as_fd(), cookie, each)
    }

    fn mode_at(&self, path: Path<'_>, follow: bool) -> Result<u32> {
        let place = self.place_of(&Split::new(path), follow)?;
        Ok(place.stat()?.st_mode & 0o7777)
    }

    fn set_mode_at(&self, path: Path<'_>, follow: bool, mode: u32) -> Result<()> {
        let place = self.place_of(&Split::new(path), follow)?;
        // fchmodat(2) has no way not to follow, so the name is opened as what it is, and that is changed by its handle.
        let flags = HANDLE | OFlags::NOFOLLOW;
        let handle =
            rustix::fs::openat(&place.parent, &*place.name, flags, Mode::empty()).map_err(from_host)?;
        if filetype(&fstat(&handle).map_err(from_host)?) == FileType::Symlink {
            return Err(Errno::Notsup);
        }
        let by_handle = format!("/proc/self/fd/{}", handle.as_raw_fd());
        rustix::fs::chmod(by_handle, Mode::from_raw_mode(mode & 0o7777)).map_err(from_host)
    }

    fn set_times(&self, times: SetTimes) -> Result<()> {
        rustix::fs::futimens(&self.fd, &timestamps(times)).map_err(from_host)
    }

    fn set_times_at(&self, path: Path<'_>, follow: bool, times: SetTimes) -> Result<()> {
        let place = self.place_of(&Split::new(path), follow)?;
        if times.access.is_none() && times.modified.is_none() {
            // Linux then does not even look whether the name is there.
            return place.stat().map(drop);
        }
        let Place { parent, name } = place;
        rustix::fs::utimensat(parent, &*name, &timestamps(times), AtFlags::SYMLINK_NOFOLLOW)
            .map_err(from_host)
    }

    fn create_dir(&self, path: Path<'_>) -> Result<()> {
        let Place { parent, name } = self.place(&Split::new(path))?;
        rustix::fs::mkdirat(parent, &*name, Mode::from_raw_mode(0o777)).map_err(from_host)
    }

    fn remove_dir(&self, path: Path<'_>) -> Result<()> {
        let path = Split::new(path);
        let Place { parent, name } = self.place(&path)?;
        if path.name == b".." {
            return Err(Errno::Notempty);
        }
        rustix::fs::unlinkat(parent, &*name, AtFlags::REMOVEDIR).map_err(from_host)
    }

    fn unlink(&self, path: Path<'_>) -> Result<()> {
        let path = Split::new(path);
        let place = self.place(&path)?;
        if path.must_be_dir && !path.ends_in_dots() {
            let is_dir = filetype(&place.stat()?) == FileType::Directory;
            return Err(if is_dir { Errno::Isdir } else { Errno::Notdir });
        }
        rustix::fs::unlinkat(place.parent, &*place.name, AtFlags::empty()).map_err(from_host)
    }

    fn symlink(&self, target: LinkTarget<'_>, path: Path<'_>) -> Result<()> {
        let Place { parent, name } = self.place_to_make(&Split::new(path))?;
        rustix::fs::symlinkat(target.as_c_str(), parent, &*name).map_err(from_host)
    }

    fn link(&self, path: Path<'_>, follow: bool, to: &dyn Dir, new: Path<'_>) -> Result<()> {
        let to = of_this_kind(to)?;
        let old = self.place_of(&Split::new(path), follow)?;
        old.stat()?;
        let new = to.place_to_make(&Split::new(new))?;
        rustix::fs::linkat(old.parent, &*old.name, new.parent, &*new.name, AtFlags::empty())
            .map_err(from_host)
    }

    fn rename(&self, path: Path<'_>, to: &dyn Dir, new: Path<'_>) -> Result<()> {
        let to = of_this_kind(to)?;
        let (path, new_path) = (Split::new(path), Split::new(new));
        let (old, new) = (self.place(&path)?, to.place(&new_path)?);
        let dots = path.ends_in_dots() || new_path.ends_in_dots();
        if (path.must_be_dir || new_path.must_be_dir)
            && !dots
            && filetype(&old.stat()?) != FileType::Directory
        {
            return Err(Errno::Notdir);
        }
        rustix::fs::renameat(old.parent, &*old.name, new.parent, &*new.name).map_err(from_host)
    }

    fn sync(&self) -> Result<()> {
        retry_on_intr(|| rustix::fs::fsync(&self.fd)).map_err(from_host)
    }

    fn as_target(&self) -> Result<&dyn Any> {
        Ok(self)
    }
}

impl Place<'_> {
    /// What is there, a link being what it is.
    fn stat(&self) -> Result<Stat> {
        statat(&self.parent, &*self.name, AtFlags::SYMLINK_NOFOLLOW).map_err(from_host)
    }
}

/// A directory as one of the host's. Errors: `Xdev` for another kind, `Rofs` where it cannot be changed.
fn of_this_kind(dir: &dyn Dir) -> Result<&HostDir> {
    dir.as_target()?.downcast_ref().ok_or(Errno::Xdev)
}

fn filetype(stat: &Stat) -> FileType {
    FileType::from_raw_mode(stat.st_mode)
}
