//! The host's clocks.

use rustix::time::{Timespec, clock_getres, clock_gettime};

use crate::abi::ClockId;

const fn host(clock: ClockId) -> rustix::time::ClockId {
    match clock {
        ClockId::Realtime => rustix::time::ClockId::Realtime,
        ClockId::Monotonic => rustix::time::ClockId::Monotonic,
        ClockId::ProcessCpuTime => rustix::time::ClockId::ProcessCPUTime,
        ClockId::ThreadCpuTime => rustix::time::ClockId::ThreadCPUTime,
    }
}

/// ns; 0 for a time before the clock's zero.
fn nanoseconds(time: Timespec) -> u64 {
    let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
    seconds.saturating_mul(1_000_000_000).saturating_add(u64::try_from(time.tv_nsec).unwrap_or(0))
}

pub fn now(clock: ClockId) -> u64 {
    nanoseconds(clock_gettime(host(clock)))
}

pub fn resolution(clock: ClockId) -> u64 {
    nanoseconds(clock_getres(host(clock)))
}
