//! The calling program, seen only as its memory: bounds-checked reads and writes, lists of ranges, strings.

mod iovecs;
mod memory;
mod strings;

pub use iovecs::{Iovecs, ROUND_BYTES, Round};
pub use memory::Memory;
pub use strings::{Strings, TextBuffer, read_text};

/// The wait or the work is to be given up: the engine ends the guest.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Interrupted;

/// How far a call had come when its guest was suspended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Progress {
    /// When it was made first: on the monotonic clock, ns.
    pub began: u64,
    /// How many bytes it has transferred.
    pub done: usize,
}

/// One guest, as a call sees it.
pub trait Guest {
    /// Its memory now. Views are borrowed late and dropped early: [`Guest::pause`], which can run the engine's code,
    /// cannot be called while one is held.
    fn memory(&self) -> Memory<'_>;

    /// Runs what may run the engine's own code: a call on a filesystem or a stream, which the host may have written in
    /// JavaScript. No view of the memory lives through it; afterwards [`Guest::memory`] is where the engine has it then.
    /// Errors: the guest is being ended.
    fn leave<T>(&mut self, act: impl FnOnce() -> T) -> Result<T, Interrupted>;

    /// Lets the engine look up between two slices of a long call. Errors: the guest is being ended.
    fn pause(&mut self) -> Result<(), Interrupted>;

    /// Whether the guest can be suspended in this call: the number under which what the call waits for is kept. When that is
    /// there, the whole call is made again. `None`: the call waits where it is.
    fn ticket(&mut self) -> Option<u64>;

    /// How far this call had come when it was suspended; `None` for one that is made for the first time.
    fn progress(&self) -> Option<Progress>;
}
