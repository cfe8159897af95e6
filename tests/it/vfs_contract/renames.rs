//! What renames do, and which cannot be.

use preopen::abi::{Errno, Filetype};
use preopen::vfs::{Dir, OpenOptions};

use super::{START_NAMES, cases};
use crate::support::{CREATE, names, open_dir, open_file, path, read, write};

cases! {
    reads: [],
    changes: [
        renames_move_names,
        renames_that_cannot_be,
        both_directories_are_looked_for_before_the_names,
        a_rename_between_names_of_one_file_does_nothing,
        a_directory_does_not_move_into_itself,
        a_rename_leaves_what_is_open,
        renames_through_handles,
        a_moved_directory_has_another_parent,
    ]
}

fn renames_move_names(dir: &dyn Dir) {
    let ino = |at: &str| dir.stat_at(path(at), false).unwrap().ino;
    let (file, inner) = (ino("file"), ino("dir/inner"));
    // Onto itself, to a new name, over a file, over a link, over an empty directory.
    dir.rename(path("file"), dir, path("./file")).unwrap();
    assert_eq!(names(dir), START_NAMES);
    dir.rename(path("file"), dir, path("new")).unwrap();
    assert_eq!((ino("new"), read(dir, "file")), (file, Err(Errno::Noent)));
    dir.rename(path("new"), dir, path("dir/inner")).unwrap();
    assert_eq!(ino("dir/inner"), file);
    assert_ne!(file, inner);
    dir.rename(path("dir/inner"), dir, path("to-dir")).unwrap();
    assert_eq!(read(dir, "to-dir").as_deref(), Ok("file"));
    dir.rename(path("dir/"), dir, path("empty/")).unwrap();
    assert_eq!(names(&*open_dir(dir, "empty").unwrap()), ["up"]);
    dir.rename(path("loop"), dir, path("to-dir")).unwrap();
    assert_eq!(dir.stat_at(path("to-dir"), false).map(|stat| stat.filetype), Ok(Filetype::SymbolicLink));
    assert_eq!(names(dir), ["absolute", "dangling", "empty", "far", "link", "out", "to-dir"]);
    // A directory onto itself, and with a slash where there was nothing.
    dir.rename(path("empty"), dir, path("empty")).unwrap();
    dir.rename(path("empty"), dir, path("made/")).unwrap();
    assert_eq!(names(&*open_dir(dir, "made").unwrap()), ["up"]);
}

fn both_directories_are_looked_for_before_the_names(dir: &dyn Dir) {
    let long = "n".repeat(256);
    let in_dir = format!("dir/{long}");
    for (from, to, errno) in [
        (&*long, "missing/new", Errno::Noent),
        (&*long, "file/new", Errno::Notdir),
        (&*long, ".", Errno::Busy),
        ("missing", &*in_dir, Errno::Noent),
        (&*long, &*in_dir, Errno::Nametoolong),
        (&*in_dir, "new", Errno::Nametoolong),
        ("file", &*in_dir, Errno::Nametoolong),
    ] {
        assert_eq!(dir.rename(path(from), dir, path(to)), Err(errno), "{from} to {to}");
    }
    assert_eq!(names(dir), START_NAMES);
}

fn renames_that_cannot_be(dir: &dyn Dir) {
    for (from, to, errno) in [
        ("missing", "new", Errno::Noent),
        ("missing", "file", Errno::Noent),
        ("missing", ".", Errno::Busy),
        ("missing/x", "new", Errno::Noent),
        ("file", "dir", Errno::Isdir),
        ("file", "empty", Errno::Isdir),
        ("link", "dir", Errno::Isdir),
        ("file", "new/", Errno::Notdir),
        ("file/", "new", Errno::Notdir),
        ("link/", "new", Errno::Notdir),
        ("to-dir/", "new", Errno::Notdir),
        ("dir", "file", Errno::Notdir),
        ("dir", "link", Errno::Notdir),
        ("dir", "to-dir", Errno::Notdir),
        ("dir", "to-dir/", Errno::Notdir),
        ("empty", "dir", Errno::Notempty),
        ("dir", "dir/below", Errno::Inval),
        ("dir", "dir/inner", Errno::Inval),
        ("dir", "to-dir/below", Errno::Inval),
        ("dir/inner", "dir", Errno::Notempty),
        (".", "new", Errno::Busy),
        ("dir/.", "new", Errno::Busy),
        ("dir/..", "new", Errno::Busy),
        ("dir", "empty/.", Errno::Busy),
        ("file", "missing/new", Errno::Noent),
        ("file", "file/new", Errno::Notdir),
        ("file", "loop/new", Errno::Loop),
        ("dir", "missing/new", Errno::Noent),
    ] {
        assert_eq!(dir.rename(path(from), dir, path(to)), Err(errno), "{from} to {to}");
    }
    // Of two names that cannot be looked up, the first one decides, but only when both directories are there.
    let long = "n".repeat(256);
    for (from, to, errno) in [
        ("missing", &*long, Errno::Noent),
        ("file", &long, Errno::Nametoolong),
        ("file/", &long, Errno::Notdir),
        ("missing/", &long, Errno::Noent),
        (&long, "new", Errno::Nametoolong),
        (&long, ".", Errno::Busy),
        (&long, "missing/new", Errno::Noent),
        (".", &long, Errno::Busy),
        (&long, &long, Errno::Nametoolong),
    ] {
        assert_eq!(dir.rename(path(from), dir, path(to)), Err(errno), "{from} to {to}");
    }
    assert_eq!(names(dir), START_NAMES);
    assert_eq!(names(&*open_dir(dir, "dir").unwrap()), ["inner", "up"]);
}

fn a_rename_between_names_of_one_file_does_nothing(dir: &dyn Dir) {
    dir.link(path("file"), false, dir, path("dir/hard")).unwrap();
    dir.link(path("file"), false, dir, path("hard")).unwrap();
    for (from, to) in [("file", "hard"), ("hard", "dir/hard"), ("dir/hard", "file"), ("dir", "dir")] {
        dir.rename(path(from), dir, path(to)).unwrap();
    }
    assert_eq!(dir.stat_at(path("file"), true).map(|stat| stat.nlink), Ok(3));
    assert_eq!(names(&*open_dir(dir, "dir").unwrap()), ["hard", "inner", "up"]);
}

fn a_directory_does_not_move_into_itself(dir: &dyn Dir) {
    for at in ["a", "a/b", "a/b/c", "e"] {
        dir.create_dir(path(at)).unwrap();
    }
    let deep = open_dir(dir, "a/b/c").unwrap();
    for (from, to) in [("a", "a/b/c/d"), ("a", "a/b/c"), ("a", "a/b"), ("a/b", "a/b/c/d"), ("a/b", "a/b/c")] {
        assert_eq!(dir.rename(path(from), dir, path(to)), Err(Errno::Inval), "{from} to {to}");
    }
    for (from, to) in [("a/b/c", "a"), ("a/b/c", "a/b")] {
        assert_eq!(dir.rename(path(from), dir, path(to)), Err(Errno::Notempty), "{from} to {to}");
    }
    assert_eq!(dir.rename(path("a"), &*deep, path("a")), Err(Errno::Inval));
    dir.rename(path("a/b/c"), dir, path("e")).unwrap();
    dir.rename(path("a"), dir, path("e/a")).unwrap();
    assert_eq!(names(&*deep), ["a"]);
    assert_eq!(dir.rename(path("e"), &*deep, path("a/e")), Err(Errno::Inval));
}

fn a_rename_leaves_what_is_open(dir: &dyn Dir) {
    let file = open_file(dir, "file", OpenOptions::READ).unwrap();
    let held = open_dir(dir, "empty").unwrap();
    let over = open_file(dir, "dir/inner", CREATE).unwrap();
    dir.rename(path("file"), dir, path("dir/inner")).unwrap();
    dir.rename(path("dir"), dir, path("empty")).unwrap();
    // What was replaced is still what it was, and has no name.
    assert_eq!(over.stat().map(|stat| (stat.size, stat.nlink)), Ok((5, 0)));
    assert_eq!(held.stat().map(|stat| stat.nlink), Ok(0));
    assert_eq!(held.create_dir(path("x")), Err(Errno::Noent));
    assert_eq!(file.stat(), dir.stat_at(path("empty/inner"), true));
    assert_eq!(read(dir, "empty/inner").as_deref(), Ok("file"));
}

fn renames_through_handles(dir: &dyn Dir) {
    let inner = open_dir(dir, "dir").unwrap();
    let empty = open_dir(dir, "empty").unwrap();
    inner.rename(path("inner"), &*empty, path("moved")).unwrap();
    dir.rename(path("dir"), &*empty, path("dir")).unwrap();
    write(&*inner, "new", "new").unwrap();
    assert_eq!(read(dir, "empty/dir/new").as_deref(), Ok("new"));
    assert_eq!(read(&*empty, "moved").as_deref(), Ok("inner"));
    assert_eq!(inner.rename(path("new"), &*empty, path("../new")), Err(Errno::Notcapable));
    assert_eq!(inner.rename(path("../moved"), &*empty, path("new")), Err(Errno::Notcapable));
    empty.rename(path("moved"), &*inner, path("new")).unwrap();
    assert_eq!(read(&*inner, "new").as_deref(), Ok("inner"));
}

fn a_moved_directory_has_another_parent(dir: &dyn Dir) {
    for at in ["a", "a/b", "a/b/c", "e"] {
        dir.create_dir(path(at)).unwrap();
    }
    let held = open_dir(dir, "a/b").unwrap();
    write(dir, "a/x", "of a").unwrap();
    write(dir, "e/x", "of e").unwrap();
    assert_eq!(read(dir, "a/b/../x").as_deref(), Ok("of a"));
    dir.rename(path("a/b"), dir, path("e/b")).unwrap();
    assert_eq!(read(dir, "e/b/../x").as_deref(), Ok("of e"));
    assert_eq!(read(dir, "e/b/c/../../x").as_deref(), Ok("of e"));
    assert_eq!(read(&*held, "../x"), Err(Errno::Notcapable));
    assert_eq!(dir.rename(path("e"), dir, path("e/b/c/e")), Err(Errno::Inval));
    dir.rename(path("a"), dir, path("e/b/c/a")).unwrap();
    assert_eq!(read(&*held, "c/a/x").as_deref(), Ok("of a"));
}
