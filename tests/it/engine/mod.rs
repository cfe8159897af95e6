//! The door for guests that run in Wasmer, without Node.

mod cache;
mod control;
mod program;
mod run;
mod support;
mod threads;
mod wasix;
