//! A lower that changes, disappears, fails or comes back in the middle: the right errno, and nothing of the upper is lost.

use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, OnceLock};

use preopen::abi::{Errno, Filestat, Filetype};
use preopen::span::Span;
use preopen::vfs::memory::{Limits, MemoryFs};
use preopen::vfs::overlay::Overlay;
use preopen::vfs::{Dir, DirEntry, OpenOptions, Opened, Path, Result};

use super::{Fixture, tree};
use crate::support::{CREATE, names, open_dir, open_file, path, read, write};

#[test]
fn a_lower_that_is_gone() {
    let fixture = Fixture::new(|root| {
        std::fs::create_dir(root.join("dir")).unwrap();
        std::fs::write(root.join("dir/file"), "file").unwrap();
        std::fs::write(root.join("other"), "other").unwrap();
    });
    write(&fixture.root, "dir/new", "new").unwrap();
    write(&fixture.root, "other", "changed").unwrap();
    let (dir, file) =
        (open_dir(&fixture.root, "dir").unwrap(), open_file(&fixture.root, "dir/file", CREATE).unwrap());
    std::fs::remove_dir_all(fixture.lower.path()).unwrap();
    assert_eq!(names(&fixture.root), ["dir", "other"]);
    assert_eq!(names(&*dir), ["new"]);
    assert_eq!(read(&fixture.root, "dir/new").as_deref(), Ok("new"));
    assert_eq!(read(&fixture.root, "dir/file"), Err(Errno::Noent));
    // What is open is still what was opened.
    assert_eq!(file.write_at(&[Span::over(&mut b"FI".to_vec())], 0), Ok(2));
    let mut bytes = [0; 4];
    assert_eq!((file.read_at(&[Span::over(&mut bytes)], 0), &bytes), (Ok(4), b"FIle"));
    let stopped = fixture.overlay.commit().unwrap_err();
    assert_eq!(stopped.errno, Errno::Noent);
    assert_eq!(read(&fixture.root, "other").as_deref(), Ok("changed"));
    assert_eq!(read(&fixture.root, "dir/new").as_deref(), Ok("new"));
}

#[test]
fn a_lower_whose_files_change_type() {
    let fixture = Fixture::new(|root| {
        for name in ["file", "copied", "removed"] {
            std::fs::write(root.join(name), name).unwrap();
        }
        for name in ["dir", "merged"] {
            std::fs::create_dir(root.join(name)).unwrap();
            std::fs::write(root.join(name).join("inner"), name).unwrap();
        }
    });
    let root = &fixture.root;
    write(root, "copied", "mine").unwrap();
    write(root, "merged/new", "mine").unwrap();
    root.unlink(path("removed")).unwrap();
    let (dir, merged) = (open_dir(root, "dir").unwrap(), open_dir(root, "merged").unwrap());
    let file = open_file(root, "file", CREATE).unwrap();
    for name in ["file", "copied", "removed"] {
        std::fs::remove_file(fixture.lower(name)).unwrap();
        std::fs::create_dir(fixture.lower(name)).unwrap();
        std::fs::write(fixture.lower(name).join("inner"), "theirs").unwrap();
    }
    for name in ["dir", "merged"] {
        std::fs::remove_dir_all(fixture.lower(name)).unwrap();
        std::fs::write(fixture.lower(name), "theirs").unwrap();
    }
    // The upper's stays, what nothing hides is the lower's, and what was open leads nowhere.
    assert_eq!(read(root, "copied").as_deref(), Ok("mine"));
    assert_eq!(names(&*merged), ["new"]);
    assert_eq!(names(root), ["copied", "dir", "file", "merged"]);
    assert_eq!(read(root, "dir").as_deref(), Ok("theirs"));
    assert_eq!(read(root, "file/inner").as_deref(), Ok("theirs"));
    assert_eq!(write(&*dir, "x", "x"), Err(Errno::Noent));
    assert_eq!(file.write_at(&[Span::over(&mut b"FI".to_vec())], 0), Ok(2));
    assert_eq!(read(root, "file/inner").as_deref(), Ok("theirs"), "it was another file");
    let changes = [
        "Removed directory /copied",
        "Created file /copied",
        "Removed file /merged",
        "Created directory /merged",
        "Created file /merged/new",
        "Removed directory /removed",
    ];
    assert_eq!(fixture.changes(), changes);
    let expected = tree(root);
    assert_eq!(fixture.commit(), changes);
    assert_eq!(tree(root), expected);
}

#[test]
fn a_lower_whose_directory_becomes_a_link_out() {
    let fixture = Fixture::new(|root| {
        std::fs::create_dir_all(root.join("dir/inner")).unwrap();
        std::fs::write(root.join("dir/inner/file"), "file").unwrap();
    });
    let root = &fixture.root;
    write(root, "dir/inner/file", "mine").unwrap();
    let outside = tempfile::tempdir().unwrap();
    std::fs::rename(fixture.lower("dir/inner"), outside.path().join("inner")).unwrap();
    std::fs::remove_dir(fixture.lower("dir")).unwrap();
    std::os::unix::fs::symlink(outside.path(), fixture.lower("dir")).unwrap();
    let changes = [
        "Removed symlink /dir",
        "Created directory /dir",
        "Created directory /dir/inner",
        "Created file /dir/inner/file",
    ];
    assert_eq!(fixture.changes(), changes);
    // What it leads to is neither asked nor changed.
    assert_eq!(fixture.commit(), changes);
    assert_eq!(std::fs::read_to_string(outside.path().join("inner/file")).unwrap(), "file");
    assert!(std::fs::symlink_metadata(fixture.lower("dir")).unwrap().is_dir());
    assert_eq!(std::fs::read_to_string(fixture.lower("dir/inner/file")).unwrap(), "mine");
    assert_eq!(fixture.upper_names(), [""; 0]);
}

/// A directory that does something before it answers.
struct Meddling<D> {
    dir: D,
    before: Before,
}

type Before = Arc<dyn Fn() -> Result<()> + Send + Sync>;

impl<D: Dir> Meddling<D> {
    fn ask<T>(&self, ask: impl FnOnce(&D) -> Result<T>) -> Result<T> {
        (self.before)()?;
        ask(&self.dir)
    }
}

impl<D: Dir> Dir for Meddling<D> {
    fn stat(&self) -> Result<Filestat> {
        self.ask(|dir| dir.stat())
    }

    fn open(&self, path: Path<'_>, options: OpenOptions) -> Result<Opened> {
        self.ask(|dir| dir.open(path, options))
    }

    fn stat_at(&self, path: Path<'_>, follow: bool) -> Result<Filestat> {
        self.ask(|dir| dir.stat_at(path, follow))
    }

    fn read_link(&self, path: Path<'_>, buf: &mut [u8]) -> Result<usize> {
        self.ask(|dir| dir.read_link(path, buf))
    }

    fn list(&self, cookie: u64, each: &mut dyn FnMut(DirEntry<'_>) -> ControlFlow<()>) -> Result<()> {
        self.ask(|dir| dir.list(cookie, each))
    }

    fn mode_at(&self, path: Path<'_>, follow: bool) -> Result<u32> {
        self.ask(|dir| dir.mode_at(path, follow))
    }

    fn sync(&self) -> Result<()> {
        Ok(())
    }
}

fn meddled(fill: impl FnOnce(&dyn Dir), before: Before) -> (Arc<MemoryFs>, Arc<Overlay>) {
    let (lower, upper) = (MemoryFs::new(Limits::default()), MemoryFs::new(Limits::default()));
    fill(&lower.root());
    let lower = Meddling { dir: lower.root(), before };
    (Arc::clone(&upper), Overlay::new(Box::new(lower), Box::new(upper.root())).unwrap())
}

#[test]
fn a_lower_that_fails_in_the_middle() {
    let left = Arc::new(Mutex::new(usize::MAX));
    let counted = Arc::clone(&left);
    let (upper, overlay) = meddled(
        |lower| {
            lower.create_dir(path("dir")).unwrap();
            write(lower, "dir/file", "file").unwrap();
            write(lower, "dir/other", "other").unwrap();
        },
        Arc::new(move || {
            let mut left = counted.lock().unwrap();
            *left = left.checked_sub(1).ok_or(Errno::Io)?;
            Ok(())
        }),
    );
    let root = overlay.root();
    let expected = tree(&root);
    for call in 0..30 {
        for change in [
            (|root| write(root, "dir/file", "changed")) as fn(&dyn Dir) -> Result<()>,
            |root| root.rename(path("dir"), root, path("moved")),
            |root| root.unlink(path("dir/file")),
            |root| root.link(path("dir/file"), false, root, path("hard")),
            |root| root.set_mode_at(path("dir"), false, 0o700),
        ] {
            *left.lock().unwrap() = call;
            let done = change(&root);
            *left.lock().unwrap() = usize::MAX;
            if done.is_ok() {
                // It needed no more than that. What it did is undone for the next.
                assert!(call > 2);
                for entry in ["dir", "moved", ".wh.dir", "hard"] {
                    let _ = upper.root().unlink(path(entry));
                    if let Ok(dir) = open_dir(&upper.root(), entry) {
                        preopen::vfs::remove_contents(Arc::from(dir)).unwrap();
                        upper.root().remove_dir(path(entry)).unwrap();
                    }
                }
                continue;
            }
            assert_eq!(done, Err(Errno::Io));
            assert_eq!(tree(&root), expected, "after {call} calls");
            let hidden = tree(&upper.root()).into_keys().find(|name| name.contains(".wh."));
            assert_eq!(hidden, None);
        }
    }
}

#[test]
fn a_lower_that_comes_back_is_refused() {
    let again: Arc<OnceLock<Arc<Overlay>>> = Arc::default();
    let held = Arc::clone(&again);
    let said = Arc::new(Mutex::new(Vec::new()));
    let heard = Arc::clone(&said);
    let (_upper, overlay) = meddled(
        |lower| write(lower, "file", "file").unwrap(),
        Arc::new(move || {
            if let Some(overlay) = held.get() {
                heard.lock().unwrap().push(overlay.root().stat_at(path("file"), true).err());
            }
            Ok(())
        }),
    );
    again.set(Arc::clone(&overlay)).ok().unwrap();
    let stat = overlay.root().stat_at(path("file"), true).unwrap();
    assert_eq!((stat.filetype, stat.size), (Filetype::RegularFile, 4));
    let said = said.lock().unwrap();
    assert!(!said.is_empty() && said.iter().all(|said| *said == Some(Errno::Deadlk)), "{said:?}");
}
