//! The functions of a run that are written in JavaScript: called on their thread, while the guest's waits.

use std::ffi::{CStr, c_void};
use std::ptr::null_mut;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use napi::bindgen_prelude::ToNapiValue;
use napi::sys;

use super::super::error::{is_pending, throw_type};
use super::super::javascript;
use super::super::objects::Objects;
use super::desk::Desk;
use super::errand::errand;
use super::exceptions::{keep, take_pending};
use super::memory::{CallMemory, Lent, Shared};
use crate::engine::{Control, Host, HostError, Program, Value, ValueType};
use crate::guest::Memory;
use crate::system::SLICE;

/// What a function failed with is kept by its run.
pub struct Failed;

/// The functions of one run.
pub struct JsHost {
    desk: Arc<Desk>,
    run: u64,
    program: Arc<Program>,
}

/// A call, as it stands.
enum Called {
    Returned(Vec<Value>),
    Threw,
    /// It answered a promise.
    Promised,
}

/// What a promise came to.
struct Promise {
    desk: Arc<Desk>,
    run: u64,
    program: Arc<Program>,
    function: usize,
    settled: Mutex<Settled>,
    over: Condvar,
}

enum Settled {
    Pending,
    /// Nobody waits any more.
    Forgotten,
    To(Option<Vec<Value>>),
}

impl JsHost {
    /// Those of a run of this desk.
    pub const fn new(desk: Arc<Desk>, run: u64, program: Arc<Program>) -> Self {
        Self { desk, run, program }
    }
}

impl Host for JsHost {
    fn call(
        &self,
        function: usize,
        args: &[Value],
        memory: Memory<'_>,
        control: &Control,
    ) -> Result<Vec<Value>, HostError> {
        let failed = || HostError(Box::new(Failed));
        let lent = Lent::new(memory);
        let promise = Arc::new(Promise {
            desk: Arc::clone(&self.desk),
            run: self.run,
            program: Arc::clone(&self.program),
            function,
            settled: Mutex::new(Settled::Pending),
            over: Condvar::new(),
        });
        let shared = lent.shared();
        let called = errand(&self.desk, Some(control), |env| {
            // SAFETY: this is the thread of env, which lives: an errand is called there.
            unsafe { promise.call(env, args, shared) }
        });
        match called.ok_or_else(failed)? {
            Called::Returned(values) => Ok(values),
            Called::Threw => Err(failed()),
            Called::Promised => promise.wait(control).ok_or_else(failed),
        }
    }
}

impl Promise {
    fn results(&self) -> &[ValueType] {
        self.program.host_functions().get(self.function).map_or(&[], |function| &function.results)
    }

    /// Calls the function.
    ///
    /// # Safety
    /// This is the thread of env, which lives.
    unsafe fn call(self: &Arc<Self>, env: sys::napi_env, args: &[Value], memory: Arc<Shared>) -> Called {
        // SAFETY: as the caller promised.
        let called = unsafe { self.begin(env, args, memory) };
        javascript::ran();
        called.unwrap_or_else(|| {
            // SAFETY: as the caller promised.
            unsafe { self.keep_pending(env) };
            Called::Threw
        })
    }

    /// `None`: an exception is pending, or the engine refuses, as it does while it is being ended.
    ///
    /// # Safety
    /// As for `call`.
    unsafe fn begin(
        self: &Arc<Self>,
        env: sys::napi_env,
        args: &[Value],
        memory: Arc<Shared>,
    ) -> Option<Called> {
        let objects = Objects { env };
        // SAFETY: as the caller promised.
        let hooks =
            self.desk.with_runs(|runs| runs.hooks(self.run).and_then(|hooks| unsafe { hooks.get(env) }))?;
        let args = objects.list(args.iter().map(|value| match value {
            Value::I32(value) => objects.float((*value).into()),
            Value::I64(value) => objects.bigint(*value),
            Value::F32(value) => objects.float((*value).into()),
            Value::F64(value) => objects.float(*value),
        }))?;
        // SAFETY: as the caller promised.
        let memory = unsafe { CallMemory::to_napi_value(env, CallMemory::new(memory)) }.ok()?;
        let args = [objects.float(self.function as f64)?, args, memory];
        let returned = objects.call(hooks, c"call", &args)?;
        let mut is_promise = false;
        // SAFETY: returned is a live value of env; the pointer is to a local.
        unsafe { sys::napi_is_promise(env, returned, &mut is_promise) };
        if !is_promise {
            // SAFETY: as the caller promised.
            return unsafe { self.values(env, returned) }.map(Called::Returned);
        }
        let (fulfilled, rejected) = (self.function(env, on_fulfilled)?, self.function(env, on_rejected)?);
        objects.call(returned, c"then", &[fulfilled, rejected])?;
        Some(Called::Promised)
    }

    /// A function that settles this.
    fn function(
        self: &Arc<Self>,
        env: sys::napi_env,
        call: unsafe extern "C" fn(sys::napi_env, sys::napi_callback_info) -> sys::napi_value,
    ) -> Option<sys::napi_value> {
        const NAME: &CStr = c"settle";
        let data = Arc::into_raw(Arc::clone(self)).cast::<c_void>().cast_mut();
        let mut function = null_mut();
        // SAFETY: the data is the finalizer's, which gives it back; where it gets none, it leaks, which is safe.
        let made = unsafe {
            let len = NAME.count_bytes() as isize;
            sys::napi_create_function(env, NAME.as_ptr(), len, Some(call), data, &mut function)
                == sys::Status::napi_ok
                && sys::napi_add_finalizer(env, function, data, Some(on_drop), null_mut(), null_mut())
                    == sys::Status::napi_ok
        };
        made.then_some(function)
    }

    /// What a function answered, as WebAssembly would take it. `None`: an exception is pending.
    ///
    /// # Safety
    /// As for `call`.
    unsafe fn values(&self, env: sys::napi_env, list: sys::napi_value) -> Option<Vec<Value>> {
        let types = self.results();
        let (mut is_list, mut len) = (false, 0);
        // SAFETY: list is a live value of env; the pointers are to locals.
        unsafe {
            if sys::napi_is_array(env, list, &mut is_list) != sys::Status::napi_ok || !is_list {
                throw_type(env, c"preopen: a host function answers a list of results");
                return None;
            }
            sys::napi_get_array_length(env, list, &mut len);
        }
        if len as usize != types.len() {
            throw_type(env, c"preopen: a host function answered another number of results than its type has");
            return None;
        }
        let mut values = Vec::with_capacity(types.len());
        for (index, kind) in types.iter().enumerate() {
            let mut value = null_mut();
            // SAFETY: as above.
            if unsafe { sys::napi_get_element(env, list, index as u32, &mut value) } != sys::Status::napi_ok {
                return None;
            }
            values.push(coerce(env, value, *kind)?);
        }
        Some(values)
    }

    /// Keeps the pending exception as that which ended the run.
    ///
    /// # Safety
    /// As for `call`.
    unsafe fn keep_pending(&self, env: sys::napi_env) {
        // SAFETY: as the caller promised.
        unsafe {
            if let Some(exception) = take_pending(env) {
                keep(env, &self.desk, self.run, exception);
            }
        }
    }

    fn settled(&self) -> MutexGuard<'_, Settled> {
        self.settled.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until it is settled. `None`: it was rejected, or the guest is stopped.
    fn wait(&self, control: &Control) -> Option<Vec<Value>> {
        let mut settled = self.settled();
        loop {
            if let Settled::To(values) = &mut *settled {
                return values.take();
            }
            if control.stopped().is_some() {
                *settled = Settled::Forgotten;
                return None;
            }
            let waited = self.over.wait_timeout(settled, Duration::from_nanos(SLICE));
            settled = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// On the JavaScript thread. `None`: it failed, with what its run keeps.
    fn settle(&self, values: Option<Vec<Value>>) {
        let mut settled = self.settled();
        if matches!(*settled, Settled::Pending) {
            *settled = Settled::To(values);
            self.over.notify_all();
        }
    }
}

/// A value as one of WebAssembly's. `None`: an exception is pending.
fn coerce(env: sys::napi_env, value: sys::napi_value, kind: ValueType) -> Option<Value> {
    let (mut type_, mut number) = (0, null_mut());
    let ok = |status| status == sys::Status::napi_ok;
    // SAFETY: value is a live value of env; the pointers are to locals.
    unsafe {
        if kind == ValueType::I64 {
            let (mut long, mut lossless) = (0, false);
            if !ok(sys::napi_typeof(env, value, &mut type_)) {
                return None;
            }
            if type_ != sys::ValueType::napi_bigint {
                throw_type(env, c"preopen: a result of type i64 is a bigint");
                return None;
            }
            return ok(sys::napi_get_value_bigint_int64(env, value, &mut long, &mut lossless))
                .then_some(Value::I64(long));
        }
        // Throws for a bigint and for a symbol, as WebAssembly's own functions do.
        if !ok(sys::napi_coerce_to_number(env, value, &mut number)) {
            if !is_pending(env) {
                throw_type(env, c"preopen: a result of this type is a number");
            }
            return None;
        }
        if kind == ValueType::I32 {
            let mut int = 0;
            return ok(sys::napi_get_value_int32(env, number, &mut int)).then_some(Value::I32(int));
        }
        let mut float = 0.0;
        if !ok(sys::napi_get_value_double(env, number, &mut float)) {
            return None;
        }
        Some(if kind == ValueType::F32 { Value::F32(float as f32) } else { Value::F64(float) })
    }
}

/// The promise of a call, and what it was settled to.
///
/// # Safety
/// `info` is that of a call of a function that `Promise::function` made.
unsafe fn called<'p>(env: sys::napi_env, info: sys::napi_callback_info) -> (&'p Promise, sys::napi_value) {
    let (mut count, mut value, mut data) = (1, null_mut(), null_mut());
    // SAFETY: the pointers are to locals; there is room for one argument. The function that is running keeps its data.
    unsafe {
        sys::napi_get_cb_info(env, info, &mut count, &mut value, null_mut(), &mut data);
        (&*data.cast::<Promise>(), value)
    }
}

unsafe extern "C" fn on_fulfilled(env: sys::napi_env, info: sys::napi_callback_info) -> sys::napi_value {
    // SAFETY: it was made for this function; this is the thread of env.
    unsafe {
        let (promise, list) = called(env, info);
        if !matches!(*promise.settled(), Settled::Forgotten) {
            let values = promise.values(env, list);
            if values.is_none() {
                promise.keep_pending(env);
            }
            promise.settle(values);
        }
    }
    null_mut()
}

unsafe extern "C" fn on_rejected(env: sys::napi_env, info: sys::napi_callback_info) -> sys::napi_value {
    // SAFETY: as above.
    unsafe {
        let (promise, error) = called(env, info);
        if !matches!(*promise.settled(), Settled::Forgotten) {
            keep(env, &promise.desk, promise.run, error);
            promise.settle(None);
        }
    }
    null_mut()
}

unsafe extern "C" fn on_drop(_env: sys::napi_env, data: *mut c_void, _hint: *mut c_void) {
    // SAFETY: it came from `Arc::into_raw` in `Promise::function`, once for this finalizer.
    drop(unsafe { Arc::from_raw(data.cast::<Promise>()) });
}
