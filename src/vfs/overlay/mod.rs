//! Overlay: a lower tree that is only read, and an upper one that holds what was changed.
//!
//! The two have the same paths. What the upper has hides what the lower has; directories of both are merged; a removed name of
//! the lower is hidden by a whiteout ([`whiteout`]). The first change of something that only the lower has copies it into
//! the upper ([`copy_up`]), at its own path and without a trace in the merged view. So the upper alone says what was changed
//! ([`changes`]), and [`commit`] is the only one that ever changes the lower.
//!
//! A directory or an open file that is held is a [`node::Node`]: it knows its place in the merged tree, whatever is renamed above
//! it. All that looks at both trees, or changes names, does so under one lock ([`lock`]).

mod changes;
mod commit;
mod copy_up;
mod file;
mod find;
mod layer;
mod list;
mod lock;
mod node;
mod origin;
mod raise_tree;
mod rename;
mod sweep;
mod tree;
mod visits;
mod whiteout;

use std::sync::Arc;

pub use changes::{Change, Kind};
pub use commit::CommitError;
use layer::Layer;
use lock::Lock;
use node::Node;

use super::tree::TreeDir;
use super::{Dir, Result, SetTime, SetTimes};
use crate::abi::{Filestat, Filetype};

/// An overlay of two trees. It lives as long as anything refers to it or to what is open in it.
pub struct Overlay {
    core: Arc<Core>,
}

/// What open files share with their overlay.
struct Core {
    lower: Layer,
    upper: Layer,
    root: Arc<Node>,
    lock: Lock,
}

impl Overlay {
    /// An overlay over `lower`. `upper` is empty, or what an earlier overlay over the same lower left. Nobody else may
    /// change the upper from now on; a lower that changes is seen as far as nothing of the upper hides it. Errors: those of
    /// looking at the roots, and of setting the times of an empty upper's.
    pub fn new(lower: Box<dyn Dir>, upper: Box<dyn Dir>) -> Result<Arc<Self>> {
        let (lower, upper) = (Layer::new(lower, false), Layer::new(upper, true));
        let below = lower.root()?;
        let lock = Lock::default();
        let mut known = lock.take()?;
        known.origins.dev = below.dev;
        let empty = upper.is_empty(b"")?;
        // The root is in both from the start, and a layer says nothing of it: it looks like the lower's until it is changed.
        if let Some(mode) = lower.mode(b"")? {
            upper.set_mode(b"", mode)?;
        }
        if empty {
            upper.set_times(b"", times_of(&below))?;
        }
        known.origins.root(&upper.root()?, &below, empty);
        drop(known);
        let root = Node::root((below.dev, below.ino));
        Ok(Arc::new(Self { core: Arc::new(Core { lower, upper, root, lock }) }))
    }

    /// Its root.
    pub fn root(self: &Arc<Self>) -> TreeDir<Self> {
        TreeDir::new(Arc::clone(self), Arc::clone(&self.core.root))
    }
}

/// The times of something, to be given to another.
fn times_of(stat: &Filestat) -> SetTimes {
    SetTimes { access: Some(SetTime::At(stat.atim)), modified: Some(SetTime::At(stat.mtim)) }
}

/// Whether something is a directory.
fn is_dir(stat: &Filestat) -> bool {
    stat.filetype == Filetype::Directory
}
