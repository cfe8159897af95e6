//! The entries of a directory in memory: found by name, listed from the youngest on.

use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, Weak};

use hashbrown::HashTable;

use super::node::Node;
use crate::abi::Errno;
use crate::vfs::Result;

/// A directory that has fewer slots is not made denser.
const FEW: usize = 32;

/// The names in a directory. Each has a number that grows from name to name and stays its own. A listing goes from the youngest to
/// the oldest, so it ends whatever is added meanwhile, and goes on from a number whatever is removed.
#[derive(Default)]
pub(super) struct Entries {
    /// In the order of their numbers, with holes where names were removed.
    slots: Vec<Slot>,
    /// The places in `slots`, by name.
    index: HashTable<u32>,
    /// The number of the youngest.
    youngest: u64,
    /// The directory above; nothing for the root, and for one that was removed.
    pub(super) parent: Weak<Node>,
    /// Whether it was removed: nothing can be made in it.
    pub(super) removed: bool,
}

/// A name, or the hole that it left.
pub(super) struct Slot {
    pub(super) number: u64,
    pub(super) name: Box<[u8]>,
    pub(super) node: Option<Arc<Node>>,
}

impl Entries {
    /// Those of a new directory. The box keeps the nodes of files small: there are more of them.
    pub(super) fn beneath(parent: Weak<Node>) -> Box<Self> {
        Box::new(Self { parent, ..Self::default() })
    }

    pub(super) fn len(&self) -> usize {
        self.index.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.index.is_empty()
    }

    pub(super) fn get(&self, hasher: &RandomState, name: &[u8]) -> Option<&Arc<Node>> {
        let place = self.index.find(hasher.hash_one(name), |at| *self.slots[*at as usize].name == *name)?;
        self.slots[*place as usize].node.as_ref()
    }

    /// Makes room for one more name, so that [`Entries::put`] cannot fail. Errors: `Nospc`.
    pub(super) fn reserve(&mut self, hasher: &RandomState) -> Result<()> {
        u32::try_from(self.slots.len() + 1).map_err(|_| Errno::Nospc)?;
        self.slots.try_reserve(1).map_err(|_| Errno::Nospc)?;
        let slots = &self.slots;
        let hash = |at: &u32| hasher.hash_one(&*slots[*at as usize].name);
        self.index.try_reserve(1, hash).map_err(|_| Errno::Nospc)
    }

    /// Gives a name to a node, and says what had it before. A new name needs room: see [`Entries::reserve`].
    pub(super) fn put(
        &mut self,
        hasher: &RandomState,
        name: Box<[u8]>,
        node: Arc<Node>,
    ) -> Option<Arc<Node>> {
        let hash = hasher.hash_one(&*name);
        if let Some(at) = self.index.find(hash, |at| *self.slots[*at as usize].name == *name) {
            return self.slots[*at as usize].node.replace(node);
        }
        self.youngest += 1;
        let at = self.slots.len() as u32;
        self.slots.push(Slot { number: self.youngest, name, node: Some(node) });
        let slots = &self.slots;
        self.index.insert_unique(hash, at, |at| hasher.hash_one(&*slots[*at as usize].name));
        None
    }

    /// Takes a name away.
    pub(super) fn remove(&mut self, hasher: &RandomState, name: &[u8]) -> Option<Arc<Node>> {
        let hash = hasher.hash_one(name);
        let place = self.index.find_entry(hash, |at| *self.slots[*at as usize].name == *name).ok()?;
        let (at, _) = place.remove();
        let slot = &mut self.slots[at as usize];
        slot.name = Box::default();
        let node = slot.node.take();
        // Where a listing begins there are no holes: who removes what is listed first would go over them again and again.
        while self.slots.last().is_some_and(|slot| slot.node.is_none()) {
            self.slots.pop();
        }
        if self.slots.len() >= FEW && self.index.len() < self.slots.len() / 2 {
            self.close_holes(hasher);
        }
        node
    }

    /// The names older than one of that number (0: all), the youngest first.
    pub(super) fn older(&self, number: u64) -> impl Iterator<Item = &Slot> {
        let end = match number {
            0 => self.slots.len(),
            // No entry's: a made-up number is behind all, as it is in a directory of the host's.
            _ if number > self.youngest => 0,
            _ => self.slots.partition_point(|slot| slot.number < number),
        };
        self.slots[..end].iter().rev().filter(|slot| slot.node.is_some())
    }

    /// It was removed: it has no place in the tree any more.
    pub(super) fn end(&mut self) {
        self.removed = true;
        self.parent = Weak::new();
    }

    /// Takes all nodes away, for a directory that ends.
    pub(super) fn drain(&mut self) -> impl Iterator<Item = Arc<Node>> {
        self.index = HashTable::new();
        std::mem::take(&mut self.slots).into_iter().filter_map(|slot| slot.node)
    }

    /// Each call halves the slots, so what it costs was paid by the names that were removed.
    fn close_holes(&mut self, hasher: &RandomState) {
        self.slots.retain(|slot| slot.node.is_some());
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
