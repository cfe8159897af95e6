//! Errors as node:wasi throws them.

use std::ffi::{CStr, CString};
use std::ptr::null_mut;

use napi::{Error, Status, sys};

use crate::abi::Errno;

/// An errno as JavaScript gets it where the same place may have a count: below zero.
pub fn negated(errno: Errno) -> i32 {
    -i32::from(errno as u16)
}

/// Throws what node:wasi throws where a sandbox can't be made: `UVWASI_ENOENT, uvwasi_init`, with `errno`, `code` and
/// `syscall`, and beyond it a property that says what was at fault. Returns the error that tells napi so.
pub fn throw_init(env: sys::napi_env, errno: Errno, at: Option<&(&'static CStr, String)>) -> Error {
    let code = format!("UVWASI_{}", errno.name());
    let message = format!("{code}, uvwasi_init");
    // SAFETY: env is the current one; every pointer is to a live value, and every status is checked by `is_ok`.
    let thrown = unsafe {
        let (mut error, mut number) = (null_mut(), null_mut());
        sys::napi_create_error(env, null_mut(), string(env, &message), &mut error) == sys::Status::napi_ok
            && sys::napi_create_uint32(env, errno as u32, &mut number) == sys::Status::napi_ok
            && set(env, error, c"errno", number)
            && set(env, error, c"code", string(env, &code))
            && set(env, error, c"syscall", string(env, "uvwasi_init"))
            && at.is_none_or(|(name, value)| set(env, error, name, string(env, value)))
            && sys::napi_throw(env, error) == sys::Status::napi_ok
    };
    Error::new(if thrown { Status::PendingException } else { Status::GenericFailure }, message)
}

/// Throws an ordinary error.
pub fn throw(env: sys::napi_env, message: &str) {
    let Ok(message) = CString::new(message) else { return };
    // SAFETY: env is the current one, and the string ends with a NUL.
    unsafe { sys::napi_throw_error(env, std::ptr::null(), message.as_ptr()) };
}

/// Throws a TypeError.
#[cfg(feature = "engine")]
pub fn throw_type(env: sys::napi_env, message: &CStr) {
    // SAFETY: env is the current one, and the string ends with a NUL.
    unsafe { sys::napi_throw_type_error(env, std::ptr::null(), message.as_ptr()) };
}

/// Whether an exception waits for JavaScript to go on.
pub fn is_pending(env: sys::napi_env) -> bool {
    let mut pending = false;
    // SAFETY: env is the current one; the pointer is to a local.
    unsafe { sys::napi_is_exception_pending(env, &mut pending) };
    pending
}

fn string(env: sys::napi_env, text: &str) -> sys::napi_value {
    let mut value = null_mut();
    // SAFETY: pointer and length are the string's.
    unsafe { sys::napi_create_string_utf8(env, text.as_ptr().cast(), text.len() as isize, &mut value) };
    value
}

fn set(env: sys::napi_env, object: sys::napi_value, name: &CStr, value: sys::napi_value) -> bool {
    // SAFETY: object and value are live values of env; the name ends with a NUL.
    unsafe { sys::napi_set_named_property(env, object, name.as_ptr(), value) == sys::Status::napi_ok }
}
