//! Whole trees, to and from JavaScript and the host's directories.

use std::ptr::null_mut;
use std::sync::Arc;

use napi::bindgen_prelude::{FnArgs, Function, Null, Unknown};
use napi::{Either, Env, Error, Result, Status, check_status, sys};
use napi_derive::napi;

use super::FileSystem;
use super::names::type_bits;
use super::values::{Text, number, string, text};
use super::whole::read_all_of;
use crate::abi::{Errno, Filetype};
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
    /// is. Or a negative number.
    #[napi(catch_unwind)]
    pub fn contents(&self, env: Env, path: Text, as_buffer: bool) -> Result<Unknown<'_>> {
        let dir = match self.root.open_dir(&path.0) {
            Ok(dir) => dir,
            Err(errno) => return unknown(env, number(env.raw(), -f64::from(errno as u16))?),
        };
        unknown(env, contents(env.raw(), Arc::from(dir), as_buffer)?)
    }

    /// Copies all of another filesystem into this one, but what `wanted` says no to, by its path and type (`S_IFMT`).
    #[napi(catch_unwind)]
    pub fn copy_from(&self, from: &FileSystem, wanted: Option<Wanted<'_>>) -> Result<Either<Stopped, Null>> {
        let mut thrown = None;
        let copied =
            copy_tree(Arc::clone(from.root()), Arc::clone(self.root()), ALL_MODES, &mut |path, filetype| {
                let Some(wanted) = &wanted else { return Ok(true) };
                let path = format!("/{}", String::from_utf8_lossy(path));
                wanted.call((path, type_bits(filetype)).into()).map_err(|error| {
                    thrown = Some(error);
                    Errno::Canceled
                })
            });
        match (thrown, copied) {
            (Some(error), _) => Err(error),
            (None, Ok(())) => Ok(Either::B(Null)),
            (None, Err(failed)) => Ok(Either::A(failed.into())),
        }
    }

    /// Copies all of this filesystem into another.
    #[napi(catch_unwind)]
    pub fn copy_to(&self, to: &FileSystem) -> Either<Stopped, Null> {
        let copied =
            copy_tree(Arc::clone(self.root()), Arc::clone(to.root()), PLAIN_MODES, &mut |_, _| Ok(true));
        copied.map_or_else(|failed| Either::A(failed.into()), |()| Either::B(Null))
    }
}

fn contents(env: sys::napi_env, dir: Arc<dyn Dir>, as_buffer: bool) -> Result<sys::napi_value> {
    let mut array = null_mut();
    // SAFETY: env is the current one.
    check_status!(unsafe { sys::napi_create_array(env, &mut array) })?;
    let mut len = 0;
    let mut push = |path: &[u8], content: Option<&[u8]>| {
        let mut scope = null_mut();
        // SAFETY: opened and closed here, around values that the array keeps.
        check_status!(unsafe { sys::napi_open_handle_scope(env, &mut scope) })?;
        let content = match content {
            Some(content) => text(env, content, as_buffer)?,
            None => null(env)?,
        };
        for value in [string(env, path)?, content] {
            // SAFETY: array and value are live values of env.
            check_status!(unsafe { sys::napi_set_element(env, array, len, value) })?;
            len += 1;
        }
        // SAFETY: as above.
        check_status!(unsafe { sys::napi_close_handle_scope(env, scope) })
    };
    let failed = |errno: Errno| Error::new(Status::GenericFailure, errno.name());
    let mut tour = Tour::new(dir).map_err(failed)?;
    // Whether something was found since the last directory was gone into.
    let mut empty = true;
    while let Some(step) = tour.advance().map_err(failed)? {
        match step {
            Step::Found(name, Filetype::Directory) => empty = tour.enter(&name).is_ok(),
            Step::Found(name, Filetype::RegularFile) => {
                let with_nul = [&name, &b"\0"[..]].concat();
                let opened = Path::of_host(&with_nul).and_then(|path| {
                    tour.here().open(path, OpenOptions { follow: false, ..OpenOptions::READ })
                });
                if let Ok(Opened::File(file)) = opened
                    && let Some(content) = read_all_of(&*file)
                {
                    push(&tour.path(&name), Some(&content))?;
                }
                empty = false;
            }
            Step::Found(..) => empty = false,
            Step::Done(name) => {
                if std::mem::take(&mut empty) {
                    push(&tour.path(&name), None)?;
                }
            }
        }
    }
    if empty {
        push(b"", None)?;
    }
    Ok(array)
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
