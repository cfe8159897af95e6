//! The threads and timers that wasmer-wasix asks for: each thread one of ours, which ends with the run.

use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::{Arc, mpsc};
use std::task::Poll;
use std::time::Duration;

use wasmer::{Store, Value};
use wasmer_wasix::runtime::SpawnType;
use wasmer_wasix::runtime::task_manager::{
    SpawnMemoryTypeOrStore, TaskWasm, TaskWasmCallbacks, TaskWasmRunProperties,
};
use wasmer_wasix::wasmer_wasix_types::wasi::ExitCode;
use wasmer_wasix::wasmer_wasix_types::wasix::ThreadStartType;
use wasmer_wasix::{VirtualTaskManager, WasiFunctionEnv, WasiThreadError};

use super::super::outcome::End;
use super::call::{Returned, call, exit_code};
use super::session::Session;

/// The threads of one run.
pub struct Tasks(pub Arc<Session>);

impl fmt::Debug for Tasks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tasks").finish_non_exhaustive()
    }
}

type Answer<T> = Pin<Box<dyn Future<Output = T> + Send + Sync>>;

impl VirtualTaskManager for Tasks {
    /// Ends early where the guest is over: whatever waits with a limit of time then waits no longer.
    fn sleep_now(&self, time: Duration) -> Answer<()> {
        let mut over = self.0.over();
        let _within = self.0.tokio.enter();
        let mut sleep = Box::pin(tokio::time::sleep(time));
        Box::pin(async move {
            let mut over = std::pin::pin!(over.wait_for(|over| *over));
            poll_fn(|context| {
                if sleep.as_mut().poll(context).is_ready() || over.as_mut().poll(context).is_ready() {
                    return Poll::Ready(());
                }
                Poll::Pending
            })
            .await;
        })
    }

    fn task_shared(
        &self,
        task: Box<dyn FnOnce() -> Pin<Box<dyn Future<Output = ()> + Send>> + Send>,
    ) -> Result<(), WasiThreadError> {
        self.0.tokio.spawn(async move { task().await });
        Ok(())
    }

    fn task_wasm(&self, task: TaskWasm) -> Result<(), WasiThreadError> {
        // Only what sleeps deeply has one, which guests are not let.
        if task.callbacks.trigger.is_some() {
            return Err(WasiThreadError::Unsupported);
        }
        let (ready, made) = mpsc::channel();
        let spawned = self.0.spawn(move |session| match prepare(session, task) {
            Ok((context, store, kind)) => {
                let _somebody_waits = ready.send(Ok(()));
                kind.run(session, context, store)
            }
            Err(error) => {
                let _somebody_waits = ready.send(Err(error));
                None
            }
        });
        spawned.ok_or(WasiThreadError::Unsupported)?;
        made.recv().map_err(|_| WasiThreadError::InvalidWasmContext)?
    }

    fn task_dedicated(&self, task: Box<dyn FnOnce() + Send>) -> Result<(), WasiThreadError> {
        let spawned = self.0.spawn(move |_| {
            task();
            None
        });
        spawned.ok_or(WasiThreadError::Unsupported)
    }

    fn thread_parallelism(&self) -> Result<usize, WasiThreadError> {
        Ok(std::thread::available_parallelism().map_or(1, usize::from))
    }
}

/// What a new thread is for.
enum Kind {
    /// A thread of a process.
    Thread { start: u64, callbacks: TaskWasmCallbacks },
    /// A program that a process started, or became.
    Program(TaskWasmCallbacks),
    /// The second half of a process that forked. How it goes on is wasmer-wasix's own.
    Fork(TaskWasmCallbacks),
}

/// Makes the thread's instance, on it.
fn prepare(
    session: &Arc<Session>,
    task: TaskWasm,
) -> Result<(WasiFunctionEnv, Store, Kind), WasiThreadError> {
    let TaskWasm { callbacks, env, module, globals, spawn_type, update_layout, call_initialize: _ } = task;
    session.add(&env);
    let start = env.thread.thread_start_type();
    let (memory, group) = match spawn_type {
        SpawnType::CreateMemory => (SpawnMemoryTypeOrStore::New, None),
        SpawnType::CreateMemoryOfType(kind) => (SpawnMemoryTypeOrStore::Type(kind), None),
        SpawnType::NewLinkerInstanceGroup(group) => (SpawnMemoryTypeOrStore::New, Some(group)),
        SpawnType::AttachMemory(memory) => {
            let mut store = session.new_store();
            let memory = memory.attach(&mut store);
            (SpawnMemoryTypeOrStore::StoreAndMemory(store, memory), None)
        }
    };
    let forked = globals.is_some();
    let (context, mut store) =
        WasiFunctionEnv::new_with_store(module, env, globals, memory, update_layout, false, group)?;
    // What forked has its half of the fuel in its globals.
    if !forked {
        super::call::give_fuel(session, &context, &mut store);
    }
    let kind = match start {
        _ if forked => Kind::Fork(callbacks),
        ThreadStartType::ThreadSpawn { start_ptr } => Kind::Thread { start: start_ptr, callbacks },
        ThreadStartType::MainThread => Kind::Program(callbacks),
    };
    Ok((context, store, kind))
}

impl Kind {
    /// `Some`: the guest is over.
    fn run(self, session: &Arc<Session>, context: WasiFunctionEnv, mut store: Store) -> Option<End> {
        match self {
            Self::Fork(callbacks) => {
                let TaskWasmCallbacks { run, recycle, .. } = callbacks;
                run(TaskWasmRunProperties { ctx: context, store, trigger_result: None, recycle });
                None
            }
            Self::Program(callbacks) => {
                if let Some(before) = callbacks.pre_run {
                    let mut context = context.clone();
                    session.tokio.block_on(before(&mut context, &mut store));
                }
                let thread = context.data(&store).thread.clone();
                thread.set_status_running();
                let mut returned = Returned::Back;
                for name in ["_initialize", "_start"] {
                    match call(session, &context, &mut store, name, &[]) {
                        Some(Returned::Back) | None => {}
                        Some(other) => {
                            returned = other;
                            break;
                        }
                    }
                }
                let code = exit_code(&returned);
                context.on_exit(&mut store, Some(code));
                thread.set_status_finished(Ok(code));
                drop(callbacks.run);
                None
            }
            Self::Thread { start, callbacks } => {
                let (thread, main) = {
                    let env = context.data(&store);
                    (env.thread.clone(), session.is_first(env.pid()))
                };
                let number = thread.tid().raw().cast_signed();
                let arguments = [Value::I32(number), Value::I32((start as u32).cast_signed())];
                let returned = call(session, &context, &mut store, "wasi_thread_start", &arguments);
                let returned = returned.unwrap_or(Returned::Back);
                let (code, end) = match returned {
                    Returned::Back => (ExitCode::from(0u16), None),
                    other => {
                        let code = exit_code(&other);
                        context.on_exit(&mut store, Some(code));
                        // A process that forked off ends alone.
                        (code, main.then(|| other.into_end(session)))
                    }
                };
                thread.set_status_finished(Ok(code));
                // It holds the handle by which the thread counts as one of the process.
                drop(callbacks.run);
                end
            }
        }
    }
}
