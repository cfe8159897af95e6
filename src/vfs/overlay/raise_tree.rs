//! Overlay: a directory of the lower is copied up with all that is in it, before it is moved.

use std::sync::Arc;

use super::Core;
use super::changes::MOST_PATHS;
use super::file::Whose;
use super::is_dir;
use super::lock::Known;
use super::node::{Location, Node, join, split};
use super::visits::Visits;
use super::whiteout::is_reserved;
use crate::abi::{Errno, Filetype};
use crate::vfs::Result;

impl Core {
    /// Sees to it that a directory and all that is seen in it are in the upper. The merged view is the same before and after,
    /// also after a failure, which takes back what was copied. Errors: as [`Core::raise`].
    pub(super) fn raise_tree(&self, known: &mut Known, dir: &Arc<Node>) -> Result<()> {
        let mut made = Vec::new();
        let raised = self.raise(known, dir).and_then(|path| self.fill(known, path, &mut made));
        if raised.is_err() {
            for (path, filetype) in made.iter().rev() {
                self.take_back(known, path, *filetype);
            }
        }
        raised
    }

    /// Copies all that is seen of the lower in a merged directory of the upper's. What was made is added to `made`.
    fn fill(&self, known: &mut Known, dir: Vec<u8>, made: &mut Vec<(Vec<u8>, Filetype)>) -> Result<()> {
        let mut bytes = 0;
        let mut visits = Visits::from(&dir, ());
        while let Some((dir, ())) = visits.next() {
            let at = Location { path: dir, lower: true };
            for entry in self.lower.entries(&at.path)? {
                if is_reserved(&entry.name) {
                    // It would be left behind, and then be removed by a commit, though nobody has seen it.
                    return Err(Errno::Xdev);
                }
                let found = self.find(&at, &entry.name)?;
                let Some(lower) = found.lower else { continue };
                if found.upper.is_none() {
                    self.raise_path(known, &found.path, &lower, u64::MAX, true)?;
                    bytes += found.path.len();
                    made.push((found.path, lower.filetype));
                    if bytes > MOST_PATHS {
                        return Err(Errno::Nomem);
                    }
                }
                if is_dir(&lower) {
                    visits.inside(entry.name, ());
                }
            }
        }
        Ok(())
    }

    /// Removes a copy again. One that is open by now stays: it is the same as what it was copied from.
    fn take_back(&self, known: &mut Known, path: &[u8], filetype: Filetype) {
        if self.open_at(path).is_some_and(|body| body.state().whose != Whose::Lower) {
            return;
        }
        let upper = self.upper.stat(path);
        let removed = self.quietly(known, split(path).0, || match filetype {
            Filetype::Directory => self.upper.remove_dir(path),
            _ => self.upper.unlink(path),
        });
        if let (Ok(()), Ok(Some(stat))) = (removed, upper) {
            known.origins.forget(stat.ino);
        }
    }

    /// Removes a directory of the upper's, and all that is in it. Nothing of it is seen any more.
    pub(super) fn clear(&self, dir: &[u8]) -> Result<()> {
        let mut visits = Visits::from(dir, false);
        while let Some((dir, emptied)) = visits.next() {
            if emptied {
                self.upper.remove_dir(&dir)?;
                continue;
            }
            let entries = self.upper.entries(&dir)?;
            visits.again(true);
            for entry in entries {
                match entry.filetype {
                    Filetype::Directory => visits.inside(entry.name, false),
                    _ => self.upper.unlink(&join(&dir, &entry.name))?,
                }
            }
        }
        Ok(())
    }
}
