#![no_main]
//! Every decoder of what a guest passes.

use libfuzzer_sys::fuzz_target;
use preopen::guest::Memory;
use preopen_fuzz::calls;

fuzz_target!(|input: &[u8]| {
    let mut bytes = input.to_vec();
    let memory = Memory::over(&mut bytes);
    calls::count(1);
    let _ = memory.read_u32(0);
});
