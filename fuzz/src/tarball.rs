//! Archives, written anew from the format's description: benign ones, and such as nobody would write but to do harm.

use crate::input::Input;

/// The unit in which an archive is laid out, bytes.
const BLOCK: usize = 512;

/// One entry.
#[derive(Clone, Debug, Default)]
pub struct Entry {
    /// The type: `0` a file, `1` a hard link, `2` a link, `5` a directory, others.
    pub kind: u8,
    /// Its name.
    pub name: Vec<u8>,
    /// What a link leads to.
    pub target: Vec<u8>,
    /// The bytes that follow.
    pub bytes: Vec<u8>,
    /// The size that is said, where that is not so many bytes.
    pub size: Option<u64>,
    /// Permission bits.
    pub mode: u32,
    /// When it was last written, s.
    pub seconds: u64,
    /// Records that are said of it before.
    pub records: Vec<u8>,
}

impl Entry {
    /// Adds it to an archive: names and targets that do not fit into its header come before it.
    pub fn put(&self, archive: &mut Vec<u8>) {
        for (kind, text) in [(b'L', &self.name), (b'K', &self.target)] {
            if text.len() > 100 {
                put_block(archive, kind, b"././@LongLink", b"", &[text, &b"\0"[..]].concat(), None, 0, 0);
            }
        }
        if !self.records.is_empty() {
            put_block(archive, b'x', b"pax", b"", &self.records, None, 0o644, 0);
        }
        let Self { kind, name, target, bytes, size, mode, seconds, records: _ } = self;
        put_block(archive, *kind, name, target, bytes, *size, *mode, *seconds);
    }
}

/// A record of a pax header.
pub fn record(key: &str, value: &[u8]) -> Vec<u8> {
    let rest = [b" ", key.as_bytes(), b"=", value, b"\n"].concat();
    let len = (1..)
        .find(|digits| (rest.len() + digits).to_string().len() == *digits)
        .expect("one of them is right");
    [(rest.len() + len).to_string().as_bytes(), &rest].concat()
}

#[expect(clippy::too_many_arguments, reason = "the fields of a header")]
fn put_block(
    archive: &mut Vec<u8>,
    kind: u8,
    name: &[u8],
    target: &[u8],
    bytes: &[u8],
    size: Option<u64>,
    mode: u32,
    seconds: u64,
) {
    let start = archive.len();
    archive.resize(start + BLOCK, 0);
    let header = &mut archive[start..];
    fill(&mut header[..100], name);
    let octal = |field: &mut [u8], value: u64| {
        let digits = format!("{value:0width$o}", width = field.len() - 1);
        fill(field, digits.as_bytes());
    };
    octal(&mut header[100..108], mode.into());
    octal(&mut header[108..116], 0);
    octal(&mut header[116..124], 0);
    let size = size.unwrap_or(bytes.len() as u64);
    if size < 1 << 33 {
        octal(&mut header[124..136], size);
    } else {
        header[124] = 0x80;
        header[128..136].copy_from_slice(&size.to_be_bytes());
    }
    octal(&mut header[136..148], seconds);
    header[156] = kind;
    fill(&mut header[157..257], target);
    fill(&mut header[257..265], b"ustar\x0000");
    header[148..156].fill(b' ');
    let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
    fill(&mut header[148..156], format!("{sum:06o}\0 ").as_bytes());
    archive.extend_from_slice(bytes);
    archive.resize(archive.len().next_multiple_of(BLOCK), 0);
}

/// Puts bytes into a field, as many as fit.
fn fill(field: &mut [u8], bytes: &[u8]) {
    let len = bytes.len().min(field.len());
    field[..len].copy_from_slice(&bytes[..len]);
}

/// A name of a hostile archive.
fn name(input: &mut Input<'_>) -> Vec<u8> {
    const NAMES: &[&str] = &[
        "a",
        "b",
        "dir",
        "dir/",
        "dir/a",
        "dir/sub/a",
        "./a",
        "link",
        "link/a",
        "link/",
        "link/sub/b",
        "up",
        "up/a",
        "up/up/a",
        "../a",
        "dir/../../a",
        "/a",
        "//a",
        "..",
        ".",
        "",
        "./",
        "a/b",
        "a/",
        "self/self/a",
        "out/secret",
        "out/new",
        "abs/new",
        "c/d/e/f/g",
        "hard",
    ];
    match input.byte() {
        0..220 => input.pick(NAMES).into(),
        220..230 => input.bytes(30),
        230..235 => vec![b'n'; 255],
        235..238 => vec![b'n'; 256],
        238..244 => b"d/".repeat(90),
        244..248 => [b"link/".repeat(30), b"a".to_vec()].concat(),
        248 => b"../".repeat(60),
        249 => b"a\0b".to_vec(),
        _ => [b"dir/".as_slice(), &input.bytes(20)].concat(),
    }
}

fn target(input: &mut Input<'_>) -> Vec<u8> {
    const TARGETS: &[&str] = &[
        "a",
        "dir",
        "dir/sub",
        "..",
        "../..",
        "../outside",
        "../outside/secret",
        "/",
        "/etc",
        "/outside",
        "self",
        "link",
        ".",
        "",
        "up/up",
        "dir/..",
        "../in",
    ];
    match input.byte() {
        0..230 => input.pick(TARGETS).into(),
        230..240 => input.bytes(30),
        240..245 => vec![b't'; 4095],
        245..248 => vec![b't'; 4096],
        _ => b"../".repeat(50),
    }
}

/// An archive that may mean harm.
pub fn hostile(input: &mut Input<'_>) -> Vec<u8> {
    let mut archive = Vec::new();
    for _ in 0..1 + input.below(16) {
        let bytes = match input.below(8) {
            0 => vec![0; 512 * input.below(200)],
            1 => vec![b'x'; input.half().into()],
            _ => input.bytes(40),
        };
        let mut entry = Entry {
            kind: if input.seldom(16) { input.byte() } else { input.pick(b"0000122255\x007346LKxgSV") },
            name: name(input),
            target: target(input),
            size: None,
            bytes,
            mode: input.half().into(),
            seconds: input.word().into(),
            records: Vec::new(),
        };
        if input.seldom(24) {
            entry.size = Some(input.pick(&[1, 511, 513, 1 << 20, (1 << 20) + 1, 1 << 33, 1 << 62, u64::MAX]));
        }
        for _ in 0..input.below(8).saturating_sub(5) {
            let name = name(input);
            let target = target(input);
            let (key, value): (&str, &[u8]) = match input.below(9) {
                0 | 1 => ("path", &name),
                2 | 3 => ("linkpath", &target),
                4 => (
                    "size",
                    input.pick(&[&b"0"[..], b"5", b"18446744073709551615", b"-1", b"", b"x", b"9000000000"]),
                ),
                5 => (
                    "mtime",
                    input.pick(&[
                        &b"1.5"[..],
                        b"-1",
                        b"18446744073709551615",
                        b"1e9",
                        b".",
                        b"1.0000000000001",
                        b"5.",
                    ]),
                ),
                6 => ("GNU.sparse.size", b"1"),
                7 => ("", b""),
                _ => ("comment", &name),
            };
            entry.records.extend(record(key, value));
        }
        if input.seldom(24) {
            let wrong = input.bytes(30);
            entry.records.extend(wrong);
        }
        entry.put(&mut archive);
        if input.seldom(40) {
            let at = archive.len() - 1 - input.below(archive.len().min(2048));
            archive[at] ^= input.byte();
        }
    }
    if input.byte() & 1 == 0 {
        archive.resize(archive.len() + 2 * BLOCK, 0);
    } else if input.byte() & 3 == 0 {
        archive.truncate(archive.len() - input.below(archive.len().min(1024)));
    }
    archive
}
