//! The engine: guests in Wasmer, without Node.

mod run;
mod support;
mod threads;
mod wasix;
