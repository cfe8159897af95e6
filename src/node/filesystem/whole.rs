//! Whole files in one call: the fast way of `readFileSync` and `writeFileSync`.

use napi::Env;
use napi::bindgen_prelude::Unknown;
use napi_derive::napi;

use super::super::error::negated;
use super::files::write_span;
use super::open_file::OpenFile;
use super::values::{Text, content, number};
use super::{FileSystem, done};
use crate::abi::Errno;
use crate::span::Span;
use crate::vfs::{Access, File, OpenOptions, Opened, copy_contents};

/// The most that JavaScript may read at once, bytes: node:fs's own limit.
const MOST: u64 = i32::MAX as u64;

/// Added to the errno of what failed after opening, of which node:fs says another call's name.
const AFTER_OPENING: i32 = 1000;

/// Why there is no content.
pub enum Failure {
    /// It could not be opened.
    Open(Errno),
    /// It could not be read.
    Read(Errno),
    /// It has this many bytes, which are too many.
    TooLarge(u64),
}

#[napi]
impl FileSystem {
    /// What a file holds, as a string of UTF-8 or a Buffer, which it also is where it is too long for a string. Else a number: negative where it failed, 1000 lower where it
    /// failed after opening; its size where that is too large.
    #[napi(catch_unwind)]
    pub fn read_file(&self, env: Env, path: Text, flags: i32, as_buffer: bool) -> napi::Result<Unknown<'_>> {
        let opened = self.open_file(&path.0, flags, 0o666).map_err(Failure::Open);
        let value = match opened.and_then(|file| read_all(&file)) {
            Ok(bytes) => content(env.raw(), &bytes, as_buffer)?,
            Err(Failure::Open(errno)) => number(env.raw(), negated(errno).into())?,
            Err(Failure::Read(errno)) => number(env.raw(), (negated(errno) - AFTER_OPENING).into())?,
            Err(Failure::TooLarge(size)) => number(env.raw(), size as f64)?,
        };
        // SAFETY: the value was just made in env.
        Ok(unsafe { Unknown::from_raw_unchecked(env.raw(), value) })
    }

    /// Makes a file hold a string as UTF-8, or bytes. Answers as `readFile` where it failed.
    #[napi(catch_unwind)]
    pub fn write_file(&self, path: Text, mut data: Text, flags: i32, mode: u32) -> i32 {
        let file = match self.open_file(&path.0, flags, mode) {
            Ok(file) => file,
            Err(errno) => return done(Err(errno)),
        };
        let span = Span::over(&mut data.0);
        let mut at = 0;
        while at < span.len() {
            match write_span(&file, span.after(at), at as u64) {
                Ok((0, _)) => return done(Err(Errno::Io)) - AFTER_OPENING,
                Ok((written, _)) => at += written,
                Err(errno) => return done(Err(errno)) - AFTER_OPENING,
            }
        }
        0
    }

    /// Copies a file, and its permission bits, to another name. Like uv_fs_copyfile.
    #[napi(catch_unwind)]
    pub fn copy_file(&self, from: Text, to: Text, exclusive: bool) -> i32 {
        done(self.copy(&from.0, &to.0, exclusive))
    }
}

impl FileSystem {
    fn copy(&self, from: &[u8], to: &[u8], exclusive: bool) -> Result<(), Errno> {
        let name = to;
        let Opened::File(from) = self.root.open(from, OpenOptions::READ, None)? else {
            return Err(Errno::Isdir);
        };
        let create = OpenOptions { access: Access::Write, create: true, exclusive, ..OpenOptions::READ };
        let Opened::File(to) = self.root.open(to, create, None)? else { return Err(Errno::Isdir) };
        let (source, target) = (from.stat()?, to.stat()?);
        if (source.dev, source.ino) == (target.dev, target.ino) {
            return Ok(());
        }
        to.set_len(0)?;
        copy_contents(&*from, &*to).inspect_err(|_| {
            // As libuv does: half a copy is none. Where even this fails, the first error is the one to tell.
            _ = self.root.unlink(name);
        })?;
        match from.mode().and_then(|mode| to.set_mode(mode)) {
            Err(Errno::Notsup | Errno::Rofs) => Ok(()),
            copied => copied,
        }
    }
}

fn read_all(file: &OpenFile) -> Result<Vec<u8>, Failure> {
    read_content(file.as_file().map_err(Failure::Read)?)
}

/// All that a file holds, however long that is by the time.
pub fn read_content(file: &dyn File) -> Result<Vec<u8>, Failure> {
    let size = file.stat().map_err(Failure::Read)?.size;
    if size > MOST {
        return Err(Failure::TooLarge(size));
    }
    let mut bytes = vec![0; size as usize];
    let mut len = 0;
    loop {
        if len == bytes.len() {
            // The size may be 0 of what has something to say, as in /proc.
            if size > 0 {
                break;
            }
            bytes.resize(len + 8192, 0);
        }
        match file.read_at(&[Span::over(&mut bytes[len..])], len as u64) {
            Ok(0) => break,
            Ok(read) => len += read,
            Err(errno) => return Err(Failure::Read(errno)),
        }
        if len as u64 > MOST {
            return Err(Failure::TooLarge(len as u64));
        }
    }
    bytes.truncate(len);
    Ok(bytes)
}
