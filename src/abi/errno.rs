//! The error codes of preview1, which are the only errors that the core knows.

/// Declares the codes once: the Rust name, the number, and the POSIX name.
macro_rules! errnos {
    ($($variant:ident = $number:literal $name:literal $doc:literal)*) => {
        /// Why a call failed: `errno` of preview1, never success.
        #[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
        #[repr(u16)]
        pub enum Errno {
            $(#[doc = $doc] $variant = $number,)*
        }

        impl Errno {
            /// Every code, by number.
            pub const ALL: &[Errno] = &[$(Errno::$variant,)*];

            /// The POSIX name, such as `ENOENT`.
            pub const fn name(self) -> &'static str {
                match self { $(Errno::$variant => $name,)* }
            }
        }
    };
}

errnos! {
    Toobig = 1 "E2BIG" "Argument list too long."
    Acces = 2 "EACCES" "Permission denied."
    Addrinuse = 3 "EADDRINUSE" "Address in use."
    Addrnotavail = 4 "EADDRNOTAVAIL" "Address not available."
    Afnosupport = 5 "EAFNOSUPPORT" "Address family not supported."
    Again = 6 "EAGAIN" "Resource unavailable, or the operation would block."
    Already = 7 "EALREADY" "Connection already in progress."
    Badf = 8 "EBADF" "Bad file descriptor."
    Badmsg = 9 "EBADMSG" "Bad message."
    Busy = 10 "EBUSY" "Device or resource busy."
    Canceled = 11 "ECANCELED" "Operation canceled."
    Child = 12 "ECHILD" "No child processes."
    Connaborted = 13 "ECONNABORTED" "Connection aborted."
    Connrefused = 14 "ECONNREFUSED" "Connection refused."
    Connreset = 15 "ECONNRESET" "Connection reset."
    Deadlk = 16 "EDEADLK" "Resource deadlock would occur."
    Destaddrreq = 17 "EDESTADDRREQ" "Destination address required."
    Dom = 18 "EDOM" "Mathematics argument out of domain of function."
    Dquot = 19 "EDQUOT" "Disk quota exceeded."
    Exist = 20 "EEXIST" "File exists."
    Fault = 21 "EFAULT" "Bad address."
    Fbig = 22 "EFBIG" "File too large."
    Hostunreach = 23 "EHOSTUNREACH" "Host is unreachable."
    Idrm = 24 "EIDRM" "Identifier removed."
    Ilseq = 25 "EILSEQ" "Illegal byte sequence."
    Inprogress = 26 "EINPROGRESS" "Operation in progress."
    Intr = 27 "EINTR" "Interrupted function."
    Inval = 28 "EINVAL" "Invalid argument."
    Io = 29 "EIO" "I/O error."
    Isconn = 30 "EISCONN" "Socket is connected."
    Isdir = 31 "EISDIR" "Is a directory."
    Loop = 32 "ELOOP" "Too many levels of symbolic links."
    Mfile = 33 "EMFILE" "File descriptor value too large."
    Mlink = 34 "EMLINK" "Too many links."
    Msgsize = 35 "EMSGSIZE" "Message too large."
    Multihop = 36 "EMULTIHOP" "Reserved."
    Nametoolong = 37 "ENAMETOOLONG" "Filename too long."
    Netdown = 38 "ENETDOWN" "Network is down."
    Netreset = 39 "ENETRESET" "Connection aborted by network."
    Netunreach = 40 "ENETUNREACH" "Network unreachable."
    Nfile = 41 "ENFILE" "Too many files open in system."
    Nobufs = 42 "ENOBUFS" "No buffer space available."
    Nodev = 43 "ENODEV" "No such device."
    Noent = 44 "ENOENT" "No such file or directory."
    Noexec = 45 "ENOEXEC" "Executable file format error."
    Nolck = 46 "ENOLCK" "No locks available."
    Nolink = 47 "ENOLINK" "Reserved."
    Nomem = 48 "ENOMEM" "Not enough space."
    Nomsg = 49 "ENOMSG" "No message of the desired type."
    Noprotoopt = 50 "ENOPROTOOPT" "Protocol not available."
    Nospc = 51 "ENOSPC" "No space left on device."
    Nosys = 52 "ENOSYS" "Function not supported."
    Notconn = 53 "ENOTCONN" "The socket is not connected."
    Notdir = 54 "ENOTDIR" "Not a directory or a symbolic link to a directory."
    Notempty = 55 "ENOTEMPTY" "Directory not empty."
    Notrecoverable = 56 "ENOTRECOVERABLE" "State not recoverable."
    Notsock = 57 "ENOTSOCK" "Not a socket."
    Notsup = 58 "ENOTSUP" "Not supported, or operation not supported on socket."
    Notty = 59 "ENOTTY" "Inappropriate I/O control operation."
    Nxio = 60 "ENXIO" "No such device or address."
    Overflow = 61 "EOVERFLOW" "Value too large, or a range outside the guest's memory."
    Ownerdead = 62 "EOWNERDEAD" "Previous owner died."
    Perm = 63 "EPERM" "Operation not permitted."
    Pipe = 64 "EPIPE" "Broken pipe."
    Proto = 65 "EPROTO" "Protocol error."
    Protonosupport = 66 "EPROTONOSUPPORT" "Protocol not supported."
    Prototype = 67 "EPROTOTYPE" "Protocol wrong type for socket."
    Range = 68 "ERANGE" "Result too large."
    Rofs = 69 "EROFS" "Read-only file system."
    Spipe = 70 "ESPIPE" "Invalid seek."
    Srch = 71 "ESRCH" "No such process."
    Stale = 72 "ESTALE" "Stale file handle."
    Timedout = 73 "ETIMEDOUT" "Connection timed out."
    Txtbsy = 74 "ETXTBSY" "Text file busy."
    Xdev = 75 "EXDEV" "Cross-device link."
    Notcapable = 76 "ENOTCAPABLE" "Capabilities insufficient."
}

impl std::fmt::Display for Errno {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

// So that it survives inside the errors of other crates.
impl std::error::Error for Errno {}
