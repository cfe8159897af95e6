//! The listing of a host's directory, in steps of any size and from any entry on.

use std::mem::MaybeUninit;
use std::ops::ControlFlow;
use std::os::fd::BorrowedFd;

use rustix::fs::{AtFlags, FileType, RawDir, SeekFrom, seek, statat};
use rustix::io::Errno as Host;

use super::file::filetype;
use super::from_host;
use crate::abi::{Errno, Filetype};
use crate::vfs::{DirEntry, Result};

/// How many bytes of entries the kernel gives at once.
const BLOCK: usize = 32 * 1024;

/// How many blocks one call skips at most: a cookie is a guest's number, and may be far beyond the end of a long directory.
const MOST_SKIPPED: usize = 16;

/// How far a directory has been read, and what was read last. A cookie is the number of entries before it, so that it
/// means the same to every kind of filesystem; the kernel's own are kept once a block, to go back by.
#[derive(Default)]
pub(super) struct Listing {
    /// Where blocks begin, in order: (number of the first entry, the kernel's cookie).
    starts: Vec<(u64, u64)>,
    /// The number of the first entry of the block.
    first: u64,
    entries: Vec<Entry>,
    /// The names of the block, one behind the other.
    names: Vec<u8>,
    /// The kernel's cookie behind the block, which is where the descriptor's offset is.
    end: u64,
}

struct Entry {
    ino: u64,
    filetype: Filetype,
    name_end: usize,
}

impl Listing {
    /// Hands out the entries from `cookie` on until `each` breaks. The descriptor's offset must be the listing's own. Errors:
    /// `Again` after [`MOST_SKIPPED`] blocks before `cookie`, behind which the next call goes on.
    pub(super) fn list(
        &mut self,
        dir: BorrowedFd<'_>,
        cookie: u64,
        each: &mut dyn FnMut(DirEntry<'_>) -> ControlFlow<()>,
    ) -> Result<()> {
        self.go_to(dir, cookie)?;
        let mut blocks = 0;
        loop {
            // Where a cookie is beyond this block, all of it is skipped; where it is in one before, none.
            let skipped = usize::try_from(cookie.saturating_sub(self.first)).unwrap_or(usize::MAX);
            let skipped = skipped.min(self.entries.len());
            let mut start = skipped.checked_sub(1).map_or(0, |before| self.entries[before].name_end);
            for (number, entry) in self.entries.iter().enumerate().skip(skipped) {
                let Entry { ino, filetype, name_end } = *entry;
                let next = self.first + number as u64 + 1;
                if each(DirEntry { name: &self.names[start..name_end], ino, filetype, next }).is_break() {
                    return Ok(());
                }
                start = name_end;
            }
            if !self.read_block(dir)? {
                return Ok(());
            }
            if cookie >= self.first + self.entries.len() as u64 {
                blocks += 1;
                if blocks == MOST_SKIPPED {
                    return Err(Errno::Again);
                }
            }
        }
    }

    /// Makes the block the one that holds `cookie`, or one before it, as near as is known.
    fn go_to(&mut self, dir: BorrowedFd<'_>, cookie: u64) -> Result<()> {
        if cookie == 0 {
            *self = Self {
                entries: std::mem::take(&mut self.entries),
                names: std::mem::take(&mut self.names),
                ..Self::default()
            };
        } else {
            let known = self.starts.partition_point(|(first, _)| *first <= cookie);
            let (first, at) = known.checked_sub(1).map_or((0, 0), |last| self.starts[last]);
            if cookie >= self.first && first <= self.first {
                return Ok(());
            }
            (self.first, self.end) = (first, at);
        }
        self.entries.clear();
        self.names.clear();
        seek(dir, SeekFrom::Start(self.end)).map_err(from_host)?;
        Ok(())
    }

    /// Reads the block behind this one. `false` at the end of the directory.
    fn read_block(&mut self, dir: BorrowedFd<'_>) -> Result<bool> {
        self.first += self.entries.len() as u64;
        self.entries.clear();
        self.names.clear();
        if self.starts.last().is_none_or(|(first, _)| *first < self.first) {
            self.starts.push((self.first, self.end));
        }
        let mut buf = [MaybeUninit::uninit(); BLOCK];
        let mut raw = RawDir::new(dir, &mut buf);
        while let Some(entry) = raw.next() {
            let entry = match entry {
                // A directory that was removed has no entries, as readdir(3) sees it.
                Err(Host::NOENT) => break,
                entry => entry.map_err(from_host)?,
            };
            self.end = entry.next_entry_cookie();
            let name = entry.file_name();
            if !matches!(name.to_bytes(), b"." | b"..") {
                self.names.extend_from_slice(name.to_bytes());
                let filetype = match entry.file_type() {
                    // Some filesystems don't say; and what is gone by now has no type.
                    FileType::Unknown => statat(dir, name, AtFlags::SYMLINK_NOFOLLOW)
                        .map_or(Filetype::Unknown, |stat| filetype(FileType::from_raw_mode(stat.st_mode))),
                    known => filetype(known),
                };
                self.entries.push(Entry { ino: entry.ino(), filetype, name_end: self.names.len() });
            }
            if raw.is_buffer_empty() && !self.entries.is_empty() {
                break;
            }
        }
        Ok(!self.entries.is_empty())
    }
}
