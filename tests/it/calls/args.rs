//! The arguments and the environment.

use preopen::abi::Errno;
use preopen::guest::Strings;

use crate::scripted::{Setup, World};

#[test]
fn arguments_lie_behind_one_another_and_their_addresses_beside() {
    let mut world = World::new();
    world.ok("args_sizes_get", &[8, 16], &[(8, &[3, 0, 0, 0]), (16, &[16, 0, 0, 0])]);
    let pointers = [100_u32, 106, 113].map(u32::to_le_bytes).concat();
    world.ok("args_get", &[8, 100], &[(8, &pointers), (100, b"guest\0--flag\0\xc3\xbc\0")]);
}

#[test]
fn the_environment_likewise() {
    let mut world = World::new();
    world.ok("environ_sizes_get", &[8, 16], &[(8, &[2, 0, 0, 0]), (16, &[18, 0, 0, 0])]);
    let pointers = [100_u32, 111].map(u32::to_le_bytes).concat();
    world.ok("environ_get", &[8, 100], &[(8, &pointers), (100, b"HOME=/data\0EMPTY=\0")]);
}

#[test]
fn lists_may_end_where_memory_ends() {
    let mut world = World::new();
    let end = world.guest.len();
    world.ok("args_sizes_get", &[end - 4, end - 8], &[(end - 4, &[3, 0, 0, 0]), (end - 8, &[16, 0, 0, 0])]);
    let pointers = [end as u32 - 16, end as u32 - 10, end as u32 - 3].map(u32::to_le_bytes).concat();
    world.ok("args_get", &[8, end - 16], &[(8, &pointers), (end - 16, b"guest\0--flag\0\xc3\xbc\0")]);
    world.fails("args_get", &[8, end - 15], Errno::Overflow);
    world.fails("args_get", &[end - 11, 100], Errno::Overflow);
}

/// Old guests ask for an empty environment with a pointer past their heap.
#[test]
fn an_empty_environment_may_lie_anywhere() {
    let mut world = World::with(Setup { env: &[], ..Setup::default() });
    world.ok("environ_sizes_get", &[8, 16], &[(8, &[0; 4]), (16, &[0; 4])]);
    let end = world.guest.len();
    for at in [0, end - 1, end, end + 1, u64::from(u32::MAX)] {
        world.ok("environ_get", &[at, at], &[]);
    }
}

#[test]
fn a_string_ends_at_its_first_nul() {
    let strings = Strings::new(["a\0b", "", "\0", "c"]).unwrap();
    assert_eq!((strings.count(), strings.size()), (4, 6));
    let mut bytes = *b"????????????????????????";
    strings.write(preopen::guest::Memory::over(&mut bytes), 0, 16).unwrap();
    assert_eq!(&bytes, b"\x10\0\0\0\x12\0\0\0\x13\0\0\0\x14\0\0\0a\0\0\0c\0??");
}
