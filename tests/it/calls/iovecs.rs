//! Lists that only an attacker would write: long, empty, overlapping, beyond what a call transfers.

use preopen::abi::Errno;
use preopen::calls::Halt;

use crate::scripted::{Mill, Script, Swift, World, file, stream};
use preopen::abi::Filetype;

const MIB: usize = 1 << 20;

fn le(number: u32) -> [u8; 4] {
    number.to_le_bytes()
}

/// The same range, again and again.
fn repeated(ptr: u32, len: u32, count: usize) -> Vec<u8> {
    [le(ptr), le(len)].concat().repeat(count)
}

#[test]
fn a_long_list_is_taken_in_rounds() {
    let mut world = World::new();
    let text: String = (0..1000).map(|number| char::from(b'a' + (number % 26) as u8)).collect();
    std::fs::write(world.host("long"), &text).unwrap();
    let fd = world.open("long");
    let list: Vec<_> = (0..1000).map(|index| (100 + index, 1)).collect();
    let list = world.iovecs(&list);
    world.ok("fd_read", &[fd, list, 1000, 8], &[(100, text.as_bytes()), (8, &le(1000))]);
    world.ok("fd_pwrite", &[fd, list, 1000, 1000, 8], &[(8, &le(1000))]);
    assert_eq!(world.content("long"), text.repeat(2));

    let mill = Mill::default();
    let rounds = std::sync::Arc::clone(&mill.rounds);
    let fd = world.add(file(mill));
    world.ok("fd_read", &[fd, list, 1000, 8], &[(8, &le(1000))]);
    let rounds = rounds.lock().unwrap();
    assert!(rounds.iter().all(|(_, ranges)| *ranges <= 64), "{rounds:?}");
    assert_eq!(rounds.iter().map(|(bytes, _)| bytes).sum::<usize>(), 1000);
}

#[test]
fn a_list_that_is_read_over_counts_what_was_read() {
    let mut world = World::new();
    std::fs::write(world.host("long"), "z".repeat(1000)).unwrap();
    let fd = world.open("long");
    let ranges: Vec<_> = (0..40).map(|index| (100 + index, 1)).collect();
    let list = world.iovecs(&ranges);
    // The first range is the list's own beginning, whose next entries then lead out of the memory.
    world.guest.put(list, &[le(list as u32), le(16)].concat());
    world.ok("fd_read", &[fd, list, 40, 8], &[(list, &[b'z'; 16]), (101, &[b'z'; 31]), (8, &le(47))]);
    assert_eq!(*world.entry(fd).offset(), 47);
}

#[test]
fn a_long_range_is_taken_in_rounds() {
    let mut world = World::new();
    world.guest = Script::of(21 * MIB);
    let list = world.iovecs(&[(MIB as u64, 20 * MIB as u64)]);
    for name in ["fd_read", "fd_write"] {
        let mill = Mill::default();
        let (rounds, offsets) = (std::sync::Arc::clone(&mill.rounds), std::sync::Arc::clone(&mill.offsets));
        let fd = world.add(file(mill));
        world.guest.pauses = 0;
        world.ok(name, &[fd, list, 1, 8], &[(8, &le(20 << 20))]);
        assert_eq!(*rounds.lock().unwrap(), [(8 * MIB, 1), (8 * MIB, 1), (4 * MIB, 1)]);
        assert_eq!(*offsets.lock().unwrap(), [0, 8 << 20, 16 << 20]);
        assert_eq!(world.guest.pauses, 2);
        assert_eq!(*world.entry(fd).offset(), 20 << 20);
    }
    // And with real bytes.
    std::fs::File::create(world.host("zeros")).unwrap().set_len(20 << 20).unwrap();
    let fd = world.open("zeros");
    world.ok("fd_read", &[fd, list, 1, 8], &[(MIB as u64, &vec![0; 20 * MIB]), (8, &le(20 << 20))]);
}

#[test]
fn between_two_rounds_the_engine_can_end_the_guest() {
    let mut world = World::new();
    world.guest = Script::of(21 * MIB).patient(1);
    let list = world.iovecs(&[(MIB as u64, 20 * MIB as u64)]);
    let mill = Mill::default();
    let rounds = std::sync::Arc::clone(&mill.rounds);
    let fd = world.add(file(mill));
    world.check("fd_read", &[fd, list, 1, 8], Err(Halt::Interrupted), &[]);
    assert_eq!(rounds.lock().unwrap().len(), 2);
}

/// Linux transfers 0x7fff_f000 bytes at most, and a C library has no sign bit to spare.
#[test]
fn a_call_transfers_less_than_2_gib() {
    let mut world = World::new();
    world.guest = Script::over(repeated(0, 8 << 20, MIB)).patient(600);
    let read = |world: &mut World, name: &str, args: &[u64]| {
        assert_eq!(world.call(name, args), Ok(()), "{name}");
        let bytes: [u8; 4] = world.guest.bytes()[8..12].try_into().unwrap();
        world.guest.put(8, &le(0));
        world.guest.put(12, &le(8 << 20));
        world.guest.pauses = 0;
        u32::from_le_bytes(bytes)
    };
    let fd = world.add(file(Mill::default()));
    let socket = world.add(stream(Swift::new(usize::MAX), Filetype::SocketStream));
    for (name, args) in [
        ("fd_read", &[fd, 0, 1000, 8][..]),
        ("fd_write", &[fd, 0, 1000, 8]),
        ("fd_pread", &[fd, 0, 1000, 0, 8]),
        ("fd_pwrite", &[fd, 0, 1000, 0, 8]),
        ("fd_read", &[socket, 0, 1000, 8]),
        ("fd_write", &[socket, 0, 1000, 8]),
        ("sock_send", &[socket, 0, 1000, 0, 8]),
        ("sock_recv", &[socket, 0, 1000, 2, 8, 12]),
    ] {
        let sum = read(&mut world, name, args);
        assert!((0x7000_0000..=0x7fff_f000).contains(&sum), "{name} {sum:#x}");
    }
}

#[test]
fn a_list_of_2_29_entries_does_not_wrap() {
    let mut world = World::new();
    let fd = world.open("file");
    let socket = world.add(stream(Swift::new(usize::MAX), Filetype::SocketStream));
    for count in [1 << 29, (1 << 29) + 1, 1 << 30, 1 << 31, u64::from(u32::MAX), 8193] {
        world.fails("fd_read", &[fd, 0, count, 8], Errno::Overflow);
        world.fails("fd_write", &[fd, 0, count, 8], Errno::Overflow);
        world.fails("fd_pread", &[fd, 0, count, 0, 8], Errno::Overflow);
        world.fails("fd_pwrite", &[fd, 0, count, 0, 8], Errno::Overflow);
        world.fails("sock_recv", &[socket, 0, count, 0, 8, 12], Errno::Overflow);
        world.fails("sock_send", &[socket, 0, count, 0, 8], Errno::Overflow);
    }
}

/// A list that fills 4 GiB is looked at in slices, before the first byte is transferred.
#[test]
fn a_list_of_2_29_entries_that_is_there_can_be_given_up() {
    let mut world = World::new();
    world.guest = Script::over(vec![0; 1 << 32]).patient(2);
    let fd = world.add(file(Mill::default()));
    for args in [[fd, 0, 1 << 29, 8], [fd, 0, (1 << 29) - 1, 8]] {
        world.guest.pauses = 0;
        assert_eq!(world.call("fd_read", &args), Err(Halt::Interrupted));
    }
}

#[test]
fn empty_ranges_cost_pauses_and_nothing_else() {
    const EMPTY: usize = 3 << 18;
    let target = 8 * (EMPTY + EMPTY / 3 + 2) as u32;
    let mut bytes = repeated(0, 0, EMPTY);
    bytes.extend(repeated(target, 3, 1));
    bytes.extend(repeated(0, 0, EMPTY / 3));
    bytes.extend(repeated(target + 2, 2, 1));
    bytes.extend([b'?'; 64]);
    let mut world = World::new();
    world.guest = Script::over(bytes);
    let fd = world.open("file");
    let target = u64::from(target);
    let args = [fd, 0, target / 8, 0, target + 16];
    world.ok("fd_pread", &args, &[(target, b"0134"), (target + 16, &le(5))]);
    assert!(world.guest.pauses >= 4, "{}", world.guest.pauses);
}

#[test]
fn a_socket_reads_past_empty_ranges_too() {
    const EMPTY: usize = 3 << 18;
    let mut bytes = repeated(0, 0, EMPTY);
    let at = bytes.len();
    bytes.extend(repeated(at as u32 + 16, 3, 1));
    bytes.extend([b'?'; 64]);
    let result = bytes.len() as u64 - 8;
    for flags in [0, 2] {
        let mut world = World::new();
        world.guest = Script::over(bytes.clone()).patient(100);
        let (one, mut two) = std::os::unix::net::UnixStream::pair().unwrap();
        std::io::Write::write_all(&mut two, b"abc").unwrap();
        let fd = world.socket(one);
        let args = [fd, 0, EMPTY as u64 + 1, flags, result, result + 4];
        world.ok("sock_recv", &args, &[(at as u64 + 16, b"abc"), (result, &le(3)), (result + 4, &[0; 2])]);
    }
}
