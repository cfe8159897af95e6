//! Bytes between descriptors of the host and spans: the only place where spans go to the kernel.

#![expect(
    unsafe_code,
    reason = "the kernel is the one that can fill memory which other threads may be changing"
)]

use std::os::fd::{AsRawFd, BorrowedFd, RawFd};

use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};

use super::from_host;
use crate::abi::{Errno, Whence};
use crate::span::Span;
use crate::vfs::Result;

/// The most spans that the kernel takes at once (`IOV_MAX`). Of a longer list the first so many are transferred, which a
/// caller cannot tell from any other short transfer.
const MOST: usize = 1024;

/// Fills the spans from the descriptor's own offset on, or with what a pipe holds. Like readv(2).
pub(crate) fn read(fd: BorrowedFd<'_>, into: &[Span<'_>]) -> Result<usize> {
    let fd = fd.as_raw_fd();
    // SAFETY: a span's range is writable, and no Rust reference covers it.
    transfer(
        into,
        |base, len| unsafe { libc::syscall(libc::SYS_read, fd, base, len) as isize },
        |list, count| unsafe {
            // SAFETY: as above, for each of the first `count` ranges of the list.
            libc::readv(fd, list, count)
        },
    )
}

/// Writes the spans at the descriptor's own offset, or into a pipe. Like writev(2).
pub(crate) fn write(fd: BorrowedFd<'_>, from: &[Span<'_>]) -> Result<usize> {
    let fd = fd.as_raw_fd();
    // SAFETY: a span's range is readable.
    transfer(
        from,
        |base, len| unsafe { libc::syscall(libc::SYS_write, fd, base, len) as isize },
        |list, count| unsafe {
            // SAFETY: as above, for each of the first `count` ranges of the list.
            libc::writev(fd, list, count)
        },
    )
}

/// As [`read`], but answers `Again` where it would wait, though the descriptor blocks. Errors: `Notsup`, `Nosys` where the
/// kernel cannot do so (with what has no name, it can from 6.4 on). Like preadv2(2) with `RWF_NOWAIT`.
pub(crate) fn read_now(fd: BorrowedFd<'_>, into: &[Span<'_>]) -> Result<usize> {
    let list = &Span::as_iovecs(into)[..into.len().min(MOST)];
    // SAFETY: a span's range is writable, and no Rust reference covers it. The offset -1 means the descriptor's own.
    retry(|| unsafe { libc::preadv2(fd.as_raw_fd(), list.as_ptr(), list.len() as i32, -1, libc::RWF_NOWAIT) })
}

/// As [`write`], but answers `Again` where it would wait. Errors: as [`read_now`].
pub(crate) fn write_now(fd: BorrowedFd<'_>, from: &[Span<'_>]) -> Result<usize> {
    let list = &Span::as_iovecs(from)[..from.len().min(MOST)];
    // SAFETY: a span's range is readable. The offset -1 means the descriptor's own.
    retry(|| unsafe {
        libc::pwritev2(fd.as_raw_fd(), list.as_ptr(), list.len() as i32, -1, libc::RWF_NOWAIT)
    })
}

/// Fills the spans with the bytes at `offset`. Errors: `Inval` from 2^63 on. Like preadv(2).
pub(crate) fn read_at(fd: BorrowedFd<'_>, into: &[Span<'_>], offset: u64) -> Result<usize> {
    let fd = fd.as_raw_fd();
    let offset = i64::try_from(offset).map_err(|_| Errno::Inval)?;
    // SAFETY: a span's range is writable, and no Rust reference covers it.
    transfer(
        into,
        |base, len| unsafe { libc::syscall(libc::SYS_pread64, fd, base, len, offset) as isize },
        |list, count| unsafe {
            // SAFETY: as above, for each of the first `count` ranges of the list.
            libc::preadv64(fd, list, count, offset)
        },
    )
}

/// Writes the spans at `offset`. Errors: `Inval` from 2^63 on. Like pwritev(2).
pub(crate) fn write_at(fd: BorrowedFd<'_>, from: &[Span<'_>], offset: u64) -> Result<usize> {
    let fd = fd.as_raw_fd();
    let offset = i64::try_from(offset).map_err(|_| Errno::Inval)?;
    // SAFETY: a span's range is readable.
    transfer(
        from,
        |base, len| unsafe { libc::syscall(libc::SYS_pwrite64, fd, base, len, offset) as isize },
        |list, count| unsafe {
            // SAFETY: as above, for each of the first `count` ranges of the list.
            libc::pwritev64(fd, list, count, offset)
        },
    )
}

/// Writes the spans at the end of the file; says how many bytes it took, and the offset behind them. The descriptor's own
/// offset is there too, then: where two calls share a descriptor, each learns of one end or the other.
pub(crate) fn append(fd: BorrowedFd<'_>, from: &[Span<'_>]) -> Result<(usize, u64)> {
    let written = match append_at_once(fd.as_raw_fd(), from) {
        // Linux adds the length to the descriptor's own offset first, though it appends. Where that is too much, it is not so at the
        // beginning; the bytes up to the longest that a file can be are the last then, and where there are none, the answer is `Fbig`.
        Err(Errno::Inval) => {
            let own = seek(fd, 0, Whence::Cur)?;
            seek(fd, 0, Whence::Set)?;
            append_at_once(fd.as_raw_fd(), from)
                .inspect_err(|_| _ = seek(fd, own.cast_signed(), Whence::Set))?
        }
        // An old kernel, or a file (of /proc, say) that knows no flags for one write.
        Err(Errno::Notsup | Errno::Nosys) => {
            let flags = fcntl_getfl(fd).map_err(from_host)?;
            fcntl_setfl(fd, flags | OFlags::APPEND).map_err(from_host)?;
            let written = write(fd, from);
            // Linux appends even where pwrite(2) names an offset: the flag must not stay.
            fcntl_setfl(fd, flags).map_err(from_host)?;
            written?
        }
        written => written?,
    };
    Ok((written, seek(fd, 0, Whence::Cur)?))
}

/// Moves the descriptor's own offset and says where it is now. Errors: `Spipe`, `Inval`. Like lseek(2).
pub(crate) fn seek(fd: BorrowedFd<'_>, offset: i64, whence: Whence) -> Result<u64> {
    let to = match whence {
        Whence::Set => rustix::fs::SeekFrom::Start(u64::try_from(offset).map_err(|_| Errno::Inval)?),
        Whence::Cur => rustix::fs::SeekFrom::Current(offset),
        Whence::End => rustix::fs::SeekFrom::End(offset),
    };
    rustix::fs::seek(fd, to).map_err(from_host)
}

/// Sends the spans through a socket, without waiting; where nobody receives, the answer is `Pipe` and no signal is
/// raised. Like sendmsg(2).
pub(crate) fn send(fd: BorrowedFd<'_>, from: &[Span<'_>]) -> Result<usize> {
    let message = message(from);
    // SAFETY: the header holds a list of readable ranges, and no name or control data.
    retry(|| unsafe {
        libc::sendmsg(fd.as_raw_fd(), &raw const message, libc::MSG_NOSIGNAL | libc::MSG_DONTWAIT)
    })
}

/// Receives into the spans, without waiting; `peek` leaves the bytes in the queue. Says how many there were, and whether
/// a datagram was cut. Like recvmsg(2).
pub(crate) fn receive(fd: BorrowedFd<'_>, into: &[Span<'_>], peek: bool) -> Result<(usize, bool)> {
    let mut message = message(into);
    let flags = libc::MSG_DONTWAIT | libc::MSG_CMSG_CLOEXEC | if peek { libc::MSG_PEEK } else { 0 };
    // SAFETY: the header holds a list of writable ranges that no Rust reference covers, and no name or control data.
    let received = retry(|| unsafe { libc::recvmsg(fd.as_raw_fd(), &raw mut message, flags) })?;
    Ok((received, message.msg_flags & libc::MSG_TRUNC != 0))
}

/// Whether two descriptors share an open file, with its offset and flags. `false` also where the kernel does not say. Like
/// kcmp(2).
pub(crate) fn same_open_file(one: RawFd, other: RawFd) -> bool {
    const KCMP_FILE: libc::c_int = 0;
    let process = rustix::process::getpid().as_raw_nonzero().get();
    // SAFETY: the call takes numbers, and changes nothing.
    unsafe { libc::syscall(libc::SYS_kcmp, process, process, KCMP_FILE, one, other) == 0 }
}

fn append_at_once(fd: RawFd, from: &[Span<'_>]) -> Result<usize> {
    let list = &Span::as_iovecs(from)[..from.len().min(MOST)];
    // SAFETY: the ranges are readable. The offset -1 means the descriptor's own, which moves behind the bytes.
    retry(|| unsafe { libc::pwritev2(fd, list.as_ptr(), list.len() as i32, -1, libc::RWF_APPEND) })
}

/// Hands one span to `one`, and any other number to `many`: the kernel copies no list for one.
fn transfer(
    spans: &[Span<'_>],
    one: impl Fn(*mut libc::c_void, usize) -> isize,
    many: impl Fn(*const libc::iovec, i32) -> isize,
) -> Result<usize> {
    match Span::as_iovecs(spans) {
        [span] => retry(|| one(span.iov_base, span.iov_len)),
        list => retry(|| many(list.as_ptr(), list.len().min(MOST) as i32)),
    }
}

fn message(spans: &[Span<'_>]) -> libc::msghdr {
    let list = Span::as_iovecs(spans);
    // SAFETY: all zeros is a valid header: no name, no list, no control data.
    let mut message: libc::msghdr = unsafe { std::mem::zeroed() };
    message.msg_iov = list.as_ptr().cast_mut();
    message.msg_iovlen = list.len().min(MOST);
    message
}

/// Makes a call until no signal interrupts it.
fn retry(mut call: impl FnMut() -> isize) -> Result<usize> {
    loop {
        if let Ok(len) = usize::try_from(call()) {
            return Ok(len);
        }
        match std::io::Error::last_os_error().raw_os_error().map(rustix::io::Errno::from_raw_os_error) {
            Some(rustix::io::Errno::INTR) => {}
            Some(errno) => return Err(from_host(errno)),
            None => return Err(Errno::Io),
        }
    }
}
