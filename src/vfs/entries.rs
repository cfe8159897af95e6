//! The entries of a directory, all at once.

use std::ops::ControlFlow;

use super::{Dir, Result};
use crate::abi::{Errno, Filetype};

/// The entries of a directory by the time that it was listed, sorted by their names' bytes.
#[derive(Default)]
pub struct Entries {
    /// Names, one behind the other.
    names: Vec<u8>,
    entries: Vec<Entry>,
}

#[derive(Clone, Copy)]
struct Entry {
    start: usize,
    end: usize,
    filetype: Filetype,
}

impl Entries {
    /// Lists a directory.
    pub fn of(dir: &dyn Dir) -> Result<Self> {
        let mut all = Self::default();
        let mut cookie = 0;
        loop {
            let listed = dir.list(cookie, &mut |entry| {
                let start = all.names.len();
                all.names.extend_from_slice(entry.name);
                all.entries.push(Entry { start, end: all.names.len(), filetype: entry.filetype });
                cookie = entry.next;
                ControlFlow::Continue(())
            });
            match listed {
                // It has only paused.
                Err(Errno::Again) => {}
                Err(errno) => return Err(errno),
                Ok(()) => break,
            }
        }
        let names = &all.names;
        all.entries.sort_unstable_by(|one, two| names[one.start..one.end].cmp(&names[two.start..two.end]));
        Ok(all)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The name and the type of one.
    pub fn get(&self, at: usize) -> Option<(&[u8], Filetype)> {
        let entry = self.entries.get(at)?;
        Some((&self.names[entry.start..entry.end], entry.filetype))
    }

    /// Names and types, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&[u8], Filetype)> {
        self.entries.iter().map(|entry| (&self.names[entry.start..entry.end], entry.filetype))
    }
}
