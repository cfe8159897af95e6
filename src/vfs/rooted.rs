//! A filesystem as its owner sees it: `/` is its root, above which there is nothing, and absolute links begin there.
//!
//! A guest's paths never leave the directory that they begin in. The owner's do not either, but where a guest is refused
//! (`Notcapable`) the owner means the root: so a path that was refused is resolved once more, here, link by link.

use std::sync::Arc;

use super::{Dir, LinkTarget, MAX_PATH, OpenOptions, Opened, Path, Result, SetTimes, Trail};
use crate::abi::{Errno, Filestat, Filetype};

/// How many links one path may go through. Linux's own number.
const MOST_LINKS: usize = 40;

/// The permission bits that making a file or directory leaves out, as the usual umask(2) does. Not the process's own: what is
/// in a filesystem does not depend on who started the process.
const UMASK: u32 = 0o022;

/// A filesystem by its root. Paths are bytes without a NUL, absolute or relative to the root.
#[derive(Clone)]
pub struct Rooted(Arc<dyn Dir>);

impl Rooted {
    /// The filesystem with this root.
    pub fn new(root: Arc<dyn Dir>) -> Self {
        Self(root)
    }

    /// The root.
    pub const fn root(&self) -> &Arc<dyn Dir> {
        &self.0
    }

    /// Opens what a path names. A file that this makes gets `mode`, where it is given. Like open(2).
    pub fn open(&self, path: &[u8], options: OpenOptions, mode: Option<u32>) -> Result<Opened> {
        let OpenOptions { follow, access: _, directory: _, create, exclusive, truncate: _ } = options;
        let follow = follow && !(create && exclusive);
        if create && path.ends_with(b"/") {
            // Open(2) makes no directories, and says of a file so named what it says of one.
            let there = self.stat(&path[..trimmed(path)], true);
            return Err(match there {
                Err(errno @ (Errno::Notdir | Errno::Loop | Errno::Nametoolong)) => errno,
                _ => self.at(path, follow, |path| self.0.open(path, options)).err().map_or(
                    Errno::Isdir,
                    |errno| {
                        if errno == Errno::Notdir { Errno::Isdir } else { errno }
                    },
                ),
            });
        }
        let Some(mode) = mode.filter(|_| create) else {
            return self.at(path, follow, |path| self.0.open(path, options));
        };
        // Only a file that was not there before gets a mode, so this asks whether it was.
        let insist = OpenOptions { exclusive: true, ..options };
        match self.at(path, false, |path| self.0.open(path, insist)) {
            Ok(opened) => {
                if let Opened::File(file) = &opened {
                    unless_unknown(file.set_mode(mode & !UMASK))?;
                }
                Ok(opened)
            }
            Err(Errno::Exist) if !exclusive => self.at(path, follow, |path| self.0.open(path, options)),
            Err(errno) => Err(errno),
        }
    }

    /// Opens a directory.
    pub fn open_dir(&self, path: &[u8]) -> Result<Box<dyn Dir>> {
        match self.open(path, OpenOptions { directory: true, ..OpenOptions::READ }, None)? {
            Opened::Dir(dir) => Ok(dir),
            Opened::File(_) | Opened::Special(_) => Err(Errno::Notdir),
        }
    }

    /// What is known of what a path names, or of the link itself. Like stat(2) and lstat(2).
    pub fn stat(&self, path: &[u8], follow: bool) -> Result<Filestat> {
        self.at(path, follow, |path| self.0.stat_at(path, follow))
    }

    /// The permission bits of what a path names.
    pub fn mode(&self, path: &[u8], follow: bool) -> Result<u32> {
        self.at(path, follow, |path| self.0.mode_at(path, follow))
    }

    /// Sets the permission bits of what a path names. Like chmod(2).
    pub fn set_mode(&self, path: &[u8], mode: u32) -> Result<()> {
        self.at(path, true, |path| self.0.set_mode_at(path, true, mode))
    }

    /// Sets the times of what a path names. Like utimensat(2).
    pub fn set_times(&self, path: &[u8], follow: bool, times: SetTimes) -> Result<()> {
        self.at(path, follow, |path| self.0.set_times_at(path, follow, times))
    }

    /// The target of a link. Like readlink(2).
    pub fn read_link(&self, path: &[u8]) -> Result<Vec<u8>> {
        self.at(path, false, |path| read_link(&*self.0, path))
    }

    /// Makes a directory, with `mode` where it is given. Like mkdir(2).
    pub fn create_dir(&self, path: &[u8], mode: Option<u32>) -> Result<()> {
        self.at(path, false, |path| self.0.create_dir(path))?;
        match mode {
            Some(mode) => unless_unknown(self.set_mode(path, mode & !UMASK)),
            None => Ok(()),
        }
    }

    /// Makes directories within each other, beneath one that is there: `names` has slashes, and no dots. Says how many of the
    /// first were there already. It goes from one into the next: their paths would be walked again for each.
    pub fn create_dirs(&self, path: &[u8], names: &[u8], mode: Option<u32>) -> Result<usize> {
        let mut trail = Trail::new(Arc::from(self.open_dir(path)?));
        let mut there = 0;
        let mut names = names.split(|byte| *byte == b'/').filter(|name| !name.is_empty()).peekable();
        while let Some(name) = names.next() {
            let with_nul = with_nul(name);
            let name_here = Path::of_host(&with_nul)?;
            match (trail.here().create_dir(name_here), mode) {
                (Ok(()), Some(mode)) => {
                    unless_unknown(trail.here().set_mode_at(name_here, false, mode & !UMASK))?;
                }
                (Ok(()), None) => {}
                // Somebody else was faster.
                (Err(Errno::Exist), _) => there += 1,
                (Err(errno), _) => return Err(errno),
            }
            if names.peek().is_some() {
                trail.enter(name)?;
            }
        }
        Ok(there)
    }

    /// Removes an empty directory. Like rmdir(2). Errors: `Busy` for the root.
    pub fn remove_dir(&self, path: &[u8]) -> Result<()> {
        if path.first().is_some_and(|first| *first == b'/') && path.iter().all(|byte| *byte == b'/') {
            return Err(Errno::Busy);
        }
        self.at(path, false, |path| self.0.remove_dir(path))
    }

    /// Removes a name that is no directory. Like unlink(2).
    pub fn unlink(&self, path: &[u8]) -> Result<()> {
        self.at(path, false, |path| self.0.unlink(path))
    }

    /// Makes a symbolic link, wherever it leads. Like symlink(2).
    pub fn symlink(&self, target: &[u8], path: &[u8]) -> Result<()> {
        let target = with_nul(target);
        let target = LinkTarget::of_host(&target)?;
        self.at(path, false, |path| self.0.symlink(target, path))
    }

    /// Gives a file a second name. Like link(2).
    pub fn link(&self, path: &[u8], new: &[u8]) -> Result<()> {
        self.at_both(path, new, |path, new| self.0.link(path, false, &*self.0, new))
    }

    /// Moves a name. Like rename(2).
    pub fn rename(&self, path: &[u8], new: &[u8]) -> Result<()> {
        self.at_both(path, new, |path, new| self.0.rename(path, &*self.0, new))
    }

    /// The path of what a path names, absolute and without links and dots. Like realpath(3).
    pub fn real_path(&self, path: &[u8]) -> Result<Vec<u8>> {
        let mut real = self.resolve(path, true)?;
        self.0.stat_at(Path::of_host(&with_nul(&real))?, true)?;
        if real == b"." {
            real.clear();
        }
        real.truncate(trimmed(&real));
        real.insert(0, b'/');
        Ok(real)
    }

    /// Does something with a path as it is, and where that leads out, with the one that the owner means.
    fn at<T>(&self, path: &[u8], follow: bool, act: impl Fn(Path<'_>) -> Result<T>) -> Result<T> {
        match act(Path::of_host(&relative(path)?)?) {
            Err(Errno::Notcapable) => {}
            answer => return answer,
        }
        let real = with_nul(&self.resolve(path, follow)?);
        act(Path::of_host(&real)?).map_err(refused)
    }

    /// The same with two paths, of neither of which the last link is followed.
    fn at_both<T>(
        &self,
        path: &[u8],
        new: &[u8],
        act: impl Fn(Path<'_>, Path<'_>) -> Result<T>,
    ) -> Result<T> {
        match act(Path::of_host(&relative(path)?)?, Path::of_host(&relative(new)?)?) {
            Err(Errno::Notcapable) => {}
            answer => return answer,
        }
        let (real, new) = (with_nul(&self.resolve(path, false)?), with_nul(&self.resolve(new, false)?));
        act(Path::of_host(&real)?, Path::of_host(&new)?).map_err(refused)
    }

    /// Turns a path into one that goes only downwards and through no link, but perhaps the last, with the slashes that were
    /// at its end. `.` is the root. What is missing at its end may be missing. Errors: `Noent`, `Notdir`, `Loop`.
    fn resolve(&self, path: &[u8], follow: bool) -> Result<Vec<u8>> {
        let mut done: Vec<u8> = Vec::new();
        let mut rest = relative(path)?;
        rest.pop();
        let mut links = 0;
        loop {
            let slashes = rest.iter().take_while(|byte| **byte == b'/').count();
            rest.drain(..slashes);
            if rest.is_empty() {
                break;
            }
            let len = rest.iter().position(|byte| *byte == b'/').unwrap_or(rest.len());
            let name: Vec<u8> = rest.drain(..len).collect();
            match &*name {
                b"." => continue,
                b".." => {
                    done.truncate(done.iter().rposition(|byte| *byte == b'/').unwrap_or(0));
                    continue;
                }
                _ => {}
            }
            let parent = done.len();
            if parent > 0 {
                done.push(b'/');
            }
            done.extend_from_slice(&name);
            let last = rest.iter().all(|byte| *byte == b'/');
            let here = with_nul(&done);
            let here = Path::of_host(&here)?;
            match self.0.stat_at(here, false).map(|stat| stat.filetype) {
                Err(Errno::Noent) if last => {}
                Err(errno) => return Err(errno),
                Ok(Filetype::SymbolicLink) if !last || follow || !rest.is_empty() => {
                    links += 1;
                    if links > MOST_LINKS {
                        return Err(Errno::Loop);
                    }
                    let target = read_link(&*self.0, here)?;
                    done.truncate(if target.first() == Some(&b'/') { 0 } else { parent });
                    rest.splice(..0, target);
                }
                Ok(Filetype::Directory) => {}
                Ok(_) if !last => return Err(Errno::Notdir),
                Ok(_) => {}
            }
            if last && !rest.is_empty() && rest.iter().all(|byte| *byte == b'/') {
                done.push(b'/');
                break;
            }
        }
        if done.is_empty() {
            done.push(b'.');
        }
        Ok(done)
    }
}

/// A link's whole target.
fn read_link(dir: &dyn Dir, path: Path<'_>) -> Result<Vec<u8>> {
    let mut target = vec![0; MAX_PATH + 1];
    let len = dir.read_link(path, &mut target)?;
    target.truncate(len);
    Ok(target)
}

/// A path relative to the root, as C has it. Errors: `Noent` where it is empty, `Nametoolong`.
fn relative(path: &[u8]) -> Result<Vec<u8>> {
    if path.is_empty() {
        return Err(Errno::Noent);
    }
    if path.len() > MAX_PATH {
        return Err(Errno::Nametoolong);
    }
    let slashes = path.iter().take_while(|byte| **byte == b'/').count();
    Ok(with_nul(if slashes == path.len() { b"." } else { &path[slashes..] }))
}

fn with_nul(bytes: &[u8]) -> Vec<u8> {
    let mut with_nul = Vec::with_capacity(bytes.len() + 1);
    with_nul.extend_from_slice(bytes);
    with_nul.push(0);
    with_nul
}

/// How long a path is without the slashes at its end.
fn trimmed(path: &[u8]) -> usize {
    path.len() - path.iter().rev().take_while(|byte| **byte == b'/').count()
}

/// What an owner is told who cannot have a thing: a FIFO or a device, of a directory that does not let them be opened.
fn refused(errno: Errno) -> Errno {
    if errno == Errno::Notcapable { Errno::Acces } else { errno }
}

/// A kind of filesystem without permission bits lets them be asked for.
fn unless_unknown(result: Result<()>) -> Result<()> {
    match result {
        Err(Errno::Rofs | Errno::Notsup) => Ok(()),
        result => result,
    }
}
