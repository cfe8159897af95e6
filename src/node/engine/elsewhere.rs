//! Calls on filesystems written in JavaScript, from another thread than theirs.

use std::sync::Arc;
use std::thread::{self, ThreadId};

use napi::sys;

use super::desk::Desk;
use super::errand::errand;
use super::exceptions::{end_run, take_pending};
use crate::abi::Errno;
use crate::engine::Control;
use crate::vfs::{Result, asking};

/// The way to the thread of an environment.
pub struct Elsewhere {
    desk: Arc<Desk>,
    /// Whose thread it is.
    home: ThreadId,
}

impl Elsewhere {
    /// To that of env, which is this one.
    pub fn to(env: sys::napi_env) -> napi::Result<Self> {
        asking::may_be_asked();
        Ok(Self { desk: Desk::of(env)?, home: thread::current().id() })
    }

    /// Has `act` called there, and waits. An exception that it leaves pending ends the run whose thread this is. Errors: `Io`
    /// where that is stopped before, or the environment has ended.
    pub fn call<T: Send>(&self, act: impl FnOnce() -> Result<T> + Send) -> Result<T> {
        let control = Control::current();
        let control = control.as_deref();
        let called = asking::while_asking(self.home, || {
            errand(&self.desk, control, |env| {
                let result = act();
                // SAFETY: this is the thread of env, which lives: an errand is called there.
                unsafe { end_run(env, &self.desk, control) };
                result
            })
        });
        called.unwrap_or(Err(Errno::Io))
    }

    /// Has `act` called there some time, unless the environment ends before. Nobody hears of an exception.
    pub fn post(&self, act: impl FnOnce() + Send + 'static) {
        self.desk.post(move |env| {
            act();
            // SAFETY: this is the thread of env, which lives: a task is done there.
            unsafe { take_pending(env) };
        });
    }
}
