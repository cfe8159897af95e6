//! What JavaScript does with names: like the calls of node:fs that take a path.

use napi::Env;
use napi::bindgen_prelude::Unknown;
use napi_derive::napi;

use super::values::{Bytes, Text, number, text};
use super::{FileSystem, answer, done};
use crate::abi::{Errno, Filestat, Filetype};
use crate::vfs::{SetTime, SetTimes};

/// How many numbers a status has.
pub const STATUS: usize = 8;

#[napi]
impl FileSystem {
    /// Puts what is known into `status`, eight numbers of 64 bits: device, inode, mode, links, size, and the three times, ns.
    #[napi(catch_unwind)]
    pub fn stat(&self, path: Text, follow: bool, status: Bytes<'_>) -> i32 {
        done(self.root.stat(&path.0, follow).and_then(|stat| {
            let mode = self.root.mode(&path.0, follow).ok();
            put_status(stat, mode, status)
        }))
    }

    /// The type of what a path names, as in a mode (`S_IFMT`); 0 for none.
    #[napi(catch_unwind)]
    pub fn filetype(&self, path: Text, follow: bool) -> i32 {
        self.root.stat(&path.0, follow).map_or(0, |stat| type_bits(stat.filetype) as i32)
    }

    #[napi(catch_unwind)]
    pub fn mkdir(&self, path: Text, mode: u32) -> i32 {
        done(self.root.create_dir(&path.0, (mode != 0o777).then_some(mode)))
    }

    /// Makes directories within each other, beneath one that is there. Answers how many of the first were there already, or a
    /// negative number.
    #[napi(catch_unwind)]
    pub fn mkdirs(&self, path: Text, names: Text, mode: u32) -> i32 {
        let made = self.root.create_dirs(&path.0, &names.0, (mode != 0o777).then_some(mode));
        answer(made.map(|there| there as i32))
    }

    #[napi(catch_unwind)]
    pub fn rmdir(&self, path: Text) -> i32 {
        done(self.root.remove_dir(&path.0))
    }

    #[napi(catch_unwind)]
    pub fn unlink(&self, path: Text) -> i32 {
        done(self.root.unlink(&path.0))
    }

    #[napi(catch_unwind)]
    pub fn rename(&self, path: Text, new: Text) -> i32 {
        done(self.root.rename(&path.0, &new.0))
    }

    #[napi(catch_unwind)]
    pub fn link(&self, path: Text, new: Text) -> i32 {
        done(self.root.link(&path.0, &new.0))
    }

    #[napi(catch_unwind)]
    pub fn symlink(&self, target: Text, path: Text) -> i32 {
        done(self.root.symlink(&target.0, &path.0))
    }

    /// The target, or a negative number.
    #[napi(catch_unwind)]
    pub fn readlink(&self, env: Env, path: Text, as_buffer: bool) -> napi::Result<Unknown<'_>> {
        text_or_errno(env, self.root.read_link(&path.0), as_buffer)
    }

    /// The path without links and dots, or a negative number.
    #[napi(catch_unwind)]
    pub fn realpath(&self, env: Env, path: Text, as_buffer: bool) -> napi::Result<Unknown<'_>> {
        text_or_errno(env, self.root.real_path(&path.0), as_buffer)
    }

    #[napi(catch_unwind)]
    pub fn chmod(&self, path: Text, mode: u32) -> i32 {
        done(self.root.set_mode(&path.0, mode & 0o7777))
    }

    /// Sets both times, s since 1970.
    #[napi(catch_unwind)]
    pub fn utimes(&self, path: Text, follow: bool, access: f64, modified: f64) -> i32 {
        done(self.root.set_times(&path.0, follow, times(access, modified)))
    }
}

/// The two times, from s; what is before 1970 is 1970.
pub fn times(access: f64, modified: f64) -> SetTimes {
    let time = |seconds: f64| {
        let whole = seconds.floor().max(0.0);
        let rest = if seconds < 0.0 { 0.0 } else { (seconds - whole) * 1e9 };
        Some(SetTime::At((whole as u64).saturating_mul(1_000_000_000).saturating_add(rest as u64)))
    };
    SetTimes { access: time(access), modified: time(modified) }
}

/// Puts what is known into eight numbers.
pub fn put_status(stat: Filestat, mode: Option<u32>, into: Bytes<'_>) -> Result<(), Errno> {
    let Filestat { dev, ino, filetype, nlink, size, atim, mtim, ctim } = stat;
    let mode = mode.unwrap_or(match filetype {
        Filetype::Directory => 0o755,
        Filetype::SymbolicLink => 0o777,
        _ => 0o644,
    });
    let mut bytes = [0; 8 * STATUS];
    let numbers = [dev, ino, u64::from(mode | type_bits(filetype)), nlink, size, atim, mtim, ctim];
    for (at, number) in numbers.into_iter().enumerate() {
        bytes[8 * at..8 * at + 8].copy_from_slice(&number.to_ne_bytes());
    }
    if into.span().fill(&bytes) == bytes.len() { Ok(()) } else { Err(Errno::Fault) }
}

/// The type as a mode has it. Streams count as pipes, of which alone there are some in directories without an own type.
pub fn type_bits(filetype: Filetype) -> u32 {
    match filetype {
        Filetype::RegularFile => libc::S_IFREG,
        Filetype::Directory => libc::S_IFDIR,
        Filetype::SymbolicLink => libc::S_IFLNK,
        Filetype::CharacterDevice => libc::S_IFCHR,
        Filetype::BlockDevice => libc::S_IFBLK,
        Filetype::SocketStream => libc::S_IFIFO,
        Filetype::SocketDgram => libc::S_IFSOCK,
        Filetype::Unknown => 0,
    }
}

fn text_or_errno(
    env: Env,
    result: Result<Vec<u8>, Errno>,
    as_buffer: bool,
) -> napi::Result<Unknown<'static>> {
    let value = match result {
        Ok(bytes) => text(env.raw(), &bytes, as_buffer)?,
        Err(errno) => number(env.raw(), -f64::from(errno as u16))?,
    };
    // SAFETY: the value was just made in env.
    Ok(unsafe { Unknown::from_raw_unchecked(env.raw(), value) })
}
