//! What the arguments of each function are: a row for each, in the order of the table of imports.

use crate::abi::{Fdflags, Fstflags, Lookupflags, Oflags, Riflags, Rights, Sdflags, names};

/// One thing that a guest passes: of one argument, or of an address and the length that follows it.
#[derive(Clone, Copy)]
pub enum Shape {
    /// A descriptor.
    Fd,
    /// A number of 32 bits.
    Number,
    /// A number of 64 bits.
    Long,
    /// An offset of 64 bits with a sign.
    Offset,
    /// Rights.
    Rights,
    /// A set of flags, by their names.
    Flags(&'static [&'static str]),
    /// A number with a name.
    Name(&'static [&'static str]),
    /// From where `fd_seek` counts: the snapshots differ.
    Whence,
    /// A path, or the text of a link: address and length.
    Text,
    /// A list of ranges of which the bytes are the guest's: address and count.
    Give,
    /// A list of ranges that are filled: address and count, and the argument with the place of their sum.
    Take(usize),
    /// Subscriptions, and the events for them: both addresses and the count of the first, and the place of the other count.
    Poll,
    /// Where a number goes: of 16 bits with names, of 32 or 64 bits.
    Roflags,
    /// As above.
    Out32,
    /// As above.
    Out64,
    /// Where a descriptor goes.
    OutFd,
    /// Where a structure goes.
    Fdstat,
    /// As above.
    Filestat,
    /// As above.
    Prestat,
    /// Where strings go, and their bytes: two addresses.
    Strings,
    /// Where all of a text goes: address and length.
    OutText,
    /// Where a part of a text goes: address, length, and the place of its own length.
    OutTextUsed,
    /// Where entries of a directory go: address, length, then the cookie and the place of the entries' length.
    Entries,
    /// Where random bytes go: address and length.
    OutData,
}

impl Shape {
    /// How many arguments it is.
    pub const fn params(self) -> usize {
        match self {
            Self::Text | Self::Give | Self::Take(_) | Self::Strings | Self::OutText | Self::OutData => 2,
            Self::OutTextUsed => 3,
            Self::Poll | Self::Entries => 4,
            _ => 1,
        }
    }
}

use Shape::{
    Entries, Fd, Fdstat, Filestat, Give, Long, Number, Offset, Out32, Out64, OutData, OutFd, OutText,
    OutTextUsed, Poll, Prestat, Rights as R, Roflags, Strings, Take, Text, Whence,
};

const FDFLAGS: Shape = Shape::Flags(Fdflags::NAMES);
const LOOKUP: Shape = Shape::Flags(Lookupflags::NAMES);
const FSTFLAGS: Shape = Shape::Flags(Fstflags::NAMES);
const CLOCK: Shape = Shape::Name(names::CLOCKID);

/// The rows, by a function's number.
pub const SHAPES: &[(&str, &[Shape])] = &[
    ("args_get", &[Strings]),
    ("args_sizes_get", &[Out32, Out32]),
    ("environ_get", &[Strings]),
    ("environ_sizes_get", &[Out32, Out32]),
    ("clock_res_get", &[CLOCK, Out64]),
    ("clock_time_get", &[CLOCK, Long, Out64]),
    ("fd_advise", &[Fd, Long, Long, Shape::Name(names::ADVICE)]),
    ("fd_allocate", &[Fd, Long, Long]),
    ("fd_close", &[Fd]),
    ("fd_datasync", &[Fd]),
    ("fd_fdstat_get", &[Fd, Fdstat]),
    ("fd_fdstat_set_flags", &[Fd, FDFLAGS]),
    ("fd_fdstat_set_rights", &[Fd, R, R]),
    ("fd_filestat_get", &[Fd, Filestat]),
    ("fd_filestat_set_size", &[Fd, Long]),
    ("fd_filestat_set_times", &[Fd, Long, Long, FSTFLAGS]),
    ("fd_pread", &[Fd, Take(4), Long, Out32]),
    ("fd_prestat_get", &[Fd, Prestat]),
    ("fd_prestat_dir_name", &[Fd, OutText]),
    ("fd_pwrite", &[Fd, Give, Long, Out32]),
    ("fd_read", &[Fd, Take(3), Out32]),
    ("fd_readdir", &[Fd, Entries]),
    ("fd_renumber", &[Fd, Fd]),
    ("fd_seek", &[Fd, Offset, Whence, Out64]),
    ("fd_sync", &[Fd]),
    ("fd_tell", &[Fd, Out64]),
    ("fd_write", &[Fd, Give, Out32]),
    ("path_create_directory", &[Fd, Text]),
    ("path_filestat_get", &[Fd, LOOKUP, Text, Filestat]),
    ("path_filestat_set_times", &[Fd, LOOKUP, Text, Long, Long, FSTFLAGS]),
    ("path_link", &[Fd, LOOKUP, Text, Fd, Text]),
    ("path_open", &[Fd, LOOKUP, Text, Shape::Flags(Oflags::NAMES), R, R, FDFLAGS, OutFd]),
    ("path_readlink", &[Fd, Text, OutTextUsed]),
    ("path_remove_directory", &[Fd, Text]),
    ("path_rename", &[Fd, Text, Fd, Text]),
    ("path_symlink", &[Text, Fd, Text]),
    ("path_unlink_file", &[Fd, Text]),
    ("poll_oneoff", &[Poll]),
    ("proc_exit", &[Number]),
    ("proc_raise", &[Shape::Name(names::SIGNAL)]),
    ("random_get", &[OutData]),
    ("sched_yield", &[]),
    ("sock_accept", &[Fd, FDFLAGS, OutFd]),
    ("sock_recv", &[Fd, Take(4), Shape::Flags(Riflags::NAMES), Out32, Roflags]),
    ("sock_send", &[Fd, Give, Number, Out32]),
    ("sock_shutdown", &[Fd, Shape::Flags(Sdflags::NAMES)]),
];

/// The names of all rights.
pub const RIGHTS: &[&str] = Rights::NAMES;
