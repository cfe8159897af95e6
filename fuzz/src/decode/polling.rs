//! `poll_oneoff`: every subscription that is due has its event, and no other.

use std::sync::Arc;

use preopen::abi::{Errno, Filetype, Snapshot};
use preopen::calls::{Call, Halt, dispatch};
use preopen::fds::{Entry, Object};
use preopen::stdio::{Buffer, Capture};
use preopen::system::SLICE;
use preopen::vfs::memory::{Limits, MemoryFs};
use preopen::vfs::{Access, Dir, OpenOptions, Opened, Path};

use super::{PATIENCE, bare, guest, snapshot, word};
use crate::guest::Arena;
use crate::input::Input;
use crate::spec::{is_inside, number};
use crate::world::{MONOTONIC, REALTIME};

/// A subscription, as it was written.
struct Asked {
    userdata: u64,
    kind: u8,
    clock: u32,
    timeout: u64,
    flags: u16,
    fd: u32,
}

/// What becomes of one: an event at once, or at a time of a clock that begins at so much.
enum Due {
    Now { error: u16, nbytes: u64 },
    At { time: u64, clock: u64 },
}

/// Polls once.
pub fn check(input: &mut Input<'_>, arenas: &[Arena; 2]) {
    let snapshot = snapshot(input);
    let process = bare(snapshot);
    // 0: 60 bytes to read. 1: room to write. 2: a file of 10 bytes. 3: a directory.
    process.add_stream(Arc::new(Buffer::copy(&[b'i'; 60]).expect("it is short"))).expect("it is the first");
    process.add_stream(Arc::new(Capture::new(10))).expect("it is the second");
    let memory = MemoryFs::new(Limits::default());
    let options = OpenOptions { create: true, access: Access::ReadWrite, ..OpenOptions::READ };
    let Ok(Opened::File(file)) = memory.root().open(Path::of_host(b"f\0").expect("a name"), options) else {
        panic!("a file could not be made")
    };
    file.set_len(10).expect("there is room");
    process.fds.insert(Entry::new(Object::File(file), Filetype::RegularFile)).expect("it is the third");
    process.add_preopen(b"/", Box::new(memory.root())).expect("it is the fourth");

    let count = input.below(7);
    let asked: Vec<Asked> = (0..count)
        .map(|_| Asked {
            userdata: input.half().into(),
            kind: if input.seldom(24) { input.byte() } else { input.below(3) as u8 },
            clock: if input.seldom(16) { input.word() } else { input.below(5) as u32 },
            timeout: match input.below(6) {
                0 => input.long(),
                1 => REALTIME + u64::from(input.half()) * 10_000,
                2 => MONOTONIC + u64::from(input.half()) * 10_000,
                3 => u64::MAX,
                _ => u64::from(input.byte()) * 5_000_000,
            },
            flags: if input.seldom(24) { input.half() } else { input.below(2) as u16 },
            fd: if input.seldom(16) { input.word() } else { input.below(5) as u32 },
        })
        .collect();
    let (size, clock) = if snapshot == Snapshot::Preview1 { (48, 16) } else { (56, 24) };
    let mut list = vec![0; size * count];
    for (bytes, asked) in list.chunks_mut(size).zip(&asked) {
        bytes[..8].copy_from_slice(&asked.userdata.to_le_bytes());
        bytes[8] = asked.kind;
        if asked.kind == 0 {
            bytes[clock..clock + 4].copy_from_slice(&asked.clock.to_le_bytes());
            bytes[clock + 8..clock + 16].copy_from_slice(&asked.timeout.to_le_bytes());
            bytes[clock + 24..clock + 26].copy_from_slice(&asked.flags.to_le_bytes());
        } else {
            bytes[16..20].copy_from_slice(&asked.fd.to_le_bytes());
        }
    }
    let len = 1024 + usize::from(input.byte());
    let mut guest = guest(arenas, len);
    guest.store(0, &list);
    // The events may lie over the subscriptions: those are copied first.
    let (events, told) = if input.byte() & 3 == 0 {
        (word(input, len), word(input, len))
    } else {
        (input.pick(&[512, 0, 8]), 1000)
    };
    let mut model = guest.bytes().to_vec();
    let args = [0, events.into(), count as u64, told.into()];
    let got = dispatch(&process, &mut guest, number("poll_oneoff"), |at| args[at]);

    let inside = is_inside((events, 32 * count as u64), len) && is_inside((told, 4), len);
    let expected = if inside { model_of(&asked) } else { Err(Halt::Errno(Errno::Overflow)) };
    match expected {
        Ok(found) => {
            assert_eq!(got, Ok(()));
            for (index, (asked, error, nbytes)) in found.iter().enumerate() {
                let mut event = [0; 32];
                event[..8].copy_from_slice(&asked.userdata.to_le_bytes());
                event[8..10].copy_from_slice(&error.to_le_bytes());
                event[10] = asked.kind;
                event[16..24].copy_from_slice(&nbytes.to_le_bytes());
                model[events as usize + 32 * index..][..32].copy_from_slice(&event);
            }
            model[told as usize..][..4].copy_from_slice(&(found.len() as u32).to_le_bytes());
        }
        Err(halt) => assert_eq!(got, Call::Err(halt)),
    }
    assert_eq!(guest.bytes(), model);
}

/// The events, in the order of their subscriptions: error and count of bytes.
fn model_of(asked: &[Asked]) -> Result<Vec<(&Asked, u16, u64)>, Halt> {
    if asked.is_empty() || asked.iter().any(|asked| asked.kind > 2 || asked.kind == 0 && asked.flags > 1) {
        return Err(Errno::Inval.into());
    }
    let mut all = Vec::new();
    for asked in asked {
        let now = |errno: Errno| Due::Now { error: errno as u16, nbytes: 0 };
        let nbytes = |nbytes| Due::Now { error: 0, nbytes };
        all.push(match (asked.kind, asked.fd) {
            (0, _) => match (asked.clock, asked.flags) {
                (2 | 3, _) => now(Errno::Notsup),
                (0, 1) => Due::At { time: asked.timeout, clock: REALTIME },
                (1, 1) => Due::At { time: asked.timeout, clock: MONOTONIC },
                (0 | 1, _) => Due::At { time: MONOTONIC.saturating_add(asked.timeout), clock: MONOTONIC },
                _ => now(Errno::Inval),
            },
            // What cannot be read has no right to be: the whole call is refused.
            (1, 1) | (2, 0) => return Err(Errno::Notcapable.into()),
            // A directory has the right to be polled, but none to be read or written.
            (_, 3) => return Err(Errno::Notcapable.into()),
            (1, 0) => nbytes(60),
            (1, 2) => nbytes(10),
            (_, 0..=2) => nbytes(0),
            _ => now(Errno::Badf),
        });
    }
    let at_once = all.iter().any(|due| matches!(due, Due::Now { .. }));
    let next = all.iter().filter_map(|due| match due {
        Due::At { time, clock } => Some(time.saturating_sub(*clock)),
        Due::Now { .. } => None,
    });
    let waited = if at_once { 0 } else { next.min().expect("there is one at least") };
    if waited == u64::MAX {
        return Err(Errno::Deadlk.into());
    }
    // After each slice that brought nothing, the engine looks up.
    if waited.saturating_sub(1) / SLICE > PATIENCE.into() {
        return Err(Halt::Interrupted);
    }
    let events = asked.iter().zip(&all).filter_map(|(asked, due)| match due {
        Due::Now { error, nbytes } => Some((asked, *error, *nbytes)),
        Due::At { time, clock } => (time.saturating_sub(*clock) <= waited).then_some((asked, 0, 0)),
    });
    Ok(events.collect())
}
