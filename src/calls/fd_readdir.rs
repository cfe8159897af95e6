//! Listing a directory.

use std::ops::ControlFlow;

use super::Call;
use crate::abi::{DIRENT_SIZE, Errno, Filetype, Rights, encode_dirent};
use crate::guest::Guest;
use crate::process::Process;
use crate::vfs::DirEntry;

/// How many entries are listed without a pause.
const SLICE: u32 = 4096;

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
    let mut full = false;

    if cookie < shift {
        let ino = dir.stat()?.ino;
        while cookie < shift && !full {
            let name = DOTS[cookie as usize];
            // The parent's inode is not the guest's to know: `..` has the directory's own, as at the root of a disk.
            let dot = DirEntry { name, ino, filetype: Filetype::Directory, next: cookie + 1 };
            full = put(guest, buf, buf_len, &mut used, dot)?;
            cookie += 1;
        }
    }
    while !full {
        let mut left = SLICE;
        let mut failed = Ok(());
        let listed = dir.list(cookie.saturating_sub(shift), &mut |entry| {
            let entry = DirEntry { next: entry.next.saturating_add(shift), ..entry };
            match put(guest, buf, buf_len, &mut used, entry) {
                Ok(now_full) => full = now_full,
                Err(errno) => failed = Err(errno),
            }
            cookie = entry.next;
            left -= 1;
            if full || failed.is_err() || left == 0 {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        });
        failed?;
        match listed {
            // It is still on its way to the cookie.
            Err(Errno::Again) => {}
            listed => {
                listed?;
                if left > 0 {
                    break;
                }
            }
        }
        guest.pause()?;
    }
    Ok(guest.memory().write_u32(bufused, used)?)
}

/// Puts an entry behind the others, as much of it as fits, and says whether the buffer is full.
fn put<G: Guest>(
    guest: &G,
    buf: u32,
    buf_len: u32,
    used: &mut u32,
    entry: DirEntry<'_>,
) -> Result<bool, Errno> {
    let DirEntry { name, ino, filetype, next } = entry;
    let head = encode_dirent(next, ino, name.len() as u32, filetype);
    let room = guest.memory().array(buf, buf_len, 1)?.after(*used as usize);
    let len = room.fill(&head) + room.after(DIRENT_SIZE).fill(name);
    *used += len as u32;
    Ok(*used == buf_len)
}
