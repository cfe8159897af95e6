//! A guest whose memory is the fuzzer's.

use preopen::guest::{Guest, Interrupted, Memory, Progress};

/// A guest that never suspends, and is ended when the engine has looked up often enough.
pub struct Script {
    bytes: Vec<u8>,
    patience: u32,
}

impl Script {
    /// A guest with this memory, whose every call is given up after so many pauses.
    pub fn new(bytes: Vec<u8>, patience: u32) -> Self {
        Self { bytes, patience }
    }

    /// Its memory now.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

impl Guest for Script {
    fn memory(&self) -> Memory<'_> {
        // SAFETY: the vector lives as long as the borrow, is never resized, and `bytes` cannot be called meanwhile from
        // within a call; nobody else has it.
        unsafe { Memory::new(self.bytes.as_ptr().cast_mut(), self.bytes.len() as u64) }
    }

    fn leave<T>(&mut self, act: impl FnOnce() -> T) -> Result<T, Interrupted> {
        Ok(act())
    }

    fn pause(&mut self) -> Result<(), Interrupted> {
        self.patience = self.patience.checked_sub(1).ok_or(Interrupted)?;
        Ok(())
    }

    fn ticket(&mut self) -> Option<u64> {
        None
    }

    fn progress(&self) -> Option<Progress> {
        None
    }
}
