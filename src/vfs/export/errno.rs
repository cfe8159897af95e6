//! Our errors as those of virtual-fs, which has fewer; what comes nearest to each, as Wasmer's WASIX shows it to a guest.

use std::io;

use virtual_fs::FsError;

use crate::abi::Errno;

/// The error of an operation on names.
pub(super) const fn to_fs(errno: Errno) -> FsError {
    match errno {
        Errno::Noent | Errno::Stale => FsError::EntryNotFound,
        Errno::Exist => FsError::AlreadyExists,
        Errno::Notdir => FsError::BaseNotDirectory,
        Errno::Isdir => FsError::NotAFile,
        Errno::Notempty => FsError::DirectoryNotEmpty,
        Errno::Badf => FsError::InvalidFd,
        Errno::Acces | Errno::Perm | Errno::Rofs | Errno::Notcapable | Errno::Txtbsy => {
            FsError::PermissionDenied
        }
        // WASIX makes EOVERFLOW of what is named a full storage, and ENOSPC of this.
        Errno::Nospc | Errno::Dquot | Errno::Fbig => FsError::WriteZero,
        Errno::Inval | Errno::Ilseq | Errno::Nametoolong | Errno::Loop | Errno::Spipe | Errno::Overflow => {
            FsError::InvalidInput
        }
        Errno::Notsup | Errno::Nosys | Errno::Xdev | Errno::Mlink => FsError::Unsupported,
        Errno::Nodev | Errno::Nxio => FsError::NoDevice,
        Errno::Again => FsError::WouldBlock,
        Errno::Intr => FsError::Interrupted,
        Errno::Timedout => FsError::TimedOut,
        Errno::Busy | Errno::Deadlk | Errno::Nolck => FsError::Lock,
        Errno::Pipe => FsError::BrokenPipe,
        Errno::Notconn => FsError::NotConnected,
        Errno::Connrefused => FsError::ConnectionRefused,
        Errno::Connreset => FsError::ConnectionReset,
        Errno::Connaborted => FsError::ConnectionAborted,
        Errno::Addrinuse => FsError::AddressInUse,
        Errno::Addrnotavail => FsError::AddressNotAvailable,
        _ => FsError::IOError,
    }
}

/// The error of a transfer. It holds the errno itself, for who looks.
pub(super) fn to_io(errno: Errno) -> io::Error {
    io::Error::new(io::Error::from(to_fs(errno)).kind(), errno)
}
