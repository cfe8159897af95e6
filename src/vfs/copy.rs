//! Files and whole trees, copied from one filesystem into another.

use std::collections::HashMap;
use std::sync::Arc;

use super::tour::{Passed, Step, Tour};
use super::trail::Trail;
use super::{Access, Dir, File, LinkTarget, MAX_PATH, OpenOptions, Opened, Path, Result, SetTime, SetTimes};
use crate::abi::{Errno, Filestat, Filetype};
use crate::span::Span;

/// How many bytes are copied at once.
const CHUNK: usize = 256 * 1024;

/// To make a file that is not there yet.
const CREATE: OpenOptions = OpenOptions {
    follow: false,
    access: Access::Write,
    directory: false,
    create: true,
    exclusive: true,
    truncate: false,
};

/// Makes an empty file hold what another one does; where that has holes, it has some too.
pub fn copy_contents(from: &dyn File, to: &dyn File) -> Result<()> {
    let mut buf = vec![0; CHUNK.min(usize::try_from(from.stat()?.size).unwrap_or(CHUNK).max(1))];
    let (mut at, mut end) = (0, 0);
    while let Some(data) = from.data_from(at)? {
        at = data;
        let len = from.read_at(&[Span::over(&mut buf)], at)?;
        if len == 0 {
            break;
        }
        let bytes = &mut buf[..len];
        write_all(to, bytes, at)?;
        at += len as u64;
        end = at;
    }
    let size = from.stat()?.size;
    if size > end { to.set_len(size) } else { Ok(()) }
}

/// Writes all of some bytes. Errors: also `Io` where a file takes none.
pub(super) fn write_all(to: &dyn File, bytes: &mut [u8], offset: u64) -> Result<()> {
    let span = Span::over(bytes);
    let mut done = 0;
    while done < span.len() {
        match to.write_at(&[span.after(done)], offset + done as u64)? {
            0 => return Err(Errno::Io),
            written => done += written,
        }
    }
    Ok(())
}

/// Why a tree was not copied whole, and at what: its path from the root, without a slash before it.
#[derive(Debug)]
pub struct Failed(pub Errno, pub Vec<u8>);

/// Copies all that is in one directory into another: files with their holes and several names, directories, links as they
/// are, permission bits (those in `modes`) and times. What is there already under a file's or link's name is replaced; what is
/// there under a directory's must be one, and is merged with. Nothing else (FIFOs, sockets, devices) is copied, nor what `wanted`
/// says no to, by its path and type; with a directory, all that is in it. What goes away meanwhile is left out.
///
/// No link is followed, on neither side.
pub fn copy_tree(
    from: Arc<dyn Dir>,
    to: Arc<dyn Dir>,
    modes: u32,
    wanted: &mut dyn FnMut(&[u8], Filetype) -> Result<bool>,
) -> Result<(), Failed> {
    let failed = |at: &Tour, name: &[u8]| {
        let path = at.path(name);
        move |errno| Failed(errno, path)
    };
    let mut tour = Tour::new(from).map_err(|errno| Failed(errno, Vec::new()))?;
    let mut copy =
        Copy { trail: Trail::new(Arc::clone(&to)), firsts: Trail::new(to), names: HashMap::new(), modes };
    loop {
        let step = tour.advance().map_err(failed(&tour, b""))?;
        match step {
            None => return Ok(()),
            Some(Step::Done(name)) => {
                let left = copy.trail.leave().and_then(|()| copy.finish_dir(tour.here(), &name));
                left.map_err(failed(&tour, &name))?;
            }
            Some(Step::Found(name, filetype)) => {
                let copied = wanted(&tour.path(&name), filetype).and_then(|wanted| match filetype {
                    _ if !wanted => Ok(()),
                    Filetype::Directory => copy.dir(&mut tour, &name),
                    Filetype::RegularFile => copy.file(&mut tour, &name),
                    Filetype::SymbolicLink => copy.link(&mut tour, &name),
                    _ => Ok(()),
                });
                match copied {
                    Err(Errno::Noent) if !is_there(tour.here(), &name) => {}
                    copied => copied.map_err(failed(&tour, &name))?,
                }
            }
        }
    }
}

/// A copy under way.
struct Copy {
    /// The directory that is copied into.
    trail: Trail,
    /// The directory of a file's first name.
    firsts: Trail,
    /// The first copied name of each file that has several, by device and inode.
    names: HashMap<(u64, u64), Passed>,
    modes: u32,
}

impl Copy {
    fn dir(&mut self, tour: &mut Tour, name: &[u8]) -> Result<()> {
        let with_nul = [name, b"\0"].concat();
        let path = Path::of_host(&with_nul)?;
        let made = match self.trail.here().create_dir(path) {
            Ok(()) => true,
            Err(Errno::Exist) => false,
            Err(errno) => return Err(errno),
        };
        // Also where a link stands for a directory: it would lead elsewhere.
        self.trail.enter(name).map_err(|errno| if errno == Errno::Loop { Errno::Notdir } else { errno })?;
        tour.enter(name).or_else(|errno| {
            self.trail.leave()?;
            if made {
                self.trail.here().remove_dir(path)?;
            }
            Err(errno)
        })
    }

    fn finish_dir(&mut self, from: &dyn Dir, name: &[u8]) -> Result<()> {
        let with_nul = [name, b"\0"].concat();
        let path = Path::of_host(&with_nul)?;
        let (stat, mode) = (from.stat_at(path, false)?, from.mode_at(path, false));
        let to = self.trail.here();
        if let Ok(mode) = mode {
            unless_unsupported(to.set_mode_at(path, false, mode & self.modes))?;
        }
        to.set_times_at(path, false, times_of(&stat))
    }

    fn file(&mut self, tour: &mut Tour, name: &[u8]) -> Result<()> {
        let with_nul = [name, b"\0"].concat();
        let path = Path::of_host(&with_nul)?;
        let Opened::File(from) =
            tour.here().open(path, OpenOptions { follow: false, ..OpenOptions::READ })?
        else {
            return Ok(());
        };
        let stat = from.stat()?;
        remove(self.trail.here(), path)?;
        if self.further_name(tour, name, path, &stat)? {
            return Ok(());
        }
        let to = self.trail.here();
        let Opened::File(into) = to.open(path, CREATE)? else { return Err(Errno::Io) };
        copy_contents(&*from, &*into)?;
        if let Ok(mode) = from.mode() {
            unless_unsupported(into.set_mode(mode & self.modes))?;
        }
        into.set_times(times_of(&stat))
    }

    /// Gives what has a copy already the name as a further one, where the kind has such names; else remembers the name where there
    /// will be others. Says whether it did.
    fn further_name(
        &mut self,
        tour: &mut Tour,
        name: &[u8],
        path: Path<'_>,
        stat: &Filestat,
    ) -> Result<bool> {
        if stat.nlink < 2 {
            return Ok(false);
        }
        let id = (stat.dev, stat.ino);
        let Some(first) = self.names.get(&id) else {
            self.names.insert(id, tour.pass(name));
            return Ok(false);
        };
        let mut above = tour.names_to(first);
        let first = [above.pop().unwrap_or_default(), b"\0"].concat();
        let to = self.trail.here();
        let linked = self
            .firsts
            .go(&above)
            .and_then(|()| self.firsts.here().link(Path::of_host(&first)?, false, to, path));
        match linked {
            // A kind without such links gets a copy.
            Err(Errno::Notsup | Errno::Perm | Errno::Mlink) => Ok(false),
            linked => linked.map(|()| true),
        }
    }

    fn link(&mut self, tour: &mut Tour, name: &[u8]) -> Result<()> {
        let with_nul = [name, b"\0"].concat();
        let path = Path::of_host(&with_nul)?;
        let mut target = vec![0; MAX_PATH + 2];
        let len = tour.here().read_link(path, &mut target)?;
        target.truncate(len);
        target.push(0);
        let stat = tour.here().stat_at(path, false)?;
        remove(self.trail.here(), path)?;
        if self.further_name(tour, name, path, &stat)? {
            return Ok(());
        }
        let to = self.trail.here();
        to.symlink(LinkTarget::of_host(&target)?, path)?;
        to.set_times_at(path, false, times_of(&stat))
    }
}

/// Makes room for a file or a link. Errors: `Isdir`.
fn remove(dir: &dyn Dir, name: Path<'_>) -> Result<()> {
    match dir.unlink(name) {
        Err(Errno::Noent) => Ok(()),
        removed => removed,
    }
}

/// Whether a name is still there.
fn is_there(dir: &dyn Dir, name: &[u8]) -> bool {
    let name = [name, b"\0"].concat();
    Path::of_host(&name).and_then(|name| dir.stat_at(name, false)).is_ok()
}

/// The times of a file, for its copy.
fn times_of(stat: &Filestat) -> SetTimes {
    SetTimes { access: Some(SetTime::At(stat.atim)), modified: Some(SetTime::At(stat.mtim)) }
}

/// A kind without permission bits loses them.
fn unless_unsupported(result: Result<()>) -> Result<()> {
    match result {
        Err(Errno::Notsup | Errno::Rofs) => Ok(()),
        result => result,
    }
}
