//! What only directories and files of the host do. What they share with every kind is in `vfs_contract`.

mod list;
mod transfer;

use std::collections::BTreeMap;
use std::os::unix::fs::{MetadataExt, PermissionsExt};

use preopen::abi::{Errno, Filetype};
use preopen::span::Span;
use preopen::vfs::host::{HostDir, MountOptions, from_host};
use preopen::vfs::{Access, Dir, File, OpenOptions};

use super::support::{CREATE, Tree, alone, in_every_mode, open_dir, open_file, path, read, write};

const WRITE: OpenOptions = OpenOptions { access: Access::Write, ..OpenOptions::READ };

#[test]
fn a_root_is_opened_by_a_path_of_the_host() {
    in_every_mode(|options| {
        let tree = Tree::new();
        tree.link("dir", "link");
        let open =
            |at: &str| HostDir::open_ambient(&tree.root(at), options).map(|dir| super::support::names(&dir));
        assert_eq!(open("dir"), Ok(vec!["inner".to_owned()]));
        // The host's own links lead where the host says.
        assert_eq!(open("link"), open("dir"));
        assert_eq!(open("dir/../dir/"), open("dir"));
        assert_eq!(open("missing"), Err(Errno::Noent));
        assert_eq!(open("file"), Err(Errno::Notdir));
        let dir = HostDir::open_ambient(&tree.root("dir"), options).unwrap();
        assert_eq!(dir.stat().map(|stat| stat.ino), Ok(std::fs::metadata(tree.root("dir")).unwrap().ino()));
    });
}

#[test]
fn what_is_made_has_the_usual_modes() {
    let tree = Tree::new();
    let dir = tree.mount(MountOptions::default());
    drop(open_file(&dir, "new", CREATE).unwrap());
    dir.create_dir(path("new-dir")).unwrap();
    std::fs::write(tree.root("by-std"), "").unwrap();
    std::fs::create_dir(tree.root("dir-by-std")).unwrap();
    let mode = |at| std::fs::metadata(tree.root(at)).unwrap().permissions().mode();
    assert_eq!(mode("new"), mode("by-std"));
    assert_eq!(mode("new-dir"), mode("dir-by-std"));
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

#[test]
fn stats() {
    in_every_mode(|options| {
        let tree = Tree::new();
        tree.link("file", "link");
        std::fs::hard_link(tree.root("file"), tree.root("dir/hard")).unwrap();
        let dir = tree.mount(options);
        let known = std::fs::metadata(tree.root("file")).unwrap();
        let ns = |seconds: i64, rest: i64| u64::try_from(seconds * 1_000_000_000 + rest).unwrap();
        for at in ["file", "link", "dir/../file", "dir/hard", "./link"] {
            let stat = dir.stat_at(path(at), true).unwrap();
            assert_eq!((stat.dev, stat.ino, stat.nlink, stat.size), (known.dev(), known.ino(), 2, 4), "{at}");
            assert_eq!(stat.filetype, Filetype::RegularFile);
            assert_eq!(stat.mtim, ns(known.mtime(), known.mtime_nsec()));
            assert_eq!(stat.ctim, ns(known.ctime(), known.ctime_nsec()));
        }
        let opened = open_file(&dir, "file", OpenOptions::READ).unwrap();
        assert_eq!(opened.stat(), dir.stat_at(path("file"), false));
        let stat = dir.stat_at(path("link"), false).unwrap();
        assert_eq!((stat.filetype, stat.size, stat.nlink), (Filetype::SymbolicLink, 4, 1));
        assert_eq!(dir.stat_at(path("."), false), dir.stat());
        assert_eq!(dir.stat_at(path("dir/"), false), dir.stat_at(path("dir/."), true));
        assert_eq!(open_dir(&dir, "dir").unwrap().stat(), dir.stat_at(path("dir"), true));
        for (at, errno) in [
            ("missing", Errno::Noent),
            ("file/", Errno::Notdir),
            ("link/", Errno::Notdir),
            ("missing/", Errno::Noent),
        ] {
            assert_eq!(dir.stat_at(path(at), true), Err(errno), "{at}");
        }
    });
}

#[test]
fn times_before_1970_are_0() {
    let tree = Tree::new();
    let before = std::time::UNIX_EPOCH - std::time::Duration::from_millis(1500);
    std::fs::File::options().write(true).open(tree.root("file")).unwrap().set_modified(before).unwrap();
    let dir = tree.mount(MountOptions::default());
    assert_eq!(dir.stat_at(path("file"), true).map(|stat| stat.mtim), Ok(0));
}

#[test]
fn no_descriptor_is_left_open() {
    if !alone("host_dir::no_descriptor_is_left_open") {
        return;
    }
    let open = || std::fs::read_dir("/proc/self/fd").unwrap().count();
    let before = open();
    in_every_mode(|options| {
        let tree = Tree::new();
        tree.link("dir/../dir/.", "link");
        tree.link("../..", "dir/out");
        let dir = tree.mount(options);
        for at in ["file", "link/inner", "link/out/x", "missing/x", "dir/", "link/../file", ".."] {
            for options in [OpenOptions::READ, CREATE, OpenOptions { directory: true, ..OpenOptions::READ }] {
                let _ = dir.open(path(at), options);
            }
            let _ =
                (dir.stat_at(path(at), true), dir.read_link(path(at), &mut [0; 9]), dir.create_dir(path(at)));
            let _ = (dir.link(path(at), true, &dir, path("l")), dir.rename(path(at), &dir, path("link/r")));
        }
        let held = open_dir(&dir, "dir").unwrap();
        assert!(!super::support::names(held.as_ref()).is_empty());
    });
    assert_eq!(open(), before);
}

#[test]
fn descriptors_are_closed_in_what_the_host_starts() {
    if !alone("host_dir::descriptors_are_closed_in_what_the_host_starts") {
        return;
    }
    let open = || -> BTreeMap<String, String> {
        let numbers = std::fs::read_dir("/proc/self/fdinfo").unwrap().map(|entry| entry.unwrap().path());
        // The descriptor of the listing itself is gone again.
        let known = numbers
            .filter_map(|path| Some((path.display().to_string(), std::fs::read_to_string(path).ok()?)));
        known.collect()
    };
    let before = open();
    in_every_mode(|options| {
        let tree = Tree::new();
        let dir = tree.mount(options);
        let (_inner, _file) =
            (open_dir(&dir, "dir").unwrap(), open_file(&dir, "dir/../file", CREATE).unwrap());
        let mut seen = 0;
        for (_, info) in open().into_iter().filter(|(number, _)| !before.contains_key(number)) {
            let flags = info.lines().find_map(|line| line.strip_prefix("flags:")).unwrap();
            assert_ne!(u32::from_str_radix(flags.trim(), 8).unwrap() & libc::O_CLOEXEC as u32, 0, "{info}");
            seen += 1;
        }
        assert!(seen >= 2);
    });
}

#[test]
fn every_error_of_preview1_has_one_of_the_host() {
    let known: std::collections::HashSet<_> =
        (1..=133).map(|raw| from_host(rustix::io::Errno::from_raw_os_error(raw))).collect();
    let missing: Vec<_> = Errno::ALL.iter().filter(|errno| !known.contains(errno)).collect();
    assert_eq!(missing, [&Errno::Notcapable]);
    assert_eq!(from_host(rustix::io::Errno::from_raw_os_error(4000)), Errno::Io);
}

#[test]
fn handles_can_be_used_by_all_threads() {
    fn shared<T: Send + Sync>() {}
    shared::<HostDir>();
    shared::<Box<dyn Dir>>();
    shared::<Box<dyn File>>();
    shared::<Span<'_>>();
}
