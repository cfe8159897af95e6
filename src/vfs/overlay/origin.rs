//! Overlay: what the merged view says of what is in the upper, where that shows that it was copied, or is elsewhere.

use std::collections::HashMap;

use super::is_dir;
use super::node::Id;
use crate::abi::Filestat;

/// What tells the upper's inode numbers from the lower's, on the one device that the merged view has. JavaScript's numbers hold
/// it exactly.
const UPPER: u64 = 1 << 52;

/// What is known of the inodes of the upper.
#[derive(Default)]
pub(super) struct Origins {
    /// The lower's device, which is that of all.
    pub dev: u64,
    kept: HashMap<u64, Kept>,
}

#[derive(Clone, Copy, Default)]
struct Kept {
    /// What it was copied from, whose identity it has.
    id: Option<Id>,
    /// The time of its last change, when it was last changed without a trace, and what is said in its place.
    ctime: Option<(u64, u64)>,
    /// How many links a merged directory has.
    links: Option<u64>,
}

impl Origins {
    /// The identity of an inode of the upper's.
    pub(super) fn id(&self, ino: u64) -> Id {
        self.kept.get(&ino).and_then(|kept| kept.id).unwrap_or((self.dev, ino ^ UPPER))
    }

    /// What the merged view says of something in the upper.
    pub(super) fn shown(&self, upper: Filestat, merged: bool) -> Filestat {
        let kept = self.kept.get(&upper.ino).copied().unwrap_or_default();
        let (dev, ino) = self.id(upper.ino);
        let ctim = kept.ctime.filter(|(real, _)| *real == upper.ctim).map_or(upper.ctim, |(_, shown)| shown);
        // A merged directory's count is the lower's, and what came and went since. 1 means that nobody counts, as to find(1).
        let nlink = if merged { kept.links.unwrap_or(1) } else { upper.nlink };
        Filestat { dev, ino, ctim, nlink, ..upper }
    }

    /// Something of the upper is a copy, and has its original's identity, where that has no other names; and until it is
    /// changed, where it is copied for the sake of something else, also the time of the last change.
    pub(super) fn copied(&mut self, upper: &Filestat, lower: &Filestat, traceless: bool) {
        let dir = is_dir(lower);
        *self.kept.entry(upper.ino).or_default() = Kept {
            id: (dir || lower.nlink <= 1).then_some((lower.dev, lower.ino)),
            ctime: traceless.then_some((upper.ctim, lower.ctim)),
            links: dir.then_some(lower.nlink),
        };
    }

    /// The root is in both from the start.
    pub(super) fn root(&mut self, upper: &Filestat, lower: &Filestat, unchanged: bool) {
        self.copied(upper, lower, true);
        if !unchanged {
            let id = Some((lower.dev, lower.ino));
            self.kept.insert(upper.ino, Kept { id, ..Kept::default() });
        }
    }

    /// Something of the upper was changed without a trace.
    pub(super) fn unchanged(&mut self, before: &Filestat, after: &Filestat) {
        let shown = self.shown(*before, false).ctim;
        self.kept.entry(after.ino).or_default().ctime = Some((after.ctim, shown));
    }

    /// Something is about to be changed, or was, so that its time of the last change is its own. It may be the same as before:
    /// clocks of filesystems are coarse.
    pub(super) fn touched(&mut self, ino: u64) {
        if let Some(kept) = self.kept.get_mut(&ino) {
            kept.ctime = None;
        }
    }

    /// Whether it is known how many links a merged directory has.
    pub(super) fn is_counted(&self, ino: u64) -> bool {
        self.kept.get(&ino).is_some_and(|kept| kept.links.is_some())
    }

    /// How many links a merged directory has.
    pub(super) fn counted(&mut self, ino: u64, links: u64) {
        self.kept.entry(ino).or_default().links = Some(links);
    }

    /// A directory has come into a merged one, or gone from it.
    pub(super) fn count(&mut self, ino: u64, by: i64) {
        // A filesystem that does not count says 1 of all.
        let links = self.kept.get_mut(&ino).and_then(|kept| kept.links.as_mut()).filter(|links| **links > 1);
        if let Some(links) = links {
            *links = links.saturating_add_signed(by);
        }
    }

    /// An inode of the upper is no more.
    pub(super) fn forget(&mut self, ino: u64) {
        self.kept.remove(&ino);
    }
}
