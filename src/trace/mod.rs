//! Tracing: a guest's call with its arguments decoded, what came of it, and how long it took, as strace(1) tells it.
//!
//! A door that traces says [`Entered::new`] before a call and [`Entered::leave`] after it. Neither fails nor changes
//! anything, whatever the guest passed: what cannot be decoded is shown as a number.

mod decode;
mod line;
mod memory;
mod results;
mod shapes;
mod value;

pub use line::{LINE_MAX, line};
pub use value::{Event, Field, Outcome, Value};

use crate::abi::{IMPORTS, Import, MAX_PARAMS};
use crate::guest::Memory;
use crate::process::Process;
use shapes::{SHAPES, Shape};

/// A call that has begun: what the guest passed, copied out of its memory.
pub struct Entered {
    number: usize,
    raw: [u64; MAX_PARAMS],
    args: Vec<Field>,
}

/// One call's arguments, as they came.
#[derive(Clone, Copy)]
struct Raw<'a> {
    process: &'a Process,
    memory: Memory<'a>,
    args: &'a [u64; MAX_PARAMS],
    names: &'static [&'static str],
}

impl Raw<'_> {
    const fn word(&self, index: usize) -> u32 {
        self.args[index] as u32
    }
}

impl Entered {
    /// Decodes the arguments of a call of the function with this number. `None` for a number without a function.
    pub fn new(process: &Process, memory: Memory<'_>, number: u32, args: [u64; MAX_PARAMS]) -> Option<Self> {
        let number = number as usize;
        let import = IMPORTS.get(number)?;
        let raw = Raw { process, memory, args: &args, names: import.names };
        let mut fields = Vec::with_capacity(import.params.len());
        each(number, |shape, at| decode::args(&raw, shape, at, &mut fields));
        Some(Self { number, raw: args, args: fields })
    }

    /// Whether the function returns.
    pub fn returns(&self) -> bool {
        IMPORTS[self.number].returns
    }

    /// Decodes what the guest got of the call, which took `duration` ns.
    pub fn leave(self, process: &Process, memory: Memory<'_>, outcome: Outcome, duration: u64) -> Event {
        let Self { number, raw: args, args: fields } = self;
        let Import { name, names, .. } = IMPORTS[number];
        let mut results = Vec::new();
        if outcome == Outcome::Success {
            let raw = Raw { process, memory, args: &args, names };
            each(number, |shape, at| results::results(&raw, shape, at, &mut results));
        }
        Event { name, args: fields, outcome, results, duration }
    }
}

/// Hands on what a function's arguments are, and where each begins.
fn each(number: usize, mut act: impl FnMut(Shape, usize)) {
    let mut at = 0;
    for shape in SHAPES[number].1 {
        act(*shape, at);
        at += shape.params();
    }
}

/// The rows fit the table of imports.
const _: () = {
    assert!(SHAPES.len() == IMPORTS.len());
    let mut number = 0;
    while number < SHAPES.len() {
        let (name, shapes) = SHAPES[number];
        assert!(same(name.as_bytes(), IMPORTS[number].name.as_bytes()));
        let (mut index, mut params) = (0, 0);
        while index < shapes.len() {
            params += shapes[index].params();
            index += 1;
        }
        assert!(params == IMPORTS[number].params.len());
        number += 1;
    }
};

const fn same(one: &[u8], other: &[u8]) -> bool {
    let mut index = 0;
    while index < one.len() && index < other.len() && one[index] == other[index] {
        index += 1;
    }
    index == one.len() && index == other.len()
}
