//! Calls in a tree in which others move directories and links, in and out, at the same time.

use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Barrier};

use preopen::abi::Errno;
use preopen::vfs::Dir;
use preopen::vfs::host::Resolution;
use rustix::fs::{CWD, Mode, OFlags, RenameFlags, openat, renameat, renameat_with};

use super::outside::Outside;
use super::script::{Move, Script};
use super::workers::mount;
use crate::files::calls::Caller;
use crate::files::planted::plant;

/// How often each guest makes all calls.
const ROUNDS: usize = 6;

/// What the names of things begin with that were taken out of the tree. No call has such a name.
pub(crate) const TAKEN: &str = "taken-";

/// Makes the calls again and again. What they answer depends on who was faster, but nothing is answered that no order explains.
pub(crate) fn be_guest(script: &Script, dir: Arc<dyn Dir>, outside: &Outside) {
    for _ in 0..ROUNDS {
        let mut caller = Caller::new(Arc::clone(&dir));
        for step in &script.steps {
            let answer = caller.make(step);
            outside.is_not_shown(&answer, &(step, script));
            if let Err(errno) = answer {
                assert!(explained(errno), "{step:?} answers {errno:?} in a race: {script:?}");
            }
        }
    }
}

/// Whether a call can answer so because of what is where, or not there, in some order.
fn explained(errno: Errno) -> bool {
    matches!(
        errno,
        Errno::Noent
            | Errno::Notdir
            | Errno::Isdir
            | Errno::Exist
            | Errno::Notempty
            | Errno::Loop
            | Errno::Notcapable
            | Errno::Nametoolong
            | Errno::Inval
            | Errno::Busy
            | Errno::Perm
            | Errno::Notsup
            | Errno::Ilseq
    )
}

/// What the moves of a race need: names in the handles of their directories, so that no link leads them astray.
pub(crate) struct Mover {
    moves: Vec<Move>,
    places: Vec<(OwnedFd, Vec<u8>)>,
    yard: OwnedFd,
}

impl Mover {
    /// Plants the tree of a race in `root`. `yard` is beside it.
    pub(crate) fn new(script: &Script, root: &Path, yard: &Path) -> Self {
        plant(&mount(root, Resolution::Auto), &script.planted);
        let place = |at: &[u8]| {
            let at = Path::new(std::str::from_utf8(at).unwrap_or("a"));
            let parent = handle(&at.parent().map_or_else(|| root.to_path_buf(), |parent| root.join(parent)));
            (parent, at.file_name().unwrap_or_default().as_encoded_bytes().to_vec())
        };
        let places = script.planted.iter().map(|planted| place(&planted.at.0)).collect();
        Self { moves: script.moves.clone(), places, yard: handle(yard) }
    }

    /// Moves until `over`. A name that a guest has moved away is not there to be moved.
    pub(crate) fn run(&self, start: &Barrier, over: &AtomicBool) {
        start.wait();
        while !over.load(Ordering::Relaxed) {
            for one in &self.moves {
                match one {
                    Move::OutAndBack(number) => {
                        let (dir, name) = &self.places[*number];
                        let taken = format!("{TAKEN}{number}");
                        let _ = renameat(dir, &**name, &self.yard, &*taken);
                        let _ = renameat(&self.yard, &*taken, dir, &**name);
                    }
                    Move::Swap(one, other) => {
                        let ((dir, name), (to, new)) = (&self.places[*one], &self.places[*other]);
                        let _ = renameat_with(dir, &**name, to, &**new, RenameFlags::EXCHANGE);
                    }
                }
            }
        }
    }
}

fn handle(at: &Path) -> OwnedFd {
    openat(CWD, at, OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty()).unwrap()
}

/// A place for races: a tree, and a yard beside it.
pub(crate) struct Course {
    pub(crate) root: PathBuf,
    pub(crate) yard: PathBuf,
}

/// The start and the end of a race with so many guests.
pub(crate) fn signals(guests: usize) -> (Arc<Barrier>, AtomicBool) {
    (Arc::new(Barrier::new(guests + 1)), AtomicBool::new(false))
}
