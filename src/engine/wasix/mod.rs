//! Guests that import WASIX (`wasix_32v1`): the crate wasmer-wasix makes their calls, over our directories and streams.
//!
//! Only what it must not have is taken from it: the host's filesystem, its own threads, packages from a network, and the
//! network itself where a guest is not given one. README.md, "WASIX", says what of it runs.

mod call;
mod filter;
mod mounts;
mod network;
mod session;
mod stdio;
mod tasks;
mod world;

use std::sync::Arc;

use wasmer::{Memory, Store};
use wasmer_wasix::runtime::task_manager::SpawnMemoryTypeOrStore;
use wasmer_wasix::wasmer_wasix_types::wasi::ExitCode;
use wasmer_wasix::{VirtualTaskManager, WasiEnvBuilder, WasiFunctionEnv, WasiThreadError};

use super::control::Control;
use super::outcome::End;
use super::program::Program;
use super::worker::Limits;
use crate::abi::Errno;
use crate::process::Process;
use call::{Returned, call, exit_code, failed, fuel_used, give_fuel};
use mounts::Given;
pub use network::{BadRule, Network, Rule};
use session::Session;
use stdio::Stdio;
use tasks::Tasks;
use world::World;

/// Runs a program that imports WASIX, on the thread that calls. When it comes back, all threads and processes of the guest's have ended,
/// and what they owned is released. Besides its end it tells how much fuel the first thread has used.
pub(super) fn run(
    program: &Arc<Program>,
    process: Process,
    limits: Limits,
    network: Network,
    control: &Arc<Control>,
) -> (End, Option<u64>) {
    if !program.host_functions().is_empty() {
        let why = "a module that imports WASIX cannot import functions of the host's besides";
        return (End::Refused(why.to_owned()), None);
    }
    if let Err(refusal) = program.store(limits.memory) {
        return (End::Refused(refusal.0), None);
    }
    let Ok(tokio) = world::tokio() else { return (End::System(Errno::Again), None) };
    let _within = tokio.enter();
    let session = Session::new(Arc::clone(program), limits, Arc::clone(control), tokio);
    let builder = match builder(&session, process, network) {
        Ok(builder) => builder,
        Err(why) => return (End::Refused(why), None),
    };
    session.watch();
    // On a thread that is not this one: nothing that a guest does keeps a run from ending.
    let (end, used) = session.run_first(move |session| {
        let (returned, used) = first_thread(session, builder);
        (returned.map_or_else(|end| end, |returned| returned.into_end(session)), used)
    });
    let earlier = session.take_end();
    session.end(match end {
        End::Exit(code) => ExitCode::from(code.cast_signed()),
        _ => ExitCode::from(0u16),
    });
    (earlier.unwrap_or(end), used)
}

/// What the guest begins with.
fn builder(session: &Arc<Session>, process: Process, network: Network) -> Result<WasiEnvBuilder, String> {
    let Process { args, env, fds, system, .. } = process;
    let given = Given::of(fds.take_all())?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let mut args = args.iter();
    let mut builder = WasiEnvBuilder::new(args.next().map_or_else(String::new, text));
    builder.add_args(args);
    for variable in env.iter() {
        let split = variable.iter().position(|byte| *byte == b'=').unwrap_or(variable.len());
        let (key, value) = variable.split_at(split);
        builder.add_env(key, value.get(1..).unwrap_or_default());
    }
    given.mount(&mut builder)?;
    let system = Arc::from(system);
    let terminals = std::array::from_fn(|fd| given.stdio[fd].is_terminal());
    let [stdin, stdout, stderr] = std::array::from_fn(|fd| {
        let number = fd as u32;
        let stream = Arc::clone(&given.stdio[fd]);
        Box::new(Stdio::new(number, stream, Arc::clone(&system), Arc::clone(&session.control)))
    });
    builder.set_stdin(stdin);
    builder.set_stdout(stdout);
    builder.set_stderr(stderr);
    builder.capabilities_mut().threading.max_threads = Some(session.most_threads() as usize);
    // There are no commands but the guest's own files.
    builder.set_disable_default_builtins(true);
    let tasks: Arc<dyn VirtualTaskManager> = Arc::new(Tasks(Arc::clone(session)));
    builder.set_runtime(Arc::new(World::new(Arc::clone(session), tasks, network, terminals)));
    Ok(builder)
}

/// What the thread does that calls `_start`.
fn first_thread(session: &Arc<Session>, builder: WasiEnvBuilder) -> (Result<Returned, End>, Option<u64>) {
    let env = match builder.build() {
        Ok(env) => env,
        Err(error) => return (Err(End::Refused(error.to_string())), None),
    };
    session.add(&env);
    let memory = match imported_memory(session) {
        Ok(memory) => memory,
        Err(why) => return (Err(End::Refused(why)), None),
    };
    let module = session.program.module.clone();
    let made = WasiFunctionEnv::new_with_store(module, env, None, memory, true, false, None);
    let (context, mut store) = match made {
        Ok(made) => made,
        Err(error) => return (refused(session, error), None),
    };
    if context.data(&store).try_clone_instance().is_none() {
        let why = "the module is linked dynamically: only WASIX modules of one piece run here";
        return (Err(End::Refused(why.to_owned())), None);
    }
    give_fuel(session, &context, &mut store);
    context.data(&store).thread.set_status_running();
    let mut returned = call(session, &context, &mut store, "_initialize", &[]);
    if matches!(returned, None | Some(Returned::Back)) {
        let started = call(session, &context, &mut store, "_start", &[]);
        let is_reactor = returned.is_some();
        returned = started.or(if is_reactor { Some(Returned::Back) } else { None });
    }
    let used = fuel_used(session, &context, &mut store);
    let returned =
        returned.ok_or_else(|| End::Refused("the module exports neither _start nor _initialize".to_owned()));
    // Its descriptors are closed, and who waits for the process learns of its end.
    let code = returned.as_ref().map_or(ExitCode::from(0u16), exit_code);
    context.on_exit(&mut store, Some(code));
    (returned, used)
}

/// The memory that the module imports, which is the run's to make.
fn imported_memory(session: &Session) -> Result<SpawnMemoryTypeOrStore, String> {
    let imported = session.program.module.imports().memories().next().map(|import| *import.ty());
    let Some(kind) = imported else { return Ok(SpawnMemoryTypeOrStore::New) };
    let mut store: Store = session.new_store();
    let memory = Memory::new(&mut store, kind).map_err(|error| error.to_string())?;
    Ok(SpawnMemoryTypeOrStore::StoreAndMemory(store, memory))
}

/// Why there is no instance: the module's own start function may have ended it.
fn refused(session: &Session, error: WasiThreadError) -> Result<Returned, End> {
    let error = match error {
        WasiThreadError::InstanceCreateFailed(error) => match *error {
            wasmer::InstantiationError::Start(error) => return Ok(failed(error, session)),
            error => error.to_string(),
        },
        error => error.to_string(),
    };
    Err(End::Refused(error))
}
