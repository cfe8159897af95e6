//! The trees that sequences begin with, and what they are at the end.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use preopen::abi::{Filestat, Filetype};
use preopen::span::Span;
use preopen::vfs::{Dir, File, LinkTarget, OpenOptions, Opened, Path, SetTime, SetTimes, Step, Tour};

/// One thing of a tree.
#[derive(Clone, Copy)]
pub enum Planted {
    /// A directory.
    Dir(&'static str),
    /// A file, and what is in it.
    File(&'static str, &'static str),
    /// A link: its target, and its own place.
    Link(&'static str, &'static str),
}

/// What is there when a sequence begins. Some of its links lead out, as those of the host's may.
pub const START: &[Planted] = &[
    Planted::Dir("dir"),
    Planted::Dir("dir/sub"),
    Planted::File("file", "the file's own bytes"),
    Planted::File("empty", ""),
    Planted::File("dir/inner", "inner"),
    Planted::Link("file", "link"),
    Planted::Link("dir", "to-dir"),
    Planted::Link("nowhere", "dangling"),
    Planted::Link("loop", "loop"),
    Planted::Link("dir/../file", "up"),
    Planted::Link("../outside/secret.txt", "out"),
    Planted::Link("/etc/passwd", "abs"),
    Planted::Link("..", "dir/back"),
    Planted::Link("../../outside", "dir/far"),
];

/// A path of our own.
pub fn path(text: &str) -> Vec<u8> {
    [text.as_bytes(), b"\0"].concat()
}

/// Makes a tree in an empty directory.
pub fn plant(dir: &dyn Dir) {
    let make = OpenOptions { create: true, access: preopen::vfs::Access::Write, ..OpenOptions::READ };
    for planted in START {
        match planted {
            Planted::Dir(at) => dir.create_dir(Path::of_host(&path(at)).unwrap()).unwrap(),
            Planted::File(at, text) => {
                let Ok(Opened::File(file)) = dir.open(Path::of_host(&path(at)).unwrap(), make) else {
                    panic!("{at} could not be made")
                };
                let mut bytes = text.as_bytes().to_vec();
                assert_eq!(file.write_at(&[Span::over(&mut bytes)], 0), Ok(text.len()));
            }
            Planted::Link(target, at) => {
                let target = path(target);
                let target = LinkTarget::of_host(&target).unwrap();
                dir.symlink(target, Path::of_host(&path(at)).unwrap()).unwrap();
            }
        }
    }
}

/// Opens a directory beneath another.
pub fn open_dir(dir: &dyn Dir, at: &str) -> Box<dyn Dir> {
    let options = OpenOptions { directory: true, ..OpenOptions::READ };
    match dir.open(Path::of_host(&path(at)).unwrap(), options) {
        Ok(Opened::Dir(dir)) => dir,
        _ => panic!("{at} could not be opened"),
    }
}

/// What is at one place of a tree.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Seen {
    /// Its type.
    pub filetype: Filetype,
    /// How many names it has.
    pub nlink: u64,
    /// Its size; of a directory 0.
    pub size: u64,
    /// A digest of its bytes, or of a link's target.
    pub digest: u64,
    /// The first place of the same file.
    pub first: Vec<u8>,
    /// When it was last written, ns.
    pub modified: u64,
}

/// All of a tree, by path.
pub fn look(root: Arc<dyn Dir>) -> BTreeMap<Vec<u8>, Seen> {
    let mut all = BTreeMap::new();
    let mut files: BTreeMap<u64, Vec<Vec<u8>>> = BTreeMap::new();
    let mut tour = Tour::new(root).expect("the root can be listed");
    while let Some(step) = tour.advance().expect("every directory can be listed") {
        let Step::Found(name, filetype) = step else { continue };
        let place = tour.path(&name);
        let with_nul = [&*name, b"\0"].concat();
        let name_as_path = Path::of_host(&with_nul).expect("what is listed has a name");
        let stat = tour.here().stat_at(name_as_path, false).expect("what is listed is there");
        assert_eq!(stat.filetype, filetype, "a listing and a stat differ about {place:?}");
        let digest = match filetype {
            Filetype::RegularFile => match tour.here().open(name_as_path, OpenOptions::READ) {
                Ok(Opened::File(file)) => digest_of(&*file, &stat),
                _ => panic!("{place:?} is no file when it is opened"),
            },
            Filetype::SymbolicLink => {
                let mut target = [0; 4096];
                let len = tour.here().read_link(name_as_path, &mut target).expect("a link has a target");
                digest(&target[..len])
            }
            _ => 0,
        };
        if filetype == Filetype::Directory {
            tour.enter(&name).expect("a directory can be entered");
        }
        files.entry(stat.ino).or_default().push(place.clone());
        let size = if filetype == Filetype::Directory { 0 } else { stat.size };
        let seen = Seen { filetype, nlink: stat.nlink, size, digest, first: Vec::new(), modified: stat.mtim };
        all.insert(place, seen);
    }
    for places in files.values_mut() {
        places.sort();
        for place in &*places {
            all.get_mut(place).expect("it was seen").first = places[0].clone();
        }
    }
    all
}

/// A digest of what a file holds: of its beginning, its end, and the places between that sequences write to.
fn digest_of(file: &dyn File, stat: &Filestat) -> u64 {
    const PLACES: &[(u64, usize)] = &[
        (0, 32 << 10),
        (65_000, 2048),
        (131_000, 2048),
        (200_000, 2048),
        (1 << 32, 1024),
        (1 << 33, 1024),
        ((1 << 40) - 1, 1024),
    ];
    let mut hasher = DefaultHasher::new();
    let end = (stat.size.saturating_sub(2048), 2048);
    let mut bytes = vec![0; 32 << 10];
    for (at, len) in PLACES.iter().copied().chain([end]) {
        if at > stat.size {
            continue;
        }
        let len = len.min((i64::MAX as u64 - at) as usize);
        let read = file.read_at(&[Span::over(&mut bytes[..len])], at).expect("a file can be read");
        bytes[..read].hash(&mut hasher);
    }
    hasher.finish()
}

fn digest(bytes: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    bytes.hash(&mut hasher);
    hasher.finish()
}

/// A time, given to both.
pub fn times(at: u64) -> SetTimes {
    SetTimes { access: Some(SetTime::At(at)), modified: Some(SetTime::At(at)) }
}
