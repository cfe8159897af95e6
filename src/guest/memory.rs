//! Bounds-checked access to a guest's linear memory.

#![expect(unsafe_code, reason = "a guest's memory is reached by address")]

use std::marker::PhantomData;

use crate::abi::Errno;
use crate::span::Span;

/// A guest's linear memory, as it is now.
#[derive(Clone, Copy)]
pub struct Memory<'m> {
    base: *mut u8,
    len: u64,
    memory: PhantomData<&'m ()>,
}

impl<'m> Memory<'m> {
    /// The memory of `len` bytes at `base`.
    ///
    /// # Safety
    /// For all of `'m` the range can be read and written from any thread, and no Rust reference covers it.
    pub const unsafe fn new(base: *mut u8, len: u64) -> Self {
        Self { base, len, memory: PhantomData }
    }

    /// A memory over bytes that nobody else holds.
    pub const fn over(bytes: &'m mut [u8]) -> Self {
        // SAFETY: the exclusive borrow lasts for 'm.
        unsafe { Self::new(bytes.as_mut_ptr(), bytes.len() as u64) }
    }

    /// Its size, bytes.
    pub const fn len(self) -> u64 {
        self.len
    }

    /// Whether it has no byte.
    pub const fn is_empty(self) -> bool {
        self.len == 0
    }

    /// The `len` bytes at `ptr`. Errors: `Overflow` where they are not all inside, and for an empty range at the very
    /// end: node:wasi's rule.
    pub fn span(self, ptr: u32, len: u64) -> Result<Span<'m>, Errno> {
        let ptr = u64::from(ptr);
        if self.len > ptr && len <= self.len - ptr {
            // SAFETY: the range was checked against len; `new` promised that all of that can be used.
            Ok(unsafe { Span::new(self.base.add(ptr as usize), len as usize) })
        } else {
            Err(Errno::Overflow)
        }
    }

    /// The `count` elements of `size` bytes at `ptr`. Errors: `Overflow`, also where the product is beyond any memory.
    pub fn array(self, ptr: u32, count: u32, size: u32) -> Result<Span<'m>, Errno> {
        self.span(ptr, u64::from(count) * u64::from(size))
    }

    /// Copies `N` bytes out. What another thread does to them afterwards no longer matters.
    pub fn read<const N: usize>(self, ptr: u32) -> Result<[u8; N], Errno> {
        let mut bytes = [0; N];
        self.span(ptr, N as u64)?.drain(&mut bytes);
        Ok(bytes)
    }

    /// Copies a little-endian number out.
    pub fn read_u32(self, ptr: u32) -> Result<u32, Errno> {
        Ok(u32::from_le_bytes(self.read(ptr)?))
    }

    /// Copies bytes in.
    pub fn write(self, ptr: u32, bytes: &[u8]) -> Result<(), Errno> {
        self.span(ptr, bytes.len() as u64)?.fill(bytes);
        Ok(())
    }

    /// Writes a number, little-endian.
    pub fn write_u32(self, ptr: u32, value: u32) -> Result<(), Errno> {
        self.write(ptr, &value.to_le_bytes())
    }

    /// Writes a number, little-endian.
    pub fn write_u64(self, ptr: u32, value: u64) -> Result<(), Errno> {
        self.write(ptr, &value.to_le_bytes())
    }
}
