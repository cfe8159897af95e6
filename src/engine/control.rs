//! Stopping a run from outside: the order, and what carries it out.

#![expect(unsafe_code, reason = "the flag of a run is named to the handler of a signal by its address")]

use std::marker::PhantomData;
use std::ptr;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Instant;

use rustix::thread::Pid;
use wasmer::sys::vm::{VMCallerCheckedAnyfunc, VMOffsets};
use wasmer::{ExportIndex, Instance, Store, Value};

use super::signals::{self, Functions, Guest};
use super::warden;

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
///
/// To stop is to say so, and to ask every thread in the run's guest to leave it, again and again until none is left: a thread
/// that is asked in a host's function, or before its guest's first instruction, goes on. The first time is at once, on the
/// thread that stops the run; the rest is the warden's.
pub struct Control {
    /// 0, or why.
    stop: AtomicU8,
    inside: Mutex<Inside>,
    deadline: Mutex<Option<warden::Deadline>>,
    /// For the warden, which does not keep it.
    me: Weak<Self>,
}

/// Who is in the guest. Its lock is held while threads are asked, so that one cannot leave, or end, meanwhile.
#[derive(Default)]
struct Inside {
    threads: Vec<Inmate>,
    /// The number of the next entry.
    next: u64,
    /// The memory in which threads may be waiting for each other.
    memory: Option<wasmer::MemoryOps>,
    /// Whether the warden asks.
    hunted: bool,
}

/// A thread's entry. One that entered twice has two.
struct Inmate {
    entry: u64,
    thread: Pid,
    asked: bool,
}

impl Control {
    /// Of a run that has not begun.
    pub fn new() -> Arc<Self> {
        Arc::new_cyclic(|me| Self {
            stop: AtomicU8::new(0),
            inside: Mutex::default(),
            deadline: Mutex::default(),
            me: me.clone(),
        })
    }

    /// Stops the run, wherever it is. The first reason counts.
    pub fn stop(&self, why: Stop) {
        if self.stop.compare_exchange(0, why as u8, Ordering::SeqCst, Ordering::SeqCst).is_ok() {
            self.hunt(&mut self.inside());
        }
    }

    /// Whether it is to stop, and why.
    pub fn stopped(&self) -> Option<Stop> {
        match self.stop.load(Ordering::SeqCst) {
            0 => None,
            1 => Some(Stop::Killed),
            2 => Some(Stop::TimedOut),
            3 => Some(Stop::Output),
            _ => Some(Stop::Ended),
        }
    }

    /// Stops it at a time, as timed out. A later call moves the time.
    pub fn stop_at(&self, deadline: Instant) {
        let deadline = warden::watch(self.me.clone(), deadline);
        self.replace_deadline(Some(deadline));
    }

    /// Forgets the time at which it would be stopped: it is over. The last handle does so too.
    pub fn over(&self) {
        self.replace_deadline(None);
    }

    /// Tells which memory its threads share: those that wait in it are woken when the run stops.
    pub fn share(&self, memory: &wasmer::SharedMemory) {
        let mut inside = self.inside();
        inside.memory = Some(memory.ops());
        if self.stopped().is_some() {
            self.hunt(&mut inside);
        }
    }

    /// Lets the thread that calls be interrupted while it runs the code of `store`, until the answer is dropped. Entries on
    /// one thread may nest: what is interrupted is the innermost guest, when its own run is to stop.
    ///
    /// A call of a guest that is interrupted answers wasmer's error for a trap. What it was is known here: the run
    /// [is stopped](Self::stopped).
    pub fn enter(self: &Arc<Self>, _store: &Store) -> Entered {
        signals::prepare();
        // SAFETY: the answer keeps this run, so its flag, and names the outer one's when it is dropped.
        let outer = unsafe { signals::enter(Guest::of(&self.stop)) };
        let mut inside = self.inside();
        let entry = inside.next;
        inside.next += 1;
        inside.threads.push(Inmate { entry, thread: signals::this_thread(), asked: false });
        // Whoever stopped it before did not see this thread, and whoever does after will.
        if self.stopped().is_some() {
            self.hunt(&mut inside);
        }
        drop(inside);
        Entered { run: self.clone(), entry, outer, on_this_thread: PhantomData }
    }

    /// Asks whoever is in the guest to leave. Answers whether there was anybody; if not, nobody asks again.
    pub(super) fn press(&self) -> bool {
        let mut inside = self.inside();
        inside.press();
        inside.hunted = !inside.threads.is_empty();
        inside.hunted
    }

    /// Asks now, and lets the warden ask from now on.
    fn hunt(&self, inside: &mut Inside) {
        inside.press();
        if !inside.threads.is_empty() && !inside.hunted {
            inside.hunted = true;
            warden::hunt(self.me.clone());
        }
    }

    fn inside(&self) -> MutexGuard<'_, Inside> {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn replace_deadline(&self, deadline: Option<warden::Deadline>) {
        let old = {
            let mut current = self.deadline.lock().unwrap_or_else(PoisonError::into_inner);
            std::mem::replace(&mut *current, deadline)
        };
        if let Some(old) = old {
            warden::forget(old);
        }
    }
}

impl Drop for Control {
    fn drop(&mut self) {
        self.over();
    }
}

impl Inside {
    fn press(&mut self) {
        if self.threads.is_empty() {
            return;
        }
        signals::stand_in_front();
        for inmate in &mut self.threads {
            inmate.asked = true;
            signals::ask(inmate.thread);
        }
        // A thread that waits in a memory is in wasmer's code, so no signal takes it out: its wait ends with a trap. One that
        // is just about to wait may miss that, and is woken the next time.
        if let Some(memory) = &self.memory {
            let _unsupported = memory.disable_atomics();
        }
    }
}

/// A thread that runs a guest's code. It stays on that thread.
#[must_use = "the thread has left when this is dropped"]
pub struct Entered {
    run: Arc<Control>,
    entry: u64,
    /// The guest outside this one.
    outer: Guest,
    on_this_thread: PhantomData<*const ()>,
}

impl Entered {
    /// Calls one of the instance's functions, `name`, by `call`, which has the store only to do that. While it runs, the guest
    /// is reached in the functions of wasmer's too, in which one that fills and copies memory may spend all its time.
    pub fn reaching<T>(
        &self,
        store: &mut Store,
        instance: &Instance,
        name: &str,
        call: impl FnOnce(&mut Store) -> T,
    ) -> T {
        let functions = functions(store, instance, name).unwrap_or(ptr::null_mut());
        // SAFETY: the instance is its store's, which lives until `call` returns, and its code alone reads them.
        unsafe { signals::reach(functions) };
        let _returned = Returned;
        call(store)
    }
}

/// What an instance's code calls of wasmer's. `None`: `name` is no function of its own.
fn functions(store: &Store, instance: &Instance, name: &str) -> Option<*mut Functions> {
    let info = instance.module().info();
    // A function that it imports has another's context.
    match info.exports.get(name)? {
        ExportIndex::Function(index) if index.as_u32() as usize >= info.num_imported_functions => {}
        _ => return None,
    }
    let function = instance.exports.get_function(name).ok()?.clone();
    let begin = VMOffsets::new(size_of::<usize>() as u8, info).vmctx_builtin_functions_begin();
    // SAFETY: a function's raw value is the address of what describes it, and one of the instance's own has the instance's context,
    // in which the addresses lie where the compiler was told that they do.
    unsafe {
        let function = Value::FuncRef(Some(function)).as_raw(store).funcref as *const VMCallerCheckedAnyfunc;
        let context = (*function).vmctx.vmctx;
        Some(context.byte_add(begin as usize).cast::<Functions>())
    }
}

/// Whatever a call ends with, its guest is not reached after it.
struct Returned;

impl Drop for Returned {
    fn drop(&mut self) {
        signals::returned();
    }
}

impl Drop for Entered {
    fn drop(&mut self) {
        let asked = {
            let mut inside = self.run.inside();
            let at = inside.threads.iter().position(|inmate| inmate.entry == self.entry);
            at.is_some_and(|at| inside.threads.swap_remove(at).asked)
        };
        // Nobody asks any more. What was sent before arrives here, and not in whatever this thread does next.
        if asked {
            signals::settle();
        }
        // SAFETY: entries that are left in the order opposite to that in which they were made find the outer guest's there. Where
        // somebody else's flag was named, that is not so, and none is named.
        unsafe {
            if !signals::enter(self.outer).is_of(&self.run.stop) {
                signals::enter(Guest::NONE);
            }
        }
    }
}
