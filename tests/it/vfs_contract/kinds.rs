//! The kinds of filesystems that the suite is about, and how each comes to hold the tree that a case begins with.

use std::any::Any;
use std::path::Path;

use preopen::vfs::host::{HostDir, MountOptions, Resolution};
use preopen::vfs::memory::{Limits, MemoryFs};
use preopen::vfs::{Dir, ReadOnly};

use super::Planted;
use crate::support::copy_into;

/// A filesystem that a case may use up.
pub struct Fresh {
    /// Its root.
    pub dir: Box<dyn Dir>,
    /// What must outlive it.
    pub keep: Box<dyn Any>,
}

/// A kind of filesystem.
pub trait Kind: Send + Sync {
    /// What faults are told under.
    fn name(&self) -> &'static str;

    /// One that holds this tree.
    fn fresh(&self, start: &[Planted<'_>]) -> Fresh;

    /// Whether it can be changed. Of one that cannot, only the cases that read are asked.
    fn writable(&self) -> bool {
        true
    }

    /// The cases and tables that it has to answer otherwise, each with the reason.
    fn differs(&self) -> &'static [(&'static str, &'static str)] {
        &[]
    }

    /// Whether a case or table is one of them.
    fn differs_in(&self, case: &str) -> bool {
        self.differs().iter().any(|(name, _)| *name == case)
    }
}

/// All of them.
pub fn kinds() -> Vec<Box<dyn Kind>> {
    vec![
        Box::new(Host::on_a_disk()),
        Box::new(Host { name: "host, walking", resolution: Resolution::Walk }),
        Box::new(Memory),
        Box::new(ReadOnlyOf("read-only host", Box::new(Host::on_a_disk()))),
        Box::new(ReadOnlyOf("read-only memory", Box::new(Memory))),
    ]
}

/// Directories of the host's.
pub struct Host {
    name: &'static str,
    resolution: Resolution,
}

impl Host {
    /// The kind that the others are compared with.
    pub const fn on_a_disk() -> Self {
        Self { name: "host", resolution: Resolution::Openat2 }
    }
}

impl Kind for Host {
    fn name(&self) -> &'static str {
        self.name
    }

    fn fresh(&self, start: &[Planted<'_>]) -> Fresh {
        let keep = tempfile::tempdir().unwrap();
        plant(keep.path(), start);
        let options = MountOptions { resolution: self.resolution, ..MountOptions::default() };
        Fresh { dir: Box::new(HostDir::open_ambient(keep.path(), options).unwrap()), keep: Box::new(keep) }
    }
}

struct Memory;

impl Kind for Memory {
    fn name(&self) -> &'static str {
        "memory"
    }

    fn fresh(&self, start: &[Planted<'_>]) -> Fresh {
        let of = tempfile::tempdir().unwrap();
        plant(of.path(), start);
        let root = MemoryFs::new(Limits::default()).root();
        copy_into(of.path(), &root);
        Fresh { dir: Box::new(root), keep: Box::new(()) }
    }
}

/// Any other kind, of which nothing can be changed.
struct ReadOnlyOf(&'static str, Box<dyn Kind>);

impl Kind for ReadOnlyOf {
    fn name(&self) -> &'static str {
        self.0
    }

    fn fresh(&self, start: &[Planted<'_>]) -> Fresh {
        let Fresh { dir, keep } = self.1.fresh(start);
        Fresh { dir: Box::new(ReadOnly(dir)), keep }
    }

    fn writable(&self) -> bool {
        false
    }

    fn differs(&self) -> &'static [(&'static str, &'static str)] {
        self.1.differs()
    }
}

/// Makes a tree in a directory of the host's.
pub fn plant(root: &Path, start: &[Planted<'_>]) {
    for planted in start {
        match planted {
            Planted::Dir(at) => std::fs::create_dir(root.join(at)).unwrap(),
            Planted::File(at, text) => std::fs::write(root.join(at), text).unwrap(),
            Planted::Link(target, at) => std::os::unix::fs::symlink(target, root.join(at)).unwrap(),
        }
    }
}
