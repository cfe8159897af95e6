//! A system without surprises: clocks that only waiting moves, randomness that counts.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use preopen::abi::{ClockId, Errno};
use preopen::system::{Host, System, Wait};

/// The wall clock at the beginning, ns.
pub const REALTIME: u64 = 1_700_000_000_123_456_789;
/// The monotonic clock at the beginning, ns.
pub const MONOTONIC: u64 = 5_000_000_001;

type Hook = Box<dyn FnMut() + Send>;

/// What the process sees, and the test decides.
pub struct Fake {
    /// How long it has waited, ns.
    waited: AtomicU64,
    /// By how much the wall clock was set, ns; back, by a number that wraps.
    pub set: AtomicU64,
    /// Every wait: for how many descriptors, and how long, ns.
    waits: Mutex<Vec<(usize, u64)>>,
    /// Called in every wait.
    hook: Mutex<Option<Hook>>,
    random: AtomicU32,
    /// How often the guest stepped back.
    pub yields: AtomicU32,
}

impl Default for Fake {
    fn default() -> Self {
        Self {
            waited: AtomicU64::new(0),
            set: AtomicU64::new(0),
            waits: Mutex::default(),
            hook: Mutex::default(),
            random: AtomicU32::new(0),
            yields: AtomicU32::new(0),
        }
    }
}

impl Fake {
    /// Does this in every wait, as others do while a guest waits.
    pub fn meanwhile(&self, hook: impl FnMut() + Send + 'static) {
        *self.hook.lock().unwrap() = Some(Box::new(hook));
    }

    /// The waits since it was asked last.
    pub fn waits(&self) -> Vec<(usize, u64)> {
        std::mem::take(&mut self.waits.lock().unwrap())
    }

    /// How many random bytes it has made.
    pub fn made(&self) -> u32 {
        self.random.load(Ordering::Relaxed)
    }

    /// Time passes, ns.
    pub fn pass(&self, span: u64) {
        self.waited.fetch_add(span, Ordering::Relaxed);
    }

    /// How long it has waited, ns.
    pub fn waited(&self) -> u64 {
        self.waited.load(Ordering::Relaxed)
    }
}

/// The fake as a process has it: the test keeps its own hold.
pub struct Shared(pub Arc<Fake>);

impl System for Shared {
    fn now(&self, clock: ClockId) -> Result<u64, Errno> {
        Ok(match clock {
            ClockId::Realtime => {
                (REALTIME + self.0.waited()).wrapping_add(self.0.set.load(Ordering::Relaxed))
            }
            ClockId::Monotonic => MONOTONIC + self.0.waited(),
            ClockId::ProcessCpuTime => 33,
            ClockId::ThreadCpuTime => 22,
        })
    }

    fn resolution(&self, clock: ClockId) -> Result<u64, Errno> {
        Ok(clock as u64 + 1)
    }

    fn random(&self, bytes: &mut [u8]) -> Result<(), Errno> {
        let from = self.0.random.fetch_add(bytes.len() as u32, Ordering::Relaxed);
        bytes.iter_mut().zip(from..).for_each(|(byte, count)| *byte = random(count));
        Ok(())
    }

    fn wait(&self, waits: &mut [Wait<'_>], timeout: u64) -> Result<bool, Errno> {
        self.0.waits.lock().unwrap().push((waits.len(), timeout));
        if let Some(hook) = &mut *self.0.hook.lock().unwrap() {
            hook();
        }
        let ready = Host::poll_now(waits)?;
        if !ready {
            self.0.waited.fetch_add(timeout, Ordering::Relaxed);
        }
        Ok(ready)
    }

    fn yield_now(&self) {
        self.0.yields.fetch_add(1, Ordering::Relaxed);
    }
}

/// The byte of that number. The period is no power of two, so that no size of chunk hides in it.
pub fn random(count: u32) -> u8 {
    (count % 251) as u8
}
