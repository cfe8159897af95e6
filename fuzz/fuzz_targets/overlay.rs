#![no_main]
//! Calls in an overlay, and in a plain directory that held the same: both answer the same and hold the same in the end, the lower is as it was,
//! what `changes()` tells makes a copy of the lower the merged tree, and so does `commit()` the lower itself. `src/files/letters.rs`
//! says how inputs are written.

use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| preopen_fuzz::overlay::run(input));
