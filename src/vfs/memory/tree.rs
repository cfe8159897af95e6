//! A memory filesystem as a tree: what can be done with one name in one directory.

use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use super::MemoryFs;
use super::content::Content;
use super::entries::Entries;
use super::file::MemoryFile;
use super::node::{Kind, Node};
use crate::abi::{Errno, Filestat, Filetype};
use crate::vfs::tree::Tree;
use crate::vfs::{Access, DirEntry, File, Result, SetTimes};

/// How many entries are looked at under a directory's lock, at least; whoever is handed them may use the directory.
const BATCH: usize = 64;

impl MemoryFs {
    /// Keeps names as they are, for whoever changes some.
    fn change(&self) -> MutexGuard<'_, ()> {
        self.names.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives a name to what `make` makes. Errors: `Noent` where the directory was removed, `Exist`, `Nospc`.
    fn make(&self, dir: &Node, name: &[u8], make: impl FnOnce() -> Result<Arc<Node>>) -> Result<Arc<Node>> {
        let _names = self.change();
        let hasher = &self.shared.hasher;
        let mut entries = dir.entries()?;
        if entries.removed {
            return Err(Errno::Noent);
        }
        if entries.get(hasher, name).is_some() {
            return Err(Errno::Exist);
        }
        entries.reserve(hasher)?;
        let node = make()?;
        if node.is_dir() {
            dir.add_link()?
        } else {
            node.add_link()?
        }
        entries.put(hasher, name, Arc::clone(&node));
        drop(entries);
        dir.touch_modified();
        Ok(node)
    }

    /// What becomes of a node that lost a name; the caller holds the tree's lock.
    fn lost_name(&self, node: &Node) {
        if node.links() > 1 {
            self.shared.quota.give_back_inode();
        }
        node.drop_link();
        node.touch_changed();
    }

    /// What becomes of a directory that was emptied and has no name any more; the caller holds the tree's lock.
    fn lost_dir(&self, dir: &Node, parent: &Node) {
        parent.drop_link();
        dir.set_links(0);
        dir.touch_changed();
    }

    /// Whether `above` is `dir` or one of the directories above it; the caller holds the tree's lock.
    fn is_above(&self, above: &Arc<Node>, dir: &Arc<Node>) -> Result<bool> {
        let mut at = Arc::clone(dir);
        loop {
            if Arc::ptr_eq(&at, above) {
                return Ok(true);
            }
            let Some(parent) = at.entries()?.parent.upgrade() else { return Ok(false) };
            at = parent;
        }
    }
}

impl Tree for MemoryFs {
    type Node = Arc<Node>;

    fn filetype(&self, node: &Arc<Node>) -> Filetype {
        node.filetype()
    }

    fn stat(&self, node: &Arc<Node>) -> Result<Filestat> {
        Ok(node.stat())
    }

    fn lookup(&self, dir: &Arc<Node>, name: &[u8]) -> Result<Arc<Node>> {
        dir.entries()?.get(&self.shared.hasher, name).map(Arc::clone).ok_or(Errno::Noent)
    }

    fn read_link(&self, node: &Arc<Node>) -> Result<Box<[u8]>> {
        match node.kind() {
            Kind::Link(target) => {
                node.touch_access();
                Ok(target.clone())
            }
            _ => Err(Errno::Inval),
        }
    }

    fn open(&self, node: &Arc<Node>, access: Access, truncate: bool) -> Result<Box<dyn File>> {
        if truncate {
            node.content_mut()?.set_len(0, &self.shared.quota);
            node.touch_modified();
        }
        Ok(Box::new(MemoryFile::new(Arc::clone(node), access)))
    }

    fn list(
        &self,
        dir: &Arc<Node>,
        cookie: u64,
        each: &mut dyn FnMut(DirEntry<'_>) -> ControlFlow<()>,
    ) -> Result<()> {
        struct Seen {
            number: u64,
            ino: u64,
            filetype: Filetype,
            name_end: usize,
        }
        let (mut seen, mut names) = (Vec::<Seen>::new(), Vec::<u8>::new());
        let mut cookie = cookie;
        dir.touch_access();
        loop {
            seen.clear();
            names.clear();
            {
                let entries = dir.entries()?;
                for slot in entries.older(cookie).take(BATCH) {
                    let Some(node) = &slot.value else { continue };
                    names.extend_from_slice(&slot.name);
                    seen.push(Seen {
                        number: slot.number,
                        ino: node.ino(),
                        filetype: node.filetype(),
                        name_end: names.len(),
                    });
                }
            }
            let mut start = 0;
            for Seen { number, ino, filetype, name_end } in &seen {
                let entry = DirEntry {
                    name: &names[start..*name_end],
                    ino: *ino,
                    filetype: *filetype,
                    next: *number,
                };
                if each(entry).is_break() {
                    return Ok(());
                }
                (start, cookie) = (*name_end, *number);
            }
            if seen.len() < BATCH {
                return Ok(());
            }
        }
    }

    fn sync(&self, _node: &Arc<Node>) -> Result<()> {
        Ok(())
    }

    fn mode(&self, node: &Arc<Node>) -> Result<u32> {
        Ok(node.mode())
    }

    fn set_mode(&self, node: &Arc<Node>, mode: u32) -> Result<()> {
        if node.filetype() == Filetype::SymbolicLink {
            return Err(Errno::Notsup);
        }
        node.set_mode(mode);
        Ok(())
    }

    fn set_times(&self, node: &Arc<Node>, times: SetTimes) -> Result<()> {
        node.set_times(times);
        Ok(())
    }

    fn create(&self, dir: &Arc<Node>, name: &[u8], access: Access) -> Result<Box<dyn File>> {
        let new = || Node::new(&self.shared, Kind::File(RwLock::new(Content::default())));
        Ok(Box::new(MemoryFile::new(self.make(dir, name, new)?, access)))
    }

    fn create_dir(&self, dir: &Arc<Node>, name: &[u8]) -> Result<()> {
        self.make(dir, name, || {
            Node::new(&self.shared, Kind::Dir(Mutex::new(Entries::beneath(Arc::downgrade(dir)))))
        })
        .map(drop)
    }

    fn symlink(&self, target: &[u8], dir: &Arc<Node>, name: &[u8]) -> Result<()> {
        self.make(dir, name, || Node::new(&self.shared, Kind::Link(target.into()))).map(drop)
    }

    fn link(&self, node: &Arc<Node>, dir: &Arc<Node>, name: &[u8]) -> Result<()> {
        self.make(dir, name, || {
            if node.is_dir() {
                return Err(Errno::Perm);
            }
            if node.links() == 0 {
                return Err(Errno::Noent);
            }
            if node.links() == u32::MAX {
                return Err(Errno::Mlink);
            }
            self.shared.quota.take_inode()?;
            node.touch_changed();
            Ok(Arc::clone(node))
        })
        .map(drop)
    }

    fn unlink(&self, dir: &Arc<Node>, name: &[u8]) -> Result<()> {
        // Before the lock, so that it ends after it: a large file takes a while to be freed.
        let removed;
        let _names = self.change();
        let hasher = &self.shared.hasher;
        let mut entries = dir.entries()?;
        if entries.get(hasher, name).ok_or(Errno::Noent)?.is_dir() {
            return Err(Errno::Isdir);
        }
        removed = entries.remove(hasher, name);
        drop(entries);
        if let Some(node) = &removed {
            self.lost_name(node);
            dir.touch_modified();
        }
        Ok(())
    }

    fn remove_dir(&self, dir: &Arc<Node>, name: &[u8]) -> Result<()> {
        let _names = self.change();
        let hasher = &self.shared.hasher;
        let mut entries = dir.entries()?;
        let mut inner = entries.get(hasher, name).ok_or(Errno::Noent)?.entries()?;
        if !inner.is_empty() {
            return Err(Errno::Notempty);
        }
        inner.end();
        drop(inner);
        let removed = entries.remove(hasher, name);
        drop(entries);
        if let Some(node) = removed {
            self.lost_dir(&node, dir);
            dir.touch_modified();
        }
        Ok(())
    }

    fn rename(&self, dir: &Arc<Node>, name: &[u8], to: &Arc<Node>, new: &[u8]) -> Result<()> {
        // Before the lock, as in `unlink`.
        let over;
        let _names = self.change();
        let hasher = &self.shared.hasher;
        // Nobody else changes names now, so what is found one by one is true together.
        let node = self.lookup(dir, name)?;
        over = {
            let entries = to.entries()?;
            if entries.removed {
                return Err(Errno::Noent);
            }
            entries.get(hasher, new).map(Arc::clone)
        };
        let elsewhere = !Arc::ptr_eq(dir, to);
        if elsewhere && node.is_dir() && self.is_above(&node, to)? {
            return Err(Errno::Inval);
        }
        if let Some(over) = &over {
            if elsewhere && over.is_dir() && self.is_above(over, dir)? {
                return Err(Errno::Notempty);
            }
            if Arc::ptr_eq(&node, over) {
                return Ok(());
            }
            match (node.is_dir(), over.is_dir()) {
                (true, false) => return Err(Errno::Notdir),
                (false, true) => return Err(Errno::Isdir),
                (true, true) if !over.entries()?.is_empty() => return Err(Errno::Notempty),
                _ => {}
            }
        } else {
            to.entries()?.reserve(hasher)?;
            if elsewhere && node.is_dir() {
                to.add_link()?;
                dir.drop_link();
            }
        }
        if let Some(over) = over.as_ref().filter(|over| over.is_dir()) {
            over.entries()?.end();
        }
        {
            // Both at once, so that nobody finds the node at neither place. Only here is more than one directory locked that
            // is not above the other, and nobody else is here.
            let mut from = dir.entries()?;
            if elsewhere {
                let mut into = to.entries()?;
                from.remove(hasher, name);
                into.put(hasher, new, Arc::clone(&node));
            } else {
                from.put(hasher, new, Arc::clone(&node));
                from.remove(hasher, name);
            }
        }
        if node.is_dir() && elsewhere {
            node.entries()?.parent = Arc::downgrade(to);
        }
        match &over {
            // With it goes one `..` of the directory that the name moved out of, or of this one.
            Some(over) if over.is_dir() => self.lost_dir(over, dir),
            Some(over) => self.lost_name(over),
            None => {}
        }
        node.touch_changed();
        dir.touch_modified();
        to.touch_modified();
        Ok(())
    }
}
