//! Listings, in steps and from any entry.

use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::os::unix::fs::MetadataExt;
use std::os::unix::net::UnixListener;

use preopen::abi::{Errno, Filetype};
use preopen::vfs::Dir;
use preopen::vfs::host::{HostDir, MountOptions};
use rustix::fs::{CWD, Mode};

use crate::support::{Tree, in_every_mode, names, open_dir, path};

/// At most `most` entries from a cookie on: their names, and the cookie behind each.
fn step(dir: &dyn Dir, cookie: u64, most: usize) -> Vec<(String, u64)> {
    let mut found = Vec::new();
    dir.list(cookie, &mut |entry| {
        if found.len() == most {
            return ControlFlow::Break(());
        }
        found.push((String::from_utf8(entry.name.to_vec()).unwrap(), entry.next));
        ControlFlow::Continue(())
    })
    .unwrap();
    found
}

/// A directory of `count` files, with names of many lengths.
fn full(tree: &Tree, count: usize) -> HostDir {
    std::fs::create_dir(tree.root("full")).unwrap();
    for n in 0..count {
        std::fs::write(tree.root(&format!("full/{n}-{}", "x".repeat(n % 50))), "").unwrap();
    }
    HostDir::open_ambient(&tree.root("full"), MountOptions::default()).unwrap()
}

#[test]
fn steps_of_any_size_give_the_same() {
    let tree = Tree::new();
    let dir = full(&tree, 3000);
    let all = step(&dir, 0, usize::MAX);
    assert_eq!(all.len(), 3000);
    assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), 3000);
    assert!(all.iter().enumerate().all(|(n, (_, next))| *next == n as u64 + 1));
    for most in [1, 7, 100, 700, 2999, 3000] {
        let (mut cookie, mut found) = (0, Vec::new());
        loop {
            let some = step(&dir, cookie, most);
            let Some((_, next)) = some.last() else { break };
            cookie = *next;
            found.extend(some);
        }
        assert_eq!(found, all, "in steps of {most}");
    }
}

#[test]
fn a_listing_goes_on_from_any_cookie() {
    let tree = Tree::new();
    let dir = full(&tree, 3000);
    let all = step(&dir, 0, usize::MAX);
    // Back, forth, at the edges of blocks, and the same again.
    for cookie in [2999, 0, 1, 1500, 3, 2998, 500, 499, 501, 501, 2000, 3000, 10, 2999] {
        assert_eq!(
            step(&dir, cookie, 5),
            all[cookie as usize..3000.min(cookie as usize + 5)],
            "from {cookie}"
        );
    }
    for cookie in [3000, 3001, 1 << 40, u64::MAX] {
        assert_eq!(step(&dir, cookie, 5), []);
    }
    // A handle that has read nothing yet finds them too, as one does that was opened anew.
    let again = HostDir::open_ambient(&tree.root("full"), MountOptions::default()).unwrap();
    assert_eq!(step(&again, 2500, 5), all[2500..2505]);
    assert_eq!(step(&again, 7, 5), all[7..12]);
    let again = HostDir::open_ambient(&tree.root("full"), MountOptions::default()).unwrap();
    assert_eq!(step(&again, 1 << 40, 5), []);
    assert_eq!(step(&again, 2995, 9), all[2995..]);
}

#[test]
fn threads_share_a_listing() {
    let tree = Tree::new();
    let dir = full(&tree, 1000);
    let all = step(&dir, 0, usize::MAX);
    std::thread::scope(|scope| {
        for most in [3, 50] {
            let (dir, all) = (&dir, &all);
            scope.spawn(move || {
                let (mut cookie, mut found) = (0, Vec::new());
                while found.len() < all.len() {
                    found.extend(step(dir, cookie, most));
                    cookie = found.len() as u64;
                }
                assert_eq!(&found, all, "in steps of {most}");
            });
        }
    });
}

#[test]
fn entries_are_described() {
    in_every_mode(|options| {
        let tree = Tree::new();
        tree.link("nowhere", "link");
        rustix::fs::mkfifoat(CWD, tree.root("fifo"), Mode::from_raw_mode(0o600)).unwrap();
        let _listener = UnixListener::bind(tree.root("socket")).unwrap();
        let dir = tree.mount(options);
        let mut found = Vec::new();
        dir.list(0, &mut |entry| {
            let name = std::str::from_utf8(entry.name).unwrap();
            assert_eq!(entry.ino, std::fs::symlink_metadata(tree.root(name)).unwrap().ino());
            found.push((name.to_owned(), entry.filetype));
            ControlFlow::Continue(())
        })
        .unwrap();
        found.sort_by(|one, other| one.0.cmp(&other.0));
        let expected = [
            ("dir", Filetype::Directory),
            ("fifo", Filetype::SocketStream),
            ("file", Filetype::RegularFile),
            ("link", Filetype::SymbolicLink),
            ("socket", Filetype::SocketStream),
        ];
        assert_eq!(found, expected.map(|(name, filetype)| (name.to_owned(), filetype)));
        let dev = HostDir::open_ambient(std::path::Path::new("/dev"), options).unwrap();
        let mut null = None;
        dev.list(0, &mut |entry| {
            if entry.name == b"null" {
                null = Some(entry.filetype);
            }
            ControlFlow::Continue(())
        })
        .unwrap();
        assert_eq!(null, Some(Filetype::CharacterDevice));
    });
}

#[test]
fn the_start_sees_what_changed() {
    let tree = Tree::new();
    let dir = tree.mount(MountOptions::default());
    assert_eq!(names(&dir), ["dir", "file"]);
    std::fs::write(tree.root("new"), "").unwrap();
    dir.unlink(path("file")).unwrap();
    assert_eq!(names(&dir), ["dir", "new"]);
    // Removing all that a listing shows, while it goes on, misses none.
    for n in 0..2000 {
        std::fs::write(tree.root(&format!("dir/{n}")), "").unwrap();
    }
    let inner = open_dir(&dir, "dir").unwrap();
    let mut cookie = 0;
    while let Some((name, next)) = step(inner.as_ref(), cookie, 1).pop() {
        inner.unlink(path(&name)).unwrap();
        cookie = next;
    }
    assert!(names(inner.as_ref()).is_empty());
}

#[test]
fn empty_and_removed_directories_have_no_entries() {
    let tree = Tree::new();
    let dir = tree.mount(MountOptions::default());
    dir.create_dir(path("empty")).unwrap();
    let empty = open_dir(&dir, "empty").unwrap();
    assert!(names(empty.as_ref()).is_empty());
    assert!(step(empty.as_ref(), 5, 5).is_empty());
    dir.remove_dir(path("empty")).unwrap();
    assert!(names(empty.as_ref()).is_empty());
    assert_eq!(empty.create_dir(path("new")), Err(Errno::Noent));
    assert_eq!(empty.stat().map(|stat| stat.filetype), Ok(Filetype::Directory));
}
