//! Reading, writing and seeking in files.

use std::io::Seek;
use std::sync::atomic::Ordering;

use preopen::abi::Errno;

use crate::scripted::{Failing, Mill, ROOT, World, file};

const APPEND: u64 = 1;
const DSYNC: u64 = 2;
const SYNC: u64 = 16;

fn le(number: u32) -> [u8; 4] {
    number.to_le_bytes()
}

#[test]
fn a_read_fills_one_range_after_the_other() {
    let mut world = World::new();
    let fd = world.open("file");
    let list = world.iovecs(&[(100, 3), (200, 0), (300, 4)]);
    world.ok("fd_read", &[fd, list, 3, 8], &[(100, b"012"), (300, b"3456"), (8, &le(7))]);
    world.ok("fd_read", &[fd, list, 3, 8], &[(100, b"789"), (8, &le(3))]);
    // At the end.
    world.ok("fd_read", &[fd, list, 3, 8], &[(8, &le(0))]);
}

#[test]
fn ranges_may_overlap() {
    let mut world = World::new();
    let fd = world.open("file");
    let list = world.iovecs(&[(100, 4), (102, 4), (101, 2)]);
    world.ok("fd_read", &[fd, list, 3, 8], &[(100, b"089567"), (8, &le(10))]);
    world.ok("fd_pwrite", &[fd, list, 3, 0, 8], &[(8, &le(10))]);
    assert_eq!(world.content("file"), "0895956789");
}

#[test]
fn the_result_may_lie_in_the_list_and_the_list_in_what_is_read() {
    let mut world = World::new();
    let fd = world.open("file");
    let list = world.iovecs(&[(100, 4)]);
    world.ok("fd_read", &[fd, list, 1, list], &[(100, b"0123"), (list, &le(4))]);
    let list = world.iovecs(&[(0, 4)]);
    world.guest.put(list, &le(list as u32));
    world.ok("fd_read", &[fd, list, 1, 8], &[(list, b"4567"), (8, &le(4))]);
}

#[test]
fn a_write_takes_one_range_after_the_other() {
    let mut world = World::new();
    let fd = world.open("file");
    let (one, two) = (world.place(b"ab"), world.place(b"cde"));
    let list = world.iovecs(&[(one, 2), (one, 0), (two, 3)]);
    world.ok("fd_write", &[fd, list, 3, 8], &[(8, &le(5))]);
    assert_eq!(world.content("file"), "abcde56789");
    world.ok("fd_write", &[fd, list, 3, 8], &[(8, &le(5))]);
    world.ok("fd_write", &[fd, list, 3, 8], &[(8, &le(5))]);
    assert_eq!(world.content("file"), "abcdeabcdeabcde");
}

#[test]
fn with_an_offset_the_descriptors_own_stays() {
    let mut world = World::new();
    let fd = world.open("file");
    let list = world.iovecs(&[(100, 3)]);
    world.ok("fd_pread", &[fd, list, 1, 8, 8], &[(100, b"89"), (8, &le(2))]);
    world.ok("fd_pread", &[fd, list, 1, 10, 8], &[(8, &le(0))]);
    world.ok("fd_pread", &[fd, list, 1, 1 << 40, 8], &[(8, &le(0))]);
    world.ok("fd_pwrite", &[fd, list, 1, 12, 8], &[(8, &le(3))]);
    assert_eq!(world.content("file"), "0123456789\0\x0089?");
    world.ok("fd_tell", &[fd, 16], &[(16, &0_u64.to_le_bytes())]);
    world.ok("fd_read", &[fd, list, 1, 8], &[(100, b"012"), (8, &le(3))]);
    world.ok("fd_tell", &[fd, 16], &[(16, &3_u64.to_le_bytes())]);
}

#[test]
fn no_ranges_are_no_bytes() {
    let mut world = World::new();
    let fd = world.open("file");
    let empty = world.iovecs(&[(100, 0), (65_535, 0)]);
    for count in 0..3 {
        world.ok("fd_read", &[fd, empty, count, 8], &[(8, &[0; 4])]);
        world.ok("fd_write", &[fd, empty, count, 8], &[(8, &[0; 4])]);
        world.ok("fd_pread", &[fd, empty, count, 1, 8], &[(8, &[0; 4])]);
        world.ok("fd_pwrite", &[fd, empty, count, 1, 8], &[(8, &[0; 4])]);
    }
    assert_eq!(world.content("file"), "0123456789");
}

#[test]
fn one_bad_range_and_nothing_is_transferred() {
    let mut world = World::new();
    let fd = world.open("file");
    for (ptr, len) in
        [(65_536, 0), (65_535, 2), (0, 65_537), (u32::MAX, u32::MAX), (8, u32::MAX), (1 << 31, 1)]
    {
        let list = world.iovecs(&[(100, 4), (200, 4), (ptr.into(), len.into())]);
        world.fails("fd_read", &[fd, list, 3, 8], Errno::Overflow);
        world.fails("fd_write", &[fd, list, 3, 8], Errno::Overflow);
        world.fails("fd_pread", &[fd, list, 3, 0, 8], Errno::Overflow);
        world.fails("fd_pwrite", &[fd, list, 3, 0, 8], Errno::Overflow);
    }
    assert_eq!(world.content("file"), "0123456789");
    world.ok("fd_tell", &[fd, 16], &[(16, &[0; 8])]);
}

#[test]
fn offsets_from_2_63_on_are_refused() {
    let mut world = World::new();
    let fd = world.open("file");
    let list = world.iovecs(&[(100, 3)]);
    for offset in [1 << 63, (1 << 63) + 1, u64::MAX - 2, u64::MAX] {
        world.fails("fd_pread", &[fd, list, 1, offset, 8], Errno::Inval);
        world.fails("fd_pwrite", &[fd, list, 1, offset, 8], Errno::Inval);
    }
    // The last byte that a file can have is before it, so the kernel refuses.
    world.fails("fd_pread", &[fd, list, 1, (1 << 63) - 1, 8], Errno::Inval);
    assert_eq!(world.content("file"), "0123456789");
}

#[test]
fn seeking() {
    let mut world = World::new();
    let fd = world.open("file");
    let minus = |by: u64| by.wrapping_neg();
    for (offset, whence, now) in [
        (4, 0, 4_u64),
        (2, 1, 6),
        (minus(1), 1, 5),
        (0, 1, 5),
        (minus(3), 2, 7),
        (5, 2, 15),
        (i64::MAX as u64, 0, i64::MAX as u64),
        (0, 0, 0),
    ] {
        world.ok("fd_seek", &[fd, offset, whence, 8], &[(8, &now.to_le_bytes())]);
        world.ok("fd_tell", &[fd, 8], &[(8, &now.to_le_bytes())]);
    }
    world.ok("fd_seek", &[fd, 1, 0, 8], &[(8, &1_u64.to_le_bytes())]);
    for (offset, whence) in [
        (minus(1), 0),
        (1 << 63, 0),
        (minus(2), 1),
        (1 << 63, 1),
        (i64::MAX as u64, 1),
        (minus(11), 2),
        (1 << 63, 2),
        (i64::MAX as u64, 2),
        (0, 3),
        (0, 256 + 3),
        (0, u64::from(u32::MAX)),
    ] {
        world.fails("fd_seek", &[fd, offset, whence, 8], Errno::Inval);
        assert_eq!(*world.entry(fd).offset(), 1);
    }
    // A descriptor that is not there is worse than an unknown whence.
    world.fails("fd_seek", &[60, 0, 3, 8], Errno::Badf);
}

#[test]
fn preview0_counts_whence_otherwise() {
    let mut world = World::preview0();
    let fd = world.open("file");
    for (offset, whence, now) in [(4, 2, 4_u64), (2, 0, 6), (3, 1, 13)] {
        world.ok("fd_seek", &[fd, offset, whence, 8], &[(8, &now.to_le_bytes())]);
    }
    world.fails("fd_seek", &[fd, 0, 3, 8], Errno::Inval);
}

#[test]
fn appending() {
    let mut world = World::new();
    let fd = world.open_with("file", 0, APPEND).unwrap();
    let data = world.place(b"ab");
    let list = world.iovecs(&[(data, 2)]);
    world.ok("fd_write", &[fd, list, 1, 8], &[(8, &le(2))]);
    world.ok("fd_tell", &[fd, 16], &[(16, &12_u64.to_le_bytes())]);
    world.ok("fd_seek", &[fd, 3, 0, 16], &[(16, &3_u64.to_le_bytes())]);
    // Another descriptor makes it longer; the end is found anew each time.
    let other = world.open("file");
    world.ok("fd_pwrite", &[other, list, 1, 13, 8], &[(8, &le(2))]);
    world.ok("fd_pwrite", &[fd, list, 1, 0, 8], &[(8, &le(2))]);
    world.ok("fd_tell", &[fd, 16], &[(16, &3_u64.to_le_bytes())]);
    assert_eq!(world.content("file"), "0123456789ab\0abab");
    world.ok("fd_fdstat_set_flags", &[fd, 0], &[]);
    world.ok("fd_write", &[fd, list, 1, 8], &[(8, &le(2))]);
    assert_eq!(world.content("file"), "012ab56789ab\0abab");
}

#[test]
fn synchronous_writes_are_made_safe() {
    let mut world = World::new();
    let mill = Mill::default();
    let syncs = std::sync::Arc::clone(&mill.syncs);
    let fd = world.add(file(mill));
    let list = world.iovecs(&[(100, 3)]);
    let seen = || (syncs.0.swap(0, Ordering::Relaxed), syncs.1.swap(0, Ordering::Relaxed));
    for (flags, expected) in [(0, (0, 0)), (DSYNC, (2, 0)), (SYNC, (0, 2)), (DSYNC | SYNC | APPEND, (0, 2))] {
        world.ok("fd_fdstat_set_flags", &[fd, flags], &[]);
        world.ok("fd_write", &[fd, list, 1, 8], &[(8, &le(3))]);
        world.ok("fd_pwrite", &[fd, list, 1, 0, 8], &[(8, &le(3))]);
        world.ok("fd_read", &[fd, list, 1, 8], &[(8, &le(3))]);
        assert_eq!(seen(), expected, "{flags}");
    }
}

#[test]
fn what_fails_writes_nothing() {
    let mut world = World::new();
    let list = world.iovecs(&[(100, 3)]);
    for errno in [Errno::Nospc, Errno::Fbig, Errno::Rofs, Errno::Io, Errno::Dquot] {
        let fd = world.add(file(Failing(errno)));
        world.fails("fd_read", &[fd, list, 1, 8], errno);
        world.fails("fd_write", &[fd, list, 1, 8], errno);
        world.fails("fd_pread", &[fd, list, 1, 0, 8], errno);
        world.fails("fd_pwrite", &[fd, list, 1, 0, 8], errno);
        world.fails("fd_seek", &[fd, 0, 2, 8], errno);
        assert_eq!(*world.entry(fd).offset(), 0);
        world.ok("fd_fdstat_set_flags", &[fd, APPEND], &[]);
        world.fails("fd_write", &[fd, list, 1, 8], errno);
        world.fails("fd_pwrite", &[fd, list, 1, 0, 8], errno);
    }
}

#[test]
fn what_came_before_an_error_counts() {
    let mut world = World::new();
    let list = world.iovecs(&[(0, 1); 100]);
    for (name, before) in
        [("fd_read", None), ("fd_write", None), ("fd_pread", Some(7)), ("fd_pwrite", Some(7))]
    {
        let fd = world.add(file(Mill { room: Some(2), ..Mill::default() }));
        let args = [&[fd, list, 100][..], before.as_slice(), &[8]].concat();
        world.ok(name, &args, &[(8, &le(64))]);
        assert_eq!(*world.entry(fd).offset(), if before.is_some() { 0 } else { 64 });
        world.fails(name, &args, Errno::Nospc);
    }
}

#[test]
fn a_directory_has_no_bytes() {
    let mut world = World::new();
    let list = world.iovecs(&[(100, 3)]);
    world.fails("fd_read", &[ROOT, list, 1, 8], Errno::Notcapable);
    world.fails("fd_write", &[ROOT, list, 1, 8], Errno::Notcapable);
    world.fails("fd_pread", &[ROOT, list, 1, 0, 8], Errno::Notcapable);
    world.fails("fd_pwrite", &[ROOT, list, 1, 0, 8], Errno::Notcapable);
    world.fails("fd_seek", &[ROOT, 0, 0, 8], Errno::Notcapable);
    world.fails("fd_tell", &[ROOT, 8], Errno::Notcapable);
}

/// The host hands a guest's standard streams over open: `app < input > output`.
#[test]
fn a_file_of_the_hosts_keeps_its_offset() {
    let mut world = World::new();
    let mut host = std::fs::File::options().read(true).write(true).open(world.host("file")).unwrap();
    let fd = world.lend(&host);
    let list = world.iovecs(&[(100, 3)]);
    world.ok("fd_read", &[fd, list, 1, 8], &[(100, b"012"), (8, &le(3))]);
    assert_eq!(host.stream_position().unwrap(), 3);
    host.seek_relative(2).unwrap();
    world.ok("fd_tell", &[fd, 16], &[(16, &5_u64.to_le_bytes())]);
    world.ok("fd_write", &[fd, list, 1, 8], &[(8, &le(3))]);
    world.ok("fd_pread", &[fd, list, 1, 1, 8], &[(100, b"123"), (8, &le(3))]);
    world.ok("fd_pwrite", &[fd, list, 1, 9, 8], &[(8, &le(3))]);
    world.ok("fd_seek", &[fd, u64::MAX, 2, 16], &[(16, &11_u64.to_le_bytes())]);
    world.fails("fd_seek", &[fd, u64::MAX, 0, 16], Errno::Inval);
    assert_eq!(world.content("file"), "012340128123");
}
