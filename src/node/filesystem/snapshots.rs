//! Whole trees, to and from JavaScript and the host's directories.

use std::ptr::null_mut;
use std::sync::Arc;

use napi::bindgen_prelude::{Either3, FnArgs, Function, Null, Unknown};
use napi::{Env, Result, check_status, sys};
use napi_derive::napi;

use super::names::type_bits;
use super::values::{Text, number, string, text};
use super::whole::read_all_of;
use super::{FileSystem, done};
use crate::abi::{Errno, Filetype};
use crate::vfs::host::{HostDir, MountOptions};
use crate::vfs::{Dir, Failed, OpenOptions, Opened, Path, Step, Tour, copy_tree};

/// What another filesystem may be told of permissions: no program becomes somebody else by being copied.
const PLAIN_MODES: u32 = 0o777;

/// The most that all paths and contents may have together, bytes: what a guest made of holes may be far more than it has room for.
const MOST: u64 = 1 << 30;

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
    /// is. Or a negative number.
    #[napi(catch_unwind)]
    pub fn contents(&self, env: Env, path: Text, as_buffer: bool) -> Result<Unknown<'_>> {
        let dir = match self.root.open_dir(&path.0) {
            Ok(dir) => dir,
            Err(errno) => return unknown(env, number(env.raw(), -f64::from(errno as u16))?),
        };
        let mut contents = Contents::new(env.raw(), as_buffer)?;
        match contents.add_all(Arc::from(dir))? {
            Ok(()) => unknown(env, contents.array),
            Err(errno) => unknown(env, number(env.raw(), -f64::from(errno as u16))?),
        }
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

/// An array of paths and contents that is being made.
struct Contents {
    env: sys::napi_env,
    array: sys::napi_value,
    len: u32,
    as_buffer: bool,
    /// How many bytes may follow.
    room: u64,
}

impl Contents {
    fn new(env: sys::napi_env, as_buffer: bool) -> Result<Self> {
        let mut array = null_mut();
        // SAFETY: env is the current one.
        check_status!(unsafe { sys::napi_create_array(env, &mut array) })?;
        Ok(Self { env, array, len: 0, as_buffer, room: MOST })
    }

    /// Adds all beneath a directory. The outer result is JavaScript's, the inner the filesystem's: `Fbig` where it is too much.
    fn add_all(&mut self, dir: Arc<dyn Dir>) -> Result<std::result::Result<(), Errno>> {
        let mut tour = match Tour::new(dir) {
            Ok(tour) => tour,
            Err(errno) => return Ok(Err(errno)),
        };
        // Whether nothing was found since the last directory was gone into.
        let mut empty = true;
        loop {
            let added = match tour.advance() {
                Ok(Some(Step::Found(name, Filetype::Directory))) => {
                    empty = tour.enter(&name).is_ok();
                    Ok(())
                }
                Ok(Some(Step::Found(name, Filetype::RegularFile))) => {
                    empty = false;
                    match self.read(tour.here(), &name) {
                        Ok(Some(content)) => self.push(&tour.path(&name), Some(&content))?,
                        Ok(None) => Ok(()),
                        Err(errno) => Err(errno),
                    }
                }
                Ok(Some(Step::Found(..))) => {
                    empty = false;
                    Ok(())
                }
                Ok(Some(Step::Done(name))) if std::mem::take(&mut empty) => {
                    self.push(&tour.path(&name), None)?
                }
                Ok(Some(Step::Done(_))) => Ok(()),
                Ok(None) if empty => return self.push(b"", None),
                Ok(None) => return Ok(Ok(())),
                Err(errno) => Err(errno),
            };
            if added.is_err() {
                return Ok(added);
            }
        }
    }

    /// What a file holds; `None` where it is gone by now. Errors: `Fbig` where there is no room for it.
    fn read(&self, dir: &dyn Dir, name: &[u8]) -> std::result::Result<Option<Vec<u8>>, Errno> {
        let name = [name, b"\0"].concat();
        match dir.open(Path::of_host(&name)?, OpenOptions { follow: false, ..OpenOptions::READ }) {
            Ok(Opened::File(file)) if file.stat()?.size > self.room => Err(Errno::Fbig),
            Ok(Opened::File(file)) => read_all_of(&*file).map(Some),
            Ok(_) | Err(Errno::Noent | Errno::Loop) => Ok(None),
            Err(errno) => Err(errno),
        }
    }

    fn push(&mut self, path: &[u8], content: Option<&[u8]>) -> Result<std::result::Result<(), Errno>> {
        let size = path.len() as u64 + content.map_or(0, |content| content.len() as u64);
        let Some(room) = self.room.checked_sub(size) else { return Ok(Err(Errno::Fbig)) };
        self.room = room;
        let mut scope = null_mut();
        // SAFETY: opened and closed here, around values that the array keeps.
        check_status!(unsafe { sys::napi_open_handle_scope(self.env, &mut scope) })?;
        let content = match content {
            Some(content) => text(self.env, content, self.as_buffer)?,
            None => null(self.env)?,
        };
        for value in [string(self.env, path)?, content] {
            // SAFETY: array and value are live values of env.
            check_status!(unsafe { sys::napi_set_element(self.env, self.array, self.len, value) })?;
            self.len += 1;
        }
        // SAFETY: as above.
        check_status!(unsafe { sys::napi_close_handle_scope(self.env, scope) })?;
        Ok(Ok(()))
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
