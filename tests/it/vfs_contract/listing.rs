//! Listings: whole, in steps, and while names come and go.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use preopen::abi::{Errno, Filetype};
use preopen::vfs::{Dir, OpenOptions};

use super::{START_NAMES, cases};
use crate::support::{names, open_dir, open_file, path, write};

cases! {
    reads: [entries_are_described, cookies_go_on, listings_may_use_the_directory],
    changes: [
        steps_of_any_size_give_the_same,
        a_listing_goes_on_from_any_cookie,
        the_start_sees_what_changed,
        what_stays_is_listed_once,
        all_can_be_removed_while_listed,
    ]
}

/// At most `most` entries from a cookie on: their names, and the cookie behind each.
fn step(dir: &dyn Dir, cookie: u64, most: usize) -> Vec<(String, u64)> {
    let mut found = Vec::new();
    let mut listed = Err(Errno::Again);
    let mut from = cookie;
    while listed == Err(Errno::Again) {
        listed = dir.list(from, &mut |entry| {
            if found.len() == most {
                return ControlFlow::Break(());
            }
            from = entry.next;
            found.push((String::from_utf8(entry.name.to_vec()).unwrap(), entry.next));
            ControlFlow::Continue(())
        });
    }
    listed.unwrap();
    found
}

/// A directory of `count` files, with names of many lengths.
fn full(dir: &dyn Dir, count: usize) -> Box<dyn Dir> {
    let full = open_dir(dir, "empty").unwrap();
    for n in 0..count {
        write(&*full, &format!("{n}-{}", "x".repeat(n % 50)), "").unwrap();
    }
    full
}

fn entries_are_described(dir: &dyn Dir) {
    let mut found = Vec::new();
    dir.list(0, &mut |entry| {
        found.push((String::from_utf8(entry.name.to_vec()).unwrap(), entry.ino, entry.filetype));
        ControlFlow::Continue(())
    })
    .unwrap();
    for (name, ino, filetype) in &found {
        let stat = dir.stat_at(path(name), false).unwrap();
        assert_eq!((stat.ino, stat.filetype), (*ino, *filetype), "{name}");
    }
    let of = |wanted: &str| found.iter().find(|(name, ..)| name == wanted).unwrap().2;
    assert_eq!(of("file"), Filetype::RegularFile);
    assert_eq!(of("dir"), Filetype::Directory);
    assert_eq!(of("dangling"), Filetype::SymbolicLink);
    assert_eq!(names(dir), START_NAMES);
    assert_eq!(names(&*open_dir(dir, "to-dir").unwrap()), ["inner", "up"]);
    assert!(names(&*open_dir(dir, "empty").unwrap()).is_empty());
}

fn cookies_go_on(dir: &dyn Dir) {
    let all = step(dir, 0, usize::MAX);
    assert!(
        all.iter().all(|(_, next)| *next > 0 && *next < u64::from(u32::MAX)),
        "cookies have 32 bits in C libraries"
    );
    for (n, (_, cookie)) in all.iter().enumerate() {
        assert_eq!(step(dir, *cookie, usize::MAX), all[n + 1..]);
        assert_eq!(step(dir, *cookie, 1), all[n + 1..].iter().take(1).cloned().collect::<Vec<_>>());
    }
    for beyond in [1 << 20, 1 << 40, u64::MAX] {
        assert_eq!(step(dir, beyond, 5), []);
    }
    assert_eq!(step(dir, 0, usize::MAX), all);
    // Another handle of the directory goes on with them.
    let again = open_dir(dir, ".").unwrap();
    assert_eq!(step(&*again, all[4].1, usize::MAX), all[5..]);
}

fn listings_may_use_the_directory(dir: &dyn Dir) {
    let mut seen = 0;
    dir.list(0, &mut |entry| {
        let name = std::str::from_utf8(entry.name).unwrap();
        assert!(dir.stat_at(path(name), false).is_ok());
        assert!(dir.stat_at(path("."), false).is_ok());
        seen += 1;
        ControlFlow::Continue(())
    })
    .unwrap();
    assert_eq!(seen, START_NAMES.len());
}

fn steps_of_any_size_give_the_same(dir: &dyn Dir) {
    let dir = full(dir, 600);
    let all = step(&*dir, 0, usize::MAX);
    assert_eq!(all.len(), 600);
    assert_eq!(all.iter().map(|(name, _)| name).collect::<BTreeSet<_>>().len(), 600);
    for most in [1, 7, 63, 64, 65, 100, 599, 600] {
        let (mut cookie, mut found) = (0, Vec::new());
        loop {
            let some = step(&*dir, cookie, most);
            let Some((_, next)) = some.last() else { break };
            cookie = *next;
            found.extend(some);
        }
        assert_eq!(found, all, "in steps of {most}");
    }
}

fn a_listing_goes_on_from_any_cookie(dir: &dyn Dir) {
    let dir = full(dir, 600);
    let all = step(&*dir, 0, usize::MAX);
    for from in [599, 1, 2, 300, 3, 598, 128, 64, 63, 65, 65, 400, 600, 10, 599] {
        assert_eq!(step(&*dir, all[from - 1].1, 5), all[from..600.min(from + 5)], "from {from}");
    }
    // One that was removed meanwhile is no hindrance to going on behind it.
    let open = open_dir(&*dir, ".").unwrap();
    assert_eq!(step(&*open, 0, 100), all[..100]);
    dir.unlink(path(&all[99].0)).unwrap();
    assert_eq!(step(&*open, all[99].1, 5), all[100..105]);
}

fn the_start_sees_what_changed(dir: &dyn Dir) {
    let held = open_dir(dir, ".").unwrap();
    assert_eq!(names(&*held), START_NAMES);
    write(dir, "zzz", "").unwrap();
    dir.unlink(path("file")).unwrap();
    dir.rename(path("link"), dir, path("renamed")).unwrap();
    assert_eq!(names(&*held), names(&*open_dir(dir, ".").unwrap()));
    assert_eq!(names(&*held).iter().filter(|name| ["zzz", "renamed"].contains(&name.as_str())).count(), 2);
    assert!(!names(&*held).iter().any(|name| ["file", "link"].contains(&name.as_str())));
}

fn what_stays_is_listed_once(dir: &dyn Dir) {
    let dir = full(dir, 300);
    let all = step(&*dir, 0, usize::MAX);
    let (mut cookie, mut found, mut round) = (0, Vec::new(), 0);
    // Two of three are removed while the listing is somewhere else, and others come and go.
    loop {
        let some = step(&*dir, cookie, 7);
        let Some((_, next)) = some.last() else { break };
        cookie = *next;
        found.extend(some.into_iter().map(|(name, _)| name));
        for n in 0..8 {
            let at = (round * 8 + n) % 300;
            if at % 3 > 0 {
                let _ = dir.unlink(path(&all[at].0));
            }
        }
        write(&*dir, &format!("new{round}"), "").unwrap();
        if round > 2 {
            dir.unlink(path(&format!("new{}", round - 2))).unwrap();
        }
        round += 1;
        assert!(round < 1000, "it does not end");
    }
    for (at, (name, _)) in all.iter().enumerate() {
        let times = found.iter().filter(|found| *found == name).count();
        assert!(times == 1 || times == 0 && at % 3 > 0, "{name}: {times} times");
    }
}

fn all_can_be_removed_while_listed(dir: &dyn Dir) {
    let inner = full(dir, 300);
    let mut cookie = 0;
    while let Some((name, next)) = step(&*inner, cookie, 1).pop() {
        inner.unlink(path(&name)).unwrap();
        cookie = next;
    }
    assert!(names(&*inner).is_empty());
    dir.remove_dir(path("empty")).unwrap();
    assert!(open_file(dir, "empty", OpenOptions::READ).is_err());
}
