//! The tests that need no JavaScript.

mod host_dir;
mod sandbox;
mod support;
mod tidy;
