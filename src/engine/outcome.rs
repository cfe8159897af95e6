//! How a run ends.

use std::time::Duration;

use wasmer::RuntimeError;
use wasmer_types::TrapCode;

use super::control::Stop;
use super::host::HostError;
use crate::abi::Errno;

/// What a run came to.
pub struct Outcome {
    /// How it ended.
    pub end: End,
    /// How long it ran, from its own beginning: the time in a queue is not counted.
    pub duration: Duration,
    /// How much fuel it has used, where it was given some.
    pub fuel_used: Option<u64>,
}

/// How a run ends.
pub enum End {
    /// By itself: its exit code.
    Exit(u32),
    /// It raised a signal (its number in preview1) that ends a program.
    Raised(u8),
    /// WebAssembly trapped.
    Trap(Trap),
    /// It had used up its fuel.
    Fuel,
    /// From outside.
    Stopped(Stop),
    /// A function of the host's failed.
    Host(HostError),
    /// It never began: what it was given cannot run. A sentence that says why.
    Refused(String),
    /// It never began: the host has no room for it.
    System(Errno),
    /// A fault of our own, caught.
    Panicked(String),
}

/// Why WebAssembly stopped.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Trap {
    /// In a word, as the specification's tests call it: `unreachable`, `out of bounds memory access`.
    pub code: &'static str,
    /// In a sentence.
    pub message: String,
    /// Where it was, the innermost first.
    pub frames: Vec<Frame>,
}

/// A WebAssembly function that was running.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Frame {
    /// Its name, where the module's name section has one.
    pub name: Option<String>,
    /// Its index in the module.
    pub index: u32,
    /// Where in the module's bytes it was.
    pub offset: u32,
}

impl Trap {
    /// What an error of Wasmer's says.
    pub(super) fn new(error: &RuntimeError) -> Self {
        let code = error.clone().to_trap();
        let frames = error.trace().iter().map(|frame| Frame {
            name: frame.function_name().map(str::to_owned),
            index: frame.func_index(),
            offset: u32::try_from(frame.module_offset()).unwrap_or(u32::MAX),
        });
        Self { code: code.map_or("error", word), message: error.message(), frames: frames.collect() }
    }
}

/// The specification's word for it, where it has one.
const fn word(code: TrapCode) -> &'static str {
    match code {
        TrapCode::StackOverflow => "call stack exhausted",
        TrapCode::HeapAccessOutOfBounds => "out of bounds memory access",
        TrapCode::HeapMisaligned | TrapCode::UnalignedAtomic => "unaligned atomic",
        TrapCode::TableAccessOutOfBounds => "undefined element",
        TrapCode::IndirectCallToNull => "uninitialized element",
        TrapCode::BadSignature => "indirect call type mismatch",
        TrapCode::IntegerOverflow => "integer overflow",
        TrapCode::IntegerDivisionByZero => "integer divide by zero",
        TrapCode::BadConversionToInteger => "invalid conversion to integer",
        TrapCode::UnreachableCodeReached => "unreachable",
        TrapCode::UncaughtException => "uncaught exception",
        TrapCode::UninitializedExnRef => "null exception reference",
        TrapCode::YieldOutsideAsyncContext => "yield outside of an asynchronous call",
        TrapCode::HostInterrupt => "interrupted",
        TrapCode::ReadonlyTableModified => "read-only table",
    }
}
