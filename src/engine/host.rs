//! Functions of the host's that a guest imports besides WASI's.

use std::any::Any;

use super::control::Control;
use crate::guest::Memory;

/// The type of a value that a host's function takes or returns.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ValueType {
    /// i32
    I32,
    /// i64
    I64,
    /// f32
    F32,
    /// f64
    F64,
}

/// A value, as its bits.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Value {
    /// i32
    I32(i32),
    /// i64
    I64(i64),
    /// f32
    F32(f32),
    /// f64
    F64(f64),
}

impl Value {
    /// Its type.
    pub const fn kind(self) -> ValueType {
        match self {
            Self::I32(_) => ValueType::I32,
            Self::I64(_) => ValueType::I64,
            Self::F32(_) => ValueType::F32,
            Self::F64(_) => ValueType::F64,
        }
    }
}

/// A function that a module imports and that is the host's to provide.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HostFunction {
    /// The module's name for where it is from.
    pub module: String,
    /// Its name.
    pub name: String,
    /// What it takes.
    pub params: Vec<ValueType>,
    /// What it returns.
    pub results: Vec<ValueType>,
}

/// What a host's function failed with: whatever the host knows it by.
pub struct HostError(pub Box<dyn Any + Send>);

/// Whoever provides a run's imported functions.
pub trait Host: Send + Sync {
    /// Calls the function of this index in [`Program::host_functions`](super::Program::host_functions), on the guest's thread,
    /// which waits. `memory` is the guest's, for as long as the call lasts. It returns early where `control` says that the
    /// guest is stopped. The values it answers are of the function's types.
    fn call(
        &self,
        function: usize,
        args: &[Value],
        memory: Memory<'_>,
        control: &Control,
    ) -> Result<Vec<Value>, HostError>;
}
