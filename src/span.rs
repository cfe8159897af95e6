//! Ranges of bytes that a transfer fills or drains, which someone else may be changing meanwhile.

#![expect(
    unsafe_code,
    reason = "memory that a guest's other threads may write is never seen as a Rust slice"
)]

use std::ffi::c_void;
use std::marker::PhantomData;
use std::sync::atomic::{Ordering, compiler_fence};

/// One range. It has the layout of `struct iovec`, so a list of them goes to the kernel as it is.
///
/// It is no `&mut [u8]`: ranges may overlap, and where memory is shared between threads, bytes change at any time. So it
/// only ever copies.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub struct Span<'m> {
    iovec: libc::iovec,
    memory: PhantomData<&'m ()>,
}

impl<'m> Span<'m> {
    /// A range of `len` bytes at `base`.
    ///
    /// # Safety
    /// For all of `'m`, the range can be read and written from any thread, and no Rust reference covers it.
    pub const unsafe fn new(base: *mut u8, len: usize) -> Self {
        Self { iovec: libc::iovec { iov_base: base.cast::<c_void>(), iov_len: len }, memory: PhantomData }
    }

    /// A range over bytes that nobody else holds.
    pub const fn over(bytes: &'m mut [u8]) -> Self {
        // SAFETY: the exclusive borrow lasts for 'm, so nothing else covers the bytes.
        unsafe { Self::new(bytes.as_mut_ptr(), bytes.len()) }
    }

    /// An empty range.
    pub const EMPTY: Span<'static> =
        Span { iovec: libc::iovec { iov_base: std::ptr::null_mut(), iov_len: 0 }, memory: PhantomData };

    /// How many bytes it has.
    pub const fn len(&self) -> usize {
        self.iovec.iov_len
    }

    /// Whether it has none.
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Its first `len` bytes, or all where it has fewer.
    pub fn first(&self, len: usize) -> Self {
        Self { iovec: libc::iovec { iov_len: len.min(self.len()), ..self.iovec }, ..*self }
    }

    /// What follows its first `len` bytes, nothing where it has no more.
    pub fn after(&self, len: usize) -> Self {
        let len = len.min(self.len());
        let base = self.iovec.iov_base.cast::<u8>().wrapping_add(len).cast::<c_void>();
        Self { iovec: libc::iovec { iov_base: base, iov_len: self.len() - len }, ..*self }
    }

    /// Copies `bytes` into it, as many as fit, and says how many.
    pub fn fill(&self, bytes: &[u8]) -> usize {
        let len = bytes.len().min(self.len());
        // SAFETY: `new` promised that the range is writable; `bytes` is a Rust slice, so it does not cover the range.
        unsafe { std::ptr::copy_nonoverlapping(bytes.as_ptr(), self.iovec.iov_base.cast(), len) };
        len
    }

    /// Copies it into `bytes`, as much as fits, and says how much.
    pub fn drain(&self, bytes: &mut [u8]) -> usize {
        let len = bytes.len().min(self.len());
        // SAFETY: `new` promised that the range is readable; `bytes` is a Rust slice, so it does not cover the range.
        unsafe { std::ptr::copy_nonoverlapping(self.iovec.iov_base.cast(), bytes.as_mut_ptr(), len) };
        // The copy is made here and now: the compiler may not read the range again instead.
        compiler_fence(Ordering::SeqCst);
        len
    }

    /// A list as the kernel takes it.
    pub const fn as_iovecs(spans: &[Self]) -> &[libc::iovec] {
        // SAFETY: Span is a transparent wrapper of iovec.
        unsafe { std::slice::from_raw_parts(spans.as_ptr().cast(), spans.len()) }
    }
}

// SAFETY: whoever made the span promised that its range can be used from any thread.
unsafe impl Send for Span<'_> {}
// SAFETY: as above; a span itself is only a place and a length.
unsafe impl Sync for Span<'_> {}

/// How many bytes a list covers.
pub fn total(spans: &[Span<'_>]) -> usize {
    spans.iter().fold(0, |sum, span| sum.saturating_add(span.len()))
}
