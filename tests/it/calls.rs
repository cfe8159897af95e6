//! The 46 functions, called as a guest calls them: a file for each file of `src/calls`, and what all have in common.

mod args;
mod clock;
mod every;
mod fd_io;
mod iovecs;
