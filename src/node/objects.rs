//! Values of JavaScript's, made of ours.

#[cfg(feature = "engine")]
use std::ffi::CStr;
use std::ptr::null_mut;

use napi::sys;

use crate::trace::{Event, Field, Value, line};

/// Makes JavaScript's values. `None` where the engine refuses, as it does while it is being ended.
pub struct Objects {
    pub env: sys::napi_env,
}

pub type Made = Option<sys::napi_value>;

impl Objects {
    pub fn event(&self, event: &Event) -> Made {
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
            Value::Offset(number) => self.bigint(*number),
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

    pub fn object(&self) -> Made {
        // SAFETY: as `make` says; and so below.
        self.make(|made| unsafe { sys::napi_create_object(self.env, made) })
    }

    pub fn null(&self) -> Made {
        // SAFETY: as above.
        self.make(|made| unsafe { sys::napi_get_null(self.env, made) })
    }

    #[cfg(feature = "engine")]
    pub fn undefined(&self) -> Made {
        // SAFETY: as above.
        self.make(|made| unsafe { sys::napi_get_undefined(self.env, made) })
    }

    pub fn float(&self, number: f64) -> Made {
        // SAFETY: as above.
        self.make(|made| unsafe { sys::napi_create_double(self.env, number, made) })
    }

    pub fn bigint(&self, number: i64) -> Made {
        // SAFETY: as above.
        self.make(|made| unsafe { sys::napi_create_bigint_int64(self.env, number, made) })
    }

    pub fn text(&self, text: &[u8]) -> Made {
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

    pub fn list(&self, values: impl IntoIterator<Item = Made>) -> Made {
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
    pub fn set(&self, object: sys::napi_value, name: &str, value: sys::napi_value) -> Option<()> {
        let name = self.text(name.as_bytes())?;
        // SAFETY: all three are live values of env.
        let status = unsafe { sys::napi_set_property(self.env, object, name, value) };
        (status == sys::Status::napi_ok).then_some(())
    }

    /// Calls a method of an object. `None`: an exception is pending.
    #[cfg(feature = "engine")]
    pub fn call(&self, object: sys::napi_value, name: &CStr, args: &[sys::napi_value]) -> Made {
        // SAFETY: object is a live value of env; the name ends with a NUL.
        let function =
            self.make(|made| unsafe { sys::napi_get_named_property(self.env, object, name.as_ptr(), made) })?;
        self.call_function(object, function, args)
    }

    /// Calls a function. `None`: an exception is pending.
    #[cfg(feature = "engine")]
    pub fn call_function(
        &self,
        this: sys::napi_value,
        function: sys::napi_value,
        args: &[sys::napi_value],
    ) -> Made {
        // SAFETY: all are live values of env.
        self.make(|made| unsafe {
            sys::napi_call_function(self.env, this, function, args.len(), args.as_ptr(), made)
        })
    }
}
