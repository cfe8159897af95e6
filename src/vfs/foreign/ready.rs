//! What another crate wrote for an asynchronous runtime, done here and now or not at all.

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use crate::abi::Errno;
use crate::vfs::Result;

/// How often something is polled that says it could go on: one that never ends is given up.
const MOST_POLLS: usize = 1024;

/// Polls until there is a result, as long as whatever is polled asks for it while it runs. Errors: `Notsup` where it waits for
/// something else, a runtime or another thread: there is none, and a guest's call does not wait for a stranger; `Io` where it
/// panics, as what is tokio's does without a runtime.
pub(super) fn ready<T>(mut poll: impl FnMut(&mut Context<'_>) -> Poll<T>) -> Result<T> {
    // What is seen of it afterwards are its own errors.
    catch_unwind(AssertUnwindSafe(|| at_once(&mut poll))).unwrap_or(Err(Errno::Io))
}

fn at_once<T>(poll: &mut impl FnMut(&mut Context<'_>) -> Poll<T>) -> Result<T> {
    // Nearly everything is ready at once, and costs no allocation.
    if let Poll::Ready(value) = poll(&mut Context::from_waker(Waker::noop())) {
        return Ok(value);
    }
    let woken = Arc::new(Woken(AtomicBool::new(true)));
    let waker = Waker::from(Arc::clone(&woken));
    for _ in 0..MOST_POLLS {
        if !woken.0.swap(false, Ordering::AcqRel) {
            break;
        }
        if let Poll::Ready(value) = poll(&mut Context::from_waker(&waker)) {
            return Ok(value);
        }
    }
    Err(Errno::Notsup)
}

/// The same of a future.
pub(super) fn done<T>(mut future: Pin<Box<dyn Future<Output = T> + Send + '_>>) -> Result<T> {
    ready(|context| future.as_mut().poll(context))
}

/// Whether the waker was used.
struct Woken(AtomicBool);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Release);
    }
}
