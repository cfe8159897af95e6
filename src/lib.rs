//! `preopen` is WASI for Node.js: preview1 over a virtual filesystem, for guests that run in a JavaScript engine.
//!
//! The core (everything but [`node`]) knows no engine. A door (`node`) sees a guest's memory as [`guest::Guest`] and hands
//! each call to [`calls::dispatch`], which works on a [`process::Process`]. ARCHITECTURE.md is the map; RATIONALE.md says
//! why.

pub mod abi;
pub mod calls;
#[cfg(feature = "engine")]
pub mod engine;
pub mod fds;
pub mod guest;
// napi-derive exports nothing to a unit test, where the door would seem unused.
#[cfg(all(feature = "node", not(test)))]
pub mod node;
pub mod process;
pub mod span;
pub mod stdio;
pub mod system;
pub mod trace;
pub mod vfs;
