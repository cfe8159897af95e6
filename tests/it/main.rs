//! The tests that need no JavaScript.

mod abi;
mod archives;
mod calls;
#[cfg(feature = "engine")]
mod engine;
#[cfg(feature = "virtual-fs-tests")]
mod export;
mod faults;
mod fds;
#[cfg(feature = "virtual-fs-tests")]
mod foreign;
mod guest;
mod host_dir;
mod memory;
mod overlay;
mod refuse;
mod rooted;
mod sandbox;
mod scripted;
mod support;
mod tidy;
mod trace;
mod vfs_contract;
mod with_files;
