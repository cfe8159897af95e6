//! Transfers between a guest's list of ranges and a file or a stream: in rounds, straight or by way of a copy.

use super::Halt;
use super::waiting::{Awaiting, Way, retry};
use crate::abi::{Errno, Fdflags, Filetype};
use crate::fds::{Entry, Object};
use crate::guest::{Guest, Iovecs, Memory, Progress, ROUND_BYTES, Round};
use crate::process::Process;
use crate::span::{Span, total};

/// How many bytes a call may have transferred and still begin a round: with that, it stays below Linux's own limit, which
/// leaves a guest's `ssize_t` its sign.
pub const MOST: usize = 0x7fff_f000 - ROUND_BYTES;

/// How many bytes a write may have that goes by way of the stack.
const SMALL: usize = 256;

/// How many bytes go at once by way of a buffer of our own.
pub const COPIED: usize = 1 << 20;
/// How many rounds of a list go at once by way of a buffer of our own: a thousand ranges, what systems allow a list to have.
const COPIED_ROUNDS: usize = 32;

/// Checks the whole list and the place of the result, before anything is transferred.
// A list that is handed over in memory is waited for by whoever looks at it first: a tenth of a small write.
#[inline(always)]
pub fn checked<G: Guest>(guest: &mut G, iovs: u32, iovs_len: u32, result: u32) -> Result<Iovecs, Halt> {
    let list = Iovecs::new(guest.memory(), iovs, iovs_len)?;
    guest.memory().span(result, 4)?;
    let mut from = 0;
    while let Some(next) = list.check(guest.memory(), from)? {
        guest.pause()?;
        from = next;
    }
    Ok(list)
}

/// What one round came to.
struct Step {
    wanted: usize,
    len: usize,
    /// Whether the round had all that was left of the list.
    last: bool,
}

/// Moves a list on behind what a call had transferred when it was suspended, and says how many bytes that is.
pub fn resume<G: Guest>(guest: &mut G, list: &mut Iovecs) -> Result<usize, Halt> {
    let Some(Progress { done, .. }) = guest.progress() else { return Ok(0) };
    list.advance(guest.memory(), done)?;
    Ok(done)
}

/// Transfers a list in rounds; what came before an error counts, and `sum` bytes before all. `transfer` is told how many bytes that is. A round that
/// falls short ends the transfer, unless `persists`.
fn rounds<G: Guest>(
    guest: &mut G,
    mut list: Iovecs,
    mut sum: usize,
    persists: bool,
    mut transfer: impl FnMut(&mut G, &Iovecs, usize) -> Result<Step, Halt>,
) -> Result<u32, Halt> {
    while !list.is_done() && sum <= MOST {
        let Step { wanted, len, last } = match transfer(guest, &list, sum) {
            Err(Halt::Errno(_)) if sum > 0 => break,
            step => step?,
        };
        sum += len;
        if len == wanted && last || len < wanted && !persists {
            break;
        }
        match list.advance(guest.memory(), len) {
            // The list has become another one, by the guest's other threads or by the very bytes that were read: what was
            // transferred counts.
            Err(_) if sum > 0 => break,
            moved => moved?,
        }
        if len == wanted {
            guest.pause()?;
        }
    }
    Ok(sum as u32)
}

/// How a transfer reaches the guest's memory.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// It is handed the guest's own ranges.
    Direct,
    /// It may run the engine, which may move the memory: it is handed a copy, made before a write or after a read.
    Copied(Way),
}

pub fn reach_of(entry: &Entry, way: Way) -> Reach {
    let runs_engine = match entry.object() {
        Object::File(file) => file.runs_engine(),
        Object::Stream(stream) => stream.runs_engine(),
        Object::Dir(_) => false,
    };
    if runs_engine { Reach::Copied(way) } else { Reach::Direct }
}

fn step<G: Guest>(
    guest: &mut G,
    list: &Iovecs,
    reach: Reach,
    transfer: &mut impl FnMut(&[Span<'_>]) -> Result<usize, Errno>,
) -> Result<Step, Halt> {
    if let Reach::Copied(way) = reach {
        return copied_step(guest, list, way, transfer);
    }
    // Filled in place: it is too large to be handed around.
    let mut round = Round::empty();
    list.round(guest.memory(), &mut round)?;
    let spans = round.spans();
    let len = if spans.is_empty() { 0 } else { transfer(spans)? };
    Ok(Step { wanted: total(spans), len, last: round.is_last() })
}

/// What is to be transferred by way of a buffer of our own.
struct Copy {
    bytes: Vec<u8>,
    /// Whether it has all that was left of the list.
    last: bool,
}

impl Copy {
    /// Room for one round, and before a write the bytes of as many as fit: a list is one piece to whoever takes it, where it
    /// can be.
    fn of(memory: Memory<'_>, list: &Iovecs, way: Way) -> Result<Self, Errno> {
        let mut ahead = list.clone();
        let mut bytes = Vec::new();
        for _ in 0..if way == Way::Write { COPIED_ROUNDS } else { 1 } {
            let mut round = Round::empty();
            ahead.round(memory, &mut round)?;
            let wanted = total(round.spans());
            let len = wanted.min(COPIED - bytes.len());
            let mut at = bytes.len();
            bytes.resize(at + len, 0);
            if way == Way::Write {
                for span in round.spans() {
                    at += span.drain(&mut bytes[at..]);
                }
            }
            if round.is_last() {
                return Ok(Self { bytes, last: len == wanted });
            }
            // Full, or nothing but empty ranges for a whole slice.
            if len < wanted || len == 0 {
                break;
            }
            ahead.advance(memory, len)?;
        }
        Ok(Self { bytes, last: false })
    }
}

/// One step by way of a buffer of our own.
fn copied_step<G: Guest>(
    guest: &mut G,
    list: &Iovecs,
    way: Way,
    transfer: &mut impl FnMut(&[Span<'_>]) -> Result<usize, Errno>,
) -> Result<Step, Halt> {
    // What programs print: no need to go to the heap for it.
    if way == Way::Write
        && let Some(span) = list.single(guest.memory())?
        && (1..=SMALL).contains(&span.len())
    {
        let mut bytes = [0; SMALL];
        let wanted = span.drain(&mut bytes);
        let len = guest.leave(|| transfer(&[Span::over(&mut bytes[..wanted])]))??.min(wanted);
        return Ok(Step { wanted, len, last: true });
    }
    let Copy { mut bytes, last } = Copy::of(guest.memory(), list, way)?;
    let wanted = bytes.len();
    let len =
        guest.leave(|| if wanted == 0 { Ok(0) } else { transfer(&[Span::over(&mut bytes)]) })??.min(wanted);
    if way == Way::Read {
        // The list is read once more: the memory may be elsewhere, and the guest may have run.
        let mut round = Round::empty();
        list.round(guest.memory(), &mut round)?;
        let mut rest = &bytes[..len];
        for span in round.spans() {
            rest = &rest[span.fill(rest)..];
        }
    }
    Ok(Step { wanted, len, last })
}

pub fn file_rounds<G: Guest>(
    guest: &mut G,
    list: Iovecs,
    reach: Reach,
    mut transfer: impl FnMut(&[Span<'_>]) -> Result<usize, Errno>,
) -> Result<u32, Halt> {
    if reach == Reach::Direct
        && let Some(span) = list.single(guest.memory())?
    {
        return Ok(if span.is_empty() { 0 } else { transfer(&[span])? as u32 });
    }
    rounds(guest, list, 0, false, |guest, list, _| step(guest, list, reach, &mut transfer))
}

/// A datagram goes in one piece, so in one round. Errors: `Msgsize` where the list has too many ranges for that.
pub fn one_message<G: Guest>(guest: &G, entry: &Entry, list: &Iovecs) -> Result<(), Errno> {
    if entry.filetype() == Filetype::SocketDgram {
        let mut round = Round::empty();
        list.round(guest.memory(), &mut round)?;
        if !round.is_last() {
            return Err(Errno::Msgsize);
        }
    }
    Ok(())
}

/// As files, but waits: a read for its first bytes, a write until the stream has taken all, as a program that leaves
/// NONBLOCK out expects of a pipe.
pub fn stream_rounds<G: Guest>(
    process: &Process,
    guest: &mut G,
    awaiting: &Awaiting<'_>,
    mut list: Iovecs,
    mut transfer: impl FnMut(&[Span<'_>]) -> Result<usize, Errno>,
) -> Result<u32, Halt> {
    let Awaiting { entry, way, .. } = *awaiting;
    one_message(guest, entry, &list)?;
    let done = resume(guest, &mut list)?;
    let reach = reach_of(entry, way);
    let waits = !entry.flags().contains(Fdflags::NONBLOCK);
    let persists = waits && way == Way::Write;
    rounds(guest, list, done, persists, |guest, list, sum| {
        if waits && (sum == 0 || persists) {
            retry(process, guest, awaiting, sum, |guest| step(guest, list, reach, &mut transfer))
        } else {
            step(guest, list, reach, &mut transfer)
        }
    })
}
