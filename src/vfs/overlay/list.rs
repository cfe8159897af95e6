//! Overlay: a directory's entries, merged, numbered as they were found.
//!
//! A name keeps its number as long as the directory is held by anyone, whatever is listed, made and removed meanwhile: a cookie
//! means the same to all, and a listing in steps costs no more than one.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::ops::{Bound, ControlFlow};
use std::sync::{Arc, PoisonError};

use super::Core;
use super::lock::Known;
use super::node::{Location, Node};
use super::whiteout::{hidden_by, is_reserved};
use crate::abi::{Errno, Filestat, Filetype};
use crate::vfs::{Dir, DirEntry, Result};

/// How many entries of the two trees one call looks at; then it lets its caller look up.
const SLICE: usize = 8192;

/// How many entries are handed out between two looks at the list, which may change meanwhile.
const BATCH: usize = 128;

/// The entries of a directory that was listed.
#[derive(Default)]
pub(super) struct Listing {
    numbers: HashMap<Arc<[u8]>, u64>,
    entries: BTreeMap<u64, Entry>,
    last: u64,
    /// How often it was begun anew. What was not found again is gone.
    round: u64,
    gathering: Option<Gathering>,
}

#[derive(Clone)]
struct Entry {
    name: Arc<[u8]>,
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
        let mut cookie = cookie;
        loop {
            // Whoever is called may use the directory.
            let batch: Vec<(u64, Entry)> = {
                let listing = dir.listing.lock().unwrap_or_else(PoisonError::into_inner);
                let Some(listing) = listing.as_deref() else { return Ok(()) };
                // From the youngest on: what is made meanwhile is not met, so that a listing ends.
                let from = match cookie {
                    0 => Bound::Unbounded,
                    // No entry's: a made-up number is behind all, as it is in a directory of the host's.
                    _ if cookie > listing.last => return Ok(()),
                    _ => Bound::Excluded(cookie),
                };
                let older = listing.entries.range((Bound::Unbounded, from)).rev();
                older.take(BATCH).map(|(at, entry)| (*at, entry.clone())).collect()
            };
            for (next, Entry { name, ino, filetype, round: _ }) in &batch {
                let entry = DirEntry { name, ino: *ino, filetype: *filetype, next: *next };
                if each(entry).is_break() {
                    return Ok(());
                }
                cookie = *next;
            }
            if batch.len() < BATCH {
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
            let listed = dir.list(*cookie, &mut |entry| {
                *cookie = entry.next;
                self.found(entry, tier, hidden, known);
                left -= 1;
                if left == 0 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            });
            match listed {
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
        let Self { numbers, entries, round, .. } = self;
        entries.retain(|_, entry| {
            let found = entry.round == *round;
            if !found {
                numbers.remove(&entry.name);
            }
            found
        });
        Ok(())
    }

    /// An entry of one of the trees.
    fn found(&mut self, entry: DirEntry<'_>, tier: Tier, hidden: &mut HashSet<Box<[u8]>>, known: &Known) {
        let DirEntry { name, ino, filetype, next: _ } = entry;
        if is_reserved(name) {
            if let Some(name) = hidden_by(name).filter(|_| tier == Tier::Upper) {
                hidden.insert(name.into());
            }
            return;
        }
        let round = self.round;
        match tier {
            Tier::Upper => {
                let ino = known.origins.id(ino).1;
                self.put(name, ino, filetype);
            }
            Tier::Lower if hidden.contains(name) => {}
            Tier::Lower => {
                let above = self.numbers.get(name).is_some_and(|at| self.entries[at].round == round);
                if !above {
                    self.put(name, ino, filetype);
                }
            }
        }
    }

    fn put(&mut self, name: &[u8], ino: u64, filetype: Filetype) {
        let round = self.round;
        let number = match self.numbers.get(name) {
            Some(number) => *number,
            None => {
                self.last += 1;
                self.numbers.insert(name.into(), self.last);
                self.last
            }
        };
        let entry =
            self.entries.entry(number).or_insert_with(|| Entry { name: name.into(), ino, filetype, round });
        (entry.ino, entry.filetype, entry.round) = (ino, filetype, round);
    }

    fn remove(&mut self, name: &[u8]) {
        if let Some(number) = self.numbers.remove(name) {
            self.entries.remove(&number);
        }
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
                listing.put(name, stat.ino, stat.filetype);
            }
            None => listing.remove(name),
        }
    }
}
