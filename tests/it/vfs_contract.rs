//! One suite for every kind of filesystem. A case is true of a directory of the host's, on a disk, and then of every kind.
//!
//! A new kind goes into `kinds.rs`, a new case into the file of what it is about. A kind that has to answer some case
//! otherwise says why, and then must do so.

mod contents;
mod kinds;
mod links;
mod listing;
mod names;
mod opening;
mod paths;
mod random;
mod renames;
mod stats;
mod tables;
mod times;

use std::panic::{AssertUnwindSafe, catch_unwind};

use kinds::{Host, Kind, kinds};
use preopen::vfs::Dir;

/// What is in a filesystem before a case begins.
#[derive(Clone, Copy, Debug)]
pub enum Planted<'p> {
    /// An empty directory.
    Dir(&'p str),
    /// A file with this text.
    File(&'p str, &'p str),
    /// A symbolic link, its target first, which may be one that no guest can make.
    Link(&'p str, &'p str),
}

/// What every case begins with.
pub const START: &[Planted<'static>] = &[
    Planted::File("file", "file"),
    Planted::Dir("dir"),
    Planted::File("dir/inner", "inner"),
    Planted::Link("../file", "dir/up"),
    Planted::Dir("empty"),
    Planted::Link("file", "link"),
    Planted::Link("dir", "to-dir"),
    Planted::Link("nowhere", "dangling"),
    Planted::Link("dangling", "far"),
    Planted::Link("loop", "loop"),
    Planted::Link("../outside", "out"),
    Planted::Link("/file", "absolute"),
];

/// The names in the root of [`START`].
pub const START_NAMES: &[&str] =
    &["absolute", "dangling", "dir", "empty", "far", "file", "link", "loop", "out", "to-dir"];

/// The name under which a kind says that random calls are not for it.
const RANDOM: &str = "random";

/// Something that is true of every kind.
pub struct Case {
    name: &'static str,
    /// Whether it changes anything: a kind that only reads is asked the others.
    changes: bool,
    run: fn(&dyn Dir),
}

/// The list of a file's cases.
macro_rules! cases {
    (reads: [$($read:ident),* $(,)?], changes: [$($change:ident),* $(,)?]) => {
        pub const CASES: &[crate::vfs_contract::Case] = &[
            $(crate::vfs_contract::Case { name: stringify!($read), changes: false, run: $read },)*
            $(crate::vfs_contract::Case { name: stringify!($change), changes: true, run: $change },)*
        ];
    };
}
use cases;

const CASES: &[&[Case]] = &[
    contents::CASES,
    links::CASES,
    listing::CASES,
    names::CASES,
    opening::CASES,
    paths::CASES,
    renames::CASES,
    stats::CASES,
    times::CASES,
];

#[test]
fn every_kind_keeps_the_contract() {
    let faults: Vec<String> = std::thread::scope(|scope| {
        let running: Vec<_> =
            kinds().into_iter().map(|kind| scope.spawn(move || faults_of(&*kind))).collect();
        running.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

#[test]
fn every_kind_answers_as_the_host() {
    let expected: Vec<_> =
        tables::TABLES.iter().map(|(_, table)| table(&*Host::on_a_disk().fresh(START).dir)).collect();
    let mut faults = Vec::new();
    for kind in kinds().iter().filter(|kind| kind.writable()) {
        for ((name, table), expected) in tables::TABLES.iter().zip(&expected) {
            let fresh = kind.fresh(START);
            let said = table(&*fresh.dir);
            assert_eq!(said.len(), expected.len());
            let differing: Vec<_> = said
                .iter()
                .zip(expected)
                .filter(|(said, expected)| said != expected)
                .map(|(said, expected)| format!("\n    {said}\n    and the host: {expected}"))
                .collect();
            if differing.is_empty() == kind.differs_in(name) {
                faults.push(format!("{} {name}: {}", kind.name(), differing.concat()));
            }
        }
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

#[test]
fn names_of_cases_are_used_once_and_known() {
    let all: Vec<_> = CASES.iter().flat_map(|cases| cases.iter().map(|case| case.name)).collect();
    let all: Vec<_> = all.into_iter().chain(tables::TABLES.iter().map(|(name, _)| *name)).collect();
    let all: Vec<_> = all.into_iter().chain([RANDOM]).collect();
    let mut once = all.clone();
    once.sort_unstable();
    once.dedup();
    assert_eq!(once.len(), all.len());
    for kind in kinds() {
        for (name, reason) in kind.differs() {
            assert!(all.contains(name) && !reason.is_empty(), "{}: {name}", kind.name());
        }
    }
}

/// The cases that a kind does not answer as it should.
fn faults_of(kind: &dyn Kind) -> Vec<String> {
    let mut faults = Vec::new();
    for case in CASES.iter().flat_map(|cases| cases.iter()) {
        if case.changes && !kind.writable() {
            continue;
        }
        let fresh = kind.fresh(START);
        let kept = catch_unwind(AssertUnwindSafe(|| (case.run)(&*fresh.dir)));
        match (kept, kind.differs_in(case.name)) {
            (Ok(()), false) | (Err(_), true) => {}
            (Ok(()), true) => {
                faults.push(format!("{} {}: is said to differ, and does not", kind.name(), case.name))
            }
            (Err(panic), false) => {
                let said = panic.downcast_ref::<String>().cloned().unwrap_or_default();
                faults.push(format!("{} {}: {said}", kind.name(), case.name));
            }
        }
    }
    faults
}
