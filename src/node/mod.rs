//! The door for guests that run in V8, and the only code that names Node-API.
//!
//! JavaScript makes a [`Sandbox`](sandbox::Sandbox) and instantiates the adapter module with its `dispatch`; from then on
//! the guest's calls come through [`door`].
//!
//! Bytes are copied to JavaScript, never lent: Electron has no buffers over memory of others.

#![expect(unsafe_code, reason = "Node-API is a C interface")]

mod adapter;
mod door;
#[cfg(feature = "engine")]
mod engine;
mod error;
mod filesystem;
mod frame;
mod javascript;
mod mounts;
mod objects;
mod options;
mod poller;
mod provider;
mod sandbox;
mod signals;
mod stream;
mod suspend;
mod threadsafe;
mod tracer;

use napi::bindgen_prelude::BufferSlice;
use napi::{Env, Result};
use napi_derive::napi;

/// The adapter module, as bytes to compile once a thread: it imports `preopen.dispatch` and the call frame
/// `preopen.frame` (a memory of one page), and exports the functions of preview1 and `slots` (a table of two
/// functions: the probe's, and the suspender's).
#[napi(js_name = "adapter")]
pub fn adapter_module(env: &Env) -> Result<BufferSlice<'_>> {
    BufferSlice::copy_from(env, adapter::adapter())
}

/// The suspender module, as bytes to compile once a thread: it imports `preopen.wait`, and exports `suspend`.
#[napi(js_name = "suspender")]
pub fn suspender_module(env: &Env) -> Result<BufferSlice<'_>> {
    BufferSlice::copy_from(env, adapter::suspender())
}

/// The probe for a kind of memory, as bytes to compile once a thread: it imports `guest.memory` and
/// `adapter.slots`, and puts `memory.size` of the one into the first of the other.
#[napi(js_name = "probe")]
pub fn probe_module(env: &Env, shared: bool, memory64: bool) -> Result<BufferSlice<'_>> {
    BufferSlice::copy_from(env, adapter::probe(shared, memory64))
}
