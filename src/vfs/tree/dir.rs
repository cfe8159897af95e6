//! A directory of a [`Tree`]: paths, from their text to one name in one directory.

use std::any::Any;
use std::borrow::Cow;
use std::ops::ControlFlow;
use std::sync::Arc;

use super::resolve::{Follow, Found, Reached, walk};
use super::{Kept, MAX_NAME, Tree};
use crate::abi::{Errno, Filestat, Filetype};
use crate::vfs::split::Split;
use crate::vfs::{Dir, DirEntry, LinkTarget, OpenOptions, Opened, Path, Result, SetTimes};

/// An open directory of a tree, beneath which paths are resolved.
pub struct TreeDir<T: Tree> {
    tree: Arc<T>,
    node: T::Node,
    kept: Kept,
}

/// Where a name is to be made.
struct Place<'p, N> {
    dir: Reached<'p, N>,
    name: Cow<'p, [u8]>,
}

impl<T: Tree> TreeDir<T> {
    /// The directory that a node is.
    pub const fn new(tree: Arc<T>, node: T::Node) -> Self {
        Self { tree, node, kept: Kept::new(None) }
    }

    /// The tree that it is of.
    pub const fn tree(&self) -> &Arc<T> {
        &self.tree
    }

    /// Its node.
    pub const fn node(&self) -> &T::Node {
        &self.node
    }

    fn walk<'p>(&'p self, path: &'p [u8], follow: Follow) -> Result<Found<'p, T::Node>> {
        walk(&*self.tree, &self.node, path, follow)
    }

    /// What a path names. Errors: also `Noent`, and `Notdir` where slashes follow what is no directory.
    fn node_of(&self, path: Path<'_>, follow: bool) -> Result<T::Node> {
        let found = self.walk(path.as_bytes(), if follow { Follow::Yes } else { Follow::IfSlash })?;
        let node = found.node.ok_or(Errno::Noent)?;
        if found.must_be_dir && self.tree.filetype(&node) != Filetype::Directory {
            return Err(Errno::Notdir);
        }
        Ok(node)
    }

    /// The place of a path's last component, whether it exists or not.
    fn place<'p>(&'p self, path: &Split<'p>) -> Result<Found<'p, T::Node>> {
        self.walk(path.whole, Follow::No)
    }

    /// The place of a name to be made, which is for no directory. Errors, where it ends in a slash: `Exist`, `Noent`.
    fn place_to_make<'p>(&'p self, path: &Split<'p>) -> Result<Place<'p, T::Node>> {
        let Found { dir, name, node, .. } = self.place(path)?;
        let name = name.ok_or(Errno::Exist)?;
        if path.must_be_dir {
            return Err(if node.is_some() { Errno::Exist } else { Errno::Noent });
        }
        Ok(Place { dir, name })
    }

    /// A directory as one of this tree. Errors: `Xdev` for another, `Rofs` where it cannot be changed.
    fn of_this_tree<'d>(&self, dir: &'d dyn Dir) -> Result<&'d Self> {
        let dir: &Self = dir.as_target()?.downcast_ref().ok_or(Errno::Xdev)?;
        if Arc::ptr_eq(&self.tree, &dir.tree) { Ok(dir) } else { Err(Errno::Xdev) }
    }
}

impl<T: Tree> Dir for TreeDir<T> {
    fn stat(&self) -> Result<Filestat> {
        self.tree.stat(&self.node)
    }

    fn open(&self, path: Path<'_>, options: OpenOptions) -> Result<Opened> {
        let OpenOptions { follow, access, directory, create, exclusive, truncate } = options;
        let split = Split::new(path);
        if create && directory {
            return Err(Errno::Inval);
        }
        if create && (split.must_be_dir || split.ends_in_dots()) {
            let there = self.place(&split)?.node.map(|node| self.tree.filetype(&node));
            return Err(match there {
                Some(Filetype::RegularFile) if follow => Errno::Notdir,
                _ if exclusive && split.ends_in_dots() => Errno::Exist,
                _ => Errno::Isdir,
            });
        }
        let how = match (create && exclusive, follow) {
            (true, _) => Follow::No,
            (false, true) if create => Follow::ToMake,
            (false, true) => Follow::Yes,
            (false, false) => Follow::IfSlash,
        };
        let Found { dir, name, node, must_be_dir } = self.walk(path.as_bytes(), how)?;
        let Some(node) = node else {
            let name = name.filter(|_| create).ok_or(Errno::Noent)?;
            return match self.tree.create(&dir, &name, access) {
                // Another thread was faster, and whoever does not insist on making it opens that one's.
                Err(Errno::Exist) if !exclusive => {
                    let node = self.tree.lookup(&dir, &name)?;
                    match self.tree.filetype(&node) {
                        Filetype::RegularFile => Ok(Opened::File(self.tree.open(&node, access, truncate)?)),
                        _ => Err(Errno::Again),
                    }
                }
                created => Ok(Opened::File(created?)),
            };
        };
        if create && exclusive {
            return Err(Errno::Exist);
        }
        match self.tree.filetype(&node) {
            Filetype::Directory if create || truncate || access.writes() => Err(Errno::Isdir),
            Filetype::Directory => Ok(Opened::Dir(Box::new(Self::new(Arc::clone(&self.tree), node)))),
            _ if directory || must_be_dir => Err(Errno::Notdir),
            Filetype::RegularFile => Ok(Opened::File(self.tree.open(&node, access, truncate)?)),
            Filetype::SymbolicLink => Err(Errno::Loop),
            _ => self.tree.open_special(&node, access),
        }
    }

    fn stat_at(&self, path: Path<'_>, follow: bool) -> Result<Filestat> {
        self.tree.stat(&self.node_of(path, follow)?)
    }

    fn read_link(&self, path: Path<'_>, buf: &mut [u8]) -> Result<usize> {
        let target = self.tree.read_link(&self.node_of(path, false)?)?;
        let len = target.len().min(buf.len());
        buf[..len].copy_from_slice(&target[..len]);
        Ok(len)
    }

    fn list(&self, cookie: u64, each: &mut dyn FnMut(DirEntry<'_>) -> ControlFlow<()>) -> Result<()> {
        self.tree.list_open(&self.node, &self.kept, cookie, each)
    }

    fn mode_at(&self, path: Path<'_>, follow: bool) -> Result<u32> {
        self.tree.mode(&self.node_of(path, follow)?)
    }

    fn set_mode_at(&self, path: Path<'_>, follow: bool, mode: u32) -> Result<()> {
        self.tree.set_mode(&self.node_of(path, follow)?, mode)
    }

    fn set_times(&self, times: SetTimes) -> Result<()> {
        self.tree.set_times(&self.node, times)
    }

    fn set_times_at(&self, path: Path<'_>, follow: bool, times: SetTimes) -> Result<()> {
        self.tree.set_times(&self.node_of(path, follow)?, times)
    }

    fn create_dir(&self, path: Path<'_>) -> Result<()> {
        let Found { dir, name, .. } = self.place(&Split::new(path))?;
        self.tree.create_dir(&dir, &name.ok_or(Errno::Exist)?)
    }

    fn remove_dir(&self, path: Path<'_>) -> Result<()> {
        let split = Split::new(path);
        let Found { dir, name, .. } = self.place(&split)?;
        match name {
            Some(name) => self.tree.remove_dir(&dir, &name),
            None if split.name == b".." => Err(Errno::Notempty),
            None => Err(Errno::Inval),
        }
    }

    fn unlink(&self, path: Path<'_>) -> Result<()> {
        let split = Split::new(path);
        let Found { dir, name, node, .. } = self.place(&split)?;
        let name = name.ok_or(Errno::Isdir)?;
        if split.must_be_dir {
            let is_dir = self.tree.filetype(&node.ok_or(Errno::Noent)?) == Filetype::Directory;
            return Err(if is_dir { Errno::Isdir } else { Errno::Notdir });
        }
        self.tree.unlink(&dir, &name)
    }

    fn symlink(&self, target: LinkTarget<'_>, path: Path<'_>) -> Result<()> {
        let Place { dir, name } = self.place_to_make(&Split::new(path))?;
        self.tree.symlink(target.as_c_str().to_bytes(), &dir, &name)
    }

    fn link(&self, path: Path<'_>, follow: bool, to: &dyn Dir, new: Path<'_>) -> Result<()> {
        let to = self.of_this_tree(to)?;
        let node = self.node_of(path, follow)?;
        let Place { dir, name } = to.place_to_make(&Split::new(new))?;
        self.tree.link(&node, &dir, &name)
    }

    fn rename(&self, path: Path<'_>, to: &dyn Dir, new: Path<'_>) -> Result<()> {
        let to = self.of_this_tree(to)?;
        let (split, new_split) = (Split::new(path), Split::new(new));
        // As in the kernel: both directories, then the old name, then the new one.
        let (old, new) = (self.walk(split.whole, Follow::Place)?, to.walk(new_split.whole, Follow::Place)?);
        let (Some(old_name), Some(new_name)) = (old.name, new.name) else { return Err(Errno::Busy) };
        if is_too_long(&old_name) {
            return Err(Errno::Nametoolong);
        }
        if split.must_be_dir || new_split.must_be_dir {
            let node = old.node.as_ref().ok_or(Errno::Noent)?;
            if self.tree.filetype(node) != Filetype::Directory {
                return Err(Errno::Notdir);
            }
        }
        if is_too_long(&new_name) {
            return Err(if old.node.is_some() { Errno::Nametoolong } else { Errno::Noent });
        }
        self.tree.rename(&old.dir, &old_name, &new.dir, &new_name)
    }

    fn sync(&self) -> Result<()> {
        self.tree.sync(&self.node)
    }

    fn as_target(&self) -> Result<&dyn Any> {
        Ok(self)
    }
}

fn is_too_long(name: &[u8]) -> bool {
    name.len() > MAX_NAME
}
