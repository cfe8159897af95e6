//! A run of a WASIX guest: its processes and threads, and its end.

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use tokio::runtime::Handle;
use tokio::sync::watch;
use wasmer::Store;
use wasmer_wasix::wasmer_wasix_types::types::Signal;
use wasmer_wasix::wasmer_wasix_types::wasi::ExitCode;
use wasmer_wasix::{WasiEnv, WasiProcessId};

use super::super::control::{Control, Entered, Stop};
use super::super::outcome::End;
use super::super::program::Program;
use super::super::worker::{Limits, THREAD_NAME};
use crate::abi::Errno;
use crate::system::SLICE;

/// How often whoever waits for the guest's threads tells them again that they are to end.
const WAKE: Duration = Duration::from_millis(5);

/// How long it waits for them. Only who reads an event (`fd_event`) that nobody writes outlasts it: wasmer-wasix cannot be
/// reached there. Such a thread is left behind.
const PATIENCE: Duration = Duration::from_secs(2);

/// The exit code of processes that are ended: as a shell has it, by SIGKILL.
const KILLED: u16 = 128 + 9;

thread_local! {
    /// What lets the thread's store be interrupted.
    static ENTERED: RefCell<Option<Entered>> = const { RefCell::new(None) };
}

/// What all processes and threads of one run share.
pub struct Session {
    pub program: Arc<Program>,
    pub limits: Limits,
    pub control: Arc<Control>,
    pub tokio: &'static Handle,
    state: Mutex<State>,
    /// A thread has ended.
    ended: Condvar,
    /// Whether the guest is over: no wait of its own lasts longer.
    over: watch::Sender<bool>,
}

#[derive(Default)]
struct State {
    /// How many threads there are.
    running: u32,
    threads: Vec<JoinHandle<()>>,
    /// There will be no further ones.
    closed: bool,
    /// What the first thread came to.
    first_end: Option<(End, Option<u64>)>,
    /// What ended the guest, where it was not its first thread.
    end: Option<End>,
    /// Since when the guest is over.
    over_since: Option<Instant>,
    /// One of each process.
    processes: Vec<WasiEnv>,
    first: Option<WasiProcessId>,
}

impl Session {
    pub fn new(
        program: Arc<Program>,
        limits: Limits,
        control: Arc<Control>,
        tokio: &'static Handle,
    ) -> Arc<Self> {
        let (over, _) = watch::channel(false);
        Arc::new(Self {
            program,
            limits,
            control,
            tokio,
            state: Mutex::default(),
            ended: Condvar::new(),
            over,
        })
    }

    /// A store for the thread that calls, which can be interrupted from now on until [`left`](Self::left). A run whose program has
    /// no room in its limits is refused before.
    pub fn new_store(&self) -> Store {
        let store = self.program.store(self.limits.memory);
        let store = store.unwrap_or_else(|refusal| panic!("{}", refusal.0));
        // One after the other: entries nest.
        Self::left();
        ENTERED.set(Some(self.control.enter(&store)));
        store
    }

    /// The thread that calls runs no more of the guest's code.
    pub fn left() {
        drop(ENTERED.take());
    }

    /// Resolves when the guest is over.
    pub fn over(&self) -> watch::Receiver<bool> {
        self.over.subscribe()
    }

    /// How many threads it may have, the first one included.
    pub fn most_threads(&self) -> u32 {
        self.limits.threads.max(1)
    }

    /// Notes a process, once.
    pub fn add(&self, env: &WasiEnv) {
        let mut state = self.lock();
        if state.processes.iter().all(|known| known.pid() != env.pid()) {
            // A guest may have had many that are over.
            state.processes.retain(|known| known.process.try_join().is_none());
            state.processes.push(env.clone());
            state.first.get_or_insert(env.pid());
        }
    }

    /// Whether a process is the guest's first: with it the guest ends.
    pub fn is_first(&self, pid: WasiProcessId) -> bool {
        self.lock().first == Some(pid)
    }

    /// Runs the guest's first thread, and comes back when it is done, or when it has been told to end for long.
    pub fn run_first(
        self: &Arc<Self>,
        work: impl FnOnce(&Arc<Self>) -> (End, Option<u64>) + Send + 'static,
    ) -> (End, Option<u64>) {
        let begun = self.spawn(move |session| {
            let end = catch_unwind(AssertUnwindSafe(|| work(session)));
            let end = end.unwrap_or_else(|_| (End::Panicked("the guest's thread".to_owned()), None));
            session.lock().first_end = Some(end);
            None
        });
        if begun.is_none() {
            return (End::System(Errno::Again), None);
        }
        let mut state = self.lock();
        loop {
            if let Some(end) = state.first_end.take() {
                return end;
            }
            state = match state.over_since {
                None => self.ended.wait(state).unwrap_or_else(PoisonError::into_inner),
                Some(since) => {
                    let Some(left) = PATIENCE.checked_sub(since.elapsed()) else {
                        let why = self.control.stopped().unwrap_or(Stop::Killed);
                        return (End::Stopped(why), None);
                    };
                    self.ended.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0
                }
            };
        }
    }

    /// Runs `work` on a further thread. `None`: there may be no more, or the host has no room.
    pub fn spawn(
        self: &Arc<Self>,
        work: impl FnOnce(&Arc<Self>) -> Option<End> + Send + 'static,
    ) -> Option<()> {
        let mut state = self.lock();
        if state.closed || state.running >= self.most_threads() {
            return None;
        }
        let session = Arc::clone(self);
        let named = thread::Builder::new().name(THREAD_NAME.to_owned());
        let thread = named.spawn(move || {
            let end = {
                let _within = session.tokio.enter();
                let end = catch_unwind(AssertUnwindSafe(|| work(&session)));
                Self::left();
                end.unwrap_or_else(|_| Some(End::Panicked("a thread of the guest".to_owned())))
            };
            session.finish(end);
        });
        state.threads.retain(|thread| !thread.is_finished());
        state.threads.push(thread.ok()?);
        state.running += 1;
        Some(())
    }

    fn finish(&self, end: Option<End>) {
        let mut state = self.lock();
        state.running = state.running.saturating_sub(1);
        let over = end.is_some();
        if state.end.is_none() && !state.closed {
            state.end = end;
        }
        drop(state);
        self.ended.notify_all();
        if over {
            self.control.stop(Stop::Ended);
        }
    }

    /// What ended the guest, where it was not its first thread.
    pub fn take_end(&self) -> Option<End> {
        self.lock().end.take()
    }

    /// Ends every process as soon as somebody stops the run. It ends itself with the run.
    pub fn watch(self: &Arc<Self>) {
        let session = Arc::clone(self);
        let mut over = self.over();
        self.tokio.spawn(async move {
            while session.control.stopped().is_none() {
                let slice = Duration::from_nanos(SLICE / 2);
                if tokio::time::timeout(slice, over.wait_for(|over| *over)).await.is_ok() {
                    return;
                }
            }
            // It takes locks that the guest's threads may hold for a slice.
            let ending = Arc::clone(&session);
            let _detached =
                session.tokio.spawn_blocking(move || ending.end_processes(ExitCode::from(KILLED)));
        });
    }

    /// Ends all processes: their waits, their descriptors, their threads at the next call that they make.
    fn end_processes(&self, code: ExitCode) {
        let processes = {
            let mut state = self.lock();
            state.over_since.get_or_insert_with(Instant::now);
            state.processes.clone()
        };
        self.ended.notify_all();
        // What waits for a pipe wakes up when its other end is closed. Before timers are over: it gives up by one.
        for env in &processes {
            self.tokio.block_on(env.on_exit(Some(code)));
        }
        self.over.send_replace(true);
        for env in &processes {
            env.process.terminate(code);
            // What waits in the guest's memory wakes up, and traps.
            env.process.signal_process(Signal::Sigkill);
        }
    }

    /// Ends whatever is left when the first thread is done, and waits for it.
    pub fn end(&self, code: ExitCode) {
        {
            let mut state = self.lock();
            state.closed = true;
            if state.running > 0 {
                self.control.stop(Stop::Ended);
            }
        }
        self.end_processes(code);
        let mut state = self.lock();
        while state.running > 0 && state.over_since.is_some_and(|since| since.elapsed() < PATIENCE) {
            drop(state);
            self.end_processes(code);
            state = self.lock();
            state = self.ended.wait_timeout(state, WAKE).unwrap_or_else(PoisonError::into_inner).0;
        }
        let over = state.running == 0;
        let threads = std::mem::take(&mut state.threads);
        // They hold the run, which holds them.
        let processes = std::mem::take(&mut state.processes);
        drop(state);
        drop(processes);
        if over {
            for thread in threads {
                let _panics_are_caught = thread.join();
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
