//! Overlay: a directory's entries, merged, numbered as they were found.
//!
//! A name keeps its number as long as the directory is held by anyone, whatever is listed, made and removed meanwhile: a cookie
//! means the same to all, and a listing in steps costs no more than one.

use std::collections::HashSet;
use std::hash::RandomState;
use std::ops::ControlFlow;
use std::sync::{Arc, PoisonError};

use super::Core;
use super::lock::Known;
use super::node::{Location, Node};
use super::whiteout::{hidden_by, is_reserved};
use crate::abi::{Errno, Filestat, Filetype};
use crate::vfs::numbered::Numbered;
use crate::vfs::{Dir, DirEntry, Result};

/// How many entries of the two trees one call looks at; then it lets its caller look up.
const SLICE: usize = 8192;

/// How many entries are handed out between two looks at the list, which may change meanwhile.
const BATCH: usize = 128;

/// The entries of a directory that was listed.
#[derive(Default)]
pub(super) struct Listing {
    names: Numbered<Entry>,
    hasher: RandomState,
    /// How often it was begun anew. What was not found again is gone.
    round: u64,
    gathering: Option<Gathering>,
}

#[derive(Clone, Copy)]
struct Entry {
    ino: u64,
    filetype: Filetype,
    round: u64,
}

/// How far the trees were read.
struct Gathering {
    /// The upper's directory, then the lower's.
    dirs: Vec<(Box<dyn Dir>, Tier)>,
    cookie: u64,
    /// What whiteouts hide, and what was removed since it began.
    hidden: HashSet<Box<[u8]>>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Tier {
    Upper,
    Lower,
}

impl Core {
    /// Hands out the entries of a directory; see [`Dir::list`].
    pub(super) fn list(
        &self,
        dir: &Arc<Node>,
        cookie: u64,
        each: &mut dyn FnMut(DirEntry<'_>) -> ControlFlow<()>,
    ) -> Result<()> {
        {
            let known = self.lock.take()?;
            let Ok(at) = dir.locate() else { return Ok(()) };
            let mut listing = dir.listing.lock().unwrap_or_else(PoisonError::into_inner);
            let new = listing.is_none();
            let listing = listing.get_or_insert_default();
            if listing.gathering.is_none() && (cookie == 0 || new) {
                listing.gathering = Some(self.gathering(&at)?);
                listing.round += 1;
            }
            if let Err(errno) = listing.gather(&known) {
                if errno != Errno::Again {
                    listing.gathering = None;
                }
                return Err(errno);
            }
        }
        struct Seen {
            number: u64,
            entry: Entry,
            name_end: usize,
        }
        let (mut seen, mut names) = (Vec::<Seen>::new(), Vec::<u8>::new());
        let mut cookie = cookie;
        loop {
            seen.clear();
            names.clear();
            // Whoever is called may use the directory.
            {
                let listing = dir.listing.lock().unwrap_or_else(PoisonError::into_inner);
                let Some(listing) = listing.as_deref() else { return Ok(()) };
                // From the youngest on: what is made meanwhile is not met, so that a listing ends.
                for slot in listing.names.older(cookie).take(BATCH) {
                    let Some(entry) = slot.value else { continue };
                    names.extend_from_slice(&slot.name);
                    seen.push(Seen { number: slot.number, entry, name_end: names.len() });
                }
            }
            let mut start = 0;
            for Seen { number, entry: Entry { ino, filetype, round: _ }, name_end } in &seen {
                let name = &names[start..*name_end];
                if each(DirEntry { name, ino: *ino, filetype: *filetype, next: *number }).is_break() {
                    return Ok(());
                }
                (start, cookie) = (*name_end, *number);
            }
            if seen.len() < BATCH {
                return Ok(());
            }
        }
    }

    fn gathering(&self, at: &Location) -> Result<Gathering> {
        let mut dirs = Vec::new();
        for (layer, tier, seen) in [(&self.lower, Tier::Lower, at.lower), (&self.upper, Tier::Upper, true)] {
            if seen && let Some(dir) = super::layer::there(layer.dir(&at.path))? {
                dirs.push((dir, tier));
            }
        }
        Ok(Gathering { dirs, cookie: 0, hidden: HashSet::new() })
    }
}

impl Listing {
    /// Reads on. Errors: `Again` where that was not all.
    fn gather(&mut self, known: &Known) -> Result<()> {
        let Some(mut gathering) = self.gathering.take() else { return Ok(()) };
        let mut left = SLICE;
        let done = loop {
            let Gathering { dirs, hidden, cookie } = &mut gathering;
            let Some((dir, tier)) = dirs.last() else { break Ok(()) };
            let tier = *tier;
            let mut kept = Ok(());
            let listed = dir.list(*cookie, &mut |entry| {
                *cookie = entry.next;
                kept = self.found(entry, tier, hidden, known);
                left -= 1;
                if left == 0 || kept.is_err() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            });
            match kept.and(listed) {
                Ok(()) if left == 0 => break Err(Errno::Again),
                Ok(()) => {
                    gathering.dirs.pop();
                    gathering.cookie = 0;
                }
                Err(errno) => break Err(errno),
            }
        };
        if done == Err(Errno::Again) {
            self.gathering = Some(gathering);
        }
        done?;
        let Self { names, hasher, round, gathering: _ } = self;
        names.retain(hasher, |entry| entry.round == *round);
        Ok(())
    }

    /// An entry of one of the trees.
    fn found(
        &mut self,
        entry: DirEntry<'_>,
        tier: Tier,
        hidden: &mut HashSet<Box<[u8]>>,
        known: &Known,
    ) -> Result<()> {
        let DirEntry { name, ino, filetype, next: _ } = entry;
        if is_reserved(name) {
            if let Some(name) = hidden_by(name).filter(|_| tier == Tier::Upper) {
                hidden.insert(name.into());
            }
            return Ok(());
        }
        match tier {
            Tier::Upper => self.put(name, known.origins.id(ino).1, filetype, false),
            Tier::Lower if hidden.contains(name) => Ok(()),
            Tier::Lower => self.put(name, ino, filetype, true),
        }
    }

    /// Puts an entry, unless `beneath` says that one of this round's hides it. Errors: `Nospc` where there are too many.
    fn put(&mut self, name: &[u8], ino: u64, filetype: Filetype, beneath: bool) -> Result<()> {
        let Self { names, hasher, round, gathering: _ } = self;
        names.reserve(hasher)?;
        let entry = Entry { ino, filetype, round: *round };
        names.put_unless(hasher, name, entry, |there| beneath && there.round == *round);
        Ok(())
    }

    fn remove(&mut self, name: &[u8]) {
        self.names.remove(&self.hasher, name);
        if let Some(gathering) = &mut self.gathering {
            gathering.hidden.insert(name.into());
        }
    }
}

impl Node {
    /// A name in this directory has come, has become another, or is gone.
    pub(super) fn changed(&self, name: &[u8], stat: Option<&Filestat>) {
        let mut listing = self.listing.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(listing) = listing.as_deref_mut() else { return };
        match stat {
            Some(stat) => {
                if let Some(gathering) = &mut listing.gathering {
                    gathering.hidden.remove(name);
                }
                // Where there is no room for it, whoever lists the directory anew is told so.
                let _ = listing.put(name, stat.ino, stat.filetype, false);
            }
            None => listing.remove(name),
        }
    }
}
