//! Short looks into a guest's memory. Addresses and lengths are a guest's numbers, and what lies there may change while it is
//! read: nothing here fails, and nothing is as long as a guest says.

use super::value::Value;
use crate::guest::Memory;

/// The most bytes of data that are shown: strace's number.
pub const DATA: usize = 32;
/// The most bytes of a text that are shown: the longest path there is.
pub const TEXT: usize = 4095;
/// The most bytes of an argument or a variable that are shown.
pub const STRING: usize = 256;
/// The most elements of a list that are shown.
pub const LIST: u32 = 16;
/// The most ranges of which bytes are shown.
const RANGES: usize = 4;
/// The most ranges that are counted.
const COUNTED: u32 = 1024;

/// Up to `most` of the `len` bytes at `ptr`. `None` where they are not all in the memory.
pub fn bytes(memory: Memory<'_>, ptr: u32, len: u64, most: usize) -> Option<Vec<u8>> {
    let span = memory.span(ptr, len).ok()?.first(most);
    let mut bytes = vec![0; span.len()];
    span.drain(&mut bytes);
    Some(bytes)
}

/// A text.
pub fn text(memory: Memory<'_>, ptr: u32, len: u32, most: usize) -> Value {
    match bytes(memory, ptr, len.into(), most) {
        Some(text) => Value::Text(text, len as usize > most),
        None => Value::Address(ptr),
    }
}

/// A text up to its NUL.
pub fn string(memory: Memory<'_>, ptr: u32) -> Value {
    let left = memory.len().saturating_sub(ptr.into());
    let Some(mut text) = bytes(memory, ptr, left, STRING) else { return Value::Address(ptr) };
    let end = text.iter().position(|byte| *byte == 0);
    text.truncate(end.unwrap_or(text.len()));
    Value::Text(text, end.is_none())
}

/// One range of data.
pub fn data(memory: Memory<'_>, ptr: u32, len: u32) -> Value {
    match bytes(memory, ptr, len.into(), DATA) {
        Some(range) => {
            Value::Data { cut: range.len() < len as usize, ranges: vec![range], total: len.into() }
        }
        None => Value::Address(ptr),
    }
}

/// How many bytes a list of ranges has.
pub fn room(memory: Memory<'_>, iovs: u32, count: u32) -> Value {
    match ranges(memory, iovs, count, u64::MAX, 0) {
        Value::Data { total, .. } => Value::Size(total),
        other => other,
    }
}

/// The first bytes of a list of ranges, of which `used` count.
pub fn ranges(memory: Memory<'_>, iovs: u32, count: u32, used: u64, most: usize) -> Value {
    if memory.array(iovs, count, 8).is_err() {
        return Value::Address(iovs);
    }
    let (mut ranges, mut cut, mut total, mut room) = (Vec::new(), count > COUNTED, 0_u64, most);
    for index in 0..count.min(COUNTED) {
        // Cannot fail, nor wrap: all of the list was looked for. But it costs nothing to believe nobody.
        let at = iovs.wrapping_add(index * 8);
        let (Ok(ptr), Ok(len)) = (memory.read_u32(at), memory.read_u32(at.wrapping_add(4))) else { break };
        let len = u64::from(len).min(used - total);
        total += len;
        let Some(range) = bytes(memory, ptr, len, room) else { return Value::Address(ptr) };
        if len == 0 {
            continue;
        }
        cut |= (range.len() as u64) < len;
        room -= range.len();
        if ranges.len() < RANGES && !range.is_empty() {
            ranges.push(range);
        } else if most > 0 {
            cut = true;
        }
    }
    Value::Data { ranges, cut, total }
}

/// A number, or where it should be.
pub fn word(memory: Memory<'_>, ptr: u32) -> Value {
    memory.read_u32(ptr).map_or(Value::Address(ptr), Value::Number)
}

/// A number of 64 bits, or where it should be.
pub fn long(memory: Memory<'_>, ptr: u32) -> Value {
    memory.read(ptr).map_or(Value::Address(ptr), |bytes| Value::Long(u64::from_le_bytes(bytes)))
}
