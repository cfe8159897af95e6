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
}
