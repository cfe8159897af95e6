//! Our directories as filesystems of the crate virtual-fs.

use std::io::SeekFrom;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use preopen::abi::Errno;
use preopen::vfs::export::Exported;
use preopen::vfs::foreign::{Foreign, Limits};
use preopen::vfs::host::MountOptions;
use preopen::vfs::memory::{self, MemoryFs};
use preopen::vfs::{Dir, ReadOnly};
use virtual_fs::{
    AsyncReadExt, AsyncSeekExt, AsyncWriteExt, FileSystem, FsError, OpenOptionsConfig, VirtualFile, mem_fs,
};

use crate::scripted::Failing;
use crate::support::{self, Tree, done, path, read, write};

/// Runs a test over directories of the host, in memory, and such as are themselves foreign.
fn over_every_kind(test: impl Fn(&Exported, &dyn Dir)) {
    let tree = Tree::new();
    std::fs::remove_file(tree.root("file")).unwrap();
    std::fs::remove_dir_all(tree.root("dir")).unwrap();
    let host: Arc<dyn Dir> = Arc::new(tree.mount(MountOptions::default()));
    let memory: Arc<dyn Dir> = Arc::new(MemoryFs::new(memory::Limits::default()).root());
    let theirs = Arc::new(mem_fs::FileSystem::default());
    let foreign: Arc<dyn Dir> = Arc::new(Foreign::mount(theirs, Limits::default()).unwrap());
    for (kind, dir) in [("host", host), ("memory", memory), ("foreign", foreign)] {
        eprintln!("{kind}");
        test(&Exported::new(Arc::clone(&dir)), &*dir);
    }
}

fn at(path: &str) -> &Path {
    Path::new(path)
}

fn open(fs: &Exported, path: &str, options: &str) -> virtual_fs::Result<Box<dyn VirtualFile + Send + Sync>> {
    let has = |letter| options.contains(letter);
    let conf = OpenOptionsConfig {
        read: has('r'),
        write: has('w'),
        append: has('a'),
        truncate: has('t'),
        create: has('c'),
        create_new: has('n'),
    };
    fs.new_open_options().options(conf).open(path)
}

fn content(fs: &Exported, path: &str) -> String {
    let mut text = String::new();
    done(open(fs, path, "r").unwrap().read_to_string(&mut text)).unwrap();
    text
}

fn names(fs: &Exported, path: &str) -> Vec<String> {
    let entries = fs.read_dir(at(path)).unwrap();
    let mut names: Vec<_> = entries
        .map(|entry| {
            let entry = entry.unwrap();
            assert_eq!(entry.path.parent(), Some(at(path)));
            assert_eq!(
                entry.metadata.clone().unwrap().is_dir(),
                fs.symlink_metadata(&entry.path).unwrap().is_dir()
            );
            entry.file_name().into_string().unwrap()
        })
        .collect();
    names.sort();
    names
}

#[test]
fn all_ways_to_open() {
    let denied = Err(FsError::PermissionDenied);
    // Options, over a file that is missing and one that holds `old`: how it answers, and what the file holds then.
    let cases: &[(&str, virtual_fs::Result<&str>, virtual_fs::Result<&str>)] = &[
        ("", Err(FsError::EntryNotFound), Ok("old")),
        ("r", Err(FsError::EntryNotFound), Ok("old")),
        ("w", Err(FsError::EntryNotFound), Ok("old")),
        ("a", Err(FsError::EntryNotFound), Ok("old")),
        ("wt", Err(FsError::EntryNotFound), Ok("")),
        ("rc", denied, denied),
        ("rt", denied, denied),
        ("rn", denied, denied),
        ("wc", Ok(""), Ok("old")),
        ("ac", Ok(""), Ok("old")),
        ("rwc", Ok(""), Ok("old")),
        ("wct", Ok(""), Ok("")),
        ("wn", Ok(""), Err(FsError::AlreadyExists)),
        ("wnct", Ok(""), Err(FsError::AlreadyExists)),
        ("an", Ok(""), Err(FsError::AlreadyExists)),
    ];
    over_every_kind(|fs, dir| {
        for (options, missing, there) in cases {
            assert_eq!(open(fs, "/missing", options).map(drop), missing.map(drop), "{options} of nothing");
            if let Ok(text) = missing {
                assert_eq!(content(fs, "/missing"), *text, "{options} of nothing");
                dir.unlink(path("missing")).unwrap();
            }
            write(dir, "there", "old").unwrap();
            assert_eq!(open(fs, "/there", options).map(drop), there.map(drop), "{options}");
            assert_eq!(content(fs, "/there"), there.unwrap_or("old"), "{options}");
        }
        fs.create_dir(at("/dir")).unwrap();
        for options in ["r", "w", "rw", "wc", "a"] {
            assert_eq!(
                open(fs, "/dir", options).map(drop),
                Err(FsError::NotAFile),
                "{options} of a directory"
            );
        }
        assert_eq!(open(fs, "/there/", "r").map(drop), Err(FsError::BaseNotDirectory));
        assert_eq!(open(fs, "/there/x", "wc").map(drop), Err(FsError::BaseNotDirectory));
        assert_eq!(open(fs, "/", "r").map(drop), Err(FsError::NotAFile));
    });
}

#[test]
fn a_handle_does_what_it_was_opened_for() {
    over_every_kind(|fs, dir| {
        write(dir, "file", "0123456789").unwrap();
        let mut bytes = [0; 4];
        let mut only_read = open(fs, "/file", "r").unwrap();
        assert!(done(only_read.write(b"x")).is_err());
        assert_eq!(only_read.set_len(0), Err(FsError::PermissionDenied));
        let mut only_write = open(fs, "/file", "w").unwrap();
        assert!(done(only_write.read(&mut bytes)).is_err());
        let mut neither = open(fs, "/file", "").unwrap();
        assert!(done(neither.read(&mut bytes)).is_err());
        assert!(done(neither.write(b"x")).is_err());
        assert_eq!((neither.size(), neither.is_open()), (10, true));
        assert_eq!(read(dir, "file").unwrap(), "0123456789");

        let mut adds = open(fs, "/file", "ra").unwrap();
        assert_eq!(done(adds.read(&mut bytes)).unwrap(), 4);
        assert_eq!(done(adds.write(b"abc")).unwrap(), 3);
        assert_eq!(done(adds.stream_position()).unwrap(), 13);
        assert_eq!(read(dir, "file").unwrap(), "0123456789abc");
    });
}

#[test]
fn bytes_go_where_the_offset_is() {
    over_every_kind(|fs, dir| {
        let mut file = open(fs, "/file", "rwc").unwrap();
        // More than goes at once.
        let long: Vec<u8> = (0..700_000_u32).map(|number| number as u8).collect();
        done(file.write_all(&long)).unwrap();
        assert_eq!(file.size(), 700_000);
        assert_eq!(done(file.seek(SeekFrom::End(-3))).unwrap(), 699_997);
        let mut bytes = [0; 8];
        assert_eq!(done(file.read(&mut bytes)).unwrap(), 3);
        assert_eq!(bytes[..3], long[699_997..]);
        assert_eq!(done(file.read(&mut bytes)).unwrap(), 0);
        assert_eq!(done(file.seek(SeekFrom::Current(-700_000))).unwrap(), 0);
        let mut all = Vec::new();
        done(file.read_to_end(&mut all)).unwrap();
        assert!(all == long);

        assert!(done(file.seek(SeekFrom::Current(-700_001))).is_err());
        assert!(done(file.seek(SeekFrom::Start(u64::MAX))).is_err());
        assert!(done(file.seek(SeekFrom::End(i64::MIN))).is_err());
        assert_eq!(done(file.stream_position()).unwrap(), 700_000, "where it was");

        file.set_len(2).unwrap();
        assert_eq!(done(file.seek(SeekFrom::Start(5))).unwrap(), 5);
        assert_eq!(done(file.read(&mut bytes)).unwrap(), 0);
        done(file.write_all(b"x")).unwrap();
        done(file.flush()).unwrap();
        assert_eq!(read(dir, "file").unwrap(), "\0\u{1}\0\0\0x");

        file.set_times(Some(1_000_000_000), Some(2_000_000_000)).unwrap();
        assert_eq!((file.last_accessed(), file.last_modified()), (1_000_000_000, 2_000_000_000));
        let found = fs.metadata(at("/file")).unwrap();
        assert_eq!((found.accessed, found.modified, found.len), (1_000_000_000, 2_000_000_000, 6));
        assert!(found.created > 2_000_000_000);
        let context = &mut Context::from_waker(Waker::noop());
        assert!(matches!(Pin::new(&mut *file).poll_read_ready(context), Poll::Ready(Ok(0))));
        assert!(matches!(Pin::new(&mut *file).poll_write_ready(context), Poll::Ready(Ok(1..))));

        let mut copy = open(fs, "/copy", "wc").unwrap();
        done(copy.copy_reference(open(fs, "/file", "r").unwrap())).unwrap();
        assert_eq!(content(fs, "/copy"), content(fs, "/file"));
    });
}

#[test]
fn a_file_removes_its_own_name_only() {
    over_every_kind(|fs, dir| {
        let mut file = open(fs, "/file", "rwc").unwrap();
        done(file.write_all(b"kept")).unwrap();
        file.unlink().unwrap();
        assert_eq!(fs.metadata(at("/file")), Err(FsError::EntryNotFound));
        assert_eq!(file.unlink(), Err(FsError::EntryNotFound));
        done(file.rewind()).unwrap();
        let mut text = String::new();
        done(file.read_to_string(&mut text)).unwrap();
        assert_eq!(text, "kept");

        let mut file = open(fs, "/file", "wc").unwrap();
        dir.rename(path("file"), dir, path("moved")).unwrap();
        dir.create_dir(path("file")).unwrap();
        assert!(file.unlink().is_err());
        dir.remove_dir(path("file")).unwrap();
        write(dir, "file", "another").unwrap();
        assert_eq!(file.unlink(), Err(FsError::EntryNotFound));
        assert_eq!(content(fs, "/file"), "another");
    });
}

#[test]
fn names_are_made_listed_moved_and_removed() {
    over_every_kind(|fs, dir| {
        assert_eq!(names(fs, "/"), [""; 0]);
        fs.create_dir(at("/dir")).unwrap();
        fs.create_dir(at("dir/sub/")).unwrap();
        assert_eq!(fs.create_dir(at("/dir")), Err(FsError::AlreadyExists));
        assert_eq!(fs.create_dir(at("/none/sub")), Err(FsError::EntryNotFound));
        assert_eq!(fs.create_dir(at("/")), Err(FsError::AlreadyExists));
        write(dir, "dir/file", "file").unwrap();
        assert_eq!(names(fs, "/dir"), ["file", "sub"]);
        assert_eq!(fs.read_dir(at("/dir/file")).map(drop), Err(FsError::BaseNotDirectory));
        assert_eq!(fs.read_dir(at("/none")).map(drop), Err(FsError::EntryNotFound));

        assert_eq!(done(fs.rename(at("/dir/file"), at("/moved"))), Ok(()));
        assert_eq!(done(fs.rename(at("/moved"), at("/moved"))), Ok(()));
        assert_eq!(content(fs, "/moved"), "file");
        assert_eq!(done(fs.rename(at("/none"), at("/x"))), Err(FsError::EntryNotFound));
        assert_eq!(done(fs.rename(at("/dir"), at("/moved"))), Err(FsError::BaseNotDirectory));
        assert_eq!(done(fs.rename(at("/moved"), at("/dir"))), Err(FsError::NotAFile));
        assert_eq!(done(fs.rename(at("/dir"), at("/dir/sub/x"))), Err(FsError::InvalidInput));

        assert_eq!(fs.remove_dir(at("/dir")), Err(FsError::DirectoryNotEmpty));
        assert_eq!(fs.remove_dir(at("/moved")), Err(FsError::BaseNotDirectory));
        assert_eq!(fs.remove_file(at("/dir")), Err(FsError::NotAFile));
        assert_eq!(fs.remove_file(at("/none")), Err(FsError::EntryNotFound));
        fs.remove_file(at("/moved")).unwrap();
        fs.remove_dir(at("/dir/sub")).unwrap();
        fs.remove_dir(at("/dir")).unwrap();
        assert!(fs.remove_dir(at("/")).is_err());
        assert_eq!(names(fs, "/"), [""; 0]);
    });
}

#[test]
fn links_are_made_and_read() {
    over_every_kind(|fs, dir| {
        write(dir, "file", "file").unwrap();
        fs.create_symlink(at("file"), at("/link")).unwrap();
        assert_eq!(fs.readlink(at("/link")).unwrap(), at("file"));
        assert_eq!(fs.readlink(at("/file")), Err(FsError::InvalidInput));
        assert!(fs.symlink_metadata(at("/link")).unwrap().ft.is_symlink());
        assert!(fs.metadata(at("/link")).unwrap().is_file());
        assert_eq!(content(fs, "/link"), "file");
        assert_eq!(fs.create_symlink(at("file"), at("/link")), Err(FsError::AlreadyExists));
        match fs.hard_link(at("/file"), at("/second")) {
            Ok(()) => assert_eq!(content(fs, "/second"), "file"),
            // MemFS has none.
            error => assert_eq!(error, Err(FsError::Unsupported)),
        }
    });
}

#[test]
fn nothing_leaves_the_root() {
    let tree = Tree::new();
    tree.link("../outside/secret.txt", "up");
    tree.link(tree.outside("secret.txt").to_str().unwrap(), "absolute");
    tree.link("..", "parent");
    let before = tree.outside_now();
    let fs = Exported::new(Arc::new(tree.mount(MountOptions::default())));
    let out = [
        "/..",
        "/../outside/secret.txt",
        "/dir/../../outside/secret.txt",
        "/up",
        "/absolute",
        "/parent/outside/secret.txt",
        "//../outside/secret.txt",
        "../outside/secret.txt",
    ];
    for path in out {
        let denied = FsError::PermissionDenied;
        assert_eq!(fs.metadata(at(path)), Err(denied), "{path}");
        assert_eq!(open(&fs, path, "r").map(drop), Err(denied), "{path}");
        assert_eq!(open(&fs, path, "wct").map(drop), Err(denied), "{path}");
        if !["/up", "/absolute"].contains(&path) {
            assert!(fs.create_dir(&at(path).join("new")).is_err(), "{path}");
            assert!(done(fs.rename(at("/file"), &at(path).join("new"))).is_err(), "{path}");
            assert!(fs.remove_file(at(path)).is_err(), "{path}");
        }
    }
    for target in ["../x", "/etc/passwd", "a/../../b"] {
        assert_eq!(fs.create_symlink(at(target), at("/planted")), Err(FsError::PermissionDenied), "{target}");
    }
    assert_eq!(tree.outside_now(), before);
    assert_eq!(content(&fs, "/dir/../file"), "file");
}

#[test]
fn paths_that_are_none_are_refused() {
    use std::os::unix::ffi::OsStrExt;
    let tree = Tree::new();
    let odd = std::ffi::OsStr::from_bytes(b"not-\xff-utf-8");
    std::fs::create_dir(tree.root("").join(odd)).unwrap();
    let fs = Exported::new(Arc::new(tree.mount(MountOptions::default())));
    for bytes in [&b"/a\0b"[..], b"/not-\xff-utf-8", &[b'a'; 5000]] {
        let path = Path::new(std::ffi::OsStr::from_bytes(bytes));
        assert_eq!(fs.metadata(path), Err(FsError::InvalidInput));
        assert_eq!(fs.create_dir(path), Err(FsError::InvalidInput));
    }
    // It is listed nevertheless, and as what it is.
    let entries: Vec<_> = fs.read_dir(at("/")).unwrap().map(Result::unwrap).collect();
    let entry = entries.iter().find(|entry| entry.file_name() == odd).unwrap();
    assert!(entry.metadata().unwrap().is_dir());
}

#[test]
fn what_is_read_only_stays_as_it_is() {
    let tree = Tree::new();
    let before = support::snapshot(&tree.root(""));
    let host: Box<dyn Dir> = Box::new(tree.mount(MountOptions::default()));
    let fs = Exported::new(Arc::new(ReadOnly(host)));
    let denied = Err(FsError::PermissionDenied);
    for options in ["w", "wt", "wc", "a", "rw"] {
        assert_eq!(open(&fs, "/file", options).map(drop), denied, "{options}");
    }
    assert_eq!(open(&fs, "/new", "wc").map(drop), denied);
    assert_eq!(fs.create_dir(at("/new")), denied);
    assert_eq!(fs.remove_file(at("/file")), denied);
    assert_eq!(fs.remove_dir(at("/dir")), denied);
    assert_eq!(done(fs.rename(at("/file"), at("/new"))), denied);
    assert_eq!(fs.create_symlink(at("file"), at("/new")), denied);
    assert_eq!(fs.hard_link(at("/file"), at("/new")), denied);
    let mut file = open(&fs, "/file", "r").unwrap();
    assert!(file.set_times(Some(1), Some(1)).is_err());
    assert!(file.set_len(0).is_err());
    assert_eq!(file.unlink(), denied);
    assert_eq!(content(&fs, "/file"), "file");
    assert_eq!(support::snapshot(&tree.root("")), before);
}

#[test]
fn errors_keep_their_meaning() {
    let cases = [
        (Errno::Nospc, FsError::WriteZero),
        (Errno::Rofs, FsError::PermissionDenied),
        (Errno::Perm, FsError::PermissionDenied),
        (Errno::Io, FsError::IOError),
        (Errno::Noent, FsError::EntryNotFound),
        (Errno::Exist, FsError::AlreadyExists),
        (Errno::Notempty, FsError::DirectoryNotEmpty),
        (Errno::Xdev, FsError::Unsupported),
        (Errno::Loop, FsError::InvalidInput),
        (Errno::Again, FsError::WouldBlock),
        (Errno::Notrecoverable, FsError::IOError),
    ];
    for (errno, error) in cases {
        let fs = Exported::new(Arc::new(Failing(errno)));
        assert_eq!(fs.metadata(at("/x")), Err(error));
        assert_eq!(fs.symlink_metadata(at("/x")), Err(error));
        assert_eq!(fs.readlink(at("/x")), Err(error));
        assert_eq!(fs.read_dir(at("/x")).map(drop), Err(error));
        assert_eq!(fs.create_dir(at("/x")), Err(error));
        assert_eq!(fs.remove_dir(at("/x")), Err(error));
        assert_eq!(fs.remove_file(at("/x")), Err(error));
        assert_eq!(done(fs.rename(at("/x"), at("/y"))), Err(error));
        assert_eq!(fs.create_symlink(at("y"), at("/x")), Err(error));
        assert_eq!(fs.hard_link(at("/x"), at("/y")), Err(error));
        assert_eq!(open(&fs, "/x", "r").map(drop), Err(error));
    }
}

/// Out and in again: a file's errors are what they were, however few virtual-fs has; others as far as it can say.
#[test]
fn what_was_exported_can_be_mounted_again() {
    let limits = memory::Limits { bytes: 100_000, inodes: 100 };
    let memory: Arc<dyn Dir> = Arc::new(MemoryFs::new(limits).root());
    let dir = Foreign::mount(Arc::new(Exported::new(Arc::clone(&memory))), Limits::default()).unwrap();
    dir.create_dir(path("dir")).unwrap();
    write(&dir, "dir/file", "file").unwrap();
    dir.symlink(support::target("dir/file", "link"), path("link")).unwrap();
    assert_eq!(read(&*memory, "link").unwrap(), "file");
    // Its hard links are real.
    dir.link(path("dir/file"), true, &dir, path("second")).unwrap();
    assert_eq!(memory.stat_at(path("second"), true).unwrap().nlink, 2);
    dir.rename(path("second"), &dir, path("link")).unwrap();
    assert_eq!(read(&dir, "link").unwrap(), "file");

    let file = support::open_file(&dir, "dir/file", support::CREATE).unwrap();
    let mut long = vec![1; 200_000];
    let written = file.write_at(&[preopen::span::Span::over(&mut long)], 0);
    assert!(matches!(written, Ok(..100_000) | Err(Errno::Nospc)), "{written:?}");
    let after = file.append(&[preopen::span::Span::over(&mut long)]);
    assert!(matches!(after, Ok((..100_000, _)) | Err(Errno::Nospc)), "{after:?}");
    assert_eq!(file.append(&[preopen::span::Span::over(&mut long)]), Err(Errno::Nospc));
}
