//! Which run a thread is in.

use std::cell::RefCell;
use std::sync::Arc;

use super::control::Control;

thread_local! {
    /// The innermost guest's.
    static CURRENT: RefCell<Option<Arc<Control>>> = const { RefCell::new(None) };
}

/// Says it, until the answer is dropped.
pub(super) fn enter(control: Arc<Control>) -> Inside {
    Inside { outer: CURRENT.replace(Some(control)) }
}

/// A thread in a run.
pub(super) struct Inside {
    outer: Option<Arc<Control>>,
}

impl Drop for Inside {
    fn drop(&mut self) {
        let outer = self.outer.take();
        // Where the thread ends, nobody asks any more.
        let _inner = CURRENT.try_with(|current| current.replace(outer));
    }
}

impl Control {
    /// That of the run whose guest's code the thread is in.
    pub fn current() -> Option<Arc<Self>> {
        CURRENT.try_with(|current| current.borrow().clone()).ok().flatten()
    }
}
