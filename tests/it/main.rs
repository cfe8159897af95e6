//! The tests that need no JavaScript.

mod calls;
mod host_dir;
mod sandbox;
mod scripted;
mod support;
mod tidy;
