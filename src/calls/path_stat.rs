//! What is known of what a path names.

use super::fd_stat::times;
use super::{Call, path};
use crate::abi::{Filestat, Lookupflags, Rights};
use crate::guest::{Guest, TextBuffer};
use crate::process::Process;

/// Writes the `filestat` of what a path names. Errors: `Overflow`, `Badf`, `Notcapable`, `Noent`, `Notdir`, `Loop`,
/// `Acces`. Like fstatat(2).
#[inline(never)]
pub fn path_filestat_get<G: Guest>(
    process: &Process,
    guest: &mut G,
    fd: u32,
    flags: u32,
    path: u32,
    path_len: u32,
    buf: u32,
) -> Call {
    let memory = guest.memory();
    let size = Filestat::size(process.snapshot);
    memory.array(path, path_len, 1)?;
    memory.span(buf, size as u64)?;
    let follow = Lookupflags::truncate(flags).contains(Lookupflags::SYMLINK_FOLLOW);
    let entry = process.fds.get(fd, Rights::PATH_FILESTAT_GET)?;
    let mut text = TextBuffer::new();
    let (dir, path) = (entry.dir()?, self::path(memory, path, path_len, &mut text)?);
    let stat = guest.leave(|| dir.stat_at(path, follow))??;
    guest.memory().write(buf, &stat.encode(process.snapshot)[..size])?;
    Ok(())
}

/// Sets the times (ns) of what a path names. Errors: `Overflow`, `Inval` for contradictory or unknown flags, `Badf`,
/// `Notcapable`, `Noent`, `Notdir`, `Loop`, `Acces`, `Rofs`. Like utimensat(2).
#[inline(never)]
#[expect(clippy::too_many_arguments, reason = "the specification's")]
pub fn path_filestat_set_times<G: Guest>(
    process: &Process,
    guest: &mut G,
    fd: u32,
    flags: u32,
    path: u32,
    path_len: u32,
    atim: u64,
    mtim: u64,
    fst_flags: u32,
) -> Call {
    let memory = guest.memory();
    memory.array(path, path_len, 1)?;
    let times = times(atim, mtim, fst_flags)?;
    let follow = Lookupflags::truncate(flags).contains(Lookupflags::SYMLINK_FOLLOW);
    let entry = process.fds.get(fd, Rights::PATH_FILESTAT_SET_TIMES)?;
    let mut text = TextBuffer::new();
    let (dir, path) = (entry.dir()?, self::path(memory, path, path_len, &mut text)?);
    Ok(guest.leave(|| dir.set_times_at(path, follow, times))??)
}
