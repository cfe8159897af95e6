//! Streams that no descriptor of the host's is behind: bytes to read, captures, and nothing at all.

use std::sync::{Arc, Mutex};

use preopen::abi::{Errno, Filestat, Filetype, Rights};
use preopen::calls::Halt;
use preopen::span::{Span, total};
use preopen::stdio::{Buffer, Capture, Null, Source, Stream, pipe};
use preopen::vfs::Result;

use crate::scripted::{Script, World};

/// What a call writes into memory.
type Writes<'a> = &'a [(u64, &'a [u8])];

fn le(number: u32) -> [u8; 4] {
    number.to_le_bytes()
}

fn kept(capture: &Capture) -> Vec<u8> {
    let mut bytes = vec![0; capture.len()];
    assert_eq!(capture.copy(&mut bytes), capture.len());
    bytes
}

impl World {
    fn give(&self, stream: &Arc<impl Stream + 'static>) -> u64 {
        u64::from(self.process.add_stream(Arc::clone(stream) as Arc<dyn Stream>).unwrap())
    }

    #[track_caller]
    fn say(&mut self, fd: u64, text: &[u8]) {
        let at = self.place(text);
        let list = self.iovecs(&[(at, text.len() as u64)]);
        self.ok("fd_write", &[fd, list, 1, 8], &[(8, &le(text.len() as u32))]);
    }
}

#[test]
fn bytes_are_read_once_and_end() {
    let mut world = World::new();
    let every: Vec<u8> = (0..=255).collect();
    let fd = world.give(&Arc::new(Buffer::copy(&every).unwrap()));
    let list = world.iovecs(&[(100, 2), (200, 0), (300, 250)]);
    let first: Writes<'_> = &[(100, &every[..2]), (300, &every[2..252]), (8, &le(252))];
    world.ok("fd_read", &[fd, list, 3, 8], first);
    world.ok("fd_read", &[fd, list, 3, 8], &[(100, &every[252..254]), (300, &every[254..]), (8, &le(4))]);
    world.ok("fd_read", &[fd, list, 3, 8], &[(8, &le(0))]);
    world.ok("fd_read", &[fd, list, 3, 8], &[(8, &le(0))]);
    assert_eq!((world.fake.waits(), world.guest.pauses), (vec![], 0));
}

#[test]
fn no_bytes_are_an_end() {
    let mut world = World::new();
    let fd = world.give(&Arc::new(Buffer::copy(&[]).unwrap()));
    let list = world.iovecs(&[(100, 10)]);
    world.ok("fd_read", &[fd, list, 1, 8], &[(8, &le(0))]);
}

#[test]
fn nothing_is_at_its_end_and_takes_everything() {
    let mut world = World::new();
    let fd = world.give(&Arc::new(Null));
    let list = world.iovecs(&[(100, 10), (200, 20)]);
    world.ok("fd_read", &[fd, list, 2, 8], &[(8, &le(0))]);
    world.ok("fd_write", &[fd, list, 2, 8], &[(8, &le(30))]);
}

#[test]
fn a_capture_keeps_what_is_written_in_its_order() {
    let mut world = World::new();
    let capture = Arc::new(Capture::new(1000));
    let (out, err) = (world.give(&capture), world.give(&capture));
    let every: Vec<u8> = (0..=255).collect();
    world.say(out, b"out");
    world.say(err, &every);
    world.say(out, b"");
    world.say(out, b"out");
    assert_eq!(kept(&capture), [b"out", &every[..], b"out"].concat());
    assert_eq!(capture.dropped(), 0);
}

#[test]
fn a_list_of_ranges_is_one_write() {
    let mut world = World::new();
    let capture = Arc::new(Capture::new(1000));
    let fd = world.give(&capture);
    let (a, b) = (world.place(b"ab"), world.place(b"cd"));
    // The same bytes twice, and nothing in between.
    let list = world.iovecs(&[(a, 2), (b, 0), (b, 2), (a, 2)]);
    world.ok("fd_write", &[fd, list, 4, 8], &[(8, &le(6))]);
    assert_eq!(kept(&capture), b"abcdab");
}

#[test]
fn past_its_limit_a_capture_drops_and_counts() {
    let mut world = World::new();
    let capture = Arc::new(Capture::new(5));
    let fd = world.give(&capture);
    world.say(fd, b"abc");
    assert_eq!((capture.len(), capture.dropped()), (3, 0));
    world.say(fd, b"defgh");
    world.say(fd, b"i");
    assert_eq!((kept(&capture), capture.dropped()), (b"abcde".to_vec(), 4));
    // A range that is longer than what is asked for.
    let mut few = [0; 2];
    assert_eq!((capture.copy(&mut few), few), (2, *b"ab"));
    capture.clear();
    assert!(capture.is_empty() && capture.dropped() == 0);
    world.say(fd, b"again");
    assert_eq!((kept(&capture), capture.dropped()), (b"again".to_vec(), 0));
}

#[test]
fn a_capture_may_keep_nothing() {
    let mut world = World::new();
    let capture = Arc::new(Capture::new(0));
    let fd = world.give(&capture);
    world.say(fd, b"");
    assert_eq!(capture.dropped(), 0);
    world.say(fd, b"gone");
    assert_eq!((capture.len(), capture.dropped()), (0, 4));
}

#[test]
fn a_limit_without_end_costs_nothing() {
    let mut world = World::new();
    let capture = Arc::new(Capture::new(u64::MAX));
    let fd = world.give(&capture);
    world.say(fd, b"kept");
    assert_eq!(kept(&capture), b"kept");
}

#[test]
fn a_write_far_beyond_the_limit_is_counted_and_not_kept() {
    const LEN: u64 = 1 << 20;
    let mut world = World::new();
    world.guest = Script::of(2 << 20);
    let capture = Arc::new(Capture::new(100));
    let fd = world.give(&capture);
    // 64 times the same MiB.
    let list = world.iovecs(&[(1 << 19, LEN); 64]);
    world.ok("fd_write", &[fd, list, 64, 8], &[(8, &le(64 << 20))]);
    assert_eq!((capture.len(), capture.dropped()), (100, (64 << 20) - 100));
}

#[test]
fn each_is_a_pipe_to_the_guest() {
    let mut world = World::new();
    let input = world.give(&Arc::new(Buffer::copy(b"12345").unwrap()));
    let output = world.give(&Arc::new(Capture::new(10)));
    let null = world.give(&Arc::new(Null));
    for fd in [input, output, null] {
        let stat = world.entry(fd).fdstat();
        assert_eq!(stat.filetype, Filetype::SocketStream);
        assert_eq!(stat.rights_base.contains(Rights::FD_READ), fd != output);
        assert_eq!(stat.rights_base.contains(Rights::FD_WRITE), fd != input);
        let list = world.iovecs(&[(100, 1)]);
        for (name, args) in [
            ("fd_seek", vec![fd, 0, 0, 8]),
            ("fd_tell", vec![fd, 8]),
            ("fd_pread", vec![fd, list, 1, 0, 8]),
            ("fd_pwrite", vec![fd, list, 1, 0, 8]),
        ] {
            world.fails(name, &args, Errno::Notcapable);
        }
        assert!(matches!(world.call("sock_accept", &[fd, 0, 8]), Err(Halt::Errno(_))));
    }
    let list = world.iovecs(&[(100, 1)]);
    world.fails("fd_write", &[input, list, 1, 8], Errno::Notcapable);
    world.fails("fd_read", &[output, list, 1, 8], Errno::Notcapable);
}

#[test]
fn they_are_ready_at_once_with_what_they_have() {
    let mut world = World::new();
    let input = world.give(&Arc::new(Buffer::copy(b"12345").unwrap()));
    let output = world.give(&Arc::new(Capture::new(10)));
    let mut subscription = |fd: u64, kind: u8| {
        let mut bytes = [0; 48];
        bytes[8] = kind;
        bytes[16..20].copy_from_slice(&(fd as u32).to_le_bytes());
        world.place(&bytes)
    };
    let (reads, writes) = (subscription(input, 1), subscription(output, 2));
    let mut event = [0; 32];
    event[10] = 1;
    event[16] = 5;
    world.ok("poll_oneoff", &[reads, 20_000, 1, 8], &[(20_000, &event), (8, &le(1))]);
    event[10] = 2;
    event[16] = 0;
    world.ok("poll_oneoff", &[writes, 20_000, 1, 8], &[(20_000, &event), (8, &le(1))]);
}

#[test]
fn they_can_be_closed_and_moved() {
    let mut world = World::new();
    let capture = Arc::new(Capture::new(100));
    let fd = world.give(&capture);
    world.ok("fd_renumber", &[fd, 1], &[]);
    world.say(1, b"moved");
    world.ok("fd_close", &[1], &[]);
    let list = world.iovecs(&[(100, 1)]);
    world.fails("fd_write", &[1, list, 1, 8], Errno::Badf);
    assert_eq!(kept(&capture), b"moved");
    // The guest has let it go.
    assert_eq!(Arc::strong_count(&capture), 1);
}

/// A stream that says that it may run the engine; it remembers the writes.
#[derive(Default)]
struct Scripted(Mutex<Vec<Vec<u8>>>);

impl Stream for Scripted {
    fn stat(&self) -> Result<Filestat> {
        Ok(pipe())
    }
    fn directions(&self) -> (bool, bool) {
        (true, true)
    }
    fn source(&self) -> Source<'_> {
        Source::Ready
    }
    fn runs_engine(&self) -> bool {
        true
    }
    fn read(&self, into: &[Span<'_>]) -> Result<usize> {
        Ok(into.iter().map(|span| span.fill(b"0123456789")).sum())
    }
    fn write(&self, from: &[Span<'_>]) -> Result<usize> {
        let mut bytes = vec![0; total(from)];
        let mut rest = &mut bytes[..];
        for span in from {
            let len = span.drain(rest);
            rest = &mut rest[len..];
        }
        self.0.lock().unwrap().push(bytes);
        Ok(total(from))
    }
}

#[test]
fn whoever_may_run_the_engine_gets_a_list_in_one_piece() {
    let mut world = World::new();
    let scripted = Arc::new(Scripted::default());
    let fd = world.give(&scripted);
    let at = world.place(b"abc");
    // More ranges than one round has.
    let list = world.iovecs(&[(at, 3); 700]);
    world.ok("fd_write", &[fd, list, 700, 8], &[(8, &le(2100))]);
    assert_eq!(*scripted.0.lock().unwrap(), [b"abc".repeat(700)]);
}

#[test]
fn a_list_that_is_too_large_comes_in_pieces() {
    let mut world = World::new();
    world.guest = Script::of(4 << 20);
    let scripted = Arc::new(Scripted::default());
    let fd = world.give(&scripted);
    let list = world.iovecs(&[(1 << 20, 3 << 20), (1 << 20, 5)]);
    world.ok("fd_write", &[fd, list, 2, 8], &[(8, &le((3 << 20) + 5))]);
    let lengths: Vec<_> = scripted.0.lock().unwrap().iter().map(Vec::len).collect();
    assert_eq!(lengths, [1 << 20, 1 << 20, 1 << 20, 5]);
}

#[test]
fn of_a_range_that_comes_in_pieces_the_last_is_its_end() {
    let mut world = World::new();
    world.guest = Script::of(4 << 20);
    let scripted = Arc::new(Scripted::default());
    let fd = world.give(&scripted);
    world.guest.put((2 << 20) - 4, b"body");
    world.guest.put(2 << 20, b"end");
    let list = world.iovecs(&[(1 << 20, (1 << 20) + 3)]);
    world.ok("fd_write", &[fd, list, 1, 8], &[(8, &le((1 << 20) + 3))]);
    let pieces = scripted.0.lock().unwrap();
    assert_eq!(pieces.iter().map(Vec::len).collect::<Vec<_>>(), [1 << 20, 3]);
    assert!(pieces[0].ends_with(b"body") && pieces[1] == b"end");
}

#[test]
fn a_list_of_endless_empty_ranges_ends() {
    const COUNT: u64 = 1 << 20;
    let mut world = World::new();
    world.guest = Script::over(vec![0; 16 << 20]);
    let scripted = Arc::new(Scripted::default());
    let fd = world.give(&scripted);
    world.ok("fd_write", &[fd, 4096, COUNT, 8], &[(8, &le(0))]);
    assert!(scripted.0.lock().unwrap().iter().all(Vec::is_empty));
}

#[test]
fn bytes_far_apart_in_a_list_are_each_written_once() {
    // As many entries as are looked at in one slice.
    const STRIDE: u32 = 1 << 18;
    let mut world = World::new();
    world.guest = Script::over(vec![0; 12 << 20]);
    let scripted = Arc::new(Scripted::default());
    let fd = world.give(&scripted);
    world.guest.put(100, b"abc");
    // The last one does not fit into the first piece.
    for (index, len) in [(0, 1), (STRIDE + 5, 1), (STRIDE * 2, 1), (STRIDE * 2 + 1, 1 << 20)] {
        let from = if len == 1 { 100 + index / STRIDE } else { 10 << 20 };
        world.guest.put(u64::from(4096 + index * 8), &[le(from), le(len)].concat());
    }
    world.ok("fd_write", &[fd, 4096, u64::from(STRIDE * 2 + 2), 8], &[(8, &le((1 << 20) + 3))]);
    let written = scripted.0.lock().unwrap().concat();
    assert_eq!((written.len(), &written[..4]), ((1 << 20) + 3, &b"abc\0"[..]));
    assert_eq!(scripted.0.lock().unwrap().iter().map(Vec::len).collect::<Vec<_>>(), [1 << 20, 3]);
}

#[test]
fn a_read_of_whoever_may_run_the_engine_fills_the_ranges() {
    let mut world = World::new();
    let fd = world.give(&Arc::new(Scripted::default()));
    let list = world.iovecs(&[(100, 4), (200, 0), (300, 40)]);
    world.ok("fd_read", &[fd, list, 3, 8], &[(100, b"0123"), (300, b"456789"), (8, &le(10))]);
}
