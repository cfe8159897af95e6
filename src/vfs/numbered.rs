//! The names in a directory of ours: found by name, listed from the youngest on.

use std::hash::{BuildHasher, RandomState};

use hashbrown::HashTable;

use super::Result;
use crate::abi::Errno;

/// Fewer slots are not made denser.
const FEW: usize = 32;

/// Names, and what each stands for. Each has a number that grows from name to name and stays its own. A listing goes from the
/// youngest to the oldest, so it ends whatever is added meanwhile, and goes on from a number whatever is removed.
///
/// Everything is done with the same hasher, whose keys are random: a guest cannot choose names that all fall into one place.
pub(super) struct Numbered<T> {
    /// In the order of their numbers, with holes where names were removed.
    slots: Vec<Slot<T>>,
    /// The places in `slots`, by name.
    index: HashTable<u32>,
    /// The number of the youngest.
    youngest: u64,
}

/// A name, or the hole that it left.
pub(super) struct Slot<T> {
    pub number: u64,
    pub name: Box<[u8]>,
    pub value: Option<T>,
}

impl<T> Default for Numbered<T> {
    fn default() -> Self {
        Self { slots: Vec::new(), index: HashTable::new(), youngest: 0 }
    }
}

impl<T> Numbered<T> {
    /// How many names there are.
    pub(super) fn len(&self) -> usize {
        self.index.len()
    }

    /// Whether there are none.
    pub(super) fn is_empty(&self) -> bool {
        self.index.is_empty()
    }

    /// What has a name.
    pub(super) fn get(&self, hasher: &RandomState, name: &[u8]) -> Option<&T> {
        let place = self.index.find(hasher.hash_one(name), |at| *self.slots[*at as usize].name == *name)?;
        self.slots[*place as usize].value.as_ref()
    }

    /// Makes room for one more name, so that [`Numbered::put`] cannot fail. Errors: `Nospc`.
    pub(super) fn reserve(&mut self, hasher: &RandomState) -> Result<()> {
        u32::try_from(self.slots.len() + 1).map_err(|_| Errno::Nospc)?;
        self.slots.try_reserve(1).map_err(|_| Errno::Nospc)?;
        let slots = &self.slots;
        let hash = |at: &u32| hasher.hash_one(&*slots[*at as usize].name);
        self.index.try_reserve(1, hash).map_err(|_| Errno::Nospc)
    }

    /// Gives a name to something, and says what had it before: a name that is there keeps its number. A new name needs room: see
    /// [`Numbered::reserve`].
    pub(super) fn put(&mut self, hasher: &RandomState, name: &[u8], value: T) -> Option<T> {
        self.put_unless(hasher, name, value, |_| false)
    }

    /// The same, but what has the name already may be one that keeps it; then nothing is done.
    pub(super) fn put_unless(
        &mut self,
        hasher: &RandomState,
        name: &[u8],
        value: T,
        keeps: impl FnOnce(&T) -> bool,
    ) -> Option<T> {
        let hash = hasher.hash_one(name);
        if let Some(at) = self.index.find(hash, |at| *self.slots[*at as usize].name == *name) {
            let there = &mut self.slots[*at as usize].value;
            return if there.as_ref().is_some_and(keeps) { None } else { there.replace(value) };
        }
        self.youngest += 1;
        let at = self.slots.len() as u32;
        self.slots.push(Slot { number: self.youngest, name: name.into(), value: Some(value) });
        let slots = &self.slots;
        self.index.insert_unique(hash, at, |at| hasher.hash_one(&*slots[*at as usize].name));
        None
    }

    /// Takes a name away.
    pub(super) fn remove(&mut self, hasher: &RandomState, name: &[u8]) -> Option<T> {
        let hash = hasher.hash_one(name);
        let place = self.index.find_entry(hash, |at| *self.slots[*at as usize].name == *name).ok()?;
        let (at, _) = place.remove();
        let slot = &mut self.slots[at as usize];
        slot.name = Box::default();
        let value = slot.value.take();
        // Where a listing begins there are no holes: who removes what is listed first would go over them again and again.
        while self.slots.last().is_some_and(|slot| slot.value.is_none()) {
            self.slots.pop();
        }
        if self.slots.len() >= FEW && self.index.len() < self.slots.len() / 2 {
            self.close_holes(hasher);
        }
        value
    }

    /// Takes all names away whose value is not to stay.
    pub(super) fn retain(&mut self, hasher: &RandomState, stays: impl Fn(&T) -> bool) {
        let goes = |slot: &Slot<T>| slot.value.as_ref().is_some_and(|value| !stays(value));
        if self.slots.iter().any(goes) {
            self.slots.iter_mut().filter(|slot| goes(slot)).for_each(|slot| slot.value = None);
            self.close_holes(hasher);
        }
    }

    /// The names older than one of that number (0: all), the youngest first.
    pub(super) fn older(&self, number: u64) -> impl Iterator<Item = &Slot<T>> {
        let end = match number {
            0 => self.slots.len(),
            // No entry's: a made-up number is behind all, as it is in a directory of the host's.
            _ if number > self.youngest => 0,
            _ => self.slots.partition_point(|slot| slot.number < number),
        };
        self.slots[..end].iter().rev().filter(|slot| slot.value.is_some())
    }

    /// Takes all values out, for a directory that ends.
    pub(super) fn drain(&mut self) -> impl Iterator<Item = T> {
        self.index = HashTable::new();
        std::mem::take(&mut self.slots).into_iter().filter_map(|slot| slot.value)
    }

    /// When a name is removed, each call halves the slots, so what it costs was paid by the names that were removed.
    fn close_holes(&mut self, hasher: &RandomState) {
        self.slots.retain(|slot| slot.value.is_some());
        self.slots.shrink_to(2 * self.slots.len());
        self.index.clear();
        let slots = &self.slots;
        let hash = |at: &u32| hasher.hash_one(&*slots[*at as usize].name);
        self.index.shrink_to(slots.len(), hash);
        for at in 0..slots.len() as u32 {
            self.index.insert_unique(hash(&at), at, hash);
        }
    }
}
