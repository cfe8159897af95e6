//! Paths resolved beneath a directory by ourselves, where the kernel cannot: one component at a time.
//!
//! Every step opens a single name without following it, `..` goes back to a handle that the walk came through and is
//! never asked of the kernel, and links are read from a handle: so whatever others rename meanwhile, the walk stays in
//! directories that it reached from its root downwards. The answers are the kernel's (`resolve.rs`), but for three:
//! - A link of /proc that leads without a path answers what its text does (`Notcapable` or `Noent`), not `Loop`.
//! - A path that goes down more than [`MOST_HELD`] levels and then up as many answers `Nametoolong`.
//! - Links in directories such as /tmp are followed whoever made them (`fs.protected_symlinks`).

use std::borrow::Cow;
use std::collections::VecDeque;
use std::ops::Range;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::fs::{AtFlags, FileType, Mode, OFlags, fstat, openat, readlinkat_raw, statat};
use rustix::io::Errno as Host;

use super::from_host;
use super::place::{HANDLE, Handle, Place};
use crate::abi::Errno;
use crate::vfs::{MAX_PATH, Result};

/// How many links one path may go through. Linux's own number.
const MOST_LINKS: usize = 40;

/// How many handles a walk holds at most, for `..` to go back to; a guest's path could ask for two thousand.
const MOST_HELD: usize = 64;

/// Opens what a path beneath `root` names. Errors: `Notcapable` where it leads out, else as openat(2).
pub(super) fn open(root: BorrowedFd<'_>, path: &[u8], flags: OFlags, mode: Mode) -> Result<OwnedFd> {
    let mut walk = Walk::new(root, path);
    loop {
        let Last::Name { name, must_be_dir } = walk.go_to_last()? else {
            return openat(walk.here(), c".", flags | OFlags::CLOEXEC, mode).map_err(from_host);
        };
        let mut flags = flags | OFlags::CLOEXEC;
        if must_be_dir {
            if flags.contains(OFlags::CREATE) {
                return Err(Errno::Isdir);
            }
            flags = flags.difference(OFlags::NOFOLLOW) | OFlags::DIRECTORY;
        }
        let opened = walk.open(&name, flags | OFlags::NOFOLLOW, mode);
        if flags.contains(OFlags::NOFOLLOW) {
            return opened.map_err(from_host);
        }
        match opened {
            // A handle can be one of a link, too.
            Ok(fd) if flags.contains(OFlags::PATH) => match filetype(&fd)? {
                FileType::Symlink => walk.expand(&fd, name.end)?,
                _ => return Ok(fd),
            },
            Ok(fd) => return Ok(fd),
            // What a link answers, the second where a directory is asked for.
            Err(errno @ (Host::LOOP | Host::NOTDIR)) => {
                let handle = walk.open(&name, HANDLE | OFlags::NOFOLLOW, Mode::empty()).map_err(from_host)?;
                match (filetype(&handle)?, errno) {
                    (FileType::Symlink, _) => walk.expand(&handle, name.end)?,
                    // Someone put something else there meanwhile: ask again, but not forever.
                    (FileType::Directory, _) | (_, Host::LOOP) => walk.count_link()?,
                    _ => return Err(Errno::Notdir),
                }
            }
            Err(errno) => return Err(from_host(errno)),
        }
    }
}

/// Finds the place of what a path beneath `root` names, through links: for calls that take a name and must not follow
/// it themselves. Errors: as [`open`]; `Noent` where there is nothing.
pub(super) fn locate<'r>(root: BorrowedFd<'r>, path: &[u8]) -> Result<Place<'r>> {
    let mut walk = Walk::new(root, path);
    loop {
        let Last::Name { name, must_be_dir } = walk.go_to_last()? else {
            return Ok(Place { parent: walk.into_here(), name: Cow::Borrowed(b".") });
        };
        let handle = walk.open(&name, HANDLE | OFlags::NOFOLLOW, Mode::empty()).map_err(from_host)?;
        match filetype(&handle)? {
            FileType::Symlink => walk.expand(&handle, name.end)?,
            FileType::Directory if must_be_dir => {
                return Ok(Place { parent: Handle::Beneath(handle), name: Cow::Borrowed(b".") });
            }
            _ if must_be_dir => return Err(Errno::Notdir),
            _ => {
                let name = Cow::Owned(walk.rest[name].to_vec());
                return Ok(Place { parent: walk.into_here(), name });
            }
        }
    }
}

/// There is nothing that the walk would need of the kernel.
#[cfg(not(target_os = "linux"))]
pub(super) fn available(_: BorrowedFd<'_>) -> bool {
    true
}

/// A walk under way.
struct Walk<'r> {
    root: BorrowedFd<'r>,
    /// The directories between the root and here, the last one being here.
    held: VecDeque<OwnedFd>,
    /// Whether the first of them is not a child of the root: those between were given up.
    gave_up: bool,
    /// The path, links in it replaced by their targets. At most 41 of the longest paths together.
    rest: Vec<u8>,
    /// How much of it is behind us.
    at: usize,
    links: usize,
}

/// What remains when all but the last component is done.
enum Last {
    /// Nothing: the path ended in `.` or `..`.
    Here,
    /// A name, by its place in the path, and whether slashes follow it.
    Name { name: Range<usize>, must_be_dir: bool },
}

impl<'r> Walk<'r> {
    fn new(root: BorrowedFd<'r>, path: &[u8]) -> Self {
        Self { root, held: VecDeque::new(), gave_up: false, rest: path.to_vec(), at: 0, links: 0 }
    }

    /// The directory that the walk is in.
    fn here(&self) -> BorrowedFd<'_> {
        self.held.back().map_or(self.root, AsFd::as_fd)
    }

    fn into_here(mut self) -> Handle<'r> {
        self.held.pop_back().map_or(Handle::Root(self.root), Handle::Beneath)
    }

    /// Goes on to the last component, which it leaves ahead.
    fn go_to_last(&mut self) -> Result<Last> {
        loop {
            let start = self.slashes_from(self.at);
            let end = self.rest[start..]
                .iter()
                .position(|byte| *byte == b'/')
                .map_or(self.rest.len(), |len| start + len);
            let next = self.slashes_from(end);
            let is_last = next == self.rest.len();
            match &self.rest[start..end] {
                b"" | b"." => self.at = next,
                b".." => {
                    self.up()?;
                    self.at = next;
                }
                _ if is_last => return Ok(Last::Name { name: start..end, must_be_dir: end < next }),
                _ => {
                    self.down(start..end, next)?;
                    continue;
                }
            }
            if is_last {
                return Ok(Last::Here);
            }
        }
    }

    /// Goes into the directory of that name, or replaces the name by the target of the link that it is.
    fn down(&mut self, name: Range<usize>, next: usize) -> Result<()> {
        let handle = match self.open(&name, HANDLE | OFlags::DIRECTORY | OFlags::NOFOLLOW, Mode::empty()) {
            // A link, for one. What is there now is looked at through one handle, so it cannot become another.
            Err(Host::NOTDIR) => {
                let handle = self.open(&name, HANDLE | OFlags::NOFOLLOW, Mode::empty()).map_err(from_host)?;
                match filetype(&handle)? {
                    FileType::Symlink => return self.expand(&handle, name.end),
                    FileType::Directory => handle,
                    _ => return Err(Errno::Notdir),
                }
            }
            opened => opened.map_err(from_host)?,
        };
        if self.held.len() == MOST_HELD {
            self.held.pop_front();
            self.gave_up = true;
        }
        self.held.push_back(handle);
        self.at = next;
        Ok(())
    }

    /// Goes back to the directory that the walk came from.
    fn up(&mut self) -> Result<()> {
        // The kernel wants the permission to search here, also where a path only turns round.
        statat(self.here(), c".", AtFlags::empty()).map_err(from_host)?;
        if self.held.len() == 1 && self.gave_up {
            return Err(Errno::Nametoolong);
        }
        self.held.pop_back().map(drop).ok_or(Errno::Notcapable)
    }

    /// Replaces the path up to `end` by the target of the link.
    fn expand(&mut self, link: &OwnedFd, end: usize) -> Result<()> {
        self.count_link()?;
        let mut target = [0; MAX_PATH + 1];
        let len = readlinkat_raw(link, c"", &mut target).map_err(from_host)?;
        match &target[..len] {
            [] => Err(Errno::Noent),
            [b'/', ..] => Err(Errno::Notcapable),
            target if target.len() > MAX_PATH => Err(Errno::Nametoolong),
            target => {
                self.rest.splice(..end, target.iter().copied());
                self.at = 0;
                Ok(())
            }
        }
    }

    fn count_link(&mut self) -> Result<()> {
        self.links += 1;
        if self.links > MOST_LINKS { Err(Errno::Loop) } else { Ok(()) }
    }

    /// Opens a name of the path in the directory that the walk is in. Where the process has no descriptor left, gives up
    /// the handles that only `..` would need.
    fn open(&mut self, name: &Range<usize>, flags: OFlags, mode: Mode) -> Result<OwnedFd, Host> {
        loop {
            match openat(self.here(), &self.rest[name.clone()], flags, mode) {
                Err(Host::MFILE) if self.held.len() > 1 => {
                    self.held.drain(..self.held.len() - 1);
                    self.gave_up = true;
                }
                Err(Host::INTR) => {}
                opened => return opened,
            }
        }
    }

    fn slashes_from(&self, at: usize) -> usize {
        at + self.rest[at..].iter().take_while(|byte| **byte == b'/').count()
    }
}

fn filetype(handle: &OwnedFd) -> Result<FileType> {
    Ok(FileType::from_raw_mode(fstat(handle).map_err(from_host)?.st_mode))
}
