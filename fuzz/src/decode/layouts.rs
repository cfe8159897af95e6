//! Flags, numbers and structures: what `abi/` decodes and encodes.

use preopen::abi::{
    ClockId, Errno, Event, EventType, Fdflags, Fdstat, Filestat, Filetype, Fstflags, Lookupflags, Oflags,
    Riflags, Rights, SUBSCRIPTION_SIZE_MAX, Sdflags, Snapshot, Subscription, Whence, encode_dirent, names,
};

use super::snapshot;
use crate::input::Input;

const FILETYPES: [Filetype; 8] = [
    Filetype::Unknown,
    Filetype::BlockDevice,
    Filetype::CharacterDevice,
    Filetype::Directory,
    Filetype::RegularFile,
    Filetype::SocketDgram,
    Filetype::SocketStream,
    Filetype::SymbolicLink,
];

/// Checks one of them.
pub fn check(input: &mut Input<'_>) {
    match input.below(6) {
        0 => flags(input),
        1 => numbers(input),
        2 => subscription(input),
        3 => event(input),
        4 => stats(input),
        _ => rights(input),
    }
}

/// A set of flags: what is unknown is refused whole by one decoder, and dropped by the other.
fn flags(input: &mut Input<'_>) {
    let bits = if input.byte() & 1 == 0 { u32::from(input.byte()) } else { input.word() };
    let other = u32::from(input.byte());
    macro_rules! check {
        ($name:ident, $width:ty, $count:literal) => {
            let known = (1_u32 << $count) - 1;
            // As many bits of it as the specification has.
            let passed = bits as $width;
            let within = u32::try_from(passed).unwrap();
            let expected = if within & !known == 0 { Ok(within) } else { Err(Errno::Inval) };
            assert_eq!($name::decode(passed).map(|flags| flags.bits()), expected);
            assert_eq!($name::truncate(bits).bits(), bits & known);
            assert_eq!($name::NAMES.len(), $count);
            let (one, two) = ($name::truncate(bits), $name::truncate(other));
            assert_eq!(one.contains(two), other & known & !bits == 0);
            assert_eq!(one.intersects(two), bits & other & known != 0);
            assert_eq!(one.with(two).bits(), (bits | other) & known);
        };
    }
    check!(Fdflags, u16, 5);
    check!(Fstflags, u16, 4);
    check!(Lookupflags, u32, 1);
    check!(Oflags, u16, 4);
    check!(Riflags, u16, 2);
    check!(Sdflags, u8, 2);
}

/// Numbers with names.
fn numbers(input: &mut Input<'_>) {
    let number = if input.byte() & 1 == 0 { input.below(100) as u32 } else { input.word() };
    // One byte of it.
    let byte = number as u8;
    let whence = match byte {
        0 => Some([Whence::Set, Whence::Cur]),
        1 => Some([Whence::Cur, Whence::End]),
        2 => Some([Whence::End, Whence::Set]),
        _ => None,
    };
    for (at, snapshot) in [Snapshot::Preview1, Snapshot::Preview0].into_iter().enumerate() {
        let decoded = Whence::decode(snapshot, byte);
        assert_eq!(decoded, whence.map(|both| both[at]).ok_or(Errno::Inval));
        let name = names::whence(snapshot).get(usize::from(byte));
        assert_eq!(
            name.map(|name| name.to_lowercase()),
            decoded.ok().map(|whence| format!("{whence:?}").to_lowercase())
        );
    }
    let clock = [ClockId::Realtime, ClockId::Monotonic, ClockId::ProcessCpuTime, ClockId::ThreadCpuTime];
    assert_eq!(ClockId::decode(number), clock.get(number as usize).copied().ok_or(Errno::Inval));
    let of_number: Vec<_> = Errno::ALL.iter().filter(|errno| **errno as u32 == number).collect();
    assert_eq!(of_number.len(), usize::from((1..=76).contains(&number)));
    for errno in of_number {
        assert!(errno.name().starts_with('E'));
        assert_eq!(Errno::ALL.iter().filter(|other| other.name() == errno.name()).count(), 1);
    }
}

/// A number at a place of a layout.
fn at<const N: usize>(bytes: &[u8], place: usize) -> [u8; N] {
    bytes[place..place + N].try_into().expect("the layout has so many bytes")
}

fn subscription(input: &mut Input<'_>) {
    let snapshot = snapshot(input);
    let mut bytes = [0; SUBSCRIPTION_SIZE_MAX];
    for byte in &mut bytes {
        *byte = input.byte();
    }
    if input.byte() & 1 == 0 {
        bytes[8] %= 4;
        let flags = if snapshot == Snapshot::Preview1 { 40 } else { 48 };
        bytes[flags] %= 4;
        bytes[flags + 1] = 0;
    }
    // userdata u64, tag u8, then from 16 on: a descriptor u32; or a clock: in preview0 an identifier u64 first, then id u32,
    // timeout u64 at 8, precision u64 at 16, flags u16 at 24.
    let clock = if snapshot == Snapshot::Preview1 { 16 } else { 24 };
    let flags = u16::from_le_bytes(at(&bytes, clock + 24));
    let refused = bytes[8] > 2 || bytes[8] == 0 && flags > 1;
    let Ok(decoded) = Subscription::decode(snapshot, &bytes) else {
        assert!(refused, "{bytes:?} was refused");
        return;
    };
    assert!(!refused, "{bytes:?} was not refused");
    assert_eq!(decoded.userdata, u64::from_le_bytes(at(&bytes, 0)));
    assert_eq!(decoded.kind as u8, bytes[8]);
    if decoded.kind == EventType::Clock {
        assert_eq!(decoded.clock.id, u32::from_le_bytes(at(&bytes, clock)));
        assert_eq!(decoded.clock.timeout, u64::from_le_bytes(at(&bytes, clock + 8)));
        assert_eq!(decoded.clock.absolute, flags == 1);
    } else {
        assert_eq!(decoded.fd, u32::from_le_bytes(at(&bytes, 16)));
    }
    assert_eq!(Subscription::size(snapshot), if snapshot == Snapshot::Preview1 { 48 } else { 56 });
}

fn event(input: &mut Input<'_>) {
    let kind = input.pick(&[EventType::Clock, EventType::FdRead, EventType::FdWrite]);
    let error = Errno::ALL.get(input.below(100)).copied();
    let event =
        Event { userdata: input.long(), kind, error, nbytes: input.long(), hangup: input.byte() & 1 == 1 };
    let bytes = event.encode();
    assert_eq!(u64::from_le_bytes(at(&bytes, 0)), event.userdata);
    assert_eq!(u16::from_le_bytes(at(&bytes, 8)), error.map_or(0, |errno| errno as u16));
    assert_eq!(bytes[10], kind as u8);
    assert_eq!(bytes[11..16], [0; 5]);
    assert_eq!(u64::from_le_bytes(at(&bytes, 16)), event.nbytes);
    assert_eq!(u16::from_le_bytes(at(&bytes, 24)), u16::from(event.hangup));
    assert_eq!(bytes[26..], [0; 6]);
}

fn stats(input: &mut Input<'_>) {
    let filetype = input.pick(&FILETYPES);
    let [dev, ino, nlink, size, atim, mtim, ctim] = [(); 7].map(|()| input.long());
    let stat = Filestat { dev, ino, filetype, nlink, size, atim, mtim, ctim };
    let new = stat.encode(Snapshot::Preview1);
    let longs =
        |bytes: &[u8]| bytes.chunks(8).map(|long| u64::from_le_bytes(at(long, 0))).collect::<Vec<_>>();
    assert_eq!(Filestat::size(Snapshot::Preview1), 64);
    assert_eq!(longs(&new), [dev, ino, filetype as u64, nlink, size, atim, mtim, ctim]);
    let old = stat.encode(Snapshot::Preview0);
    assert_eq!(Filestat::size(Snapshot::Preview0), 56);
    let cut = nlink.min(u32::MAX.into());
    assert_eq!(longs(&old), [dev, ino, filetype as u64 | cut << 32, size, atim, mtim, ctim, 0]);

    let flags = Fdflags::truncate(input.word());
    let (base, inheriting) = (Rights(input.long()), Rights(input.long()));
    let fdstat = Fdstat { filetype, flags, rights_base: base, rights_inheriting: inheriting };
    assert_eq!(
        longs(&fdstat.encode()),
        [filetype as u64 | u64::from(flags.bits()) << 16, base.0, inheriting.0]
    );

    let (next, name_len) = (input.long(), input.word());
    let dirent = encode_dirent(next, ino, name_len, filetype);
    assert_eq!(longs(&dirent), [next, ino, u64::from(name_len) | (filetype as u64) << 32]);
    assert_eq!(names::FILETYPE.len(), FILETYPES.len());
}

fn rights(input: &mut Input<'_>) {
    let (one, other) = (Rights(input.long()), Rights(input.long()));
    assert_eq!(one.with(other).0, one.0 | other.0);
    assert_eq!(one.and(other).0, one.0 & other.0);
    assert_eq!(one.without(other).0, one.0 & !other.0);
    assert_eq!(one.contains(other), one.0 | other.0 == one.0);
    assert_eq!(one.intersects(other), one.0 & other.0 != 0);
    assert_eq!(Rights::ALL.0, (1 << Rights::NAMES.len()) - 1);
    for terminal in [false, true] {
        let (base, inheriting) = Rights::of(input.pick(&FILETYPES), terminal);
        assert!(Rights::ALL.contains(base) && Rights::ALL.contains(inheriting));
    }
}
