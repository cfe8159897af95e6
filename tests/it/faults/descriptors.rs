//! The functions that reach a file, when that fails: the errno arrives as it is, and nothing else has happened.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::sync::Arc;

use preopen::abi::{Errno, Filetype};
use preopen::calls::Halt;
use preopen::stdio::{Socket, Stream, duplicate};
use preopen::vfs::Dir;
use preopen::vfs::host::{HostDir, MountOptions};
use preopen::vfs::memory::{Limits, MemoryFs};

use super::{Plan, faulty_dir, faulty_stream};
use crate::calls::every;
use crate::scripted::{ROOT, World, stream};
use crate::support::{path, snapshot, write};

/// What disks, networks and limits say, and no function of ours means something by.
const ERRNOS: &[Errno] = &[Errno::Io, Errno::Intr, Errno::Nospc, Errno::Rofs, Errno::Mfile];

/// The functions that ask nothing of a file, a directory or a stream.
const WITHOUT: &[&str] = &[
    "args_get",
    "args_sizes_get",
    "environ_get",
    "environ_sizes_get",
    "clock_res_get",
    "clock_time_get",
    "fd_close",
    "fd_fdstat_get",
    "fd_fdstat_set_flags",
    "fd_fdstat_set_rights",
    "fd_prestat_get",
    "fd_prestat_dir_name",
    "fd_renumber",
    // By 2 from the start: only the end would have to be asked for.
    "fd_seek",
    "fd_tell",
    "poll_oneoff",
    "proc_exit",
    "proc_raise",
    "random_get",
    "sched_yield",
];

/// A guest whose preopen, and all that is opened in it, fails as the plan says.
fn guest(plan: &Arc<Plan>) -> World {
    let world = World::new();
    world.process.fds.remove(ROOT as u32).unwrap();
    let dir = HostDir::open_ambient(&world.host(""), MountOptions::default()).unwrap();
    assert_eq!(world.process.add_preopen(b"/data", faulty_dir(dir, plan)).map(u64::from), Ok(ROOT));
    world
}

/// As `every::world`, but all that it has fails as the plan says.
fn every_kind(plan: &Arc<Plan>) -> (World, every::Peers) {
    let mut world = guest(plan);
    world.open("file");
    world.open("dir");
    let lend = |inner, filetype| world.add(stream(faulty_stream(inner, plan), filetype));
    let pipe = || rustix::pipe::pipe().map(|(from, to)| (File::from(from), File::from(to))).unwrap();
    let ((reader, mut to_reader), (from_writer, writer)) = (pipe(), pipe());
    to_reader.write_all(b"pipe").unwrap();
    lend(duplicate(reader.as_fd()).unwrap(), Filetype::SocketStream);
    lend(duplicate(writer.as_fd()).unwrap(), Filetype::SocketStream);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    lend(Arc::new(Socket::new(listener.into())), Filetype::SocketStream);
    let (socket, mut peer) = UnixStream::pair().unwrap();
    peer.write_all(b"socket").unwrap();
    lend(Arc::new(Socket::new(socket.into())), Filetype::SocketStream);
    std::os::unix::fs::symlink("../file", world.host("dir/back")).unwrap();
    std::fs::create_dir(world.host("empty")).unwrap();
    let _ = world.place(b"");
    (world, (to_reader, from_writer, client, peer))
}

/// The offsets of all descriptors of files.
fn offsets(world: &World) -> BTreeMap<u64, u64> {
    let open = (0..64).filter(|fd| world.process.fds.get(*fd as u32, preopen::abi::Rights::NONE).is_ok());
    open.map(|fd| (fd, *world.entry(fd).offset())).collect()
}

#[test]
fn the_errno_arrives_as_it_is_and_nothing_else_happens() {
    let count = preopen::abi::IMPORTS.len();
    for index in 0..count {
        for errno in ERRNOS {
            let plan = Plan::new();
            let (mut world, _peers) = every_kind(&plan);
            let case = every::cases(&mut world).swap_remove(index);
            let (disk, offsets_before) = (snapshot(&world.host("")), offsets(&world));
            plan.fail_from(0, *errno);
            if WITHOUT.contains(&case.name) {
                let _ = world.call(case.name, &case.args);
                assert_eq!(plan.met(), 0, "{} asks something", case.name);
                continue;
            }
            for _ in 0..3 {
                world.fails(case.name, &case.args, *errno);
            }
            assert!(plan.met() >= 3, "{} asks nothing", case.name);
            plan.clear();
            assert_eq!(snapshot(&world.host("")), disk, "{}", case.name);
            assert_eq!(offsets(&world), offsets_before, "{}: the descriptors and their offsets", case.name);
            // It is over, and the same call does its work.
            assert_eq!(world.call(case.name, &case.args), Ok(()), "{} after {errno:?}", case.name);
        }
    }
}

#[test]
fn the_end_of_a_file_that_cannot_be_asked_for() {
    let plan = Plan::new();
    let mut world = guest(&plan);
    let fd = world.open("file");
    world.ok("fd_seek", &[fd, 4, 0, 8], &[(8, &4_u64.to_le_bytes())]);
    plan.fail(0, Errno::Io);
    world.fails("fd_seek", &[fd, 0, 2, 8], Errno::Io);
    world.ok("fd_tell", &[fd, 8], &[(8, &4_u64.to_le_bytes())]);
}

/// How many ranges: in several rounds.
const RANGES: u64 = 100;

/// A list of ranges of one byte, `at` and on.
fn singles(world: &mut World, at: u64) -> u64 {
    let list: Vec<_> = (0..RANGES).map(|index| (at + index, 1)).collect();
    world.iovecs(&list)
}

fn count(world: &World, at: u64) -> u64 {
    u64::from(u32::from_le_bytes(world.guest.bytes()[at as usize..][..4].try_into().unwrap()))
}

/// What a transfer is tried with: how it is told to fail in its second round, and how many bytes of that are done.
type Fault = (fn(&Plan, &'static str), u64);
const FAULTS: &[Fault] = &[
    (|plan, call| plan.fail_call(call, 1, Errno::Io), 0),
    (|plan, call| plan.short(call, 1, 3), 3),
    (|plan, call| plan.short(call, 1, 0), 0),
];

#[test]
fn a_read_that_fails_in_its_second_round_has_read_the_first() {
    let text: String = (0..RANGES).map(|index| char::from(b'A' + (index % 50) as u8)).collect();
    for (fails, more) in FAULTS {
        for (name, with_offset) in [("fd_read", false), ("fd_pread", true)] {
            let plan = Plan::new();
            let mut world = guest(&plan);
            std::fs::write(world.host("file"), &text).unwrap();
            let fd = world.open("file");
            let list = singles(&mut world, 1000);
            let args = |offset| {
                if with_offset { vec![fd, list, RANGES, offset, 8] } else { vec![fd, list, RANGES, 8] }
            };
            fails(&plan, "read_at");
            assert_eq!(world.call(name, &args(0)), Ok(()));
            let read = count(&world, 8);
            let first = read - more;
            assert!(first > 0 && first < RANGES, "{name} read {read}");
            let bytes = world.guest.bytes();
            assert_eq!(bytes[1000..][..read as usize], text.as_bytes()[..read as usize]);
            let after = &bytes[1000 + read as usize..1000 + RANGES as usize];
            assert!(after.iter().all(|byte| *byte == b'?'), "{name} wrote more than it read");
            let at = if with_offset { 0 } else { read };
            world.ok("fd_tell", &[fd, 16], &[(16, &at.to_le_bytes())]);
            // The error comes when it is met first.
            plan.clear();
            plan.fail_call("read_at", 0, Errno::Io);
            world.fails(name, &args(read), Errno::Io);
            world.ok("fd_tell", &[fd, 16], &[(16, &at.to_le_bytes())]);
            plan.clear();
            assert_eq!(world.call(name, &args(read)), Ok(()));
            assert_eq!(count(&world, 8), RANGES - read, "{name} goes on");
        }
    }
}

#[test]
fn a_write_that_fails_in_its_second_round_has_written_the_first() {
    for (fails, more) in FAULTS {
        for (name, how, append) in
            [("fd_write", "write_at", 0), ("fd_pwrite", "write_at", 0), ("fd_write", "append", 1)]
        {
            let plan = Plan::new();
            let mut world = guest(&plan);
            let fd = world.open_with("file", 0, append).unwrap();
            for index in 0..RANGES {
                world.guest.put(1000 + index, &[b'A' + (index % 50) as u8]);
            }
            let list = singles(&mut world, 1000);
            let args = |offset| {
                if name == "fd_pwrite" {
                    vec![fd, list, RANGES, offset, 8]
                } else {
                    vec![fd, list, RANGES, 8]
                }
            };
            let from = if append == 1 { 10 } else { 0 };
            fails(&plan, how);
            assert_eq!(world.call(name, &args(0)), Ok(()));
            let written = count(&world, 8);
            assert!(written > *more && written < RANGES, "{name} wrote {written}");
            let text: String = (0..written).map(|index| char::from(b'A' + (index % 50) as u8)).collect();
            let expected = if append == 1 {
                format!("0123456789{text}")
            } else {
                let rest = "0123456789".get(written as usize..).unwrap_or_default();
                format!("{text}{rest}")
            };
            assert_eq!(world.content("file"), expected, "{name}, {how}");
            let at = if name == "fd_pwrite" { 0 } else { from + written };
            world.ok("fd_tell", &[fd, 16], &[(16, &at.to_le_bytes())]);
            plan.clear();
            plan.fail_call(how, 0, Errno::Nospc);
            world.fails(name, &args(written), Errno::Nospc);
            world.ok("fd_tell", &[fd, 16], &[(16, &at.to_le_bytes())]);
            assert_eq!(world.content("file"), expected);
        }
    }
}

#[test]
fn a_write_that_is_not_made_safe_says_so_and_counts() {
    const SYNC: u64 = 16;
    const DSYNC: u64 = 2;
    for (flags, call) in [(SYNC, "sync"), (DSYNC, "datasync")] {
        let plan = Plan::new();
        let mut world = guest(&plan);
        let fd = world.open_with("file", 0, flags).unwrap();
        let data = world.place(b"abc");
        let list = world.iovecs(&[(data, 3)]);
        plan.fail_call(call, 0, Errno::Io);
        world.fails("fd_write", &[fd, list, 1, 8], Errno::Io);
        // As on Linux: the bytes are written, and only the promise is missing.
        assert_eq!(world.content("file"), "abc3456789");
        world.ok("fd_tell", &[fd, 16], &[(16, &3_u64.to_le_bytes())]);
        world.ok("fd_write", &[fd, list, 1, 8], &[(8, &3_u32.to_le_bytes())]);
        assert_eq!(world.content("file"), "abcabc6789");
    }
}

#[test]
fn a_stream_that_fails_in_its_second_round_has_transferred_the_first() {
    let plan = Plan::new();
    let (mut world, (mut to_reader, mut from_writer, _client, mut peer)) = every_kind(&plan);
    let (reader, writer, socket) = (6, 7, 9);
    let list = singles(&mut world, 1000);
    to_reader.write_all(&[b'r'; 200]).unwrap();
    peer.write_all(&[b's'; 200]).unwrap();
    for (name, fd, call) in [
        ("fd_read", reader, "read"),
        ("fd_write", writer, "write"),
        ("sock_recv", socket, "receive"),
        ("sock_send", socket, "send"),
    ] {
        let args = match name {
            "sock_recv" => vec![fd, list, RANGES, 2, 8, 16],
            "sock_send" => vec![fd, list, RANGES, 0, 8],
            _ => vec![fd, list, RANGES, 8],
        };
        plan.fail_call(call, 1, Errno::Io);
        assert_eq!(world.call(name, &args), Ok(()), "{name}");
        let done = count(&world, 8);
        assert!(done > 0 && done < RANGES, "{name} transferred {done}");
        let mut arrived = vec![0; 2 * RANGES as usize];
        match name {
            "fd_write" => assert_eq!(from_writer.read(&mut arrived).unwrap() as u64, done),
            "sock_send" => assert_eq!(peer.read(&mut arrived).unwrap() as u64, done),
            _ => {}
        }
        plan.clear();
        plan.fail_call(call, 0, Errno::Connreset);
        world.fails(name, &args, Errno::Connreset);
        plan.clear();
    }
}

#[test]
fn a_listing_that_fails_later_has_what_came_before() {
    // So many that they are gathered in several steps.
    const NAMES: usize = 1000;
    let plan = Plan::new();
    let world = World::new();
    let fs = MemoryFs::new(Limits::default());
    for index in 0..NAMES {
        write(&fs.root(), &format!("{index:0200}"), "").unwrap();
    }
    let fd = u64::from(world.process.add_preopen(b"/many", faulty_dir(fs.root(), &plan)).unwrap());
    let mut guest = crate::scripted::Script::of(1 << 20);
    let list = |guest: &mut _, cookie| {
        crate::scripted::call(&world.process, guest, "fd_readdir", &[fd, 64, 900_000, cookie, 8])
    };
    let used = |guest: &crate::scripted::Script| {
        u32::from_le_bytes(guest.bytes()[8..12].try_into().unwrap()) as usize
    };
    plan.fail_call("list", 2, Errno::Io);
    assert_eq!(list(&mut guest, 0), Ok(()));
    let size = 24 + 200;
    let (bytes, some) = (guest.bytes(), used(&guest));
    assert!(some > 0 && some % size == 0 && some < NAMES * size, "{some} bytes");
    assert!(bytes[64 + some..64 + 900_000].iter().all(|byte| *byte == b'?'));
    let cookie = u64::from_le_bytes(bytes[64 + some - size..][..8].try_into().unwrap());
    plan.clear();
    plan.fail_call("list", 0, Errno::Io);
    assert_eq!(list(&mut guest, cookie), Err(Halt::Errno(Errno::Io)));
    assert_eq!(list(&mut guest, cookie), Ok(()));
    assert_eq!(used(&guest), NAMES * size - some, "it goes on where it was");
}

#[test]
fn a_descriptor_too_many_creates_and_cuts_nothing() {
    // The host's own limit: nothing was opened, so there is nothing to close or to remove.
    let plan = Plan::new();
    let mut world = guest(&plan);
    let (at, len) = world.text("new");
    for errno in [Errno::Mfile, Errno::Nfile] {
        plan.fail_from(0, errno);
        world.fails("path_open", &[ROOT, 0, at, len, 9, 0, 0, 0, 8], errno);
        plan.clear();
        assert!(!world.host("new").exists());
    }
    assert_eq!(world.open_fds(), 4);
    let dir = HostDir::open_ambient(&world.host(""), MountOptions::default()).unwrap();
    assert_eq!(dir.stat_at(path("new"), false), Err(Errno::Noent));
}

#[test]
fn a_stream_that_cannot_be_looked_at_is_not_given() {
    let plan = Plan::new();
    let world = guest(&plan);
    let (reader, _writer) = rustix::pipe::pipe().unwrap();
    let inner: Arc<dyn Stream> = duplicate(reader.as_fd()).unwrap();
    plan.fail(0, Errno::Io);
    let before = world.open_fds();
    assert_eq!(world.process.add_stream(Arc::new(faulty_stream(inner, &plan))), Err(Errno::Io));
    assert_eq!(world.open_fds(), before);
}
