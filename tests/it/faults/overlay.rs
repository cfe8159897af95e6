//! Overlays when one of their two trees fails, at each of the calls that an operation makes: it is done, or nothing is seen of it,
//! and it can be done again.

use std::collections::BTreeMap;
use std::sync::Arc;

use preopen::abi::Errno;
use preopen::span::Span;
use preopen::vfs::memory::{Limits, MemoryFs};
use preopen::vfs::overlay::{Change, Kind, Overlay};
use preopen::vfs::tree::TreeDir;
use preopen::vfs::{Dir, File, OpenOptions, Result, SetTime, SetTimes};

use super::{Plan, faulty_dir};
use crate::overlay::tree;
use crate::support::{CREATE, open_dir, open_file, path, read, target, write};

/// Which of the two trees fails.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Side {
    Lower,
    Upper,
}

/// A tree of each kind of thing, under an overlay in which each kind of change was made.
struct Fixture {
    lower: Arc<MemoryFs>,
    upper: Arc<MemoryFs>,
    plan: Arc<Plan>,
    overlay: Arc<Overlay>,
    root: TreeDir<Overlay>,
}

impl Fixture {
    fn new(side: Side, limits: Limits) -> Self {
        let lower = MemoryFs::new(Limits::default());
        fill(&lower.root());
        let upper = MemoryFs::new(limits);
        let fixture = Self::over(lower, upper, side);
        change(&fixture.root);
        fixture
    }

    fn over(lower: Arc<MemoryFs>, upper: Arc<MemoryFs>, side: Side) -> Self {
        let plan = Plan::new();
        let of = |fs: &Arc<MemoryFs>, fails| -> Box<dyn Dir> {
            if side == fails { faulty_dir(fs.root(), &plan) } else { Box::new(fs.root()) }
        };
        let overlay = Overlay::new(of(&lower, Side::Lower), of(&upper, Side::Upper)).unwrap();
        Self { root: overlay.root(), lower, upper, plan, overlay }
    }

    /// What an overlay sees that begins now with what is there.
    fn seen_anew(&self) -> BTreeMap<String, String> {
        let overlay = Overlay::new(Box::new(self.lower.root()), Box::new(self.upper.root())).unwrap();
        seen(&overlay.root())
    }
}

fn fill(root: &dyn Dir) {
    for dir in ["dir", "dir/sub", "empty", "other", "cleared"] {
        root.create_dir(path(dir)).unwrap();
    }
    for file in
        ["file", "dir/inner", "dir/changed", "dir/sub/deep", "other/x", "gone", "over", "cleared/x", "was"]
    {
        write(root, file, &format!("lower {file}")).unwrap();
    }
    root.symlink(target("file", "link"), path("link")).unwrap();
    root.link(path("other/x"), false, root, path("other/y")).unwrap();
    root.set_mode_at(path("file"), false, 0o640).unwrap();
}

fn change(root: &dyn Dir) {
    write(root, "dir/changed", "upper").unwrap();
    write(root, "new", "new").unwrap();
    root.unlink(path("gone")).unwrap();
    root.unlink(path("cleared/x")).unwrap();
    root.create_dir(path("made")).unwrap();
    root.unlink(path("was")).unwrap();
    root.create_dir(path("was")).unwrap();
}

/// What can be done to a tree.
type Operation = fn(&dyn Dir) -> Result<()>;

fn text(file: &dyn File, text: &str, at: u64) -> Result<()> {
    let mut bytes = text.as_bytes().to_vec();
    file.write_at(&[Span::over(&mut bytes)], at).map(drop)
}

fn rewritten(root: &dyn Dir, at: &str, with: &str) -> Result<()> {
    text(&*open_file(root, at, CREATE)?, with, 0)
}

const OPERATIONS: &[(&str, Operation)] = &[
    ("write to the lower's", |root| rewritten(root, "file", "WR")),
    ("write to the upper's", |root| rewritten(root, "dir/changed", "WR")),
    ("write deep in the lower", |root| rewritten(root, "dir/sub/deep", "WR")),
    ("write through a link", |root| rewritten(root, "link", "WR")),
    ("write to one of two names", |root| rewritten(root, "other/x", "WR")),
    ("append", |root| {
        open_file(root, "dir/inner", CREATE)?.append(&[Span::over(&mut b"end".to_vec())]).map(drop)
    }),
    ("cut", |root| open_file(root, "file", CREATE)?.set_len(3)),
    ("cut by opening", |root| {
        open_file(root, "dir/sub/deep", OpenOptions { truncate: true, ..CREATE }).map(drop)
    }),
    ("cut the upper's", |root| open_file(root, "dir/changed", CREATE)?.set_len(3)),
    ("make longer", |root| open_file(root, "dir/inner", CREATE)?.set_len(40)),
    ("make", |root| open_file(root, "dir/sub/made", CREATE).map(drop)),
    ("make where one was removed", |root| open_file(root, "gone", CREATE).map(drop)),
    ("make a directory", |root| root.create_dir(path("dir/sub/made"))),
    ("make a directory where a file was removed", |root| root.create_dir(path("gone"))),
    ("make a link", |root| root.symlink(target("x", "other/l"), path("other/l"))),
    ("make a link where a file was removed", |root| root.symlink(target("x", "gone"), path("gone"))),
    ("a second name", |root| root.link(path("file"), false, root, path("dir/second"))),
    ("a second name where one was removed", |root| root.link(path("new"), false, root, path("gone"))),
    ("remove the lower's", |root| root.unlink(path("file"))),
    ("remove what both have", |root| root.unlink(path("dir/changed"))),
    ("remove the upper's", |root| root.unlink(path("new"))),
    ("remove an empty directory of the lower's", |root| root.remove_dir(path("empty"))),
    ("remove one that was emptied", |root| root.remove_dir(path("cleared"))),
    ("remove one of the upper's", |root| root.remove_dir(path("made"))),
    ("remove one that took a file's place", |root| root.remove_dir(path("was"))),
    ("move", |root| root.rename(path("file"), root, path("moved"))),
    ("move the upper's", |root| root.rename(path("new"), root, path("other/moved"))),
    ("move over the lower's", |root| root.rename(path("new"), root, path("over"))),
    ("move where one was removed", |root| root.rename(path("file"), root, path("gone"))),
    ("move a directory", |root| root.rename(path("dir"), root, path("moved"))),
    ("move a directory deep", |root| root.rename(path("dir/sub"), root, path("made/moved"))),
    ("move a directory over an empty one", |root| root.rename(path("dir"), root, path("empty"))),
    ("move a directory over one that was emptied", |root| root.rename(path("dir"), root, path("cleared"))),
    ("move a directory where a file was removed", |root| root.rename(path("dir"), root, path("gone"))),
    ("move one of the upper's", |root| root.rename(path("made"), root, path("other/moved"))),
    ("set times", |root| {
        let at = Some(SetTime::At(7_000_000_000));
        root.set_times_at(path("dir/inner"), false, SetTimes { access: at, modified: at })
    }),
    ("set permissions", |root| root.set_mode_at(path("dir/sub"), false, 0o700)),
];

/// All that is in a tree, but for how many names a file has: a copy has one, whatever the original had.
fn seen(dir: &dyn Dir) -> BTreeMap<String, String> {
    let names = |what: String| match what.split_once(" of ") {
        Some((file, rest)) => format!("{file}{}", &rest[rest.find(':').unwrap_or(0)..]),
        None => what,
    };
    tree(dir).into_iter().map(|(at, what)| (at, names(what))).collect()
}

/// What is open from before the fault.
struct Held {
    file: Box<dyn File>,
    dir: Box<dyn Dir>,
    inodes: [u64; 2],
}

fn inodes(file: &dyn File, dir: &dyn Dir) -> Result<[u64; 2]> {
    Ok([file.stat()?.ino, dir.stat()?.ino])
}

impl Held {
    fn of(root: &dyn Dir) -> Self {
        let file = open_file(root, "dir/inner", OpenOptions::READ).unwrap();
        let dir = open_dir(root, "dir").unwrap();
        let inodes = inodes(&*file, &*dir).unwrap();
        Self { file, dir, inodes }
    }

    /// Whether it is still what it was, wherever that is by now.
    fn is_there(&self) -> bool {
        let mut bytes = [0; 9];
        let read = self.file.read_at(&[Span::over(&mut bytes)], 0);
        let named = self.dir.stat_at(path("inner"), false).map(|stat| stat.ino);
        read == Ok(9)
            && &bytes == b"lower dir"
            && named == Ok(self.inodes[0])
            && inodes(&*self.file, &*self.dir) == Ok(self.inodes)
    }
}

/// Makes an operation fail at each of its calls in turn, and says what is not as it should be then.
fn at_each_call(side: Side, errno: Errno, name: &str, operation: Operation) -> Vec<String> {
    let mut faults = Vec::new();
    let after = {
        let fixture = Fixture::new(side, Limits::default());
        operation(&fixture.root).unwrap_or_else(|errno| panic!("{name}: {errno:?}"));
        seen(&fixture.root)
    };
    for call in 0.. {
        let fixture = Fixture::new(side, Limits::default());
        let (root, before) = (&fixture.root, seen(&fixture.root));
        let held = Held::of(root);
        fixture.plan.fail(call, errno);
        let answer = operation(root);
        let met = fixture.plan.met();
        fixture.plan.clear();
        let mut fault = |holds: bool, what: &str| {
            if !holds {
                faults.push(format!("{name}: {side:?} at its call {call}, {answer:?}: {what}"));
            }
        };
        let now = seen(root);
        // Some calls are made for what can be done without.
        let wanted = if answer.is_ok() { &after } else { &before };
        fault(now == *wanted, if now == after { "it is done" } else { "what is seen" });
        fault(held.is_there(), "what is open");
        fault(fixture.seen_anew() == now, "what is seen anew");
        if answer.is_err() {
            let again = operation(root);
            fault(again.is_ok(), &format!("again {again:?}"));
        }
        fault(seen(root) == after, "what is seen after that");
        fault(held.is_there(), "what is open after that");
        let committed = fixture.overlay.commit();
        fault(committed.is_ok(), &format!("the commit: {:?}", committed.err()));
        fault(seen(&fixture.lower.root()) == after, "what was committed");
        if met == 0 {
            break;
        }
    }
    faults
}

fn every_operation(side: Side) {
    let faults: Vec<_> =
        OPERATIONS.iter().flat_map(|(name, act)| at_each_call(side, Errno::Io, name, *act)).collect();
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

#[test]
fn a_tree_that_is_gone() {
    // Everything fails from some call on: errors, and no panic; and when it is back, nothing was lost.
    for side in [Side::Lower, Side::Upper] {
        for (name, operation) in OPERATIONS {
            for call in [0, 1, 2, 3, 5, 8, 13, 21] {
                let fixture = Fixture::new(side, Limits::default());
                let before = seen(&fixture.root);
                fixture.plan.fail_from(call, Errno::Stale);
                let answer = operation(&fixture.root);
                let committed = fixture.overlay.commit();
                fixture.plan.clear();
                if answer.is_err() && committed.is_err() {
                    let now = seen(&fixture.root);
                    let lost: Vec<_> = before.keys().filter(|at| !now.contains_key(*at)).collect();
                    assert!(lost.is_empty(), "{name}: {side:?} is gone from call {call} on: {lost:?}");
                }
            }
        }
    }
}

#[test]
fn an_upper_that_fails_once() {
    every_operation(Side::Upper);
}

#[test]
fn a_lower_that_fails_once() {
    every_operation(Side::Lower);
}

/// Leaves so many bytes and inodes of a memory filesystem, and no more.
fn leave(fs: &MemoryFs, root: &dyn Dir, bytes: u64, inodes: u64) {
    let (limits, ballast) = (fs.limits(), open_file(root, "ballast", CREATE).unwrap());
    let len = limits.bytes - fs.usage().bytes - bytes;
    let mut text = vec![b'.'; len as usize];
    assert_eq!(ballast.write_at(&[Span::over(&mut text)], 0), Ok(text.len()));
    for index in 0..limits.inodes - fs.usage().inodes - inodes {
        root.link(path("ballast"), false, root, path(&format!("ballast{index}"))).unwrap();
    }
}

#[test]
fn what_a_copy_left_behind_that_was_cut_off() {
    // The process was killed while it copied: nobody sees the half, and the next overlay copies again.
    let fixture = Fixture::new(Side::Upper, Limits::default());
    let before = seen(&fixture.root);
    for dir in ["", "dir/"] {
        for number in 0..9 {
            write(&fixture.upper.root(), &format!("{dir}.wh..wh.preopen.{number}"), "half").unwrap();
        }
    }
    let Fixture { lower, upper, overlay, root, .. } = fixture;
    drop((overlay, root));
    let fixture = Fixture::over(lower, upper, Side::Upper);
    assert_eq!(seen(&fixture.root), before);
    for (name, operation) in OPERATIONS.iter().filter(|(name, _)| COMMITTED.contains(name)) {
        operation(&fixture.root).unwrap_or_else(|errno| panic!("{name}: {errno:?}"));
    }
    let after = seen(&fixture.root);
    fixture.overlay.commit().unwrap();
    assert_eq!(seen(&fixture.lower.root()), after);
    assert_eq!(seen(&fixture.upper.root()).len(), 0, "the halves are gone as well");
}

#[test]
fn an_upper_that_is_full() {
    let mut faults = Vec::new();
    for (name, operation) in OPERATIONS {
        let mut fits = 0;
        for (bytes, inodes) in
            (0..36).step_by(3).map(|bytes| (bytes, 9)).chain((0..9).map(|inodes| (100, inodes)))
        {
            let fixture = Fixture::new(Side::Upper, Limits { bytes: 4000, inodes: 60 });
            leave(&fixture.upper, &fixture.root, bytes, inodes);
            let before = seen(&fixture.root);
            let answer = operation(&fixture.root);
            let mut fault = |holds: bool, what: &str| {
                if !holds {
                    faults.push(format!("{name}: {bytes} bytes, {inodes} inodes, {answer:?}: {what}"));
                }
            };
            match answer {
                // A write takes what fits.
                Ok(()) => fits += 1,
                Err(errno) => {
                    fault(errno == Errno::Nospc, "the error");
                    fault(seen(&fixture.root) == before, "what is seen");
                }
            }
            fault(fixture.seen_anew() == seen(&fixture.root), "what is seen anew");
            // What the guest made it can remove, and goes on.
            fixture.root.unlink(path("ballast")).unwrap();
            for index in 0..60 {
                let _ = fixture.root.unlink(path(&format!("ballast{index}")));
            }
            if answer.is_err() {
                let again = operation(&fixture.root);
                fault(again.is_ok(), &format!("with room again: {again:?}"));
            }
        }
        assert!(fits > 0, "{name} never fits");
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

#[test]
fn a_commit_stops_anywhere_and_goes_on() {
    for side in [Side::Lower, Side::Upper] {
        for call in 0.. {
            let fixture = Fixture::new(side, Limits::default());
            for (name, operation) in OPERATIONS.iter().filter(|(name, _)| COMMITTED.contains(name)) {
                operation(&fixture.root).unwrap_or_else(|errno| panic!("{name}: {errno:?}"));
            }
            let (old, merged) = (seen(&fixture.lower.root()), seen(&fixture.root));
            let changes = fixture.overlay.changes().unwrap();
            let held = open_file(&fixture.root, "moved/inner", CREATE).unwrap();
            fixture.plan.fail(call, Errno::Io);
            let answer = fixture.overlay.commit();
            let met = fixture.plan.met();
            fixture.plan.clear();
            let what = format!("{side:?} at call {call}");
            assert_eq!(seen(&fixture.root), merged, "{what}: seen meanwhile");
            assert_eq!(fixture.seen_anew(), merged, "{what}: seen anew");
            assert_eq!(read(&fixture.root, "moved/inner").as_deref(), Ok("lower dir/inner"), "{what}");
            let now = seen(&fixture.lower.root());
            for (at, is) in &now {
                assert!(
                    old.get(at) == Some(is)
                        || merged.get(at) == Some(is)
                        || both_dirs(is, old.get(at))
                        || both_dirs(is, merged.get(at)),
                    "{what}: {at} is {is}, was {:?}, is to be {:?}",
                    old.get(at),
                    merged.get(at)
                );
            }
            match &answer {
                Ok(done) => assert_eq!(by_path(done), changes, "{what}"),
                Err(error) => {
                    assert_eq!(error.errno, Errno::Io, "{what}");
                    for change in &error.done {
                        assert!(changes.contains(change), "{what}: {change:?}");
                    }
                    // What is left to do is what was not done.
                    let left = fixture.overlay.changes().unwrap();
                    for change in &changes {
                        assert!(
                            error.done.contains(change) || left.iter().any(|left| left.path == change.path),
                            "{what}: {change:?} is neither done nor left"
                        );
                    }
                }
            }
            fixture.overlay.commit().unwrap_or_else(|error| panic!("{what}: again {error:?}"));
            assert_eq!(seen(&fixture.lower.root()), merged, "{what}: again");
            assert_eq!(seen(&fixture.root), merged, "{what}: seen afterwards");
            assert_eq!(seen(&fixture.upper.root()).len(), 0, "{what}: the upper is empty");
            // What was open before is the file still.
            text(&*held, "LATER", 0).unwrap();
            assert_eq!(read(&fixture.root, "moved/inner").as_deref(), Ok("LATER dir/inner"), "{what}");
            if met == 0 {
                break;
            }
        }
    }
}

/// What is done before a commit.
const COMMITTED: &[&str] = &[
    "write to the lower's",
    "write to one of two names",
    "move a directory",
    "make a directory where a file was removed",
    "move over the lower's",
    "remove an empty directory of the lower's",
    "make a link",
];

/// As [`Overlay::changes`] lists them: they are done in another order.
fn by_path(done: &[Change]) -> Vec<Change> {
    let mut done = done.to_vec();
    done.sort_by_key(|change| (change.path.clone(), change.kind != Kind::Removed));
    done
}

/// Directories get their permissions last.
fn both_dirs(one: &str, other: Option<&String>) -> bool {
    one.starts_with("directory") && other.is_some_and(|other| other.starts_with("directory"))
}
