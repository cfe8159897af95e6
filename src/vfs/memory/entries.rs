//! The entries of a directory in memory, and its own place in the tree.

use std::ops::{Deref, DerefMut};
use std::sync::{Arc, Weak};

use super::node::Node;
use crate::vfs::numbered::{self, Numbered};

/// A name in a directory.
pub(super) type Slot = numbered::Slot<Arc<Node>>;

/// The names in a directory.
#[derive(Default)]
pub(super) struct Entries {
    names: Numbered<Arc<Node>>,
    /// The directory above; nothing for the root, and for one that was removed.
    pub(super) parent: Weak<Node>,
    /// Whether it was removed: nothing can be made in it.
    pub(super) removed: bool,
}

impl Entries {
    /// Those of a new directory. The box keeps the nodes of files small: there are more of them.
    pub(super) fn beneath(parent: Weak<Node>) -> Box<Self> {
        Box::new(Self { parent, ..Self::default() })
    }

    /// It was removed: it has no place in the tree any more.
    pub(super) fn end(&mut self) {
        self.removed = true;
        self.parent = Weak::new();
    }
}

impl Deref for Entries {
    type Target = Numbered<Arc<Node>>;

    fn deref(&self) -> &Self::Target {
        &self.names
    }
}

impl DerefMut for Entries {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.names
    }
}
