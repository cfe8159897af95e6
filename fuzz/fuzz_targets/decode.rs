#![no_main]
//! Every decoder of what a guest passes and every encoder of what it gets, against models of their own.

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use preopen_fuzz::calls;
use preopen_fuzz::decode::{answers, layouts, listing, memory, polling, texts, tracing};
use preopen_fuzz::guest::Arena;
use preopen_fuzz::input::Input;

static ARENAS: LazyLock<[Arena; 2]> = LazyLock::new(|| [Arena::new(), Arena::new()]);

/// What one input is for: those that know more cases come more often.
const KINDS: u8 = 16;

fuzz_target!(|bytes: &[u8]| {
    let mut input = Input::new(bytes);
    // A first round of what the fuzzer chose, then some of what a seed stands for: one costs less than what the fuzzer does around it.
    let (seed, rounds) = (input.half(), 1 + u64::from(input.byte()) / 8);
    input.add_tail(seed, usize::MAX);
    for _ in 0..rounds {
        round(&mut input);
    }
    calls::count(rounds);
});

fn round(input: &mut Input<'_>) {
    match input.byte() % KINDS {
        0 | 1 => layouts::check(input),
        2 => memory::accesses(input, &ARENAS),
        3 | 4 => memory::lists(input, &ARENAS),
        5 => texts::reading(input, &ARENAS),
        6 => texts::paths(input),
        7 => texts::strings(input, &ARENAS),
        8 | 9 => answers::check(input, &ARENAS),
        10 | 11 => polling::check(input, &ARENAS),
        12 => listing::check(input, &ARENAS),
        _ => tracing::check(input, &ARENAS),
    }
}
