//! A mount that only reads: no call changes anything, through whatever handle.

use preopen::abi::Errno;
use preopen::span::Span;
use preopen::vfs::host::HostDir;
use preopen::vfs::{Access, Advice, Dir, OpenOptions, Opened, ReadOnly};

use super::TIMES;
use crate::support::{CREATE, Tree, in_every_mode, names, open_dir, open_file, path, read, snapshot, target};

fn mount(dir: HostDir) -> ReadOnly<Box<dyn Dir>> {
    ReadOnly(Box::new(dir))
}

fn changes_nothing(dir: &dyn Dir, writable: &dyn Dir, file: &str) {
    let refused = |answer: Result<(), Errno>| assert_eq!(answer, Err(Errno::Rofs));
    for follow in [false, true] {
        for options in [
            OpenOptions { access: Access::Write, ..OpenOptions::READ },
            OpenOptions { access: Access::ReadWrite, ..OpenOptions::READ },
            // To read, and to cut it: no access to write, and a change all the same.
            OpenOptions { truncate: true, ..OpenOptions::READ },
            CREATE,
            OpenOptions { truncate: true, ..CREATE },
        ] {
            refused(dir.open(path(file), OpenOptions { follow, ..options }).map(drop));
        }
        refused(dir.open(path("new"), OpenOptions { follow, ..CREATE }).map(drop));
        refused(dir.set_times_at(path(file), follow, TIMES));
        refused(dir.link(path(file), follow, dir, path("new")));
        refused(dir.link(path(file), follow, writable, path("new")));
        refused(writable.link(path("own"), follow, dir, path("new")));
    }
    assert_eq!(dir.open(path(file), OpenOptions { exclusive: true, ..CREATE }).err(), Some(Errno::Exist));
    refused(dir.set_times(TIMES));
    refused(dir.create_dir(path("new")));
    refused(dir.remove_dir(path("empty")));
    refused(dir.unlink(path(file)));
    refused(dir.symlink(target("x", "new"), path("new")));
    refused(dir.rename(path(file), dir, path("new")));
    refused(dir.rename(path(file), writable, path("new")));
    refused(writable.rename(path("own"), dir, path("new")));
    assert!(dir.as_target().is_err());
}

#[test]
fn nothing_changes_through_a_read_only_mount() {
    in_every_mode(|options| {
        let (tree, other) = (Tree::new(), Tree::new());
        std::fs::create_dir(tree.root("empty")).unwrap();
        std::fs::create_dir(tree.root("dir/empty")).unwrap();
        std::fs::write(other.root("own"), "own").unwrap();
        let writable = other.mount(options);
        let before = (snapshot(&tree.root("")), snapshot(&other.root("")));
        let dir = mount(tree.mount(options));
        changes_nothing(&dir, &writable, "file");
        changes_nothing(open_dir(&dir, "dir").unwrap().as_ref(), &writable, "inner");
        changes_nothing(open_dir(&dir, ".").unwrap().as_ref(), &writable, "file");

        let file = open_file(&dir, "file", OpenOptions::READ).unwrap();
        let mut bytes = *b"bytes";
        let spans = [Span::over(&mut bytes)];
        assert_eq!(file.write_at(&spans, 0), Err(Errno::Rofs));
        assert_eq!(file.append(&spans), Err(Errno::Rofs));
        assert_eq!(file.set_len(0), Err(Errno::Rofs));
        assert_eq!(file.allocate(0, 100), Err(Errno::Rofs));
        assert_eq!(file.set_times(TIMES), Err(Errno::Rofs));
        assert_eq!((snapshot(&tree.root("")), snapshot(&other.root(""))), before);
    });
}

#[test]
fn a_read_only_mount_reads() {
    in_every_mode(|options| {
        let tree = Tree::new();
        tree.link("file", "link");
        tree.link("../outside", "out");
        let dir = mount(tree.mount(options));
        assert_eq!(read(&dir, "link").as_deref(), Ok("file"));
        assert_eq!(read(open_dir(&dir, "dir").unwrap().as_ref(), "inner").as_deref(), Ok("inner"));
        assert_eq!(names(&dir), ["dir", "file", "link", "out"]);
        assert_eq!(dir.stat_at(path("file"), true).map(|stat| stat.size), Ok(4));
        assert_eq!(dir.read_link(path("link"), &mut [0; 9]), Ok(4));
        assert_eq!(dir.open(path("nothing"), OpenOptions::READ).err(), Some(Errno::Noent));
        assert_eq!(dir.open(path("out/secret.txt"), OpenOptions::READ).err(), Some(Errno::Notcapable));
        assert_eq!(dir.open(path("out/secret.txt"), CREATE).err(), Some(Errno::Notcapable));
        let Ok(Opened::File(file)) = dir.open(path("file"), OpenOptions::READ) else { panic!() };
        assert_eq!(file.advise(0, 0, Advice::Sequential), Ok(()));
        assert_eq!(file.stat().map(|stat| stat.size), Ok(4));
        assert_eq!((file.sync(), file.datasync(), dir.sync()), (Ok(()), Ok(()), Ok(())));
        assert!(dir.stat().is_ok());
    });
}
