//! The table of preview1, expanded into functions that Wasmer calls, and the host's own.

use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::time::Instant;

use wasmer::{
    Exports, Extern, Function, FunctionEnv, FunctionEnvMut, FunctionType, Imports, Memory as Linear,
    RuntimeError, Store, StoreMut, Type,
};

use super::guest::EngineGuest;
use super::host::{Host, HostError, HostFunction, Value, ValueType};
use super::threads;
use super::worker::Shared;
use crate::abi::imports::imports;
use crate::abi::{Errno, MAX_PARAMS};
use crate::calls::{Call, Halt};
use crate::guest::Guest;
use crate::trace::{Entered, Outcome as Traced};

/// What a guest's functions find, in each of its threads' stores.
pub struct Context {
    pub shared: Arc<Shared>,
    /// Unknown until the module is instantiated, where it is the module's own.
    pub memory: Option<Linear>,
}

/// Why a function does not return to the guest. It travels through the guest's frames.
#[derive(Debug)]
pub enum Ended {
    /// The guest ended itself with this code.
    Exit(u32),
    /// The guest raised a signal.
    Raised(u8),
    /// It is being stopped.
    Stopped,
    /// A function of the host's failed.
    Host(Failure),
}

/// What a function of the host's failed with.
pub struct Failure(pub std::sync::Mutex<Option<HostError>>);

impl fmt::Debug for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Failure")
    }
}

impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the guest ended: {self:?}")
    }
}

impl Error for Ended {}

/// Both modules' names: the functions are the same, and the process knows whose numbers they take.
const MODULES: [&str; 2] = ["wasi_snapshot_preview1", "wasi_unstable"];

macro_rules! result {
    (proc_exit) => {
        ()
    };
    ($name:ident) => {
        u32
    };
}

macro_rules! answer {
    (proc_exit, $errno:expr) => {{
        let _never = $errno;
    }};
    ($name:ident, $errno:expr) => {
        $errno
    };
}

macro_rules! number {
    ($($module:ident $name:ident($($param:ident: $kind:ident),*);)*) => {
        #[expect(non_camel_case_types, reason = "the specification's names, as numbers")]
        #[repr(u32)]
        enum Number { $($name,)* }
    };
}
imports!(number);

macro_rules! functions {
    ($($module:ident $name:ident($($param:ident: $kind:ident),*);)*) => {
        /// All functions of the table, for one store.
        pub fn preview1(store: &mut Store, context: &FunctionEnv<Context>) -> Exports {
            let mut exports = Exports::new();
            $({
                let function = Function::new_typed_with_env(
                    store,
                    context,
                    |mut env: FunctionEnvMut<'_, Context>, $($param: $kind),*| -> Result<result!($name), RuntimeError> {
                        let (context, store) = env.data_and_store_mut();
                        let shared = &*context.shared;
                        let mut guest = EngineGuest::new(context.memory.as_ref(), &store, &shared.control);
                        let call = if shared.trace.is_none() {
                            crate::calls::$module::$name(&shared.process, &mut guest, $($param),*)
                        } else {
                            let mut args = [0; MAX_PARAMS];
                            let given: &[u64] = &[$(u64::from($param)),*];
                            args[..given.len()].copy_from_slice(given);
                            traced(shared, &mut guest, Number::$name as u32, args, |guest| {
                                crate::calls::$module::$name(&shared.process, guest, $($param),*)
                            })
                        };
                        let errno = match call {
                            // A guest that makes one call after the other is hardly ever in its own code, where it is interrupted.
                            Ok(()) | Err(Halt::Errno(_)) if shared.control.stopped().is_some() => {
                                return Err(ended(Halt::Interrupted));
                            }
                            Ok(()) => 0,
                            Err(Halt::Errno(errno)) => errno as u32,
                            Err(halt) => return Err(ended(halt)),
                        };
                        Ok(answer!($name, errno))
                    },
                );
                exports.insert(stringify!($name), function);
            })*
            exports
        }
    };
}
imports!(functions);

#[cold]
fn ended(halt: Halt) -> RuntimeError {
    let ended = match halt {
        Halt::Exit(code) => Ended::Exit(code),
        Halt::Raise(signal) => Ended::Raised(signal),
        // `Errno` is answered, and nothing is suspended here.
        Halt::Interrupted | Halt::Suspended | Halt::Errno(_) => Ended::Stopped,
    };
    RuntimeError::user(Box::new(ended))
}

/// A call of a guest that is traced: the same as of another, with a look at its memory before and after.
fn traced(
    shared: &Shared,
    guest: &mut EngineGuest<'_>,
    number: u32,
    args: [u64; MAX_PARAMS],
    make: impl FnOnce(&mut EngineGuest<'_>) -> Call,
) -> Call {
    let Some(trace) = &shared.trace else { return make(guest) };
    let Some(entered) = Entered::new(&shared.process, guest.memory(), number, args) else {
        return make(guest);
    };
    if !entered.returns() {
        let event = entered.leave(&shared.process, guest.memory(), Traced::None, 0);
        trace.tell(&event, &shared.control);
        guest.pause()?;
        return make(guest);
    }
    let began = Instant::now();
    let call = make(guest);
    let duration = began.elapsed().as_nanos() as u64;
    let outcome = match call {
        Ok(()) => Traced::Success,
        Err(Halt::Errno(errno)) => Traced::Errno(errno),
        Err(_) => Traced::None,
    };
    let event = entered.leave(&shared.process, guest.memory(), outcome, duration);
    trace.tell(&event, &shared.control);
    call?;
    Ok(guest.pause()?)
}

/// Everything that a program imports, for one store. `memory`: what it imports as its memory, where it does.
pub fn all(store: &mut Store, context: &FunctionEnv<Context>, memory: Option<&Linear>) -> Imports {
    let shared = Arc::clone(&context.as_ref(store).shared);
    let mut imports = Imports::new();
    let functions = preview1(store, context);
    for module in MODULES {
        imports.register_namespace(module, functions.iter().map(|(name, item)| (name.clone(), item.clone())));
    }
    if shared.program.spawns_threads() {
        imports.define("wasi", "thread-spawn", Function::new_typed_with_env(store, context, threads::spawn));
    }
    if let (Some(memory), Some((module, name, _))) = (memory, shared.program.memory_import()) {
        imports.define(module, name, Extern::Memory(memory.clone()));
    }
    for (index, function) in shared.program.host_functions().iter().enumerate() {
        imports.define(&function.module, &function.name, host_function(store, context, index, function));
    }
    imports
}

fn host_function(
    store: &mut Store,
    context: &FunctionEnv<Context>,
    index: usize,
    function: &HostFunction,
) -> Function {
    let types = |kinds: &[ValueType]| kinds.iter().map(|kind| wasm_type(*kind)).collect::<Vec<_>>();
    let kind = FunctionType::new(types(&function.params), types(&function.results));
    Function::new_with_env(
        store,
        context,
        kind,
        move |mut env: FunctionEnvMut<'_, Context>, args: &[wasmer::Value]| {
            let (context, store) = env.data_and_store_mut();
            call_host(context, &store, index, args)
        },
    )
}

fn call_host(
    context: &Context,
    store: &StoreMut<'_>,
    index: usize,
    args: &[wasmer::Value],
) -> Result<Vec<wasmer::Value>, RuntimeError> {
    let shared = &*context.shared;
    let failed =
        |error| RuntimeError::user(Box::new(Ended::Host(Failure(std::sync::Mutex::new(Some(error))))));
    let host: &dyn Host = shared.host.as_deref().ok_or_else(|| ended(Halt::Errno(Errno::Nosys)))?;
    let guest = EngineGuest::new(context.memory.as_ref(), store, &shared.control);
    let args: Vec<_> = args.iter().filter_map(from_wasm).collect();
    let results = shared.waiting(|| host.call(index, &args, guest.memory(), &shared.control));
    let stopped = shared.control.stopped().is_some();
    match results {
        _ if stopped => Err(ended(Halt::Interrupted)),
        Ok(values) => Ok(values.into_iter().map(to_wasm).collect()),
        Err(error) => Err(failed(error)),
    }
}

const fn wasm_type(kind: ValueType) -> Type {
    match kind {
        ValueType::I32 => Type::I32,
        ValueType::I64 => Type::I64,
        ValueType::F32 => Type::F32,
        ValueType::F64 => Type::F64,
    }
}

/// `None` for a type that no host's function has: a program with one is refused.
const fn from_wasm(value: &wasmer::Value) -> Option<Value> {
    match value {
        wasmer::Value::I32(value) => Some(Value::I32(*value)),
        wasmer::Value::I64(value) => Some(Value::I64(*value)),
        wasmer::Value::F32(value) => Some(Value::F32(*value)),
        wasmer::Value::F64(value) => Some(Value::F64(*value)),
        _ => None,
    }
}

const fn to_wasm(value: Value) -> wasmer::Value {
    match value {
        Value::I32(value) => wasmer::Value::I32(value),
        Value::I64(value) => wasmer::Value::I64(value),
        Value::F32(value) => wasmer::Value::F32(value),
        Value::F64(value) => wasmer::Value::F64(value),
    }
}
