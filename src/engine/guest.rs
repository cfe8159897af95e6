//! A guest in Wasmer, during one call.

#![expect(unsafe_code, reason = "a guest's memory is reached by address")]

use std::ptr::null_mut;

use wasmer::{AsStoreRef, Memory as Linear};

use super::control::Control;
use crate::guest::{Guest, Interrupted, Memory, Progress};

/// A guest whose thread is in a call.
pub struct EngineGuest<'c> {
    base: *mut u8,
    len: u64,
    control: &'c Control,
}

impl<'c> EngineGuest<'c> {
    /// The guest whose memory is `memory`, or that has none yet.
    pub fn new(memory: Option<&Linear>, store: &impl AsStoreRef, control: &'c Control) -> Self {
        let (base, len) = memory.map_or((null_mut(), 0), |memory| {
            let view = memory.view(store);
            (view.data_ptr(), view.data_size())
        });
        Self { base, len, control }
    }
}

impl Guest for EngineGuest<'_> {
    fn memory(&self) -> Memory<'_> {
        // SAFETY: base and len were Wasmer's when the call began, on the thread that runs the guest. A memory that is not
        // shared changes only by an instruction of that guest, whose thread is here; a shared one is reserved whole, so it
        // grows in place, and no part of it ever goes. The store, which the call borrows, keeps it alive. No Rust reference
        // is made to it anywhere.
        unsafe { Memory::new(self.base, self.len) }
    }

    fn leave<T>(&mut self, act: impl FnOnce() -> T) -> Result<T, Interrupted> {
        let result = act();
        self.pause()?;
        Ok(result)
    }

    fn pause(&mut self) -> Result<(), Interrupted> {
        if self.control.stopped().is_some() { Err(Interrupted) } else { Ok(()) }
    }

    fn ticket(&mut self) -> Option<u64> {
        // It has a thread of its own to wait on.
        None
    }

    fn progress(&self) -> Option<Progress> {
        None
    }
}
