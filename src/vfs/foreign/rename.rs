//! Renaming, of which each kind of foreign filesystem knows another part.

use std::ffi::{OsStr, OsString};
use std::ops::ControlFlow;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use virtual_fs::FsError;

use super::Mount;
use super::errno::from_fs;
use super::places::Places;
use super::ready::done;
use crate::abi::{Errno, Filetype};
use crate::vfs::Result;

/// How much of what is in a directory is looked for after it was moved.
const MOST_CHECKED: usize = 1024;

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
        let moved = if is_dir { self.move_dir(places, from, to) } else { self.move_name(from, to, filetype) };
        if let Err(errno) = moved {
            self.put_back(to, &aside);
            return Err(errno);
        }
        if let Aside::File(aside) = aside {
            // It was done, whatever becomes of this.
            let _ = self.fs().remove_file(&aside);
        }
        if let Some((found, filetype)) = replaced {
            self.forget(places, to, &found, filetype);
        }
        places.moved(from, to, is_dir);
        Ok(())
    }

    /// Moves a directory, with all that is in it. Errors: `Xdev` where that can't be done, as between two filesystems: who moves
    /// things copies them then.
    fn move_dir(&self, places: &Places, from: &Path, to: &Path) -> Result<()> {
        let before = self.beneath(places, from)?;
        match self.moved(from, to) {
            // OverlayFileSystem tries to read a directory of a lower layer as a file.
            Err(Errno::Io | Errno::Isdir | Errno::Notsup) => return Err(Errno::Xdev),
            moved => moved?,
        }
        // And it leaves behind what a lower layer has in a directory that the upper one has too.
        if before.iter().all(|path| self.look(&to.join(path)).is_ok()) {
            return Ok(());
        }
        self.moved(to, from)?;
        Err(Errno::Xdev)
    }

    /// What is in a directory and in those beneath it, as paths from there: some of it, where it is much.
    fn beneath(&self, places: &Places, dir: &Path) -> Result<Vec<PathBuf>> {
        let mut found = vec![PathBuf::new()];
        let mut next = 0;
        while let Some(path) = found.get(next).cloned()
            && found.len() < MOST_CHECKED
        {
            next += 1;
            // Joining nothing would leave a slash at the end.
            let whole = if path.as_os_str().is_empty() { dir.to_path_buf() } else { dir.join(&path) };
            if self.look(&whole)?.1 == Filetype::Directory {
                self.list(places, &whole)?.from(0, &mut |entry| {
                    found.push(path.join(OsStr::from_bytes(entry.name)));
                    if found.len() < MOST_CHECKED {
                        ControlFlow::Continue(())
                    } else {
                        ControlFlow::Break(())
                    }
                });
            }
        }
        found.swap_remove(0);
        Ok(found)
    }

    /// Moves anything else.
    fn move_name(&self, from: &Path, to: &Path, filetype: Filetype) -> Result<()> {
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
        match done(self.fs().rename(from, to))? {
            // Both are there, only the upper layer lacks the directory: OverlayFileSystem copies it up to make a file in it.
            Err(FsError::EntryNotFound) => {
                let probe = self.free_name(to)?;
                drop(
                    self.fs()
                        .new_open_options()
                        .write(true)
                        .create_new(true)
                        .open(&probe)
                        .map_err(from_fs)?,
                );
                self.fs().remove_file(&probe).map_err(from_fs)?;
                done(self.fs().rename(from, to))?.map_err(from_fs)?;
            }
            moved => moved.map_err(from_fs)?,
        }
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
