//! A compiled module: what it is, what it imports, what was refused.
#![expect(unsafe_code, reason = "what is validated here is not validated again by the engine")]

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use wasmer::sys::wasmparser::Operator;
use wasmer::sys::{
    CompilerConfig, Cranelift, Features, FunctionMiddleware, MiddlewareError, MiddlewareReaderState,
    ModuleMiddleware, NativeEngineExt, Singlepass, Target,
};
use wasmer::{Engine, ExportIndex, ExternType, LocalFunctionIndex, MemoryType, Module, ModuleInfo};
use wasmer_middlewares::Metering;

use super::host::HostFunction;
use super::linkage::{Linkage, takes_and_returns_nothing};
use super::refusal::{Refusal, validate};
use super::signals;

/// What compiles a module.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Compiler {
    /// Fast code, slowly.
    Cranelift,
    /// Slow code, at once.
    Singlepass,
}

/// What a module's system calls are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Abi {
    /// None, or preview1.
    Preview1,
    /// preview0, `wasi_unstable`.
    Unstable,
    /// WASIX, `wasix_32v1`.
    Wasix,
}

/// A compiled module. Cheap to share; its native code goes with the last that holds it.
pub struct Program {
    // In this order they are dropped: the module deregisters its traps before the engine frees the code.
    pub(super) module: Module,
    pub(super) engine: Engine,
    pub(super) abi: Abi,
    pub(super) compiler: Compiler,
    /// Whether it counts fuel.
    pub(super) metered: bool,
    pub(super) host_functions: Vec<HostFunction>,
    thread_spawn: bool,
    memory_import: Option<(String, String, MemoryType)>,
}

/// Under which name a module's start function is exported, which [`Program::start_export`] tells.
const START: &str = "preopen:start";

impl Program {
    /// Compiles a module, on the thread that calls and on as many others as there are cores. Where `metered`, it counts
    /// fuel: one unit for each operation, which is an instruction of WebAssembly's text, `end` and `else` included.
    pub fn compile(bytes: &[u8], compiler: Compiler, metered: bool) -> Result<Self, Refusal> {
        let features = compiler.features();
        let valid = validate(bytes, compiler, &features)?;
        let linkage = Linkage::of_types(&valid.types)?;
        if compiler == Compiler::Singlepass
            && let Some(function) = linkage.host_functions.iter().find(|function| function.results.len() > 1)
        {
            // It panics over one.
            return Err(Refusal(format!(
                "Singlepass has no imported functions of several results, and the module imports {}.{}: use Cranelift \
                 (engine: 'cranelift')",
                function.module, function.name
            )));
        }
        // The crate wasmer-wasix instantiates by itself, and knows nothing of a start that waits.
        let defers = valid.starts && linkage.abi != Abi::Wasix;
        drop(valid);
        let engine = compiler.engine(features, metered, defers);
        let module = guarded(|| {
            // SAFETY: `validate` has passed it, with the features that this engine's own validator would take.
            unsafe { Module::from_binary_unchecked(&engine, bytes) }.map_err(|error| error.to_string())
        })
        .map_err(|error| Refusal(format!("{} cannot compile the module: {error}", compiler.name())))?;
        Self::assemble(engine, module, compiler, metered)
    }

    /// What a compiled module is besides.
    pub(super) fn assemble(
        engine: Engine,
        module: Module,
        compiler: Compiler,
        metered: bool,
    ) -> Result<Self, Refusal> {
        let Linkage { abi, thread_spawn, memory, host_functions } = Linkage::of_module(&module)?;
        let info = module.info();
        if info.memories.values().skip(info.num_imported_memories).any(|memory| memory.shared) {
            // Whoever waits in one could not be woken: only a memory that the run has made is known to it.
            return Err(Refusal(
                "the module defines a shared memory; one that is shared has to be imported, as programs for wasi-threads \
                 have it (link with --import-memory)"
                    .to_owned(),
            ));
        }
        Ok(Self {
            module,
            engine,
            abi,
            compiler,
            metered,
            host_functions,
            thread_spawn,
            memory_import: memory,
        })
    }

    /// What Wasmer knows of it.
    pub const fn module(&self) -> &Module {
        &self.module
    }

    /// Whose numbers and layouts it uses.
    pub const fn abi(&self) -> Abi {
        self.abi
    }

    /// What compiled it.
    pub const fn compiler(&self) -> Compiler {
        self.compiler
    }

    /// Whether it counts fuel: only such a program can be given some.
    pub const fn is_metered(&self) -> bool {
        self.metered
    }

    /// The functions that it imports and that neither WASI nor the engine provides: the host has to.
    pub fn host_functions(&self) -> &[HostFunction] {
        &self.host_functions
    }

    /// Whether it imports `wasi.thread-spawn`.
    pub const fn spawns_threads(&self) -> bool {
        self.thread_spawn
    }

    /// The memory that it imports, which the run creates: module, name, type.
    pub fn memory_import(&self) -> Option<(&str, &str, MemoryType)> {
        self.memory_import.as_ref().map(|(module, name, ty)| (module.as_str(), name.as_str(), *ty))
    }

    /// Whether its calls have a memory to work on: it exports one as `memory`, or imports one.
    pub fn has_memory(&self) -> bool {
        self.memory_import.is_some()
            || self
                .module
                .info()
                .exports
                .get("memory")
                .is_some_and(|export| matches!(export, ExportIndex::Memory(_)))
    }

    /// Whether it is a command: it exports a function `_start` that takes and returns nothing.
    pub fn exports_start(&self) -> bool {
        self.exports_procedure("_start")
    }

    /// Whether it is a reactor: it exports a function `_initialize` that takes and returns nothing.
    pub fn exports_initialize(&self) -> bool {
        self.exports_procedure("_initialize")
    }

    /// The export that holds the module's start function, where it has one. The run calls it first: the engine does not when
    /// it instantiates the module, so that no instruction of the guest's runs before it has its fuel. (WASIX: none; there
    /// the engine calls it.)
    pub fn start_export(&self) -> Option<&'static str> {
        self.module.info().exports.contains_key(START).then_some(START)
    }

    fn exports_procedure(&self, name: &str) -> bool {
        self.module.exports().any(|export| {
            export.name() == name
                && matches!(export.ty(), ExternType::Function(ty) if takes_and_returns_nothing(ty))
        })
    }
}

impl Compiler {
    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Cranelift => "Cranelift",
            Self::Singlepass => "Singlepass",
        }
    }

    /// What it can compile. Singlepass says of itself that it has SIMD, and panics over the first vector.
    pub(super) fn features(self) -> Features {
        let target = Target::default();
        match self {
            Self::Cranelift => Cranelift::new().supported_features_for_target(&target),
            Self::Singlepass => {
                let mut features = Singlepass::new().supported_features_for_target(&target);
                features.simd(false);
                features
            }
        }
    }

    /// An engine for one program: it keeps all code that it has ever compiled.
    pub(super) fn engine(self, features: Features, metered: bool, defers_start: bool) -> Engine {
        // Whoever makes a store has an engine: what a first store would take is taken in order.
        signals::prepare();
        let mut config: Box<dyn CompilerConfig> = match self {
            Self::Cranelift => Box::new(Cranelift::new()),
            Self::Singlepass => Box::new(Singlepass::new()),
        };
        if defers_start {
            config.push_middleware(Arc::new(DeferredStart));
        }
        if metered {
            // Without an end until the run says otherwise.
            config.push_middleware(Arc::new(Metering::new(u64::MAX, |_: &Operator<'_>| 1)));
        }
        Engine::new(config, Target::default(), features)
    }
}

/// Makes a module's start function an export that nobody calls by itself.
#[derive(Debug)]
struct DeferredStart;

impl ModuleMiddleware for DeferredStart {
    fn generate_function_middleware<'a>(
        &self,
        _: LocalFunctionIndex,
    ) -> Box<dyn FunctionMiddleware<'a> + 'a> {
        Box::new(Unchanged)
    }

    fn transform_module_info(&self, info: &mut ModuleInfo) -> Result<(), MiddlewareError> {
        if info.exports.contains_key(START) {
            return Err(MiddlewareError::new(
                "preopen",
                format!("the module exports {START}, which is ours"),
            ));
        }
        if let Some(function) = info.start_function.take() {
            info.exports.insert(START.to_owned(), ExportIndex::Function(function));
        }
        Ok(())
    }
}

#[derive(Debug)]
struct Unchanged;

impl<'a> FunctionMiddleware<'a> for Unchanged {
    fn feed(
        &mut self,
        operator: Operator<'a>,
        state: &mut MiddlewareReaderState<'a>,
    ) -> Result<(), MiddlewareError> {
        state.push_operator(operator);
        Ok(())
    }
}

/// Runs what may panic in Wasmer's own code.
pub(super) fn guarded<T>(work: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| Err(format!("a panic: {}", said(&*panic))))
}

/// What a panic said.
pub(super) fn said(panic: &(dyn Any + Send)) -> &str {
    panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no words")
}
