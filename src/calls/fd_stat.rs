//! What is known of an open file, and how long it is.

use super::Call;
use crate::abi::{Errno, Filestat, Fstflags, Rights};
use crate::fds::{Entry, Object};
use crate::guest::Guest;
use crate::process::Process;
use crate::vfs::{File, SetTime, SetTimes};

/// Writes a descriptor's `filestat`. Errors: `Badf`, `Notcapable`, `Overflow`. Like fstat(2).
#[inline(never)]
pub fn fd_filestat_get<G: Guest>(process: &Process, guest: &mut G, fd: u32, buf: u32) -> Call {
    let size = Filestat::size(process.snapshot);
    guest.memory().span(buf, size as u64)?;
    let entry = process.fds.get(fd, Rights::FD_FILESTAT_GET)?;
    let stat = guest.leave(|| match entry.object() {
        Object::File(file) => file.stat(),
        Object::Dir(dir) => dir.stat(),
        Object::Stream(stream) => stream.stat(),
    })??;
    guest.memory().write(buf, &stat.encode(process.snapshot)[..size])?;
    Ok(())
}

/// Makes a file `size` bytes long, with zeros where it grows. Errors: `Badf`, `Inval` for a negative size, `Fbig`,
/// `Nospc`, `Rofs`, `Notcapable`. Like ftruncate(2).
pub fn fd_filestat_set_size<G: Guest>(process: &Process, guest: &mut G, fd: u32, size: u64) -> Call {
    let entry = process.fds.get(fd, Rights::FD_FILESTAT_SET_SIZE)?;
    let file = sized(&entry)?;
    Ok(guest.leave(|| file.set_len(size))??)
}

/// Sees to it that a file is at least `offset + len` bytes long; it is never made shorter. Errors: `Badf`, `Fbig`,
/// `Inval` for a negative range, `Nospc`, `Rofs`, `Notcapable`. Like posix_fallocate(3), but may leave a hole.
pub fn fd_allocate<G: Guest>(process: &Process, guest: &mut G, fd: u32, offset: u64, len: u64) -> Call {
    let entry = process.fds.get(fd, Rights::FD_ALLOCATE)?;
    if offset == 0 && len == 0 {
        return Ok(());
    }
    let file = sized(&entry)?;
    if i64::try_from(offset).is_err() || i64::try_from(len).is_err() {
        return Err(Errno::Inval.into());
    }
    Ok(guest.leave(|| file.allocate(offset, len))??)
}

/// What has a length that can be changed. Errors: `Inval` for a device, `Badf` for a directory.
fn sized(entry: &Entry) -> Result<&dyn File, Errno> {
    match entry.object() {
        Object::Stream(stream) => stream.as_file().ok_or(Errno::Inval),
        Object::File(_) | Object::Dir(_) => entry.file(),
    }
}

/// Sets a file's times (ns). Errors: `Inval` for contradictory or unknown flags, `Badf`, `Rofs`, `Notcapable`. Like
/// futimens(2).
pub fn fd_filestat_set_times<G: Guest>(
    process: &Process,
    guest: &mut G,
    fd: u32,
    atim: u64,
    mtim: u64,
    fst_flags: u32,
) -> Call {
    let times = times(atim, mtim, fst_flags)?;
    let entry = process.fds.get(fd, Rights::FD_FILESTAT_SET_TIMES)?;
    Ok(guest.leave(|| match entry.object() {
        Object::File(file) => file.set_times(times),
        Object::Dir(dir) => dir.set_times(times),
        Object::Stream(stream) => stream.as_file().ok_or(Errno::Inval)?.set_times(times),
    })??)
}

/// Which times a guest sets. Errors: `Inval` for contradictory or unknown flags.
pub fn times(atim: u64, mtim: u64, fst_flags: u32) -> Result<SetTimes, Errno> {
    let flags = Fstflags::decode(fst_flags as u16)?;
    let time = |value: u64, given: Fstflags, now: Fstflags| match (flags.contains(given), flags.contains(now))
    {
        (true, true) => Err(Errno::Inval),
        (true, false) => Ok(Some(SetTime::At(value))),
        (false, true) => Ok(Some(SetTime::Now)),
        (false, false) => Ok(None),
    };
    Ok(SetTimes {
        access: time(atim, Fstflags::ATIM, Fstflags::ATIM_NOW)?,
        modified: time(mtim, Fstflags::MTIM, Fstflags::MTIM_NOW)?,
    })
}
