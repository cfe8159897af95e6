//! Overlay: one of the two trees, by paths of any length.

use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::node::split;
use crate::abi::{Errno, Filestat, Filetype};
use crate::vfs::{
    Access, Dir, File, LinkTarget, MAX_PATH, OpenOptions, Opened, Path, Result, SetTimes, asking,
};

/// A tree. Its paths are relative, without dots; the empty one is the root. What they lead through is never a link of the merged
/// tree: names that were looked up one by one.
pub(super) struct Layer {
    root: Box<dyn Dir>,
    far: Mutex<Far>,
    /// Whether nobody else changes it, so that a directory stays what its path was found to be.
    ours: bool,
}

/// How much of a path that is too long for one step is gone at most from the nearest directory that is known, bytes: at least two
/// names.
const FAR: usize = 1024;

/// The same, bytes and names, where directories are remembered for the sake of time: a path is looked up once for each name in it,
/// and each time all of it would be walked. Most paths are shorter, and go from the root. RATIONALE.md: "Why does an overlay
/// remember directories of the lower for one walk only?"
const NEAR: usize = 64;
const NEAR_NAMES: usize = 8;

/// Whether what is left of a path is not worth a directory on the way.
fn is_near(path: &[u8]) -> bool {
    path.len() <= NEAR && path.iter().filter(|byte| **byte == b'/').count() < NEAR_NAMES
}

/// Where the last step of a path begins, that is near: with half of what one may have.
fn last_step(path: &[u8]) -> usize {
    let slashes = path.iter().enumerate().rev().filter(|(_, byte)| **byte == b'/');
    let names = slashes.map(|(at, _)| at + 1).nth(NEAR_NAMES / 2 - 1).unwrap_or(0);
    names.max(path.len().saturating_sub(NEAR / 2))
}

/// How many directories on the way are kept.
const MOST_FAR: usize = 32;

/// Directories on the way of the last long path: the next is mostly near it.
#[derive(Default)]
struct Far {
    path: Vec<u8>,
    /// By where their paths end.
    dirs: Vec<(usize, Arc<dyn Dir>)>,
    /// The thread that is walking along a path, by an address of its own; 0 for none.
    walker: usize,
}

impl Far {
    /// Another walks from now on. What was found on the way of a path that fits into one step is not kept for it.
    fn walk(&mut self, walker: usize) {
        self.walker = walker;
        if self.path.len() <= MAX_PATH {
            self.forget();
        }
    }

    fn forget(&mut self) {
        self.path.clear();
        self.dirs.clear();
    }

    /// The last one on the way of a path, and where its own ends. Those that are not on it are let go of.
    fn nearest(&mut self, path: &[u8]) -> Option<(usize, Arc<dyn Dir>)> {
        let same = if path.starts_with(&self.path) {
            self.path.len()
        } else {
            self.path.iter().zip(path).take_while(|(one, other)| one == other).count()
        };
        self.dirs.retain(|(end, _)| *end <= same && path.get(*end) == Some(&b'/'));
        self.dirs.last().map(|(end, dir)| (*end, Arc::clone(dir)))
    }

    fn put(&mut self, path: &[u8], end: usize, dir: Arc<dyn Dir>) {
        path[..end].clone_into(&mut self.path);
        if self.dirs.len() == MOST_FAR {
            self.dirs.remove(0);
        }
        self.dirs.push((end, dir));
    }
}

/// What a directory holds under a name.
pub(super) struct Listed {
    pub name: Box<[u8]>,
    pub filetype: Filetype,
}

/// To write, making what is missing.
const CREATE: OpenOptions = OpenOptions {
    access: Access::ReadWrite,
    follow: false,
    create: true,
    exclusive: true,
    ..OpenOptions::READ
};

impl Layer {
    /// The tree beneath `root`. `ours` says that nobody else changes it.
    pub(super) const fn new(root: Box<dyn Dir>, ours: bool) -> Self {
        Self { root, far: Mutex::new(Far { path: Vec::new(), dirs: Vec::new(), walker: 0 }), ours }
    }

    /// This thread walks along a path: until [`Layer::walked`] it goes on from the directories that it came through, also where
    /// somebody else may move them meanwhile.
    pub(super) fn walks(&self) {
        if !self.ours {
            self.far().walk(asking::me());
        }
    }

    /// A walk is over: the next one finds what is there then.
    pub(super) fn walked(&self) {
        if !self.ours {
            self.far().walk(0);
        }
    }

    /// What is known of the root.
    pub(super) fn root(&self) -> Result<Filestat> {
        self.root.stat()
    }

    /// What is known of what a path names; `None` where nothing has it.
    pub(super) fn stat(&self, path: &[u8]) -> Result<Option<Filestat>> {
        there(self.at(path, |dir, path| dir.stat_at(path, false)))
    }

    /// Whether something has this name.
    pub(super) fn has(&self, path: &[u8]) -> Result<bool> {
        Ok(self.stat(path)?.is_some())
    }

    /// Opens a regular file. Errors: also `Stale` where it has become something else.
    pub(super) fn file(&self, path: &[u8], access: Access) -> Result<Arc<dyn File>> {
        let options = OpenOptions { access, follow: false, ..OpenOptions::READ };
        self.open_file(path, options)
    }

    /// Makes a regular file, and opens it to read and write. Errors: `Exist`.
    pub(super) fn create(&self, path: &[u8]) -> Result<Arc<dyn File>> {
        self.open_file(path, CREATE)
    }

    /// Opens a regular file to write it anew, and makes it where it is missing.
    pub(super) fn rewrite(&self, path: &[u8]) -> Result<Arc<dyn File>> {
        self.open_file(path, OpenOptions { exclusive: false, truncate: true, ..CREATE })
    }

    fn open_file(&self, path: &[u8], options: OpenOptions) -> Result<Arc<dyn File>> {
        match self.at(path, |dir, path| dir.open(path, options))? {
            Opened::File(file) => Ok(Arc::from(file)),
            Opened::Dir(_) | Opened::Special(_) => Err(Errno::Stale),
        }
    }

    /// Opens what is neither file nor directory.
    pub(super) fn special(&self, path: &[u8], access: Access) -> Result<Opened> {
        let options = OpenOptions { access, follow: false, ..OpenOptions::READ };
        match self.at(path, |dir, path| dir.open(path, options))? {
            special @ Opened::Special(_) => Ok(special),
            Opened::File(_) | Opened::Dir(_) => Err(Errno::Stale),
        }
    }

    /// Opens a directory.
    pub(super) fn dir(&self, path: &[u8]) -> Result<Box<dyn Dir>> {
        self.at(path, open_dir)
    }

    /// The target of a link.
    pub(super) fn read_link(&self, path: &[u8]) -> Result<Box<[u8]>> {
        let mut target = vec![0; MAX_PATH + 1];
        let len = self.at(path, |dir, path| dir.read_link(path, &mut target))?;
        Ok(target[..len.min(MAX_PATH)].into())
    }

    /// The permission bits; `None` where there are none.
    pub(super) fn mode(&self, path: &[u8]) -> Result<Option<u32>> {
        match self.at(path, |dir, path| dir.mode_at(path, false)) {
            Err(Errno::Notsup) => Ok(None),
            mode => mode.map(Some),
        }
    }

    /// Hands out all that a directory holds, until `each` breaks.
    pub(super) fn list(
        &self,
        path: &[u8],
        each: &mut dyn FnMut(&[u8], Filetype) -> ControlFlow<()>,
    ) -> Result<()> {
        let dir = self.dir(path)?;
        let mut cookie = 0;
        loop {
            let listed = dir.list(cookie, &mut |entry| {
                cookie = entry.next;
                each(entry.name, entry.filetype)
            });
            if listed != Err(Errno::Again) {
                return listed;
            }
        }
    }

    /// All that a directory holds.
    pub(super) fn entries(&self, path: &[u8]) -> Result<Vec<Listed>> {
        let mut entries = Vec::new();
        self.list(path, &mut |name, filetype| {
            entries.push(Listed { name: name.into(), filetype });
            ControlFlow::Continue(())
        })?;
        Ok(entries)
    }

    /// Whether a directory holds nothing at all.
    pub(super) fn is_empty(&self, path: &[u8]) -> Result<bool> {
        let mut empty = true;
        self.list(path, &mut |_, _| {
            empty = false;
            ControlFlow::Break(())
        })?;
        Ok(empty)
    }

    pub(super) fn set_mode(&self, path: &[u8], mode: u32) -> Result<()> {
        self.at(path, |dir, path| dir.set_mode_at(path, false, mode))
    }

    pub(super) fn set_times(&self, path: &[u8], times: SetTimes) -> Result<()> {
        if path.is_empty() {
            return self.root.set_times(times);
        }
        self.at(path, |dir, path| dir.set_times_at(path, false, times))
    }

    pub(super) fn create_dir(&self, path: &[u8]) -> Result<()> {
        self.at(path, |dir, path| dir.create_dir(path))
    }

    pub(super) fn remove_dir(&self, path: &[u8]) -> Result<()> {
        self.goes(path);
        self.at(path, |dir, path| dir.remove_dir(path))
    }

    pub(super) fn unlink(&self, path: &[u8]) -> Result<()> {
        self.at(path, |dir, path| dir.unlink(path))
    }

    /// Makes a link, wherever it leads: its target was checked when it was made.
    pub(super) fn symlink(&self, target: &[u8], path: &[u8]) -> Result<()> {
        let target = with_nul(target);
        self.at(path, |dir, path| dir.symlink(LinkTarget::of_host(&target)?, path))
    }

    pub(super) fn link(&self, path: &[u8], new: &[u8]) -> Result<()> {
        self.both(path, new, |dir, path, to, new| dir.link(path, false, to, new))
    }

    pub(super) fn rename(&self, path: &[u8], new: &[u8]) -> Result<()> {
        self.goes(path);
        self.goes(new);
        self.both(path, new, |dir, path, to, new| dir.rename(path, to, new))
    }

    /// Does something to what a path of any length names: in a directory from which what remains of the path is short.
    fn at<R>(&self, path: &[u8], act: impl FnOnce(&dyn Dir, Path<'_>) -> Result<R>) -> Result<R> {
        let fits = path.len() <= MAX_PATH;
        if is_near(path) {
            return with_path(if path.is_empty() { b"." } else { path }, |path| act(&*self.root, path));
        }
        let (remembers, nearest) = {
            let mut far = self.far();
            let remembers = self.ours || far.walker == asking::me();
            if fits && !self.ours && far.path.len() > MAX_PATH {
                far.forget();
            }
            (remembers, if fits && !remembers { None } else { far.nearest(path) })
        };
        if fits && !remembers {
            return with_path(path, |path| act(&*self.root, path));
        }
        let (mut done, mut dir) = nearest.map_or((0, None), |(end, dir)| (end + 1, Some(dir)));
        while if remembers { !is_near(&path[done..]) } else { path.len() - done > FAR } {
            let left = &path[done..];
            let rest = &left[..left.len().min(MAX_PATH)];
            // The last step is short, so that what is looked for next begins near.
            let last = if remembers { last_step(left) } else { left.len() - FAR / 2 };
            let near = rest.len().min(last);
            let before = rest[..near].iter().rposition(|byte| *byte == b'/');
            // A name may be longer than a step.
            let behind = || rest[near..].iter().position(|byte| *byte == b'/').map(|slash| near + slash);
            let Some(slash) = before.or_else(behind) else { break };
            let next =
                with_path(&rest[..slash], |path| open_dir(dir.as_deref().unwrap_or(&*self.root), path));
            // Where the path need not be divided, what is wrong with it, or with descriptors, is for `act` to say. But a lower in
            // JavaScript that threw is not asked again.
            let next: Arc<dyn Dir> = match next {
                Err(errno) if fits && errno != Errno::Io => break,
                next => Arc::from(next?),
            };
            done += slash + 1;
            self.far().put(path, done - 1, Arc::clone(&next));
            dir = Some(next);
        }
        with_path(&path[done..], |path| act(dir.as_deref().unwrap_or(&*self.root), path))
    }

    fn far(&self) -> MutexGuard<'_, Far> {
        self.far.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A directory may be elsewhere from now on: it and what is in it are forgotten, not those on the way to it.
    fn goes(&self, path: &[u8]) {
        self.far().nearest(path);
    }

    fn both(
        &self,
        path: &[u8],
        new: &[u8],
        act: impl FnOnce(&dyn Dir, Path<'_>, &dyn Dir, Path<'_>) -> Result<()>,
    ) -> Result<()> {
        if path.len() <= MAX_PATH && new.len() <= MAX_PATH {
            return with_path(path, |path| with_path(new, |new| act(&*self.root, path, &*self.root, new)));
        }
        let ((dir, path), (to, new)) = (split(path), split(new));
        let (dir, to) = (self.dir(dir)?, self.dir(to)?);
        with_path(path, |path| with_path(new, |new| act(&*dir, path, &*to, new)))
    }
}

/// Opens a directory by its path in another.
pub(super) fn open_dir(dir: &dyn Dir, path: Path<'_>) -> Result<Box<dyn Dir>> {
    match dir.open(path, OpenOptions { directory: true, follow: false, ..OpenOptions::READ })? {
        Opened::Dir(dir) => Ok(dir),
        Opened::File(_) | Opened::Special(_) => Err(Errno::Notdir),
    }
}

/// Calls `act` with names that a tree listed, or a guest's, which were checked.
pub(super) fn with_path<R>(path: &[u8], act: impl FnOnce(Path<'_>) -> Result<R>) -> Result<R> {
    act(Path::of_host(&with_nul(path))?)
}

fn with_nul(text: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len() + 1);
    bytes.extend_from_slice(text);
    bytes.push(0);
    bytes
}

/// An answer, of which nothing being there is one.
pub(super) fn there<T>(answer: Result<T>) -> Result<Option<T>> {
    match answer {
        Ok(found) => Ok(Some(found)),
        Err(Errno::Noent | Errno::Notdir) => Ok(None),
        Err(errno) => Err(errno),
    }
}
