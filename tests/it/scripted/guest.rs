//! The guest: memory that begins as one byte repeated, and an engine that can order it to end.

use preopen::guest::{Guest, Interrupted, Memory, Progress};

/// What memory holds before anything is written.
const SENTINEL: u8 = b'?';

/// How often the engine looks up before it takes a test for hung.
const PATIENCE: u32 = 2000;

/// A guest whose calls a test makes. Its memory is never freed: tests are short.
pub struct Script {
    memory: Memory<'static>,
    /// How often the engine looked up.
    pub pauses: u32,
    /// How often it looks up before it ends the guest.
    patience: u32,
    /// The number under which its calls are suspended, if they are.
    pub ticket: Option<u64>,
    /// How far the call had come that is made again.
    pub progress: Option<Progress>,
}

impl Script {
    /// A guest with one page of memory.
    pub fn new() -> Self {
        Self::of(1 << 16)
    }

    /// A guest with so many bytes of memory.
    pub fn of(len: usize) -> Self {
        Self::over(vec![SENTINEL; len])
    }

    /// A guest with this memory.
    pub fn over(bytes: Vec<u8>) -> Self {
        Self {
            memory: Memory::over(bytes.leak()),
            pauses: 0,
            patience: PATIENCE,
            ticket: None,
            progress: None,
        }
    }

    /// The same, ended when the engine has looked up so often.
    pub fn patient(self, patience: u32) -> Self {
        Self { patience, ..self }
    }

    /// Changes memory, as the guest itself does.
    #[track_caller]
    pub fn put(&mut self, at: u64, bytes: &[u8]) {
        self.memory.write(u32::try_from(at).unwrap(), bytes).unwrap();
    }

    /// All of memory.
    pub fn bytes(&self) -> Vec<u8> {
        let mut bytes = vec![0; self.memory.len() as usize];
        self.memory.span(0, self.memory.len()).unwrap().drain(&mut bytes);
        bytes
    }

    /// How much memory there is.
    pub fn len(&self) -> u64 {
        self.memory.len()
    }
}

impl Guest for Script {
    fn leave<T>(&mut self, act: impl FnOnce() -> T) -> Result<T, Interrupted> {
        Ok(act())
    }

    fn memory(&self) -> Memory<'_> {
        self.memory
    }

    fn ticket(&mut self) -> Option<u64> {
        self.ticket
    }

    fn progress(&self) -> Option<Progress> {
        self.progress
    }

    fn pause(&mut self) -> Result<(), Interrupted> {
        self.pauses += 1;
        if self.pauses > self.patience { Err(Interrupted) } else { Ok(()) }
    }
}
