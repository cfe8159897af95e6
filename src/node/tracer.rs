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
use crate::abi::Errno;
use crate::guest::{Guest, Interrupted};
use crate::span::Span;
use crate::stdio::{self, Source, Stream};
use crate::system::{SLICE, Wait};
use crate::trace::{Entered, Event, Field, LINE_MAX, Value, line};

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
        // SAFETY: used for one system call, which says so where the number is not open.
        let stream = stdio::duplicate(unsafe { BorrowedFd::borrow_raw(2) })?;
        Ok(Self::new(Sink::Stream(stream)))
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

/// Writes a line in one piece, so that those of several guests and threads do not mix.
fn write(guest: &mut V8Guest<'_>, stream: &dyn Stream, mut line: String) -> Result<(), Interrupted> {
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
        let mut wait = [Wait::new(fd, true)];
        if guest.process().system.wait(&mut wait, SLICE).is_err() {
            return Ok(());
        }
        guest.pause()?;
    }
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

/// Makes JavaScript's values. `None` where the engine refuses, as it does while it is being ended.
struct Objects {
    env: sys::napi_env,
}

type Made = Option<sys::napi_value>;

impl Objects {
    fn event(&self, event: &Event) -> Made {
        let Event { name, args, outcome, results, duration } = event;
        let object = self.object()?;
        self.set(object, "name", self.text(name.as_bytes())?)?;
        self.set(object, "args", self.record(args)?)?;
        let errno = outcome.name().map_or_else(|| self.null(), |name| self.text(name.as_bytes()));
        self.set(object, "errno", errno?)?;
        self.set(object, "result", self.record(results)?)?;
        self.set(object, "duration", self.float(*duration as f64 / 1e6)?)?;
        self.set(object, "text", self.text(line(event).as_bytes())?)?;
        Some(object)
    }

    fn record(&self, fields: &[Field]) -> Made {
        let object = self.object()?;
        for (name, value) in fields {
            self.set(object, name, self.value(value)?)?;
        }
        Some(object)
    }

    fn value(&self, value: &Value) -> Made {
        match value {
            Value::Fd(number, _) | Value::Number(number) => self.float((*number).into()),
            // No guest has so many bytes that a double could not count them.
            Value::Size(number) => self.float(*number as f64),
            Value::Long(number) => {
                // SAFETY: as `make` says.
                self.make(|made| unsafe { sys::napi_create_bigint_uint64(self.env, *number, made) })
            }
            Value::Offset(number) => {
                // SAFETY: as `make` says.
                self.make(|made| unsafe { sys::napi_create_bigint_int64(self.env, *number, made) })
            }
            Value::Name(name) => self.text(name.as_bytes()),
            Value::Flags { names, bits: _, unknown } => {
                let mut list: Vec<_> = names.iter().map(|name| self.text(name.as_bytes())).collect();
                if *unknown != 0 {
                    list.push(self.text(format!("{unknown:#x}").as_bytes()));
                }
                self.list(list)
            }
            Value::Text(text, _) => self.text(String::from_utf8_lossy(text).as_bytes()),
            Value::Data { ranges, cut: _, total } => {
                let object = self.object()?;
                self.set(object, "data", self.bytes(&ranges.concat())?)?;
                self.set(object, "total", self.float(*total as f64)?)?;
                Some(object)
            }
            Value::List(values, _) => self.list(values.iter().map(|value| self.value(value))),
            Value::Record(fields) => self.record(fields),
            Value::Address(address) => {
                let object = self.object()?;
                self.set(object, "address", self.float((*address).into())?)?;
                Some(object)
            }
        }
    }

    /// What `act` leaves at the place that it is given, which holds one value, if it says that all went well.
    fn make(&self, act: impl FnOnce(*mut sys::napi_value) -> sys::napi_status) -> Made {
        let mut made = null_mut();
        (act(&mut made) == sys::Status::napi_ok).then_some(made)
    }

    fn object(&self) -> Made {
        // SAFETY: as `make` says; and so below.
        self.make(|made| unsafe { sys::napi_create_object(self.env, made) })
    }

    fn null(&self) -> Made {
        // SAFETY: as above.
        self.make(|made| unsafe { sys::napi_get_null(self.env, made) })
    }

    fn float(&self, number: f64) -> Made {
        // SAFETY: as above.
        self.make(|made| unsafe { sys::napi_create_double(self.env, number, made) })
    }

    fn text(&self, text: &[u8]) -> Made {
        // SAFETY: as above; pointer and length are the slice's, which is copied.
        self.make(|made| unsafe {
            sys::napi_create_string_utf8(self.env, text.as_ptr().cast(), text.len() as isize, made)
        })
    }

    fn bytes(&self, bytes: &[u8]) -> Made {
        let mut data = null_mut();
        // SAFETY: as above; `data` is a local.
        let buffer = self
            .make(|made| unsafe { sys::napi_create_arraybuffer(self.env, bytes.len(), &mut data, made) })?;
        // SAFETY: the buffer has so many bytes, is new, and nobody else has seen it.
        unsafe { std::ptr::copy_nonoverlapping(bytes.as_ptr(), data.cast(), bytes.len()) };
        // SAFETY: as above; the range is all of the buffer.
        self.make(|made| unsafe {
            let kind = sys::TypedarrayType::uint8_array;
            sys::napi_create_typedarray(self.env, kind, bytes.len(), buffer, 0, made)
        })
    }

    fn list(&self, values: impl IntoIterator<Item = Made>) -> Made {
        // SAFETY: as above.
        let list = self.make(|made| unsafe { sys::napi_create_array(self.env, made) })?;
        for (index, value) in values.into_iter().enumerate() {
            // SAFETY: both are live values of env.
            let status = unsafe { sys::napi_set_element(self.env, list, index as u32, value?) };
            if status != sys::Status::napi_ok {
                return None;
            }
        }
        Some(list)
    }

    /// Sets a property of an object made here.
    fn set(&self, object: sys::napi_value, name: &str, value: sys::napi_value) -> Option<()> {
        let name = self.text(name.as_bytes())?;
        // SAFETY: all three are live values of env.
        let status = unsafe { sys::napi_set_property(self.env, object, name, value) };
        (status == sys::Status::napi_ok).then_some(())
    }
}
