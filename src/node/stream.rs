//! The standard streams that no descriptor of the host's is behind: bytes, captures, and streams written in JavaScript.

use std::ptr::null_mut;
use std::sync::Arc;

use napi::bindgen_prelude::{Uint8Array, Unknown};
use napi::{Env, Error, JsValue, Result, check_status, sys};
use napi_derive::napi;

use super::javascript::{self, Here};
use crate::abi::{Errno, Filestat};
use crate::span::{Span, total};
use crate::stdio::{Buffer, Capture, Null, Source, Stream, pipe};

/// The offset of how many bytes there are, or there is room for (u32).
const LENGTH: usize = 0;
/// The offset of the hook's errno (u32), or 0.
const ERRNO: usize = 4;
/// The offset of whether the guest's memory may be elsewhere now (u32).
const MOVED: usize = 8;
/// The offset of what the hook is called for (u32).
const MODE: usize = 12;
/// To transfer bytes, or to answer `Again` where that has to wait.
const TRANSFER: u32 = 0;
/// To say whether it would have to wait, and how many bytes there are.
const ASK: u32 = 1;
/// To transfer bytes, although it should wait.
const FORCE: u32 = 2;
/// The offset of the bytes.
const DATA: usize = 16;

/// A stream for a guest's 0, 1 or 2.
#[napi]
pub struct StandardStream {
    kind: Kind,
}

enum Kind {
    /// One that guests share.
    Shared(Arc<dyn Stream>),
    /// What a guest writes is kept.
    Captured(Arc<Capture>),
    /// The guest's alone, so that it ends when the guest closes it: given away once.
    #[cfg(feature = "engine")]
    Single(std::cell::Cell<Option<Arc<dyn Stream>>>),
}

impl StandardStream {
    fn shared(stream: impl Stream + 'static) -> Self {
        Self { kind: Kind::Shared(Arc::new(stream)) }
    }

    /// One for a single guest.
    #[cfg(feature = "engine")]
    pub fn single(stream: impl Stream + 'static) -> Self {
        Self { kind: Kind::Single(std::cell::Cell::new(Some(Arc::new(stream)))) }
    }

    /// The stream itself. Errors: `Badf` where it was given away.
    pub fn stream(&self) -> std::result::Result<Arc<dyn Stream>, Errno> {
        match &self.kind {
            Kind::Shared(stream) => Ok(Arc::clone(stream)),
            Kind::Captured(capture) => Ok(Arc::clone(capture) as Arc<dyn Stream>),
            #[cfg(feature = "engine")]
            Kind::Single(stream) => stream.take().ok_or(Errno::Badf),
        }
    }

    /// What keeps what a guest writes to it.
    #[cfg(feature = "engine")]
    pub const fn capture(&self) -> Option<&Arc<Capture>> {
        match &self.kind {
            Kind::Captured(capture) => Some(capture),
            _ => None,
        }
    }
}

/// A stream at its end, which takes whatever is written.
#[napi]
pub fn null_stream() -> StandardStream {
    StandardStream::shared(Null)
}

/// A stream that is read: a copy of these bytes.
#[napi]
pub fn bytes_stream(bytes: Uint8Array) -> Result<StandardStream> {
    let stream = Buffer::copy(&bytes).map_err(|_| Error::from_reason("preopen: out of memory"))?;
    Ok(StandardStream::shared(stream))
}

/// A stream whose other side is a function: `hook` takes from `staging`, or puts there, what `lib/streams.js` says. The
/// function is held weakly: the guest's hooks keep it.
#[napi]
pub fn hook_stream(
    env: Env,
    hook: Unknown<'_>,
    mut staging: Uint8Array,
    reads: bool,
    waits: bool,
) -> Result<StandardStream> {
    // SAFETY: only the address and the length are used; no reference to the bytes is kept.
    let bytes = unsafe { staging.as_mut() };
    if bytes.len() <= DATA || bytes.as_ptr().align_offset(4) != 0 {
        return Err(Error::from_reason("the staging buffer is too small"));
    }
    let (base, room) = (bytes.as_mut_ptr(), bytes.len() - DATA);
    let mut reference = null_mut();
    // SAFETY: hook is a live value of env.
    check_status!(unsafe { sys::napi_create_reference(env.raw(), hook.raw(), 0, &mut reference) })?;
    let hook = Hook { env: env.raw(), function: reference, base, room, reads, waits, home: Here::now() };
    Ok(StandardStream::shared(hook))
}

/// What a guest wrote, kept for its host.
#[napi(js_name = "Capture")]
pub struct CaptureHandle {
    capture: Arc<Capture>,
}

#[napi]
impl CaptureHandle {
    /// Nothing yet, and at most `limit` bytes.
    #[napi(constructor)]
    pub fn new(limit: f64) -> Self {
        // As many as there can be, where it is infinite.
        Self { capture: Arc::new(Capture::new(limit as u64)) }
    }

    /// What a guest writes to.
    #[napi]
    pub fn stream(&self) -> StandardStream {
        StandardStream { kind: Kind::Captured(Arc::clone(&self.capture)) }
    }

    /// How many bytes are kept.
    #[napi(getter)]
    pub fn length(&self) -> f64 {
        self.capture.len() as f64
    }

    /// How many bytes were not kept.
    #[napi(getter)]
    pub fn dropped(&self) -> f64 {
        self.capture.dropped() as f64
    }

    /// Copies what is kept, as much as fits.
    #[napi]
    pub fn copy(&self, mut into: Uint8Array) {
        // SAFETY: nothing runs meanwhile that could see the bytes or move them.
        self.capture.copy(unsafe { into.as_mut() });
    }

    /// Forgets everything.
    #[napi]
    pub fn clear(&self) {
        self.capture.clear();
    }
}

/// A stream written in JavaScript.
struct Hook {
    env: sys::napi_env,
    /// Weak, as the door's own: what the host wrote refers to whatever it likes, also to the guest.
    function: sys::napi_ref,
    /// The staging buffer, which JavaScript never lets go: its header, and behind it room for bytes.
    base: *mut u8,
    room: usize,
    reads: bool,
    /// Whether it may answer `Again`.
    waits: bool,
    home: Here,
}

// SAFETY: all but the flags is used on the thread that made it alone: `call` and `drop` ask.
unsafe impl Send for Hook {}
// SAFETY: as above.
unsafe impl Sync for Hook {}

impl Hook {
    fn header(&self, offset: usize) -> *mut u32 {
        // SAFETY: the buffer begins, aligned, with DATA bytes of header.
        unsafe { self.base.add(offset).cast() }
    }

    /// The bytes of the buffer: ours for as long as no JavaScript runs.
    const fn data(&self) -> *mut [u8] {
        // The buffer has so many bytes behind its header.
        std::ptr::slice_from_raw_parts_mut(self.base.wrapping_add(DATA), self.room)
    }

    /// Has JavaScript do its part, for `length` bytes, in a mode. It says how many they are then. Errors: what the hook answers; `Io` where
    /// an exception is pending, which ends the guest.
    fn call(&self, length: usize, mode: u32) -> std::result::Result<usize, Errno> {
        let (mut function, mut this, mut result) = (null_mut(), null_mut(), null_mut());
        // SAFETY: this thread is env's; the header is JavaScript's and ours in turns; the pointers are to locals.
        let (status, length, errno, moved) = unsafe {
            self.header(LENGTH).write(length as u32);
            self.header(MODE).write(mode);
            sys::napi_get_reference_value(self.env, self.function, &mut function);
            if function.is_null() {
                return Err(Errno::Io);
            }
            sys::napi_get_undefined(self.env, &mut this);
            let status = sys::napi_call_function(self.env, this, function, 0, std::ptr::null(), &mut result);
            let header = |offset| self.header(offset).read();
            (status, header(LENGTH), header(ERRNO), header(MOVED))
        };
        if status != sys::Status::napi_ok {
            javascript::ran();
            return Err(Errno::Io);
        }
        if moved != 0 {
            javascript::ran();
        }
        if errno == 0 {
            return Ok(length as usize);
        }
        Err(Errno::ALL.iter().copied().find(|known| *known as u32 == errno).unwrap_or(Errno::Io))
    }
}

impl Stream for Hook {
    fn stat(&self) -> crate::vfs::Result<Filestat> {
        Ok(pipe())
    }

    fn directions(&self) -> (bool, bool) {
        (self.reads, !self.reads)
    }

    fn source(&self) -> Source<'_> {
        if self.waits { Source::Engine } else { Source::Ready }
    }

    fn engine_ready(&self, write: bool) -> Option<u64> {
        if !self.home.is_here() || write == self.reads {
            return Some(0);
        }
        match self.call(0, ASK) {
            Err(Errno::Again) => None,
            // Of an error, the call will hear.
            answer => Some(answer.unwrap_or(0) as u64),
        }
    }

    fn runs_engine(&self) -> bool {
        true
    }

    fn read(&self, into: &[Span<'_>]) -> crate::vfs::Result<usize> {
        if !self.reads || !self.home.is_here() {
            return Err(Errno::Badf);
        }
        let room = total(into).min(self.room);
        let len = self.call(room, TRANSFER)?.min(room);
        // SAFETY: this is its thread, and JavaScript is done: nobody else refers to the bytes.
        let data = unsafe { &*self.data() };
        let mut rest = &data[..len];
        for span in into {
            rest = &rest[span.fill(rest)..];
        }
        Ok(len)
    }

    fn write(&self, from: &[Span<'_>]) -> crate::vfs::Result<usize> {
        if self.reads || !self.home.is_here() {
            return Err(Errno::Badf);
        }
        // SAFETY: this is its thread, and JavaScript has yet to run: nobody else refers to the bytes.
        let data = unsafe { &mut *self.data() };
        let mut len = 0;
        for span in from {
            len += span.drain(&mut data[len..]);
        }
        self.call(len, if javascript::blocks() { FORCE } else { TRANSFER })?;
        Ok(len)
    }
}

impl Drop for Hook {
    fn drop(&mut self) {
        if self.home.is_here() {
            // SAFETY: the reference was made in this env, and this was its only user.
            unsafe { sys::napi_delete_reference(self.env, self.function) };
        }
    }
}
