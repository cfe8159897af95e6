//! Overlays: several threads on one, while it is compared and committed.

use preopen::abi::Errno;
use preopen::span::Span;
use preopen::vfs::memory::Usage;
use preopen::vfs::overlay::Overlay;
use preopen::vfs::{Dir, Opened};

use super::{Fixture, host, tree};
use crate::support::{CREATE, open_file, path, target};

/// How many bytes each thread appends to its own file, one with each call.
const BYTES: usize = 2000;

/// Threads that move, remove and write, and compare and commit: nobody waits for themselves, no byte is lost, and at last the lower
/// is what was seen, and the upper is empty.
#[test]
fn threads_change_and_commit_one_overlay() {
    let fixture = Fixture::new(|root| {
        std::fs::create_dir_all(root.join("a/c/e")).unwrap();
        std::fs::create_dir_all(root.join("b/d")).unwrap();
        for name in ["a/x", "a/c/x", "b/d/x", "b/y"] {
            std::fs::write(root.join(name), name).unwrap();
        }
        (0..4).for_each(|thread| std::fs::write(root.join(format!("log{thread}")), "begun\n").unwrap());
    });
    // Of some, another name is committed first.
    fixture.root.link(path("log2"), true, &fixture.root, path("another2")).unwrap();
    fixture.root.link(path("log3"), true, &fixture.root, path("another3")).unwrap();
    let places = ["a", "b", "a/c", "b/d", "a/c/e", "a/x", "b/d/x", "b/y", "a/c/x"];
    std::thread::scope(|scope| {
        for thread in 0..4_u64 {
            let overlay = &fixture.overlay;
            scope.spawn(move || {
                let root = Overlay::root(overlay);
                let log = open_file(&root, &format!("log{thread}"), CREATE).unwrap();
                let mut state = thread + 1;
                let mut next = |below: usize| {
                    state =
                        state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                    (state >> 33) as usize % below
                };
                for step in 0..BYTES {
                    let mut byte = [b'a' + (step % 26) as u8];
                    assert_eq!(log.append(&[Span::over(&mut byte)]).map(|(len, _)| len), Ok(1));
                    let (one, other) = (places[next(places.len())], places[next(places.len())]);
                    match next(11) {
                        0 | 1 => drop(root.create_dir(path(one))),
                        2 | 3 => drop(root.rename(path(one), &root, path(other))),
                        4 => drop(root.link(path(one), true, &root, path(other))),
                        5 => drop((root.unlink(path(one)), root.remove_dir(path(other)))),
                        6 => drop(root.list(0, &mut |_| std::ops::ControlFlow::Continue(()))),
                        7 => drop(root.symlink(target("b/y", one), path(one))),
                        8 => drop(overlay.changes()),
                        9 if step % 8 == 0 => drop(overlay.commit()),
                        _ => {
                            if let Ok(Opened::File(file)) = root.open(path(one), CREATE) {
                                let mut text = [b'x'; 100];
                                let _ =
                                    (file.append(&[Span::over(&mut text)]), file.set_len(50), file.stat());
                            }
                        }
                    }
                }
            });
        }
    });
    let seen = tree(&fixture.root);
    fixture.overlay.commit().unwrap();
    assert_eq!(fixture.overlay.changes().unwrap(), []);
    assert_eq!(tree(&*host(fixture.lower.path())), seen);
    let expected: String =
        "begun\n".chars().chain((0..BYTES).map(|at| char::from(b'a' + (at % 26) as u8))).collect();
    for thread in 0..4 {
        assert_eq!(std::fs::read_to_string(fixture.lower(&format!("log{thread}"))).unwrap(), expected);
    }
    assert_eq!(fixture.upper.usage(), Usage { bytes: 0, inodes: 1 });
    assert_eq!(fixture.root.stat_at(path("none"), false).map(|_| ()), Err(Errno::Noent));
}
