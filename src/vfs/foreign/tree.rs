//! Names in one directory, in a filesystem that knows only paths.

use std::ffi::OsStr;
use std::ops::ControlFlow;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::Path;
use std::sync::Arc;

use super::errno::from_fs;
use super::file::{ForeignFile, set_times, touch};
use super::listing::Listing;
use super::places::Places;
use super::{Foreign, Place};
use crate::abi::{Errno, Filestat, Filetype};
use crate::vfs::tree::Tree;
use crate::vfs::{Access, DirEntry, File, Result, SetTime, SetTimes};

impl Tree for Foreign {
    type Node = Arc<Place>;

    fn filetype(&self, node: &Self::Node) -> Filetype {
        node.filetype()
    }

    fn stat(&self, node: &Self::Node) -> Result<Filestat> {
        let places = self.mount.turn()?;
        if let Some((stat, _)) = node.gone() {
            return Ok(stat);
        }
        let path = node.path()?;
        let (found, filetype) = self.mount.look(&path)?;
        Ok(self.mount.filestat(&places, &path, &found, filetype))
    }

    fn lookup(&self, dir: &Self::Node, name: &[u8]) -> Result<Self::Node> {
        let mut places = self.mount.turn()?;
        let path = dir.path_of(name)?;
        let (_, filetype) = self.mount.look(&path)?;
        Ok(places.add(path, filetype))
    }

    fn read_link(&self, node: &Self::Node) -> Result<Box<[u8]>> {
        let _turn = self.mount.turn()?;
        if node.filetype() != Filetype::SymbolicLink {
            return Err(Errno::Inval);
        }
        let target = self.mount.fs().readlink(&node.path()?).map_err(from_fs)?;
        Ok(target.into_os_string().into_vec().into())
    }

    fn open(&self, node: &Self::Node, access: Access, truncate: bool) -> Result<Box<dyn File>> {
        let _turn = self.mount.turn()?;
        let path = node.path()?;
        let before = self.mount.look(&path)?.0;
        let writes = access.writes() || truncate;
        let mut options = self.mount.fs().new_open_options();
        options.read(access != Access::Write).write(writes).truncate(truncate);
        let mut file = options.open(&path).map_err(from_fs)?;
        if file.last_accessed() != before.accessed {
            // MemFS takes opening for reading.
            let _ = file.set_times(Some(before.accessed), None);
        }
        if truncate {
            // Not every kind looks at all options.
            if file.size() != 0 {
                file.set_len(0).map_err(from_fs)?;
            }
            self.mount.budget.resized(before.len, file.size());
            if file.size() != 0 {
                return Err(Errno::Rofs);
            }
            touch(&mut *file, before.modified);
        }
        Ok(Box::new(ForeignFile::new(&self.mount, node, file, access)))
    }

    fn list(
        &self,
        dir: &Self::Node,
        cookie: u64,
        each: &mut dyn FnMut(DirEntry<'_>) -> ControlFlow<()>,
    ) -> Result<()> {
        let known = dir.listing().clone().filter(|_| cookie > 0);
        let listing = match known {
            Some(listing) => listing,
            None => {
                let places = self.mount.turn()?;
                let listing = Arc::new(match dir.gone() {
                    Some(_) => Listing::empty(),
                    None => self.mount.list(&places, &dir.path()?)?,
                });
                *dir.listing() = Some(Arc::clone(&listing));
                listing
            }
        };
        listing.from(cookie, each);
        Ok(())
    }

    fn sync(&self, _node: &Self::Node) -> Result<()> {
        // There is nothing to ask: what virtual-fs calls flushing is a file's.
        Ok(())
    }

    fn set_mode(&self, _node: &Self::Node, _mode: u32) -> Result<()> {
        Err(Errno::Notsup)
    }

    fn set_times(&self, node: &Self::Node, times: SetTimes) -> Result<()> {
        let _turn = self.mount.turn()?;
        if node.filetype() != Filetype::RegularFile {
            return Err(Errno::Notsup);
        }
        let path = node.path()?;
        let before = self.mount.look(&path)?.0.accessed;
        let mut options = self.mount.fs().new_open_options();
        let mut file = options.read(true).write(true).open(path).map_err(from_fs)?;
        // Opening it here is not reading it.
        let access = times.access.unwrap_or(SetTime::At(before));
        set_times(&mut *file, SetTimes { access: Some(access), ..times })
    }

    fn create(&self, dir: &Self::Node, name: &[u8], access: Access) -> Result<Box<dyn File>> {
        let mut places = self.mount.turn()?;
        let path = dir.path_of(name)?;
        self.mount.allows_name(&path)?;
        let mut options = self.mount.fs().new_open_options();
        options.read(access != Access::Write).write(true).create(true).create_new(true);
        let file = options.open(&path).map_err(from_fs)?;
        self.mount.budget.name_made();
        places.made(&path);
        let node = places.add(path, Filetype::RegularFile);
        Ok(Box::new(ForeignFile::new(&self.mount, &node, file, access)))
    }

    fn create_dir(&self, dir: &Self::Node, name: &[u8]) -> Result<()> {
        let mut places = self.mount.turn()?;
        let path = dir.path_of(name)?;
        self.mount.allows_name(&path)?;
        self.mount.fs().create_dir(&path).map_err(from_fs)?;
        self.made(&mut places, &path)
    }

    fn symlink(&self, target: &[u8], dir: &Self::Node, name: &[u8]) -> Result<()> {
        let mut places = self.mount.turn()?;
        let path = dir.path_of(name)?;
        self.mount.allows_name(&path)?;
        self.mount.fs().create_symlink(Path::new(OsStr::from_bytes(target)), &path).map_err(from_fs)?;
        self.made(&mut places, &path)
    }

    fn link(&self, node: &Self::Node, dir: &Self::Node, name: &[u8]) -> Result<()> {
        let mut places = self.mount.turn()?;
        let (old, new) = (node.path()?, dir.path_of(name)?);
        self.mount.allows_name(&new)?;
        if node.filetype() == Filetype::Directory {
            return Err(Errno::Perm);
        }
        // Which name was the last one can't be known, so each stands for all of the file when it is removed: also here.
        let size = self.mount.look(&old)?.0.len;
        self.mount.budget.has_room(size)?;
        self.mount.fs().hard_link(&old, &new).map_err(from_fs)?;
        self.mount.budget.resized(0, size);
        self.made(&mut places, &new)
    }

    fn unlink(&self, dir: &Self::Node, name: &[u8]) -> Result<()> {
        let mut places = self.mount.turn()?;
        let path = dir.path_of(name)?;
        let (found, filetype) = self.mount.look(&path)?;
        if filetype == Filetype::Directory {
            return Err(Errno::Isdir);
        }
        self.mount.fs().remove_file(&path).map_err(from_fs)?;
        if !self.mount.is_free(&path)? {
            return Err(Errno::Rofs);
        }
        self.mount.forget(&mut places, &path, &found, filetype);
        Ok(())
    }

    fn remove_dir(&self, dir: &Self::Node, name: &[u8]) -> Result<()> {
        let mut places = self.mount.turn()?;
        let path = dir.path_of(name)?;
        let (found, filetype) = self.mount.look(&path)?;
        if filetype != Filetype::Directory {
            return Err(Errno::Notdir);
        }
        if !self.mount.list(&places, &path)?.is_empty() {
            return Err(Errno::Notempty);
        }
        self.mount.fs().remove_dir(&path).map_err(from_fs)?;
        if !self.mount.is_free(&path)? {
            return Err(Errno::Rofs);
        }
        self.mount.forget(&mut places, &path, &found, filetype);
        Ok(())
    }

    fn rename(&self, dir: &Self::Node, name: &[u8], to: &Self::Node, new: &[u8]) -> Result<()> {
        let mut places = self.mount.turn()?;
        self.mount.rename(&mut places, &dir.path_of(name)?, &to.path_of(new)?)
    }
}

impl Foreign {
    /// Keeps account of a name that the filesystem says it made. Errors: `Rofs` where it did not.
    fn made(&self, places: &mut Places, path: &Path) -> Result<()> {
        if self.mount.is_free(path)? {
            return Err(Errno::Rofs);
        }
        self.mount.budget.name_made();
        places.made(path);
        Ok(())
    }
}
