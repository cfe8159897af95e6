//! A file, directory or link in memory, whatever names it has.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use rustix::time::{ClockId, clock_gettime};

use super::Shared;
use super::content::Content;
use super::entries::Entries;
use crate::abi::{Errno, Filestat, Filetype};
use crate::vfs::{Result, SetTime, SetTimes};

/// What has an inode number. It lives as long as it has a name or is open.
pub struct Node {
    pub(super) shared: Arc<Shared>,
    ino: u64,
    /// How many names it has, a directory also its own `.` and its children's `..`. Changed by whoever holds the tree's lock.
    links: AtomicU32,
    mode: AtomicU32,
    access: AtomicU64,
    modified: AtomicU64,
    changed: AtomicU64,
    kind: Kind,
}

/// What a node is.
pub(super) enum Kind {
    File(RwLock<Content>),
    Dir(Mutex<Box<Entries>>),
    Link(Box<[u8]>),
}

impl Node {
    /// A new node without a name. Errors: `Nospc`.
    pub(super) fn new(shared: &Arc<Shared>, kind: Kind) -> Result<Arc<Self>> {
        shared.quota.take_inode()?;
        if let Kind::Link(target) = &kind {
            shared.quota.take(target.len() as u64).inspect_err(|_| shared.quota.give_back_inode())?;
        }
        Ok(Self::uncounted(shared, kind))
    }

    /// A node for which the quota was taken.
    pub(super) fn uncounted(shared: &Arc<Shared>, kind: Kind) -> Arc<Self> {
        let now = now();
        let (links, mode) = match kind {
            Kind::File(_) => (0, 0o644),
            Kind::Dir(_) => (2, 0o755),
            Kind::Link(_) => (0, 0o777),
        };
        Arc::new(Self {
            shared: Arc::clone(shared),
            ino: shared.last_ino.fetch_add(1, Ordering::Relaxed) + 1,
            links: AtomicU32::new(links),
            mode: AtomicU32::new(mode),
            access: AtomicU64::new(now),
            modified: AtomicU64::new(now),
            changed: AtomicU64::new(now),
            kind,
        })
    }

    /// Its number.
    pub const fn ino(&self) -> u64 {
        self.ino
    }

    pub(super) const fn kind(&self) -> &Kind {
        &self.kind
    }

    pub(super) const fn filetype(&self) -> Filetype {
        match self.kind {
            Kind::File(_) => Filetype::RegularFile,
            Kind::Dir(_) => Filetype::Directory,
            Kind::Link(_) => Filetype::SymbolicLink,
        }
    }

    pub(super) const fn is_dir(&self) -> bool {
        matches!(self.kind, Kind::Dir(_))
    }

    /// A directory's entries. Errors: `Notdir`.
    pub(super) fn entries(&self) -> Result<MutexGuard<'_, Box<Entries>>> {
        match &self.kind {
            Kind::Dir(entries) => Ok(entries.lock().unwrap_or_else(PoisonError::into_inner)),
            _ => Err(Errno::Notdir),
        }
    }

    /// A file's bytes, to read. Errors: `Inval`.
    pub(super) fn content(&self) -> Result<RwLockReadGuard<'_, Content>> {
        match &self.kind {
            Kind::File(content) => Ok(content.read().unwrap_or_else(PoisonError::into_inner)),
            _ => Err(Errno::Inval),
        }
    }

    /// A file's bytes, to write. Errors: `Inval`.
    pub(super) fn content_mut(&self) -> Result<RwLockWriteGuard<'_, Content>> {
        match &self.kind {
            Kind::File(content) => Ok(content.write().unwrap_or_else(PoisonError::into_inner)),
            _ => Err(Errno::Inval),
        }
    }

    pub(super) fn stat(&self) -> Filestat {
        let size = match &self.kind {
            Kind::File(content) => content.read().unwrap_or_else(PoisonError::into_inner).len(),
            // What a directory's size is, every filesystem decides for itself.
            Kind::Dir(entries) => {
                let len = entries.lock().unwrap_or_else(PoisonError::into_inner).len();
                (len * std::mem::size_of::<super::entries::Slot>()) as u64
            }
            Kind::Link(target) => target.len() as u64,
        };
        Filestat {
            dev: self.shared.dev,
            ino: self.ino,
            filetype: self.filetype(),
            nlink: self.links().into(),
            size,
            atim: self.access.load(Ordering::Relaxed),
            mtim: self.modified.load(Ordering::Relaxed),
            ctim: self.changed.load(Ordering::Relaxed),
        }
    }

    pub(super) fn links(&self) -> u32 {
        self.links.load(Ordering::Relaxed)
    }

    /// Sets the number of names; the caller holds the tree's lock.
    pub(super) fn set_links(&self, links: u32) {
        self.links.store(links, Ordering::Relaxed);
    }

    /// One name more; the caller holds the tree's lock. Errors: `Mlink`.
    pub(super) fn add_link(&self) -> Result<()> {
        self.set_links(self.links().checked_add(1).ok_or(Errno::Mlink)?);
        Ok(())
    }

    /// One name less; the caller holds the tree's lock.
    pub(super) fn drop_link(&self) {
        self.set_links(self.links().saturating_sub(1));
    }

    pub(super) fn mode(&self) -> u32 {
        self.mode.load(Ordering::Relaxed)
    }

    pub(super) fn set_mode(&self, mode: u32) {
        self.mode.store(mode & 0o7777, Ordering::Relaxed);
        self.touch_changed();
    }

    pub(super) fn set_times(&self, times: SetTimes) {
        let SetTimes { access, modified } = times;
        if access.is_none() && modified.is_none() {
            return;
        }
        let now = now();
        for (time, place) in [(access, &self.access), (modified, &self.modified)] {
            match time {
                None => {}
                Some(SetTime::Now) => place.store(now, Ordering::Relaxed),
                Some(SetTime::At(time)) => place.store(time, Ordering::Relaxed),
            }
        }
        self.changed.store(now, Ordering::Relaxed);
    }

    /// It was read. The time is kept once after each change, as Linux does by default (`relatime`): that tells whether what
    /// was written has been read, and costs a read nothing more.
    pub(super) fn touch_access(&self) {
        let access = self.access.load(Ordering::Relaxed);
        if access <= self.modified.load(Ordering::Relaxed) || access <= self.changed.load(Ordering::Relaxed) {
            self.access.store(now(), Ordering::Relaxed);
        }
    }

    /// Its data was written.
    pub(super) fn touch_modified(&self) {
        let now = now();
        self.modified.store(now, Ordering::Relaxed);
        self.changed.store(now, Ordering::Relaxed);
    }

    /// Its names or metadata changed.
    pub(super) fn touch_changed(&self) {
        self.changed.store(now(), Ordering::Relaxed);
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        let quota = &self.shared.quota;
        quota.give_back_inode();
        match &mut self.kind {
            Kind::File(content) => {
                quota.give_back(content.get_mut().unwrap_or_else(PoisonError::into_inner).cost());
            }
            Kind::Link(target) => quota.give_back(target.len() as u64),
            Kind::Dir(entries) => {
                // One after the other: a tree may be deeper than the stack.
                let mut rest: Vec<_> =
                    entries.get_mut().unwrap_or_else(PoisonError::into_inner).drain().collect();
                while let Some(node) = rest.pop() {
                    if let Some(mut node) = Arc::into_inner(node)
                        && let Kind::Dir(entries) = &mut node.kind
                    {
                        rest.extend(entries.get_mut().unwrap_or_else(PoisonError::into_inner).drain());
                    }
                }
            }
        }
    }
}

/// ns since 1970, as old as the kernel's last tick: filesystems take no better one, and it costs a tenth.
fn now() -> u64 {
    let now = clock_gettime(ClockId::RealtimeCoarse);
    let seconds = u64::try_from(now.tv_sec).unwrap_or(0);
    seconds.saturating_mul(1_000_000_000).saturating_add(u64::try_from(now.tv_nsec).unwrap_or(0))
}
