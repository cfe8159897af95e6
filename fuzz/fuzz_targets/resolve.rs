#![no_main]
//! Path resolution beneath a directory: openat2(2), the walk where it is not there (ENOSYS) or refused (EPERM), and the walk of trees, on trees with
//! planted links. All give one answer, which is the host's where nothing leads out, and leave one tree; and while others rename
//! directories and links in and out, nothing outside is read or changed. `src/files/letters.rs` says how inputs are written.

use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| preopen_fuzz::resolve::run(input));
