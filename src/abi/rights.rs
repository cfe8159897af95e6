//! Rights: what a guest may do with a descriptor. They are the guest's own limits; the host's are on the mount.

use super::Filetype;

macro_rules! rights {
    ($($name:ident = $bit:literal $doc:literal)*) => {
        impl Rights {
            $(#[doc = $doc] pub const $name: Rights = Rights(1 << $bit);)*

            /// The rights' names, each at the place of its bit.
            pub const NAMES: &'static [&'static str] = &[$(stringify!($name)),*];
        }
    };
}

/// A set of rights.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Rights(pub u64);

rights! {
    FD_DATASYNC = 0 "`fd_datasync`."
    FD_READ = 1 "`fd_read` and `sock_recv`."
    FD_SEEK = 2 "`fd_seek`; implies `FD_TELL`."
    FD_FDSTAT_SET_FLAGS = 3 "`fd_fdstat_set_flags`."
    FD_SYNC = 4 "`fd_sync`."
    FD_TELL = 5 "`fd_tell`."
    FD_WRITE = 6 "`fd_write` and `sock_send`."
    FD_ADVISE = 7 "`fd_advise`."
    FD_ALLOCATE = 8 "`fd_allocate`."
    PATH_CREATE_DIRECTORY = 9 "`path_create_directory`."
    PATH_CREATE_FILE = 10 "`path_open` with `CREAT`."
    PATH_LINK_SOURCE = 11 "`path_link` from here."
    PATH_LINK_TARGET = 12 "`path_link` to here."
    PATH_OPEN = 13 "`path_open`."
    FD_READDIR = 14 "`fd_readdir`."
    PATH_READLINK = 15 "`path_readlink`."
    PATH_RENAME_SOURCE = 16 "`path_rename` from here."
    PATH_RENAME_TARGET = 17 "`path_rename` to here."
    PATH_FILESTAT_GET = 18 "`path_filestat_get`."
    PATH_FILESTAT_SET_SIZE = 19 "`path_open` with `TRUNC`."
    PATH_FILESTAT_SET_TIMES = 20 "`path_filestat_set_times`."
    FD_FILESTAT_GET = 21 "`fd_filestat_get`."
    FD_FILESTAT_SET_SIZE = 22 "`fd_filestat_set_size`."
    FD_FILESTAT_SET_TIMES = 23 "`fd_filestat_set_times`."
    PATH_SYMLINK = 24 "`path_symlink`."
    PATH_REMOVE_DIRECTORY = 25 "`path_remove_directory`."
    PATH_UNLINK_FILE = 26 "`path_unlink_file`."
    POLL_FD_READWRITE = 27 "`poll_oneoff` on this descriptor."
    SOCK_SHUTDOWN = 28 "`sock_shutdown`."
    SOCK_ACCEPT = 29 "`sock_accept`."
}

impl Rights {
    /// No right at all.
    pub const NONE: Rights = Rights(0);
    /// Every right there is.
    pub const ALL: Rights = Rights(0x3fff_ffff);

    /// Both sets together.
    pub const fn with(self, other: Rights) -> Rights {
        Rights(self.0 | other.0)
    }

    /// What both sets have.
    pub const fn and(self, other: Rights) -> Rights {
        Rights(self.0 & other.0)
    }

    /// This set without the other.
    pub const fn without(self, other: Rights) -> Rights {
        Rights(self.0 & !other.0)
    }

    /// Whether every right of `other` is here.
    pub const fn contains(self, other: Rights) -> bool {
        self.0 & other.0 == other.0
    }

    /// Whether any right of `other` is here.
    pub const fn intersects(self, other: Rights) -> bool {
        self.0 & other.0 != 0
    }

    /// The most that a descriptor of a type can have: (base, inheriting). `terminal` tells a terminal from the other
    /// character devices.
    pub const fn of(filetype: Filetype, terminal: bool) -> (Rights, Rights) {
        match filetype {
            Filetype::Directory => (Rights(0x0fbf_fe98), Rights(0x0fff_ffff)),
            Filetype::RegularFile => (Rights(0x08e0_01ff), Rights::NONE),
            Filetype::SocketStream | Filetype::SocketDgram => (Rights(0x3820_004a), Rights::ALL),
            Filetype::CharacterDevice if terminal => (Rights(0x0820_004a), Rights::NONE),
            Filetype::CharacterDevice | Filetype::BlockDevice => (Rights::ALL, Rights::ALL),
            Filetype::Unknown | Filetype::SymbolicLink => (Rights::NONE, Rights::NONE),
        }
    }
}
