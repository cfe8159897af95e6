//! Calls from another thread than JavaScript's, of which there are none without the engine.

use napi::sys;

use crate::abi::Errno;
use crate::vfs::Result;

/// No way to the thread of an environment.
pub struct Elsewhere;

impl Elsewhere {
    /// To that of env.
    pub const fn to(_env: sys::napi_env) -> napi::Result<Self> {
        Ok(Self)
    }

    /// Errors: `Notsup`.
    pub fn call<T: Send>(&self, _act: impl FnOnce() -> Result<T> + Send) -> Result<T> {
        Err(Errno::Notsup)
    }

    /// Nothing.
    pub fn post(&self, _act: impl FnOnce() + Send + 'static) {}
}
