//! Where the calls of a run are told: its thread writes a line, or has a function of JavaScript's called.

use std::convert::Infallible;
use std::sync::Arc;

use super::super::objects::Objects;
use super::super::tracer::{standard_error, write_line};
use super::desk::Desk;
use super::errand::errand;
use super::exceptions::end_run;
use crate::abi::Errno;
use crate::engine::{Control, Trace};
use crate::stdio::Stream;
use crate::system::{Host, SLICE, System};
use crate::trace::{Event, line};

/// To the host's standard error.
pub struct ToStandardError {
    stream: Arc<dyn Stream>,
    system: Host,
}

impl ToStandardError {
    /// Errors: `Badf` where it is closed.
    pub fn new() -> Result<Self, Errno> {
        Ok(Self { stream: standard_error()?, system: Host::new() })
    }
}

impl Trace for ToStandardError {
    fn tell(&self, event: &Event, control: &Control) {
        let written = write_line(self.stream.as_ref(), line(event), |wait| {
            let waited = self.system.wait(wait, SLICE).is_ok();
            Ok::<_, Infallible>(waited && control.stopped().is_none())
        });
        match written {
            Ok(()) => {}
        }
    }
}

/// To the hook `trace`.
pub struct ToHook {
    desk: Arc<Desk>,
    run: u64,
}

impl ToHook {
    /// That of a run of this desk.
    pub const fn new(desk: Arc<Desk>, run: u64) -> Self {
        Self { desk, run }
    }
}

impl Trace for ToHook {
    fn tell(&self, event: &Event, control: &Control) {
        // Where it is stopped meanwhile, nobody has to be told.
        let _told = errand(&self.desk, Some(control), |env| {
            let objects = Objects { env };
            // SAFETY: this is the thread of env, which lives: an errand is called there.
            let hooks =
                self.desk.with_runs(|runs| runs.hooks(self.run).and_then(|hooks| unsafe { hooks.get(env) }));
            let _thrown = hooks.and_then(|hooks| {
                let event = objects.event(event)?;
                objects.call(hooks, c"trace", &[event])
            });
            // SAFETY: as above.
            unsafe { end_run(env, &self.desk, Some(control)) };
        });
    }
}
