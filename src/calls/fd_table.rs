//! Descriptors as such: closing, renumbering, flags, rights, and what was open from the start.

use super::{ANY, Call};
use crate::abi::{Errno, FDSTAT_SIZE, Fdflags, Rights};
use crate::fds::Object;
use crate::guest::Guest;
use crate::process::Process;

/// Closes a descriptor. Errors: `Badf`. Like close(2).
pub fn fd_close<G: Guest>(process: &Process, guest: &mut G, fd: u32) -> Call {
    Ok(guest.leave(|| process.fds.remove(fd))??)
}

/// Moves `fd` to the number `to`, which must be open and is closed by it. Errors: `Badf`. Like dup2(2) and close(2).
pub fn fd_renumber<G: Guest>(process: &Process, guest: &mut G, fd: u32, to: u32) -> Call {
    Ok(guest.leave(|| process.fds.renumber(fd, to))??)
}

/// Writes a descriptor's type (u8 at 0), flags (u16 at 2), rights (u64 at 8) and inherited rights (u64 at 16). Errors:
/// `Badf`, `Overflow`. Like fcntl(2) with `F_GETFL`.
pub fn fd_fdstat_get<G: Guest>(process: &Process, guest: &mut G, fd: u32, stat: u32) -> Call {
    let memory = guest.memory();
    memory.span(stat, FDSTAT_SIZE as u64)?;
    memory.write(stat, &process.fds.get(fd, ANY)?.fdstat().encode())?;
    Ok(())
}

/// Sets a descriptor's flags; unknown bits are dropped. They are the descriptor's own: the host's open file is not
/// touched. Errors: `Badf`, `Notcapable`. Like fcntl(2) with `F_SETFL`.
pub fn fd_fdstat_set_flags<G: Guest>(process: &Process, _guest: &mut G, fd: u32, flags: u32) -> Call {
    let flags = Fdflags::truncate(flags);
    process.fds.get(fd, Rights::FD_FDSTAT_SET_FLAGS)?.set_flags(flags);
    Ok(())
}

/// Gives rights of a descriptor up. Errors: `Badf`, `Notcapable` where it has not got them. Like cap_rights_limit(2).
pub fn fd_fdstat_set_rights<G: Guest>(
    process: &Process,
    _guest: &mut G,
    fd: u32,
    fs_rights_base: u64,
    fs_rights_inheriting: u64,
) -> Call {
    let (base, inheriting) = (Rights(fs_rights_base), Rights(fs_rights_inheriting));
    Ok(process.fds.get(fd, ANY)?.restrict(base, inheriting)?)
}

/// Writes what was open from the start under `fd`: the tag 0 for a directory (u8 at 0), and the length of its name in
/// bytes (u32 at 4). Errors: `Badf`, `Inval` for a descriptor that was not, `Overflow`.
pub fn fd_prestat_get<G: Guest>(process: &Process, guest: &mut G, fd: u32, buf: u32) -> Call {
    let memory = guest.memory();
    memory.span(buf, 8)?;
    let entry = process.fds.get(fd, ANY)?;
    let Some(name) = entry.preopen_name() else {
        // A libc lists what is open from 3 on and stops at `Badf`; a socket handed over is where the directories end.
        let socket = matches!(entry.object(), Object::Stream(stream) if stream.as_socket().is_some());
        let listed = fd > 2 && socket;
        return Err(if listed { Errno::Badf } else { Errno::Inval }.into());
    };
    let mut prestat = [0; 8];
    prestat[4..].copy_from_slice(&(name.len() as u32).to_le_bytes());
    memory.write(buf, &prestat)?;
    Ok(())
}

/// Writes the name of the directory that was open from the start under `fd`, without a NUL. Errors: `Badf` also for
/// any other descriptor, `Nametoolong` where `path_len` is less than its length, `Overflow`.
pub fn fd_prestat_dir_name<G: Guest>(
    process: &Process,
    guest: &mut G,
    fd: u32,
    path: u32,
    path_len: u32,
) -> Call {
    let memory = guest.memory();
    let buffer = memory.array(path, path_len, 1)?;
    let entry = process.fds.get(fd, ANY)?;
    let name = entry.preopen_name().ok_or(Errno::Badf)?;
    if buffer.len() < name.len() {
        return Err(Errno::Nametoolong.into());
    }
    buffer.fill(name);
    Ok(())
}
