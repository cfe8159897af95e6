//! Where the files and directories that guests hold are now, in a filesystem that knows only paths.
//!
//! A [`Place`] is what a walk found. It learns where it was moved to, and that it was removed, when that is done through the
//! same mount; what others do behind it can only be seen by looking at its path again.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use super::budget::Orphan;
use super::listing::Listing;
use super::numbers::Numbers;
use crate::abi::{Errno, Filestat, Filetype};
use crate::vfs::Result;

/// The longest path that is handed over, bytes: directories may be nested, but not without end.
const MOST_PATH: usize = 1 << 16;

/// A file, directory or link that was found.
pub struct Place {
    filetype: Filetype,
    at: Mutex<At>,
    listing: Mutex<Option<Arc<Listing>>>,
}

enum At {
    /// It had this path when last heard of.
    Here(PathBuf),
    /// It was removed, when it was this.
    Gone(Filestat, Arc<Orphan>),
}

impl Place {
    /// Its type.
    pub(super) const fn filetype(&self) -> Filetype {
        self.filetype
    }

    /// Its path. Errors: `Noent` where it was removed.
    pub(super) fn path(&self) -> Result<PathBuf> {
        match &*self.at() {
            At::Here(path) => Ok(path.clone()),
            At::Gone(..) => Err(Errno::Noent),
        }
    }

    /// The path of a name in it. Errors: `Notdir`, `Noent` where it was removed, `Nametoolong`.
    pub(super) fn path_of(&self, name: &[u8]) -> Result<PathBuf> {
        if self.filetype != Filetype::Directory {
            return Err(Errno::Notdir);
        }
        let at = self.at();
        let At::Here(path) = &*at else { return Err(Errno::Noent) };
        if path.as_os_str().len() + 1 + name.len() > MOST_PATH {
            return Err(Errno::Nametoolong);
        }
        // The walk made sure of it: nothing that is joined here can lead anywhere else.
        debug_assert!(!name.is_empty() && !matches!(name, b"." | b"..") && !name.contains(&b'/'));
        Ok(path.join(OsStr::from_bytes(name)))
    }

    /// What it was when it was removed; `None` as long as it was not.
    pub(super) fn gone(&self) -> Option<(Filestat, Arc<Orphan>)> {
        match &*self.at() {
            At::Here(_) => None,
            At::Gone(stat, orphan) => Some((*stat, Arc::clone(orphan))),
        }
    }

    /// The listing that it is in the middle of.
    pub(super) fn listing(&self) -> MutexGuard<'_, Option<Arc<Listing>>> {
        self.listing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn at(&self) -> MutexGuard<'_, At> {
        self.at.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// All places that somebody holds.
#[derive(Default)]
pub(super) struct Places {
    held: Vec<Weak<Place>>,
    numbers: Numbers,
    /// How many there may be before those that nobody holds any more are left out.
    until: usize,
}

impl Places {
    /// What was found at a path.
    pub(super) fn add(&mut self, path: PathBuf, filetype: Filetype) -> Arc<Place> {
        let place = Arc::new(Place { filetype, at: Mutex::new(At::Here(path)), listing: Mutex::default() });
        if self.held.len() >= self.until {
            self.held.retain(|place| place.strong_count() > 0);
            self.until = 2 * self.held.len() + 64;
        }
        self.held.push(Arc::downgrade(&place));
        place
    }

    /// The inode numbers.
    pub(super) const fn numbers(&self) -> &Numbers {
        &self.numbers
    }

    /// Something new has this path.
    pub(super) fn made(&mut self, path: &Path) {
        let held = &self.held;
        self.numbers.made(path, |number| {
            let is_gone = |place: Arc<Place>| matches!(&*place.at(), At::Gone(stat, _) if stat.ino == number);
            held.iter().filter_map(Weak::upgrade).any(is_gone)
        });
    }

    /// What had this path was removed, and was `stat` then.
    pub(super) fn removed(&mut self, path: &Path, stat: Filestat, orphan: Arc<Orphan>) {
        self.numbers.removed(path);
        self.each(|at| {
            if matches!(at, At::Here(here) if here == path) {
                *at = At::Gone(Filestat { nlink: 0, ..stat }, Arc::clone(&orphan));
            }
        });
    }

    /// What had this path, and all beneath it, has another one.
    pub(super) fn moved(&mut self, from: &Path, to: &Path, is_dir: bool) {
        self.numbers.moved(from, to, is_dir);
        self.each(|at| {
            if let At::Here(here) = at
                && let Ok(beneath) = here.strip_prefix(from)
            {
                // Joining nothing would leave a slash at the end.
                *here = if beneath.as_os_str().is_empty() { to.to_path_buf() } else { to.join(beneath) };
            }
        });
    }

    fn each(&self, mut change: impl FnMut(&mut At)) {
        self.held.iter().filter_map(Weak::upgrade).for_each(|place| change(&mut place.at()));
    }
}
