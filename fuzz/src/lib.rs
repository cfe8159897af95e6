//! What the targets share: the fuzzer's bytes as calls, guests that make them, what they are made on, and what holds after each.

pub mod allocated;
pub mod calls;
pub mod check;
pub mod decode;
pub mod engine;
mod files;
pub mod guest;
pub mod host;
pub mod input;
pub mod overlay;
pub mod parity;
pub mod plan;
#[path = "../../tests/it/refuse.rs"]
mod refuse;
pub mod resolve;
pub mod spec;
pub mod stage;
pub mod tarball;
pub mod tree;
pub mod world;
