//! The clocks.

use std::sync::atomic::Ordering;

use preopen::abi::{ClockId, Errno};
use preopen::system::{Host, System};

use crate::scripted::{MONOTONIC, REALTIME, World};

#[test]
fn each_clock_has_its_own_time_in_nanoseconds() {
    let mut world = World::new();
    for (id, time) in [(0, REALTIME), (1, MONOTONIC), (2, 33_u64), (3, 22)] {
        world.ok("clock_time_get", &[id, 0, 8], &[(8, &time.to_le_bytes())]);
        // The precision is a wish, and the best is never worse than it.
        world.ok("clock_time_get", &[id, u64::MAX, 8], &[(8, &time.to_le_bytes())]);
    }
    world.fake.set.store(7, Ordering::Relaxed);
    world.ok("clock_time_get", &[0, 0, 8], &[(8, &(REALTIME + 7).to_le_bytes())]);
    world.ok("clock_time_get", &[1, 0, 8], &[(8, &MONOTONIC.to_le_bytes())]);
}

#[test]
fn each_clock_has_its_own_resolution() {
    let mut world = World::new();
    for id in 0..4_u64 {
        world.ok("clock_res_get", &[id, 8], &[(8, &(id + 1).to_le_bytes())]);
    }
}

#[test]
fn there_are_four_clocks() {
    let mut world = World::new();
    for id in [4, 5, 256, 1 << 31, u64::from(u32::MAX)] {
        world.fails("clock_time_get", &[id, 0, 8], Errno::Inval);
        world.fails("clock_res_get", &[id, 8], Errno::Inval);
        // Memory is looked at first, as in node:wasi.
        let end = world.guest.len();
        world.fails("clock_time_get", &[id, 0, end - 7], Errno::Overflow);
        world.fails("clock_res_get", &[id, end - 7], Errno::Overflow);
    }
}

#[test]
fn the_hosts_clocks_are_the_hosts() {
    let host = Host::new();
    let since_1970 = std::time::UNIX_EPOCH.elapsed().unwrap().as_nanos() as u64;
    assert!(host.now(ClockId::Realtime).unwrap() - since_1970 < 60_000_000_000);
    for clock in [ClockId::Realtime, ClockId::Monotonic, ClockId::ProcessCpuTime, ClockId::ThreadCpuTime] {
        let before = host.now(clock).unwrap();
        // A CPU clock stands still while nothing is done.
        while host.now(clock).unwrap() == before {}
        let resolution = host.resolution(clock).unwrap();
        assert!((1..=10_000_000).contains(&resolution), "{clock:?} has {resolution}");
    }
}
