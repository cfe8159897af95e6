//! How a guest ends itself, and how it steps back.

use std::sync::atomic::Ordering;

use preopen::abi::Errno;
use preopen::calls::Halt;

use crate::scripted::World;

#[test]
fn a_guest_exits_with_any_code() {
    let mut world = World::new();
    for code in [0, 1, 125, 256, u32::MAX] {
        world.check("proc_exit", &[code.into()], Err(Halt::Exit(code)), &[]);
    }
}

/// No answer here may reach the process that runs this test.
#[test]
fn a_signal_ends_the_guest_or_does_nothing() {
    let mut world = World::new();
    for signal in 0..64 {
        let answer = match signal {
            16 | 17 | 22 | 27 => Ok(()),
            18..=21 => Err(Halt::Errno(Errno::Notsup)),
            1..=30 => Err(Halt::Raise(signal as u8)),
            _ => Err(Halt::Errno(Errno::Nosys)),
        };
        world.check("proc_raise", &[signal], answer, &[]);
    }
    for signal in [256, 1 << 31, u64::from(u32::MAX)] {
        world.fails("proc_raise", &[signal], Errno::Nosys);
    }
}

#[test]
fn a_guest_steps_back() {
    let mut world = World::new();
    world.ok("sched_yield", &[], &[]);
    world.ok("sched_yield", &[], &[]);
    assert_eq!(world.fake.yields.load(Ordering::Relaxed), 2);
    World::real().ok("sched_yield", &[], &[]);
}
