//! wasi-threads: the threads that a guest makes, each with a store of its own over the one shared memory.
//!
//! Specified at github.com/WebAssembly/wasi-threads: `wasi.thread-spawn` makes one, which calls the export `wasi_thread_start`.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use wasmer::{FunctionEnvMut, RuntimeError, SharedMemory};

use super::control::{Control, Stop};
use super::current;
use super::imports::{Context, Ended};
use super::outcome::End;
use super::worker::{Imported, Shared, THREAD_NAME, begin, end_of, instantiate};
use crate::abi::Errno;

/// The greatest number that a thread may have: the three highest bits are reserved.
const MOST_ID: u32 = (1 << 29) - 1;

/// The threads of one guest.
pub struct Threads {
    /// How many there may be, the first included.
    most: u32,
    state: Mutex<State>,
    /// One of them has ended.
    ended: Condvar,
}

#[derive(Default)]
struct State {
    /// How many run, besides the first.
    running: u32,
    last_id: u32,
    /// The guest is over: there will be no further ones.
    closed: bool,
    /// What ended the guest, where a thread other than the first did.
    end: Option<End>,
    memory: Option<SharedMemory>,
}

impl Threads {
    /// None yet, and at most `most`, the first one included.
    pub fn new(most: u32) -> Self {
        Self { most, state: Mutex::default(), ended: Condvar::new() }
    }

    /// Tells which memory they share.
    pub fn share(&self, memory: &SharedMemory) {
        self.lock().memory = Some(memory.clone());
    }

    /// Ends all but the first, which calls this when it is done, and waits for them. Whoever of them waits in the guest's memory is
    /// woken by the control, as in any other stop.
    pub fn end(&self, control: &Control) {
        let mut state = self.lock();
        state.closed = true;
        if state.running > 0 {
            control.stop(Stop::Ended);
        }
        while state.running > 0 {
            state = self.ended.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state.memory = None;
    }

    /// What ended the guest, where it was not its first thread.
    pub fn take_end(&self) -> Option<End> {
        self.lock().end.take()
    }

    /// The number of a new thread. Errors: `Again` where there may be no more.
    fn begin(&self) -> Result<(u32, SharedMemory), Errno> {
        let mut state = self.lock();
        let memory = state.memory.clone().ok_or(Errno::Notsup)?;
        if state.closed || state.running + 1 >= self.most || state.last_id == MOST_ID {
            return Err(Errno::Again);
        }
        state.running += 1;
        state.last_id += 1;
        Ok((state.last_id, memory))
    }

    fn finish(&self, end: Option<End>) {
        let mut state = self.lock();
        state.running -= 1;
        if state.end.is_none() {
            state.end = end;
        }
        drop(state);
        self.ended.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// `wasi.thread-spawn`: makes a thread that calls `wasi_thread_start` with its number and `argument`. Answers the number, from 1
/// on, or a negated errno.
pub fn spawn(context: FunctionEnvMut<'_, Context>, argument: u32) -> Result<i32, RuntimeError> {
    let shared = Arc::clone(&context.data().shared);
    if shared.control.stopped().is_some() {
        return Err(RuntimeError::user(Box::new(Ended::Stopped)));
    }
    let (id, memory) = match shared.threads.begin() {
        Ok(begun) => begun,
        Err(errno) => return Ok(-(errno as i32)),
    };
    let named = thread::Builder::new().name(THREAD_NAME.to_owned());
    let made = {
        let shared = Arc::clone(&shared);
        named.spawn(move || {
            let end =
                std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| run(&shared, memory, id, argument)));
            let end = end.unwrap_or_else(|_| Some(End::Panicked("a thread of the guest".to_owned())));
            let over = end.is_some();
            let control = Arc::clone(&shared.control);
            shared.threads.finish(end);
            if over {
                control.stop(Stop::Ended);
            }
        })
    };
    if made.is_err() {
        shared.threads.finish(None);
        return Ok(-(Errno::Again as i32));
    }
    Ok(id.cast_signed())
}

/// What a thread does. `None`: it returned, and the guest goes on.
fn run(shared: &Arc<Shared>, memory: SharedMemory, id: u32, argument: u32) -> Option<End> {
    let (mut store, instance) = match instantiate(shared, Some(Imported::Shared(memory))) {
        Ok(instantiated) => instantiated,
        Err(end) => return over(end),
    };
    let Ok(start) = instance.exports.get_typed_function::<(u32, u32), ()>(&store, "wasi_thread_start") else {
        return Some(End::Refused("the module exports no function wasi_thread_start(i32, i32)".to_owned()));
    };
    let _inside = current::enter(Arc::clone(&shared.control));
    let entered = shared.control.enter(&store);
    if let Some(end) = begin(shared, &entered, &mut store, &instance) {
        return over(end);
    }
    let call = |store: &mut wasmer::Store| start.call(store, id, argument);
    match entered.reaching(&mut store, &instance, "wasi_thread_start", call) {
        Ok(()) => None,
        Err(error) => over(end_of(Err(error), &shared.control)),
    }
}

/// A thread that is stopped has not ended its guest: who stopped it has.
fn over(end: End) -> Option<End> {
    if matches!(end, End::Stopped(_)) { None } else { Some(end) }
}
