//! What one guest owns: its arguments, environment, descriptors, and its view of the world.

mod suspended;

use std::sync::Arc;

pub use suspended::{Awaited, Suspended, Suspension};

use crate::abi::{Errno, Snapshot};
use crate::fds::{Entry, Object, Table};
use crate::guest::Strings;
use crate::stdio::Stream;
use crate::system::System;
use crate::vfs::Dir;

/// One guest's state. Calls take it shared: threads of one guest use it at once.
pub struct Process {
    /// The arguments, the program's name first.
    pub args: Strings,
    /// The environment, each `KEY=value`.
    pub env: Strings,
    /// The descriptors.
    pub fds: Table,
    /// Clocks, randomness, waiting.
    pub system: Box<dyn System>,
    /// Whose numbers and layouts the guest uses.
    pub snapshot: Snapshot,
    /// Whether listings begin with `.` and `..`.
    pub dot_entries: bool,
    /// The calls that wait while their guest is suspended.
    pub suspended: Suspended,
}

/// What a guest is given besides its descriptors.
pub struct Options {
    /// The arguments, the program's name first.
    pub args: Strings,
    /// The environment, each `KEY=value`.
    pub env: Strings,
    /// How many descriptors it may have open.
    pub max_fds: u32,
    /// Clocks, randomness, waiting.
    pub system: Box<dyn System>,
    /// Whose numbers and layouts the guest uses.
    pub snapshot: Snapshot,
    /// Whether listings begin with `.` and `..`.
    pub dot_entries: bool,
}

impl Process {
    /// A guest without descriptors.
    pub fn new(options: Options) -> Self {
        let Options { args, env, max_fds, system, snapshot, dot_entries } = options;
        Self {
            args,
            env,
            fds: Table::new(max_fds),
            system,
            snapshot,
            dot_entries,
            suspended: Suspended::default(),
        }
    }

    /// Gives it a stream under the next number. Errors: `Mfile`, and why the stream can't be looked at.
    pub fn add_stream(&self, stream: Arc<dyn Stream>) -> Result<u32, Errno> {
        let filetype = stream.stat()?.filetype;
        self.fds.insert(Entry::new(Object::Stream(stream), filetype))
    }

    /// Gives it a directory under the next number and the guest's name for it. Errors: `Mfile`.
    pub fn add_preopen(&self, name: &[u8], dir: Box<dyn Dir>) -> Result<u32, Errno> {
        self.fds.insert(Entry::preopen(name.into(), dir))
    }
}
