//! The calls of a guest that are suspended: what each waits for, and how far it has come.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::fds::Entry;
use crate::guest::Progress;

/// A guest's suspended calls, by their tickets.
#[derive(Default)]
pub struct Suspended(Mutex<BTreeMap<u64, Suspension>>);

/// What one call waits for. When any of it is there, the call is made again.
pub struct Suspension {
    /// How far it has come.
    pub progress: Progress,
    /// How long it waits at most, ns, from when it was suspended; `None`: until a stream is ready.
    pub timeout: Option<u64>,
    /// The descriptors of streams of which one has to be ready.
    pub streams: Vec<Awaited>,
}

/// A descriptor that a call waits for.
#[derive(Clone)]
pub struct Awaited {
    /// The descriptor, whose object is a stream.
    pub entry: Arc<Entry>,
    /// Wait for room to write, and not for bytes to read.
    pub write: bool,
}

impl Suspended {
    fn calls(&self) -> MutexGuard<'_, BTreeMap<u64, Suspension>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps what a call waits for.
    pub fn put(&self, ticket: u64, suspension: Suspension) {
        self.calls().insert(ticket, suspension);
    }

    /// What a call waits for: its time, ns, and its streams. `None` for one that was not suspended.
    pub fn awaited(&self, ticket: u64) -> Option<(Option<u64>, Vec<Awaited>)> {
        self.calls().get(&ticket).map(|suspension| (suspension.timeout, suspension.streams.clone()))
    }

    /// Ends the wait of a call, and says how far it had come.
    pub fn take(&self, ticket: u64) -> Option<Progress> {
        let suspension = self.calls().remove(&ticket)?;
        Some(suspension.progress)
    }

    /// Lets go of all descriptors, so that they are closed when the table lets go of them too. Says whose waits those were.
    pub fn release(&self) -> Vec<u64> {
        let mut calls = self.calls();
        let released: Vec<_> =
            calls.values_mut().map(|suspension| std::mem::take(&mut suspension.streams)).collect();
        let tickets = calls.keys().copied().collect();
        drop(calls);
        drop(released);
        tickets
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.calls().len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}
