//! Compiled modules, and their compiling on a thread of its own.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;
use std::thread;

use napi::bindgen_prelude::{ToNapiValue, Uint8Array, Unknown};
use napi::{Env, JsValue, Result};
use napi_derive::napi;

use super::super::error::negated;
use super::super::objects::Objects;
use super::desk::Desk;
use super::runs::Kept;
use crate::abi::Errno;
use crate::engine::{Abi, Compiler, HostFunction, Program, Refusal, Upgrading, ValueType};
use crate::vfs::host::from_host;

/// A compiler recurses into deeply nested code.
const STACK: usize = 8 << 20;

/// How a module is compiled.
#[napi(object, object_to_js = false)]
pub struct CompileOptions {
    /// What compiles it.
    pub compiler: CompilerName,
    /// Whether it counts fuel.
    pub metered: bool,
    /// The directory of the cache, or nothing.
    pub cache: String,
}

/// What compiles a module.
#[napi(string_enum = "lowercase")]
pub enum CompilerName {
    /// Fast code, slowly.
    Cranelift,
    /// Slow code, at once.
    Singlepass,
    /// The one, and then the other.
    Auto,
}

/// Compiles a copy of `bytes`, and calls `done` with why they cannot run, or with the program. Answers 0, or the errno, negated,
/// where the host has no thread for it.
#[napi(catch_unwind)]
pub fn compile(env: Env, bytes: Uint8Array, options: CompileOptions, done: Unknown<'_>) -> Result<i32> {
    let desk = Desk::of(env.raw())?;
    let bytes = bytes.to_vec();
    let kept = Kept::new(env.raw(), &[done.raw()])?;
    let sender = Arc::clone(&desk);
    let compiling = thread::Builder::new().name("preopen-compile".to_owned()).stack_size(STACK);
    let begun = compiling.spawn(move || {
        let compiled = catch_unwind(AssertUnwindSafe(|| build(&bytes, &options)));
        drop(bytes);
        let compiled = compiled.unwrap_or_else(|_| {
            Err(Refusal("preopen: internal error of the compiler (this is a bug of preopen)".to_owned()))
        });
        let desk = Arc::clone(&sender);
        sender.post(move |env| {
            desk.idle(env);
            // SAFETY: a task is done on the thread of its env.
            let Some(done) = (unsafe { kept.take(env) }) else { return };
            // Where the engine refuses, the environment is being ended; what `done` throws is pending.
            let _refused = tell(env, done, compiled);
        });
    });
    if let Err(error) = begun {
        let errno = error
            .raw_os_error()
            .map_or(Errno::Again, |code| from_host(rustix::io::Errno::from_raw_os_error(code)));
        return Ok(negated(errno));
    }
    desk.busy(env.raw());
    Ok(0)
}

fn tell(
    env: napi::sys::napi_env,
    done: napi::sys::napi_value,
    compiled: std::result::Result<ProgramHandle, Refusal>,
) -> Option<()> {
    let objects = Objects { env };
    let args = match compiled {
        Ok(program) => {
            // SAFETY: this is the thread of env.
            [objects.null()?, unsafe { ProgramHandle::to_napi_value(env, program) }.ok()?]
        }
        Err(Refusal(why)) => [objects.text(why.as_bytes())?, objects.null()?],
    };
    objects.call_function(objects.undefined()?, done, &args).map(drop)
}

fn build(bytes: &[u8], options: &CompileOptions) -> std::result::Result<ProgramHandle, Refusal> {
    let CompileOptions { compiler, metered, cache } = options;
    let cache = (!cache.is_empty()).then(|| Path::new(cache));
    let compiler = match compiler {
        CompilerName::Cranelift => Compiler::Cranelift,
        CompilerName::Singlepass => Compiler::Singlepass,
        CompilerName::Auto => {
            let upgrading = Program::auto(bytes, *metered, cache)?;
            return Ok(ProgramHandle { cached: upgrading.is_cached(), code: Code::Upgrading(upgrading) });
        }
    };
    let (program, cached) = match cache {
        Some(directory) => Program::cached(bytes, compiler, *metered, directory)?,
        None => (Program::compile(bytes, compiler, *metered)?, false),
    };
    Ok(ProgramHandle { cached, code: Code::Fixed(Arc::new(program)) })
}

/// A compiled module.
#[napi(js_name = "Program")]
pub struct ProgramHandle {
    code: Code,
    cached: bool,
}

enum Code {
    Fixed(Arc<Program>),
    Upgrading(Upgrading),
}

impl ProgramHandle {
    /// What runs now.
    pub fn program(&self) -> Arc<Program> {
        match &self.code {
            Code::Fixed(program) => Arc::clone(program),
            Code::Upgrading(upgrading) => upgrading.current(),
        }
    }
}

/// A function that the host is to provide.
#[napi(object, object_from_js = false, js_name = "HostFunction")]
pub struct HostFunctionType {
    /// The module's name for where it is from.
    pub module: String,
    /// Its name.
    pub name: String,
    /// What it takes.
    pub params: Vec<&'static str>,
    /// What it returns.
    pub results: Vec<&'static str>,
}

#[napi]
impl ProgramHandle {
    /// What its system calls are.
    #[napi(getter, catch_unwind)]
    pub fn abi(&self) -> &'static str {
        match self.program().abi() {
            Abi::Preview1 => "preview1",
            Abi::Unstable => "unstable",
            Abi::Wasix => "wasix",
        }
    }

    /// What compiled it.
    #[napi(getter, catch_unwind)]
    pub fn compiler(&self) -> &'static str {
        match self.program().compiler() {
            Compiler::Cranelift => "cranelift",
            Compiler::Singlepass => "singlepass",
        }
    }

    /// Whether it counts fuel.
    #[napi(getter, catch_unwind)]
    pub fn metered(&self) -> bool {
        self.program().is_metered()
    }

    /// Whether it came from the cache.
    #[napi(getter, catch_unwind)]
    pub fn cached(&self) -> bool {
        self.cached
    }

    /// The functions that it imports and that the host is to provide.
    #[napi(catch_unwind)]
    pub fn host_functions(&self) -> Vec<HostFunctionType> {
        let names = |types: &[ValueType]| types.iter().map(|kind| name(*kind)).collect();
        let functions = self.program();
        let functions = functions.host_functions().iter();
        let functions = functions.map(|HostFunction { module, name, params, results }| HostFunctionType {
            module: module.clone(),
            name: name.clone(),
            params: names(params),
            results: names(results),
        });
        functions.collect()
    }
}

const fn name(kind: ValueType) -> &'static str {
    match kind {
        ValueType::I32 => "i32",
        ValueType::I64 => "i64",
        ValueType::F32 => "f32",
        ValueType::F64 => "f64",
    }
}
