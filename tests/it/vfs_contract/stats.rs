//! What is known of files, directories and links.

use preopen::abi::{Errno, Filetype};
use preopen::vfs::{Dir, OpenOptions};

use super::cases;
use crate::support::{CREATE, open_dir, open_file, path, target, write};

cases! {
    reads: [stats, stats_of_what_is_not_there, syncing],
    changes: [names_are_counted, numbers_are_kept, directories_count_their_children, permission_bits]
}

fn stats(dir: &dyn Dir) {
    let at = |at: &str, follow| dir.stat_at(path(at), follow).unwrap();
    let file = at("file", false);
    assert_eq!((file.filetype, file.size, file.nlink), (Filetype::RegularFile, 4, 1));
    for same in ["link", "dir/../file", "dir/up", "./link", "to-dir/up"] {
        assert_eq!(at(same, true), file, "{same}");
    }
    for link in ["link", "dangling", "loop", "out", "absolute"] {
        assert_eq!(at(link, false).filetype, Filetype::SymbolicLink, "{link}");
    }
    assert_eq!((at("link", false).size, at("link", false).nlink), (4, 1));
    assert_eq!(at("dir", true).filetype, Filetype::Directory);
    assert_eq!(at(".", false), dir.stat().unwrap());
    for same in ["dir/", "dir/.", "to-dir/", "dir//", "empty/../dir"] {
        assert_eq!(at(same, false), at("dir", true), "{same}");
    }
    assert_eq!(at("to-dir", true), at("dir", true));
    assert_eq!(open_file(dir, "file", OpenOptions::READ).unwrap().stat(), Ok(file));
    assert_eq!(open_dir(dir, "dir").unwrap().stat(), Ok(at("dir", true)));
    // Each has a number of its own, on one device.
    let all = [".", "file", "dir", "dir/inner", "dir/up", "empty", "link", "to-dir", "dangling"];
    let mut numbers: Vec<_> = all.iter().map(|name| at(name, false).ino).collect();
    numbers.sort_unstable();
    numbers.dedup();
    assert_eq!(numbers.len(), all.len());
    assert!(all.iter().all(|name| at(name, false).dev == file.dev));
    // Twice the same.
    assert!(all.iter().all(|name| at(name, false) == at(name, false)));
}

fn stats_of_what_is_not_there(dir: &dyn Dir) {
    for (at, errno) in [
        ("missing", Errno::Noent),
        ("missing/", Errno::Noent),
        ("missing/x", Errno::Noent),
        ("missing/..", Errno::Noent),
        ("file/", Errno::Notdir),
        ("file/.", Errno::Notdir),
        ("file/..", Errno::Notdir),
        ("file/x", Errno::Notdir),
        ("link/", Errno::Notdir),
        ("dangling/", Errno::Noent),
        ("loop/", Errno::Loop),
        ("loop/x", Errno::Loop),
    ] {
        assert_eq!(dir.stat_at(path(at), true), Err(errno), "{at}");
        assert_eq!(dir.stat_at(path(at), false), Err(errno), "{at}");
    }
    assert_eq!(dir.stat_at(path("dangling"), true), Err(Errno::Noent));
    assert_eq!(dir.stat_at(path("loop"), true), Err(Errno::Loop));
}

fn syncing(dir: &dyn Dir) {
    let file = open_file(dir, "file", OpenOptions::READ).unwrap();
    assert_eq!((file.sync(), file.datasync(), dir.sync()), (Ok(()), Ok(()), Ok(())));
}

fn names_are_counted(dir: &dyn Dir) {
    let links = |at: &str| dir.stat_at(path(at), false).unwrap().nlink;
    let file = open_file(dir, "file", OpenOptions::READ).unwrap();
    let held = || file.stat().unwrap().nlink;
    for n in 2..10 {
        dir.link(path("file"), false, dir, path(&format!("dir/{n}"))).unwrap();
        assert_eq!((links("file"), links("dir/2"), held()), (n, n, n));
    }
    dir.unlink(path("dir/2")).unwrap();
    assert_eq!(held(), 8);
    // Over one of its names, and one of its names over another file.
    write(dir, "other", "other").unwrap();
    dir.rename(path("other"), dir, path("dir/3")).unwrap();
    assert_eq!((held(), links("dir/3")), (7, 1));
    dir.rename(path("dir/4"), dir, path("dir/3")).unwrap();
    assert_eq!(held(), 7);
    for n in [3, 5, 6, 7, 8, 9] {
        dir.unlink(path(&format!("dir/{n}"))).unwrap();
    }
    assert_eq!(held(), 1);
    dir.unlink(path("file")).unwrap();
    assert_eq!(held(), 0);
    dir.symlink(target("x", "l"), path("l")).unwrap();
    dir.link(path("l"), false, dir, path("m")).unwrap();
    assert_eq!((links("l"), links("m")), (2, 2));
}

fn numbers_are_kept(dir: &dyn Dir) {
    let ino = |at: &str| dir.stat_at(path(at), false).unwrap().ino;
    let (file, folder) = (ino("file"), ino("dir"));
    write(dir, "file", "changed").unwrap();
    dir.link(path("file"), false, dir, path("hard")).unwrap();
    dir.rename(path("file"), dir, path("empty/file")).unwrap();
    dir.rename(path("dir"), dir, path("empty/dir")).unwrap();
    assert_eq!((ino("hard"), ino("empty/file"), ino("empty/dir")), (file, file, folder));
    dir.unlink(path("empty/file")).unwrap();
    dir.rename(path("hard"), dir, path("file")).unwrap();
    assert_eq!(ino("file"), file);
}

fn directories_count_their_children(dir: &dyn Dir) {
    let links = |at: &str| dir.stat_at(path(at), false).unwrap().nlink;
    assert_eq!((links("."), links("dir"), links("empty")), (4, 2, 2));
    dir.create_dir(path("dir/a")).unwrap();
    dir.create_dir(path("dir/b")).unwrap();
    assert_eq!((links("dir"), links("dir/a")), (4, 2));
    write(dir, "dir/c", "").unwrap();
    assert_eq!(links("dir"), 4);
    dir.remove_dir(path("dir/a")).unwrap();
    assert_eq!(links("dir"), 3);
    // To another directory, over one there, within one, and over one there.
    dir.rename(path("dir/b"), dir, path("empty/b")).unwrap();
    assert_eq!((links("dir"), links("empty")), (2, 3));
    dir.create_dir(path("dir/d")).unwrap();
    dir.rename(path("dir/d"), dir, path("empty/b")).unwrap();
    assert_eq!((links("dir"), links("empty")), (2, 3));
    dir.create_dir(path("empty/e")).unwrap();
    dir.rename(path("empty/e"), dir, path("empty/f")).unwrap();
    assert_eq!(links("empty"), 4);
    dir.rename(path("empty/f"), dir, path("empty/b")).unwrap();
    assert_eq!(links("empty"), 3);
    // A file over nothing counts for no directory.
    dir.rename(path("file"), dir, path("empty/file")).unwrap();
    assert_eq!((links("."), links("empty")), (4, 3));
    let held = open_dir(dir, "empty/b").unwrap();
    dir.remove_dir(path("empty/b")).unwrap();
    assert_eq!((links("empty"), held.stat().unwrap().nlink), (2, 0));
}

fn permission_bits(dir: &dyn Dir) {
    let mode = |at: &str, follow| dir.mode_at(path(at), follow).unwrap();
    drop(open_file(dir, "new", CREATE).unwrap());
    dir.create_dir(path("made")).unwrap();
    assert_eq!((mode("new", true) & 0o700, mode("made", true) & 0o700), (0o600, 0o700));
    assert_eq!(mode("link", false), 0o777);
    dir.set_mode_at(path("link"), true, 0o640).unwrap();
    assert_eq!((mode("file", false), mode("link", false)), (0o640, 0o777));
    dir.set_mode_at(path("dir/"), false, 0o1711).unwrap();
    assert_eq!(mode("to-dir", true), 0o1711);
    assert_eq!(dir.set_mode_at(path("link"), false, 0o600), Err(Errno::Notsup));
    for (at, errno) in [
        ("missing", Errno::Noent),
        ("file/", Errno::Notdir),
        ("dangling", Errno::Noent),
        ("../x", Errno::Notcapable),
    ] {
        assert_eq!(dir.mode_at(path(at), true), Err(errno), "{at}");
        assert_eq!(dir.set_mode_at(path(at), true, 0o600), Err(errno), "{at}");
    }
}
