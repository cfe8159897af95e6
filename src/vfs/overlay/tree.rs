//! Overlay: the merged tree, name by name.

use std::ops::ControlFlow;
use std::sync::Arc;

use super::file::{State, Whose, cut};
use super::find::{Found, checked_name};
use super::lock::Known;
use super::node::{Location, Node};
use super::whiteout::{opaque, whiteout};
use super::{Core, Overlay, is_dir};
use crate::abi::{Errno, Filestat, Filetype};
use crate::vfs::tree::Tree;
use crate::vfs::{Access, DirEntry, File, Opened, Result, SetTimes};

impl Tree for Overlay {
    type Node = Arc<Node>;

    fn filetype(&self, node: &Arc<Node>) -> Filetype {
        node.filetype
    }

    fn walks(&self) {
        self.core.lower.walks();
    }

    fn walked(&self) {
        self.core.lower.walked();
    }

    fn stat(&self, node: &Arc<Node>) -> Result<Filestat> {
        let mut known = self.core.lock.take()?;
        if let Some(stat) = node.inside().gone {
            return Ok(stat);
        }
        let found = self.core.find_node(node)?;
        if let (Some(upper), Some(lower)) = (&found.upper, &found.lower)
            && lower.nlink > 1
            && !known.origins.is_counted(upper.ino)
        {
            // That it was read is not seen either.
            let links = self.core.quietly(&mut known, &found.path, || self.core.links(&found.path))?;
            known.origins.counted(upper.ino, links);
        }
        found.stat(&known)
    }

    fn lookup(&self, dir: &Arc<Node>, name: &[u8]) -> Result<Arc<Node>> {
        let known = self.core.lock.take()?;
        let (found, stat) = self.core.look_up(&known, dir, name)?;
        Ok(self.core.node(dir, name, &stat, found.lower.is_some()))
    }

    fn read_link(&self, node: &Arc<Node>) -> Result<Box<[u8]>> {
        let _known = self.core.lock.take()?;
        let found = self.core.find_node(node)?;
        match found.upper {
            Some(_) => self.core.upper.read_link(&found.path),
            None => self.core.lower.read_link(&found.path),
        }
    }

    fn open(&self, node: &Arc<Node>, access: Access, truncate: bool) -> Result<Box<dyn File>> {
        let mut known = self.core.lock.take()?;
        let body = self.core.body(&known, node)?;
        if access.writes() && body.state().whose == Whose::Upper {
            self.core.touched(&mut known, &node.locate()?.path)?;
        }
        if truncate {
            let copied = body.state().whose == Whose::Lower;
            self.core.raise_body(&mut known, &body, 0)?;
            let file = Arc::clone(&body.state().file);
            cut(&*file, 0, copied)?;
        }
        Ok(self.core.descriptor(body, access))
    }

    fn open_special(&self, node: &Arc<Node>, access: Access) -> Result<Opened> {
        let _known = self.core.lock.take()?;
        let found = self.core.find_node(node)?;
        match found.upper {
            Some(_) => self.core.upper.special(&found.path, access),
            None => self.core.lower.special(&found.path, access),
        }
    }

    fn list(
        &self,
        dir: &Arc<Node>,
        cookie: u64,
        each: &mut dyn FnMut(DirEntry<'_>) -> ControlFlow<()>,
    ) -> Result<()> {
        self.core.list(dir, cookie, each)
    }

    fn sync(&self, node: &Arc<Node>) -> Result<()> {
        let _known = self.core.lock.take()?;
        let Ok(at) = node.locate() else { return Ok(()) };
        match super::layer::there(self.core.upper.dir(&at.path))? {
            Some(dir) => dir.sync(),
            None => Ok(()),
        }
    }

    fn mode(&self, node: &Arc<Node>) -> Result<u32> {
        let _known = self.core.lock.take()?;
        let found = self.core.find_node(node)?;
        let layer = if found.upper.is_some() { &self.core.upper } else { &self.core.lower };
        found.filetype()?;
        layer.mode(&found.path)?.ok_or(Errno::Notsup)
    }

    fn set_mode(&self, node: &Arc<Node>, mode: u32) -> Result<()> {
        let mut known = self.core.lock.take()?;
        if node.filetype == Filetype::SymbolicLink {
            return Err(Errno::Notsup);
        }
        let path = self.core.raise(&mut known, node)?;
        self.core.upper.set_mode(&path, mode)
    }

    fn set_times(&self, node: &Arc<Node>, times: SetTimes) -> Result<()> {
        let mut known = self.core.lock.take()?;
        if node.set_times_of_removed(times) {
            return Ok(());
        }
        let path = self.core.raise(&mut known, node)?;
        self.core.upper.set_times(&path, times)
    }

    fn create(&self, dir: &Arc<Node>, name: &[u8], access: Access) -> Result<Box<dyn File>> {
        let core = &self.core;
        let mut known = core.lock.take()?;
        let at = core.place_for(&mut known, dir, name)?;
        let path = at.child(name);
        let counted = core.counted(dir)?;
        let file = core.upper.create(&path)?;
        let stat = file.stat().inspect_err(|_| {
            let _ = core.upper.unlink(&path);
        })?;
        let stat = known.origins.shown(stat, false);
        core.hidden_anyway(&path);
        core.count(&mut known, counted, 0);
        let (id, ctime) = ((stat.dev, stat.ino), (stat.ctim, stat.ctim));
        let state = State { whose: Whose::Upper, file, id, ctime };
        let node = core.node(dir, name, &stat, false);
        dir.remember(name, &node);
        dir.changed(name, Some(&stat));
        Ok(core.descriptor(core.opened(&node, state), access))
    }

    fn create_dir(&self, dir: &Arc<Node>, name: &[u8]) -> Result<()> {
        let core = &self.core;
        let mut known = core.lock.take()?;
        let at = core.place_for(&mut known, dir, name)?;
        let path = at.child(name);
        let counted = core.counted(dir)?;
        if at.lower && core.has_whiteout(&path)? {
            // What was in the directory that had this name is not in this one.
            let temporary = core.temporary(&mut known, &at.path);
            let made = core
                .upper
                .create_dir(&temporary)
                .and_then(|()| core.upper.create(&opaque(&temporary)).map(drop))
                .and_then(|()| core.upper.rename(&temporary, &path));
            if made.is_err() {
                let _ = core.clear(&temporary);
            }
            made?;
        } else {
            core.upper.create_dir(&path)?;
        }
        let stat = core.made(&known, &path)?;
        core.count(&mut known, counted, 1);
        dir.changed(name, Some(&stat));
        Ok(())
    }

    fn symlink(&self, target: &[u8], dir: &Arc<Node>, name: &[u8]) -> Result<()> {
        let core = &self.core;
        let mut known = core.lock.take()?;
        let path = core.place_for(&mut known, dir, name)?.child(name);
        let counted = core.counted(dir)?;
        core.upper.symlink(target, &path)?;
        let stat = core.made(&known, &path)?;
        core.count(&mut known, counted, 0);
        dir.changed(name, Some(&stat));
        Ok(())
    }

    fn link(&self, node: &Arc<Node>, dir: &Arc<Node>, name: &[u8]) -> Result<()> {
        let core = &self.core;
        let mut known = core.lock.take()?;
        // In this order, as on the host.
        core.check_place(&known, dir, name)?;
        if node.is_dir() {
            return Err(Errno::Perm);
        }
        let old = core.raise(&mut known, node)?;
        let path = core.place_for(&mut known, dir, name)?.child(name);
        let counted = core.counted(dir)?;
        core.upper.link(&old, &path)?;
        let stat = core.made(&known, &path)?;
        core.count(&mut known, counted, 0);
        dir.changed(name, Some(&stat));
        Ok(())
    }

    fn unlink(&self, dir: &Arc<Node>, name: &[u8]) -> Result<()> {
        let core = &self.core;
        let mut known = core.lock.take()?;
        let (found, stat) = core.look_up(&known, dir, name)?;
        if is_dir(&stat) {
            return Err(Errno::Isdir);
        }
        let (_, counted) = core.cover(&mut known, dir, &found)?;
        if let Some(upper) = &found.upper {
            core.upper.unlink(&found.path)?;
            core.forget_origin(&mut known, upper);
            known.origins.touched(upper.ino);
        }
        core.count(&mut known, counted, 0);
        core.removed(dir, name, stat);
        Ok(())
    }

    fn remove_dir(&self, dir: &Arc<Node>, name: &[u8]) -> Result<()> {
        let core = &self.core;
        let mut known = core.lock.take()?;
        let (found, stat) = core.look_up(&known, dir, name)?;
        if !is_dir(&stat) {
            return Err(Errno::Notdir);
        }
        if !core.is_empty(&found)? {
            return Err(Errno::Notempty);
        }
        let (_, counted) = core.cover(&mut known, dir, &found)?;
        if let Some(upper) = &found.upper {
            // Whiteouts may be left in it.
            core.clear(&found.path)?;
            core.forget_origin(&mut known, upper);
        }
        core.count(&mut known, counted, -1);
        core.removed(dir, name, stat);
        Ok(())
    }

    fn rename(&self, dir: &Arc<Node>, name: &[u8], to: &Arc<Node>, new: &[u8]) -> Result<()> {
        self.core.rename(dir, name, to, new)
    }
}

impl Core {
    /// What has a name in a directory. Errors: `Noent`, `Notdir` where it is no directory.
    pub(super) fn look_up(&self, known: &Known, dir: &Arc<Node>, name: &[u8]) -> Result<(Found, Filestat)> {
        if !dir.is_dir() {
            return Err(Errno::Notdir);
        }
        let found = self.find(&*dir.locate()?, name)?;
        let stat = found.stat(known)?;
        Ok((found, stat))
    }

    /// Whether a name can be given to something new. Errors: `Exist`, `Noent` where the directory was removed, `Perm`.
    fn check_place(&self, known: &Known, dir: &Arc<Node>, name: &[u8]) -> Result<Arc<Location>> {
        match self.look_up(known, dir, name) {
            Ok(_) => Err(Errno::Exist),
            Err(Errno::Noent) => {
                let at = dir.locate()?;
                checked_name(name)?;
                Ok(at)
            }
            Err(errno) => Err(errno),
        }
    }

    /// Where something new can be made: in a directory that is in the upper. Errors: as [`Core::check_place`].
    fn place_for(&self, known: &mut Known, dir: &Arc<Node>, name: &[u8]) -> Result<Arc<Location>> {
        let at = self.check_place(known, dir, name)?;
        self.raise_dir(known, dir)?;
        Ok(at)
    }

    /// Takes away a whiteout, where what it hid is now hidden by something that has its name.
    pub(super) fn uncover(&self, path: &[u8]) -> Result<()> {
        match self.upper.unlink(&whiteout(path)) {
            Err(Errno::Noent | Errno::Nametoolong) => Ok(()),
            removed => removed,
        }
    }

    /// Takes away a whiteout that hides nothing: what has the name now does. So it may as well stay, where it cannot be removed.
    pub(super) fn hidden_anyway(&self, path: &[u8]) {
        let _ = self.uncover(path);
    }

    /// Hides what the lower has under a name that is about to be removed, or moved away. Says whether it was not hidden before, and
    /// what [`Core::count`] wants to know.
    pub(super) fn cover(
        &self,
        known: &mut Known,
        dir: &Arc<Node>,
        found: &Found,
    ) -> Result<(bool, Option<u64>)> {
        if !self.is_below(&*dir.locate()?, &found.path)? {
            return Ok((false, self.counted(dir)?));
        }
        self.raise_dir(known, dir)?;
        let counted = self.counted(dir)?;
        match self.upper.create(&whiteout(&found.path)) {
            Err(Errno::Exist) => Ok((false, counted)),
            made => made.map(|_| (true, counted)),
        }
    }

    /// The inode of a directory that is in the upper, for [`Core::count`]: asked for before the step that shows, after which
    /// nothing may fail.
    pub(super) fn counted(&self, dir: &Arc<Node>) -> Result<Option<u64>> {
        Ok(self.upper.stat(&dir.locate()?.path)?.map(|stat| stat.ino))
    }

    /// The entries of a directory in the upper were changed; so many more directories are in it.
    pub(super) fn count(&self, known: &mut Known, dir: Option<u64>, by: i64) {
        if let Some(ino) = dir {
            known.origins.touched(ino);
            known.origins.count(ino, by);
        }
    }

    /// What was made at a path. Errors: what kept it from being looked at; then it is not there any more.
    fn made(&self, known: &Known, path: &[u8]) -> Result<Filestat> {
        match self.upper.stat(path).and_then(|stat| stat.ok_or(Errno::Io)) {
            Ok(stat) => {
                self.hidden_anyway(path);
                Ok(known.origins.shown(stat, false))
            }
            Err(errno) => {
                let _ = self.upper.unlink(path).or_else(|_| self.clear(path));
                Err(errno)
            }
        }
    }

    /// A name was removed. What it was is held by those who have it open.
    pub(super) fn removed(&self, dir: &Arc<Node>, name: &[u8], stat: Filestat) {
        if let Some(node) = dir.forget(name) {
            self.lost(&node, Some(stat));
        }
        dir.changed(name, None);
    }
}
