//! What is known of an open file, and how long it is.

use std::net::UdpSocket;
use std::os::unix::fs::MetadataExt;

use preopen::abi::Errno;

use crate::scripted::{Failing, ROOT, World, file};

/// The bytes of a `filestat`: the link count takes 32 bits in preview0, after 3 bytes of nothing, and 64 in preview1.
pub fn filestat(meta: &std::fs::Metadata, filetype: u8, preview0: bool) -> Vec<u8> {
    let ns = |seconds: i64, rest: i64| (seconds * 1_000_000_000 + rest).to_le_bytes();
    let nlink = if preview0 {
        [&[0; 3][..], &(meta.nlink() as u32).to_le_bytes()].concat()
    } else {
        [&[0; 7][..], &meta.nlink().to_le_bytes()].concat()
    };
    [
        &meta.dev().to_le_bytes()[..],
        &meta.ino().to_le_bytes(),
        &[filetype],
        &nlink,
        &meta.size().to_le_bytes(),
        &ns(meta.atime(), meta.atime_nsec()),
        &ns(meta.mtime(), meta.mtime_nsec()),
        &ns(meta.ctime(), meta.ctime_nsec()),
    ]
    .concat()
}

#[test]
fn the_stat_of_a_descriptor() {
    for (mut world, preview0) in [(World::new(), false), (World::preview0(), true)] {
        std::fs::hard_link(world.host("file"), world.host("dir/second")).unwrap();
        let fd = world.open("file");
        let expected = filestat(&std::fs::metadata(world.host("file")).unwrap(), 4, preview0);
        assert_eq!(expected.len(), if preview0 { 56 } else { 64 });
        world.ok("fd_filestat_get", &[fd, 8], &[(8, &expected)]);
        let end = world.guest.len();
        let at = end - expected.len() as u64;
        world.ok("fd_filestat_get", &[fd, at], &[(at, &expected)]);
        world.fails("fd_filestat_get", &[fd, at + 1], Errno::Overflow);
        let expected = filestat(&std::fs::metadata(world.host("")).unwrap(), 3, preview0);
        world.ok("fd_filestat_get", &[ROOT, 8], &[(8, &expected)]);
    }
}

#[test]
fn the_types_of_streams() {
    let mut world = World::new();
    let (pipe, _writer) = world.pipe_in();
    let socket = world.socket(std::os::unix::net::UnixStream::pair().unwrap().0);
    let datagrams = world.socket(UdpSocket::bind("127.0.0.1:0").unwrap());
    for (fd, filetype) in [(0, 2), (pipe, 6), (socket, 6), (datagrams, 5)] {
        assert_eq!(world.call("fd_filestat_get", &[fd, 8]), Ok(()));
        assert_eq!(world.guest.bytes()[24], filetype, "{fd}");
        assert_eq!(world.call("fd_fdstat_get", &[fd, 8]), Ok(()));
        assert_eq!(world.guest.bytes()[8], filetype, "{fd}");
    }
}

#[test]
fn files_are_cut_and_made_longer() {
    let mut world = World::new();
    let fd = world.open("file");
    world.ok("fd_filestat_set_size", &[fd, 4], &[]);
    assert_eq!(world.content("file"), "0123");
    world.ok("fd_filestat_set_size", &[fd, 6], &[]);
    assert_eq!(world.content("file"), "0123\0\0");
    for size in [1 << 63, u64::MAX] {
        world.fails("fd_filestat_set_size", &[fd, size], Errno::Inval);
    }
    world.fails("fd_filestat_set_size", &[ROOT, 0], Errno::Notcapable);
    world.fails("fd_filestat_set_size", &[0, 0], Errno::Inval);
    assert_eq!(world.content("file"), "0123\0\0");
}

#[test]
fn room_is_never_taken_away() {
    let mut world = World::new();
    let fd = world.open("file");
    for (offset, len, size) in [(0, 4, 10), (0, 0, 10), (5, 7, 12), (20, 0, 20), (3, 3, 20)] {
        world.ok("fd_allocate", &[fd, offset, len], &[]);
        assert_eq!(std::fs::metadata(world.host("file")).unwrap().len(), size);
    }
    assert!(world.content("file").starts_with("0123456789\0\0"));
    for (offset, len) in [(1 << 63, 1), (u64::MAX, 1), (0, 1 << 63), (1, u64::MAX)] {
        world.fails("fd_allocate", &[fd, offset, len], Errno::Inval);
    }
    for (offset, len) in [(1, (1 << 63) - 1), ((1 << 63) - 1, (1 << 63) - 1)] {
        world.fails("fd_allocate", &[fd, offset, len], Errno::Fbig);
    }
    world.fails("fd_allocate", &[ROOT, 0, 1], Errno::Notcapable);
    world.fails("fd_allocate", &[0, 0, 1], Errno::Inval);
    assert_eq!(std::fs::metadata(world.host("file")).unwrap().len(), 20);
}

/// The access and modification times, ns.
pub fn times(world: &World, path: &str) -> (i64, i64) {
    let meta = std::fs::symlink_metadata(world.host(path)).unwrap();
    (meta.atime() * 1_000_000_000 + meta.atime_nsec(), meta.mtime() * 1_000_000_000 + meta.mtime_nsec())
}

#[test]
fn times_are_set_to_the_nanosecond() {
    let mut world = World::new();
    let fd = world.open("file");
    world.ok("fd_filestat_set_times", &[fd, 1_500_000_001, 2_999_999_999, 1 | 4], &[]);
    assert_eq!(times(&world, "file"), (1_500_000_001, 2_999_999_999));
    // Only what the flags say.
    world.ok("fd_filestat_set_times", &[fd, 7, 8, 1], &[]);
    assert_eq!(times(&world, "file"), (7, 2_999_999_999));
    world.ok("fd_filestat_set_times", &[fd, 9, 10, 4], &[]);
    assert_eq!(times(&world, "file"), (7, 10));
    world.ok("fd_filestat_set_times", &[fd, 11, 12, 0], &[]);
    assert_eq!(times(&world, "file"), (7, 10));
    world.ok("fd_filestat_set_times", &[fd, 11, 12, 2 | 4], &[]);
    let (access, modified) = times(&world, "file");
    assert!(access > 1_700_000_000_000_000_000 && modified == 12);
    world.ok("fd_filestat_set_times", &[fd, 13, 14, 1 | 8], &[]);
    let (access, modified) = times(&world, "file");
    assert!(access == 13 && modified > 1_700_000_000_000_000_000);
    world.ok("fd_filestat_set_times", &[ROOT, 15, 16, 1 | 4], &[]);
    assert_eq!(times(&world, ""), (15, 16));
}

#[test]
fn contradictory_and_unknown_flags_are_refused() {
    let mut world = World::new();
    let fd = world.open("file");
    let before = times(&world, "file");
    for flags in [3, 12, 15, 1 | 2 | 4, 16, 17, 1 << 15, u64::from(u32::MAX)] {
        world.fails("fd_filestat_set_times", &[fd, 1, 2, flags], Errno::Inval);
        // Flags are looked at first, as in node:wasi.
        world.fails("fd_filestat_set_times", &[60, 1, 2, flags], Errno::Inval);
    }
    assert_eq!(times(&world, "file"), before);
    world.fails("fd_filestat_set_times", &[0, 1, 2, 5], Errno::Inval);
}

#[test]
fn an_error_of_a_file_is_the_calls() {
    let mut world = World::new();
    for errno in [Errno::Io, Errno::Rofs, Errno::Nospc, Errno::Fbig] {
        let fd = world.add(file(Failing(errno)));
        world.fails("fd_filestat_get", &[fd, 8], errno);
        world.fails("fd_filestat_set_size", &[fd, 1], errno);
        world.fails("fd_filestat_set_times", &[fd, 1, 2, 5], errno);
        world.fails("fd_allocate", &[fd, 0, 1], errno);
    }
}
