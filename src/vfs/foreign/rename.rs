//! Renaming, of which each kind of foreign filesystem knows another part.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use super::Mount;
use super::errno::from_fs;
use super::places::Places;
use super::ready::done;
use crate::abi::{Errno, Filetype};
use crate::vfs::Result;

/// What had the new name, out of the way until the old one has it.
enum Aside {
    Nothing,
    /// A directory, which was empty.
    Dir,
    /// A link to this.
    Link(PathBuf),
    /// A file, which has this name now: who has it open keeps it.
    File(PathBuf),
}

impl Mount {
    /// Moves what has the path `from` to `to`, over what is there.
    pub(super) fn rename(&self, places: &mut Places, from: &Path, to: &Path) -> Result<()> {
        let (_, filetype) = self.look(from)?;
        if from == to {
            return Ok(());
        }
        if to.starts_with(from) {
            return Err(Errno::Inval);
        }
        if from.starts_with(to) {
            return Err(Errno::Notempty);
        }
        let replaced = match self.look(to) {
            Ok(found) => Some(found),
            Err(Errno::Noent) => None,
            Err(errno) => return Err(errno),
        };
        let is_dir = filetype == Filetype::Directory;
        let aside = match replaced.as_ref().map(|(_, filetype)| *filetype) {
            None => Aside::Nothing,
            Some(Filetype::Directory) if !is_dir => return Err(Errno::Isdir),
            Some(Filetype::Directory) if !self.list(places, to)?.is_empty() => return Err(Errno::Notempty),
            Some(Filetype::Directory) => {
                self.fs().remove_dir(to).map_err(from_fs)?;
                Aside::Dir
            }
            Some(_) if is_dir => return Err(Errno::Notdir),
            Some(Filetype::SymbolicLink) => {
                let target = self.fs().readlink(to).map_err(from_fs)?;
                self.fs().remove_file(to).map_err(from_fs)?;
                Aside::Link(target)
            }
            Some(_) => {
                let aside = self.free_name(to)?;
                self.moved(to, &aside)?;
                Aside::File(aside)
            }
        };
        if let Err(errno) = self.move_any(from, to, filetype) {
            self.put_back(to, &aside);
            return Err(errno);
        }
        if let Aside::File(aside) = aside {
            self.fs().remove_file(&aside).map_err(from_fs)?;
        }
        if let Some((found, filetype)) = replaced {
            self.forget(places, to, &found, filetype);
        }
        places.moved(from, to);
        Ok(())
    }

    fn move_any(&self, from: &Path, to: &Path, filetype: Filetype) -> Result<()> {
        match self.moved(from, to) {
            // MemFS moves no links.
            Err(_) if filetype == Filetype::SymbolicLink => {
                let target = self.fs().readlink(from).map_err(from_fs)?;
                self.fs().create_symlink(&target, to).map_err(from_fs)?;
                self.fs().remove_file(from).map_err(|error| {
                    let _ = self.fs().remove_file(to);
                    from_fs(error)
                })
            }
            moved => moved,
        }
    }

    /// Moves to a path where nothing is. Errors: `Rofs` where the filesystem only says that it did.
    fn moved(&self, from: &Path, to: &Path) -> Result<()> {
        done(self.fs().rename(from, to))?.map_err(from_fs)?;
        if self.is_free(from)? && !self.is_free(to)? { Ok(()) } else { Err(Errno::Rofs) }
    }

    /// Undoes what [`Aside`] says. Where that fails too, the first error is still the one to know of.
    fn put_back(&self, to: &Path, aside: &Aside) {
        match aside {
            Aside::Nothing => {}
            Aside::Dir => drop(self.fs().create_dir(to)),
            Aside::Link(target) => drop(self.fs().create_symlink(target, to)),
            Aside::File(aside) => drop(self.moved(aside, to)),
        }
    }

    /// A path beside another, where nothing is.
    fn free_name(&self, path: &Path) -> Result<PathBuf> {
        static ASIDE: AtomicU64 = AtomicU64::new(0);
        for _ in 0..16 {
            let number = ASIDE.fetch_add(1, Ordering::Relaxed);
            let name = OsString::from(format!(".preopen-{}-{number}", std::process::id()));
            let aside = path.with_file_name(name);
            if self.is_free(&aside)? {
                return Ok(aside);
            }
        }
        Err(Errno::Busy)
    }
}
