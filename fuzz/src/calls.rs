//! How many calls were made: the figure that a run leaves behind.

use std::io::Write;
use std::sync::Once;
use std::sync::atomic::{AtomicU64, Ordering};

/// The file that gets the count when the process ends; `scripts/fuzz.js` names it.
const FILE: &str = "PREOPEN_FUZZ_CALLS";

static CALLS: AtomicU64 = AtomicU64::new(0);
static AT_EXIT: Once = Once::new();

/// Counts so many calls into the code under test.
pub fn count(calls: u64) {
    AT_EXIT.call_once(|| {
        // SAFETY: the function is there until the process ends, and needs nothing that ends before.
        unsafe { libc::atexit(write_down) };
    });
    CALLS.fetch_add(calls, Ordering::Relaxed);
}

extern "C" fn write_down() {
    let Some(path) = std::env::var_os(FILE) else { return };
    if let Ok(mut file) = std::fs::File::create(path) {
        let _ = write!(file, "{}", CALLS.load(Ordering::Relaxed));
    }
}
