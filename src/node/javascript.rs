//! What runs JavaScript in the middle of a guest's call says so here, so that the call looks for the guest's memory anew.

use std::cell::Cell;

thread_local! {
    /// How often JavaScript ran on this thread that may have moved a guest's memory, or thrown.
    static RUNS: Cell<u64> = const { Cell::new(0) };
}

/// How often [`ran`] was told so far.
pub fn runs() -> u64 {
    RUNS.get()
}

/// Tells that JavaScript ran which may have made a guest's memory grow, or left an exception pending.
pub fn ran() {
    RUNS.set(RUNS.get().wrapping_add(1));
}

/// A thread, to be compared with the one that runs. Values of Node-API are of one thread only.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Here(usize);

impl Here {
    /// The thread that runs.
    pub fn now() -> Self {
        // Each thread has its own counter, at an address of its own.
        Self(RUNS.with(|runs| std::ptr::from_ref(runs).addr()))
    }

    /// Whether it is the thread that runs.
    pub fn is_here(self) -> bool {
        self == Self::now()
    }
}

thread_local! {
    /// Whether the call that runs waits where it is although its guest is one that suspends.
    static BLOCKS: Cell<bool> = const { Cell::new(false) };
}

/// Whether the call that runs could not be suspended, so that nothing may have it wait for the event loop.
pub fn blocks() -> bool {
    BLOCKS.get()
}

/// While it lives, [`blocks`] answers yes.
pub struct Blocking(bool);

impl Blocking {
    /// From now on.
    pub fn begin() -> Self {
        Self(BLOCKS.replace(true))
    }
}

impl Drop for Blocking {
    fn drop(&mut self) {
        BLOCKS.set(self.0);
    }
}
