//! The fuzzer's bytes as choices. Where they are used up, every choice is the first, unless a tail was asked for.

use arbitrary::Unstructured;

/// Bytes to choose by, and behind them a tail: many more choices that a seed stands for. What one input costs the fuzzer itself is
/// as much as a hundred calls, so that short inputs alone would make few.
pub struct Input<'i> {
    bytes: Unstructured<'i>,
    /// The state of the tail's generator.
    state: u64,
    /// How many steps the tail has left.
    steps: usize,
}

impl<'i> Input<'i> {
    /// Choices by these bytes.
    pub fn new(bytes: &'i [u8]) -> Self {
        Self { bytes: Unstructured::new(bytes), state: 0, steps: 0 }
    }

    /// Lets a tail of so many steps follow.
    pub fn add_tail(&mut self, seed: u16, steps: usize) {
        self.state = u64::from(seed) << 20 | 1;
        self.steps = steps;
    }

    /// Begins the next step; `false` where there is none.
    pub fn goes_on(&mut self) -> bool {
        if !self.bytes.is_empty() {
            return true;
        }
        self.steps = self.steps.saturating_sub(1);
        self.steps > 0
    }

    /// Whether the choices are the tail's.
    fn is_tail(&self) -> bool {
        self.bytes.is_empty() && self.state != 0
    }

    /// SplitMix64.
    fn drawn(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.state ^ self.state >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }

    /// A byte.
    pub fn byte(&mut self) -> u8 {
        if self.is_tail() { self.drawn() as u8 } else { self.bytes.arbitrary().unwrap_or_default() }
    }

    /// A number of 16 bits.
    pub fn half(&mut self) -> u16 {
        if self.is_tail() { self.drawn() as u16 } else { self.bytes.arbitrary().unwrap_or_default() }
    }

    /// A number of 32 bits.
    pub fn word(&mut self) -> u32 {
        if self.is_tail() { self.drawn() as u32 } else { self.bytes.arbitrary().unwrap_or_default() }
    }

    /// A number of 64 bits.
    pub fn long(&mut self) -> u64 {
        if self.is_tail() { self.drawn() } else { self.bytes.arbitrary().unwrap_or_default() }
    }

    /// A number below `end`, which is at least 1 and at most 2^16.
    pub fn below(&mut self, end: usize) -> usize {
        let number = if end <= 256 { usize::from(self.byte()) } else { usize::from(self.half()) };
        number % end
    }

    /// One of these.
    pub fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())]
    }

    /// Whether something happens that happens once in `times`.
    pub fn seldom(&mut self, times: usize) -> bool {
        self.below(times) == times - 1
    }

    /// Some bytes, at most `most`.
    pub fn bytes(&mut self, most: usize) -> Vec<u8> {
        let len = self.below(most + 1);
        if self.is_tail() {
            return (0..len).map(|_| self.byte()).collect();
        }
        self.bytes.bytes(len.min(self.bytes.len())).unwrap_or_default().to_vec()
    }

    /// All that is left of the bytes.
    pub fn rest(self) -> &'i [u8] {
        self.bytes.take_rest()
    }
}
