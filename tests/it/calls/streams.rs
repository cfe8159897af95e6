//! Reading from and writing to what can make a guest wait.

use std::io::{Read, Write};
use std::sync::{Arc, Mutex};

use preopen::abi::{Errno, Filetype};
use preopen::calls::Halt;

use crate::scripted::{Failing, Script, World, fill, stream};

const NONBLOCK: u64 = 4;
/// How long a slice is, ns.
const SLICE: u64 = 20_000_000;

fn le(number: u32) -> [u8; 4] {
    number.to_le_bytes()
}

#[test]
fn a_read_takes_what_there_is() {
    let mut world = World::new();
    let (fd, mut writer) = world.pipe_in();
    let list = world.iovecs(&[(100, 2), (200, 100)]);
    writer.write_all(b"abcde").unwrap();
    world.ok("fd_read", &[fd, list, 2, 8], &[(100, b"ab"), (200, b"cde"), (8, &le(5))]);
    writer.write_all(b"f").unwrap();
    drop(writer);
    world.ok("fd_read", &[fd, list, 2, 8], &[(100, b"f"), (8, &le(1))]);
    // The end, as often as one asks.
    world.ok("fd_read", &[fd, list, 2, 8], &[(8, &le(0))]);
    world.ok("fd_read", &[fd, list, 2, 8], &[(8, &le(0))]);
    assert_eq!((world.fake.waits(), world.guest.pauses), (vec![], 0));
}

#[test]
fn a_read_waits_for_the_first_bytes() {
    let mut world = World::new();
    let (fd, mut writer) = world.pipe_in();
    let list = world.iovecs(&[(100, 2), (200, 100)]);
    let mut left = 3;
    world.fake.meanwhile(move || {
        left -= 1;
        if left == 0 {
            writer.write_all(b"abc").unwrap();
        }
    });
    world.ok("fd_read", &[fd, list, 2, 8], &[(100, b"ab"), (200, b"c"), (8, &le(3))]);
    assert_eq!(world.fake.waits(), [(1, SLICE); 3]);
    assert_eq!(world.guest.pauses, 3);
}

#[test]
fn a_read_of_nothing_does_not_wait() {
    let mut world = World::new();
    let (fd, _writer) = world.pipe_in();
    let list = world.iovecs(&[(100, 0), (200, 0)]);
    for count in 0..3 {
        world.ok("fd_read", &[fd, list, count, 8], &[(8, &le(0))]);
    }
    assert_eq!(world.fake.waits(), []);
}

#[test]
fn a_waiting_read_can_be_given_up() {
    let mut world = World::new();
    let (fd, _writer) = world.pipe_in();
    let list = world.iovecs(&[(100, 2)]);
    world.guest = world_of(&world).patient(5);
    world.check("fd_read", &[fd, list, 1, 8], Err(Halt::Interrupted), &[]);
    assert_eq!(world.fake.waited(), 6 * SLICE);
}

/// A guest with the same memory.
fn world_of(world: &World) -> Script {
    Script::over(world.guest.bytes())
}

#[test]
fn with_nonblock_nothing_waits() {
    let mut world = World::new();
    let (reader, mut writer) = world.pipe_in();
    let (full, drain) = world.pipe_out();
    let list = world.iovecs(&[(100, 2)]);
    world.ok("fd_fdstat_set_flags", &[reader, NONBLOCK], &[]);
    world.ok("fd_fdstat_set_flags", &[full, NONBLOCK], &[]);
    world.fails("fd_read", &[reader, list, 1, 8], Errno::Again);
    writer.write_all(b"x").unwrap();
    world.ok("fd_read", &[reader, list, 1, 8], &[(100, b"x"), (8, &le(1))]);

    // A pipe takes a part of what is too much for it.
    let capacity = rustix::pipe::fcntl_getpipe_size(&drain).unwrap();
    let big = Script::of(4 * capacity);
    world.guest = big;
    let list = world.iovecs(&[(0, 3 * capacity as u64)]);
    world.ok("fd_write", &[full, list, 1, 8], &[(8, &le(capacity as u32))]);
    world.fails("fd_write", &[full, list, 1, 8], Errno::Again);
    assert_eq!(world.fake.waits(), []);
}

#[test]
fn a_write_waits_until_all_is_taken() {
    let mut world = World::new();
    let (fd, drain) = world.pipe_out();
    let drain = Arc::new(drain);
    let capacity = rustix::pipe::fcntl_getpipe_size(&drain).unwrap();
    world.guest = Script::of(4 * capacity);
    let list = world.iovecs(&[(0, 8), (8, 3 * capacity as u64), (0, 3)]);
    let bytes = world.guest.bytes();
    let expected = [&bytes[..8], &bytes[8..8 + 3 * capacity], &bytes[..3]].concat();
    let got = Arc::new(Mutex::new(Vec::new()));
    let (sink, other_end) = (Arc::clone(&got), Arc::clone(&drain));
    world.fake.meanwhile(move || {
        let mut some = vec![0; 10_000];
        let len = (&*other_end).read(&mut some).unwrap();
        sink.lock().unwrap().extend_from_slice(&some[..len]);
    });
    world.ok("fd_write", &[fd, list, 3, 8], &[(8, &le(expected.len() as u32))]);
    let mut got = std::mem::take(&mut *got.lock().unwrap());
    let left = (expected.len() - got.len()) as u64;
    drain.take(left).read_to_end(&mut got).unwrap();
    assert!(got == expected);
}

#[test]
fn a_waiting_write_can_be_given_up() {
    let mut world = World::new();
    let (reader, writer) = rustix::pipe::pipe().unwrap();
    let writer = std::fs::File::from(writer);
    let fd = world.lend(&writer);
    let list = world.iovecs(&[(100, 2)]);
    fill(&writer);
    world.guest = world_of(&world).patient(5);
    world.check("fd_write", &[fd, list, 1, 8], Err(Halt::Interrupted), &[]);
    assert_eq!(world.fake.waited(), 6 * SLICE);
    drop(reader);
}

#[test]
fn nobody_reads() {
    let mut world = World::new();
    let (fd, reader) = world.pipe_out();
    drop(reader);
    let list = world.iovecs(&[(100, 2)]);
    world.fails("fd_write", &[fd, list, 1, 8], Errno::Pipe);
    world.ok("fd_fdstat_set_flags", &[fd, NONBLOCK], &[]);
    world.fails("fd_write", &[fd, list, 1, 8], Errno::Pipe);
}

/// In the real world, with real time: a thread drains what the guest writes, and writes what it reads.
#[test]
fn both_ends_at_once() {
    let mut world = World::real();
    let (sink, mut drain) = world.pipe_out();
    let (source, mut writer) = world.pipe_in();
    world.guest = Script::of(2 << 20);
    let list = world.iovecs(&[(1 << 16, 1 << 20)]);
    std::thread::scope(|scope| {
        let drained = scope.spawn(move || {
            std::thread::sleep(std::time::Duration::from_millis(30));
            let mut bytes = vec![0; 1 << 20];
            drain.read_exact(&mut bytes).unwrap();
            bytes
        });
        world.ok("fd_write", &[sink, list, 1, 8], &[(8, &le(1 << 20))]);
        assert!(drained.join().unwrap().iter().all(|byte| *byte == b'?'));
        assert!(world.guest.pauses > 0);
        scope.spawn(move || {
            std::thread::sleep(std::time::Duration::from_millis(30));
            writer.write_all(b"late").unwrap();
        });
        world.ok("fd_read", &[source, list, 1, 8], &[(1 << 16, b"late"), (8, &le(4))]);
    });
}

/// The host's own end of a pipe blocks; the guest's may not change that, nor wait in the kernel because of it.
#[test]
fn the_hosts_descriptor_keeps_its_flags() {
    let mut world = World::new();
    let (reader, writer) = rustix::pipe::pipe().unwrap();
    let flags = || [&reader, &writer].map(|fd| rustix::fs::fcntl_getfl(fd).unwrap());
    let before = flags();
    let (from, to) = (world.lend(&reader), world.lend(&writer));
    let list = world.iovecs(&[(100, 2)]);
    for fd in [from, to] {
        world.ok("fd_fdstat_set_flags", &[fd, NONBLOCK], &[]);
    }
    world.fails("fd_read", &[from, list, 1, 8], Errno::Again);
    world.ok("fd_write", &[to, list, 1, 8], &[(8, &le(2))]);
    assert_eq!(flags(), before);
    world.ok("fd_close", &[to], &[]);
    world.ok("fd_close", &[from], &[]);
    // They are still the host's to use.
    assert_eq!(rustix::io::write(&writer, b"ab"), Ok(2));
    assert_eq!(rustix::io::read(&reader, &mut [0; 9]), Ok(4));
}

/// A pipe with a name can't be opened anew without losing its end: poll(2) is asked before each call.
#[test]
fn a_pipe_with_a_name_is_read_and_written_without_blocking() {
    let mut world = World::new();
    let path = world.host("fifo");
    rustix::fs::mkfifoat(rustix::fs::CWD, &path, rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR).unwrap();
    let fifo = std::fs::File::options().read(true).write(true).open(&path).unwrap();
    let fd = world.lend(&fifo);
    world.guest = Script::of(1 << 20).patient(3);
    let list = world.iovecs(&[(1 << 16, 1 << 18)]);
    world.check("fd_read", &[fd, list, 1, 8], Err(Halt::Interrupted), &[]);
    world.guest.pauses = 0;
    world.check("fd_write", &[fd, list, 1, 8], Err(Halt::Interrupted), &[]);
    world.ok("fd_fdstat_set_flags", &[fd, NONBLOCK], &[]);
    world.fails("fd_write", &[fd, list, 1, 8], Errno::Again);
    assert_eq!(world.call("fd_read", &[fd, list, 1, 8]), Ok(()));
}

#[test]
fn a_stream_has_no_offset() {
    let mut world = World::new();
    let (reader, _writer) = world.pipe_in();
    let list = world.iovecs(&[(100, 2)]);
    world.fails("fd_pread", &[reader, list, 1, 0, 8], Errno::Notcapable);
    world.fails("fd_pwrite", &[reader, list, 1, 0, 8], Errno::Notcapable);
    world.fails("fd_seek", &[reader, 0, 1, 8], Errno::Notcapable);
    world.fails("fd_tell", &[reader, 8], Errno::Notcapable);
    // A device has every right; what it is decides.
    let fd = world.add(stream(Failing(Errno::Spipe), Filetype::CharacterDevice));
    world.fails("fd_seek", &[fd, 0, 1, 8], Errno::Spipe);
    world.fails("fd_tell", &[fd, 8], Errno::Spipe);
    world.fails("fd_pread", &[fd, list, 1, 0, 8], Errno::Spipe);
    world.fails("fd_pwrite", &[fd, list, 1, 0, 8], Errno::Spipe);
}

#[test]
fn an_end_goes_one_way() {
    let mut world = World::new();
    let (reader, _writer) = world.pipe_in();
    let (writer, _reader) = world.pipe_out();
    let list = world.iovecs(&[(100, 2)]);
    world.fails("fd_write", &[reader, list, 1, 8], Errno::Notcapable);
    world.fails("fd_read", &[writer, list, 1, 8], Errno::Notcapable);
}

#[test]
fn devices_never_wait() {
    let mut world = World::new();
    let list = world.iovecs(&[(100, 4)]);
    world.ok("fd_read", &[0, list, 1, 8], &[(8, &le(0))]);
    world.ok("fd_write", &[1, list, 1, 8], &[(8, &le(4))]);
    world.ok("fd_seek", &[1, 77, 0, 8], &[(8, &[0; 8])]);
    let zero = world.lend(std::fs::File::open("/dev/zero").unwrap());
    world.ok("fd_read", &[zero, list, 1, 8], &[(100, &[0; 4]), (8, &le(4))]);
    let full = world.lend(std::fs::File::options().write(true).open("/dev/full").unwrap());
    world.fails("fd_write", &[full, list, 1, 8], Errno::Nospc);
    assert_eq!(world.fake.waits(), []);
}

#[test]
fn an_error_of_a_stream_is_the_calls() {
    let mut world = World::new();
    let list = world.iovecs(&[(100, 4)]);
    for errno in [Errno::Io, Errno::Pipe, Errno::Nospc, Errno::Connreset] {
        let fd = world.add(stream(Failing(errno), Filetype::CharacterDevice));
        world.fails("fd_read", &[fd, list, 1, 8], errno);
        world.fails("fd_write", &[fd, list, 1, 8], errno);
    }
    // One that has nothing to wait on, and never has a byte, can still be given up.
    let fd = world.add(stream(Failing(Errno::Again), Filetype::CharacterDevice));
    world.guest = world_of(&world).patient(9);
    world.check("fd_read", &[fd, list, 1, 8], Err(Halt::Interrupted), &[]);
}
