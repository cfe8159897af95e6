//! Functions of JavaScript's that any thread may have called: how the event loop hears of another thread.

use std::ffi::{CStr, c_void};
use std::ptr::null_mut;

use napi::{Result, check_status, sys};

/// One such function, which this owns a part of. It may go before, with its env; who holds it has its finalizer say so.
pub struct Threadsafe(sys::napi_threadsafe_function);

// SAFETY: a thread-safe function is made for that.
unsafe impl Send for Threadsafe {}

impl Threadsafe {
    /// Has `function` called, or where that is null, `call` with `context`. The event loop lives as long as it.
    ///
    /// # Safety
    /// This is the thread of env, of which `function` is a live value or null; `data` is for `finalize`, which is called once.
    /// Where this fails, it is not.
    pub unsafe fn new(
        env: sys::napi_env,
        name: &CStr,
        function: sys::napi_value,
        (finalize, data): (sys::napi_finalize, *mut c_void),
        (call, context): (sys::napi_threadsafe_function_call_js, *mut c_void),
    ) -> Result<Self> {
        let (mut made, mut resource, null) = (null_mut(), null_mut(), null_mut());
        // SAFETY: as the caller promised; the pointers are to locals, and the name ends with a NUL.
        check_status!(unsafe {
            sys::napi_create_string_utf8(env, name.as_ptr(), name.count_bytes() as isize, &mut resource);
            sys::napi_create_threadsafe_function(
                env, function, null, resource, 0, 1, data, finalize, context, call, &mut made,
            )
        })?;
        Ok(Self(made))
    }

    /// Has it called. It never waits. `false`: it is going, and our part of it is taken back.
    ///
    /// # Safety
    /// It has not gone.
    #[must_use]
    pub unsafe fn call(&self) -> bool {
        let mode = sys::ThreadsafeFunctionCallMode::nonblocking;
        // SAFETY: as the caller promised.
        unsafe { sys::napi_call_threadsafe_function(self.0, null_mut(), mode) != sys::Status::napi_closing }
    }

    /// Gives our part of it back, after the calls that were asked for.
    ///
    /// # Safety
    /// It has not gone, and no call has answered `false`.
    pub unsafe fn release(self) {
        // SAFETY: as the caller promised.
        unsafe { sys::napi_release_threadsafe_function(self.0, sys::ThreadsafeFunctionReleaseMode::release) };
    }

    /// Ends it: nothing is called any more.
    ///
    /// # Safety
    /// As for `release`.
    pub unsafe fn abort(self) {
        // SAFETY: as the caller promised.
        unsafe { sys::napi_release_threadsafe_function(self.0, sys::ThreadsafeFunctionReleaseMode::abort) };
    }

    /// Says whether the event loop lives because of it.
    ///
    /// # Safety
    /// This is the thread of env, and it has not gone.
    #[cfg(feature = "engine")]
    pub unsafe fn hold(&self, env: sys::napi_env, holds: bool) {
        // SAFETY: as the caller promised.
        unsafe {
            if holds {
                sys::napi_ref_threadsafe_function(env, self.0);
            } else {
                sys::napi_unref_threadsafe_function(env, self.0);
            }
        }
    }
}
