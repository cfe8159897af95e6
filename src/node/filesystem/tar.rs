//! Tar archives of filesystems, to JavaScript and from it, in pieces.

use std::cell::RefCell;
use std::sync::Arc;

use napi::bindgen_prelude::{BufferSlice, Null};
use napi::{Either, Env, Result};
use napi_derive::napi;

use super::FileSystem;
use super::snapshots::Stopped;
use super::values::Bytes;
use crate::vfs::{Failed, tar};

/// How many bytes of JavaScript's are copied at once.
const PIECE: usize = 1 << 20;

/// An archive that is being made.
#[napi]
pub struct TarWriter {
    writer: RefCell<std::result::Result<tar::Writer, Option<Failed>>>,
}

/// An archive that is being read into a filesystem.
#[napi]
pub struct TarReader {
    reader: RefCell<tar::Reader>,
}

#[napi]
impl FileSystem {
    /// An archive of all that it holds.
    #[napi(catch_unwind)]
    pub fn tar(&self) -> TarWriter {
        let writer = tar::Writer::new(Arc::clone(self.root()));
        TarWriter { writer: RefCell::new(writer.map_err(|errno| Some(Failed(errno, Vec::new())))) }
    }

    /// A reader that puts into it what an archive holds.
    #[napi(catch_unwind)]
    pub fn untar(&self) -> TarReader {
        TarReader { reader: RefCell::new(tar::Reader::new(Arc::clone(self.root()))) }
    }
}

#[napi]
impl TarWriter {
    /// The next bytes, null after the last, or why there are none.
    #[napi(catch_unwind)]
    pub fn next<'e>(&self, env: &'e Env) -> Result<Either<BufferSlice<'e>, Either<Stopped, Null>>> {
        let next = match &mut *self.writer.borrow_mut() {
            Ok(writer) => writer.next_bytes(),
            Err(failed) => failed.take().map_or(Ok(None), Err),
        };
        match next {
            Ok(Some(bytes)) => Ok(Either::A(BufferSlice::copy_from(env, bytes)?)),
            Ok(None) => Ok(Either::B(Either::B(Null))),
            Err(failed) => Ok(Either::B(Either::A(failed.into()))),
        }
    }
}

#[napi]
impl TarReader {
    /// Takes the next bytes; answers why it takes no more.
    #[napi(catch_unwind)]
    pub fn feed(&self, bytes: Bytes<'_>) -> Result<Either<Stopped, Null>> {
        let mut at = 0;
        while at < bytes.len() {
            let piece = bytes.part(at, PIECE.min(bytes.len() - at))?.to_vec();
            at += piece.len();
            if let Err(stopped) = self.reader.borrow_mut().feed(&piece) {
                return Ok(Either::A(stopped.into()));
            }
        }
        Ok(Either::B(Null))
    }

    /// Ends it; answers what was wrong.
    #[napi(catch_unwind)]
    pub fn finish(&self) -> Either<Stopped, Null> {
        self.reader
            .borrow_mut()
            .finish()
            .map_or_else(|stopped| Either::A(stopped.into()), |()| Either::B(Null))
    }
}

impl From<tar::Stopped> for Stopped {
    fn from(stopped: tar::Stopped) -> Self {
        match stopped {
            tar::Stopped::Failed(failed) => failed.into(),
            tar::Stopped::Malformed(reason) => {
                Self { errno: 0, path: String::new(), reason: Some(reason.to_owned()) }
            }
        }
    }
}
