//! What an overlay is made of, and what it would be compared with: directories of the host's, or of memory.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use preopen::vfs::Dir;
use preopen::vfs::host::{HostDir, MountOptions};
use preopen::vfs::memory::{Limits, MemoryFs};

use crate::files::ground::{empty, ground};

/// A tree that can be opened again.
pub(crate) enum Layer {
    Host(PathBuf),
    Memory(Arc<MemoryFs>),
}

impl Layer {
    /// An empty one. That of the host's has a place of this name, which nobody else has.
    pub(crate) fn new(is_host: bool, name: &str) -> Self {
        if is_host { Self::Host(place(name)) } else { Self::Memory(MemoryFs::new(Limits::default())) }
    }

    /// Its root.
    pub(crate) fn root(&self) -> Box<dyn Dir> {
        match self {
            Self::Host(at) => Box::new(HostDir::open_ambient(at, MountOptions::default()).unwrap()),
            Self::Memory(fs) => Box::new(fs.root()),
        }
    }
}

impl Drop for Layer {
    fn drop(&mut self) {
        if let Self::Host(at) = self {
            empty(at);
        }
    }
}

fn place(name: &str) -> PathBuf {
    let at = common().join(name);
    fs::create_dir_all(&at).unwrap();
    at
}

/// Where all of them are.
pub(crate) fn common() -> PathBuf {
    Path::new(ground()).join("overlay")
}
