//! What the functions of `lib/provider/` return, out of JavaScript's hands.

use std::ptr::null_mut;

use napi::sys;

use super::hooks::Answer;
use crate::abi::{Errno, Filestat, Filetype};
use crate::span::Span;
use crate::vfs::Result;

/// What is known of a file: `lib/provider/` has the same order.
const STAT_FIELDS: usize = 9;

/// A `filestat`, whose inode is 0 where the provider gives none, and the permission bits.
pub fn stat(answer: Answer) -> Result<(Filestat, u32)> {
    let mut bytes = [0; STAT_FIELDS * 8];
    if copy(&answer, &Span::over(&mut bytes))? != bytes.len() {
        return Err(Errno::Io);
    }
    let mut fields =
        bytes.chunks_exact(8).map(|field| field.iter().rfold(0, |sum, byte| sum << 8 | u64::from(*byte)));
    let mut next = || fields.next().ok_or(Errno::Io);
    let (dev, ino, filetype, nlink, size) = (next()?, next()?, filetype(next()? as u8), next()?, next()?);
    let (atim, mtim, ctim, mode) = (next()?, next()?, next()?, next()?);
    Ok((Filestat { dev, ino, filetype, nlink, size, atim, mtim, ctim }, mode as u32 & 0o7777))
}

/// A number from 0 on.
pub fn number(answer: Answer) -> Result<f64> {
    match answer {
        Answer::Number(number) => Ok(number),
        Answer::Value(..) => Err(Errno::Io),
    }
}

/// Text, as UTF-8.
pub fn text(answer: Answer) -> Result<String> {
    let Answer::Value(env, value) = answer else { return Err(Errno::Io) };
    let mut len = 0;
    // SAFETY: the value is alive; the first call asks for the length alone, the second has room for that and a NUL.
    let bytes = unsafe {
        if sys::napi_get_value_string_utf8(env, value, null_mut(), 0, &mut len) != sys::Status::napi_ok {
            return Err(Errno::Io);
        }
        let mut bytes = vec![0; len + 1];
        let status =
            sys::napi_get_value_string_utf8(env, value, bytes.as_mut_ptr().cast(), bytes.len(), &mut len);
        if status != sys::Status::napi_ok {
            return Err(Errno::Io);
        }
        bytes.truncate(len);
        bytes
    };
    String::from_utf8(bytes).map_err(|_| Errno::Io)
}

/// Copies a typed array's bytes, as many as fit, and says how many.
pub fn copy(answer: &Answer, into: &Span<'_>) -> Result<usize> {
    let Answer::Value(env, array) = answer else { return Err(Errno::Io) };
    let (mut kind, mut len, mut data) = (0, 0, null_mut());
    let (mut buffer, mut offset) = (null_mut(), 0);
    // SAFETY: the pointers are to locals. JavaScript does not run until the bytes are copied, so they stay where they are.
    unsafe {
        let status = sys::napi_get_typedarray_info(
            *env,
            *array,
            &mut kind,
            &mut len,
            &mut data,
            &mut buffer,
            &mut offset,
        );
        if status != sys::Status::napi_ok {
            return Err(Errno::Io);
        }
        let size = if kind == sys::TypedarrayType::biguint64_array { 8 } else { 1 };
        if len == 0 || data.is_null() {
            return Ok(0);
        }
        Ok(into.fill(std::slice::from_raw_parts(data.cast::<u8>(), len * size)))
    }
}

/// The entries of a directory, as they were when they were read.
pub struct Entries {
    /// The names, one behind the other.
    names: String,
    entries: Vec<Entry>,
}

struct Entry {
    name_end: usize,
    ino: u64,
    filetype: Filetype,
}

impl Entries {
    /// From a list of three: the names with slashes between them, the inodes (0 where there is none), the types.
    pub fn read(answer: Answer) -> Result<Self> {
        let Answer::Value(env, list) = answer else { return Err(Errno::Io) };
        let element = |index| {
            let mut value = null_mut();
            // SAFETY: the list is alive, and so is what it holds.
            match unsafe { sys::napi_get_element(env, list, index, &mut value) } {
                sys::Status::napi_ok => Ok(Answer::Value(env, value)),
                _ => Err(Errno::Io),
            }
        };
        let mut names = text(element(0)?)?;
        let ends: Vec<_> = match names.is_empty() {
            true => Vec::new(),
            false => names
                .split('/')
                .scan(0, |end, name| {
                    *end += name.len();
                    Some(*end)
                })
                .collect(),
        };
        names.retain(|char| char != '/');
        let (mut inos, mut types) = (vec![0; ends.len() * 8], vec![0; ends.len()]);
        if copy(&element(1)?, &Span::over(&mut inos))? != inos.len()
            || copy(&element(2)?, &Span::over(&mut types))? != types.len()
        {
            return Err(Errno::Io);
        }
        let inos =
            inos.chunks_exact(8).map(|ino| ino.iter().rfold(0, |sum, byte| sum << 8 | u64::from(*byte)));
        let entries = ends.into_iter().zip(inos).zip(types);
        let entries =
            entries.map(|((name_end, ino), kind)| Entry { name_end, ino, filetype: filetype(kind) });
        Ok(Self { names, entries: entries.collect() })
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// The name, the inode and the type of one.
    pub fn get(&self, index: usize) -> Option<(&str, u64, Filetype)> {
        let Entry { name_end, ino, filetype } = self.entries.get(index)?;
        let start = index.checked_sub(1).map_or(0, |before| self.entries[before].name_end);
        Some((&self.names[start..*name_end], *ino, *filetype))
    }
}

fn filetype(number: u8) -> Filetype {
    match number {
        1 => Filetype::BlockDevice,
        2 => Filetype::CharacterDevice,
        3 => Filetype::Directory,
        4 => Filetype::RegularFile,
        6 => Filetype::SocketStream,
        7 => Filetype::SymbolicLink,
        _ => Filetype::Unknown,
    }
}
