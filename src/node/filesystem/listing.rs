//! What JavaScript does with whole directories: listing them, and removing them with all that is in them.

use std::collections::VecDeque;
use std::ptr::null_mut;
use std::sync::Arc;

use napi::bindgen_prelude::Unknown;
use napi::{Env, check_status, sys};
use napi_derive::napi;

use super::names::type_bits;
use super::values::{Text, number, scoped, text};
use super::{FileSystem, done};
use crate::abi::{Errno, Filetype};
use crate::vfs::{Dir, Entries, Trail, remove_contents};

#[napi]
impl FileSystem {
    /// The names in a directory, sorted, and behind each its type (`S_IFMT`) where `types` is set; or a negative number. With
    /// `recursive`, the paths of all that is beneath it, level by level, as node:fs has them.
    #[napi(catch_unwind)]
    pub fn readdir(
        &self,
        env: Env,
        path: Text,
        as_buffer: bool,
        types: bool,
        recursive: bool,
    ) -> napi::Result<Unknown<'_>> {
        let mut list = List { env: env.raw(), array: null_mut(), len: 0, as_buffer, types };
        let value = match self.root.open_dir(&path.0) {
            Ok(dir) if recursive => list.all_beneath(Arc::from(dir))?,
            Ok(dir) => list.entries_of(&*dir)?,
            Err(errno) => Err(errno),
        };
        let value = match value {
            Ok(()) => list.array()?,
            Err(errno) => number(env.raw(), -f64::from(errno as u16))?,
        };
        // SAFETY: the value was just made in env.
        Ok(unsafe { Unknown::from_raw_unchecked(env.raw(), value) })
    }

    /// Removes all that is in a directory.
    #[napi(catch_unwind)]
    pub fn clear(&self, path: Text) -> i32 {
        done(self.root.open_dir(&path.0).and_then(|dir| remove_contents(Arc::from(dir))))
    }
}

/// The most text that one listing may have, bytes. A guest can make a million names in a directory whose path alone is long.
const MOST_TEXT: usize = 1 << 29;

/// An array of names that is being made. Where a list fails, the outer result is JavaScript's, the inner the filesystem's.
struct List {
    env: sys::napi_env,
    array: sys::napi_value,
    len: u32,
    as_buffer: bool,
    types: bool,
}

impl List {
    fn entries_of(&mut self, dir: &dyn Dir) -> napi::Result<Result<(), Errno>> {
        let entries = match Entries::of(dir) {
            Ok(entries) => entries,
            Err(errno) => return Ok(Err(errno)),
        };
        for (name, filetype) in entries.iter() {
            self.push(name, filetype)?;
        }
        Ok(Ok(()))
    }

    fn all_beneath(&mut self, dir: Arc<dyn Dir>) -> napi::Result<Result<(), Errno>> {
        let mut trail = Trail::new(dir);
        let mut ahead = VecDeque::from([Vec::new()]);
        let mut room = MOST_TEXT;
        while let Some(path) = ahead.pop_front() {
            let names: Vec<&[u8]> =
                path.split(|byte| *byte == b'/').filter(|name| !name.is_empty()).collect();
            let entries = match trail.go(&names).and_then(|()| Entries::of(trail.here())) {
                Ok(entries) => entries,
                // It was removed or replaced since its parent was listed.
                Err(Errno::Noent | Errno::Notdir | Errno::Loop) if !path.is_empty() => continue,
                Err(errno) => return Ok(Err(errno)),
            };
            for (name, filetype) in entries.iter() {
                let mut beneath = path.clone();
                if !path.is_empty() {
                    beneath.push(b'/');
                }
                beneath.extend_from_slice(name);
                let Some(left) = room.checked_sub(beneath.len()) else { return Ok(Err(Errno::Nomem)) };
                room = left;
                self.push(&beneath, filetype)?;
                if filetype == Filetype::Directory {
                    ahead.push_back(beneath);
                }
            }
        }
        Ok(Ok(()))
    }

    fn push(&mut self, name: &[u8], filetype: Filetype) -> napi::Result<()> {
        let array = self.array()?;
        scoped(self.env, || {
            let name = text(self.env, name, self.as_buffer)?;
            // SAFETY: array and value are live values of env.
            check_status!(unsafe { sys::napi_set_element(self.env, array, self.len, name) })?;
            self.len += 1;
            if self.types {
                let bits = number(self.env, f64::from(type_bits(filetype)))?;
                // SAFETY: as above.
                check_status!(unsafe { sys::napi_set_element(self.env, array, self.len, bits) })?;
                self.len += 1;
            }
            Ok(())
        })
    }

    fn array(&mut self) -> napi::Result<sys::napi_value> {
        if self.array.is_null() {
            // SAFETY: env is the current one.
            check_status!(unsafe { sys::napi_create_array(self.env, &mut self.array) })?;
        }
        Ok(self.array)
    }
}
