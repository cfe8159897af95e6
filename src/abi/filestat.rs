//! What is known of a file (`filestat`) and of a descriptor (`fdstat`), and how both lie in memory.

use super::{Fdflags, Rights, Snapshot};

/// The type of what a descriptor or a name stands for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Filetype {
    /// None of the others.
    Unknown = 0,
    /// A disk or a part of one.
    BlockDevice = 1,
    /// A terminal, `/dev/null` and the like.
    CharacterDevice = 2,
    /// A directory.
    Directory = 3,
    /// A file.
    RegularFile = 4,
    /// A datagram socket.
    SocketDgram = 5,
    /// A stream socket, or a pipe: preview1 has no type for pipes, and this one says "no seeking".
    SocketStream = 6,
    /// A symbolic link.
    SymbolicLink = 7,
}

/// `filestat`. Times are ns since 1970, and 0 for what is earlier.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Filestat {
    /// The device that holds the file.
    pub dev: u64,
    /// The file's number on its device.
    pub ino: u64,
    /// Its type.
    pub filetype: Filetype,
    /// How many names it has.
    pub nlink: u64,
    /// Its size, bytes.
    pub size: u64,
    /// When it was last read, ns.
    pub atim: u64,
    /// When its data was last written, ns.
    pub mtim: u64,
    /// When its metadata last changed, ns.
    pub ctim: u64,
}

/// The size of the larger of the two layouts, bytes.
pub const FILESTAT_SIZE_MAX: usize = 64;

impl Filestat {
    /// The size of the layout, bytes: preview0 has a link count of 32 bits.
    pub const fn size(snapshot: Snapshot) -> usize {
        match snapshot {
            Snapshot::Preview0 => 56,
            Snapshot::Preview1 => 64,
        }
    }

    /// The bytes, of which the first [`Filestat::size`] count.
    pub fn encode(&self, snapshot: Snapshot) -> [u8; FILESTAT_SIZE_MAX] {
        let Self { dev, ino, filetype, nlink, size, atim, mtim, ctim } = *self;
        let mut bytes = [0; FILESTAT_SIZE_MAX];
        bytes[0..8].copy_from_slice(&dev.to_le_bytes());
        bytes[8..16].copy_from_slice(&ino.to_le_bytes());
        bytes[16] = filetype as u8;
        let rest = match snapshot {
            Snapshot::Preview0 => {
                let nlink = u32::try_from(nlink).unwrap_or(u32::MAX);
                bytes[20..24].copy_from_slice(&nlink.to_le_bytes());
                24
            }
            Snapshot::Preview1 => {
                bytes[24..32].copy_from_slice(&nlink.to_le_bytes());
                32
            }
        };
        for (at, value) in [size, atim, mtim, ctim].into_iter().enumerate() {
            bytes[rest + 8 * at..rest + 8 * at + 8].copy_from_slice(&value.to_le_bytes());
        }
        bytes
    }
}

/// `fdstat`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Fdstat {
    /// The type of what the descriptor stands for.
    pub filetype: Filetype,
    /// How it writes and waits.
    pub flags: Fdflags,
    /// What may be done with it.
    pub rights_base: Rights,
    /// What may be done with the descriptors opened through it.
    pub rights_inheriting: Rights,
}

/// The size of `fdstat`, bytes.
pub const FDSTAT_SIZE: usize = 24;

impl Fdstat {
    /// The bytes.
    pub fn encode(&self) -> [u8; FDSTAT_SIZE] {
        let Self { filetype, flags, rights_base, rights_inheriting } = *self;
        let mut bytes = [0; FDSTAT_SIZE];
        bytes[0] = filetype as u8;
        bytes[2..4].copy_from_slice(&(flags.bits() as u16).to_le_bytes());
        bytes[8..16].copy_from_slice(&rights_base.0.to_le_bytes());
        bytes[16..24].copy_from_slice(&rights_inheriting.0.to_le_bytes());
        bytes
    }
}
