//! Randomness.

use preopen::abi::Errno;
use preopen::calls::Halt;
use preopen::system::{Host, System};

use crate::scripted::{Script, World, random};

#[test]
fn every_byte_asked_for_is_written_and_no_other() {
    // Around the sizes in which it is made.
    let mut world = World::new();
    let mut made = 0;
    for len in [0, 1, 16, 63, 64, 65, 511, 512, 513, 1024, 1087, 1088, 1089, 20_000] {
        let before = world.guest.bytes();
        let answer = world.call("random_get", &[1000, len]);
        let after = world.guest.bytes();
        assert_eq!(answer, Ok(()));
        let len = len as usize;
        assert!(before[..1000] == after[..1000] && before[1000 + len..] == after[1000 + len..], "{len}");
        let found = &after[1000..1000 + len];
        let expected: Vec<_> = (made..).take(len).map(random).collect();
        assert!(found == expected, "{len}");
        made = world.fake.made();
    }
}

#[test]
fn a_large_request_is_cut_in_slices() {
    let mut world = World::new();
    world.guest = Script::of(10 << 20);
    let made: Vec<_> = (0..9 << 20).map(random).collect();
    world.ok("random_get", &[100, 9 << 20], &[(100, &made)]);
    assert_eq!(world.guest.pauses, 2);
}

#[test]
fn a_large_request_can_be_given_up() {
    let mut world = World::real();
    world.guest = Script::over(vec![0; 1 << 32]).patient(1);
    let answer = world.call("random_get", &[0, u64::from(u32::MAX)]);
    assert_eq!(answer, Err(Halt::Interrupted));
    assert_eq!(world.guest.pauses, 2);
}

#[test]
fn more_than_there_is_is_refused_at_once() {
    let mut world = World::new();
    for (at, len) in
        [(0, 65_537), (1, 65_536), (65_536, 0), (100, u64::from(u32::MAX)), (u64::from(u32::MAX), 1)]
    {
        world.fails("random_get", &[at, len], Errno::Overflow);
    }
}

#[test]
fn the_hosts_bytes_differ() {
    let (one, other) = (Host::new(), Host::new());
    let mut seen = std::collections::HashSet::new();
    for _ in 0..1000 {
        for host in [&one, &other] {
            let mut bytes = [0; 16];
            host.random(&mut bytes).unwrap();
            assert!(seen.insert(bytes));
        }
    }
    // Beyond the bytes of one key, of which none may come back.
    let mut long = vec![0; 3 << 20];
    one.random(&mut long).unwrap();
    let (chunks, _) = long.as_chunks::<16>();
    assert!(chunks.iter().all(|chunk| seen.insert(*chunk)));
    let ones: u32 = long.iter().map(|byte| byte.count_ones()).sum();
    let half = 3 << 22;
    assert!(ones.abs_diff(half) < half / 100, "{ones}");
}
