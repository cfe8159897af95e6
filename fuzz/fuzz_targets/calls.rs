#![no_main]
//! Random calls on random memory, over every kind of filesystem: whatever is passed, the promises hold.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock};

use libfuzzer_sys::fuzz_target;
use preopen::abi::Snapshot;
use preopen::vfs::memory::Usage;
use preopen::vfs::remove_contents;
use preopen_fuzz::calls;
use preopen_fuzz::check::Checker;
use preopen_fuzz::guest::{Arena, Manner, Script};
use preopen_fuzz::host::{Space, check_secret, open_descriptors};
use preopen_fuzz::input::Input;
use preopen_fuzz::plan::{Ground, Planned};
use preopen_fuzz::spec::SPECS;
use preopen_fuzz::stage::{Kind, LIMITS, Setup, Stage};
use preopen_fuzz::tree::look;

/// The most calls of one sequence.
const MOST: usize = 600;
/// The most calls of one on a disk.
const MOST_ON_HOST: usize = 60;

/// How large memories are, bytes. Most are small, so that looking at all of them costs little.
const SIZES: &[usize] = &[8192, 8192, 8192, 8192, 8192, 8192, 8192, 0xe10, 65_536, 0x960, 0x110, 40, 1, 0];

static ARENAS: LazyLock<[Arena; 2]> = LazyLock::new(|| [Arena::new(), Arena::new()]);
static SPACE: LazyLock<Space> = LazyLock::new(Space::new);

fuzz_target!(|bytes: &[u8]| {
    let mut input = Input::new(bytes);
    let kind = match input.byte() {
        0..160 => Kind::Memory,
        160..180 => Kind::Engine,
        180..205 => Kind::Overlay,
        205..225 => Kind::WithFiles,
        225..238 => Kind::ReadOnlyMemory,
        238..244 => Kind::Host,
        244..250 => Kind::Walk,
        250.. => Kind::ReadOnlyHost,
    };
    let how = input.byte();
    let snapshot = if how & 1 == 0 { Snapshot::Preview1 } else { Snapshot::Preview0 };
    let sockets = input.seldom(24);
    let setup = Setup {
        kind,
        snapshot,
        dot_entries: how & 2 != 0,
        max_fds: [12, 16, 9, 6][usize::from(how >> 2 & 3)],
        sockets,
        strings: how & 16 != 0,
    };
    let manner = Manner { patience: 40, suspends: how & 32 != 0, moves: input.seldom(20) };
    let len = input.pick(SIZES);
    let flips = input.seldom(50) && len > 0 && !manner.moves;

    let (seed, steps) = (input.half(), usize::from(input.byte()) * 2);
    input.add_tail(seed, steps);

    let before = if kind == Kind::Host || sockets { open_descriptors() } else { 0 };
    let stage = Stage::new(setup, LIMITS, &SPACE);
    let expected = stage.untouched.as_ref().map(|tree| look(Arc::clone(tree)));

    let [one, other] = &*ARENAS;
    let mut guest = Script::new([one, other], len, manner);
    let ends = AtomicBool::new(false);
    std::thread::scope(|scope| {
        if flips {
            let shared = guest.shared();
            let seed = input.byte();
            let ends = &ends;
            scope.spawn(move || flip(seed, ends, &shared));
        }
        let mut ground = Ground {
            len,
            snapshot,
            most_offset: if stage.is_on_host() && !SPACE.is_tmpfs { 1 << 40 } else { u64::MAX },
            open: Default::default(),
        };
        sequence(&mut input, &stage, &mut guest, &mut ground, flips, setup.max_fds);
        ends.store(true, Ordering::Relaxed);
    });

    if let (Some(expected), Some(tree)) = (expected, &stage.untouched) {
        assert_eq!(look(Arc::clone(tree)), expected, "what is only read was changed");
    }
    if stage.is_on_host() {
        check_secret(guest.bytes());
        SPACE.check_outside();
    }
    drop(guest);
    let memory = stage.memory.clone();
    drop(stage);
    if let Some(memory) = memory {
        remove_contents(Arc::new(memory.root())).expect("what is in memory can be removed");
        assert_eq!(memory.usage(), Usage { bytes: 0, inodes: 1 }, "what was taken is given back");
    }
    if before > 0 {
        assert_eq!(open_descriptors(), before, "the host's descriptors are closed with the process");
    }
});

fn sequence(
    input: &mut Input<'_>,
    stage: &Stage,
    guest: &mut Script<'_>,
    ground: &mut Ground,
    flips: bool,
    max_fds: u32,
) {
    let mut checker = Checker::new(&stage.process, guest, max_fds, flips);
    let shows = std::env::var_os("PREOPEN_FUZZ_SHOW").is_some();
    let mut made = 0;
    let most = if stage.is_on_host() { MOST_ON_HOST } else { MOST };
    while made < most && input.goes_on() {
        ground.look(&stage.process);
        let planned = Planned::choose(input, ground);
        if shows {
            eprintln!("{} {:x?} {:?}", SPECS[planned.number as usize].name, planned.args, planned.stores);
        }
        // A guest that has ended itself makes no more calls. Here it goes on, as other threads of it do for a moment.
        let _ = checker.make(&stage.process, guest, &planned);
        made += 1;
        if let Some(memory) = &stage.memory {
            let Usage { bytes, inodes } = memory.usage();
            assert!(
                bytes <= LIMITS.bytes && inodes <= LIMITS.inodes,
                "{bytes} bytes and {inodes} inodes are taken"
            );
        }
    }
    calls::count(made as u64);
}

/// Changes memory here and there, as another thread of a hostile guest does.
fn flip(seed: u8, ends: &AtomicBool, memory: &preopen_fuzz::guest::Shared) {
    let mut state = u64::from(seed) | 1 << 40;
    while !ends.load(Ordering::Relaxed) {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let at = (state >> 33) as usize;
        // Mostly lists and subscriptions: what is looked at twice.
        let at = if at & 3 == 0 { at >> 2 } else { 0x900 + (at >> 2) % 0x400 };
        memory.flip(at, (state >> 24) as u8);
    }
}
