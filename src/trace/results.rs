//! What a guest got of a call that succeeded. It may be gone already: another thread of the guest shares its memory.

use super::Raw;
use super::decode::{fd, flags, long, name};
use super::memory::{self, LIST, STRING, TEXT};
use super::shapes::{RIGHTS, Shape};
use super::value::{Field, Value};
use crate::abi::{DIRENT_SIZE, EVENT_SIZE, Errno, FDSTAT_SIZE, Fdflags, Filestat, Snapshot, names};
use crate::guest::Memory;

/// Adds what the shape at this argument shows after the call.
pub fn results(raw: &Raw<'_>, shape: Shape, at: usize, into: &mut Vec<Field>) {
    let memory = raw.memory;
    let mut push = |index: usize, value| into.push((raw.names[index], value));
    let ptr = |index: usize| raw.word(at + index);
    match shape {
        Shape::Take(sum) => {
            let used = memory.read_u32(raw.word(sum)).unwrap_or_default();
            push(at, memory::ranges(memory, ptr(0), ptr(1), used.into(), memory::DATA));
        }
        Shape::Poll => {
            let count = memory.read_u32(ptr(3)).unwrap_or_default();
            push(at + 1, events(memory, ptr(1), count.min(ptr(2))));
            push(at + 3, memory::word(memory, ptr(3)));
        }
        Shape::Roflags => {
            let bits = memory.read(ptr(0)).map(u16::from_le_bytes);
            push(at, bits.map_or(Value::Address(ptr(0)), |bits| flags(bits.into(), names::ROFLAGS)));
        }
        Shape::Out32 => push(at, memory::word(memory, ptr(0))),
        Shape::Out64 => push(at, memory::long(memory, ptr(0))),
        Shape::OutFd => {
            let opened = memory.read_u32(ptr(0));
            push(at, opened.map_or(Value::Address(ptr(0)), |opened| fd(raw.process, opened)));
        }
        Shape::Fdstat => push(at, fdstat(memory, ptr(0))),
        Shape::Filestat => push(at, filestat(raw, ptr(0))),
        Shape::Prestat => push(at, prestat(memory, ptr(0))),
        Shape::Strings => push(at, strings(raw, at)),
        Shape::OutText => push(at, memory::text(memory, ptr(0), ptr(1), TEXT)),
        Shape::OutTextUsed => {
            let used = memory.read_u32(ptr(2)).unwrap_or_default();
            push(at, memory::text(memory, ptr(0), used.min(ptr(1)), TEXT));
            push(at + 2, memory::word(memory, ptr(2)));
        }
        Shape::Entries => {
            let used = memory.read_u32(ptr(3)).unwrap_or_default();
            push(at, entries(memory, ptr(0), used.min(ptr(1))));
            push(at + 3, memory::word(memory, ptr(3)));
        }
        Shape::OutData => push(at, memory::data(memory, ptr(0), ptr(1))),
        Shape::Fd
        | Shape::Number
        | Shape::Long
        | Shape::Offset
        | Shape::Rights
        | Shape::Flags(_)
        | Shape::Name(_)
        | Shape::Whence
        | Shape::Text
        | Shape::Give => {}
    }
}

fn fdstat(memory: Memory<'_>, ptr: u32) -> Value {
    let Ok(bytes) = memory.read::<FDSTAT_SIZE>(ptr) else { return Value::Address(ptr) };
    Value::Record(vec![
        ("fs_filetype", name(bytes[0].into(), names::FILETYPE)),
        ("fs_flags", flags(u16::from_le_bytes([bytes[2], bytes[3]]).into(), Fdflags::NAMES)),
        ("fs_rights_base", flags(long(&bytes, 8), RIGHTS)),
        ("fs_rights_inheriting", flags(long(&bytes, 16), RIGHTS)),
    ])
}

fn filestat(raw: &Raw<'_>, ptr: u32) -> Value {
    let size = Filestat::size(raw.process.snapshot);
    let Some(bytes) = memory::bytes(raw.memory, ptr, size as u64, size) else { return Value::Address(ptr) };
    let (nlink, rest) = match raw.process.snapshot {
        Snapshot::Preview0 => (long(&bytes, 16) >> 32, 24),
        Snapshot::Preview1 => (long(&bytes, 24), 32),
    };
    Value::Record(vec![
        ("dev", Value::Long(long(&bytes, 0))),
        ("ino", Value::Long(long(&bytes, 8))),
        ("filetype", name(bytes[16].into(), names::FILETYPE)),
        ("nlink", Value::Long(nlink)),
        ("size", Value::Long(long(&bytes, rest))),
        ("atim", Value::Long(long(&bytes, rest + 8))),
        ("mtim", Value::Long(long(&bytes, rest + 16))),
        ("ctim", Value::Long(long(&bytes, rest + 24))),
    ])
}

fn prestat(memory: Memory<'_>, ptr: u32) -> Value {
    let Ok(bytes) = memory.read::<8>(ptr) else { return Value::Address(ptr) };
    let [.., a, b, c, d] = bytes;
    Value::Record(vec![
        ("tag", name(bytes[0].into(), &["DIR"])),
        ("pr_name_len", Value::Number(u32::from_le_bytes([a, b, c, d]))),
    ])
}

/// The arguments or the variables, as they now lie in memory.
fn strings(raw: &Raw<'_>, at: usize) -> Value {
    let process = raw.process;
    let count = if raw.names[at] == "argv" { process.args.count() } else { process.env.count() };
    let list = (0..count.min(LIST)).map_while(|index| {
        let ptr = raw.memory.read_u32(raw.word(at).wrapping_add(4 * index)).ok()?;
        Some(memory::string(raw.memory, ptr))
    });
    Value::List(list.collect(), count > LIST)
}

/// The entries of a directory that are there in whole.
fn entries(memory: Memory<'_>, ptr: u32, used: u32) -> Value {
    let Ok(span) = memory.span(ptr, used.into()) else { return Value::Address(ptr) };
    let (mut list, mut rest) = (Vec::new(), span);
    while rest.len() >= DIRENT_SIZE {
        let mut head = [0; DIRENT_SIZE];
        rest.drain(&mut head);
        let len = (long(&head, 16) & 0xffff_ffff) as usize;
        let after = rest.after(DIRENT_SIZE);
        if after.len() < len {
            break;
        }
        if list.len() == LIST as usize {
            return Value::List(list, true);
        }
        let mut text = vec![0; len.min(STRING)];
        after.drain(&mut text);
        list.push(Value::Record(vec![
            ("d_next", Value::Long(long(&head, 0))),
            ("d_ino", Value::Long(long(&head, 8))),
            ("d_type", name(head[20].into(), names::FILETYPE)),
            ("name", Value::Text(text, len > STRING)),
        ]));
        rest = after.after(len);
    }
    Value::List(list, false)
}

fn events(memory: Memory<'_>, ptr: u32, count: u32) -> Value {
    if memory.array(ptr, count, EVENT_SIZE as u32).is_err() {
        return Value::Address(ptr);
    }
    let list = (0..count.min(LIST)).map_while(|index| {
        let bytes: [u8; EVENT_SIZE] = memory.read(ptr.wrapping_add(index * EVENT_SIZE as u32)).ok()?;
        let error = u16::from_le_bytes([bytes[8], bytes[9]]);
        let known = Errno::ALL.iter().find(|errno| **errno as u16 == error).map(|errno| errno.name());
        Some(Value::Record(vec![
            ("userdata", Value::Long(long(&bytes, 0))),
            (
                "error",
                match (error, known) {
                    (0, _) => Value::Name("SUCCESS"),
                    (_, Some(name)) => Value::Name(name),
                    (_, None) => Value::Number(error.into()),
                },
            ),
            ("type", name(bytes[10].into(), names::EVENTTYPE)),
            ("nbytes", Value::Long(long(&bytes, 16))),
            ("flags", flags(long(&bytes, 24) & 0xffff, &["FD_READWRITE_HANGUP"])),
        ]))
    });
    Value::List(list.collect(), count > LIST)
}
