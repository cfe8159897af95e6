//! What a number or a place in memory means, decoded: the one form of which the line and the host's objects are made.

/// A decoded argument or result.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Value {
    /// A descriptor, and the guest's name for it where it was open from the start.
    Fd(u32, Option<Box<[u8]>>),
    /// A number of 32 bits.
    Number(u32),
    /// A number of 64 bits.
    Long(u64),
    /// How many bytes there is room for; of a very long list of ranges, in those that were looked at.
    Size(u64),
    /// An offset, which may be negative.
    Offset(i64),
    /// A number that the specification has a name for.
    Name(&'static str),
    /// Flags: the names of those known, and the bits of the others.
    Flags {
        /// The names, in the order of their bits.
        names: Vec<&'static str>,
        /// All bits.
        bits: u64,
        /// The bits that have no name.
        unknown: u64,
    },
    /// Text, and whether it goes on.
    Text(Vec<u8>, bool),
    /// The first bytes of data, range by range.
    Data {
        /// The beginnings of the first ranges.
        ranges: Vec<Vec<u8>>,
        /// Whether a range, or the list of them, goes on.
        cut: bool,
        /// How many bytes there are in all; of a very long list, in the ranges that were looked at.
        total: u64,
    },
    /// A list, and whether it goes on.
    List(Vec<Value>, bool),
    /// Named parts.
    Record(Vec<Field>),
    /// An address at which there is no such thing: outside of the memory.
    Address(u32),
}

/// A value under the specification's name.
pub type Field = (&'static str, Value);

/// What came of a call.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// It returned success.
    Success,
    /// It returned this.
    Errno(crate::abi::Errno),
    /// It did not return: it ended the guest, or the guest was ended meanwhile.
    None,
}

impl Outcome {
    /// `SUCCESS`, or the errno's POSIX name. `None` where it did not return.
    pub const fn name(self) -> Option<&'static str> {
        match self {
            Self::Success => Some("SUCCESS"),
            Self::Errno(errno) => Some(errno.name()),
            Self::None => None,
        }
    }
}

/// One call, decoded.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Event {
    /// The specification's name of the function.
    pub name: &'static str,
    /// What the guest passed; without the places of results.
    pub args: Vec<Field>,
    /// What came of it.
    pub outcome: Outcome,
    /// What the guest got besides, in the order of the parameters; only after success.
    pub results: Vec<Field>,
    /// How long it took, ns.
    pub duration: u64,
}
