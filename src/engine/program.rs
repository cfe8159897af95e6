//! A compiled module: what it is, what it imports, what was refused.

use super::host::HostFunction;

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

/// Why a module is none that can run here: one or more sentences.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Refusal(pub String);

/// A compiled module. Cheap to share; its native code goes with the last that holds it.
pub struct Program {
    pub(super) engine: wasmer::Engine,
    pub(super) module: wasmer::Module,
    pub(super) abi: Abi,
    pub(super) compiler: Compiler,
    /// Whether it counts fuel.
    pub(super) metered: bool,
    pub(super) host_functions: Vec<HostFunction>,
}

impl Program {
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

    /// Compiles a module.
    pub fn compile(bytes: &[u8], compiler: Compiler, metered: bool) -> Result<Self, Refusal> {
        use wasmer::sys::{CompilerConfig, Cranelift, EngineBuilder, Singlepass};
        let mut config: Box<dyn CompilerConfig> = match compiler {
            Compiler::Cranelift => Box::new(Cranelift::default()),
            Compiler::Singlepass => Box::new(Singlepass::default()),
        };
        if metered {
            config.push_middleware(std::sync::Arc::new(wasmer_middlewares::Metering::new(0, |_| 1)));
        }
        let engine: wasmer::Engine = EngineBuilder::new(config).engine().into();
        let module = wasmer::Module::new(&engine, bytes).map_err(|error| Refusal(error.to_string()))?;
        let mut host_functions = Vec::new();
        for import in module.imports().functions() {
            if !matches!(import.module(), "wasi_snapshot_preview1" | "wasi_unstable" | "wasi" | "wasix_32v1")
            {
                let _ = &import;
                host_functions.push(HostFunction {
                    module: import.module().into(),
                    name: import.name().into(),
                    params: Vec::new(),
                    results: Vec::new(),
                });
            }
        }
        let wasix = module.imports().any(|import| import.module() == "wasix_32v1");
        let abi = if wasix { Abi::Wasix } else { Abi::Preview1 };
        Ok(Self { engine, module, abi, compiler, metered, host_functions })
    }

    pub(super) fn spawns_threads(&self) -> bool {
        self.module.imports().any(|import| import.module() == "wasi" && import.name() == "thread-spawn")
    }

    pub(super) fn memory_import(&self) -> Option<(String, String, wasmer::MemoryType)> {
        let import = self.module.imports().memories().next()?;
        Some((import.module().into(), import.name().into(), *import.ty()))
    }

    pub(super) const fn module(&self) -> &wasmer::Module {
        &self.module
    }
}
