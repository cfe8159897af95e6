//! What opening and setting times can be asked for.

/// How a file is to be used.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Access {
    /// To read.
    Read,
    /// To write.
    Write,
    /// To read and write.
    ReadWrite,
}

impl Access {
    /// Whether it includes writing.
    pub const fn writes(self) -> bool {
        matches!(self, Self::Write | Self::ReadWrite)
    }
}

/// How to open a name. Like the flags of openat(2).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OpenOptions {
    /// Follow a symbolic link in the last component; else such a link answers `Loop`.
    pub follow: bool,
    /// How it is to be used.
    pub access: Access,
    /// It must be a directory.
    pub directory: bool,
    /// Create it where it is missing, as a regular file.
    pub create: bool,
    /// With `create`: it must be missing.
    pub exclusive: bool,
    /// Cut it to 0 bytes, which is a write even where `access` has none.
    pub truncate: bool,
}

impl OpenOptions {
    /// To read, following links.
    pub const READ: Self = Self {
        follow: true,
        access: Access::Read,
        directory: false,
        create: false,
        exclusive: false,
        truncate: false,
    };

    /// Whether opening so can change anything.
    pub const fn changes(self) -> bool {
        let Self { follow: _, access, directory: _, create, exclusive: _, truncate } = self;
        access.writes() || create || truncate
    }
}

/// What to set a time to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SetTime {
    /// The time of the call.
    Now,
    /// ns since 1970.
    At(u64),
}

/// Which times to set; `None` leaves one as it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SetTimes {
    /// The time of the last read.
    pub access: Option<SetTime>,
    /// The time of the last write.
    pub modified: Option<SetTime>,
}
