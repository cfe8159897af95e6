//! Listing a directory.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::os::unix::fs::MetadataExt;

use preopen::abi::{Errno, Filestat, Filetype};
use preopen::calls::Halt;
use preopen::fds::{Entry, Object};
use preopen::vfs::{Dir, DirEntry, OpenOptions, Opened, Path, Result};

use crate::scripted::{ROOT, Script, Setup, World};

/// Where listings go.
const BUF: u64 = 1024;

/// An entry as it lies in memory.
#[derive(PartialEq, Eq, Debug)]
struct Listed {
    next: u64,
    ino: u64,
    filetype: u8,
    name: String,
}

/// Takes a buffer apart: its whole entries.
fn parse(mut bytes: &[u8]) -> Vec<Listed> {
    let mut found = Vec::new();
    while let Some((head, rest)) = bytes.split_at_checked(24) {
        let number = |at: usize| u64::from_le_bytes(head[at..at + 8].try_into().unwrap());
        let len = (number(16) & 0xffff_ffff) as usize;
        let Some((name, rest)) = rest.split_at_checked(len) else { break };
        assert_eq!(head[21..], [0; 3]);
        found.push(Listed {
            next: number(0),
            ino: number(8),
            filetype: head[20],
            name: String::from_utf8(name.to_vec()).unwrap(),
        });
        bytes = rest;
    }
    found
}

/// Makes one call, checks that it kept to its buffer, and gives what it put there.
fn read(world: &mut World, fd: u64, len: u64, cookie: u64) -> Vec<u8> {
    let before = world.guest.bytes();
    assert_eq!(world.call("fd_readdir", &[fd, BUF, len, cookie, 8]), Ok(()));
    let after = world.guest.bytes();
    let used = u32::from_le_bytes(after[8..12].try_into().unwrap()) as usize;
    let (start, end) = (BUF as usize, BUF as usize + used);
    assert!(used as u64 <= len);
    assert!(
        before[..8] == after[..8] && before[12..start] == after[12..start] && before[end..] == after[end..]
    );
    after[start..end].to_vec()
}

/// Lists a directory as a C library does, with a buffer of `len` bytes.
fn list(world: &mut World, fd: u64, len: u64) -> Vec<Listed> {
    let mut found: Vec<Listed> = Vec::new();
    loop {
        let cookie = found.last().map_or(0, |last| last.next);
        let bytes = read(world, fd, len, cookie);
        found.extend(parse(&bytes));
        if (bytes.len() as u64) < len {
            return found;
        }
    }
}

#[test]
fn a_listing_has_names_types_and_inodes() {
    let mut world = World::new();
    std::fs::write(world.host("größe"), "").unwrap();
    let found = list(&mut world, ROOT, 4096);
    assert_eq!(found.iter().map(|entry| entry.next).collect::<Vec<_>>(), [1, 2, 3, 4]);
    let found: BTreeMap<_, _> =
        found.into_iter().map(|entry| (entry.name, (entry.filetype, entry.ino))).collect();
    let ino = |name| std::fs::symlink_metadata(world.host(name)).unwrap().ino();
    let expected = [("dir", 3), ("file", 4), ("größe", 4), ("link", 7)];
    assert_eq!(found, expected.map(|(name, filetype)| (name.to_owned(), (filetype, ino(name)))).into());
}

#[test]
fn any_size_of_buffer_gives_the_same() {
    let mut world = World::new();
    for number in 0..40 {
        std::fs::write(world.host(&format!("dir/{}", "n".repeat(1 + number))), "").unwrap();
    }
    let fd = world.open("dir");
    let whole = list(&mut world, fd, 60_000);
    assert_eq!(whole.len(), 41);
    // The smallest that holds the longest entry, and some that cut others.
    for len in [64, 65, 66, 71, 100, 128, 999, 2000] {
        assert_eq!(list(&mut world, fd, len), whole, "{len}");
    }
    // From any entry on, forwards and backwards.
    for index in (0..41_usize).chain((0..41).rev()) {
        let rest = parse(&read(&mut world, fd, 60_000, index as u64));
        assert_eq!(rest[..], whole[index..], "{index}");
    }
}

#[test]
fn what_does_not_fit_is_cut() {
    let mut world = World::new();
    let fd = world.open("dir");
    let whole = read(&mut world, fd, 4096, 0);
    assert_eq!(whole.len(), 24 + 5);
    for len in 0..whole.len() {
        assert_eq!(read(&mut world, fd, len as u64, 0), whole[..len], "{len}");
    }
}

#[test]
fn beyond_the_end_there_is_nothing() {
    let mut world = World::new();
    for cookie in [3, 4, 1000, 1 << 32, 1 << 63, u64::MAX - 1, u64::MAX] {
        assert_eq!(read(&mut world, ROOT, 4096, cookie), b"", "{cookie}");
    }
    assert_eq!(list(&mut world, ROOT, 4096).len(), 3);
}

#[test]
fn dots_are_listed_where_they_are_wanted() {
    let mut world = World::with(Setup { dot_entries: true, ..Setup::default() });
    let ino = std::fs::metadata(world.host("dir")).unwrap().ino();
    let fd = world.open("dir");
    for len in [4096, 30] {
        let found = list(&mut world, fd, len);
        let listed = |next, name: &str, filetype| Listed { next, ino, filetype, name: name.to_owned() };
        assert_eq!(found[..2], [listed(1, ".", 3), listed(2, "..", 3)]);
        assert_eq!((found[2].next, found[2].name.as_str()), (3, "inner"));
        assert_eq!(found.len(), 3);
    }
    assert_eq!(parse(&read(&mut world, fd, 4096, 1)).len(), 2);
    assert_eq!(parse(&read(&mut world, fd, 4096, 2)).len(), 1);
    for cookie in [3, 4, u64::MAX - 1, u64::MAX] {
        assert_eq!(read(&mut world, fd, 4096, cookie), b"");
    }
}

#[test]
fn only_a_directory_is_listed() {
    let mut world = World::new();
    let fd = world.open("file");
    world.fails("fd_readdir", &[fd, 64, 64, 0, 8], Errno::Notcapable);
    // A device has every right.
    world.fails("fd_readdir", &[0, 64, 64, 0, 8], Errno::Notdir);
}

/// A directory that never ends.
struct Endless;

impl Dir for Endless {
    fn stat(&self) -> Result<Filestat> {
        Err(Errno::Io)
    }
    fn open(&self, _: Path<'_>, _: OpenOptions) -> Result<Opened> {
        Err(Errno::Io)
    }
    fn stat_at(&self, _: Path<'_>, _: bool) -> Result<Filestat> {
        Err(Errno::Io)
    }
    fn read_link(&self, _: Path<'_>, _: &mut [u8]) -> Result<usize> {
        Err(Errno::Io)
    }
    fn list(&self, cookie: u64, each: &mut dyn FnMut(DirEntry<'_>) -> ControlFlow<()>) -> Result<()> {
        for next in cookie + 1.. {
            let entry = DirEntry { name: b"x", ino: next, filetype: Filetype::RegularFile, next };
            if each(entry).is_break() {
                break;
            }
        }
        Ok(())
    }
    fn sync(&self) -> Result<()> {
        Err(Errno::Io)
    }
}

#[test]
fn a_long_listing_pauses_and_can_be_given_up() {
    let mut world = World::new();
    world.guest = Script::of(1 << 20);
    let fd = world.add(Entry::new(Object::Dir(Box::new(Endless)), Filetype::Directory));
    let found = parse(&read(&mut world, fd, 1_000_000, 5));
    assert_eq!(found.len(), 40_000);
    assert!(found.iter().zip(6..).all(|(entry, next)| (entry.next, entry.ino) == (next, next)));
    assert!(world.guest.pauses >= 9);
    world.guest = Script::of(1 << 20).patient(3);
    assert_eq!(world.call("fd_readdir", &[fd, BUF, 1_000_000, 0, 8]), Err(Halt::Interrupted));
}
