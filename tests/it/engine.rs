//! The door for guests that run in Wasmer.

mod control;
