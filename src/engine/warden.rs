//! The warden: one thread of the process that keeps the deadlines of runs, and asks those that are to stop until they have.

use std::collections::BTreeMap;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::thread;
use std::time::{Duration, Instant};

use super::control::{Control, Stop};
use super::signals;

/// How long a run that was asked to stop has before it is asked again: at first, and at most.
const PATIENCE: (Duration, Duration) = (Duration::from_millis(2), Duration::from_millis(20));

static WARDEN: Warden = Warden { duties: Mutex::new(Duties::new()), called: Condvar::new() };

struct Warden {
    duties: Mutex<Duties>,
    called: Condvar,
}

/// What it has to do. Runs are named weakly: one that is over is not kept.
struct Duties {
    /// In the order in which they come. Two may be at one time, so each has a number.
    deadlines: BTreeMap<Deadline, Weak<Control>>,
    /// The runs that are to stop, and have not.
    hunts: Vec<Hunt>,
    /// The number of the next deadline.
    next: u64,
    /// Whether the thread is there.
    runs: bool,
}

/// When a run's time is over, and the number of that deadline.
pub(super) type Deadline = (Instant, u64);

struct Hunt {
    run: Weak<Control>,
    /// When it is asked again, and how long after that.
    at: Instant,
    patience: Duration,
}

impl Duties {
    const fn new() -> Self {
        Self { deadlines: BTreeMap::new(), hunts: Vec::new(), next: 0, runs: false }
    }

    /// When there is something to do. `None`: not by itself.
    fn due(&self) -> Option<Instant> {
        let deadline = self.deadlines.first_key_value().map(|((at, _), _)| *at);
        self.hunts.iter().map(|hunt| hunt.at).chain(deadline).min()
    }
}

/// Stops a run at a time, unless the answer is forgotten before.
pub(super) fn watch(run: Weak<Control>, at: Instant) -> Deadline {
    let mut duties = WARDEN.duties();
    let deadline = (at, duties.next);
    duties.next += 1;
    duties.deadlines.insert(deadline, run);
    WARDEN.call(duties);
    deadline
}

/// Forgets a deadline. It may have passed.
pub(super) fn forget(deadline: Deadline) {
    WARDEN.duties().deadlines.remove(&deadline);
}

/// Asks a run to stop again and again, until [`Control::press`] says that there is nobody left to ask.
pub(super) fn hunt(run: Weak<Control>) {
    let mut duties = WARDEN.duties();
    duties.hunts.push(Hunt { run, at: Instant::now() + PATIENCE.0, patience: PATIENCE.0 });
    WARDEN.call(duties);
}

/// How many deadlines and orders to stop are open.
pub fn open_orders() -> usize {
    let duties = WARDEN.duties();
    duties.deadlines.len() + duties.hunts.len()
}

impl Warden {
    fn duties(&self) -> MutexGuard<'_, Duties> {
        self.duties.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Wakes the thread, which begins with its first duty. Where the system gives no thread now, the next duty tries again.
    fn call(&'static self, mut duties: MutexGuard<'_, Duties>) {
        if !duties.runs {
            let begun = thread::Builder::new().name("preopen-warden".to_owned()).spawn(|| {
                // The process's signals are for threads that know what to do with them.
                signals::deafen();
                self.stand_guard();
            });
            duties.runs = begun.is_ok();
        }
        drop(duties);
        self.called.notify_one();
    }

    fn stand_guard(&self) -> ! {
        loop {
            let (late, hunts) = self.wait();
            // Without the lock: a run that ends for good here forgets its own deadline.
            for run in late {
                if let Some(run) = run.upgrade() {
                    run.stop(Stop::TimedOut);
                }
            }
            for hunt in hunts {
                let goes_on = hunt.run.upgrade().is_some_and(|run| run.press());
                if goes_on {
                    let patience = (hunt.patience * 5 / 4).min(PATIENCE.1);
                    let again = Hunt { run: hunt.run, at: Instant::now() + patience, patience };
                    self.duties().hunts.push(again);
                }
            }
        }
    }

    /// Sleeps until something is due. Answers the runs whose time is over, and those that are to be asked again.
    fn wait(&self) -> (Vec<Weak<Control>>, Vec<Hunt>) {
        let mut duties = self.duties();
        loop {
            let now = Instant::now();
            duties = match duties.due() {
                None => self.called.wait(duties).unwrap_or_else(PoisonError::into_inner),
                Some(at) if at > now => {
                    self.called.wait_timeout(duties, at - now).unwrap_or_else(PoisonError::into_inner).0
                }
                Some(_) => {
                    let later = duties.deadlines.split_off(&(now, u64::MAX));
                    let late = std::mem::replace(&mut duties.deadlines, later).into_values().collect();
                    let hunts = duties.hunts.extract_if(.., |hunt| hunt.at <= now).collect();
                    return (late, hunts);
                }
            };
        }
    }
}
