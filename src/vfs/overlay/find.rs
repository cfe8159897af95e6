//! Overlay: what the merged view has under a name.

use std::collections::HashSet;
use std::ops::ControlFlow::{Break, Continue};
use std::sync::Arc;

use super::file::{Body, OverlayFile, State, Whose};
use super::lock::Known;
use super::node::{Location, Node, moved};
use super::whiteout::{hidden_by, is_reserved, opaque, whiteout};
use super::{Core, is_dir};
use crate::abi::{Errno, Filestat, Filetype};
use crate::vfs::tree::MAX_NAME;
use crate::vfs::{Access, File, Result};

/// What both trees have at a path, as far as it is seen: both only where it is a merged directory.
pub(super) struct Found {
    pub path: Vec<u8>,
    pub upper: Option<Filestat>,
    pub lower: Option<Filestat>,
}

impl Found {
    /// Its type. Errors: `Noent` where there is nothing.
    pub(super) fn filetype(&self) -> Result<Filetype> {
        Ok(self.upper.as_ref().or(self.lower.as_ref()).ok_or(Errno::Noent)?.filetype)
    }

    /// What the merged view says of it. Errors: `Noent`.
    pub(super) fn stat(&self, known: &Known) -> Result<Filestat> {
        match (self.upper, self.lower) {
            (Some(stat), lower) => Ok(known.origins.shown(stat, lower.is_some())),
            (None, Some(stat)) => Ok(stat),
            (None, None) => Err(Errno::Noent),
        }
    }
}

impl Core {
    /// What a name in a directory stands for.
    pub(super) fn find(&self, dir: &Location, name: &[u8]) -> Result<Found> {
        let path = dir.child(name);
        if is_reserved(name) {
            return Ok(Found { path, upper: None, lower: None });
        }
        let upper = self.upper.stat(&path)?;
        let mut lower = None;
        if dir.lower && !self.hides(&path, upper.as_ref())? {
            lower = self.lower.stat(&path)?.filter(|stat| upper.is_none() || is_dir(stat));
        }
        Ok(Found { path, upper, lower })
    }

    /// Whether the upper hides what the lower has at a path.
    pub(super) fn hides(&self, path: &[u8], upper: Option<&Filestat>) -> Result<bool> {
        match upper {
            Some(stat) if !is_dir(stat) => Ok(true),
            Some(_) => Ok(self.upper.has(&opaque(path))? || self.has_whiteout(path)?),
            None => self.has_whiteout(path),
        }
    }

    /// Whether a path has a whiteout.
    pub(super) fn has_whiteout(&self, path: &[u8]) -> Result<bool> {
        match self.upper.has(&whiteout(path)) {
            // No whiteout has a name as long as that.
            Err(Errno::Nametoolong) => Ok(false),
            has => has,
        }
    }

    /// What a node stands for now. Errors: `Noent` where it was removed.
    pub(super) fn find_node(&self, node: &Arc<Node>) -> Result<Found> {
        match node.place()? {
            Some((dir, name)) => self.find(&*dir.locate()?, &name),
            None => Ok(Found {
                path: Vec::new(),
                upper: Some(self.upper.root()?),
                lower: Some(self.lower.root()?),
            }),
        }
    }

    /// The node for a name that was found: the one that is held, if it still is that.
    pub(super) fn node(&self, dir: &Arc<Node>, name: &[u8], stat: &Filestat, lower: bool) -> Arc<Node> {
        let id = (stat.dev, stat.ino);
        if let Some(held) = dir.child(name) {
            if held.filetype == stat.filetype && (held.is_dir() || stat.ino == 0 || held.inside().id == id) {
                held.set_lower(lower);
                return held;
            }
            // Another has replaced it, in the lower.
            self.lost(&held, None);
            dir.forget(name);
        }
        let node = Node::new(dir, name, stat.filetype, id, lower);
        if node.is_dir() {
            dir.remember(name, &node);
        }
        node
    }

    /// Makes a node one without a name.
    pub(super) fn lost(&self, node: &Node, stat: Option<Filestat>) {
        let mut inside = node.inside();
        let (dev, ino) = inside.id;
        let unknown =
            Filestat { dev, ino, filetype: node.filetype, nlink: 0, size: 0, atim: 0, mtim: 0, ctim: 0 };
        inside.gone = Some(Filestat { nlink: 0, ..stat.unwrap_or(unknown) });
        drop(inside);
        moved();
    }

    /// The node that is held for a path, if there is one.
    pub(super) fn held(&self, path: &[u8]) -> Option<Arc<Node>> {
        let mut at = Arc::clone(&self.root);
        for name in path.split(|byte| *byte == b'/').filter(|name| !name.is_empty()) {
            at = at.child(name)?;
        }
        Some(at)
    }

    /// The file that is open at a path, if there is one.
    pub(super) fn open_at(&self, path: &[u8]) -> Option<Arc<Body>> {
        self.held(path)?.inside().body.upgrade()
    }

    /// The file that a node is, opened where nobody has it open.
    pub(super) fn body(&self, known: &Known, node: &Arc<Node>) -> Result<Arc<Body>> {
        let (dir, name) = node.place()?.ok_or(Errno::Isdir)?;
        // Another may have looked the name up at the same time, and opened it.
        let node = dir.child(&name).filter(|held| held.filetype == node.filetype).unwrap_or_else(|| {
            dir.remember(&name, node);
            Arc::clone(node)
        });
        if let Some(body) = node.inside().body.upgrade() {
            return Ok(body);
        }
        let found = self.find(&*dir.locate()?, &name)?;
        let stat = found.stat(known)?;
        let (whose, file) = match found.upper {
            Some(_) => (Whose::Upper, self.upper.file(&found.path, Access::ReadWrite)?),
            None => (Whose::Lower, self.lower.file(&found.path, Access::Read)?),
        };
        let ctime = found.upper.map_or(stat.ctim, |upper| upper.ctim);
        Ok(self.opened(&node, State { whose, file, id: (stat.dev, stat.ino), ctime: (ctime, stat.ctim) }))
    }

    /// Remembers a file that was opened.
    pub(super) fn opened(&self, node: &Arc<Node>, state: State) -> Arc<Body> {
        let body = Arc::new(Body::new(Arc::clone(node), state));
        node.inside().body = Arc::downgrade(&body);
        body
    }

    /// A descriptor of a file.
    pub(super) fn descriptor(self: &Arc<Self>, body: Arc<Body>, access: Access) -> Box<dyn File> {
        Box::new(OverlayFile { core: Arc::clone(self), body, access })
    }

    /// Whether a directory has no name in the merged view. What of the lower no guest can see counts: nobody removes what they
    /// have not seen.
    pub(super) fn is_empty(&self, found: &Found) -> Result<bool> {
        let mut hidden = HashSet::new();
        let mut empty = true;
        if found.upper.is_some() {
            self.upper.list(&found.path, &mut |name, _| {
                if !is_reserved(name) {
                    empty = false;
                    return Break(());
                }
                hidden.extend(hidden_by(name).map(Box::<[u8]>::from));
                Continue(())
            })?;
        }
        if empty && found.lower.is_some() {
            self.lower.list(&found.path, &mut |name, _| {
                if hidden.contains(name) {
                    return Continue(());
                }
                empty = false;
                Break(())
            })?;
        }
        Ok(empty)
    }

    /// How many links a merged directory has. Both trees have to be read for that, once, where an upper was there from the start.
    pub(super) fn links(&self, path: &[u8]) -> Result<u64> {
        let (mut links, mut above) = (2, HashSet::new());
        self.upper.list(path, &mut |name, filetype| {
            if !is_reserved(name) {
                links += u64::from(filetype == Filetype::Directory);
                above.insert(Box::<[u8]>::from(name));
            } else if let Some(hidden) = hidden_by(name) {
                above.insert(hidden.into());
            }
            Continue(())
        })?;
        self.lower.list(path, &mut |name, filetype| {
            let seen = filetype == Filetype::Directory && !is_reserved(name) && !above.contains(name);
            links += u64::from(seen);
            Continue(())
        })?;
        Ok(links)
    }

    /// Whether the lower has something at a path that has to be hidden when its name goes.
    pub(super) fn is_below(&self, dir: &Location, path: &[u8]) -> Result<bool> {
        Ok(dir.lower && self.lower.has(path)?)
    }

    /// Forgets whose copy a file of the upper was, when its last name goes.
    pub(super) fn forget_origin(&self, known: &mut Known, upper: &Filestat) {
        if upper.nlink <= 1 || is_dir(upper) {
            known.origins.forget(upper.ino);
        }
    }
}

/// A name that a guest may give to something. Errors: `Perm` for those that mean something to us.
pub(super) fn checked_name(name: &[u8]) -> Result<()> {
    if is_reserved(name) {
        return Err(Errno::Perm);
    }
    if name.len() > MAX_NAME { Err(Errno::Nametoolong) } else { Ok(()) }
}
