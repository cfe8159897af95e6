//! Where the calls of a traced guest are told: in a line on the host's standard error, or to a function of the host's.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::os::fd::BorrowedFd;
use std::ptr::null_mut;
use std::sync::Arc;
use std::time::Instant;

use napi::sys;

use super::door::V8Guest;
use super::error::is_pending;
use super::javascript;
use super::objects::Objects;
use crate::abi::Errno;
use crate::guest::{Guest, Interrupted};
use crate::span::Span;
use crate::stdio::{self, Source, Stream};
use crate::system::{SLICE, Wait};
use crate::trace::{Entered, Event, LINE_MAX, line};

/// How one guest is traced.
pub struct Tracer {
    to: Sink,
    /// Whether the host is being told of a call.
    telling: Cell<bool>,
    /// The calls that are suspended, by their tickets.
    suspended: RefCell<HashMap<u64, Begun>>,
}

/// A call that was begun, and when.
pub struct Begun {
    pub entered: Entered,
    pub at: Instant,
}

enum Sink {
    /// A stream that gets lines.
    Stream(Arc<dyn Stream>),
    /// The hook `trace`.
    Hook,
}

impl Tracer {
    /// To the host's standard error. Errors: `Badf` where it is closed.
    pub fn stderr() -> Result<Self, Errno> {
        standard_error().map(|stream| Self::new(Sink::Stream(stream)))
    }

    /// To the hook `trace`.
    pub fn hook() -> Self {
        Self::new(Sink::Hook)
    }

    fn new(to: Sink) -> Self {
        Self { to, telling: Cell::new(false), suspended: RefCell::default() }
    }

    /// Keeps a call that is suspended. One whose guest never goes on is kept as long as the guest.
    pub fn suspend(&self, ticket: u64, begun: Begun) {
        self.suspended.borrow_mut().insert(ticket, begun);
    }

    /// The call that goes on.
    pub fn resume(&self, ticket: u64) -> Option<Begun> {
        self.suspended.borrow_mut().remove(&ticket)
    }

    /// Whether the host is being told of a call, which it may interrupt by further ones.
    pub const fn is_telling(&self) -> bool {
        self.telling.get()
    }

    /// Tells of a call. Errors: the host threw, or the guest is being ended.
    pub fn tell(&self, guest: &mut V8Guest<'_>, event: &Event) -> Result<(), Interrupted> {
        self.telling.set(true);
        let told = match &self.to {
            Sink::Stream(stream) => write(guest, stream.as_ref(), line(event)),
            Sink::Hook => call(guest, event),
        };
        self.telling.set(false);
        told
    }
}

/// Writes a line.
fn write(guest: &mut V8Guest<'_>, stream: &dyn Stream, line: String) -> Result<(), Interrupted> {
    write_line(stream, line, |wait| {
        let waited = guest.process().system.wait(wait, SLICE).is_ok();
        guest.pause().map(|()| waited)
    })
}

/// Writes a line in one piece, so that those of several guests and threads do not mix. While there is no room, `wait` waits for
/// a moment, and says whether to go on.
pub fn write_line<E>(
    stream: &dyn Stream,
    mut line: String,
    mut wait: impl FnMut(&mut [Wait<'_>]) -> Result<bool, E>,
) -> Result<(), E> {
    line.push('\n');
    debug_assert!(line.len() <= LINE_MAX);
    let mut bytes = line.into_bytes();
    loop {
        match stream.write(&[Span::over(&mut bytes)]) {
            Err(Errno::Again) => {}
            // Part of it is written only to what has no room for all, as a full disk.
            Ok(_) | Err(_) => return Ok(()),
        }
        let Source::Fd(fd) = stream.source() else { return Ok(()) };
        if !wait(&mut [Wait::new(fd, true)])? {
            return Ok(());
        }
    }
}

/// The host's standard error. Errors: `Badf` where it is closed.
pub fn standard_error() -> Result<Arc<dyn Stream>, Errno> {
    // SAFETY: used for one system call, which says so where the number is not open.
    stdio::duplicate(unsafe { BorrowedFd::borrow_raw(2) })
}

/// Calls the hook. An exception that the call itself has left is put aside meanwhile; one of the hook's takes its place, as
/// that of a `finally` would.
fn call(guest: &mut V8Guest<'_>, event: &Event) -> Result<(), Interrupted> {
    let env = guest.env();
    let mut exception = null_mut();
    if is_pending(env) {
        // SAFETY: the pointer is to a local.
        unsafe { sys::napi_get_and_clear_last_exception(env, &mut exception) };
    }
    let objects = Objects { env };
    let told = objects.event(event).and_then(|object| guest.hook(c"trace", &[object]));
    javascript::ran();
    if !exception.is_null() && told.is_some() {
        // SAFETY: it is of env, and nothing is pending.
        unsafe { sys::napi_throw(env, exception) };
    }
    told.map(drop).ok_or(Interrupted)
}
