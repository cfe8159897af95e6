//! Directories are made and removed, and files are removed.

use preopen::abi::Errno;
use preopen::vfs::{Dir, OpenOptions};

use super::{START_NAMES, cases};
use crate::support::{CREATE, names, open_dir, open_file, path, read, target, write};

cases! {
    reads: [],
    changes: [
        directories_are_made,
        directories_are_removed,
        files_are_removed,
        a_file_outlives_its_name,
        a_removed_directory_is_empty,
        names_are_bytes,
    ]
}

fn directories_are_made(dir: &dyn Dir) {
    dir.create_dir(path("one")).unwrap();
    dir.create_dir(path("one/two/")).unwrap();
    dir.create_dir(path("one/./two//three///")).unwrap();
    dir.create_dir(path("to-dir/via")).unwrap();
    for (at, errno) in [
        ("one", Errno::Exist),
        ("file", Errno::Exist),
        ("file/", Errno::Exist),
        ("link", Errno::Exist),
        ("to-dir", Errno::Exist),
        ("dangling", Errno::Exist),
        ("dangling/", Errno::Exist),
        ("loop", Errno::Exist),
        (".", Errno::Exist),
        ("one/.", Errno::Exist),
        ("one/..", Errno::Exist),
        ("missing/x", Errno::Noent),
        ("missing/.", Errno::Noent),
        ("missing/..", Errno::Noent),
        ("file/x", Errno::Notdir),
        ("link/x", Errno::Notdir),
        ("dangling/x", Errno::Noent),
        ("loop/x", Errno::Loop),
    ] {
        assert_eq!(dir.create_dir(path(at)), Err(errno), "{at}");
    }
    assert_eq!(names(&*open_dir(dir, "dir").unwrap()), ["inner", "up", "via"]);
    assert!(names(&*open_dir(dir, "one/two/three").unwrap()).is_empty());
}

fn directories_are_removed(dir: &dyn Dir) {
    for at in ["one", "one/two", "one/two/three"] {
        dir.create_dir(path(at)).unwrap();
    }
    for (at, errno) in [
        ("one", Errno::Notempty),
        ("dir", Errno::Notempty),
        ("one/two/.", Errno::Inval),
        (".", Errno::Inval),
        ("one/..", Errno::Notempty),
        ("one/two/three/..", Errno::Notempty),
        ("file", Errno::Notdir),
        ("file/", Errno::Notdir),
        ("file/.", Errno::Notdir),
        ("link", Errno::Notdir),
        ("to-dir", Errno::Notdir),
        ("to-dir/", Errno::Notdir),
        ("dangling", Errno::Notdir),
        ("dangling/", Errno::Notdir),
        ("missing", Errno::Noent),
        ("missing/", Errno::Noent),
        ("missing/..", Errno::Noent),
        ("file/x", Errno::Notdir),
    ] {
        assert_eq!(dir.remove_dir(path(at)), Err(errno), "{at}");
    }
    dir.remove_dir(path("one/two/three/")).unwrap();
    dir.remove_dir(path("one/two")).unwrap();
    dir.remove_dir(path("one")).unwrap();
    assert_eq!(dir.remove_dir(path("one")), Err(Errno::Noent));
    assert_eq!(names(dir), START_NAMES);
}

fn files_are_removed(dir: &dyn Dir) {
    for (at, errno) in [
        ("dir", Errno::Isdir),
        ("dir/", Errno::Isdir),
        ("empty", Errno::Isdir),
        ("file/", Errno::Notdir),
        ("link/", Errno::Notdir),
        ("to-dir/", Errno::Notdir),
        ("missing/", Errno::Noent),
        ("missing", Errno::Noent),
        (".", Errno::Isdir),
        ("dir/.", Errno::Isdir),
        ("dir/..", Errno::Isdir),
        ("file/.", Errno::Notdir),
        ("file/x", Errno::Notdir),
        ("loop/x", Errno::Loop),
    ] {
        assert_eq!(dir.unlink(path(at)), Err(errno), "{at}");
    }
    dir.unlink(path("file")).unwrap();
    // A link is removed, not what it leads to.
    dir.unlink(path("to-dir/inner")).unwrap();
    for at in ["to-dir", "link", "dangling", "far", "loop", "out", "absolute"] {
        dir.unlink(path(at)).unwrap();
    }
    assert_eq!(names(dir), ["dir", "empty"]);
    assert_eq!(names(&*open_dir(dir, "dir").unwrap()), ["up"]);
}

fn a_file_outlives_its_name(dir: &dyn Dir) {
    let file = open_file(dir, "file", CREATE).unwrap();
    write(dir, "other", "other").unwrap();
    dir.rename(path("other"), dir, path("file")).unwrap();
    assert_eq!(file.stat().map(|stat| (stat.size, stat.nlink)), Ok((4, 0)));
    let mut more = *b"more";
    assert_eq!(file.append(&[preopen::span::Span::over(&mut more)]), Ok((4, 8)));
    assert_eq!(read(dir, "file").as_deref(), Ok("other"));
    // What is unlinked is not found again, and a new file of that name is another.
    let held = open_file(dir, "file", OpenOptions::READ).unwrap();
    dir.unlink(path("file")).unwrap();
    assert_eq!(read(dir, "file"), Err(Errno::Noent));
    write(dir, "file", "new").unwrap();
    assert_eq!((held.stat().unwrap().size, held.stat().unwrap().nlink), (5, 0));
    assert_ne!(held.stat().unwrap().ino, dir.stat_at(path("file"), true).unwrap().ino);
    assert_eq!(file.stat().map(|stat| stat.size), Ok(8));
}

fn a_removed_directory_is_empty(dir: &dyn Dir) {
    let held = open_dir(dir, "empty").unwrap();
    let below = {
        dir.create_dir(path("empty/below")).unwrap();
        let below = open_dir(dir, "empty/below").unwrap();
        dir.remove_dir(path("empty/below")).unwrap();
        below
    };
    dir.remove_dir(path("empty")).unwrap();
    for gone in [&held, &below] {
        assert!(names(&**gone).is_empty());
        assert_eq!(gone.create_dir(path("new")), Err(Errno::Noent));
        assert_eq!(gone.open(path("new"), CREATE).err(), Some(Errno::Noent));
        assert_eq!(gone.symlink(target("x", "new"), path("new")), Err(Errno::Noent));
        assert_eq!(dir.link(path("file"), false, &**gone, path("new")), Err(Errno::Noent));
        assert_eq!(dir.rename(path("file"), &**gone, path("new")), Err(Errno::Noent));
        assert_eq!(dir.rename(path("dir"), &**gone, path("new")), Err(Errno::Noent));
        assert_eq!(gone.unlink(path("x")), Err(Errno::Noent));
        assert_eq!(gone.stat_at(path("x"), true), Err(Errno::Noent));
        assert_eq!(gone.stat().map(|stat| stat.nlink), Ok(0));
        assert!(gone.stat_at(path("."), true).is_ok());
    }
    // One of the same name is another.
    dir.create_dir(path("empty")).unwrap();
    write(dir, "empty/x", "x").unwrap();
    assert!(names(&*held).is_empty());
    assert_eq!(held.create_dir(path("new")), Err(Errno::Noent));
}

fn names_are_bytes(dir: &dyn Dir) {
    let odd = ["\u{e9}", "e\u{301}", "\u{1f980}", " ", "\n", "a\\b", "...", "..a", "-", "*", "A", "a", "~"];
    for name in odd {
        write(dir, name, name).unwrap();
    }
    for name in odd {
        assert_eq!(read(dir, name).as_deref(), Ok(name));
    }
    let mut all: Vec<_> = odd.iter().chain(START_NAMES).copied().collect();
    all.sort_unstable();
    assert_eq!(names(dir), all);
}
