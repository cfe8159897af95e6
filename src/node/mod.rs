//! The door for guests that run in V8, and the only code that names Node-API.
//!
//! JavaScript makes a [`Sandbox`](sandbox::Sandbox) and instantiates the adapter module with its `dispatch`; from then on
//! the guest's calls come through [`door`].

#![expect(unsafe_code, reason = "Node-API is a C interface")]

mod adapter;
mod door;
mod error;
mod frame;
mod options;
mod sandbox;
mod signals;

use napi::bindgen_prelude::Buffer;
use napi_derive::napi;

/// The adapter module, as bytes to compile once a thread: it imports `preopen.dispatch` and the call frame
/// `preopen.frame` (a memory of one page), and exports the functions of preview1, the frame again, and `memory_size` (a
/// table of one function).
#[napi(js_name = "adapter")]
pub fn adapter_module() -> Buffer {
    adapter::adapter().into()
}

/// The probe for a kind of memory, as bytes to compile once a thread: it imports `guest.memory` and
/// `adapter.memory_size`, and puts `memory.size` of the one into the other.
#[napi(js_name = "probe")]
pub fn probe_module(shared: bool, memory64: bool) -> Buffer {
    adapter::probe(shared, memory64).into()
}
