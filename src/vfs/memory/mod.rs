//! Filesystems in memory, with all that POSIX means by files: hard and symbolic links, files that outlive their names,
//! renames over others, times, sparse files; and with a limit on what they hold.
//!
//! A [`node::Node`] is what has an inode number. Directories hold their children; names are changed under one lock, and looked
//! up under the directory's own; a file's bytes have a lock of their own.

mod content;
mod entries;
mod file;
mod node;
mod quota;
mod tree;

use std::hash::RandomState;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, Weak};

use entries::Entries;
use node::Kind;
pub use node::Node;
use quota::Quota;

use super::tree::TreeDir;

/// How much a filesystem may hold.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    /// Bytes of files and of the targets of links.
    pub bytes: u64,
    /// Files, directories and links, and each name that a file has beyond its first.
    pub inodes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { bytes: 1 << 30, inodes: 1 << 20 }
    }
}

/// How much a filesystem holds; what was removed but is still open counts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Usage {
    /// Bytes of files and of the targets of links. A hole takes none; what a file has behind its first 64 KiB is counted in
    /// blocks of 4 KiB.
    pub bytes: u64,
    /// Files, directories (also the root) and links, and each name that a file has beyond its first.
    pub inodes: u64,
}

/// A filesystem in memory. It lives as long as anything refers to it or to what is open in it.
pub struct MemoryFs {
    shared: Arc<Shared>,
    root: Arc<Node>,
    /// Held by whoever changes names, so that what was found stays true until it is changed.
    names: Mutex<()>,
}

/// What the nodes of one filesystem have in common.
struct Shared {
    dev: u64,
    last_ino: AtomicU64,
    quota: Quota,
    /// Its keys are random, so that a guest cannot choose names that all fall into one place.
    hasher: RandomState,
}

impl MemoryFs {
    /// An empty filesystem.
    pub fn new(limits: Limits) -> Arc<Self> {
        /// Far from the numbers of the host's devices.
        static LAST_DEV: AtomicU64 = AtomicU64::new(1 << 40);
        let shared = Arc::new(Shared {
            dev: LAST_DEV.fetch_add(1, Ordering::Relaxed) + 1,
            last_ino: AtomicU64::new(0),
            // The root is counted, as in any filesystem, but it is there whatever the limit.
            quota: Quota::new(limits),
            hasher: RandomState::new(),
        });
        shared.quota.add_inode();
        let root = Node::uncounted(&shared, Kind::Dir(Mutex::new(Entries::beneath(Weak::new()))));
        Arc::new(Self { shared, root, names: Mutex::new(()) })
    }

    /// Its root.
    pub fn root(self: &Arc<Self>) -> TreeDir<Self> {
        TreeDir::new(Arc::clone(self), Arc::clone(&self.root))
    }

    /// How much it may hold.
    pub fn limits(&self) -> Limits {
        self.shared.quota.limits()
    }

    /// How much it holds.
    pub fn usage(&self) -> Usage {
        self.shared.quota.usage()
    }
}
