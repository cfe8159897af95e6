//! A guest's memory as JavaScript sees it while a function of the host's is called: by copies.

use std::ptr::null;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use napi::bindgen_prelude::{BufferSlice, Uint8Array};
use napi::{Env, Error, Result, Status, sys};
use napi_derive::napi;

use crate::guest::Memory;

/// A memory that is lent until this is dropped.
pub struct Lent {
    shared: Arc<Shared>,
}

/// There as long as it is lent.
pub struct Shared(Mutex<Option<Memory<'static>>>);

// SAFETY: a memory is used under the lock alone, from whatever thread, as `Memory::new` allows.
unsafe impl Send for Shared {}
// SAFETY: as above.
unsafe impl Sync for Shared {}

impl Lent {
    /// Lends a memory.
    pub fn new(memory: Memory<'_>) -> Self {
        // SAFETY: it is taken away, under the lock, before this is gone; and the caller's call, for which it is alive, goes on
        // until then: `Lent` is used in `JsHost::call` alone, which drops it.
        let memory = unsafe { std::mem::transmute::<Memory<'_>, Memory<'static>>(memory) };
        Self { shared: Arc::new(Shared(Mutex::new(Some(memory)))) }
    }

    /// What JavaScript gets.
    pub fn shared(&self) -> Arc<Shared> {
        Arc::clone(&self.shared)
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        *self.shared.lock() = None;
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Option<Memory<'static>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The guest's memory, for as long as a call of a host function lasts.
#[napi]
pub struct CallMemory {
    shared: Arc<Shared>,
}

impl CallMemory {
    /// What is lent.
    pub const fn new(shared: Arc<Shared>) -> Self {
        Self { shared }
    }
}

#[napi]
impl CallMemory {
    /// How large it is, bytes.
    #[napi(getter, catch_unwind)]
    pub fn size(&self) -> Result<f64> {
        Ok(lent(&self.shared.lock())?.len() as f64)
    }

    /// A copy of `length` bytes.
    #[napi(catch_unwind)]
    pub fn read<'e>(&self, env: &'e Env, ptr: f64, length: f64) -> Result<BufferSlice<'e>> {
        let memory = self.shared.lock();
        let memory = lent(&memory)?;
        let Some((ptr, length)) = range(memory, ptr, length) else { return Err(outside(*env)) };
        let mut bytes = Vec::new();
        if bytes.try_reserve_exact(length).is_err() {
            return Err(Error::from_reason("preopen: out of memory"));
        }
        bytes.resize(length, 0);
        if length > 0 {
            memory.span(ptr, length as u64).map_err(|_| outside(*env))?.drain(&mut bytes);
        }
        // Copied once more: Electron has no buffers over memory of others.
        BufferSlice::copy_from(env, bytes)
    }

    /// Copies bytes in.
    #[napi(catch_unwind)]
    pub fn write(&self, env: Env, ptr: f64, bytes: Uint8Array) -> Result<()> {
        let memory = self.shared.lock();
        let memory = lent(&memory)?;
        let Some((ptr, length)) = range(memory, ptr, bytes.len() as f64) else { return Err(outside(env)) };
        if length > 0 {
            memory.write(ptr, &bytes).map_err(|_| outside(env))?;
        }
        Ok(())
    }
}

fn lent(memory: &Option<Memory<'static>>) -> Result<Memory<'static>> {
    memory.ok_or_else(|| Error::from_reason("preopen: the call that this memory was for is over"))
}

/// The two as whole numbers, where all of the range is inside.
fn range(memory: Memory<'_>, ptr: f64, length: f64) -> Option<(u32, usize)> {
    let whole = |number: f64| number >= 0.0 && number.fract() == 0.0;
    if whole(ptr) && whole(length) && ptr + length <= memory.len() as f64 {
        // The end of a memory of 4 GiB is no pointer: only an empty range is there.
        Some((u32::try_from(ptr as u64).unwrap_or(u32::MAX), length as usize))
    } else {
        None
    }
}

/// Throws a RangeError, and says so.
fn outside(env: Env) -> Error {
    // SAFETY: env is the current one, and the string ends with a NUL.
    unsafe {
        sys::napi_throw_range_error(env.raw(), null(), c"preopen: outside of the guest's memory".as_ptr())
    };
    Error::from_status(Status::PendingException)
}
