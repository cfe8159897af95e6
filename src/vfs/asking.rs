//! Who waits for whom: a thread that has another one call something for it, and holds locks meanwhile.

use std::cell::Cell;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::{self, ThreadId};

thread_local! {
    static ME: u8 = const { 0 };
    static MAY_BE_ASKED: Cell<bool> = const { Cell::new(false) };
}

/// The threads that wait for another: who, and for whom.
static ASKING: Mutex<Vec<(usize, ThreadId)>> = Mutex::new(Vec::new());

/// This thread, as a number that no other has at the same time, and that is not 0.
pub fn me() -> usize {
    ME.with(|me| std::ptr::from_ref(me).addr())
}

/// From now on other threads may have this one call something.
pub fn may_be_asked() {
    MAY_BE_ASKED.set(true);
}

/// Whether other threads may have this one call something.
pub fn is_asked() -> bool {
    MAY_BE_ASKED.get()
}

/// Runs `ask`, which waits until `asked` has called something.
pub fn while_asking<T>(asked: ThreadId, ask: impl FnOnce() -> T) -> T {
    asking().push((me(), asked));
    let _over = Over;
    ask()
}

/// Whether that thread waits for this one.
pub fn waits_for_this(asker: usize) -> bool {
    let this = thread::current().id();
    asking().iter().any(|(who, whom)| *who == asker && *whom == this)
}

fn asking() -> MutexGuard<'static, Vec<(usize, ThreadId)>> {
    ASKING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Takes this thread's last entry out, also where what it waited for panicked.
struct Over;

impl Drop for Over {
    fn drop(&mut self) {
        let mut asking = asking();
        if let Some(at) = asking.iter().rposition(|(who, _)| *who == me()) {
            asking.remove(at);
        }
    }
}
