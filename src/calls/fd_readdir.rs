//! Listing a directory.

use std::ops::ControlFlow;

use super::Call;
use crate::abi::{Errno, Filetype, Rights, encode_dirent};
use crate::guest::Guest;
use crate::process::Process;
use crate::vfs::DirEntry;

/// How many entries are listed without a pause.
const SLICE: u32 = 4096;
/// How many bytes of them are gathered, at least, before they are handed over.
const GATHERED: usize = 32 * 1024;

/// Writes the entries from `cookie` on (0: all), each a head of 24 bytes (the next entry's cookie u64, the inode u64, the
/// name's length u32, the type u8) and its name, and how many bytes that is. The entry that no longer fits is cut, and
/// `bufused` is then `buf_len`: the caller asks again with the last whole entry's cookie. Errors: `Overflow`, `Badf`,
/// `Notdir`, `Notcapable`. Like getdents(2).
#[inline(never)]
pub fn fd_readdir<G: Guest>(
    process: &Process,
    guest: &mut G,
    fd: u32,
    buf: u32,
    buf_len: u32,
    cookie: u64,
    bufused: u32,
) -> Call {
    guest.memory().array(buf, buf_len, 1)?;
    guest.memory().span(bufused, 4)?;
    let entry = process.fds.get(fd, Rights::FD_READDIR)?;
    let dir = entry.dir()?;

    // A directory's own cookies begin behind the dots, where those are listed.
    const DOTS: [&[u8]; 2] = [b".", b".."];
    let shift = if process.dot_entries { DOTS.len() as u64 } else { 0 };
    let mut cookie = cookie;
    let mut used = 0;
    let mut gathered = Vec::new();

    if cookie < shift {
        let ino = guest.leave(|| dir.stat())??.ino;
        for (next, name) in (cookie + 1..).zip(&DOTS[cookie as usize..]) {
            // The parent's inode is not the guest's to know: `..` has the directory's own, as at the root of a disk.
            gather(&mut gathered, DirEntry { name, ino, filetype: Filetype::Directory, next });
        }
        cookie = shift;
    }
    loop {
        let room = (buf_len - used) as usize;
        let mut left = SLICE;
        // While a directory is read, guest memory is not looked at: reading may move it.
        let listed = guest.leave(|| {
            if gathered.len() >= room {
                return Ok(());
            }
            dir.list(cookie - shift, &mut |entry| {
                let next = entry.next.saturating_add(shift);
                gather(&mut gathered, DirEntry { next, ..entry });
                cookie = next;
                left -= 1;
                if gathered.len() >= room.min(GATHERED) || left == 0 {
                    ControlFlow::Break(())
                } else {
                    ControlFlow::Continue(())
                }
            })
        })?;
        let again = listed == Err(Errno::Again);
        // What was found before an error is the guest's; it meets the error when it asks for what follows.
        if !again && gathered.is_empty() && used == 0 {
            listed?;
        }
        used += guest.memory().array(buf, buf_len, 1)?.after(used as usize).fill(&gathered) as u32;
        let broke = gathered.len() >= room.min(GATHERED) || left == 0;
        if used == buf_len || !again && !broke || listed.is_err() && !again {
            break;
        }
        gathered.clear();
        guest.pause()?;
    }
    Ok(guest.memory().write_u32(bufused, used)?)
}

/// Puts an entry behind the others.
fn gather(gathered: &mut Vec<u8>, entry: DirEntry<'_>) {
    let DirEntry { name, ino, filetype, next } = entry;
    gathered.extend_from_slice(&encode_dirent(next, ino, name.len() as u32, filetype));
    gathered.extend_from_slice(name);
}
