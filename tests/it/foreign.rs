//! Filesystems of the crate virtual-fs as preopens.

mod guests;
mod kinds;
mod limits;
mod names;
mod strange;
