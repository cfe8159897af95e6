//! The door for guests that run in Wasmer, each on a thread of its own, and the only code that names that engine.
//!
//! [`Program`] is a compiled module, [`start`] a run of one over a [`Process`](crate::process::Process): its calls are those
//! of [`crate::calls`], as they are for guests in V8. A [`Control`] stops it from anywhere.

mod cache;
mod control;
mod current;
mod guest;
mod host;
mod imports;
mod limits;
mod linkage;
mod outcome;
mod pool;
mod program;
mod refusal;
mod signals;
mod threads;
mod upgrade;
mod warden;
mod wasix;
mod worker;

pub use control::{Control, Stop};
pub use host::{Host, HostError, HostFunction, Value, ValueType};
pub use outcome::{End, Frame, Outcome, Trap};
pub use pool::Pool;
pub use program::{Abi, Compiler, Program};
pub use refusal::Refusal;
pub use signals::prepare;
pub use upgrade::Upgrading;
pub use warden::open_orders;
pub use wasix::{BadRule, Network, Rule};
pub use worker::{Limits, Run, Trace, start};
