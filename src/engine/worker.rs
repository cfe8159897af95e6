//! A run: the thread that owns a guest's store, from its first instruction to its outcome.

use std::sync::Arc;
use std::time::Duration;

use super::control::Control;
use super::host::Host;
use super::outcome::Outcome;
use super::pool::Pool;
use super::program::Program;
use crate::process::Process;
use crate::trace::Event;

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
    /// Who provides the functions in [`Program::host_functions`]. Without one, a program that has some is refused.
    pub host: Option<Box<dyn Host>>,
    /// Where its calls are told.
    pub trace: Option<Box<dyn Trace>>,
    /// Who may stop it.
    pub control: Arc<Control>,
}

/// Runs it on a thread of its own, when the pool has room. `done` is called on that thread, once, when everything that the guest
/// owned is released.
pub fn start(pool: &Arc<Pool>, run: Run, done: impl FnOnce(Outcome) + Send + 'static) {
    pool.submit(move |slot| {
        drop((run, slot, done));
    });
}
