//! Overlay: a directory or file that is held, by its place in the merged tree.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::SystemTime;

use super::file::Body;
use super::list::Listing;
use crate::abi::{Errno, Filestat, Filetype};
use crate::vfs::{MAX_PATH, Result, SetTime, SetTimes};

/// How many directories were moved, removed, merged or parted, in any overlay: what was found of a place before is then looked for
/// again.
static MOVES: AtomicU64 = AtomicU64::new(0);

/// The one node that remembers a place with a long path: mostly, the next that is looked for is in it.
static LONG: Mutex<Weak<Node>> = Mutex::new(Weak::new());

/// Says that the places of nodes may have changed.
pub(super) fn moved() {
    MOVES.fetch_add(1, Ordering::Relaxed);
}

/// A device and an inode.
pub(super) type Id = (u64, u64);

/// A name that was looked up. Directories and open files are remembered by the directory above, so that whoever looks the name up
/// again gets the same node; a rename moves it.
pub struct Node {
    pub(super) filetype: Filetype,
    inside: Mutex<Inside>,
    /// Its entries, as far as it was listed.
    pub(super) listing: Mutex<Option<Box<Listing>>>,
}

/// What of a node changes. Only whoever holds the overlay's lock looks at it.
pub(super) struct Inside {
    /// The directory above and the name in it; `None` for the root.
    pub place: Option<Place>,
    /// What the merged view says it is.
    pub id: Id,
    /// For a directory: whether it is merged with the lower's, as far as that of the directory above is.
    pub lower: bool,
    /// What was known of it when its name was removed.
    pub gone: Option<Filestat>,
    /// The file, while it is open.
    pub body: Weak<Body>,
    /// Where it was found to be, and after how many moves.
    located: Option<(u64, Arc<Location>)>,
    /// The nodes of names in it. Some may have died.
    pub children: HashMap<Box<[u8]>, Weak<Node>>,
    /// How many children there are when the dead are next looked for.
    crowd: usize,
}

/// How many children a directory remembers before the dead among them are looked for.
const CROWD: usize = 64;

/// A directory, and a name in it.
pub(super) type Place = (Arc<Node>, Box<[u8]>);

/// Where a node is.
pub(super) struct Location {
    /// Its path in the merged tree, and in both others; empty for the root.
    pub path: Vec<u8>,
    /// Whether the lower is seen there.
    pub lower: bool,
}

impl Location {
    /// The path of a name in this directory.
    pub(super) fn child(&self, name: &[u8]) -> Vec<u8> {
        join(&self.path, name)
    }
}

/// The path of a name in a directory.
pub(super) fn join(dir: &[u8], name: &[u8]) -> Vec<u8> {
    let mut path = Vec::with_capacity(dir.len() + 1 + name.len());
    path.extend_from_slice(dir);
    if !dir.is_empty() {
        path.push(b'/');
    }
    path.extend_from_slice(name);
    path
}

/// A path's directory and its last name.
pub(super) fn split(path: &[u8]) -> (&[u8], &[u8]) {
    match path.iter().rposition(|byte| *byte == b'/') {
        Some(slash) => (&path[..slash], &path[slash + 1..]),
        None => (b"", path),
    }
}

impl Node {
    /// The root.
    pub(super) fn root(id: Id) -> Arc<Self> {
        Arc::new(Self::at(None, Filetype::Directory, id, true))
    }

    /// A name in a directory, which is not remembered there yet.
    pub(super) fn new(dir: &Arc<Self>, name: &[u8], filetype: Filetype, id: Id, lower: bool) -> Arc<Self> {
        Arc::new(Self::at(Some((Arc::clone(dir), name.into())), filetype, id, lower))
    }

    fn at(place: Option<Place>, filetype: Filetype, id: Id, lower: bool) -> Self {
        let inside = Inside {
            place,
            id,
            lower,
            gone: None,
            body: Weak::new(),
            located: None,
            children: HashMap::new(),
            crowd: CROWD,
        };
        Self { filetype, inside: Mutex::new(inside), listing: Mutex::new(None) }
    }

    /// What of it changes.
    pub(super) fn inside(&self) -> MutexGuard<'_, Inside> {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether it is a directory.
    pub(super) fn is_dir(&self) -> bool {
        self.filetype == Filetype::Directory
    }

    /// The directory above and its name there; `None` for the root. Errors: `Noent` where it was removed.
    pub(super) fn place(&self) -> Result<Option<Place>> {
        let inside = self.inside();
        if inside.gone.is_some() { Err(Errno::Noent) } else { Ok(inside.place.clone()) }
    }

    /// Where it is. Errors: `Noent` where it, or a directory above, was removed.
    pub(super) fn locate(self: &Arc<Self>) -> Result<Arc<Location>> {
        let moves = MOVES.load(Ordering::Relaxed);
        // Up to the first whose place is known, and down again: each remembers its own, so that this is one step mostly.
        let mut unknown = Vec::new();
        let mut at = Arc::clone(self);
        let known = loop {
            match &at.inside().located {
                Some((when, location)) if *when == moves => break Some(Arc::clone(location)),
                _ => {}
            }
            let Some((dir, name)) = at.place()? else { break None };
            unknown.push((std::mem::replace(&mut at, dir), name));
        };
        let mut found = match known {
            Some(known) if unknown.is_empty() => return Ok(known),
            Some(known) => Location { path: known.path.clone(), lower: known.lower },
            None => {
                let mut root = at.inside();
                let location = Location { path: Vec::new(), lower: root.lower };
                let kept = root.located.insert((moves, Arc::new(location)));
                if unknown.is_empty() {
                    return Ok(Arc::clone(&kept.1));
                }
                Location { path: Vec::new(), lower: root.lower }
            }
        };
        for (node, name) in unknown.iter().rev() {
            if !found.path.is_empty() {
                found.path.push(b'/');
            }
            found.path.extend_from_slice(name);
            let mut inside = node.inside();
            found.lower &= inside.lower;
            // Long ones are not kept in all nodes above each other, nor made: that would be the square of the depth.
            if found.path.len() <= MAX_PATH {
                let location = Location { path: found.path.clone(), lower: found.lower };
                inside.located = Some((moves, Arc::new(location)));
            }
        }
        let found = Arc::new(found);
        if found.path.len() > MAX_PATH {
            let mut long = LONG.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(other) = std::mem::replace(&mut *long, Arc::downgrade(self)).upgrade() {
                drop(long);
                other.inside().located = None;
            }
            self.inside().located = Some((moves, Arc::clone(&found)));
        }
        Ok(found)
    }

    /// Says whether a directory is merged with the lower's.
    pub(super) fn set_lower(&self, lower: bool) {
        let mut inside = self.inside();
        if inside.lower != lower {
            inside.lower = lower;
            drop(inside);
            moved();
        }
    }

    /// Sets the times of what was removed, which only what is held of it still knows. `false` where it was not.
    pub(super) fn set_times_of_removed(&self, SetTimes { access, modified }: SetTimes) -> bool {
        let mut inside = self.inside();
        let Some(gone) = &mut inside.gone else { return false };
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let now = u64::try_from(now.as_nanos()).unwrap_or(u64::MAX);
        for (time, place) in [(access, &mut gone.atim), (modified, &mut gone.mtim)] {
            match time {
                None => {}
                Some(SetTime::Now) => *place = now,
                Some(SetTime::At(time)) => *place = time,
            }
        }
        gone.ctim = now;
        true
    }

    /// What has a name in this directory, where that is held.
    pub(super) fn child(&self, name: &[u8]) -> Option<Arc<Self>> {
        self.inside().children.get(name)?.upgrade()
    }

    /// Remembers what has a name in this directory.
    pub(super) fn remember(&self, name: &[u8], node: &Arc<Self>) {
        let mut inside = self.inside();
        if inside.children.len() >= inside.crowd {
            inside.children.retain(|_, child| child.strong_count() > 0);
            inside.crowd = CROWD.max(2 * inside.children.len());
        }
        inside.children.insert(name.into(), Arc::downgrade(node));
    }

    /// Forgets what had a name in this directory, and tells what it was, where it is held.
    pub(super) fn forget(&self, name: &[u8]) -> Option<Arc<Self>> {
        self.inside().children.remove(name)?.upgrade()
    }

    /// Whether `above` is this node or one of the directories above it.
    pub(super) fn is_beneath(self: &Arc<Self>, above: &Arc<Self>) -> bool {
        let mut at = Arc::clone(self);
        loop {
            if Arc::ptr_eq(&at, above) {
                return true;
            }
            let Some(dir) = at.inside().place.as_ref().map(|(dir, _)| Arc::clone(dir)) else { return false };
            at = dir;
        }
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        // One after the other: directories may be nested deeper than the stack is.
        let inside = self.inside.get_mut().unwrap_or_else(PoisonError::into_inner);
        let mut above = inside.place.take();
        while let Some((dir, _)) = above {
            above = Arc::into_inner(dir).and_then(|mut dir| {
                dir.inside.get_mut().unwrap_or_else(PoisonError::into_inner).place.take()
            });
        }
    }
}
