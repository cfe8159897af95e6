//! Overlay: what was changed, told from the upper alone.

use std::collections::HashSet;
use std::ops::ControlFlow;

use super::layer::Layer;
use super::node::join;
use super::visits::Visits;
use super::whiteout::{hidden_by, is_opaque, is_reserved};
use super::{Core, Overlay, is_dir};
use crate::abi::{Errno, Filestat, Filetype};
use crate::span::Span;
use crate::vfs::{Access, Result};

/// What happened to a path.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// It was not there.
    Created,
    /// A file's bytes, permissions or time of the last write, a link's target, or a directory's permissions are others.
    Modified,
    /// It is not there any more, nor is anything that was in it.
    Removed,
}

/// One difference between the lower and the merged tree.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Change {
    /// Where, with a slash before it.
    pub path: Vec<u8>,
    /// What happened.
    pub kind: Kind,
    /// What it is, or was, where it was removed.
    pub filetype: Filetype,
}

/// Why something could not be done, and at which path.
pub(super) type Failure = (Errno, Vec<u8>);

/// How much of two files is compared at once, bytes.
const PIECE: usize = 64 * 1024;

/// The most bytes that the paths of all changes may have: a guest can make a tree whose paths, all together, no memory holds.
pub(super) const MOST_PATHS: usize = 1 << 30;

/// A directory of the upper, to be compared.
#[derive(Clone, Copy)]
struct Open {
    /// Whether the lower has a directory there.
    lower: bool,
    /// Whether the upper hides all that is in that, so that what it has not got itself is gone.
    opaque: bool,
}

impl Overlay {
    /// The differences between the lower and the merged tree, by path; what became another type is removed, then created.
    /// A file that was written and has the same bytes, permissions and time of the last write is none. Errors: an errno, and the
    /// path at which it was met; `Nomem` where the paths of all have more than a GiB.
    pub fn changes(&self) -> Result<Vec<Change>, (Errno, Vec<u8>)> {
        let _known = self.core.lock.take().map_err(|errno| (errno, b"/".to_vec()))?;
        self.core.changes()
    }
}

impl Core {
    pub(super) fn changes(&self) -> Result<Vec<Change>, Failure> {
        let mut changes = Vec::new();
        let mut visits = Visits::from(b"", Open { lower: true, opaque: false });
        if self.other_mode(b"").map_err(|errno| (errno, b"/".to_vec()))? {
            changes.push(change(b"", Kind::Modified, Filetype::Directory));
        }
        let (mut counted, mut bytes) = (0, 0);
        while let Some((path, dir)) = visits.next() {
            self.compare_dir(&path, dir, &mut changes, &mut visits)
                .map_err(|(errno, path)| (errno, rooted(&path)))?;
            bytes += changes[counted..].iter().map(|change| change.path.len()).sum::<usize>();
            counted = changes.len();
            if bytes > MOST_PATHS {
                return Err((Errno::Nomem, rooted(&path)));
            }
        }
        // What became another type was removed first.
        changes.sort_by(|a: &Change, b: &Change| {
            a.path.cmp(&b.path).then_with(|| (b.kind == Kind::Removed).cmp(&(a.kind == Kind::Removed)))
        });
        Ok(changes)
    }

    fn compare_dir(
        &self,
        path: &[u8],
        Open { lower, mut opaque }: Open,
        changes: &mut Vec<Change>,
        visits: &mut Visits<Open>,
    ) -> Result<(), Failure> {
        let at = |errno| (errno, path.to_vec());
        let (mut hidden, mut above) = (Vec::new(), HashSet::new());
        for entry in self.upper.entries(path).map_err(at)? {
            opaque |= is_opaque(&entry.name);
            if !is_reserved(&entry.name) {
                above.insert(entry.name);
            } else if let Some(name) = hidden_by(&entry.name) {
                hidden.push(Box::<[u8]>::from(name));
            }
        }
        let hides: HashSet<&[u8]> = hidden.iter().map(|name| &**name).collect();
        for name in &above {
            let child = join(path, name);
            let hides = opaque || hides.contains(&**name);
            let inside =
                self.compare(&child, lower, hides, changes).map_err(|errno| (errno, child.clone()))?;
            if let Some(inside) = inside {
                visits.inside(name.clone(), inside);
            }
        }
        if !lower {
            return Ok(());
        }
        if opaque {
            hidden.clear();
            self.lower
                .list(path, &mut |name, _| {
                    hidden.push(name.into());
                    ControlFlow::Continue(())
                })
                .map_err(at)?;
        }
        for name in hidden.iter().filter(|name| !above.contains(*name) && !is_reserved(name)) {
            let child = join(path, name);
            if let Some(stat) = self.lower.stat(&child).map_err(|errno| (errno, child.clone()))? {
                changes.push(change(&child, Kind::Removed, stat.filetype));
            }
        }
        Ok(())
    }

    /// Compares what the upper has at a path with what the lower has there; a directory is to be looked into.
    fn compare(
        &self,
        path: &[u8],
        lower: bool,
        opaque: bool,
        changes: &mut Vec<Change>,
    ) -> Result<Option<Open>> {
        let Some(upper) = self.upper.stat(path)? else { return Ok(None) };
        let lower = if lower { self.lower.stat(path)? } else { None };
        let same_type = lower.as_ref().is_some_and(|lower| lower.filetype == upper.filetype);
        match &lower {
            Some(lower) if same_type => {
                if self.differs(path, lower, &upper)? {
                    changes.push(change(path, Kind::Modified, upper.filetype));
                }
            }
            other => {
                if let Some(stat) = other {
                    changes.push(change(path, Kind::Removed, stat.filetype));
                }
                changes.push(change(path, Kind::Created, upper.filetype));
            }
        }
        Ok(is_dir(&upper).then_some(Open { lower: same_type, opaque }))
    }

    /// Whether two of one type differ.
    fn differs(&self, path: &[u8], lower: &Filestat, upper: &Filestat) -> Result<bool> {
        match upper.filetype {
            Filetype::Directory => self.other_mode(path),
            Filetype::SymbolicLink => Ok(self.lower.read_link(path)? != self.upper.read_link(path)?),
            _ => Ok(lower.size != upper.size
                || lower.mtim != upper.mtim
                || self.other_mode(path)?
                || !same_bytes(&self.lower, &self.upper, path)?),
        }
    }

    /// Whether both have permission bits, which differ.
    fn other_mode(&self, path: &[u8]) -> Result<bool> {
        Ok(match (self.lower.mode(path)?, self.upper.mode(path)?) {
            (Some(lower), Some(upper)) => lower != upper,
            _ => false,
        })
    }
}

/// Whether the files of both at a path have the same bytes.
fn same_bytes(one: &Layer, other: &Layer, path: &[u8]) -> Result<bool> {
    let (one, other) = (one.file(path, Access::Read)?, other.file(path, Access::Read)?);
    let (mut left, mut right) = (vec![0; PIECE], vec![0; PIECE]);
    let mut at = 0;
    loop {
        // Where both have holes, there is nothing to compare.
        let (Some(one_data), Some(other_data)) = (one.data_from(at)?, other.data_from(at)?) else {
            return Ok(only_zeros(&*one, at)? && only_zeros(&*other, at)?);
        };
        at = at.max(one_data.min(other_data));
        let read = one.read_at(&[Span::over(&mut left)], at)?.min(PIECE);
        let mut got = 0;
        while got < read {
            match other.read_at(&[Span::over(&mut right[got..read])], at + got as u64)? {
                0 => break,
                more => got += more.min(read - got),
            }
        }
        if got < read || left[..read] != right[..read] {
            return Ok(false);
        }
        if read == 0 {
            return Ok(true);
        }
        at += read as u64;
    }
}

/// Whether a file has nothing but zeros from an offset on.
fn only_zeros(file: &dyn crate::vfs::File, at: u64) -> Result<bool> {
    let (mut at, mut piece) = (at, vec![0; PIECE]);
    while let Some(data) = file.data_from(at)? {
        at = data.max(at);
        let read = file.read_at(&[Span::over(&mut piece)], at)?.min(PIECE);
        if read == 0 {
            break;
        }
        if piece[..read].iter().any(|byte| *byte != 0) {
            return Ok(false);
        }
        at += read as u64;
    }
    Ok(true)
}

pub(super) fn change(path: &[u8], kind: Kind, filetype: Filetype) -> Change {
    Change { path: rooted(path), kind, filetype }
}

fn rooted(path: &[u8]) -> Vec<u8> {
    [b"/", path].concat()
}
