//! The guest's memory: nothing outside of it is ever reached, and lists transfer what they say.

use preopen::abi::Errno;
use preopen::guest::{Iovecs, Memory, ROUND_BYTES, Round, TextBuffer, read_text};
use preopen::span::{Span, total};
use proptest::prelude::*;

/// What is around a memory, and must stay.
const MARGIN: usize = 64;

/// Numbers of a guest's, near a memory's end and near those of 32 bits.
fn number(len: usize) -> impl Strategy<Value = u32> {
    let len = len as u32;
    prop_oneof![
        0..=len.saturating_add(9),
        Just(len),
        Just(len.wrapping_sub(1)),
        any::<u32>(),
        (0_u32..40).prop_map(|below| u32::MAX - below),
        (0_u32..32).prop_map(|bit| 1 << bit),
    ]
}

/// Runs with a memory in the middle of a buffer, and checks that what is around it stays.
fn within<R>(len: usize, run: impl FnOnce(Memory<'_>) -> R) -> (R, Vec<u8>) {
    let mut buffer: Vec<u8> = (0..len + 2 * MARGIN).map(|at| at as u8).collect();
    let before = buffer.clone();
    let result = run(Memory::over(&mut buffer[MARGIN..MARGIN + len]));
    assert_eq!((&buffer[..MARGIN], &buffer[MARGIN + len..]), (&before[..MARGIN], &before[MARGIN + len..]));
    (result, buffer[MARGIN..MARGIN + len].to_vec())
}

#[test]
fn an_empty_range_at_the_very_end_is_outside() {
    within(64, |memory| {
        assert_eq!((memory.len(), memory.is_empty()), (64, false));
        assert_eq!(memory.span(63, 0).map(|span| span.len()), Ok(0));
        assert_eq!(memory.span(63, 1).map(|span| span.len()), Ok(1));
        for (ptr, len) in
            [(64, 0), (63, 2), (0, 65), (65, 0), (1, u64::MAX), (u32::MAX, u64::MAX), (0, u64::MAX)]
        {
            assert!(matches!(memory.span(ptr, len), Err(Errno::Overflow)), "{ptr} {len}");
        }
        assert!(matches!(memory.array(8, 1 << 29, 8), Err(Errno::Overflow)));
        assert!(matches!(memory.array(8, u32::MAX, u32::MAX), Err(Errno::Overflow)));
    });
    within(0, |memory| {
        assert!(memory.is_empty());
        assert!(matches!(memory.span(0, 0), Err(Errno::Overflow)));
    });
}

proptest! {
    #[test]
    fn a_range_is_inside_or_refused(
        (len, ptr, size) in (0_usize..200).prop_flat_map(|len| (Just(len), number(len), number(len)))
    ) {
        let inside = (ptr as usize) < len && size as usize <= len - ptr as usize;
        let (found, _) = within(len, |memory| memory.span(ptr, size.into()).map(|span| span.len()));
        prop_assert_eq!(found, if inside { Ok(size as usize) } else { Err(Errno::Overflow) });
        for element in [1_u32, 4, 8, 48] {
            let bytes = u64::from(size) * u64::from(element);
            let inside = (ptr as usize) < len && bytes <= (len - ptr as usize) as u64;
            let (found, _) = within(len, |memory| memory.array(ptr, size, element).is_ok());
            prop_assert_eq!(found, inside);
        }
    }

    #[test]
    fn a_write_is_whole_or_nothing(
        (len, ptr) in (0_usize..200).prop_flat_map(|len| (Just(len), number(len))),
        bytes in proptest::collection::vec(any::<u8>(), 0..40),
    ) {
        let ((), before) = within(len, |_| ());
        let mut expected = before;
        let inside = (ptr as usize) < len && bytes.len() <= len - ptr as usize;
        if inside {
            expected[ptr as usize..][..bytes.len()].copy_from_slice(&bytes);
        }
        let (wrote, after) = within(len, |memory| memory.write(ptr, &bytes).is_ok());
        prop_assert_eq!((wrote, &after), (inside, &expected));
        let (read, _) = within(len, |memory| (memory.read::<8>(ptr), memory.read_u32(ptr)));
        prop_assert_eq!(read.0.is_ok(), (ptr as usize) < len && 8 <= len - ptr as usize);
        prop_assert_eq!(read.1.is_ok(), (ptr as usize) < len && 4 <= len - ptr as usize);
        let (wrote, _) = within(len, |memory| (memory.write_u32(ptr, 1).is_ok(), memory.write_u64(ptr, 1).is_ok()));
        prop_assert_eq!(wrote, (read.1.is_ok(), read.0.is_ok()));
    }

    #[test]
    fn a_text_is_copied_with_a_nul_behind_it(
        (len, ptr, size) in (0_usize..900).prop_flat_map(|len| (Just(len), number(len), number(len))),
        max in 0_usize..600,
    ) {
        let inside = (ptr as usize) < len && size as usize <= len - ptr as usize;
        let ((), memory) = within(len, |_| ());
        let mut buffer = TextBuffer::new();
        // One that was used before is as good as new.
        for _ in 0..2 {
            let (text, _) = within(len, |memory| read_text(memory, ptr, size, max, &mut buffer).map(<[u8]>::to_vec));
            let expected = match size as usize {
                _ if !inside => Err(Errno::Overflow),
                size if size > max => Err(Errno::Nametoolong),
                size => Ok([&memory[ptr as usize..][..size], b"\0"].concat()),
            };
            prop_assert_eq!(text, expected);
        }
    }

    /// The rounds of a list, with transfers that fall short anywhere, fill what one loop over the list would.
    #[test]
    fn rounds_transfer_what_the_list_says(
        list in proptest::collection::vec((0_u32..600, prop_oneof![Just(0_u32), 1_u32..9, 0_u32..400]), 0..150),
        shorts in proptest::collection::vec(1_usize..500, 1..6),
    ) {
        const LIST: usize = 1000;
        const LEN: usize = LIST + 150 * 8;
        let bytes: Vec<u8> = list.iter().flat_map(|(ptr, len)| [*ptr, *len]).flat_map(u32::to_le_bytes).collect();
        let source: Vec<u8> = (0..600 * 150).map(|at| (at % 251) as u8).collect();
        let (sum, after) = within(LEN, |memory| {
            memory.write(LIST as u32, &bytes).unwrap();
            let mut list = Iovecs::new(memory, LIST as u32, list.len() as u32).unwrap();
            assert!(matches!(list.check(memory, 0), Ok(None)));
            let mut sum = 0;
            let mut shorts = shorts.iter().cycle();
            while !list.is_done() {
                let mut round = Round::empty();
                list.round(memory, &mut round).unwrap();
                assert!(round.spans().len() <= 64 && round.spans().iter().all(|span| !span.is_empty()));
                let wanted = total(round.spans());
                let len = wanted.min(*shorts.next().unwrap());
                let mut left = len;
                for span in round.spans() {
                    left -= span.fill(&source[sum + len - left..sum + len]);
                }
                sum += len;
                if len == wanted && round.is_last() {
                    break;
                }
                list.advance(memory, len).unwrap();
            }
            sum
        });
        let ((), mut expected) = within(LEN, |_| ());
        expected[LIST..LIST + bytes.len()].copy_from_slice(&bytes);
        let mut at = 0;
        for (ptr, len) in &list {
            let len = *len as usize;
            expected[*ptr as usize..][..len].copy_from_slice(&source[at..at + len]);
            at += len;
        }
        prop_assert_eq!(sum, at);
        prop_assert!(after == expected);
    }

    #[test]
    fn a_list_is_refused_where_one_range_is_outside(
        list in proptest::collection::vec((number(LEN), number(LEN)), 0..20),
    ) {
        let bytes: Vec<u8> = list.iter().flat_map(|(ptr, len)| [*ptr, *len]).flat_map(u32::to_le_bytes).collect();
        let inside = |(ptr, len): &(u32, u32)| (*ptr as usize) < LEN && *len as usize <= LEN - *ptr as usize;
        let (found, _) = within(LEN, |memory| {
            memory.write(64, &bytes).unwrap();
            let list = Iovecs::new(memory, 64, list.len() as u32)?;
            list.check(memory, 0).map(|next| next.is_none())
        });
        prop_assert_eq!(found, if list.iter().all(inside) { Ok(true) } else { Err(Errno::Overflow) });
    }

    #[test]
    fn a_span_is_cut_and_never_grows(len in 0_usize..50, at in 0_usize..60, of in 0_usize..60) {
        let mut bytes: Vec<u8> = (0..50).collect();
        let span = Span::over(&mut bytes[..len]);
        let (first, after) = (span.first(at), span.after(at));
        prop_assert_eq!((first.len(), after.len()), (at.min(len), len - at.min(len)));
        let mut copied = vec![99; of];
        let drained = after.drain(&mut copied);
        prop_assert_eq!(drained, of.min(after.len()));
        prop_assert!(copied[..drained].iter().copied().eq((at as u8..).take(drained)));
        prop_assert!(copied[drained..].iter().all(|byte| *byte == 99));
        prop_assert_eq!(after.fill(&vec![7; of]), drained);
        let changed = bytes.iter().enumerate().filter(|(at, byte)| **byte != *at as u8 || **byte == 7);
        prop_assert!(changed.count() <= drained + 1);
    }
}

/// The size of the memory of some properties.
const LEN: usize = 300;

#[test]
fn a_round_ends_after_so_many_bytes() {
    let mut bytes = vec![0; ROUND_BYTES + 100];
    let (ptr, len) = (50_u32, ROUND_BYTES as u32);
    bytes[..24].copy_from_slice(&[0, 10, ptr, len, 0, 10].map(u32::to_le_bytes).concat());
    let memory = Memory::over(&mut bytes);
    let mut list = Iovecs::new(memory, 0, 3).unwrap();
    let mut lens = Vec::new();
    while !list.is_done() {
        let mut round = Round::empty();
        list.round(memory, &mut round).unwrap();
        lens.push((total(round.spans()), round.is_last()));
        list.advance(memory, total(round.spans())).unwrap();
    }
    assert_eq!(lens, [(ROUND_BYTES, false), (20, true)]);
    assert_eq!(Span::EMPTY.len(), 0);
    assert!(Span::EMPTY.is_empty());
}

#[test]
fn a_list_that_changes_meanwhile_is_checked_again() {
    let mut bytes = vec![b'?'; 64];
    let memory = Memory::over(&mut bytes);
    memory.write(0, &[32_u32, 8].map(u32::to_le_bytes).concat()).unwrap();
    let mut list = Iovecs::new(memory, 0, 1).unwrap();
    assert!(matches!(list.check(memory, 0), Ok(None)));
    list.advance(memory, 4).unwrap();
    for (ptr, len, left) in [
        (60, 4, Ok(0)),
        (60, 5, Err(Errno::Overflow)),
        (u32::MAX, 1, Err(Errno::Overflow)),
        (32, 2, Ok(0)),
        (40, 9, Ok(5)),
    ] {
        memory.write(0, &[ptr, len].map(u32::to_le_bytes).concat()).unwrap();
        let mut round = Round::empty();
        let found = list.round(memory, &mut round).map(|()| total(round.spans()));
        assert_eq!(found, left, "{ptr} {len}");
    }
}
