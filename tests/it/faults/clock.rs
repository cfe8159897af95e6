//! Clocks that are set, back or far ahead, while a guest waits, and times that no clock shows.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use preopen::abi::{ClockId, Errno};
use preopen::vfs::memory::{Limits, MemoryFs};
use preopen::vfs::overlay::Overlay;
use preopen::vfs::{Dir, SetTime, SetTimes};

use crate::scripted::{REALTIME, ROOT, Script, World};
use crate::support::{path, write};

const SECOND: u64 = 1_000_000_000;

/// Waits for a clock while the wall clock is set by so much (it wraps) in the third wait, and says how long that took, ns.
fn waited(clock: ClockId, timeout: u64, absolute: bool, set: u64) -> u64 {
    let mut world = World::new();
    world.guest = Script::new().patient(1_000_000);
    let mut subscription = [0; 48];
    subscription[16] = clock as u8;
    subscription[24..32].copy_from_slice(&timeout.to_le_bytes());
    subscription[40] = u8::from(absolute);
    let at = world.place(&subscription);
    let (fake, mut waits) = (Arc::clone(&world.fake), 0);
    world.fake.meanwhile(move || {
        waits += 1;
        if waits == 3 {
            fake.set.store(set, Ordering::Relaxed);
        }
    });
    assert_eq!(world.call("poll_oneoff", &[at, 2000, 1, 8]), Ok(()));
    world.fake.waited()
}

const BACK: u64 = (100 * SECOND).wrapping_neg();
const AHEAD: u64 = 100 * SECOND;
/// Back to before 1970, where the clock shows 0 or something enormous.
const NOWHERE: u64 = (REALTIME + SECOND).wrapping_neg();

#[test]
fn a_span_is_a_span_whatever_the_wall_clock_shows() {
    for clock in [ClockId::Monotonic, ClockId::Realtime] {
        for set in [0, BACK, AHEAD, NOWHERE] {
            assert_eq!(waited(clock, SECOND, false, set), SECOND, "{clock:?}");
        }
    }
    let until = crate::scripted::MONOTONIC + SECOND;
    for set in [0, BACK, AHEAD, NOWHERE] {
        assert_eq!(waited(ClockId::Monotonic, until, true, set), SECOND);
    }
}

#[test]
fn a_time_of_the_wall_clock_is_waited_for_on_it() {
    let until = REALTIME + SECOND;
    assert_eq!(waited(ClockId::Realtime, until, true, 0), SECOND);
    assert_eq!(waited(ClockId::Realtime, until, true, BACK), 101 * SECOND);
    // Set ahead, it is over when the clock is looked at next.
    assert!(waited(ClockId::Realtime, until, true, AHEAD) < SECOND / 10);
    // Of a time that has passed nobody waits.
    assert_eq!(waited(ClockId::Realtime, 1, true, 0), 0);
}

#[test]
fn a_guest_can_be_ended_while_its_time_has_become_far() {
    let mut world = World::new();
    world.guest = Script::new().patient(50);
    let mut subscription = [0; 48];
    subscription[24..32].copy_from_slice(&(REALTIME + SECOND / 10).to_le_bytes());
    subscription[40] = 1;
    let at = world.place(&subscription);
    let fake = Arc::clone(&world.fake);
    world.fake.meanwhile(move || fake.set.store(BACK, Ordering::Relaxed));
    assert_eq!(world.call("poll_oneoff", &[at, 2000, 1, 8]), Err(preopen::calls::Halt::Interrupted));
}

/// The first and last times there are, and what lies between what file systems keep.
const TIMES: &[u64] = &[0, 1, SECOND - 1, 1 << 31, (1 << 31) * SECOND, (1 << 34) * SECOND, u64::MAX];

fn at(time: u64) -> SetTimes {
    SetTimes { access: Some(SetTime::At(time)), modified: Some(SetTime::At(time)) }
}

#[test]
fn memory_keeps_every_time_and_archives_carry_it() {
    for time in TIMES {
        let fs = MemoryFs::new(Limits::default());
        write(&fs.root(), "file", "text").unwrap();
        fs.root().set_times_at(path("file"), false, at(*time)).unwrap();
        let stat = fs.root().stat_at(path("file"), false).unwrap();
        assert_eq!((stat.atim, stat.mtim), (*time, *time));
        // And goes through an overlay, up and down.
        let upper = MemoryFs::new(Limits::default());
        let overlay = Overlay::new(Box::new(fs.root()), Box::new(upper.root())).unwrap();
        overlay.root().link(path("file"), false, &overlay.root(), path("second")).unwrap();
        assert_eq!(overlay.root().stat_at(path("second"), false).map(|stat| stat.mtim), Ok(*time));
        overlay.commit().unwrap();
        assert_eq!(fs.root().stat_at(path("second"), false).map(|stat| stat.mtim), Ok(*time));
    }
}

#[test]
fn a_disk_keeps_what_it_can() {
    for time in TIMES {
        let mut world = World::new();
        let (name, len) = world.text("file");
        let answer = world.call("path_filestat_set_times", &[ROOT, 0, name, len, *time, *time, 5]);
        assert!(matches!(answer, Ok(()) | Err(preopen::calls::Halt::Errno(Errno::Inval | Errno::Overflow))));
        // Older disks end in 2038 or 2446, and the kernel keeps the last time there is.
        assert_eq!(world.call("path_filestat_get", &[ROOT, 0, name, len, 2000]), Ok(()));
        let bytes = world.guest.bytes();
        let mtim = u64::from_le_bytes(bytes[2000 + 48..][..8].try_into().unwrap());
        assert!(mtim <= *time || answer.is_err(), "{mtim} of {time}");
    }
}
