//! What a guest's thread has done on the JavaScript thread, and waits for.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use napi::sys;

use super::desk::{Desk, Task};
use crate::engine::Control;
use crate::system::SLICE;

type Work<'w> = Box<dyn FnOnce(sys::napi_env) + Send + 'w>;

/// Work that somebody waits for. Until it runs it can be revoked.
pub struct Errand {
    state: Mutex<State>,
    over: Condvar,
}

enum State {
    Queued(Work<'static>),
    Running,
    /// Done, or revoked: nothing is left of the work.
    Over,
}

/// Has `act` called on the JavaScript thread of a desk, and waits for what it answers. `None`: the run of `control` was stopped, or
/// the environment ended, before it was called. On any other thread than that.
pub fn errand<T: Send>(
    desk: &Desk,
    control: Option<&Control>,
    act: impl FnOnce(sys::napi_env) -> T + Send,
) -> Option<T> {
    let mut result: Option<Result<T, Box<dyn Any + Send>>> = None;
    {
        let work: Work<'_> = Box::new(|env| result = Some(catch_unwind(AssertUnwindSafe(|| act(env)))));
        // SAFETY: this function does not go on before `wait` or `revoke` has seen that nothing is left of the work, and nothing
        // between here and there unwinds.
        let work = unsafe { std::mem::transmute::<Work<'_>, Work<'static>>(work) };
        let errand = Arc::new(Errand { state: Mutex::new(State::Queued(work)), over: Condvar::new() });
        if desk.send(Task::Errand(Arc::clone(&errand))) {
            errand.wait(control);
        } else {
            errand.revoke();
        }
    }
    match result? {
        Ok(result) => Some(result),
        // A fault of our own is that of whoever asked.
        Err(panic) => resume_unwind(panic),
    }
}

impl Errand {
    /// Does the work, unless it was revoked. On the JavaScript thread.
    pub fn run(&self, env: sys::napi_env) {
        let work = {
            let mut state = self.state();
            match std::mem::replace(&mut *state, State::Running) {
                State::Queued(work) => work,
                State::Running | State::Over => {
                    *state = State::Over;
                    return;
                }
            }
        };
        work(env);
        *self.state() = State::Over;
        self.over.notify_all();
    }

    /// Takes it back, unless it runs already.
    pub fn revoke(&self) {
        let mut state = self.state();
        if matches!(*state, State::Queued(_)) {
            *state = State::Over;
            self.over.notify_all();
        }
    }

    /// Returns when nothing is left of the work: it is done, or was revoked.
    fn wait(&self, control: Option<&Control>) {
        let mut state = self.state();
        loop {
            match *state {
                State::Over => return,
                State::Queued(_) if control.is_some_and(|control| control.stopped().is_some()) => {
                    *state = State::Over;
                    return;
                }
                State::Queued(_) | State::Running => {}
            }
            let waited = self.over.wait_timeout(state, Duration::from_nanos(SLICE));
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
