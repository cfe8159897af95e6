//! Symbolic and hard links.

use preopen::abi::{Errno, Filetype};
use preopen::vfs::{Dir, OpenOptions};

use super::cases;
use crate::support::{CREATE, open_dir, path, read, target, write};

cases! {
    reads: [links_are_read, links_are_followed, links_that_lead_out_are_not_followed],
    changes: [links_are_made, forty_links_and_no_more, hard_links_are_made, hard_links_that_cannot_be, hard_links_share_all]
}

fn links_are_read(dir: &dyn Dir) {
    let mut buf = [b'?'; 12];
    assert_eq!(dir.read_link(path("dangling"), &mut buf), Ok(7));
    assert_eq!(&buf, b"nowhere?????");
    // What does not fit is cut off.
    assert_eq!(dir.read_link(path("link"), &mut buf[..3]), Ok(3));
    assert_eq!(&buf[..4], b"filh");
    assert_eq!(dir.read_link(path("link"), &mut []), Ok(0));
    for (at, target) in [
        ("to-dir/up", "../file"),
        ("to-dir", "dir"),
        ("loop", "loop"),
        ("out", "../outside"),
        ("absolute", "/file"),
        ("dir/../link", "file"),
    ] {
        let len = dir.read_link(path(at), &mut buf).unwrap();
        assert_eq!(&buf[..len], target.as_bytes(), "{at}");
    }
    for (at, errno) in [
        ("file", Errno::Inval),
        ("dir", Errno::Inval),
        ("dir/", Errno::Inval),
        (".", Errno::Inval),
        ("to-dir/", Errno::Inval),
        ("link/", Errno::Notdir),
        ("file/", Errno::Notdir),
        ("far/", Errno::Noent),
        ("missing", Errno::Noent),
        ("loop/", Errno::Loop),
        ("loop/x", Errno::Loop),
        ("file/x", Errno::Notdir),
        ("out/", Errno::Notcapable),
        ("absolute/x", Errno::Notcapable),
    ] {
        assert_eq!(dir.read_link(path(at), &mut buf), Err(errno), "{at}");
        assert_eq!(dir.read_link(path(at), &mut []), Err(errno), "{at}");
    }
}

fn links_are_followed(dir: &dyn Dir) {
    for at in ["link", "dir/up", "to-dir/up", "to-dir/../link", "./dir/../to-dir/./up"] {
        assert_eq!(read(dir, at).as_deref(), Ok("file"), "{at}");
    }
    assert_eq!(read(dir, "to-dir/inner").as_deref(), Ok("inner"));
    let unfollowed = OpenOptions { follow: false, ..OpenOptions::READ };
    assert_eq!(dir.open(path("link"), unfollowed).err(), Some(Errno::Loop));
    assert_eq!(dir.open(path("to-dir"), unfollowed).err(), Some(Errno::Loop));
    assert!(dir.open(path("to-dir/"), unfollowed).is_ok());
    assert!(dir.open(path("to-dir/inner"), unfollowed).is_ok());
    assert!(open_dir(dir, "to-dir").is_ok());
    // A directory that was opened is a root of its own.
    let inner = open_dir(dir, "dir").unwrap();
    assert_eq!(read(&*inner, "up"), Err(Errno::Notcapable));
}

fn links_that_lead_out_are_not_followed(dir: &dyn Dir) {
    for at in ["out", "absolute", "out/x", "absolute/x", "out/..", "out/"] {
        for options in [OpenOptions::READ, OpenOptions { directory: true, ..OpenOptions::READ }] {
            assert_eq!(dir.open(path(at), options).err(), Some(Errno::Notcapable), "{at}");
        }
        assert_eq!(dir.stat_at(path(at), true), Err(Errno::Notcapable), "{at}");
    }
    for at in ["out", "absolute"] {
        assert_eq!(dir.stat_at(path(at), false).map(|stat| stat.filetype), Ok(Filetype::SymbolicLink));
    }
}

fn links_are_made(dir: &dyn Dir) {
    dir.symlink(target("dir/inner", "new"), path("new")).unwrap();
    dir.symlink(target("nowhere/", "dir/nowhere"), path("dir/nowhere")).unwrap();
    assert_eq!(read(dir, "new").as_deref(), Ok("inner"));
    let mut buf = [0; 12];
    assert_eq!(dir.read_link(path("dir/nowhere"), &mut buf), Ok(8));
    for (at, errno) in [
        ("link", Errno::Exist),
        ("dangling", Errno::Exist),
        ("file", Errno::Exist),
        ("dir/", Errno::Exist),
        ("made/", Errno::Noent),
        ("file/", Errno::Exist),
        ("link/", Errno::Exist),
        ("dangling/", Errno::Exist),
        ("dir/.", Errno::Exist),
        (".", Errno::Exist),
        ("missing/new", Errno::Noent),
        ("file/new", Errno::Notdir),
        ("loop/new", Errno::Loop),
    ] {
        assert_eq!(dir.symlink(target("x", at), path(at)), Err(errno), "{at}");
    }
    // A link's size is its target's, and it may lead in a circle.
    dir.symlink(target("two", "one"), path("one")).unwrap();
    dir.symlink(target("one", "two"), path("two")).unwrap();
    assert_eq!(dir.stat_at(path("two"), false).map(|stat| (stat.size, stat.nlink)), Ok((3, 1)));
    assert_eq!(dir.stat_at(path("two"), true), Err(Errno::Loop));
    // A slash behind a link's target wants a directory.
    dir.symlink(target("file/", "slash"), path("slash")).unwrap();
    assert_eq!(read(dir, "slash"), Err(Errno::Notdir));
    dir.symlink(target("made/", "making"), path("making")).unwrap();
    assert_eq!(dir.open(path("making"), CREATE).err(), Some(Errno::Isdir));
    dir.symlink(target(&"t".repeat(4095), "long"), path("long")).unwrap();
    assert_eq!(dir.stat_at(path("long"), false).map(|stat| stat.size), Ok(4095));
    assert_eq!(dir.stat_at(path("long"), true), Err(Errno::Nametoolong));
}

fn forty_links_and_no_more(dir: &dyn Dir) {
    for n in 0..45 {
        let to = if n == 0 { "file".to_owned() } else { format!("l{}", n - 1) };
        dir.symlink(target(&to, "l"), path(&format!("l{n}"))).unwrap();
    }
    assert_eq!(read(dir, "l39").as_deref(), Ok("file"));
    assert_eq!(read(dir, "l40"), Err(Errno::Loop));
    assert_eq!(dir.stat_at(path("l40"), true), Err(Errno::Loop));
    assert!(dir.stat_at(path("l40"), false).is_ok());
    // Links count wherever they are in the path.
    let through = "to-dir/../".repeat(40);
    assert_eq!(read(dir, &format!("{through}file")).as_deref(), Ok("file"));
    assert_eq!(read(dir, &format!("{through}link")), Err(Errno::Loop));
    dir.symlink(target("growing/x", "growing"), path("growing")).unwrap();
    assert_eq!(dir.stat_at(path("growing"), true), Err(Errno::Loop));
}

fn hard_links_are_made(dir: &dyn Dir) {
    let inner = open_dir(dir, "dir").unwrap();
    dir.link(path("file"), false, dir, path("dir/hard")).unwrap();
    dir.link(path("dir/hard"), true, &*inner, path("again")).unwrap();
    dir.link(path("link"), true, dir, path("through")).unwrap();
    dir.link(path("link"), false, dir, path("copy")).unwrap();
    dir.link(path("dangling"), false, dir, path("dangling2")).unwrap();
    assert_eq!(dir.stat_at(path("file"), true).map(|stat| stat.nlink), Ok(4));
    assert_eq!(dir.stat_at(path("copy"), false).map(|stat| stat.filetype), Ok(Filetype::SymbolicLink));
    assert_eq!(dir.stat_at(path("dangling"), false).map(|stat| stat.nlink), Ok(2));
    assert_eq!(inner.stat_at(path("again"), false), dir.stat_at(path("through"), false));
    assert_eq!(dir.stat_at(path("copy"), false), dir.stat_at(path("link"), false));
    // A link's second name leads from where that is.
    dir.link(path("to-dir"), false, dir, path("dir/to-dir")).unwrap();
    assert_eq!(dir.stat_at(path("dir/to-dir"), true), Err(Errno::Noent));
}

fn hard_links_that_cannot_be(dir: &dyn Dir) {
    for (from, follow, to, errno) in [
        ("dir", false, "new", Errno::Perm),
        ("dir/", false, "new", Errno::Perm),
        (".", false, "new", Errno::Perm),
        ("to-dir", true, "new", Errno::Perm),
        ("to-dir/", false, "new", Errno::Perm),
        ("dir", false, "file", Errno::Exist),
        ("dir", false, "missing/new", Errno::Noent),
        ("file/", false, "new", Errno::Notdir),
        ("link/", true, "new", Errno::Notdir),
        ("missing", false, "new", Errno::Noent),
        ("missing", false, "file", Errno::Noent),
        ("dangling", true, "new", Errno::Noent),
        ("loop", true, "new", Errno::Loop),
        ("file", false, "file", Errno::Exist),
        ("file", false, "link", Errno::Exist),
        ("file", false, "dangling", Errno::Exist),
        ("file", false, "new/", Errno::Noent),
        ("file", false, "dir/", Errno::Exist),
        ("file", false, ".", Errno::Exist),
        ("file", false, "missing/new", Errno::Noent),
        ("file", false, "file/new", Errno::Notdir),
    ] {
        assert_eq!(dir.link(path(from), follow, dir, path(to)), Err(errno), "{from} to {to}");
    }
    assert_eq!(dir.stat_at(path("file"), true).map(|stat| stat.nlink), Ok(1));
}

fn hard_links_share_all(dir: &dyn Dir) {
    dir.link(path("file"), false, dir, path("dir/hard")).unwrap();
    write(dir, "dir/hard", "written").unwrap();
    assert_eq!(read(dir, "file").as_deref(), Ok("written"));
    let held = open_dir(dir, "dir").unwrap();
    dir.unlink(path("file")).unwrap();
    assert_eq!(held.stat_at(path("hard"), true).map(|stat| (stat.nlink, stat.size)), Ok((1, 7)));
    // Back under its first name, by way of the second.
    dir.link(path("dir/hard"), false, dir, path("file")).unwrap();
    dir.unlink(path("dir/hard")).unwrap();
    assert_eq!(read(dir, "file").as_deref(), Ok("written"));
}
