//! Overlays: a host's directory below, a memory filesystem above.

mod bad_lower;
mod changes;
mod commit;
mod copy_up;
mod growth;
mod list;
mod names;
mod random;
mod threads;

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::Path as HostPath;
use std::sync::Arc;

use preopen::abi::{Errno, Filetype};
use preopen::vfs::host::{HostDir, MountOptions};
use preopen::vfs::memory::{Limits, MemoryFs};
use preopen::vfs::overlay::{Change, Overlay};
use preopen::vfs::tree::TreeDir;
use preopen::vfs::{Dir, ReadOnly};

use crate::support::{open_dir, path, snapshot};

/// An overlay over a directory of the host's, which must stay as it is.
struct Fixture {
    lower: tempfile::TempDir,
    upper: Arc<MemoryFs>,
    overlay: Arc<Overlay>,
    root: TreeDir<Overlay>,
}

impl Fixture {
    /// Over what `fill` makes.
    fn new(fill: impl FnOnce(&HostPath)) -> Self {
        Self::limited(Limits::default(), fill)
    }

    fn limited(limits: Limits, fill: impl FnOnce(&HostPath)) -> Self {
        let lower = tempfile::tempdir().unwrap();
        fill(lower.path());
        let upper = MemoryFs::new(limits);
        let overlay = Overlay::new(host(lower.path()), Box::new(upper.root())).unwrap();
        Self { root: overlay.root(), lower, upper, overlay }
    }

    /// The same again, as after a restart that kept the upper.
    fn reopened(self) -> Self {
        let Self { lower, upper, overlay: _, root: _ } = self;
        let overlay = Overlay::new(host(lower.path()), Box::new(upper.root())).unwrap();
        Self { root: overlay.root(), lower, upper, overlay }
    }

    fn lower(&self, at: &str) -> std::path::PathBuf {
        self.lower.path().join(at)
    }

    fn lower_now(&self) -> BTreeMap<String, String> {
        snapshot(self.lower.path())
    }

    /// All of the upper, also what no guest sees.
    fn upper_names(&self) -> Vec<String> {
        tree(&self.upper.root()).into_keys().collect()
    }

    fn changes(&self) -> Vec<String> {
        self.overlay.changes().unwrap().iter().map(told).collect()
    }

    fn commit(&self) -> Vec<String> {
        self.overlay.commit().unwrap().iter().map(told).collect()
    }
}

/// A change in one line.
fn told(change: &Change) -> String {
    let what = match change.filetype {
        Filetype::Directory => "directory",
        Filetype::SymbolicLink => "symlink",
        _ => "file",
    };
    format!("{:?} {what} {}", change.kind, String::from_utf8_lossy(&change.path))
}

/// A directory of the host's.
fn host(at: &HostPath) -> Box<dyn Dir> {
    Box::new(HostDir::open_ambient(at, MountOptions::default()).unwrap())
}

/// A directory of the host's that refuses every change.
fn host_read_only(at: &HostPath) -> Box<dyn Dir> {
    Box::new(ReadOnly(host(at)))
}

/// All that is in a directory, by path: what the kinds can be compared by.
pub fn tree(dir: &dyn Dir) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut open = vec![String::new()];
    while let Some(at) = open.pop() {
        let here = if at.is_empty() { ".".to_owned() } else { at.clone() };
        let listed = open_dir(dir, &here).unwrap();
        let mut names = Vec::new();
        let mut cookie = 0;
        loop {
            let done = listed.list(cookie, &mut |entry| {
                cookie = entry.next;
                names.push((String::from_utf8(entry.name.to_vec()).unwrap(), entry.filetype, entry.ino));
                ControlFlow::Continue(())
            });
            if done != Err(Errno::Again) {
                done.unwrap();
                break;
            }
        }
        for (name, filetype, ino) in names {
            let at = if at.is_empty() { name } else { format!("{at}/{name}") };
            let stat = dir.stat_at(path(&at), false).unwrap_or_else(|errno| panic!("{at}: {errno:?}"));
            assert_eq!((filetype, ino), (stat.filetype, stat.ino), "{at} is listed as what it is");
            let mode = dir.mode_at(path(&at), false).unwrap();
            let what = match stat.filetype {
                Filetype::Directory => {
                    open.push(at.clone());
                    format!("directory {mode:o}")
                }
                Filetype::SymbolicLink => {
                    let mut target = [0; 100];
                    let len = dir.read_link(path(&at), &mut target).unwrap();
                    format!("link to {}", String::from_utf8_lossy(&target[..len]))
                }
                _ => {
                    let bytes = crate::support::read(dir, &at).unwrap();
                    // Only the beginning was read.
                    assert_eq!(stat.size.min(4096), bytes.len() as u64, "{at}");
                    format!("file {mode:o} of {} names: {bytes:?}", stat.nlink)
                }
            };
            assert_eq!(found.insert(at, what), None, "listed twice");
        }
    }
    found
}
