//! Pipes between a guest and its host's event loop.

use std::os::fd::{IntoRawFd, OwnedFd};

use napi::bindgen_prelude::{ClassInstance, Either, JavaScriptClassExt};
use napi::{Env, Result};
use napi_derive::napi;
use rustix::pipe::{PipeFlags, pipe_with};

use super::super::error::negated;
use super::super::stream::StandardStream;
use crate::abi::Errno;
use crate::stdio::Inherited;
use crate::vfs::host::from_host;

/// A pipe's two ends.
#[napi(object, object_from_js = false)]
pub struct Pipe<'e> {
    /// The guest's, for one guest.
    pub stream: ClassInstance<'e, StandardStream>,
    /// The host's descriptor.
    pub fd: i32,
}

/// A pipe that the guest reads or writes. Neither end waits, nor is it inherited. Where the host has no descriptor for it, the
/// errno, negated.
#[napi(catch_unwind)]
pub fn pipe(env: &Env, reads: bool) -> Result<Either<Pipe<'_>, i32>> {
    let (stream, host) = match open(reads) {
        Ok(opened) => opened,
        Err(errno) => return Ok(Either::B(negated(errno))),
    };
    let stream = StandardStream::single(stream).into_instance(env)?;
    // From here on nothing fails, so that nobody is left with it.
    Ok(Either::A(Pipe { stream, fd: host.into_raw_fd() }))
}

fn open(reads: bool) -> std::result::Result<(Inherited, OwnedFd), Errno> {
    let (reader, writer) = pipe_with(PipeFlags::CLOEXEC | PipeFlags::NONBLOCK).map_err(from_host)?;
    let (guest, host) = if reads { (reader, writer) } else { (writer, reader) };
    Ok((Inherited::opened(guest)?, host))
}
