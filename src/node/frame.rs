//! The call frame: where the adapter leaves a call, and Rust its answer.

use crate::abi::MAX_PARAMS;

/// The offset of the call's number (u32): the row in the table.
pub const NUMBER: usize = 0;
/// The offset of the size of the guest's memory (u32, pages), or [`UNBOUND`].
pub const PAGES: usize = 4;
/// The offset of the errno (u32).
pub const ERRNO: usize = 8;
/// The offset of the ticket (u64): not 0 just for a call that is made again, and for the answer of one that is to wait.
pub const TICKET: usize = 16;
/// The offset of the arguments, 8 bytes each.
pub const ARGS: usize = 24;
/// The size of it all, bytes.
pub const SIZE: usize = ARGS + 8 * MAX_PARAMS;

/// In place of a size: no memory is bound yet.
pub const UNBOUND: u32 = u32::MAX;

/// In place of an errno: the call is to wait, and to be made again with the ticket that was left.
pub const WAIT: u32 = u32::MAX;
/// Bit of a ticket: the call could not be suspended, so it waits where it is.
pub const BLOCKS: u64 = 1 << 63;

/// The frame of a thread's adapters.
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

    /// The row in the table. This, and what follows, must be read before JavaScript can run: a call within the call
    /// overwrites it.
    pub fn number(self) -> u32 {
        // SAFETY: `new` promised SIZE bytes, aligned, and NUMBER is a multiple of 4.
        unsafe { self.0.add(NUMBER).cast::<u32>().read() }
    }

    /// The size of the guest's memory, pages, or [`UNBOUND`].
    pub fn pages(self) -> u32 {
        // SAFETY: as above, and PAGES is a multiple of 4.
        unsafe { self.0.add(PAGES).cast::<u32>().read() }
    }

    /// The ticket of a call that was suspended, perhaps with [`BLOCKS`]; 0 for a call that is new.
    pub fn ticket(self) -> u64 {
        // SAFETY: as above, and TICKET is a multiple of 8.
        unsafe { self.0.add(TICKET).cast::<u64>().read() }
    }

    /// Takes the ticket out, so that the next call has none.
    pub fn clear_ticket(self) {
        // SAFETY: as above.
        unsafe { self.0.add(TICKET).cast::<u64>().write(0) }
    }

    /// One argument; of an i32 only the lower half counts.
    pub fn arg(self, index: usize) -> u64 {
        assert!(index < MAX_PARAMS, "the table has no longer row");
        // SAFETY: as above; ARGS is a multiple of 8, and there is room for MAX_PARAMS arguments.
        unsafe { self.0.add(ARGS + 8 * index).cast::<u64>().read() }
    }

    /// Puts an argument back, after JavaScript ran.
    pub fn set_arg(self, index: usize, value: u64) {
        assert!(index < MAX_PARAMS, "the table has no longer row");
        // SAFETY: as above.
        unsafe { self.0.add(ARGS + 8 * index).cast::<u64>().write(value) }
    }

    /// Has the call wait, and come again with this ticket.
    pub fn suspend(self, ticket: u64) {
        // SAFETY: as above.
        unsafe { self.0.add(TICKET).cast::<u64>().write(ticket) };
        self.answer(WAIT);
    }

    /// Leaves the answer: an errno, or 0.
    pub fn answer(self, errno: u32) {
        // SAFETY: as above, and ERRNO is a multiple of 4.
        unsafe { self.0.add(ERRNO).cast::<u32>().write(errno) }
    }

    /// The answer that was left.
    pub fn errno(self) -> u32 {
        // SAFETY: as above.
        unsafe { self.0.add(ERRNO).cast::<u32>().read() }
    }

    /// All of it, so that calls in the middle of this one do no harm.
    pub fn copy(self) -> [u8; SIZE] {
        // SAFETY: as above; bytes need no alignment.
        unsafe { self.0.cast::<[u8; SIZE]>().read() }
    }

    /// Puts back what [`Frame::copy`] has taken.
    pub fn restore(self, copy: &[u8; SIZE]) {
        // SAFETY: as above.
        unsafe { self.0.cast::<[u8; SIZE]>().write(*copy) }
    }
}
