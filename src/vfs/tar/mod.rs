//! Tar archives, written and read in pieces of any size: ustar, with pax records for what that has no room for.
//!
//! What GNU tar, bsdtar and Node's libraries write can be read, but for files stored with their holes left out.

mod reader;
mod records;
mod writer;

pub use reader::{Reader, Stopped};
pub use writer::Writer;

/// The unit in which an archive is laid out, bytes.
const BLOCK: usize = 512;

/// How many bytes follow `size` bytes up to the end of their last block.
const fn padding(size: u64) -> usize {
    (BLOCK - (size % BLOCK as u64) as usize) % BLOCK
}
