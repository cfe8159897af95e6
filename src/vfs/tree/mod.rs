//! Filesystems whose names we look up ourselves: what every kind of them can do with one name in one directory, and the
//! [`Dir`](super::Dir) made of it.
//!
//! A kind (memory, overlay, one that another crate or the host's own language provides) implements [`Tree`], in which no
//! path occurs. [`TreeDir`] does the rest, the same for all: it walks paths beneath its own directory, follows links,
//! and knows what slashes and dots at the end mean to each call.

mod dir;
mod resolve;

use std::any::Any;
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex};

pub use dir::TreeDir;

use super::{Access, DirEntry, File, Opened, Result, SetTimes};
use crate::abi::{Errno, Filestat, Filetype};

/// The longest name, bytes. Linux's own number, NAME_MAX.
pub const MAX_NAME: usize = 255;

/// What an open directory keeps from one listing to the next, for a kind whose cookies mean nothing without it. Nothing locks it
/// while entries are handed out.
pub type Kept = Mutex<Option<Arc<dyn Any + Send + Sync>>>;

/// A filesystem by its nodes. A name that is handed over has 1 to [`MAX_NAME`] bytes, no slash, and is neither `.` nor `..`.
///
/// Each call is one step, whole or not at all, whatever other threads do meanwhile. Every change is refused by default.
pub trait Tree: Send + Sync + 'static {
    /// A file, directory or link that was found. It stays what it is when its name is moved or removed.
    type Node: Clone + Send + Sync + 'static;

    /// What a node is. It never changes.
    fn filetype(&self, node: &Self::Node) -> Filetype;

    /// What is known of a node. Like fstat(2).
    fn stat(&self, node: &Self::Node) -> Result<Filestat>;

    /// What has a name in a directory, a link being what it is. Errors: `Noent`, `Notdir` where it is no directory.
    fn lookup(&self, dir: &Self::Node, name: &[u8]) -> Result<Self::Node>;

    /// This thread begins to walk along a path, by one lookup after the other. What a kind finds on the way it may keep until
    /// [`Tree::walked`].
    fn walks(&self) {}

    /// The walk is over.
    fn walked(&self) {}

    /// The target of a link. Errors: `Inval` where it is none.
    fn read_link(&self, node: &Self::Node) -> Result<Box<[u8]>>;

    /// Opens a regular file, and cuts it to 0 bytes where `truncate` is set. What `access` leaves out, the file answers with
    /// `Badf`. Errors: `Acces`, `Rofs`.
    fn open(&self, node: &Self::Node, access: Access, truncate: bool) -> Result<Box<dyn File>>;

    /// Opens what is neither a file nor a directory nor a link. Errors: `Notcapable` where such things are not to be opened.
    fn open_special(&self, _node: &Self::Node, _access: Access) -> Result<Opened> {
        Err(Errno::Notcapable)
    }

    /// Hands out a directory's entries; see [`Dir::list`](super::Dir::list).
    fn list(
        &self,
        dir: &Self::Node,
        cookie: u64,
        each: &mut dyn FnMut(DirEntry<'_>) -> ControlFlow<()>,
    ) -> Result<()>;

    /// As [`Tree::list`], with what the open directory keeps.
    fn list_open(
        &self,
        dir: &Self::Node,
        _kept: &Kept,
        cookie: u64,
        each: &mut dyn FnMut(DirEntry<'_>) -> ControlFlow<()>,
    ) -> Result<()> {
        self.list(dir, cookie, each)
    }

    /// Returns when a node is safe. Like fsync(2).
    fn sync(&self, node: &Self::Node) -> Result<()>;

    /// The permission bits (at most 0o7777) of a node. Errors: `Notsup` where it has none.
    fn mode(&self, _node: &Self::Node) -> Result<u32> {
        Err(Errno::Notsup)
    }

    /// Sets the permission bits. Like fchmod(2).
    fn set_mode(&self, _node: &Self::Node, _mode: u32) -> Result<()> {
        Err(Errno::Rofs)
    }

    /// Sets times. Like futimens(2).
    fn set_times(&self, _node: &Self::Node, _times: SetTimes) -> Result<()> {
        Err(Errno::Rofs)
    }

    /// Makes an empty regular file and opens it. Errors: `Exist`, `Noent` where the directory was removed, `Nospc`.
    fn create(&self, _dir: &Self::Node, _name: &[u8], _access: Access) -> Result<Box<dyn File>> {
        Err(Errno::Rofs)
    }

    /// Makes a directory. Errors: as [`Tree::create`].
    fn create_dir(&self, _dir: &Self::Node, _name: &[u8]) -> Result<()> {
        Err(Errno::Rofs)
    }

    /// Makes a symbolic link, whose target has 1 to [`MAX_PATH`](super::MAX_PATH) bytes. Errors: as [`Tree::create`].
    fn symlink(&self, _target: &[u8], _dir: &Self::Node, _name: &[u8]) -> Result<()> {
        Err(Errno::Rofs)
    }

    /// Gives a node another name. Errors: `Perm` for a directory, `Noent` where its last name is gone, else as
    /// [`Tree::create`].
    fn link(&self, _node: &Self::Node, _dir: &Self::Node, _name: &[u8]) -> Result<()> {
        Err(Errno::Rofs)
    }

    /// Removes a name that is no directory. Errors: `Isdir`, `Noent`.
    fn unlink(&self, _dir: &Self::Node, _name: &[u8]) -> Result<()> {
        Err(Errno::Rofs)
    }

    /// Removes an empty directory. Errors: `Notdir`, `Notempty`, `Noent`.
    fn remove_dir(&self, _dir: &Self::Node, _name: &[u8]) -> Result<()> {
        Err(Errno::Rofs)
    }

    /// Moves a name, over what has the new one already; nothing happens where both are names of one file. Errors:
    /// `Noent`; `Inval` into the directory itself, `Notempty` over one of those above it; `Isdir`, `Notdir`, `Notempty`.
    fn rename(&self, _dir: &Self::Node, _name: &[u8], _to: &Self::Node, _new: &[u8]) -> Result<()> {
        Err(Errno::Rofs)
    }
}
