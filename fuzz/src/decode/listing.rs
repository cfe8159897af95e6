//! `fd_readdir`: whatever the buffer's size, what comes is the beginning of all entries from the cookie on.

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicU8, Ordering};

use preopen::abi::{Errno, Filestat, Filetype, Snapshot};
use preopen::calls::{Halt, dispatch};
use preopen::guest::Strings;
use preopen::vfs::{Dir, DirEntry, OpenOptions, Opened, Path, Result};

use super::{guest, process, size, word};
use crate::guest::Arena;
use crate::input::Input;
use crate::spec::{is_inside, number};

/// A directory of which only the listing matters.
struct Listed {
    entries: Vec<(Vec<u8>, u64, Filetype)>,
    /// How often it still answers `Again` first, as one that has many entries to skip.
    again: AtomicU8,
}

const INO: u64 = 77;

impl Dir for Listed {
    fn stat(&self) -> Result<Filestat> {
        Ok(Filestat {
            dev: 1,
            ino: INO,
            filetype: Filetype::Directory,
            nlink: 2,
            size: 0,
            atim: 0,
            mtim: 0,
            ctim: 0,
        })
    }

    fn open(&self, _path: Path<'_>, _options: OpenOptions) -> Result<Opened> {
        Err(Errno::Noent)
    }

    fn stat_at(&self, _path: Path<'_>, _follow: bool) -> Result<Filestat> {
        Err(Errno::Noent)
    }

    fn read_link(&self, _path: Path<'_>, _buf: &mut [u8]) -> Result<usize> {
        Err(Errno::Noent)
    }

    fn list(&self, cookie: u64, each: &mut dyn FnMut(DirEntry<'_>) -> ControlFlow<()>) -> Result<()> {
        if self.again.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_ok() {
            return Err(Errno::Again);
        }
        let skipped = usize::try_from(cookie).unwrap_or(usize::MAX);
        for ((name, ino, filetype), next) in self.entries.iter().zip(1..).skip(skipped) {
            if each(DirEntry { name, ino: *ino, filetype: *filetype, next }).is_break() {
                break;
            }
        }
        Ok(())
    }

    fn sync(&self) -> Result<()> {
        Ok(())
    }
}

/// Lists a directory.
pub fn check(input: &mut Input<'_>, arenas: &[Arena; 2]) {
    let filetypes = [Filetype::RegularFile, Filetype::Directory, Filetype::SymbolicLink];
    let count = if input.seldom(4) { input.below(200) } else { input.below(8) };
    let long = input.byte();
    let entries: Vec<_> = (0..count)
        .map(|at| {
            let name = vec![b'a' + (at % 26) as u8; 1 + (usize::from(long) * (at + 1)) % 255];
            (name, input.byte().into(), filetypes[at % 3])
        })
        .collect();
    let dots = input.byte() & 1 == 1;
    let process = process(Strings::default(), Strings::default(), Snapshot::Preview1, dots);
    let again = AtomicU8::new(input.byte() & 3);
    process.add_preopen(b"/", Box::new(Listed { entries: entries.clone(), again })).expect("it is the first");

    // All there is: each with the cookie behind it.
    let own = if dots {
        vec![(b".".to_vec(), INO, Filetype::Directory), (b"..".to_vec(), INO, Filetype::Directory)]
    } else {
        Vec::new()
    };
    let cookie = match input.below(8) {
        0 => input.long(),
        1 => u64::MAX,
        2 => count as u64,
        _ => input.below(count + 3) as u64,
    };
    let mut stream = Vec::new();
    for ((name, ino, filetype), next) in
        own.iter().chain(&entries).zip(1_u64..).skip(usize::try_from(cookie).unwrap_or(usize::MAX))
    {
        stream.extend_from_slice(&next.to_le_bytes());
        stream.extend_from_slice(&ino.to_le_bytes());
        stream.extend_from_slice(&(name.len() as u32).to_le_bytes());
        stream.extend_from_slice(&(*filetype as u32).to_le_bytes());
        stream.extend_from_slice(name);
    }

    let len = if input.seldom(4) { 1 << 16 } else { size(input) };
    let mut guest = guest(arenas, len);
    let mut expected = guest.bytes().to_vec();
    let (buf, buf_len, used_at) = if len == 1 << 16 && input.byte() & 7 != 0 {
        (8, input.half().into(), 0)
    } else {
        (word(input, len), word(input, len), word(input, len))
    };
    let args = [0, buf.into(), buf_len.into(), cookie, u64::from(used_at)];
    let got = dispatch(&process, &mut guest, number("fd_readdir"), |at| args[at]);
    if !is_inside((buf, buf_len.into()), len) || !is_inside((used_at, 4), len) {
        assert_eq!(got, Err(Halt::Errno(Errno::Overflow)));
    } else {
        assert_eq!(got, Ok(()));
        let used = stream.len().min(buf_len as usize);
        expected[buf as usize..][..used].copy_from_slice(&stream[..used]);
        expected[used_at as usize..][..4].copy_from_slice(&(used as u32).to_le_bytes());
    }
    assert_eq!(guest.bytes(), expected);
}
