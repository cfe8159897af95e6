//! What the targets share: the count of calls, and the guest that makes them.

pub mod calls;
mod files;
pub mod guest;
pub mod overlay;
#[path = "../../tests/it/refuse.rs"]
mod refuse;
pub mod resolve;
