//! What an overlay asks of its two trees grows as what it is asked itself: names are counted, not time.

use std::any::Any;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use preopen::abi::{Errno, Filestat, Filetype};
use preopen::vfs::memory::{Limits, MemoryFs};
use preopen::vfs::overlay::Overlay;
use preopen::vfs::{Dir, DirEntry, OpenOptions, Opened, Path, Result, Rooted, SetTimes};

use super::Fixture;
use crate::support::{names, open_dir, path, write};

/// A directory that counts the names in the paths that it is given.
struct Counted {
    dir: Box<dyn Dir>,
    walked: Arc<AtomicUsize>,
}

impl Counted {
    fn over(memory: &Arc<MemoryFs>) -> (Box<Self>, Arc<AtomicUsize>) {
        let walked = Arc::default();
        (Box::new(Self { dir: Box::new(memory.root()), walked: Arc::clone(&walked) }), walked)
    }

    fn count<'p>(&self, path: Path<'p>) -> Path<'p> {
        let names = path.as_bytes().split(|byte| *byte == b'/').count();
        self.walked.fetch_add(names, Ordering::Relaxed);
        path
    }
}

impl Dir for Counted {
    fn stat(&self) -> Result<Filestat> {
        self.dir.stat()
    }

    fn open(&self, path: Path<'_>, options: OpenOptions) -> Result<Opened> {
        Ok(match self.dir.open(self.count(path), options)? {
            Opened::Dir(dir) => Opened::Dir(Box::new(Self { dir, walked: Arc::clone(&self.walked) })),
            opened => opened,
        })
    }

    fn stat_at(&self, path: Path<'_>, follow: bool) -> Result<Filestat> {
        self.dir.stat_at(self.count(path), follow)
    }

    fn read_link(&self, path: Path<'_>, buf: &mut [u8]) -> Result<usize> {
        self.dir.read_link(self.count(path), buf)
    }

    fn list(&self, cookie: u64, each: &mut dyn FnMut(DirEntry<'_>) -> ControlFlow<()>) -> Result<()> {
        self.dir.list(cookie, each)
    }

    fn mode_at(&self, path: Path<'_>, follow: bool) -> Result<u32> {
        self.dir.mode_at(self.count(path), follow)
    }

    fn set_mode_at(&self, path: Path<'_>, follow: bool, mode: u32) -> Result<()> {
        self.dir.set_mode_at(self.count(path), follow, mode)
    }

    fn set_times(&self, times: SetTimes) -> Result<()> {
        self.dir.set_times(times)
    }

    fn set_times_at(&self, path: Path<'_>, follow: bool, times: SetTimes) -> Result<()> {
        self.dir.set_times_at(self.count(path), follow, times)
    }

    fn create_dir(&self, path: Path<'_>) -> Result<()> {
        self.dir.create_dir(self.count(path))
    }

    fn remove_dir(&self, path: Path<'_>) -> Result<()> {
        self.dir.remove_dir(self.count(path))
    }

    fn rename(&self, path: Path<'_>, to: &dyn Dir, new: Path<'_>) -> Result<()> {
        self.dir.rename(self.count(path), to, self.count(new))
    }

    fn unlink(&self, path: Path<'_>) -> Result<()> {
        self.dir.unlink(self.count(path))
    }

    fn sync(&self) -> Result<()> {
        self.dir.sync()
    }

    fn as_target(&self) -> Result<&dyn Any> {
        self.dir.as_target()
    }
}

/// The path of a directory `depth` levels down.
fn deep(depth: usize) -> String {
    vec!["d"; depth].join("/")
}

/// Directories within each other in memory, `depth` of them.
fn nested(depth: usize) -> Arc<MemoryFs> {
    let memory = MemoryFs::new(Limits::default());
    Rooted::new(Arc::new(memory.root())).create_dirs(b"/", deep(depth).as_bytes(), None).unwrap();
    memory
}

/// How many names the lower and the upper are asked for by what is done to an overlay over directories within each other.
fn asked(depth: usize, act: impl FnOnce(&Arc<Overlay>)) -> [usize; 2] {
    let (lower, upper) = (nested(depth), MemoryFs::new(Limits::default()));
    let ((lower, below), (upper, above)) = (Counted::over(&lower), Counted::over(&upper));
    let overlay = Overlay::new(lower, upper).unwrap();
    let before = [&below, &above].map(|walked| walked.load(Ordering::Relaxed));
    act(&overlay);
    [below.load(Ordering::Relaxed) - before[0], above.load(Ordering::Relaxed) - before[1]]
}

/// Ten times as deep: at most so many times as many names, whatever is paid once.
const TEN: usize = 14;

#[test]
fn a_walk_asks_for_as_many_names_as_it_has() {
    // The upper has none of it, and says so at the first name, however long the path is.
    let walk =
        |depth| asked(depth, |overlay| _ = overlay.root().stat_at(path(&deep(depth)), true).unwrap())[0];
    let (some, many) = (walk(100), walk(1000));
    assert!(many < TEN * some, "{some} names through 100 directories, {many} through 1,000");
}

#[test]
fn a_walk_through_what_was_made_does_too() {
    let walk = |depth| {
        let make = |overlay: &Arc<Overlay>| {
            Rooted::new(Arc::new(overlay.root())).create_dirs(b"/d", deep(depth).as_bytes(), None).unwrap();
        };
        let [_, made] = asked(1, make);
        let [_, both] = asked(1, |overlay| {
            make(overlay);
            overlay.root().stat_at(path(&format!("d/{}", deep(depth))), true).unwrap();
        });
        both - made
    };
    let (some, many) = (walk(100), walk(1000));
    assert!(many < TEN * some, "{some} names through 100 directories, {many} through 1,000");
}

#[test]
fn directories_within_each_other_are_made_in_as_many_steps() {
    let make = |depth| {
        asked(1, |overlay| {
            let rooted = Rooted::new(Arc::new(overlay.root()));
            assert_eq!(rooted.create_dirs(b"/d", deep(depth).as_bytes(), None), Ok(0));
        })[1]
    };
    let (some, many) = (make(100), make(1000));
    assert!(many < TEN * some, "{some} names for 100 directories, {many} for 1,000");
}

#[test]
fn a_lower_that_is_moved_between_two_walks_is_seen() {
    let fixture = Fixture::new(|root| {
        std::fs::create_dir_all(root.join(deep(40))).unwrap();
        std::fs::write(root.join(deep(40)).join("old"), "").unwrap();
    });
    let at = deep(40);
    assert_eq!(names(&*open_dir(&fixture.root, &at).unwrap()), ["old"]);
    // Half way down, another directory takes the place of what was walked through.
    let middle = fixture.lower(&deep(20));
    std::fs::rename(&middle, fixture.lower("aside")).unwrap();
    assert!(fixture.root.stat_at(path(&at), true).is_err());
    std::fs::create_dir_all(fixture.lower(&at)).unwrap();
    std::fs::write(fixture.lower(&at).join("new"), "").unwrap();
    assert_eq!(
        fixture.root.stat_at(path(&format!("{at}/new")), true).unwrap().filetype,
        Filetype::RegularFile
    );
    assert!(fixture.root.stat_at(path(&format!("{at}/old")), true).is_err());
}

#[test]
fn directories_that_cannot_be_read_are_walked_through() {
    use std::os::unix::fs::PermissionsExt;
    let fixture = Fixture::new(|root| {
        std::fs::create_dir_all(root.join(deep(40))).unwrap();
        std::fs::write(root.join(deep(40)).join("file"), "text").unwrap();
    });
    let mode = |mode| {
        for depth in (1..=40).rev() {
            let permissions = std::fs::Permissions::from_mode(mode);
            std::fs::set_permissions(fixture.lower(&deep(depth)), permissions).unwrap();
        }
    };
    mode(0o311);
    let read = crate::support::read(&fixture.root, &format!("{}/file", deep(40)));
    mode(0o755);
    assert_eq!(read.as_deref(), Ok("text"));
}

#[test]
fn what_is_renamed_in_an_overlay_is_not_found_where_it_was() {
    let fixture = Fixture::new(|_| {});
    let rooted = Rooted::new(Arc::new(fixture.overlay.root()));
    rooted.create_dirs(b"/", deep(40).as_bytes(), None).unwrap();
    write(&fixture.root, &format!("{}/file", deep(40)), "text").unwrap();
    fixture.root.rename(path(&deep(20)), &fixture.root, path("moved")).unwrap();
    assert!(fixture.root.stat_at(path(&format!("{}/file", deep(40))), true).is_err());
    assert!(fixture.root.stat_at(path(&format!("moved/{}/file", deep(20))), true).is_ok());
    rooted.create_dirs(format!("/{}", deep(19)).as_bytes(), deep(21).as_bytes(), None).unwrap();
    assert!(fixture.root.stat_at(path(&format!("{}/file", deep(40))), true).is_err());
    assert_eq!(fixture.changes().iter().filter(|change| change.contains("file")).count(), 1);
}

#[test]
fn names_longer_than_a_step_are_walked() {
    let fixture = Fixture::new(|_| {});
    let name = "n".repeat(200);
    let long = [name.as_str(); 12].join("/");
    let rooted = Rooted::new(Arc::new(fixture.overlay.root()));
    rooted.create_dirs(b"/", long.as_bytes(), None).unwrap();
    write(&fixture.root, &format!("{long}/file"), "text").unwrap();
    assert!(fixture.root.stat_at(path(&format!("{long}/file")), true).is_ok());
    assert_eq!(fixture.commit().len(), 13);
    assert!(fixture.lower(&long).join("file").exists());
}

/// The directory `depth` levels down, reached as a guest would, whose paths have an end.
fn bottom(overlay: &Arc<Overlay>, depth: usize) -> Box<dyn Dir> {
    let mut dir: Box<dyn Dir> = Box::new(overlay.root());
    for _ in 0..depth {
        dir = open_dir(&*dir, "d").unwrap();
    }
    dir
}

/// How many names both trees are asked for by what is done after something else, in directories of this depth.
fn asked_after(depth: usize, before: impl Fn(&Arc<Overlay>), act: impl Fn(&Arc<Overlay>)) -> usize {
    let first = asked(depth, &before);
    let both = asked(depth, |overlay| {
        before(overlay);
        act(overlay);
    });
    both.iter().sum::<usize>() - first.iter().sum::<usize>()
}

/// Longer than one path may be.
const DEPTHS: [usize; 2] = [2500, 10_000];

/// Four times as deep: less than that, for what one path can reach is walked again from the root.
const FOUR: usize = 3;

#[test]
fn a_copy_far_down_takes_no_longer_than_the_way_there() {
    // Time, for once: what grew here was no look at a tree, but the paths of all directories above each other.
    let times = || {
        let (mut way, mut copy) = (Duration::ZERO, Duration::ZERO);
        asked(DEPTHS[1], |overlay| {
            let begun = Instant::now();
            let dir = bottom(overlay, DEPTHS[1]);
            way = begun.elapsed();
            write(&*dir, "file", "text").unwrap();
            copy = begun.elapsed() - way;
        });
        (way, copy)
    };
    let all = [times(), times(), times()];
    assert!(all.iter().any(|(way, copy)| *copy < 2 * *way), "ways there, and copies: {all:?}");
}

#[test]
fn a_commit_from_far_down_takes_as_many_steps_as_there_are_directories() {
    let [some, many] = DEPTHS.map(|depth| {
        asked_after(
            depth,
            |overlay| write(&*bottom(overlay, depth), "file", "text").unwrap(),
            |overlay| assert_eq!(overlay.commit().unwrap().len(), 1),
        )
    });
    assert!(many < FOUR * some, "{some} names for 2,500 directories, {many} for 10,000");
}

#[test]
fn a_rename_of_what_is_deep_does_too() {
    let [some, many] = DEPTHS.map(|depth| {
        asked_after(
            depth,
            |_| {},
            |overlay| {
                let root = overlay.root();
                root.rename(path("d"), &root, path("moved")).unwrap();
            },
        )
    });
    assert!(many < FOUR * some, "{some} names for 2,500 directories, {many} for 10,000");
}

#[test]
fn a_tree_whose_paths_no_memory_holds_is_not_moved_and_nothing_of_it_is_copied() {
    let (lower, upper) = (MemoryFs::new(Limits::default()), MemoryFs::new(Limits::default()));
    let name = "n".repeat(250);
    let mut dir: Box<dyn Dir> = Box::new(lower.root());
    for _ in 0..3000 {
        dir.create_dir(path(&name)).unwrap();
        dir = open_dir(&*dir, &name).unwrap();
    }
    drop(dir);
    let overlay = Overlay::new(Box::new(lower.root()), Box::new(upper.root())).unwrap();
    let (root, before) = (overlay.root(), upper.usage());
    assert_eq!(root.rename(path(&name), &root, path("moved")), Err(Errno::Nomem));
    assert_eq!(names(&root), [name]);
    // But for the one directory itself, which looks as it did.
    assert_eq!(upper.usage().inodes, before.inodes + 1);
    assert_eq!(overlay.changes(), Ok(Vec::new()));
}
