//! Reading, writing and seeking.

use std::ops::{Deref, DerefMut};
use std::sync::MutexGuard;

use super::Call;
use super::transfer::{Reach, checked, file_rounds, reach_of, stream_rounds};
use super::waiting::{Awaiting, Way};
use crate::abi::{Errno, Fdflags, Rights, Whence};
use crate::fds::{Entry, Object};
use crate::guest::Guest;
use crate::process::Process;
use crate::span::{Span, total};
use crate::vfs::File;

/// Reads from the descriptor's offset on, and writes how many bytes there were; 0 is the end. Errors: `Overflow`, `Badf`,
/// `Again` with NONBLOCK, `Notcapable`. Like readv(2).
#[inline(never)]
pub fn fd_read<G: Guest>(
    process: &Process,
    guest: &mut G,
    fd: u32,
    iovs: u32,
    iovs_len: u32,
    nread: u32,
) -> Call {
    let list = checked(guest, iovs, iovs_len, nread)?;
    let entry = process.fds.get(fd, Rights::FD_READ)?;
    let read = match entry.object() {
        Object::File(file) => {
            let mut offset = Offset::of(&entry, file.as_ref());
            let read = file_rounds(guest, list, offset.reach(Way::Read), |spans| {
                file.read_at(spans, *offset).inspect(|len| *offset += *len as u64)
            });
            offset.leave_at(&entry);
            read?
        }
        Object::Stream(stream) => {
            let awaiting = Awaiting { entry: &entry, stream: stream.as_ref(), way: Way::Read };
            stream_rounds(process, guest, &awaiting, list, |spans| stream.read(spans))?
        }
        Object::Dir(_) => return Err(Errno::Isdir.into()),
    };
    Ok(guest.memory().write_u32(nread, read)?)
}

/// Reads from `offset` on, and leaves the descriptor's own offset. Errors: as `fd_read`, `Spipe`, `Inval` for an offset
/// beyond 2^63. Like preadv(2).
#[inline(never)]
pub fn fd_pread<G: Guest>(
    process: &Process,
    guest: &mut G,
    fd: u32,
    iovs: u32,
    iovs_len: u32,
    offset: u64,
    nread: u32,
) -> Call {
    let list = checked(guest, iovs, iovs_len, nread)?;
    let mut at = checked_offset(offset)?;
    let entry = process.fds.get(fd, Rights::FD_READ.with(Rights::FD_SEEK))?;
    let read = file_rounds(guest, list, reach_of(&entry, Way::Read), |spans| {
        let read = match entry.object() {
            Object::File(file) => file.read_at(spans, at),
            Object::Stream(stream) => stream.read_at(spans, at),
            Object::Dir(_) => Err(Errno::Isdir),
        };
        read.inspect(|len| at += *len as u64)
    })?;
    Ok(guest.memory().write_u32(nread, read)?)
}

/// Writes at the descriptor's offset, or at the end with APPEND, and writes how many bytes were taken. Errors: `Overflow`,
/// `Badf`, `Again` with NONBLOCK, `Pipe`, `Nospc`, `Fbig`, `Rofs`, `Notcapable`. Like writev(2).
#[inline(never)]
pub fn fd_write<G: Guest>(
    process: &Process,
    guest: &mut G,
    fd: u32,
    iovs: u32,
    iovs_len: u32,
    nwritten: u32,
) -> Call {
    let list = checked(guest, iovs, iovs_len, nwritten)?;
    let entry = process.fds.get(fd, Rights::FD_WRITE)?;
    let flags = entry.flags();
    let written = match entry.object() {
        Object::File(file) => {
            let mut offset = Offset::of(&entry, file.as_ref());
            let written = file_rounds(guest, list, offset.reach(Way::Write), |spans| {
                if flags.contains(Fdflags::APPEND) {
                    file.append(spans).map(|(len, end)| {
                        *offset = end;
                        len
                    })
                } else {
                    file.write_at(spans, *offset).inspect(|len| *offset += *len as u64)
                }
            });
            offset.leave_at(&entry);
            written?
        }
        Object::Stream(stream) if flags.contains(Fdflags::APPEND) && stream.as_file().is_some() => {
            let append = |spans: &[Span<'_>]| entry.file()?.append(spans).map(|(len, _)| len);
            file_rounds(guest, list, reach_of(&entry, Way::Write), append)?
        }
        Object::Stream(stream) => {
            let awaiting = Awaiting { entry: &entry, stream: stream.as_ref(), way: Way::Write };
            stream_rounds(process, guest, &awaiting, list, |spans| stream.write(spans))?
        }
        Object::Dir(_) => return Err(Errno::Isdir.into()),
    };
    settle(guest, &entry, flags)?;
    Ok(guest.memory().write_u32(nwritten, written)?)
}

/// Writes at `offset`, and leaves the descriptor's own offset. Errors: as `fd_write`, `Spipe`, `Inval` for an offset
/// beyond 2^63. Like pwritev(2).
#[inline(never)]
pub fn fd_pwrite<G: Guest>(
    process: &Process,
    guest: &mut G,
    fd: u32,
    iovs: u32,
    iovs_len: u32,
    offset: u64,
    nwritten: u32,
) -> Call {
    let list = checked(guest, iovs, iovs_len, nwritten)?;
    let mut at = checked_offset(offset)?;
    let entry = process.fds.get(fd, Rights::FD_WRITE.with(Rights::FD_SEEK))?;
    let flags = entry.flags();
    let written = file_rounds(guest, list, reach_of(&entry, Way::Write), |spans| {
        let written = match entry.object() {
            Object::File(file) if flags.contains(Fdflags::APPEND) => append_at(file.as_ref(), spans, at),
            Object::File(file) => file.write_at(spans, at),
            Object::Stream(stream) => match stream.as_file() {
                Some(file) if flags.contains(Fdflags::APPEND) => {
                    // Its own offset is the host's, and no append that names another moves it.
                    let own = stream.seek(0, Whence::Cur)?;
                    let written = append_at(file, spans, at);
                    stream.seek(own.cast_signed(), Whence::Set)?;
                    written
                }
                _ => stream.write_at(spans, at),
            },
            Object::Dir(_) => Err(Errno::Isdir),
        };
        written.inspect(|len| at += *len as u64)
    })?;
    settle(guest, &entry, flags)?;
    Ok(guest.memory().write_u32(nwritten, written)?)
}

/// Moves the descriptor's offset (bytes) and writes where it is now (u64). Errors: `Inval` for an unknown `whence` or a
/// place before the start, `Spipe` on a stream, `Badf`, `Overflow`, `Notcapable`. Like lseek(2).
pub fn fd_seek<G: Guest>(
    process: &Process,
    guest: &mut G,
    fd: u32,
    offset: u64,
    whence: u32,
    newoffset: u32,
) -> Call {
    guest.memory().span(newoffset, 8)?;
    let offset = offset.cast_signed();
    let whence = Whence::decode(process.snapshot, whence as u8);
    let entry = process.fds.get(fd, Rights::FD_SEEK)?;
    let whence = whence?;
    let now = match entry.object() {
        Object::File(file) => {
            let size = if whence == Whence::End { guest.leave(|| file.stat())??.size } else { 0 };
            let mut held = entry.offset();
            let from = match whence {
                Whence::Set => 0,
                Whence::Cur => *held,
                Whence::End => size,
            };
            let to = from.checked_add_signed(offset).filter(|to| i64::try_from(*to).is_ok());
            *held = to.ok_or(Errno::Inval)?;
            *held
        }
        Object::Stream(stream) => stream.seek(offset, whence)?,
        Object::Dir(_) => return Err(Errno::Badf.into()),
    };
    Ok(guest.memory().write_u64(newoffset, now)?)
}

/// Writes the descriptor's offset (u64, bytes). Errors: `Spipe` on a stream, `Badf`, `Overflow`, `Notcapable`. Like
/// lseek(2) by 0 from where it is.
pub fn fd_tell<G: Guest>(process: &Process, guest: &mut G, fd: u32, offset: u32) -> Call {
    let memory = guest.memory();
    memory.span(offset, 8)?;
    let entry = process.fds.get(fd, Rights::FD_TELL)?;
    let now = match entry.object() {
        Object::File(_) => *entry.offset(),
        Object::Stream(stream) => stream.seek(0, Whence::Cur)?,
        Object::Dir(_) => return Err(Errno::Badf.into()),
    };
    Ok(memory.write_u64(offset, now)?)
}

/// Linux appends even when pwrite names an offset; node:wasi inherits that. But what could not be written at the offset is
/// refused before.
fn append_at(file: &dyn File, spans: &[Span<'_>], offset: u64) -> Result<usize, Errno> {
    checked_offset(offset.saturating_add(total(spans) as u64))?;
    file.append(spans).map(|(len, _)| len)
}

fn checked_offset(offset: u64) -> Result<u64, Errno> {
    if i64::try_from(offset).is_ok() { Ok(offset) } else { Err(Errno::Inval) }
}

/// Data and metadata are on the disk before a write with SYNC or DSYNC returns.
fn settle<G: Guest>(guest: &mut G, entry: &Entry, flags: Fdflags) -> Call {
    if !flags.intersects(Fdflags::SYNC.with(Fdflags::DSYNC)) {
        return Ok(());
    }
    Ok(guest.leave(|| match entry.file() {
        Ok(file) if flags.contains(Fdflags::SYNC) => file.sync(),
        Ok(file) => file.datasync(),
        // A pipe keeps nothing that could be lost.
        Err(_) => Ok(()),
    })??)
}

/// The offset at which a file is read or written: held meanwhile, unless the file may run the engine, which may come back to
/// this same descriptor.
enum Offset<'e> {
    Held(MutexGuard<'e, u64>),
    Copied(u64),
}

impl<'e> Offset<'e> {
    fn of(entry: &'e Entry, file: &dyn File) -> Self {
        let held = entry.offset();
        if file.runs_engine() { Self::Copied(*held) } else { Self::Held(held) }
    }

    /// How the transfer reaches memory. The file is not asked again: one of an overlay may have become another's meanwhile.
    const fn reach(&self, way: Way) -> Reach {
        match self {
            Self::Held(_) => Reach::Direct,
            Self::Copied(_) => Reach::Copied(way),
        }
    }

    /// Releases it where it is now.
    fn leave_at(self, entry: &Entry) {
        if let Self::Copied(at) = self {
            *entry.offset() = at;
        }
    }
}

impl Deref for Offset<'_> {
    type Target = u64;

    fn deref(&self) -> &u64 {
        match self {
            Self::Held(held) => held,
            Self::Copied(at) => at,
        }
    }
}

impl DerefMut for Offset<'_> {
    fn deref_mut(&mut self) -> &mut u64 {
        match self {
            Self::Held(held) => held,
            Self::Copied(at) => at,
        }
    }
}
