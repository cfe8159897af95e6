//! Whole trees, to and from JavaScript and the host's directories.

use std::ptr::null_mut;
use std::sync::Arc;

use napi::bindgen_prelude::{Either3, FnArgs, Function, Null, Unknown};
use napi::{Env, Error, Result, Status, check_status, sys};
use napi_derive::napi;

use super::super::error::negated;
use super::names::type_bits;
use super::values::{Text, content, number, scoped, string};
use super::whole::{Failure, read_content};
use super::{FileSystem, done};
use crate::abi::{Errno, Filetype};
use crate::vfs::host::{HostDir, MountOptions};
use crate::vfs::{Dir, Failed, OpenOptions, Opened, Path, Step, Tour, copy_tree};

/// What another filesystem may be told of permissions: no program becomes somebody else by being copied.
const PLAIN_MODES: u32 = 0o777;

/// All of them.
const ALL_MODES: u32 = 0o7777;

/// Why a tree was not copied: an errno, and at what.
#[napi(object, object_from_js = false)]
pub struct Stopped {
    /// Preview1's.
    pub errno: u32,
    /// A path from the root. What is not UTF-8 in it is U+FFFD.
    pub path: String,
    /// What an archive was malformed by; there is no errno then.
    pub reason: Option<String>,
}

impl From<Failed> for Stopped {
    fn from(Failed(errno, path): Failed) -> Self {
        Self { errno: errno as u32, path: format!("/{}", String::from_utf8_lossy(&path)), reason: None }
    }
}

type Wanted<'f> = Function<'f, FnArgs<(String, u32)>, bool>;

#[napi]
impl FileSystem {
    /// Paths and contents of all files beneath a directory, in turn; `null` for the content of a directory in which nothing
    /// is. Or a number: negative where it failed; how many bytes it all has, at least, where that is more than `most`.
    #[napi(catch_unwind)]
    pub fn contents(&self, env: Env, path: Text, as_buffer: bool, most: f64) -> Result<Unknown<'_>> {
        let dir = match self.root.open_dir(&path.0) {
            Ok(dir) => dir,
            Err(errno) => return unknown(env, number(env.raw(), negated(errno).into())?),
        };
        let mut list =
            List { env: env.raw(), as_buffer, most: most as u64, array: null_mut(), len: 0, bytes: 0 };
        let value = match list.all(Arc::from(dir))? {
            Ok(()) => list.array,
            Err(TooMany(bytes)) => number(env.raw(), bytes as f64)?,
        };
        unknown(env, value)
    }

    /// Copies all of a directory of the host's into this filesystem, but what `wanted` says no to, by its path and type
    /// (`S_IFMT`). A number where the directory cannot be opened. No guest's path gets here.
    #[napi(catch_unwind)]
    pub fn copy_from_host(
        &self,
        path: String,
        wanted: Option<Wanted<'_>>,
    ) -> Result<Either3<Stopped, i32, Null>> {
        let from = match open_host(&path) {
            Ok(from) => from,
            Err(errno) => return Ok(Either3::B(done(Err(errno)))),
        };
        let mut thrown = None;
        let copied = copy_tree(from, Arc::clone(self.root()), ALL_MODES, &mut |path, filetype| {
            let Some(wanted) = &wanted else { return Ok(true) };
            let path = format!("/{}", String::from_utf8_lossy(path));
            wanted.call((path, type_bits(filetype)).into()).map_err(|error| {
                thrown = Some(error);
                Errno::Canceled
            })
        });
        thrown.map_or_else(|| Ok(stopped(copied)), Err)
    }

    /// Copies all of this filesystem into a directory of the host's. Answers as `copyFromHost`.
    #[napi(catch_unwind)]
    pub fn copy_to_host(&self, path: String) -> Either3<Stopped, i32, Null> {
        match open_host(&path) {
            Ok(to) => stopped(copy_tree(Arc::clone(self.root()), to, PLAIN_MODES, &mut |_, _| Ok(true))),
            Err(errno) => Either3::B(done(Err(errno))),
        }
    }
}

fn open_host(path: &str) -> std::result::Result<Arc<dyn Dir>, Errno> {
    let dir = HostDir::open_ambient(std::path::Path::new(path), MountOptions::default())?;
    Ok(Arc::new(dir))
}

fn stopped(copied: std::result::Result<(), Failed>) -> Either3<Stopped, i32, Null> {
    copied.map_or_else(|failed| Either3::A(failed.into()), |()| Either3::C(Null))
}

/// So many bytes are more than may be held at once.
struct TooMany(u64);

/// Paths and contents that are being put into an array.
struct List {
    env: sys::napi_env,
    as_buffer: bool,
    /// How many bytes they may have: what JavaScript's heap has no room for ends the process.
    most: u64,
    array: sys::napi_value,
    len: u32,
    bytes: u64,
}

impl List {
    /// Adds a path and its content. Nothing more is there to be added where it is too much.
    fn push(&mut self, path: &[u8], bytes: Option<&[u8]>) -> Result<std::result::Result<(), TooMany>> {
        self.bytes += (path.len() + bytes.map_or(0, <[u8]>::len)) as u64;
        if self.bytes > self.most {
            return Ok(Err(TooMany(self.bytes)));
        }
        scoped(self.env, || {
            let value = match bytes {
                Some(bytes) => content(self.env, bytes, self.as_buffer)?,
                None => null(self.env)?,
            };
            for value in [string(self.env, path)?, value] {
                // SAFETY: array and value are live values of env.
                check_status!(unsafe { sys::napi_set_element(self.env, self.array, self.len, value) })?;
                self.len += 1;
            }
            Ok(Ok(()))
        })
    }

    /// All files, and all directories in which nothing is.
    fn all(&mut self, dir: Arc<dyn Dir>) -> Result<std::result::Result<(), TooMany>> {
        // SAFETY: env is the current one.
        check_status!(unsafe { sys::napi_create_array(self.env, &mut self.array) })?;
        let failed = |errno: Errno| Error::new(Status::GenericFailure, errno.name());
        let mut tour = Tour::new(dir).map_err(failed)?;
        // Whether something was found since the last directory was gone into.
        let mut empty = true;
        while let Some(step) = tour.advance().map_err(failed)? {
            let pushed = match step {
                Step::Found(name, Filetype::Directory) => {
                    empty = tour.enter(&name).is_ok();
                    Ok(())
                }
                Step::Found(name, Filetype::RegularFile) => {
                    empty = false;
                    match read(tour.here(), &name) {
                        Ok(Some(content)) => self.push(&tour.path(&name), Some(&content))?,
                        Ok(None) => Ok(()),
                        Err(too_many) => Err(too_many),
                    }
                }
                Step::Found(..) => {
                    empty = false;
                    Ok(())
                }
                Step::Done(name) if std::mem::take(&mut empty) => self.push(&tour.path(&name), None)?,
                Step::Done(_) => Ok(()),
            };
            if pushed.is_err() {
                return Ok(pushed);
            }
        }
        if empty { self.push(b"", None) } else { Ok(Ok(())) }
    }
}

/// What a file of a directory holds; `None` where it cannot be read.
fn read(dir: &dyn Dir, name: &[u8]) -> std::result::Result<Option<Vec<u8>>, TooMany> {
    let with_nul = [name, &b"\0"[..]].concat();
    let options = OpenOptions { follow: false, ..OpenOptions::READ };
    let Ok(Opened::File(file)) = Path::of_host(&with_nul).and_then(|path| dir.open(path, options)) else {
        return Ok(None);
    };
    match read_content(&*file) {
        Ok(content) => Ok(Some(content)),
        Err(Failure::TooLarge(size)) => Err(TooMany(size)),
        Err(Failure::Open(_) | Failure::Read(_)) => Ok(None),
    }
}

fn null(env: sys::napi_env) -> Result<sys::napi_value> {
    let mut value = null_mut();
    // SAFETY: env is the current one.
    check_status!(unsafe { sys::napi_get_null(env, &mut value) })?;
    Ok(value)
}

fn unknown(env: Env, value: sys::napi_value) -> Result<Unknown<'static>> {
    // SAFETY: the value was just made in env.
    Ok(unsafe { Unknown::from_raw_unchecked(env.raw(), value) })
}
