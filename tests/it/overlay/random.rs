//! Random operations: an overlay answers as a plain directory of the host's does, and its lower is never touched.

use std::collections::BTreeMap;

use preopen::abi::{Errno, Filetype};
use preopen::span::Span;
use preopen::vfs::overlay::{Kind, Overlay};
use preopen::vfs::{Access, Dir, File, OpenOptions, Opened, SetTime, SetTimes};
use proptest::prelude::*;

use super::{Fixture, host, tree};
use crate::support::{open_dir, path};

#[derive(Clone, Debug)]
enum Op {
    Open { at: String, access: Access, create: bool, exclusive: bool, truncate: bool, slot: usize },
    Write { slot: usize, text: String, offset: u64 },
    Append { slot: usize, text: String },
    SetLen { slot: usize, len: u64 },
    Allocate { slot: usize, end: u64 },
    Look { slot: usize },
    OpenDir { at: String, slot: usize },
    Mkdir { dir: usize, at: String },
    Rmdir { dir: usize, at: String },
    Unlink { dir: usize, at: String },
    Rename { dir: usize, at: String, to: usize, new: String },
    Link { at: String, new: String, follow: bool },
    Symlink { target: String, at: String },
    Times { at: String, time: u64 },
    Mode { at: String, mode: u32 },
    Stat { dir: usize, at: String, follow: bool },
    List { dir: usize },
    Reopen,
    Commit,
}

const SLOTS: usize = 3;

fn places() -> impl Strategy<Value = String> {
    prop::collection::vec(prop::sample::select(vec!["a", "b", "c", "l"]), 1..4)
        .prop_map(|names| names.join("/"))
}

fn text() -> impl Strategy<Value = String> {
    prop::sample::select(vec!["x", "longer text", "", "\0\0\0"]).prop_map(str::to_owned)
}

fn operations() -> impl Strategy<Value = Op> {
    let slot = 0..SLOTS;
    let access = prop::sample::select(vec![Access::Read, Access::Write, Access::ReadWrite]);
    prop_oneof![
        4 => (places(), access, any::<bool>(), any::<bool>(), any::<bool>(), slot.clone()).prop_map(
            |(at, access, create, exclusive, truncate, slot)| Op::Open { at, access, create, exclusive: exclusive && create, truncate: truncate && exclusive, slot }
        ),
        4 => (slot.clone(), text(), 0_u64..6).prop_map(|(slot, text, offset)| Op::Write { slot, text, offset }),
        1 => (slot.clone(), text()).prop_map(|(slot, text)| Op::Append { slot, text }),
        1 => (slot.clone(), 0_u64..9).prop_map(|(slot, len)| Op::SetLen { slot, len }),
        1 => (slot.clone(), 0_u64..9).prop_map(|(slot, end)| Op::Allocate { slot, end }),
        2 => slot.clone().prop_map(|slot| Op::Look { slot }),
        2 => (places(), slot.clone()).prop_map(|(at, slot)| Op::OpenDir { at, slot }),
        4 => (slot.clone(), places()).prop_map(|(dir, at)| Op::Mkdir { dir, at }),
        4 => (slot.clone(), places()).prop_map(|(dir, at)| Op::Rmdir { dir, at }),
        4 => (slot.clone(), places()).prop_map(|(dir, at)| Op::Unlink { dir, at }),
        8 => (slot.clone(), places(), slot.clone(), places()).prop_map(|(dir, at, to, new)| Op::Rename { dir, at, to, new }),
        3 => (places(), places(), any::<bool>()).prop_map(|(at, new, follow)| Op::Link { at, new, follow }),
        2 => (places(), places()).prop_map(|(target, at)| Op::Symlink { target, at }),
        1 => (places(), 1_u64..1000).prop_map(|(at, time)| Op::Times { at, time: time * 1_000_000_000 }),
        1 => (places(), prop::sample::select(vec![0o600, 0o755])).prop_map(|(at, mode)| Op::Mode { at, mode }),
        3 => (slot.clone(), places(), any::<bool>()).prop_map(|(dir, at, follow)| Op::Stat { dir, at, follow }),
        2 => slot.prop_map(|dir| Op::List { dir }),
        1 => Just(Op::Reopen),
        1 => Just(Op::Commit),
    ]
}

/// One side: a root, and what was opened in it.
struct Side {
    root: Box<dyn Dir>,
    files: [Option<Box<dyn File>>; SLOTS],
    dirs: [Option<Box<dyn Dir>>; SLOTS],
}

impl Side {
    fn new(root: Box<dyn Dir>) -> Self {
        Self { root, files: Default::default(), dirs: Default::default() }
    }

    fn dir(&self, slot: usize) -> &dyn Dir {
        self.dirs[slot].as_deref().unwrap_or(&*self.root)
    }

    /// What an operation answers, as far as it is the same for all kinds.
    fn run(&mut self, op: &Op) -> Result<String, Errno> {
        let done = |()| String::new();
        match op {
            Op::Open { at, access, create, exclusive, truncate, slot } => {
                let options = OpenOptions {
                    access: *access,
                    create: *create,
                    exclusive: *exclusive,
                    truncate: *truncate,
                    ..OpenOptions::READ
                };
                match self.root.open(path(at), options)? {
                    Opened::File(file) => {
                        self.files[*slot] = Some(file);
                        Ok("a file".to_owned())
                    }
                    _ => Ok("a directory".to_owned()),
                }
            }
            Op::Write { slot, text, offset } => self.file(*slot, |file| {
                let mut bytes = text.as_bytes().to_vec();
                Ok(file.write_at(&[Span::over(&mut bytes)], *offset)?.to_string())
            }),
            Op::Append { slot, text } => self.file(*slot, |file| {
                let mut bytes = text.as_bytes().to_vec();
                let (len, end) = file.append(&[Span::over(&mut bytes)])?;
                // Where nothing is written, the host does not look for the end.
                Ok(if len == 0 { String::new() } else { format!("{len}, to {end}") })
            }),
            Op::SetLen { slot, len } => self.file(*slot, |file| file.set_len(*len).map(done)),
            Op::Allocate { slot, end } => self.file(*slot, |file| file.allocate(0, *end).map(done)),
            Op::Look { slot } => self.file(*slot, |file| {
                let mut bytes = vec![0; 100];
                let len = file.read_at(&[Span::over(&mut bytes)], 0)?;
                let stat = file.stat()?;
                Ok(format!("{:?}, {} bytes, {} names", &bytes[..len], stat.size, stat.nlink))
            }),
            Op::OpenDir { at, slot } => {
                let dir = self.root.open(path(at), OpenOptions { directory: true, ..OpenOptions::READ })?;
                if let Opened::Dir(dir) = dir {
                    self.dirs[*slot] = Some(dir);
                }
                Ok(String::new())
            }
            Op::Mkdir { dir, at } => self.dir(*dir).create_dir(path(at)).map(done),
            Op::Rmdir { dir, at } => self.dir(*dir).remove_dir(path(at)).map(done),
            Op::Unlink { dir, at } => self.dir(*dir).unlink(path(at)).map(done),
            Op::Rename { dir, at, to, new } => {
                self.dir(*dir).rename(path(at), self.dir(*to), path(new)).map(done)
            }
            Op::Link { at, new, follow } => {
                self.root.link(path(at), *follow, &*self.root, path(new)).map(done)
            }
            Op::Symlink { target, at } => {
                let target =
                    preopen::vfs::LinkTarget::new(format!("{target}\0").leak().as_bytes(), path(at))?;
                self.root.symlink(target, path(at)).map(done)
            }
            Op::Times { at, time } => {
                let time = Some(SetTime::At(*time));
                self.root.set_times_at(path(at), true, SetTimes { access: time, modified: time })?;
                Ok(self.root.stat_at(path(at), true)?.mtim.to_string())
            }
            Op::Mode { at, mode } => self.root.set_mode_at(path(at), true, *mode).map(done),
            Op::Stat { dir, at, follow } => {
                let stat = self.dir(*dir).stat_at(path(at), *follow)?;
                let what = match stat.filetype {
                    Filetype::Directory => String::new(),
                    _ => format!(", {} bytes, {} names", stat.size, stat.nlink),
                };
                Ok(format!("{:?}{what}", stat.filetype))
            }
            Op::List { dir } => Ok(format!("{:?}", crate::support::names(self.dir(*dir)))),
            Op::Reopen | Op::Commit => Ok(String::new()),
        }
    }

    fn file(
        &self,
        slot: usize,
        act: impl FnOnce(&dyn File) -> Result<String, Errno>,
    ) -> Result<String, Errno> {
        self.files[slot].as_deref().map_or(Ok(String::new()), act)
    }
}

/// What both begin with.
fn fill(root: &std::path::Path) {
    use std::fs::{create_dir_all, write};
    create_dir_all(root.join("a/b")).unwrap();
    create_dir_all(root.join("b/c/a")).unwrap();
    create_dir_all(root.join("c")).unwrap();
    write(root.join("a/a"), "in a").unwrap();
    write(root.join("a/b/c"), "deep").unwrap();
    write(root.join("b/a"), "in b").unwrap();
    write(root.join("b/c/a/a"), "deeper").unwrap();
    write(root.join("l"), "a file").unwrap();
    std::os::unix::fs::symlink("../b", root.join("a/l")).unwrap();
    std::os::unix::fs::symlink("nothing", root.join("b/l")).unwrap();
}

fn check(ops: &[Op]) {
    let plain = tempfile::tempdir().unwrap();
    fill(plain.path());
    let mut host_side = Side::new(host(plain.path()));
    let mut fixture = Fixture::new(fill);
    let mut side = Side::new(Box::new(fixture.overlay.root()));
    let mut before = fixture.lower_now();
    for (number, op) in ops.iter().enumerate() {
        match op {
            Op::Reopen => {
                side = Side::new(Box::new(fixture.overlay.root()));
                host_side = Side::new(host(plain.path()));
                fixture = fixture.reopened();
                side.root = Box::new(fixture.overlay.root());
            }
            // Names of one file of the lower part when one of them is written.
            Op::Commit
                if tree(&*side.root)
                    .values()
                    .any(|what| what.contains(" names:") && !what.contains(" 1 names:")) => {}
            Op::Commit => {
                fixture.commit();
                assert_eq!(fixture.upper_names(), [""; 0], "step {number}");
                assert_eq!(tree(&*host(fixture.lower.path())), tree(&*side.root), "step {number}");
                before = fixture.lower_now();
            }
            op => {
                let (here, there) = (host_side.run(op), side.run(op));
                assert_eq!(there, here, "step {number}, {op:?}; the host's is right");
            }
        }
    }
    let merged = tree(&*side.root);
    assert_eq!(merged, tree(&*host_side.root));
    assert_eq!(fixture.lower_now(), before, "the lower was touched");
    // What is told is what was done.
    let copy = tempfile::tempdir().unwrap();
    copy_tree(fixture.lower.path(), copy.path());
    apply(&fixture, copy.path());
    assert_eq!(without_names(tree(&*host(copy.path()))), without_names(merged.clone()));
    // Another that begins with the same upper is the same.
    let again = Overlay::new(host(fixture.lower.path()), Box::new(fixture.upper.root())).unwrap();
    assert_eq!(tree(&again.root()), merged);
    drop(again);
    fixture.commit();
    assert_eq!(tree(&*host(fixture.lower.path())), merged);
    assert_eq!(tree(&fixture.root), merged);
    assert_eq!(fixture.changes(), [""; 0]);
    assert_eq!(fixture.upper_names(), [""; 0]);
    let files = host_side.files.iter().zip(&side.files);
    for (one, other) in files.filter_map(|(one, other)| one.as_deref().zip(other.as_deref())) {
        let mut bytes = (vec![0; 100], vec![0; 100]);
        let one = one.read_at(&[Span::over(&mut bytes.0)], 0);
        let other = other.read_at(&[Span::over(&mut bytes.1)], 0);
        assert_eq!((one, bytes.0), (other, bytes.1), "what is open stays what it is");
    }
    drop(side);
    assert_eq!(fixture.upper.usage().bytes, 0);
}

fn copy_tree(from: &std::path::Path, to: &std::path::Path) {
    let done = std::process::Command::new("cp").arg("-a").arg(from.join(".")).arg(to).status().unwrap();
    assert!(done.success());
}

/// Does to a copy of the lower what `changes()` tells, with what the overlay has.
fn apply(fixture: &Fixture, copy: &std::path::Path) {
    use std::os::unix::fs::PermissionsExt;
    for change in fixture.overlay.changes().unwrap() {
        let at = std::str::from_utf8(&change.path[1..]).unwrap();
        let to = copy.join(at);
        if change.kind == Kind::Removed {
            if change.filetype == Filetype::Directory {
                std::fs::remove_dir_all(to).unwrap();
            } else {
                std::fs::remove_file(to).unwrap();
            }
            continue;
        }
        match change.filetype {
            Filetype::Directory if change.kind == Kind::Created => std::fs::create_dir(&to).unwrap(),
            Filetype::Directory => {}
            Filetype::SymbolicLink => {
                let mut target = [0; 100];
                let len = fixture.root.read_link(path(at), &mut target).unwrap();
                let _ = std::fs::remove_file(&to);
                std::os::unix::fs::symlink(std::str::from_utf8(&target[..len]).unwrap(), &to).unwrap();
                continue;
            }
            _ => std::fs::write(&to, crate::support::read(&fixture.root, at).unwrap()).unwrap(),
        }
        let mode = fixture.root.mode_at(path(at), false).unwrap();
        std::fs::set_permissions(&to, std::fs::Permissions::from_mode(mode)).unwrap();
    }
}

/// A tree without how many names files have: whoever copies one by one cannot know.
fn without_names(tree: BTreeMap<String, String>) -> BTreeMap<String, String> {
    let cut = |what: String| match what.split_once(" of ").zip(what.split_once(" names: ")) {
        Some(((before, _), (_, after))) => format!("{before}: {after}"),
        None => what,
    };
    tree.into_iter().map(|(at, what)| (at, cut(what))).collect()
}

/// How many sequences; the environment asks for more where there is time.
fn cases() -> u32 {
    std::env::var("PREOPEN_CASES").map_or(64, |cases| cases.parse().unwrap())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn an_overlay_is_as_a_plain_directory(ops in prop::collection::vec(operations(), 1..40)) {
        check(&ops);
    }
}

#[test]
fn opened_directories_follow_a_rename() {
    let fixture = Fixture::new(fill);
    let dir = open_dir(&fixture.root, "a/b").unwrap();
    fixture.root.rename(path("a"), &fixture.root, path("moved")).unwrap();
    assert_eq!(crate::support::read(&*dir, "c"), Ok("deep".to_owned()));
    crate::support::write(&*dir, "new", "new").unwrap();
    assert_eq!(crate::support::read(&fixture.root, "moved/b/new"), Ok("new".to_owned()));
}

#[test]
fn the_times_of_a_removed_directory_are_set() {
    let fixture = Fixture::new(fill);
    let dir = open_dir(&fixture.root, "a/b").unwrap();
    fixture.root.unlink(path("a/b/c")).unwrap();
    fixture.root.remove_dir(path("a/b")).unwrap();
    let times = SetTimes { access: Some(SetTime::Now), modified: Some(SetTime::At(1_500_000_000)) };
    assert_eq!(dir.set_times(times), Ok(()));
    let stat = dir.stat().unwrap();
    assert_eq!((stat.mtim, stat.nlink), (1_500_000_000, 0));
    assert!(stat.atim > 1_000_000_000_000_000_000 && stat.ctim >= stat.atim);
}
