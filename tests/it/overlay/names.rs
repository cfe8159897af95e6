//! Names: whiteouts, directories that hide what was there, moves; and that no guest sees how it is done.

use preopen::abi::Errno;
use preopen::vfs::memory::{Limits, MemoryFs};
use preopen::vfs::overlay::Overlay;
use preopen::vfs::{Dir, OpenOptions};

use super::{Fixture, host, tree};
use crate::support::{names, open_dir, open_file, path, read, target, write};

fn fill(root: &std::path::Path) {
    std::fs::create_dir_all(root.join("dir/inner")).unwrap();
    std::fs::write(root.join("dir/a"), "a").unwrap();
    std::fs::write(root.join("dir/inner/b"), "b").unwrap();
    std::fs::write(root.join("file"), "file").unwrap();
}

#[test]
fn removals_are_whiteouts() {
    let fixture = Fixture::new(fill);
    fixture.root.unlink(path("file")).unwrap();
    fixture.root.unlink(path("dir/a")).unwrap();
    assert_eq!(fixture.upper_names(), [".wh.file", "dir", "dir/.wh.a"]);
    assert_eq!(names(&fixture.root), ["dir"]);
    assert_eq!(fixture.root.stat_at(path("file"), false), Err(Errno::Noent));
    // What is made anew takes its whiteout's place.
    write(&fixture.root, "file", "new").unwrap();
    assert_eq!(fixture.upper_names(), ["dir", "dir/.wh.a", "file"]);
    fixture.root.unlink(path("file")).unwrap();
    let fixture = fixture.reopened();
    assert_eq!(names(&fixture.root), ["dir"]);
    assert_eq!(fixture.changes(), ["Removed file /dir/a", "Removed file /file"]);
}

#[test]
fn a_directory_made_over_a_removed_one_is_empty() {
    let fixture = Fixture::new(fill);
    fixture.root.unlink(path("dir/a")).unwrap();
    assert_eq!(fixture.root.remove_dir(path("dir")), Err(Errno::Notempty));
    fixture.root.unlink(path("dir/inner/b")).unwrap();
    fixture.root.remove_dir(path("dir/inner")).unwrap();
    fixture.root.remove_dir(path("dir")).unwrap();
    assert_eq!(fixture.upper_names(), [".wh.dir"]);
    fixture.root.create_dir(path("dir")).unwrap();
    assert_eq!(fixture.upper_names(), ["dir", "dir/.wh..wh..opq"]);
    write(&fixture.root, "dir/a", "another").unwrap();
    let fixture = fixture.reopened();
    assert_eq!(names(&*open_dir(&fixture.root, "dir").unwrap()), ["a"]);
    assert_eq!(fixture.changes(), ["Modified file /dir/a", "Removed directory /dir/inner"]);
    // And once more over it.
    fixture.root.unlink(path("dir/a")).unwrap();
    fixture.root.remove_dir(path("dir")).unwrap();
    assert_eq!(fixture.upper_names(), [".wh.dir"]);
    assert_eq!(fixture.changes(), ["Removed directory /dir"]);
}

#[test]
fn layers_of_other_tools_are_read() {
    let lower = tempfile::tempdir().unwrap();
    fill(lower.path());
    let upper = MemoryFs::new(Limits::default());
    let root = upper.root();
    // A directory with a whiteout beside it, and one that is opaque; a whiteout of nothing; what aufs keeps for itself.
    root.create_dir(path("dir")).unwrap();
    write(&root, ".wh.dir", "").unwrap();
    write(&root, "dir/.wh.nothing", "").unwrap();
    write(&root, "dir/new", "new").unwrap();
    root.create_dir(path(".wh..wh.plnk")).unwrap();
    let overlay = Overlay::new(host(lower.path()), Box::new(upper.root())).unwrap();
    assert_eq!(tree(&overlay.root()).into_keys().collect::<Vec<_>>(), ["dir", "dir/new", "file"]);
    let changes: Vec<_> = overlay.changes().unwrap().iter().map(super::told).collect();
    assert_eq!(changes, ["Removed file /dir/a", "Removed directory /dir/inner", "Created file /dir/new"]);
    overlay.commit().unwrap();
    assert_eq!(tree(&*host(lower.path())), tree(&overlay.root()));
    assert_eq!(tree(&upper.root()).into_keys().collect::<Vec<_>>(), [""; 0]);
}

#[test]
fn guests_neither_see_nor_make_reserved_names() {
    let fixture = Fixture::new(|root| {
        fill(root);
        std::fs::create_dir(root.join("holds")).unwrap();
        std::fs::write(root.join("holds/.wh.one"), "hidden").unwrap();
        std::fs::write(root.join(".wh.file"), "hidden").unwrap();
    });
    let root = &fixture.root;
    assert_eq!(names(root), ["dir", "file", "holds"]);
    for name in [".wh.file", ".wh.", ".wh..wh..opq", "dir/.wh.x"] {
        assert_eq!(root.stat_at(path(name), false), Err(Errno::Noent), "{name}");
        assert_eq!(open_file(root, name, OpenOptions::READ).err(), Some(Errno::Noent));
        assert_eq!(write(root, name, "x"), Err(Errno::Perm), "{name}");
        assert_eq!(root.create_dir(path(name)), Err(Errno::Perm));
        assert_eq!(root.symlink(target("x", name), path(name)), Err(Errno::Perm));
        assert_eq!(root.link(path("file"), false, root, path(name)), Err(Errno::Perm));
        assert_eq!(root.rename(path("file"), root, path(name)), Err(Errno::Perm));
        assert_eq!(root.rename(path(name), root, path("x")), Err(Errno::Noent));
        assert_eq!(root.unlink(path(name)), Err(Errno::Noent));
    }
    assert_eq!(fixture.upper_names(), [""; 0]);
    // Nobody removes or moves what they cannot see.
    assert_eq!(root.remove_dir(path("holds")), Err(Errno::Notempty));
    assert_eq!(root.rename(path("holds"), root, path("moved")), Err(Errno::Xdev));
    assert_eq!(names(root), ["dir", "file", "holds"]);
}

#[test]
fn long_names_cannot_be_removed() {
    let long = "n".repeat(252);
    let fixture = Fixture::new(|root| std::fs::write(root.join(&long), "long").unwrap());
    assert_eq!(fixture.root.unlink(path(&long)), Err(Errno::Nametoolong));
    assert_eq!(fixture.root.rename(path(&long), &fixture.root, path("short")), Err(Errno::Nametoolong));
    assert_eq!(read(&fixture.root, &long).as_deref(), Ok("long"));
    write(&fixture.root, &long, "written").unwrap();
    assert_eq!(read(&fixture.root, &long).as_deref(), Ok("written"));
    assert_eq!(names(&fixture.root), [long]);
}

#[test]
fn long_names_of_a_directory_that_is_replaced_are_removed_by_a_commit() {
    let long = "n".repeat(252);
    let fixture = Fixture::new(|root| {
        for dir in ["old", "new"] {
            std::fs::create_dir(root.join(dir)).unwrap();
            std::fs::write(root.join(dir).join("file"), dir).unwrap();
        }
        std::fs::write(root.join("old").join(&long), "long").unwrap();
    });
    fixture.root.rename(path("old"), &fixture.root, path("moved")).unwrap();
    fixture.root.rename(path("new"), &fixture.root, path("old")).unwrap();
    let expected = tree(&fixture.root);
    let done = fixture.commit();
    assert!(done.contains(&format!("Removed file /old/{long}")), "{done:?}");
    assert_eq!(tree(&fixture.root), expected);
    assert_eq!(std::fs::read(fixture.lower("moved").join(&long)).unwrap(), b"long");
    assert!(!fixture.lower("old").join(&long).exists());
}

#[test]
fn directories_are_moved_with_all_that_is_in_them() {
    let fixture = Fixture::new(fill);
    let inner = open_dir(&fixture.root, "dir/inner").unwrap();
    let file = open_file(&*inner, "b", super::copy_up::WRITE).unwrap();
    let ino = |at: &str| fixture.root.stat_at(path(at), false).unwrap().ino;
    let before = (ino("dir"), ino("dir/inner"), ino("dir/inner/b"));
    fixture.root.rename(path("dir"), &fixture.root, path("moved")).unwrap();
    assert_eq!((ino("moved"), ino("moved/inner"), ino("moved/inner/b")), before);
    file.write_at(&[preopen::span::Span::over(&mut b"B".to_vec())], 0).unwrap();
    assert_eq!(read(&fixture.root, "moved/inner/b").as_deref(), Ok("B"));
    write(&*inner, "c", "c").unwrap();
    fixture.root.create_dir(path("dir")).unwrap();
    assert_eq!(names(&*open_dir(&fixture.root, "dir").unwrap()), [""; 0]);
    let expected = tree(&fixture.root);
    let fixture = fixture.reopened();
    assert_eq!(tree(&fixture.root), expected);
    // Back again, onto the empty one of the old name.
    fixture.root.rename(path("moved"), &fixture.root, path("dir")).unwrap();
    assert_eq!(fixture.changes(), ["Modified file /dir/inner/b", "Created file /dir/inner/c"]);
}

#[test]
fn depth_is_no_matter() {
    // Deep enough for paths that are too long for one call; __test__/filesystem/overlay.test.js has ten thousand.
    const DEPTH: usize = 2_100;
    let fixture = Fixture::new(|_| {});
    let lower = host(fixture.lower.path());
    let mut here = open_dir(&*lower, ".").unwrap();
    for _ in 0..DEPTH {
        here.create_dir(path("d")).unwrap();
        here = open_dir(&*here, "d").unwrap();
    }
    write(&*here, "bottom", "bottom").unwrap();
    let mut at = open_dir(&fixture.root, ".").unwrap();
    for _ in 0..DEPTH {
        at = open_dir(&*at, "d").unwrap();
    }
    assert_eq!(read(&*at, "bottom").as_deref(), Ok("bottom"));
    write(&*at, "bottom", "changed").unwrap();
    assert_eq!(fixture.overlay.changes().unwrap().len(), 1);
    assert_eq!(fixture.overlay.commit().unwrap().len(), 1);
    assert_eq!(read(&*here, "bottom").as_deref(), Ok("changed"));
    assert_eq!(fixture.upper_names(), [""; 0]);
    drop(at);
    // The host's own way to remove it.
    std::process::Command::new("rm").arg("-rf").arg(fixture.lower("d")).status().unwrap();
}
