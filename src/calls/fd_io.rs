//! Reading, writing and seeking.

use super::waiting::{Way, retry};
use super::{Call, Halt};
use crate::abi::{Errno, Fdflags, Filetype, Rights, Whence};
use crate::fds::{Entry, Object};
use crate::guest::{Guest, Iovecs, ROUND_BYTES, Round};
use crate::process::Process;
use crate::span::{Span, total};
use crate::stdio::Stream;

/// How many bytes a call may have transferred and still begin a round: with that, it stays below Linux's own limit, which
/// leaves a guest's `ssize_t` its sign.
pub const MOST: usize = 0x7fff_f000 - ROUND_BYTES;

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
            let mut offset = entry.offset();
            let read = file_rounds(guest, list, |spans| {
                file.read_at(spans, *offset).inspect(|len| *offset += *len as u64)
            });
            drop(offset);
            read?
        }
        Object::Stream(stream) => {
            stream_rounds(process, guest, &entry, stream.as_ref(), Way::Read, list, |spans| {
                stream.read(spans)
            })?
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
    let entry = process.fds.get(fd, Rights::FD_READ.with(Rights::FD_SEEK))?;
    let mut at = checked_offset(offset)?;
    let read = file_rounds(guest, list, |spans| {
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
            let mut offset = entry.offset();
            let written = file_rounds(guest, list, |spans| {
                if flags.contains(Fdflags::APPEND) {
                    file.append(spans).map(|(len, end)| {
                        *offset = end;
                        len
                    })
                } else {
                    file.write_at(spans, *offset).inspect(|len| *offset += *len as u64)
                }
            });
            drop(offset);
            written?
        }
        Object::Stream(stream) if flags.contains(Fdflags::APPEND) && stream.as_file().is_some() => {
            let append = |spans: &[Span<'_>]| entry.file()?.append(spans).map(|(len, _)| len);
            file_rounds(guest, list, append)?
        }
        Object::Stream(stream) => {
            stream_rounds(process, guest, &entry, stream.as_ref(), Way::Write, list, |spans| {
                stream.write(spans)
            })?
        }
        Object::Dir(_) => return Err(Errno::Isdir.into()),
    };
    settle(&entry, flags)?;
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
    let entry = process.fds.get(fd, Rights::FD_WRITE.with(Rights::FD_SEEK))?;
    let flags = entry.flags();
    let mut at = checked_offset(offset)?;
    let written = file_rounds(guest, list, |spans| {
        let written = match entry.object() {
            // Linux appends even when pwrite names an offset; node:wasi inherits that.
            Object::File(file) if flags.contains(Fdflags::APPEND) => file.append(spans).map(|(len, _)| len),
            Object::File(file) => file.write_at(spans, at),
            Object::Stream(stream) => stream.write_at(spans, at),
            Object::Dir(_) => Err(Errno::Isdir),
        };
        written.inspect(|len| at += *len as u64)
    })?;
    settle(&entry, flags)?;
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
    let memory = guest.memory();
    memory.span(newoffset, 8)?;
    let offset = offset.cast_signed();
    let whence = Whence::decode(process.snapshot, whence);
    let entry = process.fds.get(fd, Rights::FD_SEEK)?;
    let whence = whence?;
    let now = match entry.object() {
        Object::File(file) => {
            let mut held = entry.offset();
            let from = match whence {
                Whence::Set => 0,
                Whence::Cur => *held,
                Whence::End => file.stat()?.size,
            };
            let to = from.checked_add_signed(offset).filter(|to| i64::try_from(*to).is_ok());
            *held = to.ok_or(Errno::Inval)?;
            *held
        }
        Object::Stream(stream) => stream.seek(offset, whence)?,
        Object::Dir(_) => return Err(Errno::Badf.into()),
    };
    Ok(memory.write_u64(newoffset, now)?)
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

/// Checks the whole list and the place of the result, before anything is transferred.
pub fn checked<G: Guest>(guest: &mut G, iovs: u32, iovs_len: u32, result: u32) -> Result<Iovecs, Halt> {
    let list = Iovecs::new(guest.memory(), iovs, iovs_len)?;
    guest.memory().span(result, 4)?;
    let mut from = 0;
    while let Some(next) = list.check(guest.memory(), from)? {
        guest.pause()?;
        from = next;
    }
    Ok(list)
}

fn checked_offset(offset: u64) -> Result<u64, Errno> {
    if i64::try_from(offset).is_ok() { Ok(offset) } else { Err(Errno::Inval) }
}

/// Data and metadata are on the disk before a write with SYNC or DSYNC returns.
fn settle(entry: &Entry, flags: Fdflags) -> Result<(), Errno> {
    if !flags.intersects(Fdflags::SYNC.with(Fdflags::DSYNC)) {
        return Ok(());
    }
    match entry.file() {
        Ok(file) if flags.contains(Fdflags::SYNC) => file.sync(),
        Ok(file) => file.datasync(),
        // A pipe keeps nothing that could be lost.
        Err(_) => Ok(()),
    }
}

/// What one round came to.
struct Step {
    wanted: usize,
    len: usize,
    /// Whether the round had all that was left of the list.
    last: bool,
}

/// Transfers a list in rounds; what came before an error counts. `transfer` is told how many bytes that is. A round that
/// falls short ends the transfer, unless `persists`.
fn rounds<G: Guest>(
    guest: &mut G,
    mut list: Iovecs,
    persists: bool,
    mut transfer: impl FnMut(&mut G, &Iovecs, usize) -> Result<Step, Halt>,
) -> Result<u32, Halt> {
    let mut sum = 0;
    while !list.is_done() && sum <= MOST {
        let Step { wanted, len, last } = match transfer(guest, &list, sum) {
            Err(Halt::Errno(_)) if sum > 0 => break,
            step => step?,
        };
        sum += len;
        if len == wanted && last || len < wanted && !persists {
            break;
        }
        list.advance(guest.memory(), len)?;
        if len == wanted {
            guest.pause()?;
        }
    }
    Ok(sum as u32)
}

fn step<G: Guest>(
    guest: &G,
    list: &Iovecs,
    transfer: &mut impl FnMut(&[Span<'_>]) -> Result<usize, Errno>,
) -> Result<Step, Errno> {
    // Filled in place: it is too large to be handed around.
    let mut round = Round::empty();
    list.round(guest.memory(), &mut round)?;
    let spans = round.spans();
    let len = if spans.is_empty() { 0 } else { transfer(spans)? };
    Ok(Step { wanted: total(spans), len, last: round.is_last() })
}

fn file_rounds<G: Guest>(
    guest: &mut G,
    list: Iovecs,
    mut transfer: impl FnMut(&[Span<'_>]) -> Result<usize, Errno>,
) -> Result<u32, Halt> {
    if let Some(span) = list.single(guest.memory())? {
        return Ok(if span.is_empty() { 0 } else { transfer(&[span])? as u32 });
    }
    rounds(guest, list, false, |guest, list, _| Ok(step(guest, list, &mut transfer)?))
}

/// A datagram goes in one piece, so in one round. Errors: `Msgsize` where the list has too many ranges for that.
pub fn one_message<G: Guest>(guest: &G, entry: &Entry, list: &Iovecs) -> Result<(), Errno> {
    if entry.filetype() == Filetype::SocketDgram {
        let mut round = Round::empty();
        list.round(guest.memory(), &mut round)?;
        if !round.is_last() {
            return Err(Errno::Msgsize);
        }
    }
    Ok(())
}

/// As files, but waits: a read for its first bytes, a write until the stream has taken all, as a program that leaves
/// NONBLOCK out expects of a pipe.
pub fn stream_rounds<G: Guest>(
    process: &Process,
    guest: &mut G,
    entry: &Entry,
    stream: &dyn Stream,
    way: Way,
    list: Iovecs,
    mut transfer: impl FnMut(&[Span<'_>]) -> Result<usize, Errno>,
) -> Result<u32, Halt> {
    one_message(guest, entry, &list)?;
    let waits = !entry.flags().contains(Fdflags::NONBLOCK);
    let persists = waits && way == Way::Write;
    rounds(guest, list, persists, |guest, list, sum| {
        if waits && (sum == 0 || persists) {
            retry(process, guest, stream, way, |guest| step(guest, list, &mut transfer))
        } else {
            Ok(step(guest, list, &mut transfer)?)
        }
    })
}
