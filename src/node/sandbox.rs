//! The object that JavaScript holds: one guest's process, and the way to its calls.

use std::rc::Rc;

use napi::bindgen_prelude::{FromNapiValue, JsObjectValue, Object, Uint8Array, Unknown};
use napi::{Env, JsValue, Result};
use napi_derive::napi;

use super::door::{self, Door};
use super::error::throw_init;
use super::frame::{Frame, SIZE};
use super::options::{Failure, GivenSocket, Options, Trace, process};
use super::signals::ignore_file_size_limit;
use super::stream::StandardStream;
use super::tracer::Tracer;

/// One guest's process, and the way to its calls.
#[napi]
pub struct Sandbox {
    door: Rc<Door>,
    sockets: Vec<GivenSocket>,
}

/// Makes a sandbox. `options.hooks` are the functions of `lib/` that a call may need; the function `dispatch` keeps them.
/// Throws as node:wasi does where a preopen or a descriptor can't be opened.
#[napi]
pub fn create(env: Env, options: Object<'_>) -> Result<Sandbox> {
    ignore_file_size_limit();
    // SAFETY: the object is a live value of env.
    let parsed = unsafe { Options::from_napi_value(env.raw(), options.raw()) }?;
    let failed = |Failure(errno, at): Failure| throw_init(env.raw(), errno, at.as_ref());
    let tracer = match parsed.trace {
        Trace::Off => None,
        Trace::Stderr => Some(Tracer::stderr().map_err(|errno| failed(errno.into()))?),
        Trace::Function => Some(Tracer::hook()),
    };
    let (process, sockets) = process(parsed, StandardStream::stream).map_err(failed)?;
    let hooks = options.get_named_property::<Unknown<'_>>("hooks")?;
    Ok(Sandbox { door: Rc::new(Door::new(env.raw(), process, hooks.raw(), tracer)?), sockets })
}

#[napi]
impl Sandbox {
    /// The adapter's import: takes the call out of the frame and leaves the answer there. A new function each time.
    #[napi(getter)]
    pub fn dispatch(&self, env: Env) -> Result<Unknown<'_>> {
        let function = door::dispatch_function(env.raw(), Rc::clone(&self.door))?;
        // SAFETY: the function was just made in env.
        Ok(unsafe { Unknown::from_raw_unchecked(env.raw(), function) })
    }

    /// Tells where the adapter's call frame is, which must stay there.
    #[napi]
    pub fn attach(&self, mut frame: Uint8Array) -> Result<()> {
        // SAFETY: only the address and the length are used; no reference to the bytes is kept.
        let bytes = unsafe { frame.as_mut() };
        if bytes.len() < SIZE || bytes.as_ptr().align_offset(8) != 0 {
            return Err(napi::Error::from_reason("the call frame is too small"));
        }
        // SAFETY: a memory of one page, which can't grow; the adapter's functions, through which alone a call comes, keep
        // it alive, and nothing else refers to it.
        self.door.attach(unsafe { Frame::new(bytes.as_mut_ptr()) });
        Ok(())
    }

    /// From now on, a call that has to wait calls the hook `suspend`, and is made again by the adapter when the promise
    /// is fulfilled.
    #[napi]
    pub fn suspend_calls(&self) {
        self.door.suspend_calls();
    }

    /// Closes every descriptor. A call that needs one answers `Badf` from then on.
    #[napi]
    pub fn close(&self) {
        self.door.close();
    }

    /// The sockets that the guest was given.
    #[napi]
    pub fn sockets(&self) -> Vec<GivenSocket> {
        self.sockets.clone()
    }
}
