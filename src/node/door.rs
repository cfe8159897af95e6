//! A guest's call: out of the frame, through [`crate::calls::dispatch`], and back.

use std::cell::Cell;
use std::ffi::{CStr, c_void};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr::null_mut;
use std::rc::Rc;
use std::time::Instant;

use napi::{Error, Result, Status, check_status, sys};

use super::error::{self, throw};
use super::frame::{BLOCKS, Frame, UNBOUND, WAIT};
use super::tracer::{Begun, Tracer};
use super::{javascript, poller, suspend};
use crate::abi::{Errno, IMPORTS, MAX_PARAMS};
use crate::calls::{Call, Halt, dispatch};
use crate::guest::{Guest, Interrupted, Memory, Progress};
use crate::process::Process;
use crate::trace::{Entered, Outcome};

/// How much of a memory the pointers of preview1 can name, bytes.
const MOST_BYTES: u64 = 1 << 32;

/// What one guest's calls need. It lives as long as the function that they come through.
pub struct Door {
    process: Process,
    env: sys::napi_env,
    /// Weak: the hooks hold the `WASI` object, whose imports hold the function; the function holds the hooks.
    hooks: sys::napi_ref,
    frame: Cell<Option<Frame>>,
    /// The guest's memory, and the size (pages) at which this was true. V8 moves a memory only when it grows.
    base: Cell<*mut u8>,
    len: Cell<u64>,
    pages: Cell<u32>,
    /// Whether the guest is suspended while it waits, where it can be.
    suspends: Cell<bool>,
    /// The ticket that was asked for last: that of a call which answers that it was suspended.
    ticket: Cell<u64>,
    tracer: Option<Tracer>,
}

impl Door {
    pub fn new(
        env: sys::napi_env,
        process: Process,
        hooks: sys::napi_value,
        tracer: Option<Tracer>,
    ) -> Result<Self> {
        let mut reference = null_mut();
        // SAFETY: hooks is a live value of env.
        check_status!(unsafe { sys::napi_create_reference(env, hooks, 0, &mut reference) })?;
        Ok(Self {
            process,
            env,
            hooks: reference,
            frame: Cell::new(None),
            base: Cell::new(null_mut()),
            len: Cell::new(0),
            pages: Cell::new(UNBOUND),
            suspends: Cell::new(false),
            ticket: Cell::new(0),
            tracer,
        })
    }

    /// From now on, calls suspend the guest while they wait.
    pub fn suspend_calls(&self) {
        self.suspends.set(true);
    }

    /// Closes every descriptor, also those that suspended calls wait for: JavaScript makes them go on.
    pub fn close(&self) {
        self.process.fds.clear();
        self.process.suspended.release().into_iter().for_each(poller::forget);
    }

    pub fn attach(&self, frame: Frame) {
        self.frame.set(Some(frame));
    }
}

impl Drop for Door {
    fn drop(&mut self) {
        // Only a finalizer drops a door. Closing a file may run JavaScript, if the file is of its making.
        javascript::collect(|| self.process.fds.clear());
        // Here, for nobody knows which finalizer is the last: that of the function, or that of the sandbox.
        // SAFETY: the reference was made in this env, whose finalizer runs, and its last user goes.
        unsafe { sys::napi_delete_reference(self.env, self.hooks) };
    }
}

/// The function `dispatch` of a door, which it keeps alive, and whose hooks it keeps alive. A guest that is traced has
/// another one, so that the others pay nothing for it.
pub fn dispatch_function(env: sys::napi_env, door: Rc<Door>) -> Result<sys::napi_value> {
    const NAME: &CStr = c"dispatch";
    let mut function = null_mut();
    let mut hooks = null_mut();
    let data = Rc::into_raw(Rc::clone(&door)).cast::<c_void>().cast_mut();
    // SAFETY: `data` is a door that the finalizer gives back; all pointers are to live values of env. Where a step fails
    // the door leaks, which is safe.
    unsafe {
        let name = NAME.to_bytes().len() as isize;
        check_status!(sys::napi_create_function(
            env,
            NAME.as_ptr(),
            name,
            Some(if door.tracer.is_some() { on_traced_call } else { on_call }),
            data,
            &mut function
        ))?;
        check_status!(sys::napi_add_finalizer(env, function, data, Some(on_drop), null_mut(), null_mut()))?;
        check_status!(sys::napi_get_reference_value(env, door.hooks, &mut hooks))?;
        check_status!(sys::napi_set_named_property(env, function, c"hooks".as_ptr(), hooks))?;
    }
    Ok(function)
}

unsafe extern "C" fn on_drop(_env: sys::napi_env, data: *mut c_void, _hint: *mut c_void) {
    // SAFETY: `data` came from `Rc::into_raw` in `dispatch_function`, once for this finalizer.
    drop(unsafe { Rc::from_raw(data.cast::<Door>()) });
}

// Never inlined: it would then be there twice, and so would the calls, which none of the two could inline.
#[inline(never)]
unsafe extern "C" fn on_call(env: sys::napi_env, info: sys::napi_callback_info) -> sys::napi_value {
    let mut data = null_mut();
    // SAFETY: info is this call's; the null pointers ask for nothing.
    unsafe { sys::napi_get_cb_info(env, info, null_mut(), null_mut(), null_mut(), &mut data) };
    // SAFETY: `data` is the door of the function that is running, and therefore alive.
    let door = unsafe { &*data.cast::<Door>() };
    if catch_unwind(AssertUnwindSafe(|| call(env, door))).is_err() {
        throw(env, "preopen: internal error (this is a bug of preopen)");
    }
    null_mut()
}

/// A call of a guest that is traced: the same as of another, with a look at the frame and the memory before and after.
unsafe extern "C" fn on_traced_call(env: sys::napi_env, info: sys::napi_callback_info) -> sys::napi_value {
    let mut data = null_mut();
    // SAFETY: as above.
    unsafe { sys::napi_get_cb_info(env, info, null_mut(), null_mut(), null_mut(), &mut data) };
    // SAFETY: as above.
    let door = unsafe { &*data.cast::<Door>() };
    let make = || {
        // SAFETY: this call is one of such a function, too, and goes on to be one.
        unsafe { on_call(env, info) };
    };
    if catch_unwind(AssertUnwindSafe(|| traced(env, door, make))).is_err() {
        throw(env, "preopen: internal error of the tracing (this is a bug of preopen)");
    }
    null_mut()
}

fn traced(env: sys::napi_env, door: &Door, make: impl FnOnce()) {
    let (Some(frame), Some(tracer)) = (door.frame.get(), &door.tracer) else { return make() };
    // What the host does in the middle of being told would be told in turn, without end.
    if tracer.is_telling() {
        return make();
    }
    let mut guest = V8Guest { env, door, again: None };
    let begun = match frame.ticket() {
        0 => begin(&mut guest, frame),
        ticket => tracer.resume(ticket & !BLOCKS),
    };
    let Some(Begun { entered, at }) = begun else { return make() };
    if !entered.returns() {
        // Nobody may be there to be told afterwards.
        let event = entered.leave(&door.process, guest.memory(), Outcome::None, 0);
        let call = frame.copy();
        if tracer.tell(&mut guest, &event).is_ok() {
            frame.restore(&call);
            make();
        }
        return;
    }
    make();
    let duration = at.elapsed().as_nanos() as u64;
    let (errno, pending) = (frame.errno(), error::is_pending(env));
    if errno == WAIT && !pending {
        // It comes again.
        return tracer.suspend(frame.ticket(), Begun { entered, at });
    }
    let outcome = match Errno::ALL.iter().find(|known| **known as u32 == errno) {
        _ if pending => Outcome::None,
        // What was interrupted answers so.
        Some(Errno::Canceled) => Outcome::None,
        Some(errno) => Outcome::Errno(*errno),
        None => Outcome::Success,
    };
    let event = entered.leave(&door.process, guest.memory(), outcome, duration);
    // What the host threw is pending then, and ends the guest.
    let told = tracer.tell(&mut guest, &event);
    frame.answer(if told.is_ok() { errno } else { Errno::Canceled as u32 });
}

/// Looks at a new call. `None`: it is none of the table, or asking for the memory has failed, as it does again when the call is made.
fn begin(guest: &mut V8Guest<'_>, frame: Frame) -> Option<Begun> {
    let door = guest.door;
    let (number, pages) = (frame.number(), frame.pages());
    if pages != door.pages.get() && pages != UNBOUND {
        resized(guest, frame, number, pages).ok()?;
    }
    let args = std::array::from_fn(|index| frame.arg(index));
    let entered = Entered::new(&door.process, guest.memory(), number, args)?;
    Some(Begun { entered, at: Instant::now() })
}

fn call(env: sys::napi_env, door: &Door) {
    let Some(frame) = door.frame.get() else { return };
    let ticket = frame.ticket();
    let mut again = None;
    let mut guest = V8Guest { env, door, again: None };
    if ticket != 0 {
        frame.clear_ticket();
        if !resume(&mut guest, ticket, &mut again) {
            return frame.answer(Errno::Canceled as u32);
        }
        guest.again = again.as_ref();
    }
    let answer = run(&mut guest, frame);
    if ticket != 0 {
        javascript::set_blocks(false);
    }
    match answer {
        Ok(()) => frame.answer(0),
        Err(Halt::Errno(errno)) => frame.answer(errno as u32),
        // The guest does not return from these: the hook throws.
        Err(Halt::Exit(code)) => guest.end(code.cast_signed(), false),
        Err(Halt::Raise(signal)) => guest.end(128 + i32::from(signal), true),
        Err(Halt::Suspended) => {
            let ticket = door.ticket.get();
            suspend::suspend(&mut guest, frame, ticket);
        }
        // What ended it is pending; should nothing be, the guest must not take an old answer for its own.
        Err(Halt::Interrupted) => frame.answer(Errno::Canceled as u32),
    }
}

fn run(guest: &mut V8Guest<'_>, frame: Frame) -> Call {
    let (number, pages) = (frame.number(), frame.pages());
    if pages != guest.door.pages.get() || pages == UNBOUND {
        resized(guest, frame, number, pages)?;
    }
    dispatch(&guest.door.process, guest, number, move |index| frame.arg(index))
}

/// Before a call that was suspended. `false`: an exception is pending.
#[cold]
fn resume(guest: &mut V8Guest<'_>, ticket: u64, again: &mut Option<Again>) -> bool {
    let blocks = ticket & BLOCKS != 0;
    let ticket = ticket & !BLOCKS;
    let progress = guest.door.process.suspended.take(ticket);
    poller::forget(ticket);
    *again = Some(Again { ticket, progress, blocks });
    // Nobody will wake what was arranged for one that could not be suspended. No code of the host's runs there.
    let done = !blocks || guest.hook(c"giveUp", &[]).is_some();
    javascript::set_blocks(blocks && done);
    done
}

/// Before a call that follows the binding of the memory or its growth, and one that precedes the binding.
#[cold]
fn resized(guest: &mut V8Guest<'_>, frame: Frame, number: u32, pages: u32) -> Call {
    if pages != UNBOUND {
        // Asking for the view runs JavaScript, which may call.
        let args: [u64; MAX_PARAMS] = std::array::from_fn(|index| frame.arg(index));
        guest.refresh().map_err(|_| Halt::Interrupted)?;
        guest.door.pages.set(pages);
        args.iter().enumerate().for_each(|(index, arg)| frame.set_arg(index, *arg));
    } else if IMPORTS.get(number as usize).is_some_and(|import| import.returns) {
        // Only proc_exit needs no memory.
        guest.hook(c"notStarted", &[]);
        return Err(Halt::Interrupted);
    }
    Ok(())
}

/// A guest in V8, during one call.
pub struct V8Guest<'d> {
    env: sys::napi_env,
    door: &'d Door,
    /// Of a call that was suspended.
    again: Option<&'d Again>,
}

/// A call that is made again.
struct Again {
    ticket: u64,
    progress: Option<Progress>,
    /// Whether it waits where it is.
    blocks: bool,
}

impl V8Guest<'_> {
    pub const fn env(&self) -> sys::napi_env {
        self.env
    }

    pub const fn process(&self) -> &Process {
        &self.door.process
    }

    /// Calls one of the hooks. `None`: an exception is pending.
    pub fn hook(&mut self, name: &CStr, args: &[sys::napi_value]) -> Option<sys::napi_value> {
        let (mut hooks, mut function, mut result) = (null_mut(), null_mut(), null_mut());
        // SAFETY: the function that is running keeps the hooks alive; the arguments are live values of env.
        let status = unsafe {
            sys::napi_get_reference_value(self.env, self.door.hooks, &mut hooks);
            if hooks.is_null() {
                throw(self.env, "preopen: the hooks are gone (this is a bug of preopen)");
                return None;
            }
            sys::napi_get_named_property(self.env, hooks, name.as_ptr(), &mut function);
            sys::napi_call_function(self.env, hooks, function, args.len(), args.as_ptr(), &mut result)
        };
        (status == sys::Status::napi_ok).then_some(result)
    }

    /// Asks JavaScript where the memory is. It also lets V8 look up: where the thread is being ended, or the process, this
    /// fails.
    fn refresh(&mut self) -> Result<()> {
        let mut scope = null_mut();
        // A call that waits long asks again and again: without a scope, all those views would be alive until its end.
        // SAFETY: opened and closed here.
        check_status!(unsafe { sys::napi_open_handle_scope(self.env, &mut scope) })?;
        let refreshed = self.refresh_in_scope();
        // SAFETY: as above.
        unsafe { sys::napi_close_handle_scope(self.env, scope) };
        refreshed
    }

    fn refresh_in_scope(&mut self) -> Result<()> {
        let view = self.hook(c"view", &[]).ok_or_else(|| Error::from_status(Status::PendingException))?;
        let (mut data, mut len) = (null_mut(), 0);
        // napi_get_arraybuffer_info refuses a SharedArrayBuffer on Node 20; a view over one it takes.
        // SAFETY: the pointers are to locals, and null where nothing is asked.
        check_status!(unsafe {
            let (kind, buffer, offset) = (null_mut(), null_mut(), null_mut());
            sys::napi_get_typedarray_info(self.env, view, kind, &mut len, &mut data, buffer, offset)
        })?;
        self.door.base.set(data.cast());
        // A memory with 64-bit addresses may be larger. The pointers of preview1 have 32 bits: what they cannot name is none
        // of it, so that no sum of a pointer and an offset inside has more.
        self.door.len.set(if data.is_null() { 0 } else { (len as u64).min(MOST_BYTES) });
        Ok(())
    }

    /// Has JavaScript note how the guest ended, and throw.
    fn end(&mut self, code: i32, raised: bool) {
        let (mut code_value, mut raised_value) = (null_mut(), null_mut());
        // SAFETY: the pointers are to locals.
        unsafe {
            sys::napi_create_int32(self.env, code, &mut code_value);
            sys::napi_get_boolean(self.env, raised, &mut raised_value);
        }
        self.hook(c"exit", &[code_value, raised_value]);
    }
}

impl Guest for V8Guest<'_> {
    fn memory(&self) -> Memory<'_> {
        // SAFETY: base and len are V8's for this memory at its present size: it can change only while JavaScript runs,
        // which needs `&mut self`, or in another thread, which never moves a shared memory. The adapter's probe keeps it
        // alive. No Rust reference is made to it anywhere.
        unsafe { Memory::new(self.door.base.get(), self.door.len.get()) }
    }

    fn leave<T>(&mut self, act: impl FnOnce() -> T) -> std::result::Result<T, Interrupted> {
        let before = javascript::runs();
        let result = act();
        if javascript::runs() != before {
            self.pause()?;
        }
        Ok(result)
    }

    fn ticket(&mut self) -> Option<u64> {
        if !self.door.suspends.get() || self.again.is_some_and(|again| again.blocks) {
            return None;
        }
        let ticket = self.again.map_or_else(suspend::ticket, |again| again.ticket);
        self.door.ticket.set(ticket);
        Some(ticket)
    }

    fn progress(&self) -> Option<Progress> {
        self.again?.progress
    }

    fn pause(&mut self) -> std::result::Result<(), Interrupted> {
        self.refresh().map_err(|_| Interrupted)
    }
}
