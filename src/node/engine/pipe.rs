//! Pipes between a guest and its host's event loop.

use std::os::fd::{IntoRawFd, OwnedFd};

use napi::bindgen_prelude::{ClassInstance, JavaScriptClassExt};
use napi::{Env, Error, Result};
use napi_derive::napi;
use rustix::pipe::{PipeFlags, pipe_with};

use super::super::stream::StandardStream;
use crate::stdio::Inherited;

/// A pipe's two ends.
#[napi(object, object_from_js = false)]
pub struct Pipe<'e> {
    /// The guest's, for one guest.
    pub stream: ClassInstance<'e, StandardStream>,
    /// The host's descriptor.
    pub fd: i32,
}

/// A pipe that the guest reads or writes. Neither end waits, nor is it inherited.
#[napi(catch_unwind)]
pub fn pipe(env: &Env, reads: bool) -> Result<Pipe<'_>> {
    let (reader, writer) = pipe_with(PipeFlags::CLOEXEC | PipeFlags::NONBLOCK)
        .map_err(|error| Error::from_reason(format!("preopen: no pipe: {error}")))?;
    let (guest, host): (OwnedFd, OwnedFd) = if reads { (reader, writer) } else { (writer, reader) };
    let stream = Inherited::opened(guest)
        .map_err(|errno| Error::from_reason(format!("preopen: no pipe: {}", errno.name())))?;
    let stream = StandardStream::single(stream).into_instance(env)?;
    // From here on nothing fails, so that nobody is left with it.
    Ok(Pipe { stream, fd: host.into_raw_fd() })
}
