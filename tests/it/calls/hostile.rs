//! Any call with any arguments: it answers, and the host is none the worse for it.

use preopen::abi::{IMPORTS, Param};
use preopen::calls::dispatch;
use proptest::prelude::*;
use proptest::strategy::Union;

use crate::scripted::{Script, World};

/// After how many slices of time the engine ends the guest.
const PATIENCE: u32 = 40;

/// Numbers that mean something, and some that only look like it.
fn number(param: Param) -> Union<BoxedStrategy<u64>> {
    let small = (0_u64..12).boxed();
    let places = prop_oneof![Just(256_u64), Just(512), Just(768), 0_u64..4096, 65_500_u64..65_560].boxed();
    let edges = (0_u32..64, -2_i64..3).prop_map(|(bit, by)| (1_u64 << bit).wrapping_add_signed(by)).boxed();
    match param {
        Param::U32 => Union::new_weighted(vec![(5, small), (4, places), (1, edges)]),
        Param::U64 => Union::new_weighted(vec![(3, small), (1, places), (3, edges)]),
    }
}

fn call() -> impl Strategy<Value = (usize, Vec<u64>)> {
    (0..IMPORTS.len()).prop_flat_map(|number| {
        let params: Vec<_> = IMPORTS[number].params.iter().map(|param| self::number(*param)).collect();
        (Just(number), params)
    })
}

proptest! {
    #[test]
    fn any_calls_are_answered(
        calls in proptest::collection::vec(call(), 1..50),
        memory in proptest::collection::vec(prop_oneof![Just(0_u8), Just(1), Just(3), Just(b'a'), Just(b'/'), Just(b'.')], 64),
    ) {
        let mut world = World::new();
        let (_reader, _writer) = (world.pipe_in(), world.pipe_out());
        world.open("file");
        world.open("dir");
        world.guest = Script::new().patient(PATIENCE);
        world.guest.put(0, &memory.repeat(64));
        // Words at known places: two good ranges, a path, a timer.
        world.guest.put(256, &[1024_u32, 16, 2048, 32].map(u32::to_le_bytes).concat());
        world.guest.put(512, b"dir/../file");
        world.guest.put(768, &[0; 48]);
        for (number, args) in &calls {
            world.guest.pauses = 0;
            // Any answer will do, but a panic or a call without end.
            let _ = dispatch(&world.process, &mut world.guest, *number as u32, |index| args[index]);
            prop_assert!(world.guest.pauses <= PATIENCE + 1);
        }
        prop_assert!(world.open_fds() <= 64);
    }
}
