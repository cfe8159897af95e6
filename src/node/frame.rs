//! The call frame: where the adapter leaves a call, and Rust its answer.

use crate::abi::MAX_PARAMS;

/// The offset of the call's number (u32): the row in the table.
pub const NUMBER: usize = 0;
/// The offset of the size of the guest's memory (u32, pages), or [`UNBOUND`].
pub const PAGES: usize = 4;
/// The offset of the errno (u32).
pub const ERRNO: usize = 8;
/// The offset of the arguments, 8 bytes each.
pub const ARGS: usize = 16;
/// The size of it all, bytes.
pub const SIZE: usize = ARGS + 8 * MAX_PARAMS;

/// In place of a size: no memory is bound yet.
pub const UNBOUND: u32 = u32::MAX;

/// A call, copied out of the frame: a call within the call overwrites it.
pub struct Request {
    /// The row in the table.
    pub number: u32,
    /// The size of the guest's memory, pages, or [`UNBOUND`].
    pub pages: u32,
    /// The arguments; of an i32 only the lower half counts.
    pub args: [u64; MAX_PARAMS],
}

/// The frame of one adapter.
#[derive(Clone, Copy)]
pub struct Frame(*mut u8);

impl Frame {
    /// The frame at `base`.
    ///
    /// # Safety
    /// [`SIZE`] bytes at `base` can be read and written by this thread, are aligned to 8 bytes, are covered by no Rust
    /// reference, and stay so while the frame is used.
    pub const unsafe fn new(base: *mut u8) -> Self {
        Self(base)
    }

    /// The call that it holds.
    pub fn request(self) -> Request {
        // SAFETY: `new` promised SIZE bytes, aligned; all offsets are multiples of what is read there.
        unsafe {
            Request {
                number: self.0.add(NUMBER).cast::<u32>().read(),
                pages: self.0.add(PAGES).cast::<u32>().read(),
                args: self.0.add(ARGS).cast::<[u64; MAX_PARAMS]>().read(),
            }
        }
    }

    /// Leaves the answer: an errno, or 0.
    pub fn answer(self, errno: u32) {
        // SAFETY: as above.
        unsafe { self.0.add(ERRNO).cast::<u32>().write(errno) }
    }
}
