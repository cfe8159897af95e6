//! One open descriptor: what it stands for, with the rights, the flags and the offset that belong to it.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::abi::{Errno, Fdflags, Fdstat, Filetype, Rights};
use crate::stdio::Stream;
use crate::vfs::{Dir, File};

/// What a descriptor stands for.
pub enum Object {
    /// A regular file; the offset is the descriptor's.
    File(Box<dyn File>),
    /// A directory.
    Dir(Box<dyn Dir>),
    /// A stream, which keeps its own place. Guests may share one.
    Stream(Arc<dyn Stream>),
}

/// What changes a file elsewhere than where it is written.
const RESHAPES: Rights =
    Rights::FD_ALLOCATE.with(Rights::FD_FILESTAT_SET_SIZE).with(Rights::FD_FILESTAT_SET_TIMES);

/// A descriptor. Threads of one guest share it.
pub struct Entry {
    object: Object,
    filetype: Filetype,
    /// The guest's name for a directory that was there from the start.
    preopen: Option<Box<[u8]>>,
    base: AtomicU64,
    inheriting: AtomicU64,
    flags: AtomicU32,
    offset: Mutex<u64>,
}

impl Entry {
    /// A descriptor with all the rights that its type can have, as far as its directions allow.
    pub fn new(object: Object, filetype: Filetype) -> Self {
        let (base, inheriting) = Self::most(&object, filetype);
        Self::with_rights(object, filetype, base, inheriting, Fdflags::default())
    }

    /// A descriptor with the rights given.
    pub fn with_rights(
        object: Object,
        filetype: Filetype,
        base: Rights,
        inheriting: Rights,
        flags: Fdflags,
    ) -> Self {
        Self {
            object,
            filetype,
            preopen: None,
            base: AtomicU64::new(base.0),
            inheriting: AtomicU64::new(inheriting.0),
            flags: AtomicU32::new(flags.bits()),
            offset: Mutex::new(0),
        }
    }

    /// A directory that is open from the start, under the guest's name for it.
    pub fn preopen(name: Box<[u8]>, dir: Box<dyn Dir>) -> Self {
        Self { preopen: Some(name), ..Self::new(Object::Dir(dir), Filetype::Directory) }
    }

    /// The most rights that an object can have: (base, inheriting).
    pub fn most(object: &Object, filetype: Filetype) -> (Rights, Rights) {
        let Object::Stream(stream) = object else { return Rights::of(filetype, false) };
        let (base, inheriting) = Rights::of(filetype, stream.is_terminal());
        let (reads, writes) = stream.directions();
        let base = if reads { base } else { base.without(Rights::FD_READ) };
        let base = if writes { base } else { base.without(Rights::FD_WRITE) };
        // RATIONALE.md: "Why can a guest not go back in the host's own output?"
        let base = match (stream.is_shared() && filetype == Filetype::RegularFile, writes) {
            (true, true) => base.without(RESHAPES).without(Rights::FD_SEEK),
            (true, false) => base.without(RESHAPES),
            (false, _) => base,
        };
        (base, inheriting)
    }

    /// What it stands for.
    pub const fn object(&self) -> &Object {
        &self.object
    }

    /// The directory. Errors: `Notdir`.
    pub fn dir(&self) -> Result<&dyn Dir, Errno> {
        match &self.object {
            Object::Dir(dir) => Ok(dir.as_ref()),
            _ => Err(Errno::Notdir),
        }
    }

    /// The regular file, also behind a stream. Errors: `Badf` for a directory, `Spipe`.
    pub fn file(&self) -> Result<&dyn File, Errno> {
        match &self.object {
            Object::File(file) => Ok(file.as_ref()),
            Object::Stream(stream) => stream.as_file().ok_or(Errno::Spipe),
            Object::Dir(_) => Err(Errno::Badf),
        }
    }

    /// The guest's name for a directory that was there from the start.
    pub fn preopen_name(&self) -> Option<&[u8]> {
        self.preopen.as_deref()
    }

    /// What it was called, where it is a directory that was there from the start, and what it stands for.
    pub fn into_parts(self) -> (Option<Box<[u8]>>, Object) {
        (self.preopen, self.object)
    }

    /// Its type.
    pub const fn filetype(&self) -> Filetype {
        self.filetype
    }

    /// What may be done with it.
    pub fn base(&self) -> Rights {
        Rights(self.base.load(Ordering::Relaxed))
    }

    /// What may be done with the descriptors opened through it.
    pub fn inheriting(&self) -> Rights {
        Rights(self.inheriting.load(Ordering::Relaxed))
    }

    /// Gives rights up. Errors: `Notcapable` where it has not got them.
    pub fn restrict(&self, base: Rights, inheriting: Rights) -> Result<(), Errno> {
        if !self.base().contains(base) || !self.inheriting().contains(inheriting) {
            return Err(Errno::Notcapable);
        }
        // `and`, not a store: of two threads that restrict at once, neither gives back what the other took.
        self.base.fetch_and(base.0, Ordering::Relaxed);
        self.inheriting.fetch_and(inheriting.0, Ordering::Relaxed);
        Ok(())
    }

    /// How it writes and waits.
    pub fn flags(&self) -> Fdflags {
        Fdflags::truncate(self.flags.load(Ordering::Relaxed))
    }

    /// Changes how it writes and waits.
    pub fn set_flags(&self, flags: Fdflags) {
        self.flags.store(flags.bits(), Ordering::Relaxed);
    }

    /// All of it, as a guest asks.
    pub fn fdstat(&self) -> Fdstat {
        Fdstat {
            filetype: self.filetype,
            flags: self.flags(),
            rights_base: self.base(),
            rights_inheriting: self.inheriting(),
        }
    }

    /// The offset, bytes; held while bytes are transferred, so that two threads never read the same ones.
    pub fn offset(&self) -> MutexGuard<'_, u64> {
        self.offset.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
