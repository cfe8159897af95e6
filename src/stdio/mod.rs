//! Byte streams: what a guest reads and writes without an offset of its own. The host's descriptors, sockets, and bytes in
//! memory.
//!
//! A stream never waits: it answers `Again`, and says on what its caller can wait.

mod buffer;
mod capture;
mod inherit;
mod null;
mod socket;
mod standard;

use std::os::fd::BorrowedFd;
use std::sync::Arc;

pub use buffer::Buffer;
pub use capture::Capture;
pub use inherit::Inherited;
pub use null::Null;
pub use socket::Socket;
pub use standard::duplicate;

use crate::abi::{Errno, Filestat, Filetype, Riflags, Sdflags, Whence};
use crate::span::Span;
use crate::vfs::{File, Result};

/// What a caller that got `Again` waits on.
pub enum Source<'a> {
    /// Nothing: the stream is always ready.
    Ready,
    /// A descriptor of the host, by poll(2).
    Fd(BorrowedFd<'a>),
    /// The engine's own events, which come only while the guest is suspended.
    Engine,
}

/// A stream of bytes.
pub trait Stream: Send + Sync {
    /// What is known of it. Like fstat(2).
    fn stat(&self) -> Result<Filestat>;

    /// Whether it is a terminal.
    fn is_terminal(&self) -> bool {
        false
    }

    /// Which ways it goes: (it can be read, it can be written).
    fn directions(&self) -> (bool, bool);

    /// Whether it is one that the host reads or writes as well: of a file the guest has the bytes that it reads and writes in
    /// passing, and none of the others.
    fn is_shared(&self) -> bool {
        false
    }

    /// On what to wait until it can be read or written.
    fn source(&self) -> Source<'_>;

    /// How many bytes can be read now, where that is known.
    fn available(&self) -> Option<u64> {
        None
    }

    /// Of one whose source is [`Source::Engine`]: whether it can be read or written now, and how many bytes can be read.
    /// Runs the engine.
    fn engine_ready(&self, _write: bool) -> Option<u64> {
        Some(0)
    }

    /// Whether its calls may run the guest's own engine, as those of a stream that the host wrote in JavaScript do. Its spans
    /// then are never over the guest's memory, which may be moved by that.
    fn runs_engine(&self) -> bool;

    /// Fills the spans with what there is; 0 is the end. Errors: `Again` where there is nothing yet.
    fn read(&self, into: &[Span<'_>]) -> Result<usize>;

    /// Takes what there is room for. Errors: `Again` where there is none yet, `Pipe` where nobody reads.
    fn write(&self, from: &[Span<'_>]) -> Result<usize>;

    /// Fills the spans with the bytes at `offset`, and leaves the stream's own. Errors: `Spipe`. Like preadv(2).
    fn read_at(&self, _into: &[Span<'_>], _offset: u64) -> Result<usize> {
        Err(Errno::Spipe)
    }

    /// Writes the spans at `offset`, and leaves the stream's own. Errors: `Spipe`. Like pwritev(2).
    fn write_at(&self, _from: &[Span<'_>], _offset: u64) -> Result<usize> {
        Err(Errno::Spipe)
    }

    /// Moves the offset (bytes) and says where it is now. Errors: `Spipe`. Like lseek(2).
    fn seek(&self, _offset: i64, _whence: Whence) -> Result<u64> {
        Err(Errno::Spipe)
    }

    /// The regular file behind it, for what needs no offset of the stream's own.
    fn as_file(&self) -> Option<&dyn File> {
        None
    }

    /// The socket that it is.
    fn as_socket(&self) -> Option<&Socket> {
        None
    }

    /// Takes a connection from a listening socket. Errors: `Again`, `Notsock`. Like accept(2).
    fn accept(&self) -> Result<Arc<dyn Stream>> {
        Err(Errno::Notsock)
    }

    /// Receives, and says how many bytes, and whether a datagram was cut. Errors: `Again`, `Notsock`. Like recvmsg(2).
    fn receive(&self, _into: &[Span<'_>], _flags: Riflags) -> Result<(usize, bool)> {
        Err(Errno::Notsock)
    }

    /// Sends. Errors: `Again`, `Notsock`, `Pipe`. Like sendmsg(2).
    fn send(&self, _from: &[Span<'_>]) -> Result<usize> {
        Err(Errno::Notsock)
    }

    /// Ends one way or both. Errors: `Notsock`, `Notconn`. Like shutdown(2).
    fn shutdown(&self, _how: Sdflags) -> Result<()> {
        Err(Errno::Notsock)
    }
}

/// What is known of a stream that no descriptor of the host's is behind: what a pipe is to a guest. A C library takes it for no
/// terminal, and so collects output before it writes.
pub const fn pipe() -> Filestat {
    Filestat {
        dev: 0,
        ino: 0,
        filetype: Filetype::SocketStream,
        nlink: 1,
        size: 0,
        atim: 0,
        mtim: 0,
        ctim: 0,
    }
}
