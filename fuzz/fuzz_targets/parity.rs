#![no_main]
//! The same calls on a filesystem in memory and on a directory of the host's: the same answers, and the same trees at the end.

use std::sync::{Arc, LazyLock};

use libfuzzer_sys::fuzz_target;
use preopen::abi::Snapshot;
use preopen::calls::{Call, Halt, dispatch};
use preopen::vfs::host::Resolution;
use preopen::vfs::memory::Limits;
use preopen_fuzz::calls;
use preopen_fuzz::guest::{Arena, Manner, Script};
use preopen_fuzz::host::{Space, check_secret};
use preopen_fuzz::input::Input;
use preopen_fuzz::parity::Parity;
use preopen_fuzz::plan::{Ground, Planned};
use preopen_fuzz::spec::SPECS;
use preopen_fuzz::stage::{Kind, Setup, Stage};
use preopen_fuzz::tree::look;

/// The most calls of one sequence.
const MOST: usize = 150;

/// How large the memories are, bytes: so small that lists of ranges cannot fill a disk.
const LEN: usize = 0x1400;

static ARENAS: LazyLock<[Arena; 3]> = LazyLock::new(|| [Arena::new(), Arena::new(), Arena::new()]);
static SPACE: LazyLock<Space> = LazyLock::new(Space::new);

fuzz_target!(|bytes: &[u8]| {
    let mut input = Input::new(bytes);
    let how = input.byte();
    let snapshot = if how & 1 == 0 { Snapshot::Preview1 } else { Snapshot::Preview0 };
    let setup = |kind| Setup {
        kind,
        snapshot,
        dot_entries: how & 2 != 0,
        max_fds: if how & 4 == 0 { 12 } else { 8 },
        sockets: false,
        strings: true,
    };
    let (seed, steps) = (input.half(), usize::from(input.byte()) / 2);
    input.add_tail(seed, steps);
    let kind = if how & 8 == 0 { Kind::Host } else { Kind::Walk };
    let host = Stage::new(setup(kind), Limits::default(), &SPACE);
    let memory = Stage::new(setup(Kind::Memory), Limits::default(), &SPACE);
    let manner = Manner { patience: 40, suspends: false, moves: false };
    let [one, other, spare] = &*ARENAS;
    let (mut on_host, mut in_memory) =
        (Script::new([one, spare], LEN, manner), Script::new([other, spare], LEN, manner));
    let mut parity = Parity::new(snapshot, SPACE.is_tmpfs);
    let mut ground = Ground {
        len: LEN,
        snapshot,
        most_offset: if SPACE.is_tmpfs { u64::MAX } else { 1 << 40 },
        open: Default::default(),
    };
    let shows = std::env::var_os("PREOPEN_FUZZ_SHOW").is_some();

    let mut made = 0;
    while made < MOST && input.goes_on() {
        ground.look(&memory.process);
        let planned = Planned::choose(&mut input, &ground);
        parity.learn(planned.number, &planned.args);
        let theirs = make(&host, &mut on_host, &planned);
        let ours = make(&memory, &mut in_memory, &planned);
        made += 1;
        let name = SPECS[planned.number as usize].name;
        if shows {
            eprintln!("{name} {:x?} {:?}: {theirs:?}, {ours:?}", planned.args, planned.stores);
        }
        assert_eq!(theirs, ours, "{name}: the host's answer, and that of memory");
        if theirs.is_ok() {
            parity.level(planned.number, &planned.args, &mut on_host, &mut in_memory);
        }
        if on_host.bytes() != in_memory.bytes() {
            let at = on_host.bytes().iter().zip(in_memory.bytes()).position(|(one, other)| one != other);
            panic!("{name}: the host and memory left different bytes at {at:x?}");
        }
    }
    calls::count(2 * made as u64);

    check_secret(on_host.bytes());
    SPACE.check_outside();
    let root = memory.memory.as_ref().expect("it is in memory").root();
    parity.compare(&look(Arc::new(SPACE.again(Resolution::Walk))), &look(Arc::new(root)));
});

fn make(stage: &Stage, guest: &mut Script<'_>, planned: &Planned) -> Call {
    for (ptr, bytes) in &planned.stores {
        guest.store(*ptr, bytes);
    }
    guest.begin();
    let outcome = dispatch(&stage.process, guest, planned.number, |at| planned.args[at]);
    assert_ne!(outcome, Err(Halt::Suspended));
    outcome
}
