//! Descriptors as such.

use preopen::abi::{Errno, Rights};
use preopen::calls::Halt;

use crate::scripted::{ROOT, Setup, World};

/// The bytes of an `fdstat`.
fn fdstat(filetype: u8, flags: u16, base: u64, inheriting: u64) -> Vec<u8> {
    let flags = flags.to_le_bytes();
    [&[filetype, 0, flags[0], flags[1], 0, 0, 0, 0][..], &base.to_le_bytes(), &inheriting.to_le_bytes()]
        .concat()
}

#[test]
fn what_each_kind_of_descriptor_may_do() {
    let mut world = World::new();
    let file = world.open("file");
    let (reader, _writer) = world.pipe_in();
    let (writer, _reader) = world.pipe_out();
    let socket = world.socket(std::os::unix::net::UnixStream::pair().unwrap().0);
    let host = std::fs::File::open(world.host("file")).unwrap();
    let stdin = world.lend(host);
    const ALL: u64 = 0x3fff_ffff;
    const WRITE: u64 = 1 << 6;
    const READ: u64 = 1 << 1;
    for (fd, filetype, base, inheriting) in [
        (0, 2, ALL, ALL),
        (ROOT, 3, 0x0fbf_fe98, 0x0fff_ffff),
        (file, 4, 0x08e0_01ff, 0),
        (stdin, 4, 0x08e0_01ff & !WRITE, 0),
        (reader, 6, 0x3820_004a & !WRITE, ALL),
        (writer, 6, 0x3820_004a & !READ, ALL),
        (socket, 6, 0x3820_004a, ALL),
    ] {
        world.ok("fd_fdstat_get", &[fd, 8], &[(8, &fdstat(filetype, 0, base, inheriting))]);
    }
}

#[test]
fn flags_are_wasis_and_the_descriptors_own() {
    let mut world = World::new();
    let (one, other) = (world.open_with("file", 0, 1).unwrap(), world.open("file"));
    let stat = |flags| fdstat(4, flags, 0x08e0_01ff, 0);
    world.ok("fd_fdstat_get", &[one, 8], &[(8, &stat(1))]);
    for flags in 0..32 {
        world.ok("fd_fdstat_set_flags", &[one, flags], &[]);
        world.ok("fd_fdstat_get", &[one, 8], &[(8, &stat(flags as u16))]);
    }
    // Unknown ones are dropped.
    world.ok("fd_fdstat_set_flags", &[one, 0xffff_ffe1], &[]);
    world.ok("fd_fdstat_get", &[one, 8], &[(8, &stat(1))]);
    world.ok("fd_fdstat_get", &[other, 8], &[(8, &stat(0))]);
}

#[test]
fn rights_are_only_ever_given_up() {
    let mut world = World::new();
    let fd = world.open("dir");
    let (base, inheriting) = (world.entry(fd).base(), world.entry(fd).inheriting());
    for (more, more_inheriting) in
        [(base.0 | 1 << 1, 0), (1 << 30, 0), (u64::MAX, 0), (0, 1 << 28), (0, u64::MAX), (1 << 63, 1 << 63)]
    {
        world.fails("fd_fdstat_set_rights", &[fd, more, more_inheriting], Errno::Notcapable);
        assert_eq!((world.entry(fd).base(), world.entry(fd).inheriting()), (base, inheriting));
    }
    world.ok("fd_fdstat_set_rights", &[fd, 1 << 14 | 1 << 13, 1 << 1], &[]);
    world.ok("fd_fdstat_get", &[fd, 8], &[(8, &fdstat(3, 0, 1 << 14 | 1 << 13, 1 << 1))]);
    world.fails("fd_fdstat_set_rights", &[fd, base.0, inheriting.0], Errno::Notcapable);
    world.ok("fd_fdstat_set_rights", &[fd, 0, 0], &[]);
    world.ok("fd_fdstat_get", &[fd, 8], &[(8, &fdstat(3, 0, 0, 0))]);
    // To be closed needs no right.
    world.ok("fd_close", &[fd], &[]);
}

#[test]
fn closing_frees_the_number() {
    let mut world = World::new();
    let (one, two) = (world.open("file"), world.open("file"));
    world.ok("fd_close", &[one], &[]);
    world.fails("fd_close", &[one], Errno::Badf);
    world.fails("fd_tell", &[one, 8], Errno::Badf);
    world.ok("fd_tell", &[two, 8], &[(8, &[0; 8])]);
    assert_eq!(world.open("dir"), one);
    // Standard streams and preopens can be closed, and their numbers are used again.
    for fd in [0, 1, 2, ROOT] {
        world.ok("fd_close", &[fd], &[]);
        world.fails("fd_fdstat_get", &[fd, 8], Errno::Badf);
    }
    let (path, len) = world.text("inner");
    world.ok("path_open", &[one, 0, path, len, 0, 0, 0, 0, 8], &[(8, &[0; 4])]);
}

#[test]
fn renumbering_moves() {
    let mut world = World::new();
    let (file, dir) = (world.open("file"), world.open("dir"));
    let moved = world.entry(file);
    world.ok("fd_renumber", &[file, dir], &[]);
    assert!(std::sync::Arc::ptr_eq(&world.entry(dir), &moved));
    world.fails("fd_tell", &[file, 8], Errno::Badf);
    // The number that it had is free again.
    assert_eq!(world.open("dir"), file);

    // To itself is always fine, as in node:wasi.
    for fd in [dir, 60, u64::from(u32::MAX)] {
        world.ok("fd_renumber", &[fd, fd], &[]);
    }
    // To a number that is not open, never.
    for to in [60, u64::from(u32::MAX)] {
        world.fails("fd_renumber", &[dir, to], Errno::Badf);
        world.fails("fd_renumber", &[to, dir], Errno::Badf);
        assert!(std::sync::Arc::ptr_eq(&world.entry(dir), &moved));
    }
    // A preopen stays one under another number.
    world.ok("fd_renumber", &[ROOT, 0], &[]);
    world.ok("fd_prestat_get", &[0, 8], &[(8, &[0, 0, 0, 0, 5, 0, 0, 0])]);
    world.fails("fd_prestat_get", &[ROOT, 8], Errno::Badf);
}

#[test]
fn what_was_open_from_the_start() {
    let mut world = World::new();
    world.ok("fd_prestat_get", &[ROOT, 8], &[(8, &[0, 0, 0, 0, 5, 0, 0, 0])]);
    for len in [5, 6, 100] {
        world.ok("fd_prestat_dir_name", &[ROOT, 64, len], &[(64, b"/data")]);
    }
    for len in 0..5 {
        world.fails("fd_prestat_dir_name", &[ROOT, 64, len], Errno::Nametoolong);
    }
    let socket = world.socket(std::os::unix::net::UnixStream::pair().unwrap().0);
    let file = world.open("file");
    let dir = world.open("dir");
    // A C library lists from 3 on and stops at EBADF: the sockets are where the directories end.
    for (fd, errno) in [(0, Errno::Inval), (socket, Errno::Badf), (file, Errno::Inval), (dir, Errno::Inval)] {
        world.fails("fd_prestat_get", &[fd, 8], errno);
        world.fails("fd_prestat_dir_name", &[fd, 64, 5], Errno::Badf);
    }
}

#[test]
fn at_the_limit_nothing_is_opened_nor_created() {
    let mut world = World::with(Setup { max_fds: 6, ..Setup::default() });
    let (path, len) = world.text("new");
    let (file, file_len) = world.text("file");
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let client = std::net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let listener = world.socket(listener);
    let last = world.open("file");
    world.fails("path_open", &[ROOT, 0, path, len, 1, 0, 0, 0, 8], Errno::Mfile);
    assert!(!world.host("new").exists());
    world.fails("path_open", &[ROOT, 0, file, file_len, 8, 0, 0, 0, 8], Errno::Mfile);
    assert_eq!(world.content("file"), "0123456789");
    world.fails("sock_accept", &[listener, 0, 8], Errno::Mfile);
    // The connection still waits.
    world.ok("fd_close", &[last], &[]);
    world.ok("sock_accept", &[listener, 0, 8], &[(8, &(last as u32).to_le_bytes())]);
    world.fails("path_open", &[ROOT, 0, path, len, 1, 0, 0, 0, 8], Errno::Mfile);
    assert_eq!(world.open_with("file", 0, 0), Err(Halt::Errno(Errno::Mfile)));
    // Renumbering needs no further one.
    world.ok("fd_renumber", &[last, 0], &[]);
    world.ok("path_open", &[ROOT, 0, path, len, 1, 0, 0, 0, 8], &[(8, &(last as u32).to_le_bytes())]);
    assert!(world.host("new").exists());
    drop(client);
}

#[test]
fn a_closed_process_has_no_descriptor_left() {
    let mut world = World::new();
    let (fd, mut drain) = world.pipe_out();
    let held = world.entry(fd);
    world.process.fds.clear();
    assert_eq!(world.open_fds(), 0);
    for fd in [0, ROOT, fd] {
        world.fails("fd_fdstat_get", &[fd, 8], Errno::Badf);
    }
    // What another thread is using lives until it is done.
    assert!(held.base().contains(Rights::FD_WRITE));
    drop(held);
    assert_eq!(std::io::Read::read(&mut drain, &mut [0]).unwrap(), 0);
}
