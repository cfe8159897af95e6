//! The kinds of filesystems that the suite is about, and how each comes to hold the tree that a case begins with.

use std::any::Any;
use std::path::Path;

use preopen::vfs::host::{HostDir, MountOptions, Resolution};
use preopen::vfs::memory::{Limits, MemoryFs};
use preopen::vfs::overlay::Overlay;
use preopen::vfs::{Dir, Files, ReadOnly, WithFiles};

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
    let kinds: Vec<Box<dyn Kind>> = vec![
        Box::new(Host::on_a_disk()),
        Box::new(Host { name: "host, walking", resolution: Resolution::Walk }),
        Box::new(Memory),
        Box::new(OverlayBelow),
        Box::new(OverlayHalf),
        Box::new(WithoutFiles("host, in which files could be mounted", Box::new(Host::on_a_disk()))),
        Box::new(WithoutFiles("memory, in which files could be mounted", Box::new(Memory))),
        Box::new(ReadOnlyOf("read-only host", Box::new(Host::on_a_disk()))),
        Box::new(ReadOnlyOf("read-only memory", Box::new(Memory))),
    ];
    #[cfg(feature = "virtual-fs-tests")]
    let kinds = kinds.into_iter().chain(crate::foreign::contract::kinds()).collect();
    kinds
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

/// An overlay of which all is in the lower.
struct OverlayBelow;

impl Kind for OverlayBelow {
    fn name(&self) -> &'static str {
        "overlay, all below"
    }

    fn fresh(&self, start: &[Planted<'_>]) -> Fresh {
        let Fresh { dir, keep } = Host::on_a_disk().fresh(start);
        let upper = MemoryFs::new(Limits::default()).root();
        Fresh { dir: Box::new(Overlay::new(dir, Box::new(upper)).unwrap().root()), keep }
    }

    fn differs(&self) -> &'static [(&'static str, &'static str)] {
        &[READ_TO_KNOW]
    }
}

/// An overlay of which every second thing is in the upper, all directories in both, and whiteouts hide the rest of the lower.
struct OverlayHalf;

impl Kind for OverlayHalf {
    fn name(&self) -> &'static str {
        "overlay, half above"
    }

    fn fresh(&self, start: &[Planted<'_>]) -> Fresh {
        let above = tempfile::tempdir().unwrap();
        for planted in start.iter().enumerate().filter_map(|(at, planted)| match planted {
            Planted::File(name, _) | Planted::Link(_, name) if at % 2 == 0 => {
                // What the upper has hides what the lower has.
                Some((planted, name))
            }
            _ => None,
        }) {
            if let Some((parent, _)) = planted.1.rsplit_once('/') {
                std::fs::create_dir_all(above.path().join(parent)).unwrap();
            }
            plant(above.path(), &[*planted.0]);
        }
        let Fresh { dir, keep } = Host::on_a_disk().fresh(start);
        let upper = MemoryFs::new(Limits::default()).root();
        copy_into(above.path(), &upper);
        Fresh { dir: Box::new(Overlay::new(dir, Box::new(upper)).unwrap().root()), keep }
    }

    fn differs(&self) -> &'static [(&'static str, &'static str)] {
        &[READ_TO_KNOW]
    }
}

const READ_TO_KNOW: (&str, &str) =
    ("what_fails_changes_nothing", "whether a directory is empty is found by reading it");

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

/// Any other kind, as it is beneath mounted files, of which here are none.
struct WithoutFiles(&'static str, Box<dyn Kind>);

impl Kind for WithoutFiles {
    fn name(&self) -> &'static str {
        self.0
    }

    fn fresh(&self, start: &[Planted<'_>]) -> Fresh {
        let Fresh { dir, keep } = self.1.fresh(start);
        Fresh { dir: WithFiles::mount(Some(dir), Files::new()), keep }
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
