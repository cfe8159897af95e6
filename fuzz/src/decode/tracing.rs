//! What tracing makes of any call: it fails on nothing, changes nothing, and its line is one line.

use preopen::abi::{Errno, IMPORTS, MAX_PARAMS};
use preopen::guest::Strings;
use preopen::trace::{Entered, LINE_MAX, Outcome, Value, line};
use preopen::vfs::memory::{Limits, MemoryFs};

use super::{guest, memory, process, size, snapshot, word};
use crate::guest::Arena;
use crate::input::Input;
use crate::spec::{Role, SPECS, is_inside};

/// Traces one call.
pub fn check(input: &mut Input<'_>, arenas: &[Arena; 2]) {
    let snapshot = snapshot(input);
    let strings = |input: &mut Input<'_>| {
        let count = if input.seldom(8) { 20 } else { input.below(4) };
        Strings::new((0..count).map(|_| input.bytes(20)).collect::<Vec<_>>()).expect("they are short")
    };
    let (args, env) = (strings(input), strings(input));
    let process = process(args, env, snapshot, false);
    let name = if input.seldom(8) { vec![input.byte(); 3000] } else { input.bytes(12) };
    process.add_preopen(&name, Box::new(MemoryFs::new(Limits::default()).root())).expect("it is the first");

    let len = if input.seldom(4) { 1 << 14 } else { size(input) };
    let mut guest = guest(arenas, len);
    for _ in 0..input.below(4) {
        let (at, bytes) = (word(input, len), input.bytes(60));
        guest.store(at, &bytes);
    }
    // Lists that lie in memory: of ranges, of entries.
    if input.byte() & 1 == 0 {
        let list: Vec<u8> =
            (0..12).flat_map(|_| [word(input, len), word(input, len)]).flat_map(u32::to_le_bytes).collect();
        guest.store(0, &list);
    }
    let before = guest.bytes().to_vec();
    let number = input.below(IMPORTS.len() + 1) as u32;
    let raw: [u64; MAX_PARAMS] =
        std::array::from_fn(
            |_| {
                if input.byte() & 3 == 0 { input.long() } else { u64::from(word(input, len)) }
            },
        );
    let outcome = match input.below(4) {
        0 => Outcome::Errno(input.pick(Errno::ALL)),
        1 => Outcome::None,
        _ => Outcome::Success,
    };
    let duration = input.long();

    let Some(entered) = Entered::new(&process, memory(&guest), number, raw) else {
        assert!(number as usize >= IMPORTS.len());
        return;
    };
    let import = IMPORTS[number as usize];
    assert_eq!(entered.returns(), import.name != "proc_exit");
    let event = entered.leave(&process, memory(&guest), outcome, duration);
    assert_eq!(guest.bytes(), before, "tracing has changed memory");
    assert_eq!((event.name, event.outcome, event.duration), (import.name, outcome, duration));
    assert!(outcome == Outcome::Success || event.results.is_empty(), "a call that failed has results");
    for (name, value) in event.args.iter().chain(&event.results) {
        assert!(import.names.contains(name), "{} has no parameter {name}", import.name);
        bounded(value);
    }
    let line = line(&event);
    assert!(line.len() < LINE_MAX, "{} bytes", line.len());
    assert!(line.starts_with(&format!("{}(", import.name)) && line.ends_with('>'), "{line}");
    assert!(!line.chars().any(char::is_control), "{line:?} has control characters");

    // A text that a guest passes is shown as it lies in memory, or as an address where it does not.
    for (at, role) in SPECS[number as usize].roles.iter().enumerate() {
        if *role != Role::Text {
            continue;
        }
        let (ptr, size) = (raw[at] as u32, raw[at + 1] as u32);
        let expected = if is_inside((ptr, size.into()), len) {
            let text = &before[ptr as usize..][..size as usize];
            Value::Text(text[..text.len().min(4095)].to_vec(), text.len() > 4095)
        } else {
            Value::Address(ptr)
        };
        let shown = event.args.iter().find(|(name, _)| *name == import.names[at]).map(|(_, value)| value);
        assert_eq!(shown, Some(&expected), "{} of {}", import.names[at], import.name);
    }
}

/// Nothing is as long as a guest says, and flags are all there.
fn bounded(value: &Value) {
    match value {
        Value::Text(text, _) => assert!(text.len() <= 4095),
        Value::Data { ranges, total, cut } => {
            let shown: usize = ranges.iter().map(Vec::len).sum();
            assert!(shown <= 32 && ranges.len() <= 4, "{shown} bytes of {} ranges", ranges.len());
            assert!(*cut || shown as u64 == *total || shown == 0, "{shown} of {total} bytes, and not cut");
        }
        Value::List(list, _) => {
            assert!(list.len() <= 16);
            list.iter().for_each(bounded);
        }
        Value::Record(fields) => fields.iter().for_each(|(_, value)| bounded(value)),
        Value::Flags { names, bits, unknown } => {
            assert_eq!(names.len() as u32 + unknown.count_ones(), bits.count_ones());
            assert_eq!(unknown & !bits, 0);
        }
        _ => {}
    }
}
