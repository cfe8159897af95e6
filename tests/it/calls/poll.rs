//! Waiting for times and descriptors.

use std::io::Write;
use std::net::TcpListener;
use std::os::unix::net::UnixStream;
use std::sync::atomic::Ordering;

use preopen::abi::{Errno, Filetype, Rights, Snapshot};
use preopen::calls::Halt;

use crate::scripted::{Failing, MONOTONIC, REALTIME, ROOT, Script, World, fill, stream};

const IN: u64 = 4096;
const OUT: u64 = 16_384;
const COUNT: u64 = 8;
const MS: u64 = 1_000_000;

/// What a guest subscribes to.
#[derive(Clone, Copy)]
enum Sub {
    /// A clock, ns, absolute or not.
    Clock(u32, u64, bool),
    Read(u64),
    Write(u64),
}
use Sub::{Clock, Read, Write as Room};

/// The bytes of subscriptions, with 100, 101, … as their numbers.
fn subscriptions(snapshot: Snapshot, subs: &[Sub]) -> Vec<u8> {
    let preview0 = snapshot == Snapshot::Preview0;
    let one = |(number, sub): (u64, &Sub)| {
        let mut bytes = vec![0xee_u8; if preview0 { 56 } else { 48 }];
        let mut put = |at: usize, with: &[u8]| bytes[at..at + with.len()].copy_from_slice(with);
        put(0, &(100 + number).to_le_bytes());
        match *sub {
            Clock(id, timeout, absolute) => {
                put(8, &[0]);
                // In preview0 an identifier is in front.
                let at = if preview0 { 24 } else { 16 };
                put(at, &id.to_le_bytes());
                put(at + 8, &timeout.to_le_bytes());
                put(at + 24, &u16::from(absolute).to_le_bytes());
            }
            Read(fd) | Room(fd) => {
                put(8, &[if matches!(sub, Read(_)) { 1 } else { 2 }]);
                put(16, &(fd as u32).to_le_bytes());
            }
        }
        bytes
    };
    (0..).zip(subs).flat_map(one).collect()
}

/// The bytes of an event.
fn event(number: u64, error: Option<Errno>, kind: u8, nbytes: u64, hangup: bool) -> Vec<u8> {
    let error = error.map_or(0, |errno| errno as u16).to_le_bytes();
    let (number, nbytes) = ((100 + number).to_le_bytes(), nbytes.to_le_bytes());
    [&number[..], &error, &[kind, 0, 0, 0, 0, 0], &nbytes, &[u8::from(hangup), 0, 0, 0, 0, 0, 0, 0]].concat()
}

fn clock(number: u64) -> Vec<u8> {
    event(number, None, 0, 0, false)
}

/// Polls, and checks that these events and no other bytes were written.
#[track_caller]
fn poll(world: &mut World, subs: &[Sub], events: &[Vec<u8>]) {
    let bytes = subscriptions(world.process.snapshot, subs);
    world.guest.put(IN, &bytes);
    let count = (events.len() as u32).to_le_bytes();
    let events = events.concat();
    world.ok("poll_oneoff", &[IN, OUT, subs.len() as u64, COUNT], &[(OUT, &events), (COUNT, &count)]);
    world.guest.put(OUT, &vec![b'?'; events.len()]);
}

/// Polls, and checks that nothing was written.
#[track_caller]
fn fails(world: &mut World, subs: &[Sub], halt: Halt) {
    let bytes = subscriptions(world.process.snapshot, subs);
    world.guest.put(IN, &bytes);
    world.check("poll_oneoff", &[IN, OUT, subs.len() as u64, COUNT], Err(halt), &[]);
}

#[test]
fn a_span_is_waited_for_to_the_nanosecond() {
    for mut world in [World::new(), World::preview0()] {
        for span in [0, 1, 999, 900_000, 19_999_999] {
            let before = world.fake.waited();
            poll(&mut world, &[Clock(1, span, false)], &[clock(0)]);
            assert_eq!(world.fake.waited() - before, span);
            assert_eq!(world.fake.waits(), [(0, span)]);
            assert_eq!(world.guest.pauses, 0);
        }
    }
}

#[test]
fn a_long_span_is_waited_for_in_slices() {
    let mut world = World::new();
    poll(&mut world, &[Clock(0, 50 * MS + 1, false)], &[clock(0)]);
    assert_eq!(world.fake.waits(), [(0, 20 * MS), (0, 20 * MS), (0, 10 * MS + 1)]);
    assert_eq!(world.guest.pauses, 2);
}

#[test]
fn a_time_is_one_of_its_own_clock() {
    let mut world = World::new();
    poll(&mut world, &[Clock(1, MONOTONIC + 5, true)], &[clock(0)]);
    assert_eq!(world.fake.waited(), 5);
    poll(&mut world, &[Clock(0, REALTIME + 12, true)], &[clock(0)]);
    assert_eq!(world.fake.waited(), 12);
    // What is past is due at once.
    for (id, time) in [(0, 0), (1, 0), (0, REALTIME), (1, MONOTONIC + 12)] {
        poll(&mut world, &[Clock(id, time, true)], &[clock(0)]);
        assert_eq!(world.fake.waited(), 12);
    }
}

#[test]
fn setting_the_wall_clock_moves_times_and_not_spans() {
    let mut world = World::new();
    let fake = std::sync::Arc::clone(&world.fake);
    world.fake.meanwhile(move || fake.set.store(1000 * MS, Ordering::Relaxed));
    poll(&mut world, &[Clock(0, 50 * MS, false)], &[clock(0)]);
    assert_eq!(world.fake.waited(), 50 * MS);
    world.fake.set.store(0, Ordering::Relaxed);
    poll(&mut world, &[Clock(0, REALTIME + 900 * MS, true)], &[clock(0)]);
    assert_eq!(world.fake.waited(), 70 * MS);
}

#[test]
fn of_several_clocks_each_that_is_due_has_its_event() {
    let mut world = World::new();
    let subs = [
        Clock(1, 30, false),
        Clock(0, REALTIME + 20, true),
        Clock(1, MONOTONIC + 20, true),
        Clock(1, 20, false),
        Clock(1, u64::MAX, false),
        Clock(0, u64::MAX, true),
    ];
    poll(&mut world, &subs, &[clock(1), clock(2), clock(3)]);
    assert_eq!(world.fake.waited(), 20);
}

#[test]
fn a_wait_without_end_can_be_given_up() {
    let mut world = World::new();
    let (fd, _writer) = world.pipe_in();
    for subs in [&[Clock(1, u64::MAX, false)][..], &[Clock(1, u64::MAX, true), Read(fd)], &[Read(fd)]] {
        world.guest = Script::new().patient(5);
        fails(&mut world, subs, Halt::Interrupted);
        assert_eq!(world.fake.waits().len(), 6);
    }
    assert_eq!(world.fake.waited(), 18 * 20 * MS);
}

#[test]
fn in_the_real_world_a_span_takes_its_time() {
    let mut world = World::real();
    let begin = std::time::Instant::now();
    poll(&mut world, &[Clock(1, 45 * MS, false)], &[clock(0)]);
    let took = begin.elapsed();
    assert!(took.as_nanos() as u64 >= 45 * MS && took.as_secs() < 10, "{took:?}");
    let begin = std::time::Instant::now();
    let now = std::time::UNIX_EPOCH.elapsed().unwrap().as_nanos() as u64;
    poll(&mut world, &[Clock(0, now + 5 * MS, true)], &[clock(0)]);
    assert!(begin.elapsed().as_nanos() as u64 >= 4 * MS);
}

#[test]
fn clocks_that_cannot_be_waited_for_say_why() {
    let mut world = World::new();
    let error = |number, errno| event(number, Some(errno), 0, 0, false);
    poll(&mut world, &[Clock(2, 1, false)], &[error(0, Errno::Notsup)]);
    let subs = [
        Clock(3, 1, true),
        Clock(4, 1, false),
        Clock(u32::MAX, 0, false),
        Clock(1, 0, false),
        Clock(1, 1, false),
    ];
    poll(
        &mut world,
        &subs,
        &[error(0, Errno::Notsup), error(1, Errno::Inval), error(2, Errno::Inval), clock(3)],
    );
    // What failed is known at once: nothing was waited for.
    assert_eq!(world.fake.waited(), 0);
}

#[test]
fn files_are_always_ready() {
    let mut world = World::new();
    let fd = world.open("file");
    let host = std::fs::File::open(world.host("file")).unwrap();
    let stdin = world.lend(&host);
    *world.entry(fd).offset() = 3;
    let read = |number, nbytes| event(number, None, 1, nbytes, false);
    poll(
        &mut world,
        &[Read(fd), Room(fd), Read(stdin), Clock(1, 1, false)],
        &[read(0, 7), event(1, None, 2, 0, false), read(2, 10)],
    );
    assert_eq!(world.fake.waited(), 0);
    *world.entry(fd).offset() = 1 << 40;
    poll(&mut world, &[Read(fd)], &[read(0, 0)]);
    poll(&mut world, &[Read(0), Room(1)], &[read(0, 0), event(1, None, 2, 0, false)]);
}

#[test]
fn pipes_are_ready_when_they_are() {
    let mut world = World::new();
    let (reader, mut writer) = world.pipe_in();
    let (full, drain) =
        rustix::pipe::pipe().map(|(reader, writer)| (std::fs::File::from(writer), reader)).unwrap();
    let write = world.lend(&full);
    poll(&mut world, &[Read(reader), Room(write), Clock(1, MS, false)], &[event(1, None, 2, 0, false)]);
    fill(&full);
    poll(&mut world, &[Read(reader), Room(write), Clock(1, MS, false)], &[clock(2)]);
    writer.write_all(b"abc").unwrap();
    poll(&mut world, &[Room(write), Read(reader), Clock(1, MS, false)], &[event(1, None, 1, 3, false)]);
    drop(drain);
    poll(
        &mut world,
        &[Room(write), Read(reader)],
        &[event(0, None, 2, 0, true), event(1, None, 1, 3, false)],
    );
    drop(writer);
    poll(&mut world, &[Read(reader)], &[event(0, None, 1, 3, true)]);
}

#[test]
fn a_pipe_is_waited_for() {
    let mut world = World::new();
    let (reader, mut writer) = world.pipe_in();
    let mut left = 3;
    world.fake.meanwhile(move || {
        left -= 1;
        if left == 0 {
            writer.write_all(b"abc").unwrap();
        }
    });
    poll(&mut world, &[Clock(1, 1000 * MS, false), Read(reader)], &[event(1, None, 1, 3, false)]);
    assert_eq!(world.fake.waits(), [(1, 20 * MS); 3]);
}

#[test]
fn sockets_are_ready_when_they_are() {
    let mut world = World::new();
    let (one, mut peer) = UnixStream::pair().unwrap();
    let socket = world.socket(one);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let listener = world.socket(listener);
    poll(&mut world, &[Read(socket), Room(socket), Read(listener)], &[event(1, None, 2, 0, false)]);
    let _client = std::net::TcpStream::connect(address).unwrap();
    peer.write_all(b"abc").unwrap();
    poll(
        &mut world,
        &[Read(listener), Read(socket)],
        &[event(0, None, 1, 0, false), event(1, None, 1, 3, false)],
    );
    peer.shutdown(std::net::Shutdown::Write).unwrap();
    poll(&mut world, &[Read(socket)], &[event(0, None, 1, 3, true)]);
}

#[test]
fn each_bad_descriptor_has_an_event() {
    let mut world = World::new();
    let (reader, _writer) = world.pipe_in();
    let bad = |number, kind| event(number, Some(Errno::Badf), kind, 0, false);
    poll(&mut world, &[Read(60)], &[bad(0, 1)]);
    let subs = [Read(60), Read(reader), Room(u64::from(u32::MAX)), Clock(1, 0, false), Read(61)];
    poll(&mut world, &subs, &[bad(0, 1), bad(2, 2), clock(3), bad(4, 1)]);
}

#[test]
fn a_descriptor_that_may_not_be_polled_fails_the_call() {
    let mut world = World::new();
    let (reader, _writer) = world.pipe_in();
    fails(&mut world, &[Clock(1, 0, false), Read(ROOT)], Halt::Errno(Errno::Notcapable));
    fails(&mut world, &[Clock(1, 0, false), Room(reader)], Halt::Errno(Errno::Notcapable));
    world.without(reader, Rights::POLL_FD_READWRITE);
    fails(&mut world, &[Read(60), Read(reader)], Halt::Errno(Errno::Notcapable));
}

#[test]
fn what_is_no_subscription_fails_the_call() {
    let mut world = World::new();
    world.fails("poll_oneoff", &[IN, OUT, 0, COUNT], Errno::Inval);
    let mut bytes = subscriptions(Snapshot::Preview1, &[Clock(1, 0, false), Clock(1, 0, false)]);
    for kind in [3, 4, 255] {
        bytes[48 + 8] = kind;
        world.guest.put(IN, &bytes);
        world.fails("poll_oneoff", &[IN, OUT, 2, COUNT], Errno::Inval);
    }
    bytes[48 + 8] = 0;
    for flags in [2_u16, 3, 1 << 15] {
        bytes[48 + 40..48 + 42].copy_from_slice(&flags.to_le_bytes());
        world.guest.put(IN, &bytes);
        world.fails("poll_oneoff", &[IN, OUT, 2, COUNT], Errno::Inval);
    }
}

#[test]
fn a_count_that_wraps_is_refused_at_once() {
    let mut world = World::new();
    for count in [1 << 27, 1 << 28, 89_478_486, 1 << 31, u64::from(u32::MAX), 1367, 2000] {
        world.fails("poll_oneoff", &[0, OUT, count, COUNT], Errno::Overflow);
        world.fails("poll_oneoff", &[OUT, 0, count, COUNT], Errno::Overflow);
    }
    // With memory for all of them, there is still a limit.
    world.guest = Script::over(vec![0; 8 << 20]);
    for count in [65_537, 100_000, 174_762] {
        world.fails("poll_oneoff", &[0, 0, count, COUNT], Errno::Inval);
    }
    let subs = subscriptions(Snapshot::Preview1, &vec![Clock(1, 0, false); 65_536]);
    world.guest.put(0, &subs);
    assert_eq!(world.call("poll_oneoff", &[0, 4 << 20, 65_536, (8 << 20) - 4]), Ok(()));
    assert_eq!(world.guest.bytes()[(8 << 20) - 4..], 65_536_u32.to_le_bytes());
}

#[test]
fn the_events_may_lie_over_the_subscriptions() {
    let mut world = World::new();
    let fd = world.open("file");
    let subs = subscriptions(Snapshot::Preview1, &[Read(60), Clock(1, 0, false), Read(fd)]);
    let events = [event(0, Some(Errno::Badf), 1, 0, false), clock(1), event(2, None, 1, 10, false)].concat();
    for to in [IN, IN + 8, IN + 47, IN - 20] {
        world.guest.put(IN, &subs);
        world.ok("poll_oneoff", &[IN, to, 3, COUNT], &[(to, &events), (COUNT, &3_u32.to_le_bytes())]);
    }
    // The count goes last.
    world.guest.put(IN, &subs);
    world.ok("poll_oneoff", &[IN, IN, 3, IN + 8], &[(IN, &events), (IN + 8, &3_u32.to_le_bytes())]);
}

#[test]
fn what_has_no_descriptor_to_wait_on_is_ready() {
    let mut world = World::new();
    let fd = world.add(stream(Failing(Errno::Io), Filetype::CharacterDevice));
    poll(&mut world, &[Read(fd), Room(fd)], &[event(0, None, 1, 0, false), event(1, None, 2, 0, false)]);
}
