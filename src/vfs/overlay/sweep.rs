//! Overlay: after a commit, what is left in the upper is the same as in the lower, and is removed.

use super::changes::Failure;
use super::commit::remove;
use super::lock::Known;
use super::node::{join, split};
use super::visits::Visits;
use super::whiteout::is_reserved;
use super::{Core, is_dir, times_of};
use crate::abi::{Errno, Filestat, Filetype};
use crate::vfs::Result;

impl Core {
    /// Empties the upper. Directories of the lower get the permissions and times that they were seen with, and links the times.
    pub(super) fn sweep(&self, known: &mut Known) -> Result<(), Failure> {
        let mut visits = Visits::from(b"", None);
        while let Some((dir, stat)) = visits.next() {
            let at = |errno| (errno, dir.clone());
            if let Some(stat) = stat {
                self.close(known, &dir, &stat).map_err(at)?;
                continue;
            }
            let Some(stat) = self.upper.stat(&dir).map_err(at)? else { continue };
            let entries = self.upper.entries(&dir).map_err(at)?;
            visits.again(Some(stat));
            for entry in entries {
                let is_dir = entry.filetype == Filetype::Directory;
                if is_dir && !is_reserved(&entry.name) {
                    visits.inside(entry.name, None);
                    continue;
                }
                let path = join(&dir, &entry.name);
                let dropped = if is_dir {
                    // What another tool kept there for itself.
                    self.quietly(known, &dir, || self.clear(&path))
                } else {
                    self.drop_copy(known, &path)
                };
                dropped.map_err(|errno| (errno, path.clone()))?;
            }
        }
        known.committed.clear();
        Ok(())
    }

    /// Removes a file or link that is the same as the lower's, or a whiteout that hides nothing. Errors: `Stale`.
    fn drop_copy(&self, known: &mut Known, path: &[u8]) -> Result<()> {
        let Some(stat) = self.upper.stat(path)? else { return Ok(()) };
        if is_reserved(split(path).1) {
            return self.quietly(known, split(path).0, || remove(self.upper.unlink(path)));
        }
        // Somebody else may have removed the lower's meanwhile: then this is the only one left.
        if !self.lower.has(path)? {
            return Err(Errno::Stale);
        }
        if stat.filetype == Filetype::SymbolicLink {
            // One of another owner's keeps its own.
            let _ = self.lower.set_times(path, times_of(&stat));
        }
        self.settle(known, path, &stat, self.open_at(path).as_deref())
    }

    /// A directory of the upper's is empty now, and goes; but the root stays.
    fn close(&self, known: &mut Known, dir: &[u8], stat: &Filestat) -> Result<()> {
        if self.lower.stat(dir)?.is_none_or(|lower| !is_dir(&lower)) {
            return Err(Errno::Stale);
        }
        if let (Some(mode), Some(lower)) = (self.upper.mode(dir)?, self.lower.mode(dir)?)
            && mode != lower
        {
            self.lower.set_mode(dir, mode)?;
        }
        // A directory of another owner's keeps its own.
        let _ = self.lower.set_times(dir, times_of(stat));
        if !dir.is_empty() {
            self.quietly(known, split(dir).0, || self.upper.remove_dir(dir))?;
            known.origins.forget(stat.ino);
        }
        Ok(())
    }
}
