//! All that is beneath a directory, one thing after the other, however deep: for snapshots, and to remove it.

use std::sync::Arc;

use super::entries::Entries;
use super::trail::Trail;
use super::{Dir, Result};
use crate::abi::{Errno, Filetype};

/// A way through a whole tree. It may be left and gone on with at any time.
pub struct Tour {
    trail: Trail,
    /// The entries of the directories from the root to here, and how many of each were handed out.
    open: Vec<(Entries, usize)>,
}

/// What comes next. The name is one of the directory that the tour is [`here`](Tour::here) in.
pub enum Step {
    /// Something. A directory is gone into only by [`Tour::enter`].
    Found(Box<[u8]>, Filetype),
    /// A directory that was gone into, and has no more.
    Done(Box<[u8]>),
}

impl Tour {
    /// Through all that is beneath a directory. Errors: as [`Dir::list`].
    pub fn new(root: Arc<dyn Dir>) -> Result<Self> {
        let trail = Trail::new(root);
        let open = vec![(Entries::of(trail.here())?, 0)];
        Ok(Self { trail, open })
    }

    /// The directory that it has come to.
    pub fn here(&self) -> &dyn Dir {
        self.trail.here()
    }

    /// The names from the root to there.
    pub fn names(&self) -> impl Iterator<Item = &[u8]> {
        self.trail.names()
    }

    /// The path from the root to a name here, without a slash before it.
    pub fn path(&self, name: &[u8]) -> Vec<u8> {
        let mut path = Vec::new();
        for above in self.names() {
            path.extend_from_slice(above);
            path.push(b'/');
        }
        path.extend_from_slice(name);
        path
    }

    /// What comes next; names are sorted by their bytes. `None` at the end.
    pub fn advance(&mut self) -> Result<Option<Step>> {
        let Some((entries, at)) = self.open.last_mut() else { return Ok(None) };
        if let Some((name, filetype)) = entries.get(*at) {
            *at += 1;
            return Ok(Some(Step::Found(name.into(), filetype)));
        }
        self.open.pop();
        let Some((above, at)) = self.open.last() else { return Ok(None) };
        let name = above.get(at - 1).map(|(name, _)| Box::from(name)).ok_or(Errno::Io)?;
        self.trail.leave()?;
        Ok(Some(Step::Done(name)))
    }

    /// Goes into the directory that was found last. Errors: `Noent`, `Notdir`, `Loop` where it is none any more; the tour can
    /// go on without it.
    pub fn enter(&mut self, name: &[u8]) -> Result<()> {
        self.trail.enter(name)?;
        match Entries::of(self.trail.here()) {
            Ok(entries) => {
                self.open.push((entries, 0));
                Ok(())
            }
            Err(errno) => {
                self.trail.leave()?;
                Err(errno)
            }
        }
    }
}
