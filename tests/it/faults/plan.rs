//! What is to fail, and when: a script that the wrappers of a filesystem ask before each of their calls.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use preopen::abi::Errno;

/// A script, shared by all that a wrapper hands out.
#[derive(Default)]
pub struct Plan {
    rules: Mutex<Vec<Rule>>,
    met: AtomicUsize,
}

struct Rule {
    /// Which call; any, where it is empty.
    call: &'static str,
    /// How many such calls go well before.
    after: usize,
    /// How many do not, from there on.
    times: usize,
    what: What,
}

/// What becomes of a call.
#[derive(Clone, Copy)]
enum What {
    /// It is not made, and answers this.
    Fails(Errno),
    /// It transfers so many bytes at most.
    Short(usize),
}

impl Plan {
    /// A plan by which nothing fails.
    pub fn new() -> Arc<Self> {
        Arc::default()
    }

    fn rule(&self, rule: Rule) {
        self.rules.lock().unwrap().push(rule);
    }

    /// One call fails, after so many others of any kind.
    pub fn fail(&self, after: usize, errno: Errno) {
        self.rule(Rule { call: "", after, times: 1, what: What::Fails(errno) });
    }

    /// All calls fail, after so many: the disk is gone.
    pub fn fail_from(&self, after: usize, errno: Errno) {
        self.rule(Rule { call: "", after, times: usize::MAX, what: What::Fails(errno) });
    }

    /// One call of this name fails, after so many others of that name.
    pub fn fail_call(&self, call: &'static str, after: usize, errno: Errno) {
        self.rule(Rule { call, after, times: 1, what: What::Fails(errno) });
    }

    /// One transfer of this name stops after so many bytes, after so many others of that name.
    pub fn short(&self, call: &'static str, after: usize, len: usize) {
        self.rule(Rule { call, after, times: 1, what: What::Short(len) });
    }

    /// From now on, nothing fails.
    pub fn clear(&self) {
        self.rules.lock().unwrap().clear();
        self.met.store(0, Ordering::Relaxed);
    }

    /// How many faults were met since it was cleared.
    pub fn met(&self) -> usize {
        self.met.load(Ordering::Relaxed)
    }

    /// A call is about to be made. Says how many bytes it may transfer.
    pub(super) fn ask(&self, call: &'static str) -> Result<usize, Errno> {
        for rule in &mut *self.rules.lock().unwrap() {
            if !rule.call.is_empty() && rule.call != call {
                continue;
            }
            if rule.after > 0 {
                rule.after -= 1;
            } else if rule.times > 0 {
                rule.times = rule.times.saturating_sub(usize::from(rule.times < usize::MAX));
                self.met.fetch_add(1, Ordering::Relaxed);
                return match rule.what {
                    What::Fails(errno) => Err(errno),
                    What::Short(len) => Ok(len),
                };
            }
        }
        Ok(usize::MAX)
    }
}
