//! Overlay: what was changed is done to the lower, one path after the other, and let go of in the upper.

use std::collections::HashSet;
use std::sync::{Arc, Weak};

use super::changes::{Change, Failure, Kind, change};
use super::copy_up::copy;
use super::file::{Body, State, Whose};
use super::lock::Known;
use super::node::{join, split};
use super::visits::Visits;
use super::whiteout::{hidden_by, is_reserved, opaque, whiteout};
use super::{Core, Overlay, is_dir, times_of};
use crate::abi::{Errno, Filestat, Filetype};
use crate::vfs::{Access, File, Result};

/// How many unfinished files of commits that were cut off a directory may hold.
const MOST_LEFT: usize = 1000;

/// Why a commit stopped. What was not done is still in the upper, and all of it is seen as before.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CommitError {
    /// Why.
    pub errno: Errno,
    /// At which path, with a slash before it.
    pub path: Vec<u8>,
    /// What was done before.
    pub done: Vec<Change>,
}

impl Overlay {
    /// Does to the lower what [`Overlay::changes`] tells, and empties the upper as far as that is done. A file becomes another
    /// in one step, where the lower can rename. What is new comes first and what is removed last, so that what was moved
    /// is never nowhere. Errors: what stopped it; a call later goes on.
    pub fn commit(&self) -> Result<Vec<Change>, CommitError> {
        let mut done = Vec::new();
        let committed = match self.core.lock.take() {
            Ok(mut known) => {
                let _waiting = self.core.hold_writers();
                self.core.commit(&mut known, &mut done)
            }
            Err(errno) => Err((errno, b"/".to_vec())),
        };
        match committed {
            Ok(()) => Ok(done),
            Err((errno, path)) => Err(CommitError { errno, path, done }),
        }
    }
}

/// Open files of the upper's, whose writers wait for the commit: what they wrote while their file, or another name of it, is compared,
/// copied and let go of would be lost.
struct Waiting(Vec<Arc<Body>>);

impl Drop for Waiting {
    fn drop(&mut self) {
        let unsettled = self.0.iter().filter(|body| body.state().whose == Whose::Settling);
        unsettled.for_each(|body| body.set_whose(Whose::Upper));
    }
}

/// How far the lower was changed at a path, whatever failed then.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reached {
    Nothing,
    /// What was there of another type is gone.
    Removed,
    /// It has what the upper has.
    Made,
}

impl Core {
    /// Lets whoever changes an open file wait until the answer is dropped.
    fn hold_writers(&self) -> Waiting {
        let (mut waiting, mut ahead) = (Waiting(Vec::new()), vec![Arc::clone(&self.root)]);
        while let Some(node) = ahead.pop() {
            let body = {
                let inside = node.inside();
                ahead.extend(inside.children.values().filter_map(Weak::upgrade));
                inside.body.upgrade()
            };
            if let Some(body) = body.filter(|body| body.state().whose == Whose::Upper) {
                body.set_whose(Whose::Settling);
                waiting.0.push(body);
            }
        }
        waiting
    }

    fn commit(&self, known: &mut Known, done: &mut Vec<Change>) -> Result<(), Failure> {
        self.spell_out(known, done).map_err(|(errno, path)| (errno, [b"/", &*path].concat()))?;
        let changes = self.changes()?;
        self.gather_links(known, &changes)?;
        let mut removed: Option<&Change> = None;
        let mut replaced = HashSet::new();
        // Permissions of directories come last: they may be in the way of what is done in them.
        let (dirs, others): (Vec<&Change>, Vec<&Change>) = changes
            .iter()
            .partition(|change| change.kind == Kind::Modified && change.filetype == Filetype::Directory);
        for change in &others {
            if change.kind == Kind::Removed {
                removed = Some(*change);
                continue;
            }
            let path = &change.path[1..];
            let mut reached = Reached::Nothing;
            let applied = match change.filetype {
                Filetype::Directory => self.put_dir(known, path, &mut reached),
                Filetype::SymbolicLink => self.put_link(known, path, &mut reached),
                _ => self.put_file(known, path, &mut reached),
            };
            if let Some(removed) = removed.take().filter(|removed| removed.path == change.path) {
                replaced.insert(&removed.path);
                if reached != Reached::Nothing {
                    done.push(removed.clone());
                }
            }
            if reached == Reached::Made {
                done.push((*change).clone());
            }
            applied.map_err(|errno| (errno, change.path.clone()))?;
        }
        for change in others.iter().rev().filter(|change| change.kind == Kind::Removed) {
            if replaced.contains(&change.path) {
                continue;
            }
            let path = &change.path[1..];
            let at = |errno| (errno, change.path.clone());
            self.remove_lower(path).map_err(at)?;
            done.push((*change).clone());
            self.quietly(known, split(path).0, || self.uncover(path)).map_err(at)?;
        }
        for change in dirs {
            let path = &change.path[1..];
            let applied = match self.upper.mode(path) {
                Ok(Some(mode)) => self.lower.set_mode(path, mode),
                other => other.map(drop),
            };
            applied.map_err(|errno| (errno, change.path.clone()))?;
            done.push(change.clone());
        }
        self.sweep(known).map_err(|(errno, path)| (errno, [b"/", &*path].concat()))
    }

    /// Finds the files and links of the upper that have several names, so that these stay names of one. Where the lower has one of
    /// them as it is in the upper, the others are linked to that.
    fn gather_links(&self, known: &mut Known, changes: &[Change]) -> Result<(), Failure> {
        let changed: HashSet<&[u8]> = changes.iter().map(|change| &change.path[1..]).collect();
        let mut visits = Visits::from(b"", ());
        while let Some((dir, ())) = visits.next() {
            for entry in self.upper.entries(&dir).map_err(|errno| (errno, dir.clone()))? {
                match entry.filetype {
                    _ if is_reserved(&entry.name) => {}
                    Filetype::Directory => visits.inside(entry.name, ()),
                    Filetype::RegularFile | Filetype::SymbolicLink => {
                        let path = join(&dir, &entry.name);
                        let stat = self.upper.stat(&path).map_err(|errno| (errno, path.clone()))?;
                        let Some(stat) = stat.filter(|stat| stat.nlink > 1) else { continue };
                        let first = known.committed.entry(stat.ino).or_default();
                        if first.is_empty() && !changed.contains(&*path) {
                            *first = path;
                        }
                    }
                    _ => {}
                }
            }
        }
        Ok(())
    }

    /// Makes the upper hide each name of the lower by a whiteout of its own, where an opaque directory hid them all: what is
    /// committed has to be seen then. The merged view stays. A name that is too long for a whiteout is removed from the lower.
    fn spell_out(&self, known: &mut Known, done: &mut Vec<Change>) -> Result<(), Failure> {
        let mut visits = Visits::from(b"", (false, true));
        while let Some((dir, (hidden, lower))) = visits.next() {
            let at = |errno| (errno, dir.clone());
            // Beneath what is no directory there is nothing; where it is a link, it would lead elsewhere.
            let lower = lower && self.lower.stat(&dir).map_err(at)?.is_some_and(|stat| is_dir(&stat));
            let opaque_here = hidden || self.upper.has(&opaque(&dir)).map_err(at)?;
            let entries = self.upper.entries(&dir).map_err(at)?;
            if lower && opaque_here {
                for entry in self.lower.entries(&dir).map_err(at)? {
                    if !is_reserved(&entry.name) {
                        let path = join(&dir, &entry.name);
                        let spelt = match self.spell_out_name(known, &dir, &path) {
                            Err(Errno::Nametoolong) => self.remove_lower(&path).map(|()| {
                                done.push(change(&path, Kind::Removed, entry.filetype));
                            }),
                            spelt => spelt,
                        };
                        spelt.map_err(|errno| (errno, path.clone()))?;
                    }
                }
                self.quietly(known, &dir, || remove(self.upper.unlink(&opaque(&dir)))).map_err(at)?;
                if hidden {
                    self.quietly(known, split(&dir).0, || self.uncover(&dir)).map_err(at)?;
                }
                if let Some(node) = self.held(&dir) {
                    node.set_lower(true);
                }
            }
            let hidden: HashSet<&[u8]> = entries.iter().filter_map(|entry| hidden_by(&entry.name)).collect();
            let dirs = entries.iter().filter(|entry| entry.filetype == Filetype::Directory);
            for entry in dirs.filter(|entry| !is_reserved(&entry.name)) {
                visits.inside(entry.name.clone(), (hidden.contains(&*entry.name), lower));
            }
        }
        Ok(())
    }

    fn spell_out_name(&self, known: &mut Known, dir: &[u8], path: &[u8]) -> Result<()> {
        let hiding = match self.upper.stat(path)? {
            Some(stat) if is_dir(&stat) => opaque(path),
            Some(_) => return Ok(()),
            None => whiteout(path),
        };
        let into = if split(&hiding).0 == dir { dir } else { path };
        match self.quietly(known, into, || self.upper.create(&hiding)) {
            Err(Errno::Exist) => Ok(()),
            made => made.map(drop),
        }
    }

    fn put_dir(&self, known: &mut Known, path: &[u8], reached: &mut Reached) -> Result<()> {
        match self.lower.stat(path)? {
            Some(stat) if is_dir(&stat) => {}
            Some(_) => {
                self.lower.unlink(path)?;
                *reached = Reached::Removed;
                self.lower.create_dir(path)?;
            }
            None => self.lower.create_dir(path)?,
        }
        *reached = Reached::Made;
        // Now the two are merged.
        self.quietly(known, path, || remove(self.upper.unlink(&opaque(path))))?;
        self.quietly(known, split(path).0, || self.uncover(path))?;
        if let Some(node) = self.held(path) {
            node.set_lower(true);
        }
        Ok(())
    }

    fn put_link(&self, known: &mut Known, path: &[u8], reached: &mut Reached) -> Result<()> {
        let target = self.upper.read_link(path)?;
        let stat = self.upper.stat(path)?.ok_or(Errno::Noent)?;
        self.make_room(path, reached)?;
        self.put(known, path, &stat, || {
            let (new, ()) = self.beside(path, |new| self.lower.symlink(&target, new))?;
            let made = kept(self.lower.set_times(&new, times_of(&stat)));
            Ok((new, made))
        })?;
        *reached = Reached::Made;
        self.settle(known, path, &stat, None)
    }

    fn put_file(&self, known: &mut Known, path: &[u8], reached: &mut Reached) -> Result<()> {
        let stat = self.upper.stat(path)?.ok_or(Errno::Noent)?;
        let body = self.open_at(path);
        self.make_room(path, reached)?;
        self.write_lower(known, path, &stat)?;
        *reached = Reached::Made;
        self.settle(known, path, &stat, body.as_deref())
    }

    /// Writes a file of the upper's to the lower: whole, under another name, and then over the one that is there.
    fn write_lower(&self, known: &mut Known, path: &[u8], stat: &Filestat) -> Result<()> {
        let put = self.put(known, path, stat, || {
            let (new, file) = self.beside(path, |new| self.lower.create(new))?;
            let filled = self.fill_lower(path, &new, &*file, stat);
            Ok((new, filled))
        });
        match put {
            // It cannot rename: then in place.
            Err(Errno::Nosys | Errno::Notsup) => {
                self.fill_lower(path, path, &*self.lower.rewrite(path)?, stat)?;
                committed_at(known, stat, path);
                Ok(())
            }
            put => put,
        }
    }

    /// Puts what `make` makes beside a path in its place, whatever is there; or another name of what it is in the lower already.
    /// What could not be made whole, or moved, is removed.
    fn put(
        &self,
        known: &mut Known,
        path: &[u8],
        stat: &Filestat,
        make: impl FnOnce() -> Result<(Vec<u8>, Result<()>)>,
    ) -> Result<()> {
        let first = known.committed.get(&stat.ino).filter(|first| !first.is_empty());
        let linked = first.and_then(|first| self.beside(path, |new| self.lower.link(first, new)).ok());
        let is_link = linked.is_some();
        let (new, made) = match linked {
            Some((new, ())) => (new, Ok(())),
            None => make()?,
        };
        let moved = made.and_then(|()| self.lower.rename(&new, path));
        if moved.is_err() || is_link {
            // A rename leaves what is linked already.
            let _ = self.lower.unlink(&new);
        }
        moved?;
        committed_at(known, stat, path);
        Ok(())
    }

    /// Writes a file of the upper's to an empty one of the lower's, which is at `to`.
    fn fill_lower(&self, path: &[u8], to: &[u8], file: &dyn File, stat: &Filestat) -> Result<()> {
        let from = self.upper.file(path, Access::Read)?;
        copy(&*from, file, stat.size)?;
        if let Some(mode) = self.upper.mode(path)? {
            kept(self.lower.set_mode(to, mode))?;
        }
        kept(file.set_times(times_of(stat)))
    }

    /// Makes something in the lower beside a path, under a name that nothing has: another overlay may be the lower, and
    /// would refuse ours.
    fn beside<T>(&self, path: &[u8], make: impl Fn(&[u8]) -> Result<T>) -> Result<(Vec<u8>, T)> {
        for number in 0..MOST_LEFT {
            let new = join(split(path).0, format!(".preopen-commit-{number}~").as_bytes());
            match make(&new) {
                Err(Errno::Exist) => {}
                made => return made.map(|made| (new, made)),
            }
        }
        Err(Errno::Exist)
    }

    /// Takes away a directory where a file is to be.
    fn make_room(&self, path: &[u8], reached: &mut Reached) -> Result<()> {
        if self.lower.stat(path)?.is_some_and(|stat| is_dir(&stat)) {
            self.remove_lower(path)?;
            *reached = Reached::Removed;
        }
        Ok(())
    }

    /// The lower has the same file now: whoever has it open gets that one, and the upper lets go of its own.
    pub(super) fn settle(
        &self,
        known: &mut Known,
        path: &[u8],
        upper: &Filestat,
        body: Option<&Body>,
    ) -> Result<()> {
        if let Some(body) = body {
            let file = self.lower.file(path, Access::Read)?;
            let stat = file.stat()?;
            let id = (stat.dev, stat.ino);
            self.let_go(known, path)?;
            body.node.inside().id = id;
            body.set(State { whose: Whose::Lower, file, id, ctime: (stat.ctim, stat.ctim) });
        } else {
            self.let_go(known, path)?;
        }
        self.forget_origin(known, upper);
        Ok(())
    }

    /// Removes a file or link of the upper's, so that the lower's is seen in its place.
    fn let_go(&self, known: &mut Known, path: &[u8]) -> Result<()> {
        self.quietly(known, split(path).0, || {
            self.uncover(path)?;
            self.upper.unlink(path)
        })
    }

    /// Removes what the lower has at a path, with all that is in it.
    fn remove_lower(&self, path: &[u8]) -> Result<()> {
        let mut visits = Visits::from(path, false);
        while let Some((path, emptied)) = visits.next() {
            if emptied {
                remove(self.lower.remove_dir(&path))?;
                continue;
            }
            match self.lower.stat(&path)? {
                Some(stat) if is_dir(&stat) => {
                    visits.again(true);
                    for entry in self.lower.entries(&path)? {
                        visits.inside(entry.name, false);
                    }
                }
                Some(_) => remove(self.lower.unlink(&path))?,
                None => {}
            }
        }
        Ok(())
    }
}

/// The lower has at a path what the upper has: other names of it are linked to that.
fn committed_at(known: &mut Known, stat: &Filestat, path: &[u8]) {
    if let Some(first) = known.committed.get_mut(&stat.ino) {
        path.clone_into(first);
    }
}

/// A removal, of which that it is gone already is none to speak of.
pub(super) fn remove(removed: Result<()>) -> Result<()> {
    match removed {
        Err(Errno::Noent) => Ok(()),
        other => other,
    }
}

/// What a lower may have no notion of.
fn kept(set: Result<()>) -> Result<()> {
    match set {
        Err(Errno::Notsup | Errno::Nosys) => Ok(()),
        other => other,
    }
}
