//! Single files of the host, mounted in a directory of any kind or of their own.

use std::ops::ControlFlow;
use std::os::unix::fs::{MetadataExt, PermissionsExt};

use preopen::abi::{Errno, Filetype};
use preopen::vfs::host::MountOptions;
use preopen::vfs::{Dir, Files, OpenOptions, ReadOnly, SetTime, SetTimes, SingleFile, WithFiles};

use super::support::{CREATE, Tree, in_every_mode, names, open_dir, path, read, write};

/// `outside/secret.txt`, as `file` and as `new`.
fn files(tree: &Tree, read_only: bool) -> Files {
    let file = || SingleFile::open_ambient(&tree.outside("secret.txt"), read_only, false).unwrap();
    Files::from([(b"file"[..].into(), file()), (b"new"[..].into(), file())])
}

#[test]
fn the_names_are_the_mounts() {
    in_every_mode(|options| {
        let tree = Tree::new();
        tree.link("../file", "dir/up");
        let root = WithFiles::mount(Some(Box::new(tree.mount(options))), files(&tree, false));
        let root = &*root;
        assert_eq!(names(root), ["dir", "file", "new"]);
        for at in ["file", "new", "dir/../file", "dir/up", "./new"] {
            assert_eq!(read(root, at).as_deref(), Ok("secret"), "{at}");
        }
        for at in ["file", "dir/../new"] {
            assert_eq!(root.unlink(path(at)), Err(Errno::Busy));
            assert_eq!(root.remove_dir(path(at)), Err(Errno::Busy));
            assert_eq!(root.rename(path(at), root, path("x")), Err(Errno::Busy));
            assert_eq!(root.rename(path("dir/inner"), root, path(at)), Err(Errno::Busy));
            assert_eq!(root.create_dir(path(at)), Err(Errno::Exist));
            assert_eq!(root.link(path("dir/inner"), true, root, path(at)), Err(Errno::Exist));
            assert_eq!(root.link(path(at), true, root, path("x")), Err(Errno::Xdev));
            assert_eq!(
                root.open(path(at), OpenOptions { exclusive: true, ..CREATE }).err(),
                Some(Errno::Exist)
            );
        }
        // What is hidden stays as it was.
        assert_eq!(std::fs::read(tree.root("file")).unwrap(), b"file");
        assert!(!tree.root("new").exists());

        // What is beneath is the directory's own, also for renames out of a directory that was opened.
        let dir = open_dir(root, "dir").unwrap();
        assert_eq!(dir.rename(path("inner"), root, path("out")), Ok(()));
        assert_eq!(root.rename(path("out"), &*dir, path("inner")), Ok(()));
        assert_eq!(dir.open(path("up"), OpenOptions::READ).err(), Some(Errno::Notcapable));
        // Another mount of the same directory is another filesystem.
        let other = tree.mount(options);
        assert_eq!(root.rename(path("dir/inner"), &other, path("x")), Err(Errno::Xdev));
        assert_eq!(other.rename(path("dir/inner"), root, path("x")), Err(Errno::Xdev));
    });
}

#[test]
fn a_directory_gets_no_second_name_and_nothing_gets_one_in_a_removed_directory() {
    let tree = Tree::new();
    let root = WithFiles::mount(Some(Box::new(tree.mount(MountOptions::default()))), files(&tree, false));
    let root = &*root;
    root.create_dir(path("gone")).unwrap();
    let gone = open_dir(root, "gone").unwrap();
    root.remove_dir(path("gone")).unwrap();
    assert_eq!(root.link(path("dir"), false, root, path("x")), Err(Errno::Perm));
    assert_eq!(root.link(path("dir"), false, root, path("file")), Err(Errno::Exist));
    assert_eq!(root.link(path("dir"), false, &*gone, path("x")), Err(Errno::Noent));
}

#[test]
fn a_mounted_file_is_written_and_its_metadata_set() {
    let tree = Tree::new();
    let root = WithFiles::mount(Some(Box::new(tree.mount(MountOptions::default()))), files(&tree, false));
    write(&*root, "file", "public").unwrap();
    let host = tree.outside("secret.txt");
    assert_eq!(std::fs::read(&host).unwrap(), b"public");
    assert_eq!(root.set_mode_at(path("file"), true, 0o640), Ok(()));
    assert_eq!(root.mode_at(path("new"), true), Ok(0o640));
    assert_eq!(std::fs::metadata(&host).unwrap().permissions().mode() & 0o777, 0o640);
    let times = SetTimes { access: None, modified: Some(SetTime::At(5)) };
    assert_eq!(root.set_times_at(path("file"), true, times), Ok(()));
    assert_eq!(root.stat_at(path("new"), true).unwrap().mtim, 5);
    assert_eq!(std::fs::metadata(&host).unwrap().mtime_nsec(), 5);
    assert_eq!(root.set_times(times), Ok(()));
    assert_eq!(root.stat().unwrap().mtim, 5);
}

#[test]
fn read_only_files_and_directories() {
    let tree = Tree::new();
    let under = Box::new(ReadOnly(Box::new(tree.mount(MountOptions::default())) as Box<dyn Dir>));
    let root = WithFiles::mount(Some(under), files(&tree, false));
    // The directory is read-only, the file is not.
    write(&*root, "file", "SEC").unwrap();
    assert_eq!(root.open(path("x"), CREATE).err(), Some(Errno::Rofs));
    assert_eq!(root.unlink(path("dir/inner")), Err(Errno::Rofs));
    assert_eq!(root.rename(path("dir/inner"), &*root, path("x")), Err(Errno::Rofs));

    let alone = WithFiles::mount(None, files(&tree, true));
    assert_eq!(alone.open(path("file"), CREATE).err(), Some(Errno::Rofs));
    assert_eq!(alone.set_mode_at(path("file"), true, 0o600), Err(Errno::Rofs));
    assert_eq!(alone.create_dir(path("x")), Err(Errno::Rofs));
    assert_eq!(alone.open(path("x"), CREATE).err(), Some(Errno::Rofs));
    assert_eq!(alone.stat().unwrap().filetype, Filetype::Directory);
    assert_eq!(alone.sync(), Ok(()));
}

#[test]
fn a_listing_goes_on_at_any_entry() {
    let tree = Tree::new();
    let root = WithFiles::mount(Some(Box::new(tree.mount(MountOptions::default()))), files(&tree, false));
    let mut seen = Vec::new();
    let mut cookie = 0;
    for _ in 0..3 {
        root.list(cookie, &mut |entry| {
            seen.push((String::from_utf8(entry.name.to_vec()).unwrap(), entry.filetype));
            cookie = entry.next;
            ControlFlow::Break(())
        })
        .unwrap();
    }
    assert_eq!(
        &seen[..2],
        [("file".to_owned(), Filetype::RegularFile), ("new".to_owned(), Filetype::RegularFile)]
    );
    assert_eq!(seen[2], ("dir".to_owned(), Filetype::Directory));
    for cookie in [cookie, u64::MAX] {
        let listed = root.list(cookie, &mut |entry| panic!("{entry:?}"));
        assert!(matches!(listed, Ok(()) | Err(Errno::Again)));
    }
}

#[test]
fn directories_deeper_than_a_path_is_long() {
    let tree = Tree::new();
    let root = WithFiles::mount(Some(Box::new(tree.mount(MountOptions::default()))), files(&tree, false));
    let name = "d".repeat(200);
    let mut dir = open_dir(&*root, "dir").unwrap();
    for _ in 0..50 {
        dir.create_dir(path(&name)).unwrap();
        dir = open_dir(&*dir, &name).unwrap();
    }
    write(&*dir, "file", "deep").unwrap();
    assert_eq!(read(&*dir, "file").as_deref(), Ok("deep"));
    assert_eq!(
        root.stat_at(path(&format!("dir/{}", format!("{name}/").repeat(10))), true).unwrap().filetype,
        Filetype::Directory
    );
}

#[test]
fn what_cannot_be_mounted() {
    let tree = Tree::new();
    let fails = |at: &str| SingleFile::open_ambient(&tree.outside(at), false, false).err();
    assert_eq!(fails("none"), Some(Errno::Noent));
    assert_eq!(fails("dir"), Some(Errno::Isdir));
    assert_eq!(fails("secret.txt/x"), Some(Errno::Notdir));
    assert_eq!(SingleFile::open_ambient("/dev/null".as_ref(), false, false).err(), Some(Errno::Notcapable));
    assert!(SingleFile::open_ambient("/dev/null".as_ref(), false, true).is_ok());
}
