//! What JavaScript does with open files: like the calls of node:fs that take a descriptor.

use napi_derive::napi;

use super::super::error::negated;
use super::names::{put_status, times};
use super::open_file::OpenFile;
use super::values::{Bytes, Text};
use super::{FileSystem, answer, done};
use crate::abi::Errno;
use crate::span::Span;
use crate::vfs::{Access, File, OpenOptions};

/// The most bytes that go through a copy at once, for files that run JavaScript themselves.
const MOST_COPIED: usize = 1 << 20;

/// How to open, from the flags of open(2). Flags that only tune (`O_SYNC`, `O_NOATIME`, …) do nothing. Errors: `Inval`.
pub fn options(flags: i32) -> Result<OpenOptions, Errno> {
    let access = match flags & libc::O_ACCMODE {
        libc::O_RDONLY => Access::Read,
        libc::O_WRONLY => Access::Write,
        libc::O_RDWR => Access::ReadWrite,
        _ => return Err(Errno::Inval),
    };
    Ok(OpenOptions {
        follow: flags & libc::O_NOFOLLOW == 0,
        access,
        directory: flags & libc::O_DIRECTORY != 0,
        create: flags & libc::O_CREAT != 0,
        exclusive: flags & libc::O_EXCL != 0,
        truncate: flags & libc::O_TRUNC != 0,
    })
}

#[napi]
impl FileSystem {
    /// Opens a path with the flags of open(2); answers the number of the open file.
    #[napi(catch_unwind)]
    pub fn open(&self, path: Text, flags: i32, mode: u32) -> i32 {
        answer(self.open_file(&path.0, flags, mode).and_then(|file| self.open.borrow_mut().add(file)))
    }

    #[napi(catch_unwind)]
    pub fn close(&self, fd: i32) -> i32 {
        // The borrow ends before the file does, which may run JavaScript.
        let file = self.open.borrow_mut().remove(fd);
        done(file.map(drop))
    }

    #[napi(catch_unwind)]
    pub fn fstat(&self, fd: i32, status: Bytes<'_>) -> i32 {
        done(
            self.file(fd)
                .and_then(|file| file.stat())
                .and_then(|(stat, mode)| put_status(stat, mode, status)),
        )
    }

    /// Reads into a part of `bytes`, from `position` on, or from where the last read ended where that is negative.
    #[napi(catch_unwind)]
    pub fn read(&self, fd: i32, bytes: Bytes<'_>, offset: f64, len: f64, position: f64) -> napi::Result<f64> {
        let bytes = bytes.part(offset as usize, len as usize)?;
        Ok(count(self.file(fd).and_then(|file| {
            let at = position_of(&file, position);
            let read = read_at(file.as_file()?, bytes, at)?;
            if position < 0.0 {
                file.offset.set(at + read as u64);
            }
            Ok(read)
        })))
    }

    /// Writes a part of `bytes`; else as `read`. Where the file is open to append, at its end.
    #[napi(catch_unwind)]
    pub fn write(
        &self,
        fd: i32,
        bytes: Bytes<'_>,
        offset: f64,
        len: f64,
        position: f64,
    ) -> napi::Result<f64> {
        let bytes = bytes.part(offset as usize, len as usize)?;
        Ok(count(self.file(fd).and_then(|file| {
            let at = position_of(&file, position);
            let (written, end) = write_at(&file, bytes, at)?;
            if position < 0.0 {
                file.offset.set(end);
            }
            Ok(written)
        })))
    }

    #[napi(catch_unwind)]
    pub fn ftruncate(&self, fd: i32, len: f64) -> i32 {
        // Through a directory, and through what was opened to read, ftruncate(2) says the same.
        done(self.file(fd).and_then(|file| {
            let file = file.as_file().map_err(|_| Errno::Inval)?;
            file.set_len(len as u64).map_err(|errno| if errno == Errno::Badf { Errno::Inval } else { errno })
        }))
    }

    #[napi(catch_unwind)]
    pub fn fsync(&self, fd: i32, data_only: bool) -> i32 {
        done(self.file(fd).and_then(|file| file.sync(data_only)))
    }

    #[napi(catch_unwind)]
    pub fn fchmod(&self, fd: i32, mode: u32) -> i32 {
        done(self.file(fd).and_then(|file| file.set_mode(mode & 0o7777)))
    }

    #[napi(catch_unwind)]
    pub fn futimes(&self, fd: i32, access: f64, modified: f64) -> i32 {
        done(self.file(fd).and_then(|file| file.set_times(times(access, modified))))
    }
}

impl FileSystem {
    /// Opens a path with the flags of open(2).
    pub fn open_file(&self, path: &[u8], flags: i32, mode: u32) -> Result<OpenFile, Errno> {
        let mode = (mode != 0o666).then_some(mode);
        OpenFile::new(self.root.open(path, options(flags)?, mode)?, flags & libc::O_APPEND != 0)
    }
}

fn position_of(file: &OpenFile, position: f64) -> u64 {
    if position < 0.0 { file.offset.get() } else { position as u64 }
}

/// Reads into bytes of JavaScript's. What may run JavaScript, which may take the bytes away, reads into a copy.
pub fn read_at(file: &dyn File, into: Bytes<'_>, offset: u64) -> Result<usize, Errno> {
    if !file.runs_engine() {
        return file.read_at(&[into.span()], offset);
    }
    let mut copy = vec![0; into.len().min(MOST_COPIED)];
    let read = file.read_at(&[Span::over(&mut copy)], offset)?;
    Ok(into.span().fill(&copy[..read.min(copy.len())]))
}

/// Writes bytes of JavaScript's; says how many, and the offset behind them. See [`read_at`].
pub fn write_at(file: &OpenFile, from: Bytes<'_>, offset: u64) -> Result<(usize, u64), Errno> {
    // A directory is open to read, whatever is said of it.
    if !file.as_file().map_err(|_| Errno::Badf)?.runs_engine() {
        return write_span(file, from.span(), offset);
    }
    let mut copy = vec![0; from.len().min(MOST_COPIED)];
    from.span().drain(&mut copy);
    write_span(file, Span::over(&mut copy), offset)
}

/// Writes a range, at the end where the file is open to append.
pub fn write_span(file: &OpenFile, from: Span<'_>, offset: u64) -> Result<(usize, u64), Errno> {
    let append = file.append;
    let file = file.as_file()?;
    if append {
        return file.append(&[from]);
    }
    let written = file.write_at(&[from], offset)?;
    Ok((written, offset + written as u64))
}

fn count(result: Result<usize, Errno>) -> f64 {
    result.map_or_else(|errno| negated(errno).into(), |count| count as f64)
}
