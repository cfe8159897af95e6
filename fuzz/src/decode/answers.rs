//! Numbers that calls decode, and structures that they answer with: through a file that notes what reached it.

use std::sync::{Arc, Mutex};

use preopen::abi::{Errno, Fdflags, Filestat, Filetype, Rights, Snapshot};
use preopen::calls::{Call, Halt, dispatch};
use preopen::fds::{Entry, Object};
use preopen::span::Span;
use preopen::vfs::memory::{Limits, MemoryFs};
use preopen::vfs::{Advice, File, Result, SetTime, SetTimes};

use super::{bare, guest, size, snapshot, word};
use crate::guest::Arena;
use crate::input::Input;
use crate::spec::{is_inside, number};

/// What reached a file.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Noted {
    Times(SetTimes),
    Advice(u64, u64, Advice),
    Len(u64),
    Allocate(u64, u64),
}

struct Note {
    stat: Filestat,
    noted: Arc<Mutex<Vec<Noted>>>,
}

impl Note {
    fn note(&self, what: Noted) -> Result<()> {
        self.noted.lock().expect("nobody panics with it").push(what);
        Ok(())
    }
}

impl File for Note {
    fn stat(&self) -> Result<Filestat> {
        Ok(self.stat)
    }

    fn read_at(&self, _into: &[Span<'_>], _offset: u64) -> Result<usize> {
        Ok(0)
    }

    fn set_len(&self, len: u64) -> Result<()> {
        self.note(Noted::Len(len))
    }

    fn allocate(&self, offset: u64, len: u64) -> Result<()> {
        self.note(Noted::Allocate(offset, len))
    }

    fn set_times(&self, times: SetTimes) -> Result<()> {
        self.note(Noted::Times(times))
    }

    fn advise(&self, offset: u64, len: u64, advice: Advice) -> Result<()> {
        self.note(Noted::Advice(offset, len, advice))
    }

    fn runs_engine(&self) -> bool {
        false
    }

    fn sync(&self) -> Result<()> {
        Ok(())
    }
}

/// A number of 64 bits, near those that mean something.
fn long(input: &mut Input<'_>) -> u64 {
    match input.byte() {
        byte @ 0..100 => byte.into(),
        byte @ 100..120 => (1 << 63) - 10 + u64::from(byte - 100),
        byte @ 120..130 => u64::MAX - u64::from(byte - 120),
        _ => input.long(),
    }
}

/// Calls on one file, and on a directory that was open from the start.
pub fn check(input: &mut Input<'_>, arenas: &[Arena; 2]) {
    let snapshot = snapshot(input);
    let process = bare(snapshot);
    let noted = Arc::new(Mutex::new(Vec::new()));
    let stat = Filestat {
        dev: input.long(),
        ino: input.long(),
        filetype: Filetype::RegularFile,
        nlink: long(input),
        size: long(input) >> 1,
        atim: input.long(),
        mtim: input.long(),
        ctim: input.long(),
    };
    let file = Note { stat, noted: Arc::clone(&noted) };
    let (base, inheriting) =
        (Rights(input.long() | Rights::FD_SEEK.0 | Rights::FD_TELL.0 | 0x00e0_0180), Rights(input.long()));
    let flags = Fdflags::truncate(input.byte().into());
    let entry =
        Entry::with_rights(Object::File(Box::new(file)), Filetype::RegularFile, base, inheriting, flags);
    process.fds.insert(entry).expect("it is the first");
    let name = input.bytes(20);
    process.add_preopen(&name, Box::new(MemoryFs::new(Limits::default()).root())).expect("it is the second");

    let len = size(input);
    let mut guest = guest(arenas, len);
    let mut model = guest.bytes().to_vec();
    let mut offset = 0_u64;
    for _ in 0..1 + input.below(4) {
        let overflow: Call = Err(Halt::Errno(Errno::Overflow));
        let inval: Call = Err(Halt::Errno(Errno::Inval));
        let ptr = word(input, len);
        let mut call = |name: &str, args: &[u64]| dispatch(&process, &mut guest, number(name), |at| args[at]);
        let (got, expected, bytes): (Call, Call, Vec<u8>) = match input.below(9) {
            0 => {
                let bytes = [
                    &[Filetype::RegularFile as u8, 0][..],
                    &(flags.bits() as u16).to_le_bytes(),
                    &[0; 4],
                    &base.0.to_le_bytes(),
                    &inheriting.0.to_le_bytes(),
                ];
                (call("fd_fdstat_get", &[0, ptr.into()]), Ok(()), bytes.concat())
            }
            1 => {
                let all = stat.encode(snapshot);
                (call("fd_filestat_get", &[0, ptr.into()]), Ok(()), all[..Filestat::size(snapshot)].to_vec())
            }
            2 => {
                let bytes = [[0; 4], (name.len() as u32).to_le_bytes()].concat();
                (call("fd_prestat_get", &[1, ptr.into()]), Ok(()), bytes)
            }
            3 => {
                let room = word(input, len);
                let got = call("fd_prestat_dir_name", &[1, ptr.into(), room.into()]);
                // All of the room has to be there, though only the name is written.
                let expected = if !is_inside((ptr, room.into()), len) {
                    overflow
                } else if (room as usize) < name.len() {
                    Err(Halt::Errno(Errno::Nametoolong))
                } else {
                    Ok(())
                };
                assert_eq!(got, expected, "fd_prestat_dir_name");
                let bytes = if got.is_ok() { name.clone() } else { Vec::new() };
                model[(ptr as usize).min(len)..][..bytes.len()].copy_from_slice(&bytes);
                assert_eq!(guest.bytes(), model);
                continue;
            }
            4 => {
                let (by, whence) = (long(input), input.below(4) as u32);
                let from = match (snapshot, whence) {
                    (Snapshot::Preview1, 0) | (Snapshot::Preview0, 2) => Some(0),
                    (Snapshot::Preview1, 1) | (Snapshot::Preview0, 0) => Some(offset),
                    (Snapshot::Preview1, 2) | (Snapshot::Preview0, 1) => Some(stat.size),
                    _ => None,
                };
                let to = from.map(|from| i128::from(from) + i128::from(by.cast_signed()));
                let to = to.filter(|to| (0..1 << 63).contains(to)).map(|to| to as u64);
                let got = call("fd_seek", &[0, by, whence.into(), ptr.into()]);
                if got.is_ok() {
                    offset = to.expect("a place before the start, or beyond 2^63, is refused");
                }
                (got, if to.is_some() { Ok(()) } else { inval }, offset.to_le_bytes().to_vec())
            }
            5 => (call("fd_tell", &[0, ptr.into()]), Ok(()), offset.to_le_bytes().to_vec()),
            6 => {
                let (atim, mtim, bits) = (
                    long(input),
                    long(input),
                    if input.seldom(8) { input.word() } else { input.byte().into() },
                );
                let got = call("fd_filestat_set_times", &[0, atim, mtim, bits.into()]);
                // The specification's type has 16 bits, and the others mean nothing.
                let bits = bits & 0xffff;
                let time = |at: u64, bits: u32| match bits & 3 {
                    0 => None,
                    1 => Some(SetTime::At(at)),
                    _ => Some(SetTime::Now),
                };
                let wrong = bits > 15 || bits & 3 == 3 || bits & 12 == 12;
                let reached = (!wrong).then(|| {
                    Noted::Times(SetTimes { access: time(atim, bits), modified: time(mtim, bits >> 2) })
                });
                note(&noted, got, reached, inval);
                continue;
            }
            7 => {
                let (offset, size, number) = (long(input), long(input), input.below(8));
                let known = [
                    Advice::Normal,
                    Advice::Sequential,
                    Advice::Random,
                    Advice::WillNeed,
                    Advice::DontNeed,
                    Advice::NoReuse,
                ];
                let got = call("fd_advise", &[0, offset, size, number as u64]);
                // Of the offset nothing is asked, as of posix_fadvise(2).
                let positive = size >> 63 == 0;
                let reached =
                    known.get(number).filter(|_| positive).map(|advice| Noted::Advice(offset, size, *advice));
                note(&noted, got, reached, inval);
                continue;
            }
            _ => {
                let (offset, size) = (long(input), long(input));
                let got = call("fd_allocate", &[0, offset, size]);
                let positive = offset >> 63 == 0 && size >> 63 == 0;
                if (offset, size) == (0, 0) {
                    // Nothing to see to, of whatever it is.
                    assert_eq!(got, Ok(()));
                } else {
                    note(&noted, got, positive.then_some(Noted::Allocate(offset, size)), inval);
                }
                let got = call("fd_filestat_set_size", &[0, size]);
                note(&noted, got, Some(Noted::Len(size)), inval);
                continue;
            }
        };
        if is_inside((ptr, bytes.len() as u64), len) {
            assert_eq!(got, expected);
            if got.is_ok() {
                model[ptr as usize..][..bytes.len()].copy_from_slice(&bytes);
            }
        } else {
            assert_eq!(got, overflow);
        }
        assert_eq!(guest.bytes(), model);
    }
}

/// What reached the file is what was passed, or the call was refused and nothing did.
fn note(noted: &Mutex<Vec<Noted>>, got: Call, reached: Option<Noted>, refused: Call) {
    assert_eq!(got, if reached.is_some() { Ok(()) } else { refused }, "{reached:?}");
    let noted = std::mem::take(&mut *noted.lock().expect("nobody panics with it"));
    assert_eq!(noted, Vec::from_iter(reached));
}
