//! A guest whose memory is the fuzzer's, with nothing behind it: an access outside ends the process.

use std::sync::atomic::{AtomicPtr, Ordering};

use preopen::guest::{Guest, Interrupted, Memory, Progress};

/// The most that a guest's memory has, bytes.
pub const MOST: usize = 64 * 1024;

/// How far an address and a length can lead behind the beginning of a memory.
const REACH: usize = 2 << 32;

/// Room for one guest's memory, and behind it nothing for as far as any address of 32 bits and any length lead.
pub struct Arena {
    end: AtomicPtr<u8>,
}

impl Arena {
    /// Takes the addresses. They are never given back.
    pub fn new() -> Self {
        // SAFETY: new addresses, of which nobody else knows.
        let start = unsafe {
            let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE;
            libc::mmap(std::ptr::null_mut(), MOST + REACH, libc::PROT_NONE, flags, -1, 0)
        };
        assert_ne!(start, libc::MAP_FAILED, "there are no addresses for a guest's memory");
        // SAFETY: the end of the part that can be used lies inside the mapping.
        let arena = Self { end: AtomicPtr::new(unsafe { start.cast::<u8>().add(MOST) }) };
        arena.open(true);
        arena
    }

    /// Lets it be used, or ends whoever uses it.
    fn open(&self, open: bool) {
        let access = if open { libc::PROT_READ | libc::PROT_WRITE } else { libc::PROT_NONE };
        // SAFETY: the addresses are this arena's; whoever still has a view of a closed one is what is looked for.
        let set = unsafe { libc::mprotect(self.base(MOST).cast(), MOST, access) };
        assert_eq!(set, 0);
    }

    /// Where a memory of `len` bytes begins, which ends where the arena does.
    fn base(&self, len: usize) -> *mut u8 {
        assert!(len <= MOST);
        // SAFETY: the arena has so many bytes before its end.
        unsafe { self.end.load(Ordering::Relaxed).sub(len) }
    }
}

impl Default for Arena {
    fn default() -> Self {
        Self::new()
    }
}

/// How a guest behaves besides the calls that it makes.
#[derive(Clone, Copy, Debug)]
pub struct Manner {
    /// After how many pauses a call is given up.
    pub patience: u32,
    /// Whether it can be suspended.
    pub suspends: bool,
    /// Whether its memory moves whenever the engine's own code may run.
    pub moves: bool,
}

/// A guest over arenas: the second one is for a memory that moves.
pub struct Script<'a> {
    arenas: [&'a Arena; 2],
    len: usize,
    manner: Manner,
    /// The pauses that are left.
    left: u32,
    /// How far the call had come when it was suspended.
    pub progress: Option<Progress>,
}

impl<'a> Script<'a> {
    /// A guest with a memory of `len` bytes, all of them zero.
    pub fn new(arenas: [&'a Arena; 2], len: usize, manner: Manner) -> Self {
        let guest = Self { arenas, len, manner, left: manner.patience, progress: None };
        // SAFETY: the arena has so many bytes, and one guest at a time.
        unsafe { guest.base().write_bytes(0, len) };
        guest
    }

    fn base(&self) -> *mut u8 {
        self.arenas[0].base(self.len)
    }

    /// Its memory now. Not to be called while another thread changes it.
    pub fn bytes(&self) -> &[u8] {
        // SAFETY: the arena has so many bytes, and nothing changes them while the guest is borrowed.
        unsafe { std::slice::from_raw_parts(self.base(), self.len) }
    }

    /// What the guest's own code writes, where it has such a place.
    pub fn store(&mut self, ptr: u32, bytes: &[u8]) {
        let _ = self.memory().write(ptr, bytes);
    }

    /// A new call begins.
    pub fn begin(&mut self) {
        self.left = self.manner.patience;
        self.progress = None;
    }

    /// Where its memory is for another thread of the guest's, which may change it at any time.
    pub fn shared(&self) -> Shared {
        Shared { base: self.base(), len: self.len }
    }
}

impl Guest for Script<'_> {
    fn memory(&self) -> Memory<'_> {
        // SAFETY: the bytes are there as long as the arena; `bytes` cannot be called from within a call.
        unsafe { Memory::new(self.base(), self.len as u64) }
    }

    fn leave<T>(&mut self, act: impl FnOnce() -> T) -> Result<T, Interrupted> {
        let result = act();
        if self.manner.moves {
            let old = self.base();
            self.arenas.swap(0, 1);
            self.arenas[0].open(true);
            // SAFETY: both arenas are open and have so many bytes.
            unsafe { std::ptr::copy_nonoverlapping(old, self.base(), self.len) };
            self.arenas[1].open(false);
        }
        Ok(result)
    }

    fn pause(&mut self) -> Result<(), Interrupted> {
        self.left = self.left.checked_sub(1).ok_or(Interrupted)?;
        Ok(())
    }

    fn ticket(&mut self) -> Option<u64> {
        self.manner.suspends.then_some(TICKET)
    }

    fn progress(&self) -> Option<Progress> {
        self.progress
    }
}

impl Drop for Script<'_> {
    fn drop(&mut self) {
        if self.manner.moves {
            self.arenas[1].open(true);
        }
    }
}

/// The ticket of every call: a guest makes one at a time.
pub const TICKET: u64 = 7;

/// A guest's memory, as its other threads have it.
pub struct Shared {
    base: *mut u8,
    len: usize,
}

// SAFETY: every access is a volatile one of a single byte; who reads meanwhile expects any value.
unsafe impl Send for Shared {}

impl Shared {
    /// Changes one byte.
    pub fn flip(&self, at: usize, bits: u8) {
        if self.len == 0 {
            return;
        }
        // SAFETY: the place is inside the memory, which is there as long as the arena.
        unsafe {
            let place = self.base.add(at % self.len);
            place.write_volatile(place.read_volatile() ^ bits);
        }
    }
}
