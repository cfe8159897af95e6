//! Runs: from what JavaScript asks for to what it is told at the end.

use std::sync::Arc;
use std::time::Duration;

use napi::bindgen_prelude::{BigInt, ClassInstance, FromNapiValue, JsObjectValue, Object};
use napi::{Env, Error, JsValue, Result, Status, sys};
use napi_derive::napi;

use super::super::error::throw_init;
use super::super::objects::Objects;
use super::super::options::{Failure, Options, Trace as Traced, process};
use super::super::signals::ignore_file_size_limit;
use super::super::stream::StandardStream;
use super::PoolHandle;
use super::captured::Captured;
use super::desk::Desk;
use super::host::JsHost;
use super::outcome::outcome;
use super::program::ProgramHandle;
use super::runs::Kept;
use super::trace::{ToHook, ToStandardError};
use crate::abi::Errno;
use crate::engine::{Abi, Control, End, Host, Limits, Network, Outcome, Pool, Run, Stop, Trace, start};
use crate::stdio::Stream;

/// What a guest may use.
#[napi(object, object_to_js = false)]
pub struct RunLimits {
    /// How long it may run, ms; 0 for no limit.
    pub timeout: f64,
    /// How many operations; a negative number for no limit.
    pub fuel: BigInt,
    /// How large each memory may be, bytes; 0 for no limit.
    pub max_memory: f64,
    /// How many threads it may have.
    pub max_threads: u32,
    /// Where on the network it may go: nowhere without a list.
    pub network: Option<Vec<String>>,
}

impl RunLimits {
    fn limits(&self) -> Limits {
        let Self { timeout, fuel, max_memory, max_threads, network: _ } = self;
        let (negative, fuel, _) = fuel.get_u64();
        Limits {
            // One that is too long to be told is none.
            timeout: Duration::try_from_secs_f64(timeout / 1e3).ok().filter(|timeout| !timeout.is_zero()),
            fuel: (!negative).then_some(fuel),
            memory: (*max_memory > 0.0).then_some(*max_memory as u64),
            threads: *max_threads,
        }
    }
}

/// A run, for whoever may stop it.
#[napi(js_name = "Run")]
pub struct RunHandle {
    control: Arc<Control>,
    pool: Arc<Pool>,
}

#[napi]
impl RunHandle {
    /// Stops it, wherever it is.
    #[napi(catch_unwind)]
    pub fn kill(&self, why: Why) {
        self.control.stop(match why {
            Why::Killed => Stop::Killed,
            Why::Timeout => Stop::TimedOut,
        });
        // It may have queued.
        self.pool.dismiss_stopped();
    }
}

/// Why a host stops a run.
#[napi(string_enum = "lowercase")]
pub enum Why {
    /// It said so.
    Killed,
    /// Its time is over.
    Timeout,
}

/// Starts a run. `hooks` and what `configuration` mounts are held until it is over, when `hooks.done` is called.
#[napi(catch_unwind)]
pub fn run(
    env: Env,
    program: ClassInstance<'_, ProgramHandle>,
    pool: ClassInstance<'_, PoolHandle>,
    configuration: Object<'_>,
    limits: RunLimits,
    hooks: Object<'_>,
) -> Result<RunHandle> {
    ignore_file_size_limit();
    let network = Network::parse(limits.network.as_deref())
        .map_err(|bad| Error::new(Status::InvalidArg, bad.to_string()))?;
    let desk = Desk::of(env.raw())?;
    let program = program.program();
    // SAFETY: the object is a live value of env.
    let mut parsed = unsafe { Options::from_napi_value(env.raw(), configuration.raw()) }?;
    parsed.unstable = program.abi() == Abi::Unstable;
    let control = Control::new();
    let failed = |Failure(errno, at): Failure| throw_init(env.raw(), errno, at.as_ref());
    let to_standard_error = match parsed.trace {
        Traced::Stderr => Some(ToStandardError::new().map_err(|errno| failed(errno.into()))?),
        Traced::Off | Traced::Function => None,
    };
    let to_hook = matches!(parsed.trace, Traced::Function);
    let (process, _sockets) = process(parsed, |standard| stream(standard, &control)).map_err(failed)?;
    let provides = hooks.has_named_property("call")?;
    // The configuration has what native code holds weakly: the filesystems that are written in JavaScript.
    let hooks = Kept::new(env.raw(), &[hooks.raw(), configuration.raw()])?;
    let number = desk.with_runs(|runs| runs.add(Arc::clone(&control), hooks));
    let trace: Option<Box<dyn Trace>> = match to_standard_error {
        Some(trace) => Some(Box::new(trace)),
        None if to_hook => Some(Box::new(ToHook::new(Arc::clone(&desk), number))),
        None => None,
    };
    let host: Option<Box<dyn Host>> = match provides {
        true => Some(Box::new(JsHost::new(Arc::clone(&desk), number, Arc::clone(&program)))),
        false => None,
    };
    desk.busy(env.raw());
    let limits = limits.limits();
    let run = Run { program, process, limits, network, host, trace, control: Arc::clone(&control) };
    let (pool, ending) = (pool.pool(), Arc::clone(&control));
    start(&pool, run, move |mut outcome| {
        // Its last instructions may have been faster than the order to stop, but what it wrote is not all there.
        if ending.stopped() == Some(Stop::Output) && matches!(outcome.end, End::Exit(_) | End::Raised(_)) {
            outcome.end = End::Stopped(Stop::Output);
        }
        let sender = Arc::clone(&desk);
        sender.post(move |env| {
            // SAFETY: a task is done on the thread of its env.
            unsafe { over(env, &desk, number, outcome) };
        });
    });
    Ok(RunHandle { control, pool })
}

/// A standard stream for a run. Errors: `Notsup` for one that is written in JavaScript, which a pipe has to stand for.
fn stream(standard: &StandardStream, control: &Arc<Control>) -> std::result::Result<Arc<dyn Stream>, Errno> {
    if let Some(capture) = standard.capture() {
        return Ok(Arc::new(Captured { capture: Arc::clone(capture), control: Arc::clone(control) }));
    }
    let stream = standard.stream()?;
    if stream.runs_engine() { Err(Errno::Notsup) } else { Ok(stream) }
}

/// Tells JavaScript what a run came to.
///
/// # Safety
/// This is the thread of env, which lives.
unsafe fn over(env: sys::napi_env, desk: &Desk, number: u64, ended: Outcome) {
    desk.idle(env);
    let Some((hooks, thrown)) = desk.with_runs(|runs| runs.remove(number)) else { return };
    // SAFETY: as the caller promised.
    let (hooks, thrown) = unsafe { (hooks.take(env), thrown.and_then(|thrown| thrown.take(env))) };
    // It ended otherwise before that reached it.
    let thrown = thrown.filter(|_| matches!(ended.end, End::Host(_) | End::Stopped(_)));
    let objects = Objects { env };
    // Where the engine refuses, the environment is being ended; what `done` throws is pending.
    let _refused = hooks.and_then(|hooks| {
        let outcome = outcome(&objects, ended, thrown)?;
        objects.call(hooks, c"done", &[outcome])
    });
}
