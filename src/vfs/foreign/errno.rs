//! The errors of virtual-fs as ours.

use std::io;

use virtual_fs::FsError;

use crate::abi::Errno;
use crate::vfs::host::from_host;

/// The error of an operation on names.
pub(super) const fn from_fs(error: FsError) -> Errno {
    match error {
        FsError::BaseNotDirectory => Errno::Notdir,
        FsError::NotAFile => Errno::Isdir,
        FsError::InvalidFd => Errno::Badf,
        FsError::AlreadyExists => Errno::Exist,
        FsError::AddressInUse => Errno::Addrinuse,
        FsError::AddressNotAvailable => Errno::Addrnotavail,
        FsError::BrokenPipe => Errno::Pipe,
        FsError::ConnectionAborted => Errno::Connaborted,
        FsError::ConnectionRefused => Errno::Connrefused,
        FsError::ConnectionReset => Errno::Connreset,
        FsError::Interrupted => Errno::Intr,
        FsError::InvalidInput => Errno::Inval,
        FsError::NotConnected => Errno::Notconn,
        FsError::EntryNotFound => Errno::Noent,
        FsError::NoDevice => Errno::Nodev,
        FsError::PermissionDenied => Errno::Acces,
        FsError::TimedOut => Errno::Timedout,
        FsError::WouldBlock => Errno::Again,
        FsError::WriteZero | FsError::StorageFull => Errno::Nospc,
        FsError::DirectoryNotEmpty => Errno::Notempty,
        FsError::Unsupported => Errno::Notsup,
        // A lock that is broken is one in which somebody panicked.
        FsError::Lock
        | FsError::IOError
        | FsError::InvalidData
        | FsError::UnexpectedEof
        | FsError::UnknownError => Errno::Io,
    }
}

/// The error of a transfer: our own where it comes from one of our directories, the host's where it comes from the host,
/// and what its kind says otherwise.
pub(super) fn from_io(error: &io::Error) -> Errno {
    use io::ErrorKind;
    if let Some(errno) = error.get_ref().and_then(|inner| inner.downcast_ref::<Errno>()) {
        return *errno;
    }
    if let Some(code) = error.raw_os_error() {
        return from_host(rustix::io::Errno::from_raw_os_error(code));
    }
    match error.kind() {
        ErrorKind::NotFound => Errno::Noent,
        ErrorKind::PermissionDenied => Errno::Acces,
        ErrorKind::AlreadyExists => Errno::Exist,
        ErrorKind::WouldBlock => Errno::Again,
        ErrorKind::NotADirectory => Errno::Notdir,
        ErrorKind::IsADirectory => Errno::Isdir,
        ErrorKind::DirectoryNotEmpty => Errno::Notempty,
        ErrorKind::ReadOnlyFilesystem => Errno::Rofs,
        ErrorKind::StaleNetworkFileHandle => Errno::Stale,
        ErrorKind::InvalidInput => Errno::Inval,
        ErrorKind::TimedOut => Errno::Timedout,
        ErrorKind::WriteZero | ErrorKind::StorageFull => Errno::Nospc,
        ErrorKind::NotSeekable => Errno::Spipe,
        ErrorKind::QuotaExceeded => Errno::Dquot,
        ErrorKind::FileTooLarge => Errno::Fbig,
        ErrorKind::ResourceBusy => Errno::Busy,
        ErrorKind::ExecutableFileBusy => Errno::Txtbsy,
        ErrorKind::Deadlock => Errno::Deadlk,
        ErrorKind::CrossesDevices => Errno::Xdev,
        ErrorKind::TooManyLinks => Errno::Mlink,
        ErrorKind::InvalidFilename => Errno::Nametoolong,
        ErrorKind::ArgumentListTooLong => Errno::Toobig,
        ErrorKind::Interrupted => Errno::Intr,
        ErrorKind::Unsupported => Errno::Notsup,
        ErrorKind::OutOfMemory => Errno::Nomem,
        ErrorKind::BrokenPipe => Errno::Pipe,
        ErrorKind::NotConnected => Errno::Notconn,
        ErrorKind::ConnectionRefused => Errno::Connrefused,
        ErrorKind::ConnectionReset => Errno::Connreset,
        ErrorKind::ConnectionAborted => Errno::Connaborted,
        _ => Errno::Io,
    }
}
