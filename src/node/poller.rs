//! The thread that waits on descriptors of the host for suspended guests, of all threads of the process.
//!
//! It is there only while somebody waits, and a moment longer.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use napi::{Result, sys};
use rustix::event::{EventfdFlags, eventfd};

use super::threadsafe::Threadsafe;
use crate::fds::Object;
use crate::process::Awaited;
use crate::stdio::Source;
use crate::system::{Host, System, Wait};

/// How long the thread outlasts the last who waited, ns: a guest that reads a pipe waits again and again.
const LINGER: u64 = 50_000_000;
/// How long it waits before it tries again what the kernel had no room for.
const RETRY: Duration = Duration::from_millis(20);
/// Its stack, bytes.
const STACK: usize = 256 << 10;

/// Those who wait, and how to tell the thread of more.
struct Poller {
    /// By ticket.
    waiting: BTreeMap<u64, Waiting>,
    /// How many waits there were.
    waits: u64,
    /// There while the thread is.
    bell: Option<Arc<OwnedFd>>,
}

/// One call that waits.
struct Waiting {
    /// Each time that a call waits is another.
    number: u64,
    streams: Arc<[Awaited]>,
    /// What is called when one is ready.
    wake: Threadsafe,
}

static POLLER: Mutex<Poller> = Mutex::new(Poller { waiting: BTreeMap::new(), waits: 0, bell: None });

fn poller() -> MutexGuard<'static, Poller> {
    POLLER.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Has `wake`, a function of env, called as soon as one of the descriptors is ready, unless the ticket is forgotten before. The
/// event loop lives until then. Errors: there is no descriptor, thread or memory for it.
pub fn watch(env: sys::napi_env, ticket: u64, wake: sys::napi_value, streams: Vec<Awaited>) -> Result<()> {
    let mut poller = poller();
    let bell = match &poller.bell {
        Some(bell) => Arc::clone(bell),
        None => start().map_err(|error| napi::Error::from_reason(error.to_string()))?,
    };
    let number = poller.waits;
    poller.waits += 1;
    let data = Box::into_raw(Box::new((ticket, number)));
    let none = (None, std::ptr::null_mut());
    // SAFETY: wake is a live function of env; the data is the finalizer's, which gives it back.
    let wake = unsafe { Threadsafe::new(env, c"preopen.wait", wake, (Some(on_gone), data.cast()), none) };
    let wake = wake.inspect_err(|_| {
        // SAFETY: it came from a box, and nobody else got it.
        drop(unsafe { Box::from_raw(data) });
    })?;
    poller.waiting.insert(ticket, Waiting { number, streams: streams.into(), wake });
    poller.bell = Some(Arc::clone(&bell));
    drop(poller);
    ring(&bell);
    Ok(())
}

/// Ends a wait: its function will not be called any more, and its descriptors are let go.
pub fn forget(ticket: u64) {
    let mut poller = poller();
    let Some(Waiting { streams, wake, .. }) = poller.waiting.remove(&ticket) else { return };
    // SAFETY: it was in the list, so nobody has released it.
    unsafe { wake.abort() };
    if let Some(bell) = &poller.bell {
        ring(bell);
    }
    drop(poller);
    drop(streams);
}

/// The function is going, perhaps with its env: whoever is still in the list must not call it.
unsafe extern "C" fn on_gone(_env: sys::napi_env, data: *mut std::ffi::c_void, _hint: *mut std::ffi::c_void) {
    // SAFETY: it came from the box in `watch`, once for this finalizer.
    let (ticket, number) = *unsafe { Box::from_raw(data.cast::<(u64, u64)>()) };
    let mut poller = poller();
    // The call may wait again already, by another function.
    let gone = match poller.waiting.entry(ticket) {
        Entry::Occupied(one) if one.get().number == number => Some(one.remove()),
        _ => None,
    };
    if let (Some(_), Some(bell)) = (&gone, &poller.bell) {
        ring(bell);
    }
    drop(poller);
    drop(gone);
}

fn ring(bell: &OwnedFd) {
    // Where it has rung too often to count further, it rings.
    let _full = rustix::io::write(bell, &1_u64.to_ne_bytes());
}

fn start() -> io::Result<Arc<OwnedFd>> {
    let bell = Arc::new(eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?);
    let heard = Arc::clone(&bell);
    let name = "preopen-poll".to_owned();
    thread::Builder::new().name(name).stack_size(STACK).spawn(move || run(&heard))?;
    Ok(bell)
}

fn run(bell: &OwnedFd) {
    loop {
        let waiting: Vec<(u64, Arc<[Awaited]>)> = {
            let poller = poller();
            poller.waiting.iter().map(|(ticket, one)| (*ticket, Arc::clone(&one.streams))).collect()
        };
        let ready = poll(bell, &waiting);
        let idle = waiting.is_empty();
        drop(waiting);
        let mut poller = poller();
        for ticket in &ready {
            let Some(Waiting { wake, .. }) = poller.waiting.remove(ticket) else { continue };
            // SAFETY: it was in the list, and whoever takes it out of there holds the lock: it is alive, and ours to release.
            unsafe {
                // One that is closing has taken our part of it back.
                if wake.call() {
                    wake.release();
                }
            }
        }
        if idle && poller.waiting.is_empty() {
            poller.bell = None;
            return;
        }
    }
}

/// Waits until somebody's descriptor is ready, or the bell rings, and says whose.
fn poll(bell: &OwnedFd, waiting: &[(u64, Arc<[Awaited]>)]) -> Vec<u64> {
    let mut waits = vec![Wait::new(bell.as_fd(), false)];
    let mut tickets = vec![];
    for (ticket, streams) in waiting {
        for Awaited { entry, write } in streams.iter() {
            let Object::Stream(stream) = entry.object() else { continue };
            let Source::Fd(fd) = stream.source() else { continue };
            waits.push(Wait::new(fd, *write));
            tickets.push(*ticket);
        }
    }
    let timeout = if waiting.is_empty() { LINGER } else { u64::MAX };
    if Host::new().wait(&mut waits, timeout).is_err() {
        // More descriptors than the process may have, or no memory: they try for themselves.
        thread::sleep(RETRY);
        return tickets;
    }
    if waits[0].ready {
        let _empty = rustix::io::read(bell, &mut [0; 8]);
    }
    let ready = waits[1..].iter().zip(&tickets).filter(|(wait, _)| wait.ready);
    ready.map(|(_, ticket)| *ticket).collect()
}
