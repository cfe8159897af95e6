//! Making, removing, moving and linking names.

use preopen::abi::{Errno, Filetype};
use preopen::vfs::Dir;
use preopen::vfs::host::{HostDir, MountOptions};

use crate::support::{Tree, in_every_mode, names, open_dir, path, read, target, write};

#[test]
fn directories_are_made_and_removed() {
    in_every_mode(|options| {
        let tree = Tree::new();
        tree.link("nowhere", "dangling");
        let dir = tree.mount(options);
        dir.create_dir(path("one")).unwrap();
        dir.create_dir(path("one/two/")).unwrap();
        dir.create_dir(path("one/./two//three///")).unwrap();
        for (at, errno) in [
            ("one", Errno::Exist),
            ("file", Errno::Exist),
            ("file/", Errno::Exist),
            ("dangling", Errno::Exist),
            ("dangling/", Errno::Exist),
            (".", Errno::Exist),
            ("one/.", Errno::Exist),
            ("one/..", Errno::Exist),
            ("missing/x", Errno::Noent),
            ("missing/.", Errno::Noent),
            ("file/x", Errno::Notdir),
        ] {
            assert_eq!(dir.create_dir(path(at)), Err(errno), "{at}");
        }
        for (at, errno) in [
            ("one", Errno::Notempty),
            ("one/two/.", Errno::Inval),
            (".", Errno::Inval),
            ("one/..", Errno::Notempty),
            ("one/two/three/..", Errno::Notempty),
            ("file", Errno::Notdir),
            ("file/", Errno::Notdir),
            ("dangling", Errno::Notdir),
            ("dangling/", Errno::Notdir),
            ("missing", Errno::Noent),
        ] {
            assert_eq!(dir.remove_dir(path(at)), Err(errno), "{at}");
        }
        dir.remove_dir(path("one/two/three/")).unwrap();
        dir.remove_dir(path("one/two")).unwrap();
        dir.remove_dir(path("one")).unwrap();
        assert_eq!(names(&dir), ["dangling", "dir", "file"]);
    });
}

#[test]
fn files_are_removed() {
    in_every_mode(|options| {
        let tree = Tree::new();
        tree.link("dir", "link");
        let dir = tree.mount(options);
        for (at, errno) in [
            ("dir", Errno::Isdir),
            ("dir/", Errno::Isdir),
            ("file/", Errno::Notdir),
            ("link/", Errno::Notdir),
            ("missing/", Errno::Noent),
            ("missing", Errno::Noent),
            (".", Errno::Isdir),
            ("dir/.", Errno::Isdir),
            ("dir/..", Errno::Isdir),
            ("file/.", Errno::Notdir),
        ] {
            assert_eq!(dir.unlink(path(at)), Err(errno), "{at}");
        }
        dir.unlink(path("file")).unwrap();
        dir.unlink(path("link/inner")).unwrap();
        dir.unlink(path("link")).unwrap();
        assert_eq!(names(&dir), ["dir"]);
    });
}

#[test]
fn symbolic_links_are_made_and_read() {
    in_every_mode(|options| {
        let tree = Tree::new();
        let dir = tree.mount(options);
        dir.symlink(target("dir/inner", "link"), path("link")).unwrap();
        dir.symlink(target("nowhere/", "dir/dangling"), path("dir/dangling")).unwrap();
        assert_eq!(read(&dir, "link").as_deref(), Ok("inner"));
        let mut buf = [b'?'; 12];
        assert_eq!(dir.read_link(path("link"), &mut buf), Ok(9));
        assert_eq!(&buf, b"dir/inner???");
        assert_eq!(dir.read_link(path("dir/dangling"), &mut buf), Ok(8));
        // What does not fit is cut off.
        assert_eq!(dir.read_link(path("link"), &mut buf[..3]), Ok(3));
        assert_eq!(dir.read_link(path("link"), &mut []), Ok(0));
        for (at, errno) in [
            ("file", Errno::Inval),
            ("dir", Errno::Inval),
            ("dir/", Errno::Inval),
            (".", Errno::Inval),
            ("link/", Errno::Notdir),
            ("dir/dangling/", Errno::Noent),
            ("missing", Errno::Noent),
        ] {
            assert_eq!(dir.read_link(path(at), &mut buf), Err(errno), "{at}");
            assert_eq!(dir.read_link(path(at), &mut []), Err(errno), "{at}");
        }
        for (at, errno) in [
            ("link", Errno::Exist),
            ("file", Errno::Exist),
            ("dir/", Errno::Exist),
            ("new/", Errno::Noent),
            ("dir/.", Errno::Exist),
            (".", Errno::Exist),
            ("missing/new", Errno::Noent),
        ] {
            assert_eq!(dir.symlink(target("x", at), path(at)), Err(errno), "{at}");
        }
    });
}

#[test]
fn hard_links() {
    in_every_mode(|options| {
        let tree = Tree::new();
        tree.link("file", "link");
        tree.link("dir", "to-dir");
        tree.link("nowhere", "dangling");
        let dir = tree.mount(options);
        let inner = open_dir(&dir, "dir").unwrap();
        dir.link(path("file"), false, &dir, path("dir/hard")).unwrap();
        dir.link(path("dir/hard"), true, inner.as_ref(), path("again")).unwrap();
        dir.link(path("link"), true, &dir, path("through")).unwrap();
        dir.link(path("link"), false, &dir, path("copy")).unwrap();
        assert_eq!(dir.stat_at(path("file"), true).map(|stat| stat.nlink), Ok(4));
        assert_eq!(dir.stat_at(path("copy"), false).map(|stat| stat.filetype), Ok(Filetype::SymbolicLink));
        assert_eq!(inner.stat_at(path("again"), false), dir.stat_at(path("through"), false));
        for (from, follow, to, errno) in [
            ("dir", false, "new", Errno::Perm),
            ("dir/", false, "new", Errno::Perm),
            (".", false, "new", Errno::Perm),
            ("to-dir", true, "new", Errno::Perm),
            ("to-dir/", false, "new", Errno::Perm),
            ("file/", false, "new", Errno::Notdir),
            ("link/", true, "new", Errno::Notdir),
            ("missing", false, "new", Errno::Noent),
            ("dangling", true, "new", Errno::Noent),
            ("file", false, "link", Errno::Exist),
            ("file", false, "new/", Errno::Noent),
            ("file", false, "dir/", Errno::Exist),
            ("file", false, ".", Errno::Exist),
            ("file", false, "missing/new", Errno::Noent),
        ] {
            assert_eq!(dir.link(path(from), follow, &dir, path(to)), Err(errno), "{from} to {to}");
        }
        dir.link(path("dangling"), false, &dir, path("dangling2")).unwrap();
    });
}

#[test]
fn renames() {
    in_every_mode(|options| {
        let tree = Tree::new();
        tree.link("file", "link");
        std::fs::create_dir_all(tree.root("empty")).unwrap();
        let dir = tree.mount(options);
        let inner = open_dir(&dir, "dir").unwrap();
        for (from, to, errno) in [
            ("missing", "new", Errno::Noent),
            ("missing", ".", Errno::Busy),
            ("file", "dir", Errno::Isdir),
            ("file", "new/", Errno::Notdir),
            ("file/", "new", Errno::Notdir),
            ("link/", "new", Errno::Notdir),
            ("dir", "file", Errno::Notdir),
            ("empty", "dir", Errno::Notempty),
            ("dir", "dir/below", Errno::Inval),
            ("dir/inner", "dir", Errno::Notempty),
            (".", "new", Errno::Busy),
            ("dir/.", "new", Errno::Busy),
            ("dir/..", "new", Errno::Busy),
            ("dir", "empty/.", Errno::Busy),
            ("file", "missing/new", Errno::Noent),
        ] {
            assert_eq!(dir.rename(path(from), &dir, path(to)), Err(errno), "{from} to {to}");
        }
        // Onto itself, over a file, over an empty directory, and into what another handle holds.
        dir.rename(path("file"), &dir, path("./file")).unwrap();
        assert_eq!(read(&dir, "file").as_deref(), Ok("file"));
        dir.rename(path("file"), inner.as_ref(), path("inner")).unwrap();
        assert_eq!(read(&dir, "dir/inner").as_deref(), Ok("file"));
        dir.rename(path("dir/"), &dir, path("empty/")).unwrap();
        assert_eq!(names(&dir), ["empty", "link"]);
        assert_eq!(read(inner.as_ref(), "inner").as_deref(), Ok("file"));
        dir.rename(path("link"), inner.as_ref(), path("inner")).unwrap();
        assert_eq!(inner.stat_at(path("inner"), false).map(|stat| stat.filetype), Ok(Filetype::SymbolicLink));
    });
}

#[test]
fn between_filesystems_nothing_moves() {
    let tree = Tree::new();
    let dir = tree.mount(MountOptions::default());
    let shm = tempfile::tempdir_in("/dev/shm").unwrap();
    let other = HostDir::open_ambient(shm.path(), MountOptions::default()).unwrap();
    if dir.stat().unwrap().dev == other.stat().unwrap().dev {
        return;
    }
    // The host's own answer, which must not be taken for an escape.
    assert_eq!(dir.rename(path("file"), &other, path("file")), Err(Errno::Xdev));
    assert_eq!(dir.link(path("file"), false, &other, path("file")), Err(Errno::Xdev));
    write(&other, "file", "other").unwrap();
    assert_eq!(read(&dir, "file").as_deref(), Ok("file"));
}
