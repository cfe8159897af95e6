//! The decoders of what guests pass and the encoders of what they get, each against a model written anew from the specification.

pub mod answers;
pub mod layouts;
pub mod listing;
pub mod memory;
pub mod polling;
pub mod texts;
pub mod tracing;

use preopen::abi::Snapshot;
use preopen::guest::{Guest, Memory, Strings};
use preopen::process::{Options, Process};

use crate::guest::{Arena, Manner, Script};
use crate::input::Input;
use crate::world::World;

/// How often a guest lets the engine look up before it is ended.
pub const PATIENCE: u32 = 40;

/// A guest with a memory of `len` bytes, each of which says where it is.
fn guest(arenas: &[Arena; 2], len: usize) -> Script<'_> {
    let [one, other] = arenas;
    let mut guest =
        Script::new([one, other], len, Manner { patience: PATIENCE, suspends: false, moves: false });
    let bytes: Vec<u8> = (0..len).map(|at| (at ^ at >> 8) as u8).collect();
    guest.store(0, &bytes);
    guest
}

/// The size of a memory: small, so that most numbers are near its end.
fn size(input: &mut Input<'_>) -> usize {
    match input.byte() {
        byte @ 0..100 => byte.into(),
        byte @ 100..200 => 256 * (usize::from(byte) - 99),
        _ => input.below(1 << 13),
    }
}

/// A number that a guest passes: near the end of its memory, of 31 or 32 bits, or anywhere.
fn word(input: &mut Input<'_>, len: usize) -> u32 {
    let len = len as u32;
    match input.byte() {
        byte @ 0..60 => byte.into(),
        byte @ 60..120 => len.wrapping_sub(u32::from(byte) - 60),
        byte @ 120..130 => len + u32::from(byte) - 120,
        byte @ 130..140 => u32::MAX - (u32::from(byte) - 130),
        byte @ 140..172 => 1 << (byte - 140),
        172..180 => input.word(),
        _ => (u64::from(input.half()) * u64::from(len.max(1)) / 65_536) as u32,
    }
}

/// Whose layouts are used.
fn snapshot(input: &mut Input<'_>) -> Snapshot {
    if input.byte() & 1 == 0 { Snapshot::Preview1 } else { Snapshot::Preview0 }
}

/// A process with nothing open.
fn process(args: Strings, env: Strings, snapshot: Snapshot, dot_entries: bool) -> Process {
    Process::new(Options { args, env, max_fds: 8, system: Box::new(World::default()), snapshot, dot_entries })
}

/// A process without anything.
fn bare(snapshot: Snapshot) -> Process {
    process(Strings::default(), Strings::default(), snapshot, false)
}

/// The memory of a guest.
fn memory<'g>(guest: &'g Script<'_>) -> Memory<'g> {
    guest.memory()
}
