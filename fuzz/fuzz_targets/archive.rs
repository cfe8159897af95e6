#![no_main]
//! Archives: hostile ones never leave where they are read into and take no more room than they have bytes; benign ones are what
//! they say; and what is written is read again as it was.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use libfuzzer_sys::fuzz_target;
use preopen::abi::Filetype;
use preopen::span::Span;
use preopen::vfs::host::Resolution;
use preopen::vfs::memory::{Limits, MemoryFs};
use preopen::vfs::tar::{Reader, Stopped, Writer};
use preopen::vfs::{Access, Dir, LinkTarget, OpenOptions, Opened, Path};
use preopen_fuzz::allocated::{Counting, most_while};
use preopen_fuzz::calls;
use preopen_fuzz::host::Space;
use preopen_fuzz::input::Input;
use preopen_fuzz::tarball::{Entry, hostile, record};
use preopen_fuzz::tree::{Seen, look, open_dir, path, times};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

static SPACE: LazyLock<Space> = LazyLock::new(Space::new);

const LIMITS: Limits = Limits { bytes: 200_000, inodes: 200 };

/// What reading may take besides what comes and what the filesystem keeps, bytes.
const ROOM: usize = 1 << 20;

type Tree = BTreeMap<Vec<u8>, Seen>;

fuzz_target!(|bytes: &[u8]| {
    let mut input = Input::new(bytes);
    match input.byte() {
        0..60 => {
            let splits = input.half();
            attack(input.rest(), splits, false);
        }
        kind @ 60..160 => {
            let (splits, seed) = (input.half(), input.half());
            input.add_tail(seed, usize::MAX);
            attack(&hostile(&mut input), splits, kind < 64);
        }
        160..200 => benign(&mut input),
        _ => again(&mut input),
    }
    calls::count(1);
});

/// Feeds an archive in pieces, all but the last of one size.
fn read(root: Arc<dyn Dir>, archive: &[u8], piece: usize) -> Result<(), String> {
    let mut reader = Reader::new(root);
    let fed =
        archive.chunks(piece.max(1)).try_for_each(|piece| reader.feed(piece)).and_then(|()| reader.finish());
    fed.map_err(|stopped| match stopped {
        Stopped::Malformed(why) => why.to_owned(),
        Stopped::Failed(failed) => format!("{:?} {:?}", failed.0, failed.1),
    })
}

/// Reads an archive into a directory beside which is another, which must stay as it is.
fn attack(archive: &[u8], splits: u16, on_host: bool) {
    let piece =
        [usize::from(splits) + 1, 1 + usize::from(splits) % 700, 512, 65_536][usize::from(splits) % 4];
    let read_into = |piece: usize| {
        let fs = MemoryFs::new(LIMITS);
        let root = fs.root();
        for (dir, file) in [("in", "in/there"), ("outside", "outside/secret")] {
            root.create_dir(Path::of_host(&path(dir)).unwrap()).unwrap();
            write(&root, file, b"secret");
        }
        let before = outside(look(Arc::new(fs.root())));
        let inside: Arc<dyn Dir> = Arc::from(open_dir(&root, "in"));
        let (result, most) = most_while(|| read(inside, archive, piece));
        let allowed = ROOM + 16 * archive.len() + LIMITS.bytes as usize;
        assert!(most <= allowed, "an archive of {} bytes took {most}", archive.len());
        let usage = fs.usage();
        assert!(usage.bytes <= LIMITS.bytes && usage.inodes <= LIMITS.inodes);
        let after = look(Arc::new(fs.root()));
        assert_eq!(outside(after.clone()), before, "what is outside was changed");
        (result, inside_of(after))
    };
    let one = read_into(piece);
    let other = read_into(archive.len());
    // What is zeros where a piece ends becomes a hole: that shows in what is taken, and in a file whose end is missing.
    let full = |result: &Result<(), String>| result.as_ref().is_err_and(|why| why.starts_with("Nospc"));
    if !full(&one.0) && !full(&other.0) {
        assert_eq!(one.0, other.0, "it matters in which pieces an archive comes");
        assert!(one.0.is_err() || one.1 == other.1, "{:?} and {:?}: pieces matter", one.1, other.1);
    }
    if on_host {
        let root: Arc<dyn Dir> = Arc::new(SPACE.fresh(Resolution::Auto));
        let _ = read(root, archive, piece);
        SPACE.check_outside();
    }
}

/// What is not in the directory that is read into.
fn outside(mut tree: Tree) -> Tree {
    tree.retain(|place, _| place != b"in" && !place.starts_with(b"in/"));
    tree
}

/// What is in it; when a directory was last written depends on when it was read.
fn inside_of(mut tree: Tree) -> Tree {
    tree.retain(|place, _| place.starts_with(b"in/"));
    tree.values_mut().for_each(|seen| seen.modified = 0);
    tree
}

fn write(dir: &dyn Dir, at: &str, bytes: &[u8]) {
    let make = OpenOptions { create: true, access: Access::Write, ..OpenOptions::READ };
    let Ok(Opened::File(file)) = dir.open(Path::of_host(&path(at)).unwrap(), make) else {
        panic!("{at} could not be made")
    };
    let mut bytes = bytes.to_vec();
    assert_eq!(file.write_at(&[Span::over(&mut bytes)], 0), Ok(bytes.len()));
}

/// Files and links with names of their own: each comes out as it went in.
fn benign(input: &mut Input<'_>) {
    let mut archive = Vec::new();
    let mut expected = BTreeMap::new();
    for number in 0..1 + input.below(10) {
        let mut name = ["", "d/", "d/e/", "f//./", "./"][input.below(5)].to_owned() + &format!("n{number}");
        if input.seldom(6) {
            name = format!("{name}{}", "ü".repeat(1 + input.below(120)));
        }
        let is_link = input.seldom(4);
        let bytes = match (is_link, input.below(5)) {
            (true, _) => Vec::new(),
            (_, 0) => vec![0; 512 * (1 + input.below(140))],
            (_, 1) => [vec![0; 66_000], input.bytes(9), vec![0; input.below(256)]].concat(),
            _ => input.bytes(200),
        };
        let target =
            if is_link { [&b"to/"[..], &b"t".repeat(1 + input.below(180))].concat() } else { Vec::new() };
        let mut seconds = u64::from(input.word());
        let mut entry = Entry {
            kind: if is_link { b'2' } else { b'0' },
            name: name.clone().into(),
            target,
            bytes,
            mode: u32::from(input.half()) & 0o777,
            seconds,
            ..Entry::default()
        };
        let mut rest = 0;
        if input.seldom(3) {
            // What a record says comes before what the header does.
            (seconds, rest) = (u64::from(input.word()), 250_000_000);
            entry.records = record("mtime", format!("{seconds}.25").as_bytes());
            if input.seldom(2) {
                entry.records.extend(record("path", name.as_bytes()));
                entry.name = b"something else".to_vec();
            }
        }
        entry.put(&mut archive);
        let place: Vec<u8> = name.replace("./", "").replace("//", "/").into();
        expected.insert(place, (entry, seconds * 1_000_000_000 + rest));
    }
    if input.byte() & 1 == 0 {
        archive.resize(archive.len() + 1024, 0);
    }
    let fs = MemoryFs::new(Limits::default());
    assert_eq!(read(Arc::new(fs.root()), &archive, 1 + input.below(3000)), Ok(()));
    let mut tree = look(Arc::new(fs.root()));
    tree.retain(|_, seen| seen.filetype != Filetype::Directory);
    assert_eq!(tree.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>());
    for (place, seen) in &tree {
        let (entry, modified) = &expected[place];
        let with_nul = [&**place, b"\0"].concat();
        let name = Path::of_host(&with_nul).unwrap();
        assert_eq!(seen.modified, *modified, "{}", String::from_utf8_lossy(place));
        if entry.kind == b'2' {
            let mut target = [0; 4096];
            let len = fs.root().read_link(name, &mut target).unwrap();
            assert_eq!(&target[..len], entry.target);
            continue;
        }
        assert_eq!(fs.root().mode_at(name, false), Ok(entry.mode));
        let Ok(Opened::File(file)) = fs.root().open(name, OpenOptions::READ) else { panic!("it is no file") };
        let mut bytes = vec![1; entry.bytes.len() + 1];
        assert_eq!(file.read_at(&[Span::over(&mut bytes)], 0), Ok(entry.bytes.len()));
        assert_eq!(bytes[..entry.bytes.len()], entry.bytes);
    }
}

/// A tree, written as an archive and read into another filesystem: the same tree.
fn again(input: &mut Input<'_>) {
    let fs = MemoryFs::new(Limits::default());
    let root = fs.root();
    let names: Vec<String> = (0..6)
        .map(|number| match input.byte() {
            0..100 => format!("n{number}"),
            100..120 => format!("{number}{}", "x".repeat(99)),
            120..140 => format!("{number}{}", "y".repeat(200)),
            140..160 => format!("{number}{}", "ä".repeat(50)),
            160..180 => format!("a name {number}"),
            _ => format!("d{}", number % 3),
        })
        .collect();
    for number in 0..input.below(20) {
        let depth = 1 + input.below(3);
        let at: Vec<&str> = (0..depth).map(|_| &*names[input.below(names.len())]).collect();
        let at = at.join("/");
        let with_nul = path(&at);
        let place = Path::of_host(&with_nul).unwrap();
        let made = match input.below(6) {
            0 | 1 => root.create_dir(place),
            2 => root.symlink(
                LinkTarget::of_host(&path(&format!("../{}", "t".repeat(1 + input.below(200))))).unwrap(),
                place,
            ),
            3 => {
                let other = path(&names[input.below(names.len())]);
                root.link(Path::of_host(&other).unwrap(), false, &root, place)
            }
            _ => {
                let make =
                    OpenOptions { create: true, exclusive: true, access: Access::Write, ..OpenOptions::READ };
                root.open(place, make).map(|opened| {
                    let Opened::File(file) = opened else { panic!("what was made is no file") };
                    let mut bytes = input.bytes(300);
                    let offset = input.pick(&[0, 0, 1, 511, 70_000]);
                    file.write_at(&[Span::over(&mut bytes)], offset).unwrap();
                    file.set_mode(input.half().into()).unwrap();
                    file.set_times(times(input.long() >> 1)).unwrap();
                })
            }
        };
        // Where something else is in the way, there is one thing less.
        let _ = (made, number);
    }
    let root: Arc<dyn Dir> = Arc::new(root);
    let expected = look(Arc::clone(&root));
    let mut writer = Writer::new(root, u64::MAX).unwrap();
    let mut archive = Vec::new();
    while let Some(bytes) = writer.next_bytes().expect("all of it can be read") {
        archive.extend(bytes);
    }
    assert_eq!(archive.len() % 512, 0);
    let fs = MemoryFs::new(Limits::default());
    assert_eq!(read(Arc::new(fs.root()), &archive, 1 + input.below(9000)), Ok(()));
    assert_eq!(look(Arc::new(fs.root())), expected);
}
