//! A run: the thread that owns a guest's store, from its first instruction to its outcome.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use wasmer::{
    FunctionEnv, Instance, InstantiationError, Memory as Linear, RuntimeError, SharedMemory, Store,
};
use wasmer_middlewares::metering::{MeteringPoints, get_remaining_points, set_remaining_points};

use super::control::{Control, Entered, Stop};
use super::current;
use super::host::Host;
use super::imports::{self, Context, Ended};
use super::outcome::{End, Outcome, Trap};
use super::pool::{Pool, Slot};
use super::program::{Abi, Program, said};
use super::refusal::Refusal;
use super::threads::Threads;
use super::wasix::{self, Network};
use crate::abi::Errno;
use crate::process::Process;
use crate::system::{System, Wait};
use crate::trace::Event;

/// What the threads of guests are called.
pub const THREAD_NAME: &str = "preopen-guest";

/// What a guest may use.
#[derive(Clone, Copy, Default, Debug)]
pub struct Limits {
    /// How long it may run, from its own beginning.
    pub timeout: Option<Duration>,
    /// How many operations of WebAssembly it may make. Only for a program that counts them.
    pub fuel: Option<u64>,
    /// How large each of its memories may be, bytes.
    pub memory: Option<u64>,
    /// How many threads it may have, the first one included.
    pub threads: u32,
}

/// Where a guest's calls are told.
pub trait Trace: Send + Sync {
    /// A call is over. Told on the guest's thread, which waits.
    fn tell(&self, event: &Event, control: &Control);
}

/// What a run is made of.
pub struct Run {
    /// What runs.
    pub program: Arc<Program>,
    /// What it owns.
    pub process: Process,
    /// What it may use.
    pub limits: Limits,
    /// Which network it has. Only a guest that imports WASIX can reach one.
    pub network: Network,
    /// Who provides the functions in [`Program::host_functions`]. Without one, a program that has some is refused.
    pub host: Option<Box<dyn Host>>,
    /// Where its calls are told.
    pub trace: Option<Box<dyn Trace>>,
    /// Who may stop it.
    pub control: Arc<Control>,
}

/// What the threads of one guest share.
pub struct Shared {
    pub program: Arc<Program>,
    pub process: Process,
    pub limits: Limits,
    pub host: Option<Box<dyn Host>>,
    pub trace: Option<Box<dyn Trace>>,
    pub control: Arc<Control>,
    pub threads: Threads,
    slot: Arc<Slot>,
}

impl Shared {
    /// Gives the place in the pool away while `wait` lasts. A guest with threads keeps it: others of them may be running.
    pub fn waiting<T>(&self, wait: impl FnOnce() -> T) -> T {
        if self.program.spawns_threads() { wait() } else { self.slot.while_waiting(wait) }
    }
}

/// Runs it on a thread of its own, when the pool has room. `done` is called on that thread, once, when everything that the guest
/// owned is released.
pub fn start(pool: &Arc<Pool>, run: Run, done: impl FnOnce(Outcome) + Send + 'static) {
    pool.submit(Arc::clone(&run.control), move |slot| {
        // Shared, so that it is still here where no thread can be made.
        let work = Arc::new(Mutex::new(Some((run, slot, done))));
        let begun = {
            let work = Arc::clone(&work);
            let named = thread::Builder::new().name(THREAD_NAME.to_owned());
            named.spawn(move || {
                let Some((run, slot, done)) = take(&work) else { return };
                let began = Instant::now();
                let (end, fuel_used) = caught(|| execute(run, Arc::new(slot)));
                done(Outcome { end, duration: began.elapsed(), fuel_used });
            })
        };
        if begun.is_err()
            && let Some((run, slot, done)) = take(&work)
        {
            drop((run, slot));
            done(Outcome { end: End::System(Errno::Again), duration: Duration::ZERO, fuel_used: None });
        }
    });
}

fn take<T>(work: &Mutex<Option<T>>) -> Option<T> {
    work.lock().unwrap_or_else(PoisonError::into_inner).take()
}

/// A fault of our own ends the run, and nothing else.
fn caught<T>(work: impl FnOnce() -> (End, Option<T>)) -> (End, Option<T>) {
    catch_unwind(AssertUnwindSafe(work))
        .unwrap_or_else(|panic| (End::Panicked(said(&*panic).to_owned()), None))
}

fn execute(run: Run, slot: Arc<Slot>) -> (End, Option<u64>) {
    let Run { program, mut process, limits, network, host, trace, control } = run;
    if let Some(stop) = control.stopped() {
        return (End::Stopped(stop), None);
    }
    if let Some(timeout) = limits.timeout {
        control.stop_at(Instant::now() + timeout);
    }
    if limits.fuel.is_some() && (program.spawns_threads() || !program.is_metered()) {
        let why = if program.is_metered() {
            "fuel is not counted for guests with threads: give it a timeout instead"
        } else {
            "the module was compiled without fuel: compile it with it"
        };
        return (End::Refused(why.to_owned()), None);
    }
    if host.is_none() && !program.host_functions().is_empty() {
        let missing =
            program.host_functions().iter().map(|import| format!("{}.{}", import.module, import.name));
        let missing = missing.collect::<Vec<_>>().join(", ");
        return (End::Refused(format!("the module imports functions that were not given: {missing}")), None);
    }
    if program.abi() == Abi::Wasix {
        return wasix::run(&program, process, limits, network, &control);
    }
    if !program.spawns_threads() {
        let system = std::mem::replace(&mut process.system, Box::new(crate::system::Host::new()));
        process.system = Box::new(Yielding { system, slot: Arc::clone(&slot) });
    }
    let threads = Threads::new(limits.threads);
    let shared = Arc::new(Shared { program, process, limits, host, trace, control, threads, slot });
    let _inside = current::enter(Arc::clone(&shared.control));
    let ran = first_thread(&shared);
    // Whatever the others are doing: their guest is over.
    shared.threads.end(&shared.control);
    let end = shared.threads.take_end().unwrap_or(ran.0);
    (end, ran.1)
}

/// The thread that runs `_start`.
fn first_thread(shared: &Arc<Shared>) -> (End, Option<u64>) {
    let begun = memory(shared).and_then(|memory| instantiate(shared, memory));
    let (mut store, instance) = match begun {
        Ok(begun) => begun,
        Err(end) => return (end, None),
    };
    if let Some(fuel) = shared.limits.fuel {
        set_remaining_points(&mut store, &instance, fuel);
    }
    let entered = shared.control.enter(&store);
    let end = begin(shared, &entered, &mut store, &instance).unwrap_or_else(|| {
        match instance.exports.get_typed_function::<(), ()>(&store, "_start") {
            Ok(start) => {
                let call = |store: &mut Store| start.call(store);
                end_of(entered.reaching(&mut store, &instance, "_start", call), &shared.control)
            }
            Err(_) => End::Refused(
                "the module exports no function _start without parameters and results".to_owned(),
            ),
        }
    });
    drop(entered);
    let Some(fuel) = shared.limits.fuel else { return (end, None) };
    match get_remaining_points(&mut store, &instance) {
        MeteringPoints::Remaining(left) => (end, Some(fuel - left)),
        // Its end is then the one trap that the counting itself makes.
        MeteringPoints::Exhausted => (if matches!(end, End::Trap(_)) { End::Fuel } else { end }, Some(fuel)),
    }
}

/// The memory that a guest imports, made for it.
fn memory(shared: &Shared) -> Result<Option<Imported>, End> {
    let Some((_, _, kind)) = shared.program.memory_import() else { return Ok(None) };
    let mut store = store(shared)?;
    let memory = Linear::new(&mut store, kind)
        .map_err(|error| End::Refused(format!("the module's memory cannot be made: {error}")))?;
    Ok(Some(match memory.as_shared(&store) {
        Some(shared) => Imported::Shared(shared),
        None => Imported::Own(store, memory),
    }))
}

fn store(shared: &Shared) -> Result<Store, End> {
    shared.program.store(shared.limits.memory).map_err(|Refusal(why)| End::Refused(why))
}

/// The memory that a guest imports.
pub enum Imported {
    /// Shared by its threads.
    Shared(SharedMemory),
    /// Of its only thread, in this store.
    Own(Store, Linear),
}

/// A store with the program's instance, whose functions know its memory. No instruction of the guest's has run.
pub fn instantiate(shared: &Arc<Shared>, memory: Option<Imported>) -> Result<(Store, Instance), End> {
    let (mut store, memory) = match memory {
        None => (store(shared)?, None),
        Some(Imported::Own(store, memory)) => (store, Some(memory)),
        Some(Imported::Shared(memory)) => {
            let mut store = store(shared)?;
            shared.threads.share(&memory);
            shared.control.share(&memory);
            let memory = memory.attach(&mut store);
            (store, Some(memory))
        }
    };
    let context =
        FunctionEnv::new(&mut store, Context { shared: Arc::clone(shared), memory: memory.clone() });
    let imports = imports::all(&mut store, &context, memory.as_ref());
    let instance = Instance::new(&mut store, shared.program.module(), &imports);
    let instance = instance.map_err(|error| match error {
        // What data and elements are copied to, is outside.
        InstantiationError::Start(error) => end_of(Err(error), &shared.control),
        error => End::Refused(format!("the module cannot be instantiated: {error}")),
    })?;
    if memory.is_none() {
        let exported = instance.exports.get_memory("memory").ok().cloned();
        context.as_mut(&mut store).memory = exported;
    }
    Ok((store, instance))
}

/// Runs what a module runs before anything of it is called. `Some`: it ended there, or before.
pub fn begin(shared: &Shared, entered: &Entered, store: &mut Store, instance: &Instance) -> Option<End> {
    if let Some(stop) = shared.control.stopped() {
        return Some(End::Stopped(stop));
    }
    let name = shared.program.start_export()?;
    let start = instance.exports.get_typed_function::<(), ()>(store, name).ok()?;
    let returned = entered.reaching(store, instance, name, |store| start.call(store));
    match end_of(returned, &shared.control) {
        End::Exit(0) => None,
        end => Some(end),
    }
}

/// What it means that a function of the guest's returned.
pub fn end_of(returned: Result<(), RuntimeError>, control: &Control) -> End {
    let Err(error) = returned else { return End::Exit(0) };
    let error = match error.downcast::<Ended>() {
        Ok(Ended::Exit(code)) => return End::Exit(code),
        Ok(Ended::Raised(signal)) => return End::Raised(signal),
        Ok(Ended::Stopped) => return End::Stopped(control.stopped().unwrap_or(Stop::Killed)),
        Ok(Ended::Host(failure)) => {
            let error = take(&failure.0);
            return error.map_or(End::Stopped(Stop::Killed), End::Host);
        }
        Err(error) => error,
    };
    // What a guest that is interrupted fails with says nothing: who stopped it knows why.
    control.stopped().map_or_else(|| End::Trap(Trap::new(&error)), End::Stopped)
}

/// The world of a guest that gives its place in the pool away while it waits.
struct Yielding {
    system: Box<dyn System>,
    slot: Arc<Slot>,
}

impl System for Yielding {
    fn now(&self, clock: crate::abi::ClockId) -> Result<u64, Errno> {
        self.system.now(clock)
    }

    fn resolution(&self, clock: crate::abi::ClockId) -> Result<u64, Errno> {
        self.system.resolution(clock)
    }

    fn random(&self, bytes: &mut [u8]) -> Result<(), Errno> {
        self.system.random(bytes)
    }

    fn wait(&self, waits: &mut [Wait<'_>], timeout: u64) -> Result<bool, Errno> {
        let ready = self.system.wait(waits, 0)?;
        if ready || timeout == 0 {
            return Ok(ready);
        }
        self.slot.while_waiting(|| self.system.wait(waits, timeout))
    }

    fn yield_now(&self) {
        self.system.yield_now();
    }
}
