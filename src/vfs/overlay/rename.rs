//! Overlay: moving a name. The merged view changes in one step, and only where all before it went well.

use std::sync::Arc;

use super::find::{Found, checked_name};
use super::lock::Known;
use super::node::{Node, moved};
use super::whiteout::{opaque, whiteout};
use super::{Core, is_dir};
use crate::abi::{Errno, Filestat};
use crate::vfs::Result;

impl Core {
    /// Moves a name, over what has the new one already; see [`Tree::rename`](crate::vfs::tree::Tree::rename).
    pub(super) fn rename(&self, dir: &Arc<Node>, name: &[u8], to: &Arc<Node>, new: &[u8]) -> Result<()> {
        let mut known = self.lock.take()?;
        let (old, stat) = self.look_up(&known, dir, name)?;
        let node = self.node(dir, name, &stat, old.lower.is_some());
        let over = match self.look_up(&known, to, new) {
            Ok(over) => Some(over),
            Err(Errno::Noent) => {
                to.locate()?;
                None
            }
            Err(errno) => return Err(errno),
        };
        if node.is_dir() && to.is_beneath(&node) {
            return Err(Errno::Inval);
        }
        if let Some((over, over_stat)) = &over {
            let held = to.child(new);
            if held.as_ref().is_some_and(|held| held.is_dir() && dir.is_beneath(held)) {
                return Err(Errno::Notempty);
            }
            if same(&old, over) {
                return Ok(());
            }
            match (is_dir(&stat), is_dir(over_stat)) {
                (true, false) => return Err(Errno::Notdir),
                (false, true) => return Err(Errno::Isdir),
                (true, true) if !self.is_empty(over)? => return Err(Errno::Notempty),
                _ => {}
            }
        }
        checked_name(new)?;
        self.raise_dir(&mut known, to)?;
        if node.is_dir() && old.lower.is_some() {
            self.raise_tree(&mut known, &node)?;
        } else {
            self.raise(&mut known, &node)?;
        }
        let path = to.locate()?.child(new);
        let over = over.map(|(over, _)| over);
        let counted = (self.counted(dir)?, self.counted(to)?);
        let moved_stat = self.move_upper(&mut known, (dir, &old), (to, &path), over.as_ref())?;

        // It is done: nothing from here on may fail.
        if let Some(upper) = over.as_ref().and_then(|over| over.upper.as_ref()) {
            self.forget_origin(&mut known, upper);
            known.origins.touched(upper.ino);
        }
        let dirs = i64::from(node.is_dir());
        self.count(&mut known, counted.0, -dirs);
        self.count(&mut known, counted.1, if over.is_none() { dirs } else { 0 });
        known.origins.touched(moved_stat.ino);
        if let Some(lost) = to.forget(new) {
            self.lost(&lost, None);
        }
        dir.forget(name);
        {
            let mut inside = node.inside();
            inside.place = Some((Arc::clone(to), new.into()));
            inside.lower = false;
        }
        moved();
        to.remember(new, &node);
        let now = known.origins.shown(moved_stat, false);
        dir.changed(name, None);
        to.changed(new, Some(&now));
        Ok(())
    }

    /// Moves what is whole in the upper. What the lower has under the old name is hidden first, which is not seen before the
    /// name goes; so there is one step that shows. Says what was moved.
    fn move_upper(
        &self,
        known: &mut Known,
        (dir, old): (&Arc<Node>, &Found),
        (to, path): (&Arc<Node>, &[u8]),
        over: Option<&Found>,
    ) -> Result<Filestat> {
        let into = to.locate()?;
        let moved = self.upper.stat(&old.path)?.ok_or(Errno::Noent)?;
        // The lower's directory of the new name, if there is one, has nothing to do with this one.
        let marked = is_dir(&moved) && self.is_below(&into, path)? && !self.upper.has(&opaque(&old.path))?;
        if marked {
            self.quietly(known, &old.path, || self.upper.create(&opaque(&old.path)).map(drop))?;
        }
        let covered = self.cover(known, dir, old).map(|(covered, _)| covered);
        let done = covered.and_then(|_| self.replace(known, &old.path, path, over));
        if let Err(errno) = done {
            if covered == Ok(true) {
                let _ = self.upper.unlink(&whiteout(&old.path));
            }
            // Where it is merged, the mark would hide nothing either: all of it is in the upper.
            if marked {
                let _ = self.quietly(known, &old.path, || self.upper.unlink(&opaque(&old.path)));
            }
            return Err(errno);
        }
        self.hidden_anyway(path);
        Ok(moved)
    }

    /// Moves a name of the upper's. An empty directory of the new name may still hold whiteouts.
    fn replace(&self, known: &mut Known, old: &[u8], new: &[u8], over: Option<&Found>) -> Result<()> {
        let emptied = over.and_then(|over| over.upper.as_ref()).is_some_and(is_dir);
        if !emptied || self.upper.is_empty(new)? {
            return self.upper.rename(old, new);
        }
        let aside = self.temporary(known, b"");
        self.quietly(known, b"", || {
            self.upper.rename(new, &aside)?;
            if let Err(errno) = self.upper.rename(old, new) {
                self.upper.rename(&aside, new)?;
                return Err(errno);
            }
            // It is not seen any more, whatever of it stays.
            let _ = self.clear(&aside);
            Ok(())
        })
    }
}

/// Whether both are names of one file.
fn same(old: &Found, new: &Found) -> bool {
    let id = |stat: &Filestat| (stat.dev, stat.ino);
    match (&old.upper, &new.upper) {
        (Some(old), Some(new)) => id(old) == id(new),
        (None, None) => {
            old.path == new.path || old.lower.as_ref().map(id) == new.lower.as_ref().map(id) && no_dir(old)
        }
        _ => false,
    }
}

fn no_dir(found: &Found) -> bool {
    found.lower.as_ref().is_some_and(|stat| !is_dir(stat) && stat.ino != 0)
}
