//! One call on a path: what a directory of ours answers, and what the host's own calls do. The fuzz targets include this file.

use std::ops::ControlFlow;
use std::os::fd::OwnedFd;

use preopen::abi::{Errno, Filestat, Filetype};
use preopen::span::Span;
use preopen::vfs::host::{filestat, from_host};
use preopen::vfs::{Access, Dir, File, LinkTarget, OpenOptions, Opened, Path, SetTime, SetTimes};
use rustix::fs::{AtFlags, Mode, OFlags, Timespec, Timestamps, UTIME_OMIT, fstat, statat};

/// How much of a file is read when it is opened, bytes.
const BEGINNING: usize = 16;

/// Times before this were set by a call, and not by a clock, ns.
pub const SET: u64 = 1_000_000_000_000;

/// A path or a link's target. Most are UTF-8.
#[derive(Clone, PartialEq, Eq)]
pub struct Text(pub Vec<u8>);

impl std::fmt::Debug for Text {
    fn fmt(&self, to: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0.get(300..) {
            None => write!(to, "\"{}\"", self.0.escape_ascii()),
            Some(rest) => write!(to, "\"{}\" and {} bytes more", self.0[..300].escape_ascii(), rest.len()),
        }
    }
}

impl Text {
    /// With the NUL that paths are passed with.
    pub fn with_nul(&self) -> Vec<u8> {
        [&*self.0, b"\0"].concat()
    }
}

/// A call. What has two paths has the second beneath another directory.
#[derive(Clone, Debug)]
pub enum Call {
    Open {
        at: Text,
        options: OpenOptions,
    },
    Stat {
        at: Text,
        follow: bool,
    },
    ReadLink(Text),
    SetTimes {
        at: Text,
        follow: bool,
        modified: u64,
    },
    SetMode {
        at: Text,
        follow: bool,
        mode: u32,
    },
    CreateDir(Text),
    RemoveDir(Text),
    Unlink(Text),
    /// Where the host makes it, it may lead anywhere.
    Symlink {
        target: Text,
        at: Text,
        by_host: bool,
    },
    Link {
        from: Text,
        follow: bool,
        to: Text,
    },
    Rename {
        from: Text,
        to: Text,
    },
}

impl Call {
    /// Its paths.
    pub fn paths(&self) -> Vec<&Text> {
        match self {
            Self::Open { at, .. }
            | Self::Stat { at, .. }
            | Self::SetTimes { at, .. }
            | Self::SetMode { at, .. }
            | Self::ReadLink(at)
            | Self::CreateDir(at)
            | Self::RemoveDir(at)
            | Self::Unlink(at)
            | Self::Symlink { at, .. } => vec![at],
            Self::Link { from, to, .. } | Self::Rename { from, to } => vec![from, to],
        }
    }
}

/// What a call told, as far as it is the same wherever it is made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    Done,
    Mode(u32),
    Target(Text),
    File { id: Id, size: u64, beginning: Option<Text> },
    Dir { id: Id, names: Vec<Text> },
    Stat { id: Id, filetype: Filetype, nlink: u64, size: u64, modified: Option<u64> },
}

/// Device and inode, by which what lies outside is known. They are equal to all others: no two trees have the same.
#[derive(Clone, Copy)]
pub struct Id(pub u64, pub u64);

impl std::fmt::Debug for Id {
    fn fmt(&self, to: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self(dev, ino) = self;
        write!(to, "{ino} of {dev}")
    }
}

impl PartialEq for Id {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Id {}

impl Id {
    fn of(stat: &Filestat) -> Self {
        Self(stat.dev, stat.ino)
    }
}

/// Makes a call beneath a directory; its second path is beneath `to`.
pub fn make(dir: &dyn Dir, to: &dyn Dir, call: &Call) -> Result<Told, Errno> {
    let done = |()| Told::Done;
    match call {
        Call::Open { at, options } => open(dir, at, *options).and_then(|opened| told(&opened, *options)),
        Call::Stat { at, follow } => dir.stat_at(Path::of_host(&at.with_nul())?, *follow).map(told_of_stat),
        Call::ReadLink(at) => {
            let mut target = vec![0; 5000];
            let len = dir.read_link(Path::of_host(&at.with_nul())?, &mut target)?;
            target.truncate(len);
            Ok(Told::Target(Text(target)))
        }
        Call::SetTimes { at, follow, modified } => {
            let times = SetTimes { access: None, modified: Some(SetTime::At(*modified)) };
            dir.set_times_at(Path::of_host(&at.with_nul())?, *follow, times).map(done)
        }
        Call::SetMode { at, follow, mode } => {
            let at = at.with_nul();
            dir.set_mode_at(Path::of_host(&at)?, *follow, *mode)?;
            dir.mode_at(Path::of_host(&at)?, *follow).map(Told::Mode)
        }
        Call::CreateDir(at) => dir.create_dir(Path::of_host(&at.with_nul())?).map(done),
        Call::RemoveDir(at) => dir.remove_dir(Path::of_host(&at.with_nul())?).map(done),
        Call::Unlink(at) => dir.unlink(Path::of_host(&at.with_nul())?).map(done),
        Call::Symlink { target, at, by_host } => {
            let (target, at) = (target.with_nul(), at.with_nul());
            let at = Path::of_host(&at)?;
            let target = if *by_host { LinkTarget::of_host(&target)? } else { LinkTarget::new(&target, at)? };
            dir.symlink(target, at).map(done)
        }
        Call::Link { from, follow, to: new } => {
            let (from, new) = (from.with_nul(), new.with_nul());
            dir.link(Path::of_host(&from)?, *follow, to, Path::of_host(&new)?).map(done)
        }
        Call::Rename { from, to: new } => {
            let (from, new) = (from.with_nul(), new.with_nul());
            dir.rename(Path::of_host(&from)?, to, Path::of_host(&new)?).map(done)
        }
    }
}

/// Opens a path.
pub fn open(dir: &dyn Dir, at: &Text, options: OpenOptions) -> Result<Opened, Errno> {
    dir.open(Path::of_host(&at.with_nul())?, options)
}

/// What can be told of what was opened.
pub fn told(opened: &Opened, options: OpenOptions) -> Result<Told, Errno> {
    match opened {
        Opened::File(file) => {
            let stat = file.stat()?;
            let beginning = if options.access == Access::Write { None } else { Some(beginning(&**file)?) };
            Ok(Told::File { id: Id::of(&stat), size: stat.size, beginning })
        }
        Opened::Dir(dir) => Ok(Told::Dir { id: Id::of(&dir.stat()?), names: names(&**dir)? }),
        Opened::Special(_) => panic!("nothing special was planted"),
    }
}

fn beginning(file: &dyn File) -> Result<Text, Errno> {
    let mut bytes = vec![0; BEGINNING];
    let len = file.read_at(&[Span::over(&mut bytes)], 0)?;
    bytes.truncate(len);
    Ok(Text(bytes))
}

/// The names in a directory, sorted.
pub fn names(dir: &dyn Dir) -> Result<Vec<Text>, Errno> {
    let mut names = Vec::new();
    dir.list(0, &mut |entry| {
        names.push(Text(entry.name.to_vec()));
        ControlFlow::Continue(())
    })?;
    names.sort_by(|one, other| one.0.cmp(&other.0));
    Ok(names)
}

fn told_of_stat(stat: Filestat) -> Told {
    let id = Id::of(&stat);
    let Filestat { filetype, nlink, size, mtim, .. } = stat;
    // How large a directory is depends on the disk.
    let size = if filetype == Filetype::Directory { 0 } else { size };
    Told::Stat { id, filetype, nlink, size, modified: Some(mtim).filter(|time| *time < SET) }
}

/// Whether a program of the host's would be told the same, where nothing leads out. Not of what is decided here otherwise, or by
/// some kernels so and by others so.
pub fn is_as_on_the_host(call: &Call, answer: &Result<Told, Errno>) -> bool {
    // What would lead out is not to be tried there. And what is no path here, empty or too long, is said before all else.
    let is_no_path = |path: &&Text| Path::of_host(&path.with_nul()).is_err();
    if *answer == Err(Errno::Notcapable) || call.paths().iter().any(is_no_path) {
        return false;
    }
    match call {
        Call::Open { at, options } if options.create => {
            // A file with a slash behind it is no directory, also to who would create it: as node:wasi says, not Linux.
            let file_as_dir = at.0.ends_with(b"/") && *answer == Err(Errno::Notdir);
            !options.directory && !file_as_dir
        }
        // Few kernels have a call that does not follow; where that works there is no link.
        Call::SetMode { follow, .. } => *follow || answer.is_ok(),
        Call::Symlink { target, at, by_host } if !by_host => {
            let (target, at) = (target.with_nul(), at.with_nul());
            Path::of_host(&at).is_ok_and(|at| LinkTarget::new(&target, at).is_ok())
        }
        _ => true,
    }
}

/// Makes a call as a program of the host's would, which nothing confines.
pub fn ask_the_host(dir: &OwnedFd, to: &OwnedFd, call: &Call) -> Result<Told, Errno> {
    ask(dir, to, call).map_err(from_host)
}

fn ask(dir: &OwnedFd, to: &OwnedFd, call: &Call) -> rustix::io::Result<Told> {
    let done = |()| Told::Done;
    let nofollow = |follow| if follow { AtFlags::empty() } else { AtFlags::SYMLINK_NOFOLLOW };
    match call {
        Call::Open { at, options } => {
            let fd = open_on_the_host(dir, at, *options)?;
            let stat = filestat(&fstat(&fd)?);
            let id = Id::of(&stat);
            if stat.filetype == Filetype::RegularFile {
                let beginning = if options.access == Access::Write {
                    None
                } else {
                    let mut bytes = vec![0; BEGINNING];
                    let len = rustix::io::pread(&fd, &mut bytes, 0)?;
                    bytes.truncate(len);
                    Some(Text(bytes))
                };
                return Ok(Told::File { id, size: stat.size, beginning });
            }
            let mut names = Vec::new();
            for entry in rustix::fs::Dir::read_from(&fd)? {
                names.push(Text(entry?.file_name().to_bytes().to_vec()));
            }
            names.retain(|name| !matches!(&*name.0, b"." | b".."));
            names.sort_by(|one, other| one.0.cmp(&other.0));
            Ok(Told::Dir { id, names })
        }
        Call::Stat { at, follow } => Ok(told_of_stat(filestat(&statat(dir, &*at.0, nofollow(*follow))?))),
        Call::ReadLink(at) => Ok(Told::Target(Text(rustix::fs::readlinkat(dir, &*at.0, [])?.into_bytes()))),
        Call::SetTimes { at, follow, modified } => {
            let times = Timestamps {
                last_access: Timespec { tv_sec: 0, tv_nsec: UTIME_OMIT },
                last_modification: Timespec {
                    tv_sec: (modified / 1_000_000_000) as i64,
                    tv_nsec: (modified % 1_000_000_000) as i64,
                },
            };
            rustix::fs::utimensat(dir, &*at.0, &times, nofollow(*follow)).map(done)
        }
        Call::SetMode { at, mode, .. } => {
            rustix::fs::chmodat(dir, &*at.0, Mode::from_raw_mode(*mode), AtFlags::empty())?;
            Ok(Told::Mode(statat(dir, &*at.0, AtFlags::empty())?.st_mode & 0o7777))
        }
        Call::CreateDir(at) => rustix::fs::mkdirat(dir, &*at.0, Mode::from_raw_mode(0o777)).map(done),
        Call::RemoveDir(at) => rustix::fs::unlinkat(dir, &*at.0, AtFlags::REMOVEDIR).map(done),
        Call::Unlink(at) => rustix::fs::unlinkat(dir, &*at.0, AtFlags::empty()).map(done),
        Call::Symlink { target, at, .. } => rustix::fs::symlinkat(&*target.0, dir, &*at.0).map(done),
        Call::Link { from, follow, to: new } => {
            let follow = if *follow { AtFlags::SYMLINK_FOLLOW } else { AtFlags::empty() };
            rustix::fs::linkat(dir, &*from.0, to, &*new.0, follow).map(done)
        }
        Call::Rename { from, to: new } => rustix::fs::renameat(dir, &*from.0, to, &*new.0).map(done),
    }
}

/// Opens a path as a program of the host's would.
pub fn open_on_the_host(dir: &OwnedFd, at: &Text, options: OpenOptions) -> rustix::io::Result<OwnedFd> {
    let OpenOptions { follow, access, directory, create, exclusive, truncate } = options;
    let mut flags = OFlags::NONBLOCK | OFlags::CLOEXEC;
    flags |= match access {
        Access::Read => OFlags::RDONLY,
        Access::Write => OFlags::WRONLY,
        Access::ReadWrite => OFlags::RDWR,
    };
    flags.set(OFlags::DIRECTORY, directory);
    flags.set(OFlags::NOFOLLOW, !follow);
    flags.set(OFlags::CREATE, create);
    flags.set(OFlags::EXCL, create && exclusive);
    flags.set(OFlags::TRUNC, truncate);
    rustix::fs::openat(dir, &*at.0, flags, Mode::from_raw_mode(0o666))
}
