//! What `poll_oneoff` is asked (`subscription`) and answers (`event`).

use super::{Errno, Snapshot};

/// The size of the larger of the two layouts of a subscription, bytes.
pub const SUBSCRIPTION_SIZE_MAX: usize = 56;
/// The size of an event, bytes, in both snapshots.
pub const EVENT_SIZE: usize = 32;

/// What a guest waits for, with the number that it knows the wait by.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Subscription {
    /// Returned in the event, untouched.
    pub userdata: u64,
    /// What to wait for.
    pub kind: EventType,
    /// The clock, where `kind` is one.
    pub clock: SubscriptionClock,
    /// The descriptor, where `kind` is one.
    pub fd: u32,
}

/// What a subscription waits for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum EventType {
    /// A time.
    Clock = 0,
    /// Bytes to read.
    FdRead = 1,
    /// Room to write.
    FdWrite = 2,
}

/// A time to wait for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct SubscriptionClock {
    /// The clock's number, not checked yet.
    pub id: u32,
    /// ns: how long from now, or until when.
    pub timeout: u64,
    /// Whether `timeout` is a time of the clock and not a span.
    pub absolute: bool,
}

impl Subscription {
    /// The size of the layout, bytes.
    pub const fn size(snapshot: Snapshot) -> usize {
        match snapshot {
            Snapshot::Preview0 => 56,
            Snapshot::Preview1 => 48,
        }
    }

    /// Reads one, from a buffer of [`SUBSCRIPTION_SIZE_MAX`] bytes of which the first [`Subscription::size`] count.
    /// Errors: `Inval` for an unknown type or unknown clock flags.
    pub fn decode(snapshot: Snapshot, bytes: &[u8; SUBSCRIPTION_SIZE_MAX]) -> Result<Self, Errno> {
        let word = |at: usize| u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]);
        let long = |at: usize| u64::from(word(at)) | u64::from(word(at + 4)) << 32;
        // In preview0 a clock begins with an identifier of its own, which nothing reads.
        let clock = match snapshot {
            Snapshot::Preview0 => 24,
            Snapshot::Preview1 => 16,
        };
        let kind = match bytes[8] {
            0 => EventType::Clock,
            1 => EventType::FdRead,
            2 => EventType::FdWrite,
            _ => return Err(Errno::Inval),
        };
        let flags = word(clock + 24) & 0xffff;
        if kind == EventType::Clock && flags > 1 {
            return Err(Errno::Inval);
        }
        Ok(Self {
            userdata: long(0),
            kind,
            clock: SubscriptionClock { id: word(clock), timeout: long(clock + 8), absolute: flags & 1 == 1 },
            fd: word(16),
        })
    }
}

/// What came of a subscription.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Event {
    /// The subscription's number.
    pub userdata: u64,
    /// What was waited for.
    pub kind: EventType,
    /// Why it can't be waited for.
    pub error: Option<Errno>,
    /// How many bytes there are to read, where that is known.
    pub nbytes: u64,
    /// Whether the peer has closed.
    pub hangup: bool,
}

impl Event {
    /// The bytes.
    pub fn encode(&self) -> [u8; EVENT_SIZE] {
        let Self { userdata, kind, error, nbytes, hangup } = *self;
        let mut bytes = [0; EVENT_SIZE];
        bytes[0..8].copy_from_slice(&userdata.to_le_bytes());
        bytes[8..10].copy_from_slice(&error.map_or(0, |errno| errno as u16).to_le_bytes());
        bytes[10] = kind as u8;
        bytes[16..24].copy_from_slice(&nbytes.to_le_bytes());
        bytes[24] = u8::from(hangup);
        bytes
    }
}
