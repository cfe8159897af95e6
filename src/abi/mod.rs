//! Preview1 as specified, data only: the table of functions, the codes, the flags, the layouts. It has no behaviour.

mod dirent;
mod errno;
mod filestat;
mod flags;
pub(crate) mod imports;
pub mod names;
mod rights;
mod subscription;

pub use dirent::{DIRENT_SIZE, encode_dirent};
pub use errno::Errno;
pub use filestat::{FDSTAT_SIZE, FILESTAT_SIZE_MAX, Fdstat, Filestat, Filetype};
pub use flags::{Fdflags, Fstflags, Lookupflags, Oflags, Riflags, Sdflags, Whence};
pub use imports::{IMPORTS, Import, MAX_PARAMS, Param};
pub use rights::Rights;
pub use subscription::{
    EVENT_SIZE, Event, EventType, SUBSCRIPTION_SIZE_MAX, Subscription, SubscriptionClock,
};

/// Which of the two snapshots a guest was built for. Preview0 has the same functions with other numbers for `whence` and
/// other layouts for `filestat` and `subscription`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Snapshot {
    /// `wasi_unstable`.
    Preview0,
    /// `wasi_snapshot_preview1`.
    #[default]
    Preview1,
}

/// The clocks of preview1.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ClockId {
    /// Wall time, ns since 1970-01-01T00:00:00Z; can be set back.
    Realtime,
    /// Time since some point in the past; never goes back.
    Monotonic,
    /// CPU time of the whole host process.
    ProcessCpuTime,
    /// CPU time of the calling thread.
    ThreadCpuTime,
}

impl ClockId {
    /// Reads a guest's clock number. Errors: `Inval`.
    pub fn decode(id: u32) -> Result<Self, Errno> {
        match id {
            0 => Ok(Self::Realtime),
            1 => Ok(Self::Monotonic),
            2 => Ok(Self::ProcessCpuTime),
            3 => Ok(Self::ThreadCpuTime),
            _ => Err(Errno::Inval),
        }
    }
}
