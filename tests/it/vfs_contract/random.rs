//! Random calls, one after the other: every kind that can be changed gives the host's answers, and ends with the host's tree.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::ops::ControlFlow;

use preopen::abi::{Errno, Filetype};
use preopen::span::Span;
use preopen::vfs::memory::{Limits, MemoryFs, Usage};
use preopen::vfs::{Access, Dir, File, LinkTarget, OpenOptions, Opened};
use proptest::prelude::*;

use super::kinds::{Fresh, Host, Kind, kinds};
use super::{RANDOM, START};
use crate::support::{open_dir, path};

/// How many files, and how many directories, are held open.
const HELD: usize = 3;

/// How many sequences are tried: each is made on a disk, too.
const CASES: u32 = 128;

/// A path, and the directory that it begins in: one that is held, or the root.
type At = (usize, String);

#[derive(Clone, Debug)]
enum Call {
    Open { slot: usize, at: At, options: OpenOptions },
    OpenDir { slot: usize, at: At },
    Close { slot: usize },
    Read { slot: usize, offset: u64, len: usize },
    Write { slot: usize, offset: u64, len: usize },
    Append { slot: usize, len: usize },
    SetLen { slot: usize, len: u64 },
    Allocate { slot: usize, offset: u64, len: u64 },
    StatFile { slot: usize },
    StatDir { slot: usize },
    Stat { at: At, follow: bool },
    ReadLink { at: At },
    CreateDir { at: At },
    RemoveDir { at: At },
    Unlink { at: At },
    Symlink { target: String, at: At },
    Link { from: At, follow: bool, to: At },
    Rename { from: At, to: At },
    SetMode { at: At, follow: bool, mode: u32 },
}

fn slots() -> impl Strategy<Value = usize> {
    0..HELD
}

fn paths() -> impl Strategy<Value = At> {
    // So few that calls meet.
    let names = prop_oneof![
        4 => prop::sample::select(vec!["a", "b"]),
        4 => prop::sample::select(vec!["file", "dir", "empty", "link"]),
        1 => prop::sample::select(vec!["to-dir", "dangling", "inner", "nowhere", "loop"]),
    ];
    let component = || prop_oneof![12 => names.clone(), 1 => Just(".."), 1 => Just(".")];
    let components = prop_oneof![
        5 => prop::collection::vec(names.clone(), 1),
        4 => prop::collection::vec(component(), 2),
        1 => prop::collection::vec(component(), 3),
    ];
    let ending = prop_oneof![16 => Just(""), 1 => Just("/"), 1 => Just("/."), 1 => Just("/..")];
    // Mostly from the root.
    let base = prop_oneof![2 => Just(HELD), 1 => slots()];
    (base, components, ending).prop_map(|(base, components, ending)| (base, components.join("/") + ending))
}

fn places() -> impl Strategy<Value = u64> {
    prop::sample::select(vec![
        0,
        1,
        3,
        4,
        5,
        100,
        4095,
        4096,
        65_535,
        65_536,
        65_537,
        131_072,
        200_000,
        1 << 33,
    ])
}

fn lengths() -> impl Strategy<Value = usize> {
    prop::sample::select(vec![0, 1, 2, 5, 4096, 65_536, 70_000])
}

fn calls() -> impl Strategy<Value = Call> {
    let access =
        prop::sample::select(vec![Access::Read, Access::Write, Access::ReadWrite, Access::ReadWrite]);
    let often = || prop::bool::weighted(0.7);
    let seldom = || prop::bool::weighted(0.2);
    let options = (often(), seldom(), often(), seldom(), seldom(), access).prop_map(
        |(follow, directory, create, exclusive, truncate, access)| OpenOptions {
            follow,
            access,
            directory,
            create,
            exclusive,
            truncate,
        },
    );
    prop_oneof![
        6 => (slots(), paths(), options).prop_map(|(slot, at, options)| Call::Open { slot, at, options }),
        3 => (slots(), paths()).prop_map(|(slot, at)| Call::OpenDir { slot, at }),
        1 => slots().prop_map(|slot| Call::Close { slot }),
        3 => (slots(), places(), lengths()).prop_map(|(slot, offset, len)| Call::Read { slot, offset, len }),
        4 => (slots(), places(), lengths()).prop_map(|(slot, offset, len)| Call::Write { slot, offset, len }),
        2 => (slots(), lengths()).prop_map(|(slot, len)| Call::Append { slot, len }),
        2 => (slots(), places()).prop_map(|(slot, len)| Call::SetLen { slot, len }),
        1 => (slots(), places(), places()).prop_map(|(slot, offset, len)| Call::Allocate { slot, offset, len }),
        2 => slots().prop_map(|slot| Call::StatFile { slot }),
        1 => slots().prop_map(|slot| Call::StatDir { slot }),
        2 => (paths(), often()).prop_map(|(at, follow)| Call::Stat { at, follow }),
        1 => paths().prop_map(|at| Call::ReadLink { at }),
        4 => paths().prop_map(|at| Call::CreateDir { at }),
        2 => paths().prop_map(|at| Call::RemoveDir { at }),
        3 => paths().prop_map(|at| Call::Unlink { at }),
        2 => (paths(), paths()).prop_map(|((_, target), at)| Call::Symlink { target, at }),
        3 => (paths(), seldom(), paths()).prop_map(|(from, follow, to)| Call::Link { from, follow, to }),
        6 => (paths(), paths()).prop_map(|(from, to)| Call::Rename { from, to }),
        1 => (paths(), often(), 0o600..0o777_u32).prop_map(|(at, follow, mode)| Call::SetMode { at, follow, mode }),
    ]
}

/// A filesystem, and what is held open of it.
struct World {
    fresh: Fresh,
    files: [Option<Box<dyn File>>; HELD],
    dirs: [Option<Box<dyn Dir>>; HELD],
}

impl World {
    fn new(kind: &dyn Kind) -> Self {
        Self::over(kind.fresh(START))
    }

    fn over(fresh: Fresh) -> Self {
        Self { fresh, files: Default::default(), dirs: Default::default() }
    }

    fn base(&self, at: &At) -> &dyn Dir {
        self.dirs.get(at.0).and_then(|dir| dir.as_deref()).unwrap_or(&*self.fresh.dir)
    }

    fn file(&self, slot: usize) -> Result<&dyn File, Errno> {
        self.files[slot].as_deref().ok_or(Errno::Badf)
    }

    /// Makes a call and says all that its answer tells.
    fn make(&mut self, call: &Call) -> String {
        let at = |at: &At| path(&at.1);
        match call {
            Call::Open { slot, at: whose, options } => {
                let opened = self.base(whose).open(at(whose), *options);
                match opened {
                    Ok(Opened::File(file)) => {
                        let size = file.stat().map(|stat| stat.size);
                        self.files[*slot] = Some(file);
                        format!("file of {size:?}")
                    }
                    Ok(Opened::Dir(dir)) => format!("directory of {:?}", listed(&*dir)),
                    Ok(Opened::Special(_)) => "special".to_owned(),
                    Err(errno) => format!("{errno:?}"),
                }
            }
            Call::OpenDir { slot, at: whose } => {
                let options = OpenOptions { directory: true, ..OpenOptions::READ };
                match self.base(whose).open(at(whose), options) {
                    Ok(Opened::Dir(dir)) => {
                        let names = listed(&*dir);
                        self.dirs[*slot] = Some(dir);
                        format!("directory of {names:?}")
                    }
                    Ok(_) => "no directory".to_owned(),
                    Err(errno) => format!("{errno:?}"),
                }
            }
            Call::Close { slot } => {
                self.files[*slot] = None;
                self.dirs[*slot] = None;
                String::new()
            }
            Call::Read { slot, offset, len } => {
                let mut bytes = vec![b'?'; *len];
                let read = self.file(*slot).and_then(|file| file.read_at(&[Span::over(&mut bytes)], *offset));
                format!("{read:?} {}", digest(&bytes))
            }
            Call::Write { slot, offset, len } => {
                let mut bytes: Vec<u8> = (0..*len).map(|n| (n % 250) as u8).collect();
                let written =
                    self.file(*slot).and_then(|file| file.write_at(&[Span::over(&mut bytes)], *offset));
                format!("{written:?}")
            }
            Call::Append { slot, len } => {
                let mut bytes = vec![b'a'; *len];
                let written = self.file(*slot).and_then(|file| file.append(&[Span::over(&mut bytes)]));
                // Of nothing that is appended, the host gives the end of what was written last.
                format!("{:?}", written.map(|(written, end)| (written, if *len > 0 { end } else { 0 })))
            }
            Call::SetLen { slot, len } => {
                format!("{:?}", self.file(*slot).and_then(|file| file.set_len(*len)))
            }
            Call::Allocate { slot, offset, len } => {
                format!("{:?}", self.file(*slot).and_then(|file| file.allocate(*offset, *len)))
            }
            Call::StatFile { slot } => {
                let stat = self.file(*slot).and_then(|file| file.stat());
                format!("{:?}", stat.map(|stat| (stat.size, stat.nlink)))
            }
            Call::StatDir { slot } => {
                let dir = self.dirs[*slot].as_deref();
                format!("{:?}", dir.map(|dir| (dir.stat().map(|stat| stat.nlink), listed(dir))))
            }
            Call::Stat { at: whose, follow } => {
                let stat = self.base(whose).stat_at(at(whose), *follow);
                let size = |filetype, size| if filetype == Filetype::Directory { 0 } else { size };
                let known = |stat: preopen::abi::Filestat| {
                    (stat.filetype, stat.nlink, size(stat.filetype, stat.size))
                };
                format!("{:?}", stat.map(known))
            }
            Call::ReadLink { at: whose } => {
                let mut buf = [0; 40];
                let len = self.base(whose).read_link(at(whose), &mut buf);
                format!("{len:?} {buf:?}")
            }
            Call::CreateDir { at: whose } => format!("{:?}", self.base(whose).create_dir(at(whose))),
            Call::RemoveDir { at: whose } => format!("{:?}", self.base(whose).remove_dir(at(whose))),
            Call::Unlink { at: whose } => format!("{:?}", self.base(whose).unlink(at(whose))),
            Call::Symlink { target, at: whose } => {
                match LinkTarget::new(format!("{target}\0").as_bytes(), at(whose)) {
                    Ok(target) => format!("{:?}", self.base(whose).symlink(target, at(whose))),
                    Err(errno) => format!("{errno:?}"),
                }
            }
            Call::Link { from, follow, to } => {
                format!("{:?}", self.base(from).link(at(from), *follow, self.base(to), at(to)))
            }
            Call::Rename { from, to } => {
                format!("{:?}", self.base(from).rename(at(from), self.base(to), at(to)))
            }
            Call::SetMode { at: whose, follow, mode } => {
                let set = self.base(whose).set_mode_at(at(whose), *follow, *mode | 0o700);
                format!("{set:?} {:?}", set.and_then(|()| self.base(whose).mode_at(at(whose), *follow)))
            }
        }
    }

    /// Everything in it, by path; names of one file say which.
    fn tree(&self) -> BTreeMap<String, String> {
        let mut found = BTreeMap::new();
        let mut firsts = BTreeMap::new();
        let mut open = vec![String::new()];
        while let Some(at) = open.pop() {
            let dir = open_dir(&*self.fresh.dir, if at.is_empty() { "." } else { &at }).unwrap();
            for (name, filetype) in listed(&*dir) {
                let stat = dir.stat_at(path(&name), false).unwrap();
                assert_eq!(stat.filetype, filetype);
                let whole = format!("{at}{name}");
                let first = firsts.entry(stat.ino).or_insert_with(|| whole.clone()).clone();
                let what = match filetype {
                    Filetype::Directory => {
                        open.push(format!("{whole}/"));
                        String::new()
                    }
                    Filetype::SymbolicLink => {
                        let mut buf = [0; 40];
                        let len = dir.read_link(path(&name), &mut buf).unwrap();
                        format!("to {:?}", String::from_utf8_lossy(&buf[..len]))
                    }
                    _ => {
                        let file = crate::support::open_file(&*dir, &name, OpenOptions::READ).unwrap();
                        let mut bytes = vec![0; 300_000];
                        let read = file.read_at(&[Span::over(&mut bytes)], 0).unwrap();
                        let end = file.read_at(&[Span::over(&mut bytes)], 1 << 33).unwrap();
                        format!("of {} {read} {end} {}", stat.size, digest(&bytes))
                    }
                };
                found.insert(whole, format!("{filetype:?} {what} {} names, first {first}", stat.nlink));
            }
        }
        found
    }
}

/// The names in a directory with their types, in order of names.
fn listed(dir: &dyn Dir) -> Vec<(String, Filetype)> {
    let mut names = Vec::new();
    dir.list(0, &mut |entry| {
        names.push((String::from_utf8(entry.name.to_vec()).unwrap(), entry.filetype));
        ControlFlow::Continue(())
    })
    .unwrap();
    names.sort_by(|one, other| one.0.cmp(&other.0));
    names
}

fn digest(bytes: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    bytes.hash(&mut hasher);
    hasher.finish()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: CASES, ..ProptestConfig::default() })]

    #[test]
    fn what_memory_holds_is_counted(calls in prop::collection::vec(calls(), 1..100)) {
        let fs = MemoryFs::new(Limits { bytes: 300_000, inodes: 16 });
        let mut world = World::over(Fresh { dir: Box::new(fs.root()), keep: Box::new(()) });
        for call in &calls {
            world.make(call);
            let Usage { bytes, inodes } = fs.usage();
            prop_assert!(bytes <= 300_000 && inodes <= 16, "{:?}", call);
        }
        world.files = Default::default();
        world.dirs = Default::default();
        // Every name is one inode, and so is the root.
        let tree = world.tree();
        prop_assert_eq!(fs.usage().inodes, tree.len() as u64 + 1);
        for (at, what) in tree.iter().rev() {
            let is_dir = what.starts_with("Directory");
            let removed = if is_dir { fs.root().remove_dir(path(at)) } else { fs.root().unlink(path(at)) };
            prop_assert_eq!(removed, Ok(()), "{}", at);
        }
        prop_assert_eq!(fs.usage(), Usage { bytes: 0, inodes: 1 });
    }

    #[test]
    fn every_kind_does_what_the_host_does(calls in prop::collection::vec(calls(), 1..60)) {
        let kinds: Vec<_> = kinds().into_iter().filter(|kind| kind.writable() && !kind.differs_in(RANDOM)).collect();
        let mut host = World::new(&Host::on_a_disk());
        let mut worlds: Vec<_> = kinds.iter().map(|kind| World::new(&**kind)).collect();
        for call in &calls {
            let expected = host.make(call);
            for (kind, world) in kinds.iter().zip(&mut worlds) {
                prop_assert_eq!(world.make(call), expected.as_str(), "{} {:?}", kind.name(), call);
            }
        }
        let expected = host.tree();
        for (kind, world) in kinds.iter().zip(&worlds) {
            prop_assert_eq!(world.tree(), expected.clone(), "{}", kind.name());
        }
    }
}
