//! The descriptor table: what a guest's numbers stand for.

mod entry;
mod table;

pub use entry::{Entry, Object};
pub use table::{Table, Taken};
