//! The world outside: clocks, randomness and waiting, which a test must be able to fake.

mod clock;
mod random;
mod wait;

use std::os::fd::BorrowedFd;

pub use wait::SLICE;

use crate::abi::{ClockId, Errno};

/// A descriptor of the host to wait for.
pub struct Wait<'a> {
    /// The descriptor.
    pub fd: BorrowedFd<'a>,
    /// Wait for room to write, and not for bytes to read.
    pub write: bool,
    /// Set by [`System::wait`]: it is ready, or will never be: a call on it will not wait.
    pub ready: bool,
    /// Set by [`System::wait`]: the peer has closed.
    pub hangup: bool,
}

impl<'a> Wait<'a> {
    /// A wait that has not begun.
    pub const fn new(fd: BorrowedFd<'a>, write: bool) -> Self {
        Self { fd, write, ready: false, hangup: false }
    }
}

/// What a process asks of the world.
pub trait System: Send + Sync {
    /// The time, ns. Like clock_gettime(2).
    fn now(&self, clock: ClockId) -> Result<u64, Errno>;

    /// The resolution, ns. Like clock_getres(2).
    fn resolution(&self, clock: ClockId) -> Result<u64, Errno>;

    /// Fills `bytes` with what nobody can predict. Like getrandom(2).
    fn random(&self, bytes: &mut [u8]) -> Result<(), Errno>;

    /// Waits until one is ready, at most `timeout` ns; says whether one is. Like ppoll(2).
    fn wait(&self, waits: &mut [Wait<'_>], timeout: u64) -> Result<bool, Errno>;

    /// Lets another thread run. Like sched_yield(2).
    fn yield_now(&self);
}

/// The host's world.
#[derive(Default)]
pub struct Host {
    random: random::Generator,
}

impl Host {
    /// The host's clocks, randomness and poll(2).
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether one is ready now.
    pub fn poll_now(waits: &mut [Wait<'_>]) -> Result<bool, Errno> {
        wait::wait(waits, 0)
    }
}

impl System for Host {
    fn now(&self, clock: ClockId) -> Result<u64, Errno> {
        Ok(clock::now(clock))
    }

    fn resolution(&self, clock: ClockId) -> Result<u64, Errno> {
        Ok(clock::resolution(clock))
    }

    fn random(&self, bytes: &mut [u8]) -> Result<(), Errno> {
        self.random.fill(bytes)
    }

    fn wait(&self, waits: &mut [Wait<'_>], timeout: u64) -> Result<bool, Errno> {
        wait::wait(waits, timeout)
    }

    fn yield_now(&self) {
        rustix::thread::sched_yield();
    }
}
