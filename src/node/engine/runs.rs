//! The runs of an environment that are not over, and what JavaScript's thread keeps for them.

use std::ptr::null_mut;
use std::sync::Arc;

use napi::{Result, check_status, sys};

use crate::engine::Control;

/// A value that is kept from the collector, in a list: only objects can be referred to. Of it the JavaScript thread alone
/// makes anything; dropped, it is kept until its environment ends.
pub struct Kept(sys::napi_ref);

// SAFETY: whoever makes something of it promises that this is the thread of its environment.
unsafe impl Send for Kept {}

impl Kept {
    /// Keeps the first of these values of env, whose thread this is, and with it the others.
    pub fn new(env: sys::napi_env, values: &[sys::napi_value]) -> Result<Self> {
        let (mut list, mut reference) = (null_mut(), null_mut());
        // SAFETY: they are live values of env; the pointers are to locals.
        unsafe {
            check_status!(sys::napi_create_array(env, &mut list))?;
            for (index, value) in values.iter().enumerate() {
                check_status!(sys::napi_set_element(env, list, index as u32, *value))?;
            }
            check_status!(sys::napi_create_reference(env, list, 1, &mut reference))?;
        }
        Ok(Self(reference))
    }

    /// The value.
    ///
    /// # Safety
    /// This is the thread of env, in which it was made, and which lives.
    pub unsafe fn get(&self, env: sys::napi_env) -> Option<sys::napi_value> {
        let (mut list, mut value) = (null_mut(), null_mut());
        // SAFETY: as the caller promised.
        let got = unsafe {
            sys::napi_get_reference_value(env, self.0, &mut list) == sys::Status::napi_ok
                && sys::napi_get_element(env, list, 0, &mut value) == sys::Status::napi_ok
        };
        got.then_some(value)
    }

    /// The value, which is not kept any more.
    ///
    /// # Safety
    /// As for `get`.
    pub unsafe fn take(self, env: sys::napi_env) -> Option<sys::napi_value> {
        // SAFETY: as the caller promised; nobody else has the reference.
        unsafe {
            let value = self.get(env);
            sys::napi_delete_reference(env, self.0);
            value
        }
    }
}

/// One that is not over.
pub struct Running {
    control: Arc<Control>,
    hooks: Kept,
    /// What JavaScript threw that ended it.
    thrown: Option<Kept>,
}

/// All of them, by number.
#[derive(Default)]
pub struct Runs {
    running: Vec<(u64, Running)>,
    next: u64,
}

impl Runs {
    /// One more: its number.
    pub fn add(&mut self, control: Arc<Control>, hooks: Kept) -> u64 {
        let number = self.next;
        self.next += 1;
        self.running.push((number, Running { control, hooks, thrown: None }));
        number
    }

    /// One is over: its hooks, and what was thrown.
    pub fn remove(&mut self, number: u64) -> Option<(Kept, Option<Kept>)> {
        let at = self.running.iter().position(|(known, _)| *known == number)?;
        let Running { control: _, hooks, thrown } = self.running.swap_remove(at).1;
        Some((hooks, thrown))
    }

    /// Its hooks.
    pub fn hooks(&self, number: u64) -> Option<&Kept> {
        self.running.iter().find(|(known, _)| *known == number).map(|(_, run)| &run.hooks)
    }

    /// The number of the run that a control is of.
    pub fn of(&self, control: &Control) -> Option<u64> {
        self.running.iter().find(|(_, run)| std::ptr::eq(&*run.control, control)).map(|(number, _)| *number)
    }

    /// Keeps what ends a run, unless something has ended it already: gives that back.
    pub fn fail(&mut self, number: u64, error: Kept) -> Option<Kept> {
        match self.running.iter_mut().find(|(known, _)| *known == number) {
            Some((_, run)) if run.thrown.is_none() && run.control.stopped().is_none() => {
                run.thrown = Some(error);
                None
            }
            _ => Some(error),
        }
    }

    /// Forgets them all: their environment ends. Answers what stops them.
    pub fn close(&mut self) -> Vec<Arc<Control>> {
        std::mem::take(&mut self.running).into_iter().map(|(_, run)| run.control).collect()
    }
}
