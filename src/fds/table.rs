//! The table: the lowest free number first, as POSIX has it, and never more than a limit.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{Entry, Object};
use crate::abi::{Errno, Rights};

/// A guest's descriptors.
pub struct Table {
    slots: Mutex<Slots>,
    limit: u32,
}

#[derive(Default)]
struct Slots {
    entries: Vec<Option<Arc<Entry>>>,
    /// Every free number below `entries.len()`, once.
    free: BinaryHeap<Reverse<u32>>,
}

impl Slots {
    fn get(&self, fd: u32) -> Result<&Arc<Entry>, Errno> {
        self.entries.get(fd as usize).and_then(Option::as_ref).ok_or(Errno::Badf)
    }

    fn take(&mut self, fd: u32) -> Result<Arc<Entry>, Errno> {
        let entry = self.entries.get_mut(fd as usize).and_then(Option::take).ok_or(Errno::Badf)?;
        self.free.push(Reverse(fd));
        Ok(entry)
    }

    fn open(&self) -> usize {
        self.entries.len() - self.free.len()
    }
}

impl Table {
    /// An empty table for at most `limit` descriptors.
    pub fn new(limit: u32) -> Self {
        Self { slots: Mutex::default(), limit }
    }

    fn slots(&self) -> MutexGuard<'_, Slots> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives `entry` the lowest free number. Errors: `Mfile` at the limit.
    pub fn insert(&self, entry: Entry) -> Result<u32, Errno> {
        let mut slots = self.slots();
        if slots.open() >= self.limit as usize {
            return Err(Errno::Mfile);
        }
        let entry = Some(Arc::new(entry));
        match slots.free.pop() {
            Some(Reverse(fd)) => {
                slots.entries[fd as usize] = entry;
                Ok(fd)
            }
            None => {
                slots.entries.push(entry);
                Ok(slots.entries.len() as u32 - 1)
            }
        }
    }

    /// Whether another descriptor would be refused: asked before something is opened or created for it.
    pub fn is_full(&self) -> bool {
        self.slots().open() >= self.limit as usize
    }

    /// The descriptor, which must have the rights. Errors: `Badf`, `Notcapable`.
    pub fn get(&self, fd: u32, rights: Rights) -> Result<Arc<Entry>, Errno> {
        let slots = self.slots();
        let entry = slots.get(fd)?;
        if entry.base().contains(rights) { Ok(Arc::clone(entry)) } else { Err(Errno::Notcapable) }
    }

    /// Closes a descriptor. Errors: `Badf`.
    pub fn remove(&self, fd: u32) -> Result<(), Errno> {
        // What closing costs is paid without the lock.
        let entry = self.slots().take(fd)?;
        drop(entry);
        Ok(())
    }

    /// Moves `from` to the number of `to`, which is closed. Errors: `Badf`.
    pub fn renumber(&self, from: u32, to: u32) -> Result<(), Errno> {
        // node:wasi asks nothing where both are the same.
        if from == to {
            return Ok(());
        }
        let mut slots = self.slots();
        slots.get(to)?;
        let entry = slots.take(from)?;
        let closed = slots.entries[to as usize].replace(entry);
        drop(slots);
        drop(closed);
        Ok(())
    }

    /// Takes everything out, for another table than this. What a call is using meanwhile is left out.
    pub fn take_all(&self) -> Vec<Taken> {
        let taken = std::mem::take(&mut *self.slots());
        let numbered = (0..).zip(taken.entries);
        let whole = numbered.filter_map(|(fd, entry)| Some((fd, Arc::into_inner(entry?)?)));
        whole
            .map(|(fd, entry)| {
                let (name, object) = entry.into_parts();
                Taken { fd, name, object }
            })
            .collect()
    }

    /// Closes everything.
    pub fn clear(&self) {
        let closed = std::mem::take(&mut *self.slots());
        drop(closed);
    }
}

/// What a table had under a number.
pub struct Taken {
    /// The number.
    pub fd: u32,
    /// What a directory was called that was there from the start.
    pub name: Option<Box<[u8]>>,
    /// What the descriptor stands for.
    pub object: Object,
}
