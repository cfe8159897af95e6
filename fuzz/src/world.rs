//! A world in which waiting takes no time.

use std::sync::atomic::{AtomicU64, Ordering};

use preopen::abi::{ClockId, Errno};
use preopen::system::{Host, System, Wait};

/// The wall clock at the beginning, ns.
pub const REALTIME: u64 = 1_700_000_000_123_456_789;
/// The monotonic clock at the beginning, ns.
pub const MONOTONIC: u64 = 5_000_000_001;

/// Clocks that only waiting moves, and randomness that counts.
#[derive(Default)]
pub struct World {
    waited: AtomicU64,
    random: AtomicU64,
}

impl System for World {
    fn now(&self, clock: ClockId) -> Result<u64, Errno> {
        let waited = self.waited.load(Ordering::Relaxed);
        Ok(match clock {
            ClockId::Realtime => REALTIME.saturating_add(waited),
            ClockId::Monotonic => MONOTONIC.saturating_add(waited),
            ClockId::ProcessCpuTime => 33,
            ClockId::ThreadCpuTime => 22,
        })
    }

    fn resolution(&self, clock: ClockId) -> Result<u64, Errno> {
        Ok(clock as u64 + 1)
    }

    fn random(&self, bytes: &mut [u8]) -> Result<(), Errno> {
        let from = self.random.fetch_add(bytes.len() as u64, Ordering::Relaxed);
        bytes.iter_mut().zip(from..).for_each(|(byte, count)| *byte = (count % 251) as u8);
        Ok(())
    }

    fn wait(&self, waits: &mut [Wait<'_>], timeout: u64) -> Result<bool, Errno> {
        let ready = !waits.is_empty() && Host::poll_now(waits)?;
        if !ready {
            self.waited.fetch_add(timeout, Ordering::Relaxed);
        }
        Ok(ready)
    }

    fn yield_now(&self) {}
}
