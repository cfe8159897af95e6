//! How many guests run at once: the others queue.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use super::control::Control;

/// A bound for runs, and the queue of those beyond it, which begin in the order in which they came. A guest that waits does
/// not count.
pub struct Pool {
    state: Mutex<State>,
}

struct State {
    limit: usize,
    running: usize,
    queue: VecDeque<(Arc<Control>, Job)>,
}

type Job = Box<dyn FnOnce(Slot) + Send>;

impl Pool {
    /// At most `limit` at once.
    pub fn new(limit: usize) -> Arc<Self> {
        let state = State { limit: limit.max(1), running: 0, queue: VecDeque::new() };
        Arc::new(Self { state: Mutex::new(state) })
    }

    /// Runs `job`, which `control` may stop, now, or when its turn comes: on the thread that calls, or on that of whoever makes
    /// room. It begins a thread.
    pub fn submit(self: &Arc<Self>, control: Arc<Control>, job: impl FnOnce(Slot) + Send + 'static) {
        self.lock().queue.push_back((control, Box::new(job)));
        self.advance();
    }

    /// Has those in the queue that were stopped there begin, so that they end, also beyond the bound: they have nothing to do.
    pub fn dismiss_stopped(self: &Arc<Self>) {
        loop {
            let job = {
                let mut state = self.lock();
                let Some(at) = state.queue.iter().position(|(control, _)| control.stopped().is_some()) else {
                    return;
                };
                let Some((_, job)) = state.queue.remove(at) else { return };
                state.running += 1;
                job
            };
            job(Slot { pool: Arc::clone(self) });
        }
    }

    /// How many run and how many queue.
    pub fn load(&self) -> (usize, usize) {
        let state = self.lock();
        (state.running, state.queue.len())
    }

    fn advance(self: &Arc<Self>) {
        loop {
            let job = {
                let mut state = self.lock();
                if state.running >= state.limit {
                    return;
                }
                let Some((_, job)) = state.queue.pop_front() else { return };
                state.running += 1;
                job
            };
            job(Slot { pool: Arc::clone(self) });
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A place among those that run, until it is dropped.
pub struct Slot {
    pool: Arc<Pool>,
}

impl Slot {
    /// Gives the place away while `wait` lasts. Afterwards the guest goes on at once, also beyond the bound: it has
    /// waited already.
    pub fn while_waiting<T>(&self, wait: impl FnOnce() -> T) -> T {
        self.pool.lock().running -= 1;
        self.pool.advance();
        // Also where the wait panics.
        let _back = Back(self);
        wait()
    }
}

/// Takes the place again when it is dropped.
struct Back<'s>(&'s Slot);

impl Drop for Back<'_> {
    fn drop(&mut self) {
        self.0.pool.lock().running += 1;
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.pool.lock().running -= 1;
        self.pool.advance();
    }
}
