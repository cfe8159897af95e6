//! Calls of the functions of `lib/provider/`, from a guest's call or from JavaScript's own.

use std::ffi::{CStr, c_void};
use std::ptr::null_mut;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, ThreadId};

use napi::{Result as NapiResult, check_status, sys};

#[cfg(feature = "engine")]
use super::super::engine::elsewhere::Elsewhere;
use super::super::javascript;
#[cfg(not(feature = "engine"))]
use super::nowhere::Elsewhere;
use crate::abi::Errno;
use crate::vfs::Result;

/// An object of JavaScript whose functions are called, on the one thread that may.
pub struct Hooks {
    env: sys::napi_env,
    /// Weak: whatever mounts the filesystem holds the object, in JavaScript, where a cycle through the provider can be seen.
    object: sys::napi_ref,
    thread: ThreadId,
    /// Cleared when the environment begins to end, after which nothing of it may be used.
    alive: Arc<AtomicBool>,
    /// From other threads.
    elsewhere: Elsewhere,
}

// SAFETY: env and reference are used only where `usable` saw that this is the thread of the environment, which still lives.
unsafe impl Send for Hooks {}
// SAFETY: as above.
unsafe impl Sync for Hooks {}

/// An argument.
#[derive(Clone, Copy)]
pub enum Arg<'a> {
    Text(&'a str),
    Number(f64),
    /// Bytes, of which JavaScript gets a copy.
    Bytes(&'a [u8]),
}

/// What a function returned.
pub enum Answer {
    /// A number from 0 on.
    Number(f64),
    /// Anything else, alive until the end of the closure that gets it.
    Value(sys::napi_env, sys::napi_value),
}

impl Hooks {
    pub fn new(env: sys::napi_env, object: sys::napi_value) -> NapiResult<Arc<Self>> {
        // Before the hook below: what is asked of this thread is refused after it.
        let elsewhere = Elsewhere::to(env)?;
        let alive = Arc::new(AtomicBool::new(true));
        let mut reference = null_mut();
        // SAFETY: object is a live value of env; the flag's pointer is given back by `on_end` or by `drop`.
        unsafe {
            check_status!(sys::napi_create_reference(env, object, 0, &mut reference))?;
            let flag = Arc::into_raw(Arc::clone(&alive)).cast::<c_void>().cast_mut();
            check_status!(sys::napi_add_env_cleanup_hook(env, Some(on_end), flag))?;
        }
        Ok(Arc::new(Self { env, object: reference, thread: thread::current().id(), alive, elsewhere }))
    }

    fn is_here(&self) -> bool {
        thread::current().id() == self.thread
    }

    /// Whether JavaScript can be called now, on its thread. Errors: `Io` when the environment ends.
    fn usable(&self) -> Result<()> {
        if self.is_here() && self.alive.load(Ordering::Relaxed) { Ok(()) } else { Err(Errno::Io) }
    }

    /// Calls a function and has `read` take what it returned, both on the thread of JavaScript. Errors: those that it returned, as
    /// negative numbers; `Io` where it threw, with the exception pending: whoever comes back to JavaScript throws it.
    pub fn call<T: Send>(
        &self,
        name: &CStr,
        args: &[Arg<'_>],
        read: impl FnOnce(Answer) -> Result<T> + Send,
    ) -> Result<T> {
        if self.is_here() {
            self.call_here(name, args, read)
        } else {
            self.elsewhere.call(|| self.call_here(name, args, read))
        }
    }

    fn call_here<T>(
        &self,
        name: &CStr,
        args: &[Arg<'_>],
        read: impl FnOnce(Answer) -> Result<T>,
    ) -> Result<T> {
        self.usable()?;
        let mut scope = null_mut();
        // SAFETY: this is the thread of env, which lives.
        if unsafe { sys::napi_open_handle_scope(self.env, &mut scope) } != sys::Status::napi_ok {
            return Err(Errno::Io);
        }
        let result = self.call_in_scope(name, args).and_then(read);
        // SAFETY: the scope was opened above; of its values nothing is kept.
        unsafe { sys::napi_close_handle_scope(self.env, scope) };
        javascript::ran();
        result
    }

    /// Calls a function that answers nothing but success.
    pub fn act(&self, name: &CStr, args: &[Arg<'_>]) -> Result<()> {
        self.call(name, args, |_| Ok(()))
    }

    fn call_in_scope(&self, name: &CStr, args: &[Arg<'_>]) -> Result<Answer> {
        const MOST_ARGS: usize = 4;
        let env = self.env;
        let (mut object, mut function, mut result) = (null_mut(), null_mut(), null_mut());
        let mut values = [null_mut(); MOST_ARGS];
        let (mut kind, mut number) = (0, 0.0);
        let ok = |status| if status == sys::Status::napi_ok { Ok(()) } else { Err(Errno::Io) };
        // SAFETY: this is the thread of env, which lives; every pointer is to a local, or to a value of the open scope.
        unsafe {
            ok(sys::napi_get_reference_value(env, self.object, &mut object))?;
            if object.is_null() {
                return Err(Errno::Io);
            }
            for (arg, value) in args.iter().zip(&mut values) {
                ok(match arg {
                    Arg::Text(text) => {
                        sys::napi_create_string_utf8(env, text.as_ptr().cast(), text.len() as isize, value)
                    }
                    Arg::Number(number) => sys::napi_create_double(env, *number, value),
                    Arg::Bytes(bytes) => {
                        let mut data = null_mut();
                        sys::napi_create_buffer_copy(
                            env,
                            bytes.len(),
                            bytes.as_ptr().cast(),
                            &mut data,
                            value,
                        )
                    }
                })?;
            }
            ok(sys::napi_get_named_property(env, object, name.as_ptr(), &mut function))?;
            ok(sys::napi_call_function(env, object, function, args.len(), values.as_ptr(), &mut result))?;
            ok(sys::napi_typeof(env, result, &mut kind))?;
            if kind != sys::ValueType::napi_number {
                return Ok(Answer::Value(env, result));
            }
            ok(sys::napi_get_value_double(env, result, &mut number))?;
        }
        if number >= 0.0 {
            return Ok(Answer::Number(number));
        }
        // The first errno is 1.
        let errno = ((-number) as usize).checked_sub(1).and_then(|index| Errno::ALL.get(index));
        Err(errno.copied().unwrap_or(Errno::Io))
    }

    /// Closes a handle. Nobody waits for the answer.
    pub fn close(self: &Arc<Self>, handle: f64) {
        if self.is_here() {
            return self.close_here(handle);
        }
        let hooks = Arc::clone(self);
        self.elsewhere.post(move || hooks.close_here(handle));
    }

    /// Closes a handle, also while an exception is pending, which stays so. What it throws itself is pending then, unless another
    /// is, or the collector is at work: that would end the process.
    fn close_here(&self, handle: f64) {
        if self.usable().is_err() {
            return;
        }
        let (mut scope, mut earlier) = (null_mut(), null_mut());
        // SAFETY: this is the thread of env, which lives; the exception lives as long as the scope.
        unsafe {
            if sys::napi_open_handle_scope(self.env, &mut scope) != sys::Status::napi_ok {
                return;
            }
            let was_pending = self.take_exception(&mut earlier);
            let _closed = self.call_here(c"close", &[Arg::Number(handle)], |_| Ok(()));
            if was_pending || javascript::is_collecting() {
                let mut dropped = null_mut();
                self.take_exception(&mut dropped);
            }
            if was_pending {
                sys::napi_throw(self.env, earlier);
            }
            sys::napi_close_handle_scope(self.env, scope);
        }
    }

    /// Takes the pending exception, where there is one.
    ///
    /// # Safety
    /// This is the thread of env, which lives.
    unsafe fn take_exception(&self, exception: &mut sys::napi_value) -> bool {
        let mut pending = false;
        // SAFETY: as the caller promised.
        unsafe {
            sys::napi_is_exception_pending(self.env, &mut pending) == sys::Status::napi_ok
                && pending
                && sys::napi_get_and_clear_last_exception(self.env, exception) == sys::Status::napi_ok
        }
    }
}

impl Drop for Hooks {
    fn drop(&mut self) {
        let (env, object, alive) = (self.env, Object(self.object), Arc::clone(&self.alive));
        if self.is_here() {
            release(env, object, &alive);
        } else {
            // Where the environment has ended, the reference went with it.
            let env = Environment(env);
            self.elsewhere.post(move || release(env.raw(), object, &alive));
        }
    }
}

/// On the thread of env: deletes the reference, unless it goes with the environment.
fn release(env: sys::napi_env, object: Object, alive: &Arc<AtomicBool>) {
    if !alive.load(Ordering::Relaxed) {
        return;
    }
    let flag = Arc::as_ptr(alive);
    // SAFETY: env lives: so `on_end` has not run, and the flag's count is ours to take.
    unsafe {
        sys::napi_remove_env_cleanup_hook(env, Some(on_end), flag.cast::<c_void>().cast_mut());
        Arc::decrement_strong_count(flag);
        sys::napi_delete_reference(env, object.0);
    }
}

/// A reference on its way to its thread.
struct Object(sys::napi_ref);

// SAFETY: it is used by `release` alone, on the thread of its environment.
unsafe impl Send for Object {}

/// As above.
struct Environment(sys::napi_env);

impl Environment {
    const fn raw(&self) -> sys::napi_env {
        self.0
    }
}

// SAFETY: as above.
unsafe impl Send for Environment {}

/// The environment begins to end.
unsafe extern "C" fn on_end(flag: *mut c_void) {
    // SAFETY: `flag` came from `Arc::into_raw` in `Hooks::new`, once for this call.
    let alive = unsafe { Arc::from_raw(flag.cast::<AtomicBool>()) };
    alive.store(false, Ordering::Relaxed);
}
