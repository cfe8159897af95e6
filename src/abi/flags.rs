//! The sets of flags, each decoded from a guest's number.

use super::{Errno, Snapshot};

macro_rules! flags {
    ($(#[doc = $doc:literal])* $name:ident($width:ty): $($flag:ident = $bit:literal $flag_doc:literal)*) => {
        $(#[doc = $doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
        pub struct $name(u32);

        impl $name {
            $(#[doc = $flag_doc] pub const $flag: $name = $name(1 << $bit);)*
            const KNOWN: u32 = 0 $(| 1 << $bit)*;

            /// The flags' names, each at the place of its bit.
            pub const NAMES: &'static [&'static str] = &[$(stringify!($flag)),*];

            /// The known flags among a guest's bits; the others are dropped.
            pub const fn truncate(bits: u32) -> Self {
                Self(bits & Self::KNOWN)
            }

            /// A guest's bits, of which the specification has so many. Errors: `Inval` where one is unknown.
            pub const fn decode(bits: $width) -> Result<Self, Errno> {
                let bits = bits as u32;
                if bits & !Self::KNOWN == 0 { Ok(Self(bits)) } else { Err(Errno::Inval) }
            }

            /// The bits.
            pub const fn bits(self) -> u32 {
                self.0
            }

            /// Whether every flag of `other` is set.
            pub const fn contains(self, other: Self) -> bool {
                self.0 & other.0 == other.0
            }

            /// Whether any flag of `other` is set.
            pub const fn intersects(self, other: Self) -> bool {
                self.0 & other.0 != 0
            }

            /// Both sets together.
            pub const fn with(self, other: Self) -> Self {
                Self(self.0 | other.0)
            }
        }
    };
}

flags! {
    /// `fdflags`: how a descriptor writes and waits.
    Fdflags(u16):
    APPEND = 0 "Every write goes to the end."
    DSYNC = 1 "A write returns when its data is on the disk."
    NONBLOCK = 2 "A call that would wait answers `Again`."
    RSYNC = 3 "A read waits for pending writes."
    SYNC = 4 "A write returns when data and metadata are on the disk."
}
flags! {
    /// `fstflags`: which times to set, and to what.
    Fstflags(u16):
    ATIM = 0 "Set the access time to the value given."
    ATIM_NOW = 1 "Set the access time to now."
    MTIM = 2 "Set the modification time to the value given."
    MTIM_NOW = 3 "Set the modification time to now."
}
flags! {
    /// `lookupflags`: how a path is resolved.
    Lookupflags(u32):
    SYMLINK_FOLLOW = 0 "Follow a symbolic link in the last component."
}
flags! {
    /// `oflags`: what opening does besides.
    Oflags(u16):
    CREAT = 0 "Create the file where there is none."
    DIRECTORY = 1 "Fail unless it is a directory."
    EXCL = 2 "Fail where it exists."
    TRUNC = 3 "Cut the file to 0 bytes."
}
flags! {
    /// `riflags` of `sock_recv`.
    Riflags(u16):
    PEEK = 0 "Leave what was read in the queue."
    WAITALL = 1 "Wait until the buffers are full."
}
flags! {
    /// `sdflags` of `sock_shutdown`.
    Sdflags(u8):
    RD = 0 "No more receiving."
    WR = 1 "No more sending."
}

/// From where `fd_seek` counts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Whence {
    /// From the start of the file.
    Set,
    /// From the descriptor's offset.
    Cur,
    /// From the end of the file.
    End,
}

impl Whence {
    /// A guest's number, which the two snapshots order differently. Errors: `Inval`.
    pub const fn decode(snapshot: Snapshot, whence: u8) -> Result<Self, Errno> {
        match (snapshot, whence) {
            (Snapshot::Preview1, 0) | (Snapshot::Preview0, 2) => Ok(Self::Set),
            (Snapshot::Preview1, 1) | (Snapshot::Preview0, 0) => Ok(Self::Cur),
            (Snapshot::Preview1, 2) | (Snapshot::Preview0, 1) => Ok(Self::End),
            _ => Err(Errno::Inval),
        }
    }
}
