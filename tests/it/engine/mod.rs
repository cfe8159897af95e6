//! The door for guests that run in Wasmer, without Node.

mod program;
mod run;
mod support;
mod threads;
