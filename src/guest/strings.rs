//! Strings from a guest (paths) and to it (arguments, environment).

use super::Memory;
use crate::abi::Errno;

/// Room for a string on the stack, and beyond that on the heap.
pub struct TextBuffer {
    short: [u8; 256],
    long: Vec<u8>,
}

impl TextBuffer {
    /// An empty buffer.
    pub const fn new() -> Self {
        Self { short: [0; 256], long: Vec::new() }
    }
}

impl Default for TextBuffer {
    fn default() -> Self {
        Self::new()
    }
}

/// Copies a string of at most `max` bytes out of the guest's memory and puts a NUL behind it. Errors: `Overflow` where it
/// is not inside the memory, `Nametoolong`.
pub fn read_text<'b>(
    memory: Memory<'_>,
    ptr: u32,
    len: u32,
    max: usize,
    buffer: &'b mut TextBuffer,
) -> Result<&'b [u8], Errno> {
    let span = memory.array(ptr, len, 1)?;
    let len = span.len();
    if len > max {
        return Err(Errno::Nametoolong);
    }
    let bytes = if len < buffer.short.len() {
        &mut buffer.short[..=len]
    } else {
        buffer.long.resize(len + 1, 0);
        &mut buffer.long[..=len]
    };
    span.drain(&mut bytes[..len]);
    bytes[len] = 0;
    Ok(bytes)
}

/// A list of strings as preview1 hands them over: each ends with a NUL, and they lie behind one another.
#[derive(Clone, Debug, Default)]
pub struct Strings {
    bytes: Vec<u8>,
    starts: Vec<u32>,
}

impl Strings {
    /// A list. A string is cut at its first NUL, as node:wasi does. Errors: `Toobig` where the whole is beyond 2 GiB.
    pub fn new<S: AsRef<[u8]>>(strings: impl IntoIterator<Item = S>) -> Result<Self, Errno> {
        let mut list = Self::default();
        for string in strings {
            let string = string.as_ref().split(|byte| *byte == 0).next().unwrap_or_default();
            list.starts.push(u32::try_from(list.bytes.len()).map_err(|_| Errno::Toobig)?);
            list.bytes.extend_from_slice(string);
            list.bytes.push(0);
            if list.bytes.len() > i32::MAX as usize {
                return Err(Errno::Toobig);
            }
        }
        Ok(list)
    }

    /// How many there are.
    pub const fn count(&self) -> u32 {
        self.starts.len() as u32
    }

    /// How many bytes they take, with their NULs.
    pub const fn size(&self) -> u32 {
        self.bytes.len() as u32
    }

    /// The strings, without their NULs.
    pub fn iter(&self) -> impl Iterator<Item = &[u8]> {
        self.bytes.split_inclusive(|byte| *byte == 0).map(|string| &string[..string.len() - 1])
    }

    /// Writes the strings to `buf` and their addresses to `pointers`. Errors: `Overflow`; then nothing was written.
    pub fn write(&self, memory: Memory<'_>, pointers: u32, buf: u32) -> Result<(), Errno> {
        memory.array(pointers, self.count(), 4)?;
        memory.span(buf, u64::from(self.size()))?;
        for (index, start) in self.starts.iter().enumerate() {
            memory.write_u32(pointers + 4 * index as u32, buf + start)?;
        }
        memory.write(buf, &self.bytes)
    }
}
