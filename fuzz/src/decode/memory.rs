//! A guest's memory and its lists of ranges: nothing outside is reached, and lists transfer what they say.

use preopen::abi::Errno;
use preopen::guest::{Iovecs, Round};

use super::{guest, memory, size, word};
use crate::guest::Arena;
use crate::input::Input;
use crate::spec::{Range, iovecs, is_inside};

/// How many ranges a list has at most.
const MOST: usize = 90;

/// Single accesses.
pub fn accesses(input: &mut Input<'_>, arenas: &[Arena; 2]) {
    let len = size(input);
    let guest = guest(arenas, len);
    let mut model = guest.bytes().to_vec();
    for _ in 0..4 {
        let (ptr, count, unit) =
            (word(input, len), word(input, len), input.pick(&[1, 4, 8, 32, 48, 56, u32::MAX]));
        let inside = |size: u64| is_inside((ptr, size), len);
        let long = if input.seldom(8) { input.long() } else { count.into() };
        let expected = if len as u64 > u64::from(ptr) && long <= len as u64 - u64::from(ptr) {
            Ok(long)
        } else {
            Err(Errno::Overflow)
        };
        let place = ptr as usize;
        {
            let memory = memory(&guest);
            assert_eq!((memory.len(), memory.is_empty()), (len as u64, len == 0));
            assert_eq!(memory.span(ptr, long).map(|span| span.len() as u64), expected);
            let product = u64::from(count) * u64::from(unit);
            let expected = if inside(product) { Ok(product) } else { Err(Errno::Overflow) };
            assert_eq!(memory.array(ptr, count, unit).map(|span| span.len() as u64), expected);
            let read: Result<[u8; 24], _> = memory.read(ptr);
            assert_eq!(
                read.map(|bytes| bytes.to_vec()),
                if inside(24) { Ok(model[place..place + 24].to_vec()) } else { Err(Errno::Overflow) }
            );
            let number = if inside(4) {
                Ok(u32::from_le_bytes(model[place..place + 4].try_into().expect("four")))
            } else {
                Err(Errno::Overflow)
            };
            assert_eq!(memory.read_u32(ptr), number);
        }
        let value = input.long();
        let written: (&[u8], _) = match input.below(3) {
            0 => (&value.to_le_bytes(), memory(&guest).write_u64(ptr, value)),
            1 => (&(value as u32).to_le_bytes(), memory(&guest).write_u32(ptr, value as u32)),
            _ => (&value.to_le_bytes()[..3], memory(&guest).write(ptr, &value.to_le_bytes()[..3])),
        };
        let (bytes, result) = written;
        assert_eq!(result, if inside(bytes.len() as u64) { Ok(()) } else { Err(Errno::Overflow) });
        if result.is_ok() {
            model[place..place + bytes.len()].copy_from_slice(bytes);
        }
        assert_eq!(guest.bytes(), model, "what is outside of a write has changed, or what is inside has not");
    }
}

/// Lists of ranges, in rounds of any lengths.
pub fn lists(input: &mut Input<'_>, arenas: &[Arena; 2]) {
    let len = 2048 + size(input) % 4096;
    let mut guest = guest(arenas, len);
    let count = input.below(MOST);
    let entries: Vec<u8> = (0..count)
        .flat_map(|_| {
            let (ptr, size) = if input.seldom(64) {
                (word(input, len), word(input, len))
            } else {
                (1024 + input.half() as u32 % 900, input.below(130).saturating_sub(20) as u32)
            };
            [ptr.to_le_bytes(), size.to_le_bytes()].concat()
        })
        .collect();
    guest.store(0, &entries);
    let (ptr, said) = if input.seldom(16) { (word(input, len), word(input, len)) } else { (0, count as u32) };

    let made = Iovecs::new(memory(&guest), ptr, said);
    if !is_inside((ptr, u64::from(said) * 8), len) {
        assert_eq!(made.err(), Some(Errno::Overflow));
        return;
    }
    let mut list = made.expect("all of the list is in the memory");
    let ranges: Vec<Range> = iovecs(guest.bytes(), ptr, said).collect();
    let inside = ranges.iter().all(|range| is_inside(*range, len));
    assert_eq!(list.check(memory(&guest), 0), if inside { Ok(None) } else { Err(Errno::Overflow) });
    if !inside {
        return;
    }
    let stream: Vec<u8> = ranges
        .iter()
        .flat_map(|(ptr, size)| guest.bytes()[*ptr as usize..][..*size as usize].iter().copied())
        .collect();
    let single = list.single(memory(&guest)).expect("it is inside").map(|span| span.len());
    assert_eq!(single, (ranges.len() == 1).then_some(stream.len()));

    let mut done = 0;
    // Each round is followed by a transfer of any part of it, as files and streams make them.
    for _ in 0..4 * MOST {
        if list.is_done() {
            break;
        }
        let mut round = Round::empty();
        list.round(memory(&guest), &mut round).expect("all is inside");
        assert!(round.spans().len() <= 32 && round.spans().iter().all(|span| !span.is_empty()));
        let mut drained = Vec::new();
        for span in round.spans() {
            let mut bytes = vec![0; span.len()];
            assert_eq!(span.drain(&mut bytes), bytes.len());
            drained.extend(bytes);
        }
        assert!(stream[done..].starts_with(&drained), "a round is not what comes next");
        let rest = done + drained.len() == stream.len();
        assert!(!round.is_last() || rest, "the last round leaves something");
        assert!(!drained.is_empty() || rest, "a round is empty though there is more");
        assert!(round.spans().len() == 32 || round.is_last(), "a round ends early");
        let moved = if input.byte() & 3 == 0 { input.below(drained.len() + 1) } else { drained.len() };
        list.advance(memory(&guest), moved).expect("all is inside");
        done += moved;
        if moved == drained.len() && rest {
            assert!(list.is_done(), "nothing is left, and it does not say so");
        }
    }
    assert!(!list.is_done() || done == stream.len(), "{done} of {} bytes were transferred", stream.len());
}
