//! What holds for every function alike: which memory it may touch, which rights it asks for, which descriptors it knows.

use std::net::{TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::{fs::File, io::Write};

use preopen::abi::{Errno, IMPORTS, Rights};
use preopen::calls::{Call, Halt};

use crate::scripted::{ROOT, World};
use crate::support::snapshot;

const FILE: u64 = 4;
const DIR: u64 = 5;
const READER: u64 = 6;
const WRITER: u64 = 7;
const LISTENER: u64 = 8;
const SOCKET: u64 = 9;

/// A call that does its work, and what it hangs on.
pub struct Case {
    pub name: &'static str,
    pub args: Vec<u64>,
    answer: Call,
    /// Which arguments are descriptors, and the right that each must have.
    fds: Vec<(usize, Rights)>,
    /// Which arguments point into memory, to how many bytes, and which argument is the length, if one is.
    places: Vec<(usize, u64, Option<usize>)>,
}

/// What keeps the other ends open.
pub type Peers = (File, File, TcpStream, UnixStream);

/// A guest with something of each kind.
pub fn world() -> (World, Peers) {
    let world = World::new();
    assert_eq!(world.open("file"), FILE);
    assert_eq!(world.open("dir"), DIR);
    let (reader, mut to_reader) = world.pipe_in();
    to_reader.write_all(b"pipe").unwrap();
    let (writer, from_writer) = world.pipe_out();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    assert_eq!((reader, writer, world.socket(listener)), (READER, WRITER, LISTENER));
    let (socket, mut peer) = UnixStream::pair().unwrap();
    peer.write_all(b"socket").unwrap();
    assert_eq!(world.socket(socket), SOCKET);
    std::os::unix::fs::symlink("../file", world.host("dir/back")).unwrap();
    std::fs::create_dir(world.host("empty")).unwrap();
    (world, (to_reader, from_writer, client, peer))
}

/// A call of each function.
pub fn cases(world: &mut World) -> Vec<Case> {
    let (file, file_len) = world.text("file");
    let (new, new_len) = world.text("new");
    let (link, link_len) = world.text("link");
    let (empty, empty_len) = world.text("empty");
    let data = world.place(b"data");
    let list = world.iovecs(&[(data, 4)]);
    let timer = world.place(&[[0; 16], [1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], [0; 16]].concat());

    let case = |name, args: &[u64], fds: &[(usize, Rights)], places: &[(usize, u64, Option<usize>)]| Case {
        name,
        args: args.to_vec(),
        answer: Ok(()),
        fds: fds.to_vec(),
        places: places.to_vec(),
    };
    let iovs = (1, 8, Some(2));
    vec![
        case("args_get", &[8, 64], &[], &[(0, 12, None), (1, 16, None)]),
        case("args_sizes_get", &[8, 64], &[], &[(0, 4, None), (1, 4, None)]),
        case("environ_get", &[8, 64], &[], &[(0, 8, None), (1, 18, None)]),
        case("environ_sizes_get", &[8, 64], &[], &[(0, 4, None), (1, 4, None)]),
        case("clock_res_get", &[1, 8], &[], &[(1, 8, None)]),
        case("clock_time_get", &[1, 0, 8], &[], &[(2, 8, None)]),
        case("fd_advise", &[FILE, 0, 0, 0], &[(0, Rights::FD_ADVISE)], &[]),
        case("fd_allocate", &[FILE, 0, 20], &[(0, Rights::FD_ALLOCATE)], &[]),
        case("fd_close", &[FILE], &[(0, Rights::NONE)], &[]),
        case("fd_datasync", &[FILE], &[(0, Rights::FD_DATASYNC)], &[]),
        case("fd_fdstat_get", &[FILE, 8], &[(0, Rights::NONE)], &[(1, 24, None)]),
        case("fd_fdstat_set_flags", &[FILE, 1], &[(0, Rights::FD_FDSTAT_SET_FLAGS)], &[]),
        case("fd_fdstat_set_rights", &[FILE, 0, 0], &[(0, Rights::NONE)], &[]),
        case("fd_filestat_get", &[FILE, 8], &[(0, Rights::FD_FILESTAT_GET)], &[(1, 64, None)]),
        case("fd_filestat_set_size", &[FILE, 5], &[(0, Rights::FD_FILESTAT_SET_SIZE)], &[]),
        case("fd_filestat_set_times", &[FILE, 1, 2, 5], &[(0, Rights::FD_FILESTAT_SET_TIMES)], &[]),
        case(
            "fd_pread",
            &[FILE, list, 1, 0, 8],
            &[(0, Rights::FD_READ.with(Rights::FD_SEEK))],
            &[iovs, (4, 4, None)],
        ),
        case("fd_prestat_get", &[ROOT, 8], &[(0, Rights::NONE)], &[(1, 8, None)]),
        case("fd_prestat_dir_name", &[ROOT, 8, 5], &[(0, Rights::NONE)], &[(1, 5, Some(2))]),
        case(
            "fd_pwrite",
            &[FILE, list, 1, 0, 8],
            &[(0, Rights::FD_WRITE.with(Rights::FD_SEEK))],
            &[iovs, (4, 4, None)],
        ),
        case("fd_read", &[READER, list, 1, 8], &[(0, Rights::FD_READ)], &[iovs, (3, 4, None)]),
        case(
            "fd_readdir",
            &[DIR, 64, 100, 0, 8],
            &[(0, Rights::FD_READDIR)],
            &[(1, 100, Some(2)), (4, 4, None)],
        ),
        case("fd_renumber", &[FILE, DIR], &[(0, Rights::NONE), (1, Rights::NONE)], &[]),
        case("fd_seek", &[FILE, 2, 0, 8], &[(0, Rights::FD_SEEK)], &[(3, 8, None)]),
        case("fd_sync", &[FILE], &[(0, Rights::FD_SYNC)], &[]),
        case("fd_tell", &[FILE, 8], &[(0, Rights::FD_TELL)], &[(1, 8, None)]),
        case("fd_write", &[WRITER, list, 1, 8], &[(0, Rights::FD_WRITE)], &[iovs, (3, 4, None)]),
        case(
            "path_create_directory",
            &[ROOT, new, new_len],
            &[(0, Rights::PATH_CREATE_DIRECTORY)],
            &[(1, new_len, Some(2))],
        ),
        case(
            "path_filestat_get",
            &[ROOT, 0, file, file_len, 8],
            &[(0, Rights::PATH_FILESTAT_GET)],
            &[(2, file_len, Some(3)), (4, 64, None)],
        ),
        case(
            "path_filestat_set_times",
            &[ROOT, 0, file, file_len, 1, 2, 5],
            &[(0, Rights::PATH_FILESTAT_SET_TIMES)],
            &[(2, file_len, Some(3))],
        ),
        case(
            "path_link",
            &[ROOT, 0, file, file_len, DIR, new, new_len],
            &[(0, Rights::PATH_LINK_SOURCE), (4, Rights::PATH_LINK_TARGET)],
            &[(2, file_len, Some(3)), (5, new_len, Some(6))],
        ),
        case(
            "path_open",
            &[ROOT, 0, new, new_len, 9, 0, 0, 0, 8],
            &[(0, Rights::PATH_OPEN.with(Rights::PATH_CREATE_FILE).with(Rights::PATH_FILESTAT_SET_SIZE))],
            &[(2, new_len, Some(3)), (8, 4, None)],
        ),
        case(
            "path_readlink",
            &[ROOT, link, link_len, 64, 100, 8],
            &[(0, Rights::PATH_READLINK)],
            &[(1, link_len, Some(2)), (3, 100, Some(4)), (5, 4, None)],
        ),
        case(
            "path_remove_directory",
            &[ROOT, empty, empty_len],
            &[(0, Rights::PATH_REMOVE_DIRECTORY)],
            &[(1, empty_len, Some(2))],
        ),
        case(
            "path_rename",
            &[ROOT, file, file_len, DIR, new, new_len],
            &[(0, Rights::PATH_RENAME_SOURCE), (3, Rights::PATH_RENAME_TARGET)],
            &[(1, file_len, Some(2)), (4, new_len, Some(5))],
        ),
        case(
            "path_symlink",
            &[file, file_len, ROOT, new, new_len],
            &[(2, Rights::PATH_SYMLINK)],
            &[(0, file_len, Some(1)), (3, new_len, Some(4))],
        ),
        case(
            "path_unlink_file",
            &[ROOT, file, file_len],
            &[(0, Rights::PATH_UNLINK_FILE)],
            &[(1, file_len, Some(2))],
        ),
        case("poll_oneoff", &[timer, 64, 1, 8], &[], &[(0, 48, Some(2)), (1, 32, Some(2)), (3, 4, None)]),
        Case { answer: Err(Halt::Exit(7)), ..case("proc_exit", &[7], &[], &[]) },
        Case { answer: Err(Halt::Raise(15)), ..case("proc_raise", &[15], &[], &[]) },
        case("random_get", &[64, 100], &[], &[(0, 100, Some(1))]),
        case("sched_yield", &[], &[], &[]),
        case("sock_accept", &[LISTENER, 0, 8], &[(0, Rights::SOCK_ACCEPT)], &[(2, 4, None)]),
        case(
            "sock_recv",
            &[SOCKET, list, 1, 0, 8, 16],
            &[(0, Rights::FD_READ)],
            &[iovs, (4, 4, None), (5, 2, None)],
        ),
        case("sock_send", &[SOCKET, list, 1, 0, 8], &[(0, Rights::FD_WRITE)], &[iovs, (4, 4, None)]),
        case("sock_shutdown", &[SOCKET, 3], &[(0, Rights::SOCK_SHUTDOWN)], &[]),
    ]
}

/// Runs `test` on each function's call, in a world of its own.
fn each(test: impl Fn(&mut World, Case)) {
    let count = cases(&mut world().0).len();
    for index in 0..count {
        let (mut world, _peers) = world();
        let case = cases(&mut world).swap_remove(index);
        test(&mut world, case);
    }
}

#[test]
fn every_function_has_a_case_and_it_works() {
    let (mut world, _peers) = world();
    let known: Vec<_> = cases(&mut world).iter().map(|case| case.name).collect();
    let specified: Vec<_> = IMPORTS.iter().map(|import| import.name).collect();
    assert_eq!(known, specified);
    each(|world, case| assert_eq!(world.call(case.name, &case.args), case.answer, "{}", case.name));
}

#[test]
fn a_number_without_a_function_is_refused() {
    let (mut world, _peers) = world();
    for number in [IMPORTS.len() as u32, u32::MAX] {
        let answer = preopen::calls::dispatch(&world.process, &mut world.guest, number, |_| 0);
        assert_eq!(answer, Err(Halt::Errno(Errno::Nosys)));
    }
}

#[test]
fn a_range_may_end_where_memory_ends() {
    for index in 0..IMPORTS.len() {
        let places = cases(&mut world().0).swap_remove(index).places;
        for (arg, size, _) in places {
            let (mut world, _peers) = world();
            let Case { name, mut args, answer, .. } = cases(&mut world).swap_remove(index);
            let end = world.guest.len();
            let bytes = world.guest.bytes()[args[arg] as usize..][..size as usize].to_vec();
            world.guest.put(end - size, &bytes);
            args[arg] = end - size;
            assert_eq!(world.call(name, &args), answer, "{name}{args:?}");
        }
    }
}

#[test]
fn a_range_outside_of_memory_is_refused_before_anything_is_done() {
    each(|world, case| {
        let before = snapshot(&world.host(""));
        let open = world.open_fds();
        let end = world.guest.len();
        for (arg, size, len) in &case.places {
            for outside in [end - size + 1, end, end + 1, 1 << 31, u64::from(u32::MAX)] {
                let mut args = case.args.clone();
                args[*arg] = outside;
                world.fails(case.name, &args, Errno::Overflow);
            }
            let Some(len) = len else { continue };
            // Lengths that wrap in 32 bits, as they are, times 8 and times 32; and nothing at the very end.
            for (at, beyond) in [
                (case.args[*arg], u64::from(u32::MAX)),
                (case.args[*arg], 1 << 31),
                (case.args[*arg], 1 << 29),
                (case.args[*arg], (1 << 27) + 1),
                (case.args[*arg], end - case.args[*arg] + 1),
                (end, 0),
                (u64::from(u32::MAX), 1),
            ] {
                let mut args = case.args.clone();
                (args[*arg], args[*len]) = (at, beyond);
                world.fails(case.name, &args, Errno::Overflow);
            }
        }
        assert_eq!(snapshot(&world.host("")), before, "{}", case.name);
        assert_eq!(world.open_fds(), open, "{}", case.name);
        // Nothing was taken from pipes and sockets either.
        assert_eq!(world.call(case.name, &case.args), case.answer, "{}", case.name);
    });
}

#[test]
fn a_descriptor_must_be_open() {
    each(|world, case| {
        for (arg, _) in &case.fds {
            for fd in [10, 63, 64, 1000, 1 << 31, u64::from(u32::MAX)] {
                let mut args = case.args.clone();
                args[*arg] = fd;
                world.fails(case.name, &args, Errno::Badf);
            }
        }
    });
}

#[test]
fn a_descriptor_must_have_the_right() {
    let needed = cases(&mut world().0).into_iter().map(|case| case.fds);
    for (index, fds) in needed.enumerate() {
        for (arg, needed) in fds {
            for right in (0..64).map(|bit| Rights(1 << bit)).filter(|right| needed.contains(*right)) {
                let (mut world, _peers) = world();
                let case = cases(&mut world).swap_remove(index);
                let before = snapshot(&world.host(""));
                world.without(case.args[arg], right);
                world.fails(case.name, &case.args, Errno::Notcapable);
                assert_eq!(snapshot(&world.host("")), before, "{}", case.name);
            }
        }
    }
}

#[test]
fn a_descriptor_needs_no_other_right() {
    each(|world, case| {
        for (arg, needed) in &case.fds {
            let inheriting = world.entry(case.args[*arg]).inheriting();
            world.entry(case.args[*arg]).restrict(*needed, inheriting).unwrap();
        }
        assert_eq!(world.call(case.name, &case.args), case.answer, "{}", case.name);
    });
}
