//! Values as they come from JavaScript and go there: paths, bytes in place, strings and buffers.

use std::marker::PhantomData;
use std::ptr::null_mut;

use napi::bindgen_prelude::{FromNapiValue, TypeName, ValidateNapiValue};
use napi::{Error, Result, Status, ValueType, check_status, sys};

use crate::span::Span;

/// Text or bytes, copied: a path, or what a file is to hold. Text is UTF-8 then.
pub struct Text(pub Vec<u8>);

/// How much text fits without asking for its length first, bytes.
const SHORT: usize = 1024;

/// The most bytes that a character of UTF-8 has.
const CHARACTER: usize = 4;

impl FromNapiValue for Text {
    unsafe fn from_napi_value(env: sys::napi_env, value: sys::napi_value) -> Result<Self> {
        let mut len = 0;
        let mut short = [0_u8; SHORT];
        // SAFETY: the value is live; the buffer has the length that is said, and what is written ends with a NUL.
        match unsafe {
            sys::napi_get_value_string_utf8(env, value, short.as_mut_ptr().cast(), SHORT, &mut len)
        } {
            sys::Status::napi_ok if len < SHORT - CHARACTER => return Ok(Self(short[..len].to_vec())),
            sys::Status::napi_ok => {}
            // SAFETY: as above; the bytes are copied before anything else runs.
            _ => return unsafe { Bytes::from_napi_value(env, value) }.map(|bytes| Self(bytes.to_vec())),
        }
        // SAFETY: without a buffer, only the length is answered.
        check_status!(unsafe { sys::napi_get_value_string_utf8(env, value, null_mut(), 0, &mut len) })?;
        let mut long = vec![0_u8; len + 1];
        // SAFETY: the buffer has room for the text and the NUL.
        check_status!(unsafe {
            sys::napi_get_value_string_utf8(env, value, long.as_mut_ptr().cast(), len + 1, &mut len)
        })?;
        long.truncate(len);
        Ok(Self(long))
    }
}

/// The bytes of a typed array where they are, for the length of a call in which no JavaScript runs.
#[derive(Clone, Copy)]
pub struct Bytes<'e> {
    base: *mut u8,
    len: usize,
    call: PhantomData<&'e ()>,
}

impl<'e> Bytes<'e> {
    /// How many there are.
    pub const fn len(self) -> usize {
        self.len
    }

    /// A part of them. Errors: beyond their end.
    pub fn part(self, offset: usize, len: usize) -> Result<Self> {
        match offset.checked_add(len) {
            Some(end) if end <= self.len => Ok(Self { base: self.base.wrapping_add(offset), len, ..self }),
            _ => Err(Error::new(Status::InvalidArg, "beyond the end of the bytes")),
        }
    }

    /// The range, which another thread may be changing where the memory is shared.
    pub fn span(self) -> Span<'e> {
        if self.len == 0 {
            return Span::EMPTY;
        }
        // SAFETY: a typed array's bytes stay where they are while no JavaScript runs, and no Rust reference covers them.
        unsafe { Span::new(self.base, self.len) }
    }

    /// A copy.
    pub fn to_vec(self) -> Vec<u8> {
        let mut bytes = vec![0; self.len];
        self.span().drain(&mut bytes);
        bytes
    }
}

impl FromNapiValue for Bytes<'_> {
    unsafe fn from_napi_value(env: sys::napi_env, value: sys::napi_value) -> Result<Self> {
        let (mut kind, mut count, mut base) = (0, 0, null_mut());
        // SAFETY: the value is live, and each pointer is to a local.
        check_status!(unsafe {
            sys::napi_get_typedarray_info(
                env,
                value,
                &mut kind,
                &mut count,
                &mut base,
                null_mut(),
                null_mut(),
            )
        })?;
        let size = match kind {
            sys::TypedarrayType::int16_array | sys::TypedarrayType::uint16_array => 2,
            sys::TypedarrayType::int32_array
            | sys::TypedarrayType::uint32_array
            | sys::TypedarrayType::float32_array => 4,
            sys::TypedarrayType::float64_array
            | sys::TypedarrayType::bigint64_array
            | sys::TypedarrayType::biguint64_array => 8,
            _ => 1,
        };
        Ok(Self { base: base.cast(), len: count * size, call: PhantomData })
    }
}

macro_rules! any_value {
    ($($name:ty),*) => {$(
        impl TypeName for $name {
            fn type_name() -> &'static str {
                "string or typed array"
            }

            fn value_type() -> ValueType {
                ValueType::Unknown
            }
        }

        impl ValidateNapiValue for $name {}
    )*};
}

any_value!(Text, Bytes<'_>);

/// Makes values of which nothing is kept but by what holds them already. The scope is closed also where that fails: Node ends
/// the process over one that is left open.
pub fn scoped<T>(env: sys::napi_env, act: impl FnOnce() -> Result<T>) -> Result<T> {
    let mut scope = null_mut();
    // SAFETY: opened and closed here.
    check_status!(unsafe { sys::napi_open_handle_scope(env, &mut scope) })?;
    let result = act();
    // SAFETY: as above.
    let closed = check_status!(unsafe { sys::napi_close_handle_scope(env, scope) });
    result.and_then(|value| closed.map(|()| value))
}

/// A string of these bytes; what is not UTF-8 becomes U+FFFD.
pub fn string(env: sys::napi_env, bytes: &[u8]) -> Result<sys::napi_value> {
    let mut value = null_mut();
    // SAFETY: pointer and length are the slice's.
    check_status!(unsafe {
        sys::napi_create_string_utf8(env, bytes.as_ptr().cast(), bytes.len() as isize, &mut value)
    })?;
    Ok(value)
}

/// A Buffer with a copy of these bytes.
pub fn buffer(env: sys::napi_env, bytes: &[u8]) -> Result<sys::napi_value> {
    let mut value = null_mut();
    // SAFETY: pointer and length are the slice's, of which a copy is made.
    check_status!(unsafe {
        sys::napi_create_buffer_copy(env, bytes.len(), bytes.as_ptr().cast(), null_mut(), &mut value)
    })?;
    Ok(value)
}

/// The longest string that V8 makes, in its units.
const LONGEST_STRING: usize = (1 << 29) - 24;

/// A string or a Buffer. What might be too long for a string comes as a Buffer, too, of which `lib/` makes one, or Node's own error.
pub fn text(env: sys::napi_env, bytes: &[u8], as_buffer: bool) -> Result<sys::napi_value> {
    if as_buffer || bytes.len() > LONGEST_STRING { buffer(env, bytes) } else { string(env, bytes) }
}

/// What a file holds, as [`text`]; a Buffer also where it is too long for a string, of which JavaScript says so itself.
pub fn content(env: sys::napi_env, bytes: &[u8], as_buffer: bool) -> Result<sys::napi_value> {
    text(env, bytes, as_buffer).or_else(|_| buffer(env, bytes))
}

/// A number.
pub fn number(env: sys::napi_env, value: f64) -> Result<sys::napi_value> {
    let mut number = null_mut();
    // SAFETY: env is the current one.
    check_status!(unsafe { sys::napi_create_double(env, value, &mut number) })?;
    Ok(number)
}
