//! What a disk is told: to write now, and what will be read.

use super::Call;
use crate::abi::{Errno, Filetype, Rights};
use crate::fds::Object;
use crate::guest::Guest;
use crate::process::Process;
use crate::vfs::Advice;

/// Says how a range of a file will be read; `len` 0 is to the end. Errors: `Inval` for an unknown advice or a negative
/// length, `Badf` also for a directory, `Spipe`, `Notcapable`. Like posix_fadvise(2).
pub fn fd_advise<G: Guest>(
    process: &Process,
    guest: &mut G,
    fd: u32,
    offset: u64,
    len: u64,
    advice: u32,
) -> Call {
    let advice = match advice as u8 {
        0 => Advice::Normal,
        1 => Advice::Sequential,
        2 => Advice::Random,
        3 => Advice::WillNeed,
        4 => Advice::DontNeed,
        5 => Advice::NoReuse,
        _ => return Err(Errno::Inval.into()),
    };
    let entry = process.fds.get(fd, Rights::FD_ADVISE)?;
    let file = match entry.object() {
        // A device keeps no pages that the advice could be about, and says so to nobody.
        Object::Stream(stream) if stream.stat()?.filetype == Filetype::CharacterDevice => None,
        _ => Some(entry.file()?),
    };
    if i64::try_from(len).is_err() {
        return Err(Errno::Inval.into());
    }
    let Some(file) = file else { return Ok(()) };
    Ok(guest.leave(|| file.advise(offset, len, advice))??)
}

/// Returns when the data is safe. Errors: `Badf`, `Inval` for what keeps no data, `Notcapable`. Like fdatasync(2).
pub fn fd_datasync<G: Guest>(process: &Process, guest: &mut G, fd: u32) -> Call {
    let entry = process.fds.get(fd, Rights::FD_DATASYNC)?;
    Ok(guest.leave(|| match entry.object() {
        Object::Dir(dir) => dir.sync(),
        Object::File(file) => file.datasync(),
        Object::Stream(stream) => stream.as_file().ok_or(Errno::Inval)?.datasync(),
    })??)
}

/// Returns when data and metadata are safe. Errors: `Badf`, `Inval` for what keeps no data, `Notcapable`. Like fsync(2).
pub fn fd_sync<G: Guest>(process: &Process, guest: &mut G, fd: u32) -> Call {
    let entry = process.fds.get(fd, Rights::FD_SYNC)?;
    Ok(guest.leave(|| match entry.object() {
        Object::Dir(dir) => dir.sync(),
        Object::File(file) => file.sync(),
        Object::Stream(stream) => stream.as_file().ok_or(Errno::Inval)?.sync(),
    })??)
}
