//! The engine: guests in Wasmer, without Node.

mod control;
mod run;
mod support;
mod threads;
mod wasix;
