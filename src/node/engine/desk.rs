//! What other threads ask of a JavaScript thread: its tasks, in the order in which they came.
//!
//! There is one desk for each environment of Node-API: the main thread's, and each Worker's.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::ffi::c_void;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr::null_mut;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use napi::{Result, check_status, sys};

use super::super::error::{is_pending, throw};
use super::super::threadsafe::Threadsafe;
use super::errand::Errand;
use super::runs::Runs;

/// What is to be done on the JavaScript thread.
pub enum Task {
    /// A thread waits until it is done.
    Errand(Arc<Errand>),
    /// Nobody waits.
    Post(Box<dyn FnOnce(sys::napi_env) + Send>),
}

/// The desk of one environment.
pub struct Desk {
    state: Mutex<State>,
}

struct State {
    /// Tells the event loop of each task. There until the environment begins to end.
    bell: Option<Threadsafe>,
    tasks: VecDeque<Task>,
    runs: Runs,
    /// For how many things that go on the event loop is to live.
    busy: usize,
}

thread_local! {
    /// Those of this thread's environments: one mostly.
    static DESKS: RefCell<Vec<(sys::napi_env, Arc<Desk>)>> = const { RefCell::new(Vec::new()) };
}

impl Desk {
    /// That of an environment, whose thread it is.
    pub fn of(env: sys::napi_env) -> Result<Arc<Self>> {
        let known = DESKS.with_borrow(|desks| {
            desks.iter().find(|(known, _)| *known == env).map(|(_, desk)| Arc::clone(desk))
        });
        if let Some(desk) = known {
            return Ok(desk);
        }
        let state = State { bell: None, tasks: VecDeque::new(), runs: Runs::default(), busy: 0 };
        let desk = Arc::new(Self { state: Mutex::new(state) });
        let context = Arc::into_raw(Arc::clone(&desk)).cast::<c_void>().cast_mut();
        // SAFETY: this is the thread of env; `on_gone` gives the context back.
        let bell = unsafe {
            Threadsafe::new(
                env,
                c"preopen.run",
                null_mut(),
                (Some(on_gone), context),
                (Some(on_bell), context),
            )
        };
        let bell = bell.inspect_err(|_| {
            // SAFETY: the context came from an Arc, and nobody else got it.
            drop(unsafe { Arc::from_raw(context.cast::<Self>()) });
        })?;
        // SAFETY: this is the thread of env, and it has just been made.
        unsafe { bell.hold(env, false) };
        desk.state().bell = Some(bell);
        // After the bell: the hooks run in the opposite order, so that nobody rings a bell that has gone.
        let data = Arc::into_raw(Arc::clone(&desk)).cast::<c_void>().cast_mut();
        // SAFETY: `on_end` gives the data back.
        check_status!(unsafe { sys::napi_add_env_cleanup_hook(env, Some(on_end), data) })?;
        DESKS.with_borrow_mut(|desks| desks.push((env, Arc::clone(&desk))));
        Ok(desk)
    }

    /// Has a task done. `false`: the environment ends, and it never will.
    pub fn send(&self, task: Task) -> bool {
        let mut state = self.state();
        // SAFETY: it is there until the environment begins to end, and after that it has not gone.
        let rings = state.bell.as_ref().is_some_and(|bell| unsafe { bell.call() });
        if rings {
            state.tasks.push_back(task);
        } else {
            // What is in it may ask this desk, when it is dropped.
            drop(state);
            drop(task);
        }
        rings
    }

    /// Has `act` called on the JavaScript thread, some time.
    pub fn post(&self, act: impl FnOnce(sys::napi_env) + Send + 'static) {
        self.send(Task::Post(Box::new(act)));
    }

    /// What is known of the runs of this environment. Not to be held while JavaScript runs.
    pub fn with_runs<T>(&self, act: impl FnOnce(&mut Runs) -> T) -> T {
        act(&mut self.state().runs)
    }

    /// Has the event loop live until as many calls of [`Desk::idle`] were made. On the JavaScript thread.
    pub fn busy(&self, env: sys::napi_env) {
        let mut state = self.state();
        state.busy += 1;
        if state.busy == 1 {
            state.hold(env, true);
        }
    }

    /// One thing is over. On the JavaScript thread.
    pub fn idle(&self, env: sys::napi_env) {
        let mut state = self.state();
        state.busy = state.busy.saturating_sub(1);
        if state.busy == 0 {
            state.hold(env, false);
        }
    }

    /// The environment begins to end: nothing of it may be used any more.
    fn close(&self) {
        let mut state = self.state();
        let bell = state.bell.take();
        let tasks = std::mem::take(&mut state.tasks);
        let controls = state.runs.close();
        drop(state);
        for control in controls {
            control.stop(crate::engine::Stop::Killed);
        }
        for task in tasks {
            if let Task::Errand(errand) = task {
                errand.revoke();
            }
        }
        if let Some(bell) = bell {
            // SAFETY: its own hook runs after this one's, and nobody else can take it out.
            unsafe { bell.abort() };
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn hold(&self, env: sys::napi_env, holds: bool) {
        if let Some(bell) = &self.bell {
            // SAFETY: the caller is on the thread of env; the bell is there, so it has not gone.
            unsafe { bell.hold(env, holds) };
        }
    }
}

/// The bell was rung once: one task is done, so that each has a turn of its own, and the promises that it settles theirs.
unsafe extern "C" fn on_bell(
    env: sys::napi_env,
    _function: sys::napi_value,
    context: *mut c_void,
    _data: *mut c_void,
) {
    // The queue is emptied, after the end.
    if env.is_null() {
        return;
    }
    // SAFETY: the context came from an Arc in `Desk::of`, and is given back by `on_gone`, which has yet to come.
    let desk = unsafe { &*context.cast::<Desk>() };
    // Where an errand was revoked, nothing is left of it but the ring.
    let Some(task) = desk.state().tasks.pop_front() else { return };
    let done = catch_unwind(AssertUnwindSafe(|| match task {
        Task::Errand(errand) => errand.run(env),
        Task::Post(act) => act(env),
    }));
    if done.is_err() && !is_pending(env) {
        throw(env, "preopen: internal error (this is a bug of preopen)");
    }
    let mut exception = null_mut();
    // SAFETY: this is the thread of env, and the pointer is to a local.
    unsafe {
        if is_pending(env)
            && sys::napi_get_and_clear_last_exception(env, &mut exception) == sys::Status::napi_ok
        {
            sys::napi_fatal_exception(env, exception);
        }
    }
}

unsafe extern "C" fn on_gone(_env: sys::napi_env, data: *mut c_void, _hint: *mut c_void) {
    // SAFETY: it came from `Arc::into_raw` in `Desk::of`, once for this call.
    drop(unsafe { Arc::from_raw(data.cast::<Desk>()) });
}

unsafe extern "C" fn on_end(data: *mut c_void) {
    // SAFETY: it came from `Arc::into_raw` in `Desk::of`, once for this call.
    let desk = unsafe { Arc::from_raw(data.cast::<Desk>()) };
    // Where even that is gone, so is the thread's list.
    let _gone = DESKS.try_with(|desks| {
        desks.borrow_mut().retain(|(_, known)| !Arc::ptr_eq(known, &desk));
    });
    desk.close();
}
