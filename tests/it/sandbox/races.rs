//! Another thread changes the tree while a path is resolved.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use preopen::abi::Errno;
use preopen::vfs::host::HostDir;
use preopen::vfs::{Dir, OpenOptions};
use rustix::fs::{CWD, RenameFlags, renameat_with};

use super::TIMES;
use crate::support::{CREATE, SECRET, Tree, in_every_mode, open_dir, path, read, target};

/// How long one race is run.
const LONG_ENOUGH: Duration = Duration::from_millis(300);

/// Swaps two names of the host's again and again while `guest` tries its luck, and wants both to have had it.
fn race(one: &std::path::Path, other: &std::path::Path, mut guest: impl FnMut()) {
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let swapper = scope.spawn(|| {
            let mut swaps = 0_u32;
            while !over.load(Ordering::Relaxed) {
                renameat_with(CWD, one, CWD, other, RenameFlags::EXCHANGE).unwrap();
                swaps += 1;
            }
            swaps
        });
        // Also where the guest's part fails, or nobody would learn of it.
        let over_in_the_end = StoreOnDrop(&over);
        let start = Instant::now();
        let mut tries = 0;
        while start.elapsed() < LONG_ENOUGH {
            guest();
            tries += 1;
        }
        drop(over_in_the_end);
        let swaps = swapper.join().unwrap();
        assert!(tries > 10 && swaps > 100, "{tries} tries against {swaps} swaps");
    });
}

struct StoreOnDrop<'a>(&'a AtomicBool);

impl Drop for StoreOnDrop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Everything that could reach `secret.txt` and its directory through `way`.
fn grab(dir: &HostDir, way: &str) {
    let at = |name: &str| path(&format!("{way}/{name}"));
    if let Ok(text) = read(dir, &format!("{way}/secret.txt")) {
        assert_ne!(text, SECRET);
    }
    // One answer of many: what is refused may be refused by any of the states that the names go through.
    let _ = dir.open(at("secret.txt"), OpenOptions { truncate: true, ..OpenOptions::READ });
    let _ = dir.open(at("new"), CREATE);
    let _ = dir.set_times_at(at("secret.txt"), true, TIMES);
    let _ = dir.set_times_at(at("."), true, TIMES);
    let _ = dir.create_dir(at("new-dir"));
    let _ = dir.remove_dir(at("dir"));
    let _ = dir.symlink(target("x", "x"), at("new-link"));
    let _ = dir.link(path("file"), false, dir, at("new-hard"));
    let _ = dir.link(at("secret.txt"), true, dir, path("taken"));
    let _ = dir.rename(at("secret.txt"), dir, path("taken"));
    let _ = dir.unlink(at("secret.txt"));
    if let Ok(dir) = open_dir(dir, way) {
        assert_ne!(read(dir.as_ref(), "secret.txt").as_deref(), Ok(SECRET));
    }
    if let Ok(stat) = dir.stat_at(at("secret.txt"), true) {
        assert_ne!(stat.size, SECRET.len() as u64);
    }
    assert_ne!(read(dir, "taken").as_deref(), Ok(SECRET));
}

#[test]
fn a_directory_swapped_for_a_link() {
    in_every_mode(|options| {
        let tree = Tree::new();
        tree.link("../outside", "link");
        let dir = tree.mount(options);
        let before = tree.outside_now();
        race(&tree.root("dir"), &tree.root("link"), || grab(&dir, "dir"));
        assert_eq!(tree.outside_now(), before);
    });
}

#[test]
fn a_directory_swapped_for_a_link_further_down() {
    in_every_mode(|options| {
        let tree = Tree::new();
        std::fs::create_dir_all(tree.root("a/b/dir")).unwrap();
        tree.link("../../../outside", "a/b/link");
        let dir = tree.mount(options);
        let before = tree.outside_now();
        race(&tree.root("a/b/dir"), &tree.root("a/b/link"), || grab(&dir, "a/b/dir"));
        assert_eq!(tree.outside_now(), before);
    });
}

#[test]
fn a_file_swapped_for_a_link() {
    in_every_mode(|options| {
        let tree = Tree::new();
        std::fs::write(tree.root("bait"), "bait").unwrap();
        tree.link("../outside/secret.txt", "link");
        let dir = tree.mount(options);
        let before = tree.outside_now();
        race(&tree.root("bait"), &tree.root("link"), || {
            assert!(matches!(read(&dir, "bait").as_deref(), Ok("bait") | Err(Errno::Notcapable)));
            let unfollowed = dir.open(path("bait"), OpenOptions { follow: false, ..OpenOptions::READ });
            assert!(matches!(unfollowed.err(), None | Some(Errno::Loop)));
            for follow in [false, true] {
                let _ = dir.set_times_at(path("bait"), follow, TIMES);
                if dir.link(path("bait"), follow, &dir, path("hard")).is_ok() {
                    assert_ne!(read(&dir, "hard").as_deref(), Ok(SECRET));
                    dir.unlink(path("hard")).unwrap();
                }
            }
        });
        assert_eq!(tree.outside_now(), before);
    });
}

#[test]
fn a_directory_moved_out_under_a_path_that_goes_up() {
    in_every_mode(|options| {
        let tree = Tree::new();
        // Of `a/b/..`: where `b` is moved outside in between, the kernel's `..` would be the outside.
        std::fs::create_dir_all(tree.root("a/b")).unwrap();
        std::fs::create_dir_all(tree.outside("b")).unwrap();
        std::fs::write(tree.root("a/secret.txt"), "bait").unwrap();
        let dir = tree.mount(options);
        race(&tree.root("a/b"), &tree.outside("b"), || {
            for at in ["a/b/../secret.txt", "a/b/../b/../secret.txt"] {
                assert!(matches!(
                    read(&dir, at).as_deref(),
                    Ok("bait") | Err(Errno::Again | Errno::Notcapable)
                ));
            }
            assert!(dir.stat_at(path("a/b/../dir"), true).is_err());
            assert_ne!(dir.unlink(path("a/b/../../secret.txt")), Ok(()));
        });
    });
}
