//! The tests that need no JavaScript.

mod abi;
mod calls;
mod fds;
mod guest;
mod host_dir;
mod memory;
mod sandbox;
mod scripted;
mod support;
mod tidy;
mod trace;
mod vfs_contract;
