//! Sockets.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::os::unix::net::{UnixDatagram, UnixStream};

use preopen::abi::Errno;
use preopen::calls::Halt;

use crate::scripted::{ROOT, Script, Setup, World};

const NONBLOCK: u64 = 4;
const PEEK: u64 = 1;
const WAITALL: u64 = 2;

fn le(number: u32) -> [u8; 4] {
    number.to_le_bytes()
}

fn listener(world: &World) -> (u64, std::net::SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    (world.socket(listener), address)
}

fn pair(world: &World) -> (u64, UnixStream) {
    let (one, peer) = UnixStream::pair().unwrap();
    (world.socket(one), peer)
}

#[test]
fn a_connection_is_taken_and_talks() {
    let mut world = World::new();
    let (listener, address) = listener(&world);
    let mut client = TcpStream::connect(address).unwrap();
    client.write_all(b"hello").unwrap();
    world.ok("sock_accept", &[listener, 0, 8], &[(8, &le(5))]);
    assert_eq!(world.entry(5).flags().bits(), 0);
    let list = world.iovecs(&[(100, 2), (200, 10)]);
    world.ok(
        "sock_recv",
        &[5, list, 2, 0, 8, 16],
        &[(100, b"he"), (200, b"llo"), (8, &le(5)), (16, &[0, 0])],
    );
    world.ok("sock_send", &[5, list, 2, 0, 8], &[(8, &le(12))]);
    let mut got = [0; 12];
    client.read_exact(&mut got).unwrap();
    assert_eq!(&got, b"hello???????");
    world.ok("sock_shutdown", &[5, 2], &[]);
    assert_eq!(client.read(&mut got).unwrap(), 0);
    world.ok("fd_close", &[5], &[]);
}

#[test]
fn accepting_waits_or_does_not() {
    let mut world = World::new();
    let (fd, address) = listener(&world);
    world.ok("fd_fdstat_set_flags", &[fd, NONBLOCK], &[]);
    world.fails("sock_accept", &[fd, 0, 8], Errno::Again);
    let _one = TcpStream::connect(address).unwrap();
    world.ok("sock_accept", &[fd, NONBLOCK, 8], &[(8, &le(5))]);
    // Asked for is the new one's flag, and not the listening one's.
    assert_eq!((world.entry(5).flags().bits(), world.entry(fd).flags().bits()), (4, 4));
    let list = world.iovecs(&[(100, 2)]);
    world.fails("sock_recv", &[5, list, 1, 0, 8, 16], Errno::Again);

    world.ok("fd_fdstat_set_flags", &[fd, 0], &[]);
    let mut left = 3;
    world.fake.meanwhile(move || {
        left -= 1;
        if left == 0 {
            // The queue of the listening socket keeps the connection.
            drop(TcpStream::connect(address).unwrap());
        }
    });
    world.ok("sock_accept", &[fd, 0, 8], &[(8, &le(6))]);
    assert_eq!(world.fake.waits().len(), 3);
    world.fake.meanwhile(|| ());
    world.guest = Script::new().patient(5);
    world.check("sock_accept", &[fd, 0, 8], Err(Halt::Interrupted), &[]);
}

#[test]
fn accepting_knows_one_flag() {
    let mut world = World::new();
    let (fd, address) = listener(&world);
    let _client = TcpStream::connect(address).unwrap();
    for flags in [1, 2, 8, 16, 5, 32, 1 << 15, u64::from(u32::MAX)] {
        world.fails("sock_accept", &[fd, flags, 8], Errno::Notsup);
    }
    world.ok("sock_accept", &[fd, 0, 8], &[(8, &le(5))]);
    let (connected, _peer) = pair(&world);
    world.fails("sock_accept", &[connected, 0, 8], Errno::Inval);
}

#[test]
fn a_socket_handed_over_may_block() {
    let mut world = World::new();
    let (fd, peer) = pair(&world);
    let list = world.iovecs(&[(100, 2)]);
    world.guest = Script::over(world.guest.bytes()).patient(3);
    world.check("sock_recv", &[fd, list, 1, 0, 8, 16], Err(Halt::Interrupted), &[]);
    // Until the peer takes no more.
    while world.guest.pauses < 9 {
        world.guest = Script::of(1 << 20).patient(9);
        let list = 64;
        world.guest.put(list, &[le(0), le(1 << 19)].concat());
        match world.call("sock_send", &[fd, list, 1, 0, 8]) {
            Ok(()) => {}
            answer => assert_eq!(answer, Err(Halt::Interrupted)),
        }
    }
    drop(peer);
}

#[test]
fn peeking_leaves_what_it_reads() {
    let mut world = World::new();
    let (fd, mut peer) = pair(&world);
    peer.write_all(b"abcd").unwrap();
    let list = world.iovecs(&[(100, 3)]);
    for _ in 0..2 {
        world.ok("sock_recv", &[fd, list, 1, PEEK, 8, 16], &[(100, b"abc"), (8, &le(3)), (16, &[0; 2])]);
        world.guest.put(100, b"???");
    }
    // WAITALL with PEEK would wait for good.
    let list = world.iovecs(&[(100, 9)]);
    world.ok(
        "sock_recv",
        &[fd, list, 1, PEEK | WAITALL, 8, 16],
        &[(100, b"abcd"), (8, &le(4)), (16, &[0; 2])],
    );
    world.ok("sock_recv", &[fd, list, 1, 0, 8, 16], &[(100, b"abcd"), (8, &le(4)), (16, &[0; 2])]);
}

#[test]
fn all_is_waited_for_where_asked() {
    let mut world = World::new();
    let (fd, mut peer) = pair(&world);
    let list = world.iovecs(&[(100, 3), (200, 3)]);
    let mut parts = [&b"ab"[..], b"cd", b"efgh"].into_iter();
    world.fake.meanwhile(move || {
        if let Some(part) = parts.next() {
            peer.write_all(part).unwrap();
        }
    });
    world.ok(
        "sock_recv",
        &[fd, list, 2, WAITALL, 8, 16],
        &[(100, b"abc"), (200, b"def"), (8, &le(6)), (16, &[0; 2])],
    );
    world.ok("sock_recv", &[fd, list, 1, 0, 8, 16], &[(100, b"ghc"), (8, &le(2)), (16, &[0; 2])]);
    // At the end it is as much as there was.
    let (fd, mut peer) = pair(&world);
    peer.write_all(b"xyzw").unwrap();
    drop(peer);
    world.ok(
        "sock_recv",
        &[fd, list, 2, WAITALL, 8, 16],
        &[(100, b"xyz"), (200, b"w"), (8, &le(4)), (16, &[0; 2])],
    );
    world.ok("sock_recv", &[fd, list, 2, WAITALL, 8, 16], &[(8, &le(0)), (16, &[0; 2])]);
}

#[test]
fn a_datagram_that_is_cut_says_so() {
    let mut world = World::new();
    let (one, peer) = UnixDatagram::pair().unwrap();
    let fd = world.socket(one);
    peer.send(b"abcdef").unwrap();
    peer.send(b"gh").unwrap();
    let list = world.iovecs(&[(100, 2), (200, 2)]);
    world.ok(
        "sock_recv",
        &[fd, list, 2, 0, 8, 16],
        &[(100, b"ab"), (200, b"cd"), (8, &le(4)), (16, &[1, 0])],
    );
    world.ok("sock_recv", &[fd, list, 2, 0, 8, 16], &[(100, b"gh"), (8, &le(2)), (16, &[0; 2])]);
    world.ok("sock_send", &[fd, list, 2, 0, 8], &[(8, &le(4))]);
    let mut got = [0; 9];
    assert_eq!(peer.recv(&mut got).unwrap(), 4);
    assert_eq!(&got[..4], b"ghcd");
}

#[test]
fn a_datagram_is_never_taken_apart() {
    let mut world = World::new();
    let (one, peer) = UnixDatagram::pair().unwrap();
    let fd = world.socket(one);
    peer.send(&[b'x'; 40]).unwrap();
    let ranges: Vec<(u64, u64)> = (0..40).map(|at| (100 + at, 1)).collect();
    let list = world.iovecs(&ranges);
    for call in ["sock_send", "fd_write", "fd_read"] {
        let args = if call == "sock_send" { vec![fd, list, 40, 0, 8] } else { vec![fd, list, 40, 8] };
        world.fails(call, &args, Errno::Msgsize);
    }
    world.fails("sock_recv", &[fd, list, 40, 0, 8, 16], Errno::Msgsize);
    world.ok("sock_recv", &[fd, list, 32, 0, 8, 16], &[(100, &[b'x'; 32]), (8, &le(32)), (16, &[1, 0])]);
    peer.set_nonblocking(true).unwrap();
    assert!(peer.recv(&mut [0; 99]).is_err(), "nothing was sent");
}

#[test]
fn flags_are_judged() {
    let mut world = World::new();
    let (fd, mut peer) = pair(&world);
    peer.write_all(b"x").unwrap();
    let list = world.iovecs(&[(100, 1)]);
    for flags in [4, 8, 1 << 15, u64::from(u32::MAX)] {
        world.fails("sock_recv", &[fd, list, 1, flags, 8, 16], Errno::Notsup);
    }
    for flags in [1, 2, 1 << 15, u64::from(u32::MAX)] {
        world.fails("sock_send", &[fd, list, 1, flags, 8], Errno::Inval);
    }
    for how in [0, 4, 5, 1 << 8, u64::from(u32::MAX)] {
        world.fails("sock_shutdown", &[fd, how], Errno::Notsup);
    }
    world.ok("sock_recv", &[fd, list, 1, 0, 8, 16], &[(100, b"x"), (8, &le(1)), (16, &[0; 2])]);
}

#[test]
fn what_is_no_socket() {
    let mut world = World::new();
    let file = world.open("file");
    let (pipe, _writer) = world.pipe_in();
    let list = world.iovecs(&[(100, 1)]);
    for fd in [0, ROOT, file, pipe] {
        world.fails("sock_accept", &[fd, 0, 8], Errno::Notsock);
        world.fails("sock_recv", &[fd, list, 1, 0, 8, 16], Errno::Notsock);
        world.fails("sock_send", &[fd, list, 1, 0, 8], Errno::Notsock);
        world.fails("sock_shutdown", &[fd, 3], Errno::Notsock);
    }
}

#[test]
fn what_is_not_connected() {
    let mut world = World::new();
    let (fd, _) = listener(&world);
    let list = world.iovecs(&[(100, 1)]);
    world.fails("sock_recv", &[fd, list, 1, 0, 8, 16], Errno::Notconn);
    world.fails("sock_send", &[fd, list, 1, 0, 8], Errno::Pipe);
    let datagram = world.socket(UnixDatagram::unbound().unwrap());
    world.fails("sock_send", &[datagram, list, 1, 0, 8], Errno::Notconn);
    world.fails("sock_accept", &[datagram, 0, 8], Errno::Notsup);
}

/// Whoever writes to a socket that nobody reads gets an error and no signal.
#[test]
fn nobody_is_there() {
    let mut world = World::new();
    let (fd, peer) = pair(&world);
    drop(peer);
    let list = world.iovecs(&[(100, 1)]);
    world.fails("sock_send", &[fd, list, 1, 0, 8], Errno::Pipe);
    world.fails("fd_write", &[fd, list, 1, 8], Errno::Pipe);
    world.ok("sock_recv", &[fd, list, 1, 0, 8, 16], &[(8, &le(0)), (16, &[0; 2])]);
    world.ok("fd_read", &[fd, list, 1, 8], &[(8, &le(0))]);
}

#[test]
fn one_way_or_both_are_ended() {
    for (how, reads, writes) in [(1, true, false), (2, false, true), (3, true, true)] {
        let mut world = World::new();
        let (fd, peer) = pair(&world);
        world.ok("sock_shutdown", &[fd, how], &[]);
        let list = world.iovecs(&[(100, 1)]);
        if reads {
            world.ok("sock_recv", &[fd, list, 1, 0, 8, 16], &[(8, &le(0)), (16, &[0; 2])]);
        }
        if writes {
            world.fails("sock_send", &[fd, list, 1, 0, 8], Errno::Pipe);
        }
        peer.shutdown(Shutdown::Both).unwrap();
    }
}

#[test]
fn a_socket_is_read_and_written_like_a_file() {
    let mut world = World::new();
    let (fd, mut peer) = pair(&world);
    peer.write_all(b"abc").unwrap();
    let list = world.iovecs(&[(100, 2), (200, 2)]);
    world.ok("fd_read", &[fd, list, 2, 8], &[(100, b"ab"), (200, b"c"), (8, &le(3))]);
    world.ok("fd_write", &[fd, list, 2, 8], &[(8, &le(4))]);
    let mut got = [0; 4];
    peer.read_exact(&mut got).unwrap();
    assert_eq!(&got, b"abc?");
    world.fails("fd_seek", &[fd, 0, 1, 8], Errno::Notcapable);
}

#[test]
fn a_full_table_takes_no_connection() {
    let mut world = World::with(Setup { max_fds: 5, ..Setup::default() });
    let (fd, address) = listener(&world);
    let mut client = TcpStream::connect(address).unwrap();
    world.fails("sock_accept", &[fd, 0, 8], Errno::Mfile);
    world.ok("fd_close", &[0], &[]);
    world.ok("sock_accept", &[fd, 0, 8], &[(8, &le(0))]);
    client.write_all(b"x").unwrap();
    let list = world.iovecs(&[(100, 1)]);
    world.ok("sock_recv", &[0, list, 1, 0, 8, 16], &[(100, b"x"), (8, &le(1)), (16, &[0; 2])]);
}
