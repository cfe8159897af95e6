//! What the targets share: the count of calls, and the guest that makes them.

pub mod calls;
pub mod guest;
