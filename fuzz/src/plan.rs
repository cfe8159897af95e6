//! Calls, as the fuzzer's bytes choose them: mostly near what exists, now and then anything.

use preopen::abi::{MAX_PARAMS, Rights, Snapshot, Subscription};

use crate::input::Input;
use crate::spec::{Role, SPECS};

/// Where in the guest's memory texts are written.
const TEXTS: [u32; 2] = [0x100, 0x500];
/// Where lists of ranges are written.
const LISTS: u32 = 0x900;
/// Where subscriptions are written.
const SUBSCRIPTIONS: u32 = 0xb00;
/// Where results go.
const RESULTS: u32 = 0xd00;
/// Where data goes.
const DATA: u32 = 0xe00;

/// Names that exist, or may come to.
const NAMES: &[&str] = &[
    "file", "dir", "a", "b", "empty", "link", "inner", "sub", "to-dir", "dangling", "loop", "up", "out",
    "abs", "back", "far", "nowhere", ".", "..",
];

/// Whole paths that mean something.
const PATHS: &[&str] = &[
    "dir/inner",
    "dir/sub",
    "dir/a",
    "dir/sub/a",
    "to-dir/inner",
    "dir/back/file",
    "../outside/secret.txt",
    "dir/../../outside/secret.txt",
    "dir/far",
    "dir/far/secret.txt",
    "out/",
    "/etc/passwd",
    "/",
    "",
    "file/",
    "dir/",
    "dir/.",
    "dir/..",
    "a/",
    "./file",
    "dir//inner",
    "dangling/",
    "back/../file",
    ".wh.file",
];

const LONGS: &[u64] = &[
    0,
    1,
    2,
    5,
    100,
    4095,
    4096,
    65_535,
    65_536,
    65_537,
    131_072,
    200_000,
    1 << 32,
    1 << 33,
    (1 << 40) - 1,
    i64::MAX as u64 - 4096,
    i64::MAX as u64 - 1,
    i64::MAX as u64,
    1 << 63,
    u64::MAX - 1,
    u64::MAX,
];

const TIMES: &[u64] =
    &[0, 1, 999_999_999, 1_000_000_000, 1_600_000_000_123_456_789, i64::MAX as u64, u64::MAX];

/// Rights with a meaning: those of files and directories, all, none.
const RIGHTS: &[u64] = &[0x08e0_01ff, 0x0fbf_fe98, 0x0fff_ffff, 0x3fff_ffff, 0, 2, 0x42, 0x40, u64::MAX];

/// One call, and what the guest's own code writes before it.
#[derive(Clone, Debug)]
pub struct Planned {
    /// The function.
    pub number: u32,
    /// Its arguments.
    pub args: [u64; MAX_PARAMS],
    /// Addresses, and what is written there.
    pub stores: Vec<(u32, Vec<u8>)>,
}

/// What a sequence is planned for.
#[derive(Clone, Copy, Debug)]
pub struct Ground {
    /// How large the memory is.
    pub len: usize,
    /// Whose layouts are used.
    pub snapshot: Snapshot,
    /// The largest offset below those that no file can have.
    pub most_offset: u64,
}

impl Planned {
    /// The next call.
    pub fn choose(input: &mut Input<'_>, ground: Ground) -> Self {
        let number = input.below(SPECS.len() + 6);
        // What opens, reads and writes is what leads on.
        let often = ["path_open", "path_open", "fd_read", "fd_write", "fd_readdir", "path_rename"];
        let number = match number.checked_sub(SPECS.len()) {
            Some(at) => crate::spec::number(often[at]),
            None => number as u32,
        };
        let mut planned = Self { number, args: [0; MAX_PARAMS], stores: Vec::new() };
        let roles = &SPECS[number as usize].roles;
        let mut at = 0;
        while at < roles.len() {
            at += planned.choose_param(input, ground, roles, at);
        }
        planned
    }

    /// Chooses one parameter, and those that belong to it; says how many that were.
    fn choose_param(&mut self, input: &mut Input<'_>, ground: Ground, roles: &[Role], at: usize) -> usize {
        let args = &mut self.args;
        match roles[at] {
            Role::Fd => args[at] = descriptor(input).into(),
            Role::Text => {
                let text = text(input);
                let slot = TEXTS[self.stores.len().min(1)];
                (args[at], args[at + 1]) = (slot.into(), text.len() as u64);
                self.stores.push((slot, text));
                if input.seldom(16) {
                    args[at] = address(input, ground.len).into();
                }
                if input.seldom(32) {
                    args[at + 1] = length(input, ground.len).into();
                }
                return 2;
            }
            Role::Give | Role::Take => {
                let mut list = Vec::new();
                let count = list_length(input);
                for _ in 0..count {
                    let (ptr, len) = if input.seldom(16) {
                        (address(input, ground.len), length(input, ground.len))
                    } else {
                        (DATA + input.below(256) as u32 * 4, input.pick(&[0, 1, 2, 5, 16, 64, 255, 256]))
                    };
                    list.extend_from_slice(&ptr.to_le_bytes());
                    list.extend_from_slice(&len.to_le_bytes());
                }
                (args[at], args[at + 1]) = (LISTS.into(), count.into());
                self.stores.push((LISTS, list));
                if input.seldom(32) {
                    args[at] = address(input, ground.len).into();
                }
                if input.seldom(32) {
                    args[at + 1] = input.pick(&[0, 1, 32, 33, 1 << 29, (1 << 29) + 1, u32::MAX]).into();
                }
                return 2;
            }
            Role::Out(_) | Role::OutStat | Role::Pointers | Role::Strings => {
                args[at] = result(input, ground.len, at).into();
            }
            Role::Buffer => {
                (args[at], args[at + 1]) =
                    (u64::from(DATA) + input.below(256) as u64, input.below(512) as u64);
                if input.seldom(16) {
                    args[at] = address(input, ground.len).into();
                }
                if input.seldom(16) {
                    args[at + 1] = length(input, ground.len).into();
                }
                return 2;
            }
            Role::Subscriptions => {
                let count = input.below(4) as u32;
                let list = (0..count).flat_map(|_| subscription(input, ground.snapshot)).collect();
                self.stores.push((SUBSCRIPTIONS, list));
                args[at] = SUBSCRIPTIONS.into();
                args[at + 1] = DATA.into();
                args[at + 2] = count.into();
                if input.seldom(16) {
                    args[at] = address(input, ground.len).into();
                }
                if input.seldom(16) {
                    args[at + 1] = address(input, ground.len).into();
                }
                if input.seldom(16) {
                    args[at + 2] = length(input, ground.len).into();
                }
                return 3;
            }
            Role::Flags => {
                let bits = u32::from(input.byte());
                // One in eight has bits that mean nothing.
                args[at] = if bits >= 224 { input.word() } else { bits & 31 & few(roles, at) }.into();
            }
            Role::Number => {
                args[at] = if input.seldom(32) { input.word() } else { input.below(8) as u32 }.into()
            }
            Role::Rights => {
                args[at] = match input.below(32) {
                    0 => input.long(),
                    1 => 1 << input.below(64),
                    2 => Rights::ALL.0 & !(1 << input.below(30)),
                    at => RIGHTS[at % RIGHTS.len()],
                }
            }
            Role::Time => args[at] = input.pick(TIMES),
            Role::Offset => {
                args[at] = if input.seldom(16) { input.long() } else { input.pick(LONGS) };
                if args[at] > ground.most_offset && args[at] <= i64::MAX as u64 {
                    args[at] = ground.most_offset;
                }
            }
            Role::Length | Role::Events | Role::Subscribed => args[at] = length(input, ground.len).into(),
        }
        1
    }
}

/// Which flags of a parameter are worth the most: `SYNC` and its like cost a disk's time.
fn few(roles: &[Role], at: usize) -> u32 {
    if roles.len() == MAX_PARAMS && at == 7 { 0b111 } else { 0b11111 }
}

fn descriptor(input: &mut Input<'_>) -> u32 {
    const MOSTLY: &[u32] = &[3, 4, 3, 4, 5, 6, 7, 8, 9, 3, 4, 5, 6, 7, 0, 1, 2, 10, 11, 12];
    match input.byte() {
        250 => u32::MAX,
        251 => 1 << 31,
        252 => input.word(),
        byte => MOSTLY[usize::from(byte) % MOSTLY.len()],
    }
}

fn text(input: &mut Input<'_>) -> Vec<u8> {
    let which = input.byte();
    match which {
        0..160 => input.pick(NAMES).into(),
        160..200 => format!("{}/{}", input.pick(NAMES), input.pick(NAMES)).into(),
        200..210 => format!("{}/{}/{}", input.pick(NAMES), input.pick(NAMES), input.pick(NAMES)).into(),
        210..240 => input.pick(PATHS).into(),
        240..244 => input.bytes(64),
        244 => vec![b'n'; 255],
        245 => vec![b'n'; 256],
        246 => [b"dir/".as_slice(), &[b'n'; 255]].concat(),
        247 => b"./".repeat(500),
        248 => b"dir/../".repeat(140),
        249 => b"n\0".to_vec(),
        250 => b"\xff\xfe".to_vec(),
        251 => "fä\u{10ffff}".into(),
        252 => vec![b'a'; 4096],
        253 => b"loop/a".to_vec(),
        254 => b"file\0".to_vec(),
        255 => b"//".to_vec(),
    }
}

fn list_length(input: &mut Input<'_>) -> u32 {
    match input.byte() {
        byte @ 0..8 => byte.into(),
        8..200 => 1,
        200..240 => 2,
        240..250 => 33,
        _ => 40,
    }
}

/// The place of a result: where results go, or at an edge.
fn result(input: &mut Input<'_>, len: usize, at: usize) -> u32 {
    if input.seldom(12) { address(input, len) } else { RESULTS + 16 * at as u32 }
}

/// An address: near the end of memory, or anywhere.
fn address(input: &mut Input<'_>, len: usize) -> u32 {
    let len = len as u32;
    let which = input.byte();
    match which {
        0..100 => len.wrapping_sub(u32::from(which)),
        100..110 => len.wrapping_add(u32::from(which) - 100),
        110..120 => u32::MAX - (u32::from(which) - 110),
        120..130 => (1 << 31) - 5 + (u32::from(which) - 120),
        130..140 => u32::from(which) - 130,
        140..150 => LISTS + 4 * (u32::from(which) - 140),
        150 => input.word(),
        _ => input.below(1 << 13) as u32,
    }
}

fn length(input: &mut Input<'_>, len: usize) -> u32 {
    match input.byte() {
        byte @ 0..64 => byte.into(),
        64 => input.word(),
        65 => u32::MAX,
        66 => 1 << 31,
        67 => len as u32,
        68 => len as u32 + 1,
        69 => (1 << 16) + 1,
        70 => u32::MAX / 48 + 1,
        71 => u32::MAX / 32 + 1,
        byte => (len as u32).saturating_sub(DATA).saturating_sub(u32::from(byte) - 72),
    }
}

fn subscription(input: &mut Input<'_>, snapshot: Snapshot) -> Vec<u8> {
    let mut bytes = vec![0; Subscription::size(snapshot)];
    bytes[0..8].copy_from_slice(&u64::from(input.byte()).to_le_bytes());
    bytes[8] = if input.seldom(16) { input.byte() } else { input.below(3) as u8 };
    if bytes[8] == 0 {
        let clock = if snapshot == Snapshot::Preview0 { 24 } else { 16 };
        bytes[clock] = input.below(6) as u8;
        let timeout = match input.below(8) {
            0 => input.long(),
            1 => input.pick(LONGS),
            2 => crate::world::MONOTONIC,
            3 => crate::world::REALTIME,
            number => 10_000_000 * number as u64,
        };
        bytes[clock + 8..clock + 16].copy_from_slice(&timeout.to_le_bytes());
        bytes[clock + 24] = if input.seldom(16) { input.byte() } else { input.below(2) as u8 };
    } else {
        bytes[16..20].copy_from_slice(&descriptor(input).to_le_bytes());
    }
    bytes
}
