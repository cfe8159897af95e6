//! Listings: both trees, each name once, whatever happens meanwhile, at the same cost for any size of step.

use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use preopen::abi::Errno;
use preopen::vfs::Dir;

use super::{Fixture, host};
use crate::support::{names, open_dir, path, write};

/// At most `most` entries behind a cookie.
fn step(dir: &dyn Dir, cookie: u64, most: usize) -> Vec<(String, u64)> {
    let mut found = Vec::new();
    while {
        let from = found.last().map_or(cookie, |(_, next)| *next);
        let listed = dir.list(from, &mut |entry| {
            found.push((String::from_utf8(entry.name.to_vec()).unwrap(), entry.next));
            if found.len() == most { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        assert!(matches!(listed, Ok(()) | Err(Errno::Again)), "{listed:?}");
        listed.is_err()
    } {}
    found
}

#[test]
fn both_trees_are_one() {
    let fixture = Fixture::new(|root| {
        for name in ["a", "b", "c", "d"] {
            std::fs::write(root.join(name), name).unwrap();
        }
    });
    write(&fixture.root, "b", "changed").unwrap();
    write(&fixture.root, "e", "new").unwrap();
    fixture.root.unlink(path("c")).unwrap();
    assert_eq!(names(&fixture.root), ["a", "b", "d", "e"]);
    let fixture = fixture.reopened();
    assert_eq!(names(&fixture.root), ["a", "b", "d", "e"]);
}

#[test]
fn a_copy_in_the_middle_is_listed_once() {
    let fixture = Fixture::new(|root| {
        std::fs::create_dir(root.join("dir")).unwrap();
        (0..100).for_each(|n| std::fs::write(root.join(format!("dir/{n}")), "").unwrap());
    });
    let dir = open_dir(&fixture.root, "dir").unwrap();
    let (mut found, mut cookie) = (Vec::new(), 0);
    while let Some((name, next)) = step(&*dir, cookie, 1).pop() {
        // Each that was, and each that will be listed, becomes the upper's; once, the directory itself is moved.
        for n in [found.len(), 99 - found.len()] {
            let at = format!("{n}");
            write(&*dir, &at, "changed").unwrap();
        }
        if found.len() == 50 {
            fixture.root.rename(path("dir"), &fixture.root, path("moved")).unwrap();
        }
        found.push(name);
        cookie = next;
    }
    found.sort();
    found.dedup();
    assert_eq!(found.len(), 100);
}

#[test]
fn many_names_are_listed_in_steps() {
    const MANY: usize = 20_000;
    let fixture = Fixture::new(|root| {
        (0..MANY).for_each(|n| drop(std::fs::File::create(root.join(format!("name{n}"))).unwrap()));
    });
    (0..100).for_each(|n| fixture.root.unlink(path(&format!("name{n}"))).unwrap());
    let timed = |most: usize| {
        let start = Instant::now();
        let (mut found, mut cookie) = (0, 0);
        loop {
            let some = step(&fixture.root, cookie, most);
            let Some((_, next)) = some.last() else { break };
            cookie = *next;
            found += some.len();
        }
        assert_eq!(found, MANY - 100);
        start.elapsed()
    };
    let (at_once, one_by_one) = (timed(usize::MAX), timed(1));
    // Were it the square, it would be thousands of times more.
    assert!(one_by_one < at_once * 50 + Duration::from_millis(500), "{one_by_one:?} and {at_once:?}");
    // One call looks at some only, so that whoever waits for it may look up.
    let fresh = Fixture { root: preopen::vfs::overlay::Overlay::root(&fixture.overlay), ..fixture };
    let mut calls = 0;
    while fresh.root.list(0, &mut |_| ControlFlow::Break(())) == Err(Errno::Again) {
        calls += 1;
    }
    assert!(calls > 1);
}

#[test]
fn a_removed_directory_is_empty() {
    let fixture = Fixture::new(|root| std::fs::create_dir(root.join("dir")).unwrap());
    let dir = open_dir(&fixture.root, "dir").unwrap();
    fixture.root.remove_dir(path("dir")).unwrap();
    assert_eq!(names(&*dir), [""; 0]);
    assert_eq!(dir.stat().map(|stat| stat.nlink), Ok(0));
    assert_eq!(write(&*dir, "file", "x"), Err(Errno::Noent));
    assert_eq!(dir.create_dir(path("dir")), Err(Errno::Noent));
    assert!(host(fixture.lower.path()).stat_at(path("dir"), false).is_ok());
}
