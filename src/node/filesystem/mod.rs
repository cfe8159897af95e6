//! A filesystem that JavaScript holds, mounts into guests, and reads and writes itself.
//!
//! `lib/filesystem/` has the names, options and errors of node:fs, and validates what callers pass. What it calls here answers
//! with numbers: a negative one is an errno of preview1's, negated, of which it makes an error.

mod files;
mod listing;
mod names;
mod open_file;
mod overlay;
mod populate;
mod snapshots;
mod tar;
mod values;
mod whole;

use std::cell::RefCell;
use std::sync::Arc;

use napi::Either;
use napi_derive::napi;

use super::error::negated;
use crate::abi::Errno;
use crate::vfs::host::{HostDir, MountOptions};
use crate::vfs::memory::{Limits, MemoryFs, Usage};
use crate::vfs::overlay::Overlay;
use crate::vfs::{Dir, OpenOptions, Opened, Path, Rooted};
use open_file::OpenFiles;

/// A filesystem of any kind, by its root, and the files that JavaScript has open in it.
#[napi]
pub struct FileSystem {
    root: Rooted,
    /// Where it is in memory: what it holds, and what it may.
    memory: Option<Arc<MemoryFs>>,
    /// Where it is an overlay: what was changed.
    overlay: Option<Arc<Overlay>>,
    open: RefCell<OpenFiles>,
}

impl FileSystem {
    /// One of this root.
    pub fn new(root: Arc<dyn Dir>) -> Self {
        Self { root: Rooted::new(root), memory: None, overlay: None, open: RefCell::default() }
    }

    /// The filesystem in memory, where it is one.
    pub const fn memory(&self) -> Option<&Arc<MemoryFs>> {
        self.memory.as_ref()
    }

    /// The root itself.
    pub const fn root(&self) -> &Arc<dyn Dir> {
        self.root.root()
    }

    /// The root, opened once more: for a guest that mounts it.
    pub fn mount(&self) -> Result<Box<dyn Dir>, Errno> {
        let here = Path::new(b".\0")?;
        match self.root().open(here, OpenOptions { directory: true, ..OpenOptions::READ })? {
            Opened::Dir(dir) => Ok(dir),
            Opened::File(_) | Opened::Special(_) => Err(Errno::Notdir),
        }
    }
}

/// An empty filesystem in memory.
#[napi(catch_unwind)]
pub fn memory(max_bytes: f64, max_inodes: f64) -> FileSystem {
    let memory = MemoryFs::new(Limits { bytes: max_bytes as u64, inodes: max_inodes as u64 });
    FileSystem { memory: Some(Arc::clone(&memory)), ..FileSystem::new(Arc::new(memory.root())) }
}

#[napi]
impl FileSystem {
    /// What it holds and may hold: bytes, inodes, and the most of both. Nothing where it is not in memory.
    #[napi(catch_unwind)]
    pub fn usage(&self) -> Option<Vec<f64>> {
        let memory = self.memory.as_ref()?;
        let (Usage { bytes, inodes }, limits) = (memory.usage(), memory.limits());
        Some([bytes, inodes, limits.bytes, limits.inodes].map(|number| number as f64).to_vec())
    }
}

/// A directory of the host, or the negated errno. No guest's path gets here.
#[napi(catch_unwind)]
pub fn host_directory(path: String) -> Either<FileSystem, i32> {
    match directory(&path, false) {
        Ok(dir) => Either::A(FileSystem::new(Arc::from(dir))),
        Err(errno) => Either::B(negated(errno)),
    }
}

fn directory(path: &str, special_files: bool) -> Result<Box<dyn Dir>, Errno> {
    let options = MountOptions { special_files, ..MountOptions::default() };
    Ok(Box::new(HostDir::open_ambient(std::path::Path::new(path), options)?))
}

/// The name of an errno, such as `ENOENT`.
#[napi(catch_unwind)]
pub fn errno_name(errno: u32) -> Option<&'static str> {
    Errno::ALL.get((errno as usize).checked_sub(1)?).map(|errno| errno.name())
}

/// An answer as JavaScript gets it: a number that is not negative, or the negated errno.
fn answer(result: Result<i32, Errno>) -> i32 {
    result.unwrap_or_else(negated)
}

/// The same, of what succeeds without a value.
fn done(result: Result<(), Errno>) -> i32 {
    answer(result.map(|()| 0))
}
