//! A guest's list of ranges, taken in rounds: its length is a guest's number, so nothing is sized by it.

use arrayvec::ArrayVec;

use super::Memory;
use crate::abi::Errno;
use crate::span::Span;

/// How many ranges one round has at most.
pub const ROUND: usize = 32;
/// How many bytes one round has at most: what a disk or a pipe takes in a slice of time, so that a guest can be ended
/// between two rounds.
pub const ROUND_BYTES: usize = 8 << 20;
/// How many entries are looked at without a pause.
const STRIDE: u32 = 1 << 18;
/// The size of an entry, bytes.
const ENTRY: u32 = 8;

/// A list that lies inside the guest's memory, and how far it has been used.
#[derive(Clone)]
pub struct Iovecs {
    ptr: u32,
    count: u32,
    /// The entry that the next round begins with.
    next: u32,
    /// How many bytes of that entry were used.
    used: usize,
}

/// One round: ranges to transfer.
pub struct Round<'m> {
    spans: ArrayVec<Span<'m>, ROUND>,
    last: bool,
}

impl<'m> Round<'m> {
    /// An empty one, to be filled by [`Iovecs::round`].
    pub const fn empty() -> Self {
        Self { spans: ArrayVec::new_const(), last: false }
    }

    /// The ranges, none of them empty.
    pub fn spans(&self) -> &[Span<'m>] {
        &self.spans
    }

    /// Whether nothing of the list is left behind it.
    pub const fn is_last(&self) -> bool {
        self.last
    }
}

impl Iovecs {
    /// A list of `count` entries at `ptr`, of which the place is checked. Errors: `Overflow`.
    pub fn new(memory: Memory<'_>, ptr: u32, count: u32) -> Result<Self, Errno> {
        memory.array(ptr, count, ENTRY)?;
        Ok(Self { ptr, count, next: 0, used: 0 })
    }

    #[inline]
    fn entry<'m>(&self, memory: Memory<'m>, index: u32) -> Result<Span<'m>, Errno> {
        let entry: [u8; ENTRY as usize] = memory.read(self.ptr + index * ENTRY)?;
        let [a, b, c, d, e, f, g, h] = entry;
        memory.span(u32::from_le_bytes([a, b, c, d]), u64::from(u32::from_le_bytes([e, f, g, h])))
    }

    /// Checks some entries from `from` on, and says where to go on; `None` at the end. Errors: `Overflow` where a
    /// range is outside.
    pub fn check(&self, memory: Memory<'_>, from: u32) -> Result<Option<u32>, Errno> {
        let to = from.saturating_add(STRIDE).min(self.count);
        for index in from..to {
            self.entry(memory, index)?;
        }
        Ok((to < self.count).then_some(to))
    }

    /// What is left of a list of one range, where one round takes it: what most calls pass.
    pub fn single<'m>(&self, memory: Memory<'m>) -> Result<Option<Span<'m>>, Errno> {
        if self.count != 1 || self.next != 0 {
            return Ok(None);
        }
        let span = self.entry(memory, 0)?.after(self.used);
        Ok((span.len() <= ROUND_BYTES).then_some(span))
    }

    /// Whether there is nothing left.
    pub const fn is_done(&self) -> bool {
        self.next == self.count
    }

    /// Puts the next ranges into an empty `round`, checked again: another thread may have changed them. A round that
    /// stays empty before the end has looked at enough empty entries for one slice.
    pub fn round<'m>(&self, memory: Memory<'m>, round: &mut Round<'m>) -> Result<(), Errno> {
        let mut room = ROUND_BYTES;
        let end = self.next.saturating_add(STRIDE).min(self.count);
        for index in self.next..end {
            if round.spans.is_full() || room == 0 {
                return Ok(());
            }
            let used = if index == self.next { self.used } else { 0 };
            let span = self.entry(memory, index)?.after(used);
            let cut = span.first(room);
            if !cut.is_empty() {
                room -= cut.len();
                round.spans.push(cut);
            }
            if cut.len() < span.len() {
                return Ok(());
            }
        }
        round.last = end == self.count;
        Ok(())
    }

    /// Moves on behind `len` transferred bytes, and behind what is empty, as far as one slice goes.
    pub fn advance(&mut self, memory: Memory<'_>, mut len: usize) -> Result<(), Errno> {
        let end = self.next.saturating_add(STRIDE).min(self.count);
        // What was transferred has been looked at, in however many slices: it is skipped in any case.
        while self.next < end || len > 0 && self.next < self.count {
            let left = self.entry(memory, self.next)?.after(self.used).len();
            if left > len {
                self.used += len;
                break;
            }
            len -= left;
            self.next += 1;
            self.used = 0;
        }
        Ok(())
    }
}
