//! Filesystems of the crate virtual-fs as preopens.

pub mod contract;
mod guests;
mod kinds;
mod limits;
mod names;
mod strange;
