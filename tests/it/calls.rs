//! The 46 functions, called as a guest calls them: a file for each file of `src/calls`, and what all have in common.

mod args;
mod clock;
pub mod every;
mod fd_io;
mod fd_readdir;
mod fd_stat;
mod fd_sync;
mod fd_table;
mod hostile;
mod iovecs;
mod memory_streams;
mod path_open;
mod path_stat;
mod path_tree;
mod paths;
mod poll;
mod proc;
mod random;
mod sock;
mod streams;
mod suspended;
