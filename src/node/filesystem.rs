//! A filesystem that JavaScript holds, mounts into guests, and reads and writes itself.

use std::sync::Arc;

use napi_derive::napi;

use crate::abi::Errno;
use crate::vfs::{Dir, OpenOptions, Opened, Path};

/// A filesystem of any kind, by its root.
#[napi]
pub struct FileSystem {
    root: Arc<dyn Dir>,
}

impl FileSystem {
    /// One of this root.
    pub fn new(root: Arc<dyn Dir>) -> Self {
        Self { root }
    }

    /// The root, opened once more: for a guest that mounts it.
    pub fn mount(&self) -> Result<Box<dyn Dir>, Errno> {
        let here = Path::new(b".\0")?;
        match self.root.open(here, OpenOptions { directory: true, ..OpenOptions::READ })? {
            Opened::Dir(dir) => Ok(dir),
            Opened::File(_) | Opened::Special(_) => Err(Errno::Notdir),
        }
    }
}
