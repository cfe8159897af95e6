//! Signals that interrupt the kernel's calls: a guest never hears of them, and they keep nobody from ending it.

#![expect(unsafe_code, reason = "signals are set and sent by number")]

use std::io::{Read, Write};
use std::os::fd::{FromRawFd, OwnedFd};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use preopen::abi::{ClockId, Errno};
use preopen::calls::{Call, Halt};

use crate::scripted::{Script, World, fill};

/// How many signals the process has got.
static GOT: AtomicUsize = AtomicUsize::new(0);

extern "C" fn count(_: libc::c_int) {
    GOT.fetch_add(1, Ordering::Relaxed);
}

/// Counts SIGUSR2, which interrupts whatever waits: no call is begun anew by the kernel.
fn handle() {
    // SAFETY: all zeros is a valid action (no flags, an empty mask), and the handler only counts.
    unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        action.sa_sigaction = count as *const () as usize;
        assert_eq!(libc::sigaction(libc::SIGUSR2, &raw const action, std::ptr::null_mut()), 0);
    }
}

/// Makes a call while its thread gets a signal every millisecond, and does `meanwhile` when it has got a hundred.
fn in_a_storm<T>(call: impl FnOnce() -> T, meanwhile: impl FnOnce() + Send) -> T {
    handle();
    // SAFETY: the call has no preconditions.
    let (process, thread) = unsafe { (libc::getpid(), libc::gettid()) };
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let (mut sent, mut meanwhile) = (0, Some(meanwhile));
            while !over.load(Ordering::Relaxed) {
                // SAFETY: a signal that is handled, to a thread that waits for this one.
                let _ = unsafe { libc::syscall(libc::SYS_tgkill, process, thread, libc::SIGUSR2) };
                sent += 1;
                if sent == 100
                    && let Some(meanwhile) = meanwhile.take()
                {
                    meanwhile();
                }
                std::thread::sleep(Duration::from_millis(1));
            }
        });
        let before = GOT.load(Ordering::Relaxed);
        let answer = call();
        over.store(true, Ordering::Relaxed);
        assert!(GOT.load(Ordering::Relaxed) > before, "signals came");
        answer
    })
}

/// One range at 1000, of so many bytes.
fn transfer(world: &mut World, name: &str, fd: u64, len: u64) -> (Call, u32) {
    let list = world.iovecs(&[(1000, len)]);
    let answer = world.call(name, &[fd, list, 1, 8]);
    (answer, u32::from_le_bytes(world.guest.bytes()[8..12].try_into().unwrap()))
}

#[test]
fn a_reader_of_a_pipe_waits_on() {
    let mut world = World::real();
    let (fd, mut writer) = world.pipe_in();
    let read = in_a_storm(|| transfer(&mut world, "fd_read", fd, 10), || writer.write_all(b"late").unwrap());
    assert_eq!(read, (Ok(()), 4));
}

#[test]
fn a_reader_of_a_fifo_waits_on() {
    let mut world = World::real();
    rustix::fs::mknodat(
        rustix::fs::CWD,
        world.host("fifo"),
        rustix::fs::FileType::Fifo,
        rustix::fs::Mode::RWXU,
        0,
    )
    .unwrap();
    let both = std::fs::File::options().read(true).write(true).open(world.host("fifo")).unwrap();
    let fd = world.lend(std::fs::File::open(world.host("fifo")).unwrap());
    let read = in_a_storm(|| transfer(&mut world, "fd_read", fd, 10), || (&both).write_all(b"late").unwrap());
    assert_eq!(read, (Ok(()), 4));
}

/// A terminal: what the user types into, and what programs have.
fn terminal() -> (std::fs::File, OwnedFd) {
    let (mut master, mut slave) = (0, 0);
    let none = std::ptr::null_mut();
    // SAFETY: the two descriptors are written, nothing else; they are new, and nobody else's.
    unsafe {
        assert_eq!(
            libc::openpty(&raw mut master, &raw mut slave, none, none.cast(), none.cast()),
            0,
            "a terminal"
        );
        (std::fs::File::from_raw_fd(master), OwnedFd::from_raw_fd(slave))
    }
}

#[test]
fn a_reader_of_a_terminal_waits_on() {
    let mut world = World::real();
    let (mut user, slave) = terminal();
    let fd = world.lend(&slave);
    let read = in_a_storm(|| transfer(&mut world, "fd_read", fd, 10), || user.write_all(b"typed\n").unwrap());
    assert_eq!(read, (Ok(()), 6));
}

#[test]
fn a_writer_to_a_full_pipe_writes_all() {
    let mut world = World::real();
    let (fd, mut reader) = world.pipe_out();
    let full = fill(&rustix_writer(&world, fd));
    let mut all = vec![0; full + 3000];
    let written =
        in_a_storm(|| transfer(&mut world, "fd_write", fd, 3000), || reader.read_exact(&mut all).unwrap());
    assert_eq!(written, (Ok(()), 3000));
}

/// The guest's end of a pipe, opened once more, to fill it.
fn rustix_writer(world: &World, fd: u64) -> std::fs::File {
    let entry = world.entry(fd);
    let preopen::fds::Object::Stream(stream) = entry.object() else { panic!("no stream") };
    let preopen::stdio::Source::Fd(source) = stream.source() else { panic!("no descriptor") };
    std::fs::File::from(source.try_clone_to_owned().unwrap())
}

#[test]
fn a_timer_is_neither_early_nor_without_end() {
    let mut world = World::real();
    // A subscription to 300 ms of the monotonic clock.
    let mut timer = [0; 48];
    timer[16] = ClockId::Monotonic as u8;
    timer[24..32].copy_from_slice(&300_000_000_u64.to_le_bytes());
    let at = world.place(&timer);
    let began = Instant::now();
    let answer = in_a_storm(|| world.call("poll_oneoff", &[at, 2000, 1, 8]), || {});
    assert_eq!(answer, Ok(()));
    assert!(began.elapsed() >= Duration::from_millis(300));
}

#[test]
fn a_guest_ends_that_is_to_end() {
    // Its engine ends it the fifth time that it looks up, which is no matter of signals.
    for with_signals in [true, false] {
        let mut world = World::real();
        world.guest = Script::new().patient(5);
        let (fd, _writer) = world.pipe_in();
        let mut wait = || transfer(&mut world, "fd_read", fd, 10).0;
        let answer = if with_signals { in_a_storm(wait, || {}) } else { wait() };
        assert_eq!(answer, Err(Halt::Interrupted));
    }
}

#[test]
fn files_are_written_and_made_safe_whole() {
    let mut world = World::real();
    let fd = world.open_with("new", 1, 16).unwrap();
    let answers = in_a_storm(
        || {
            let mut answers = Vec::new();
            let end = Instant::now() + Duration::from_millis(100);
            while Instant::now() < end {
                answers.push(transfer(&mut world, "fd_write", fd, 50_000));
                answers.push((world.call("fd_sync", &[fd]), 50_000));
            }
            answers
        },
        || {},
    );
    assert!(answers.iter().all(|answer| *answer == (Ok(()), 50_000)));
    let len = std::fs::metadata(world.host("new")).unwrap().len();
    assert_eq!(len, answers.len() as u64 / 2 * 50_000);
    let (at, len) = world.text("new");
    world.ok("path_unlink_file", &[3, at, len], &[]);
    world.fails("path_unlink_file", &[3, at, len], Errno::Noent);
}
