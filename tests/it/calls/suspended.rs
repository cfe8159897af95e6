//! Guests that are suspended while they wait: a call hands over what it waits for, and is made again from its start.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;

use preopen::abi::{Errno, Filestat, Filetype};
use preopen::calls::{Call, Halt};
use preopen::guest::Progress;
use preopen::span::Span;
use preopen::stdio::{Source, Stream, pipe};

use crate::scripted::{MONOTONIC, REALTIME, Script, World, fill, stream};

const TICKET: u64 = 7;
const MS: u64 = 1_000_000;
const SUSPENDED: Call = Err(Halt::Suspended);

fn le(number: u32) -> [u8; 4] {
    number.to_le_bytes()
}

/// A world whose guest is suspended.
fn suspending() -> World {
    let mut world = World::new();
    world.guest.ticket = Some(TICKET);
    world
}

/// The call waits: for so long, and for so many streams. It has written nothing.
#[track_caller]
fn waits(world: &mut World, name: &str, args: &[u64], timeout: Option<u64>, streams: usize) {
    world.check(name, args, SUSPENDED, &[]);
    let (found, awaited) = world.process.suspended.awaited(TICKET).unwrap();
    assert_eq!((found, awaited.len()), (timeout, streams));
}

/// The next call is the same one, made again.
fn again(world: &mut World) -> Progress {
    let progress = world.process.suspended.take(TICKET).unwrap();
    world.guest.progress = Some(progress);
    progress
}

/// Subscriptions to spans and times: (clock, ns, absolute); and to descriptors: (fd, writes).
fn subscribe(world: &mut World, clocks: &[(u32, u64, bool)], fds: &[(u64, bool)]) -> [u64; 4] {
    let mut bytes = Vec::new();
    for (id, timeout, absolute) in clocks {
        let mut one = [0; 48];
        one[16..20].copy_from_slice(&id.to_le_bytes());
        one[24..32].copy_from_slice(&timeout.to_le_bytes());
        one[40] = u8::from(*absolute);
        bytes.extend(one);
    }
    for (fd, writes) in fds {
        let mut one = [0; 48];
        one[8] = if *writes { 2 } else { 1 };
        one[16..20].copy_from_slice(&(*fd as u32).to_le_bytes());
        bytes.extend(one);
    }
    let at = world.place(&bytes);
    [at, 16_384, (clocks.len() + fds.len()) as u64, 8]
}

#[test]
fn a_sleep_is_one_wait_and_ends_in_place() {
    let mut world = suspending();
    let poll = subscribe(&mut world, &[(1, 50 * MS, false)], &[]);
    waits(&mut world, "poll_oneoff", &poll, Some(50 * MS), 0);
    // Nothing was waited for in place.
    assert_eq!(world.fake.waits(), [(0, 0)]);
    assert_eq!(again(&mut world), Progress { began: MONOTONIC, done: 0 });
    // Too early: the span counts from when the call was made first.
    world.fake.pass(30 * MS);
    waits(&mut world, "poll_oneoff", &poll, Some(20 * MS), 0);
    again(&mut world);
    // The last millisecond is too short for an engine's timers.
    world.fake.pass(20 * MS - 900_000);
    world.fake.waits();
    assert_eq!(world.call("poll_oneoff", &poll), Ok(()));
    assert_eq!(world.fake.waits(), [(0, 900_000)]);
    assert_eq!(world.fake.waited(), 50 * MS);
    assert!(world.process.suspended.is_empty());
}

#[test]
fn a_moment_is_suspended_once() {
    let mut world = suspending();
    let poll = subscribe(&mut world, &[(1, 1000, false)], &[]);
    waits(&mut world, "poll_oneoff", &poll, Some(1000), 0);
    again(&mut world);
    assert_eq!(world.call("poll_oneoff", &poll), Ok(()));
    assert_eq!(world.fake.waited(), 1000);
}

#[test]
fn what_is_there_suspends_nobody() {
    let mut world = suspending();
    let (reader, mut writer) = world.pipe_in();
    let list = world.iovecs(&[(100, 4)]);
    writer.write_all(b"ab").unwrap();
    let poll = subscribe(&mut world, &[(1, 50 * MS, false)], &[(reader, false)]);
    assert_eq!(world.call("poll_oneoff", &poll), Ok(()));
    world.ok("fd_read", &[reader, list, 1, 8], &[(100, b"ab"), (8, &le(2))]);
    let poll = subscribe(&mut world, &[(1, 0, false), (1, MONOTONIC, true), (0, REALTIME, true)], &[]);
    assert_eq!(world.call("poll_oneoff", &poll), Ok(()));
    assert!(world.process.suspended.is_empty());
}

#[test]
fn the_wall_clock_is_looked_at_each_second() {
    let mut world = suspending();
    let poll = subscribe(&mut world, &[(0, REALTIME + 5000 * MS, true), (1, 9000 * MS, false)], &[]);
    waits(&mut world, "poll_oneoff", &poll, Some(1000 * MS), 0);
    again(&mut world);
    world.fake.pass(1000 * MS);
    world.fake.set.store(5000 * MS, std::sync::atomic::Ordering::Relaxed);
    assert_eq!(world.call("poll_oneoff", &poll), Ok(()));
}

#[test]
fn a_poll_without_times_waits_for_its_descriptors_alone() {
    let mut world = suspending();
    let (reader, mut writer) = world.pipe_in();
    let (full, _drain) = {
        let (reader, writer) = rustix::pipe::pipe().unwrap();
        let writer = std::fs::File::from(writer);
        fill(&writer);
        (world.lend(&writer), reader)
    };
    let poll = subscribe(&mut world, &[], &[(reader, false), (full, true)]);
    waits(&mut world, "poll_oneoff", &poll, None, 2);
    let (_, awaited) = world.process.suspended.awaited(TICKET).unwrap();
    // Each stream once, in the order of where they lie in memory.
    let writes = |wanted: bool| awaited.iter().filter(|one| one.write == wanted).count();
    assert_eq!((writes(false), writes(true)), (1, 1));
    again(&mut world);
    writer.write_all(b"x").unwrap();
    assert_eq!(world.call("poll_oneoff", &poll), Ok(()));
}

#[test]
fn a_read_waits_for_the_first_bytes() {
    let mut world = suspending();
    let (reader, mut writer) = world.pipe_in();
    let list = world.iovecs(&[(100, 2), (200, 100)]);
    waits(&mut world, "fd_read", &[reader, list, 2, 8], None, 1);
    again(&mut world);
    writer.write_all(b"abc").unwrap();
    world.ok("fd_read", &[reader, list, 2, 8], &[(100, b"ab"), (200, b"c"), (8, &le(3))]);
    assert_eq!((world.fake.waits(), world.guest.pauses), (vec![], 0));
}

#[test]
fn a_write_goes_on_behind_what_was_taken() {
    let mut world = suspending();
    let (fd, mut drain) = world.pipe_out();
    let capacity = rustix::pipe::fcntl_getpipe_size(&drain).unwrap();
    let size = 3 * capacity as u64;
    let mut bytes: Vec<u8> = (0..4 * capacity).map(|at| (at % 251) as u8).collect();
    bytes[size as usize + 64..].fill(0);
    world.guest = Script::over(bytes.clone());
    world.guest.ticket = Some(TICKET);
    let list = size + 1000;
    let words = [0, 5, 5, size as u32 - 5].map(u32::to_le_bytes).concat();
    world.guest.put(list, &words);
    let args = [fd, list, 2, size + 2000];
    let mut got = Vec::new();
    for round in 1..3 {
        waits(&mut world, "fd_write", &args, None, 1);
        assert_eq!(again(&mut world).done, round * capacity);
        let mut some = vec![0; capacity];
        drain.read_exact(&mut some).unwrap();
        got.extend(some);
    }
    world.ok("fd_write", &args, &[(size + 2000, &le(size as u32))]);
    let mut rest = vec![0; capacity];
    drain.read_exact(&mut rest).unwrap();
    got.extend(rest);
    assert!(got == bytes[..size as usize]);
}

#[test]
fn an_end_after_a_part_is_a_short_write() {
    let mut world = suspending();
    let (fd, drain) = world.pipe_out();
    let capacity = rustix::pipe::fcntl_getpipe_size(&drain).unwrap();
    world.guest = Script::of(4 * capacity);
    world.guest.ticket = Some(TICKET);
    let list = world.iovecs(&[(8192, 2 * capacity as u64)]);
    waits(&mut world, "fd_write", &[fd, list, 1, 8], None, 1);
    again(&mut world);
    drop(drain);
    world.ok("fd_write", &[fd, list, 1, 8], &[(8, &le(capacity as u32))]);
    world.guest.progress = None;
    world.fails("fd_write", &[fd, list, 1, 8], Errno::Pipe);
}

/// Between two attempts the guest may have made its list shorter, or anything else of it.
#[test]
fn a_list_that_changed_meanwhile() {
    let mut world = suspending();
    let (fd, _drain) = world.pipe_out();
    let list = world.iovecs(&[(8192, 100)]);
    for (done, len) in [(200, 100), (200, 0), (100, 100)] {
        world.guest.progress = Some(Progress { began: MONOTONIC, done });
        world.guest.put(list + 4, &le(len));
        world.ok("fd_write", &[fd, list, 1, 8], &[(8, &le(done as u32))]);
    }
    world.guest.progress = Some(Progress { began: MONOTONIC, done: 50 });
    world.guest.put(list, &le(u32::MAX));
    world.guest.put(list + 4, &le(100));
    world.fails("fd_write", &[fd, list, 1, 8], Errno::Overflow);
}

#[test]
fn sockets_accept_and_receive() {
    let mut world = suspending();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let fd = world.socket(listener);
    waits(&mut world, "sock_accept", &[fd, 0, 8], None, 1);
    again(&mut world);
    let mut client = TcpStream::connect(address).unwrap();
    assert_eq!(world.call("sock_accept", &[fd, 0, 8]), Ok(()));
    world.guest.progress = None;
    let bytes = world.guest.bytes();
    let connection = u64::from(u32::from_le_bytes(bytes[8..12].try_into().unwrap()));
    let list = world.iovecs(&[(100, 4)]);
    // All of four bytes are wanted, which come one by one.
    let args = [connection, list, 1, 2, 16, 24];
    waits(&mut world, "sock_recv", &args, None, 1);
    again(&mut world);
    for (done, byte) in [(1, b"a"), (2, b"b"), (3, b"c")] {
        client.write_all(byte).unwrap();
        // What was received is there before the call has ended.
        assert_eq!(world.call("sock_recv", &args), SUSPENDED);
        assert_eq!(again(&mut world).done, done);
    }
    client.write_all(b"d").unwrap();
    assert_eq!(world.call("sock_recv", &args), Ok(()));
    let bytes = world.guest.bytes();
    assert_eq!((&bytes[100..104], &bytes[16..20]), (&b"abcd"[..], &le(4)[..]));
}

#[test]
fn with_nonblock_nobody_is_suspended() {
    let mut world = suspending();
    let (reader, _writer) = world.pipe_in();
    let list = world.iovecs(&[(100, 2)]);
    world.ok("fd_fdstat_set_flags", &[reader, 4], &[]);
    world.fails("fd_read", &[reader, list, 1, 8], Errno::Again);
    assert!(world.process.suspended.is_empty());
}

#[test]
fn a_wait_lets_its_descriptors_go() {
    let mut world = suspending();
    let (reader, _writer) = world.pipe_in();
    let list = world.iovecs(&[(100, 2)]);
    waits(&mut world, "fd_read", &[reader, list, 1, 8], None, 1);
    let entry = Arc::downgrade(&world.entry(reader));
    world.process.fds.clear();
    assert!(entry.upgrade().is_some());
    assert_eq!(world.process.suspended.release(), [TICKET]);
    assert!(entry.upgrade().is_none());
    again(&mut world);
    world.fails("fd_read", &[reader, list, 1, 8], Errno::Badf);
}

/// What only the engine's events bring: it never has anything.
struct Never;

impl Stream for Never {
    fn stat(&self) -> Result<Filestat, Errno> {
        Ok(pipe())
    }
    fn directions(&self) -> (bool, bool) {
        (true, true)
    }
    fn source(&self) -> Source<'_> {
        Source::Engine
    }
    fn engine_ready(&self, _: bool) -> Option<u64> {
        None
    }
    fn runs_engine(&self) -> bool {
        true
    }
    fn read(&self, _: &[Span<'_>]) -> Result<usize, Errno> {
        Err(Errno::Again)
    }
    fn write(&self, _: &[Span<'_>]) -> Result<usize, Errno> {
        Err(Errno::Again)
    }
}

#[test]
fn the_engines_own_streams_are_waited_for_only_while_the_guest_is_suspended() {
    let mut world = suspending();
    let fd = world.add(stream(Never, Filetype::SocketStream));
    let list = world.iovecs(&[(100, 2)]);
    let poll = subscribe(&mut world, &[], &[(fd, false)]);
    let timed = subscribe(&mut world, &[(1, 30 * MS, false)], &[(fd, true)]);
    for (name, args) in [("fd_read", [fd, list, 1, 8]), ("fd_write", [fd, list, 1, 8]), ("poll_oneoff", poll)]
    {
        waits(&mut world, name, &args, None, 1);
        world.process.suspended.take(TICKET);
    }
    waits(&mut world, "poll_oneoff", &timed, Some(30 * MS), 1);
    world.process.suspended.take(TICKET);
    // One that cannot be suspended would wait for ever.
    world.guest.ticket = None;
    for (name, args) in [("fd_read", [fd, list, 1, 8]), ("fd_write", [fd, list, 1, 8]), ("poll_oneoff", poll)]
    {
        world.fails(name, &args, Errno::Deadlk);
    }
    assert_eq!(world.call("poll_oneoff", &timed), Ok(()));
    assert_eq!(world.fake.waited(), 30 * MS);
}
