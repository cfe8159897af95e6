//! What the kinds of virtual-fs get wrong about names, and their mounts do not.

use preopen::abi::{Errno, Filetype};
use preopen::span::Span;
use preopen::vfs::{Dir, OpenOptions, Opened, SetTime, SetTimes};

use super::kinds::{Any, layers, memory, mount, volume, writable};
use crate::support::{CREATE, names, open_dir, open_file, path, read, target, write};

#[test]
fn a_name_moved_to_itself_stays() {
    for (kind, fs) in writable() {
        let dir = mount(&fs);
        write(&dir, "file", "kept").unwrap();
        assert_eq!(dir.rename(path("file"), &dir, path("./file")), Ok(()), "{kind}");
        assert_eq!(read(&dir, "file").unwrap(), "kept", "{kind}");
        dir.create_dir(path("dir")).unwrap();
        assert_eq!(dir.rename(path("dir"), &dir, path("dir")), Ok(()), "{kind}");
        assert_eq!(dir.rename(path("none"), &dir, path("none")), Err(Errno::Noent), "{kind}");
        assert_eq!(names(&dir), ["dir", "file"], "{kind}");
    }
}

#[test]
fn what_is_of_another_type_is_not_replaced() {
    for (kind, fs) in writable() {
        let dir = mount(&fs);
        write(&dir, "file", "file").unwrap();
        dir.create_dir(path("dir")).unwrap();
        dir.create_dir(path("full")).unwrap();
        write(&dir, "full/inner", "inner").unwrap();
        assert_eq!(dir.rename(path("dir"), &dir, path("file")), Err(Errno::Notdir), "{kind}");
        assert_eq!(dir.rename(path("file"), &dir, path("dir")), Err(Errno::Isdir), "{kind}");
        assert_eq!(dir.rename(path("dir"), &dir, path("full")), Err(Errno::Notempty), "{kind}");
        assert_eq!(dir.rename(path("full"), &dir, path("full/in")), Err(Errno::Inval), "{kind}");
        assert_eq!(dir.rename(path("full/inner"), &dir, path("full")), Err(Errno::Notempty), "{kind}");
        assert_eq!(dir.rename(path("full"), &dir, path("dir")), Ok(()), "{kind}");
        assert_eq!(dir.create_dir(path("file")), Err(Errno::Exist), "{kind}");
        assert_eq!(dir.create_dir(path("file/x")), Err(Errno::Notdir), "{kind}");
        assert_eq!(dir.remove_dir(path("file")), Err(Errno::Notdir), "{kind}");
        assert_eq!(dir.unlink(path("dir")), Err(Errno::Isdir), "{kind}");
        assert_eq!(
            (names(&dir), read(&dir, "dir/inner")),
            (vec!["dir".into(), "file".into()], Ok("inner".into()))
        );
    }
}

#[test]
fn who_has_a_replaced_file_open_keeps_it() {
    for (kind, fs) in writable() {
        let dir = mount(&fs);
        write(&dir, "old", "old").unwrap();
        write(&dir, "new", "new").unwrap();
        let open = open_file(&dir, "old", OpenOptions::READ).unwrap();
        dir.rename(path("new"), &dir, path("old")).unwrap();
        // MemFS gives the slot of what it removed to what is made next.
        write(&dir, "other", "other").unwrap();
        let mut bytes = [0; 8];
        assert_eq!(open.read_at(&[Span::over(&mut bytes)], 0), Ok(3), "{kind}");
        assert_eq!(&bytes[..3], b"old", "{kind}");
        assert_eq!(open.stat().unwrap().nlink, 0, "{kind}");
        assert_eq!(read(&dir, "old").unwrap(), "new", "{kind}");
        assert_eq!(names(&dir), ["old", "other"], "{kind}: nothing is left of what was moved aside");
    }
}

#[test]
fn links_are_followed_by_us_and_moved() {
    for (kind, fs) in writable() {
        let dir = mount(&fs);
        dir.create_dir(path("dir")).unwrap();
        write(&dir, "dir/file", "file").unwrap();
        dir.symlink(target("dir", "link"), path("link")).unwrap();
        assert_eq!(dir.symlink(target("x", "dir"), path("dir")), Err(Errno::Exist), "{kind}");
        assert_eq!(read(&dir, "link/file").unwrap(), "file", "{kind}");
        assert_eq!(read(&dir, "link/../dir/file").unwrap(), "file", "{kind}");
        let stat = dir.stat_at(path("link"), false).unwrap();
        assert_eq!((stat.filetype, stat.size), (Filetype::SymbolicLink, 3), "{kind}");
        dir.symlink(target("loop", "loop"), path("loop")).unwrap();
        assert_eq!(read(&dir, "loop"), Err(Errno::Loop), "{kind}");

        dir.rename(path("link"), &dir, path("loop")).unwrap();
        assert_eq!(read(&dir, "loop/file").unwrap(), "file", "{kind}");
        assert_eq!(dir.stat_at(path("link"), false).map(|stat| stat.size), Err(Errno::Noent), "{kind}");
        // A link that could not be moved leaves what it was to replace.
        write(&dir, "there", "there").unwrap();
        dir.rename(path("loop"), &dir, path("there")).unwrap();
        assert_eq!(dir.stat_at(path("there"), false).unwrap().filetype, Filetype::SymbolicLink, "{kind}");
        dir.unlink(path("there")).unwrap();
        assert_eq!(names(&dir), ["dir"], "{kind}");
    }
}

#[test]
fn nothing_leads_out() {
    for fs in [volume(), layers(), memory()] {
        let dir = mount(&fs);
        for out in ["..", "../x", "bin/../../x", "./.."] {
            let answer = dir.stat_at(path(out), true).map(|stat| stat.size);
            assert!(matches!(answer, Err(Errno::Notcapable | Errno::Noent)), "{out}: {answer:?}");
        }
    }
    // A link may also have come from elsewhere.
    let fs = memory();
    fs.create_symlink("/etc/passwd".as_ref(), "/absolute".as_ref()).unwrap();
    fs.create_symlink("../../up".as_ref(), "/above".as_ref()).unwrap();
    let dir = mount(&fs);
    assert_eq!(read(&dir, "absolute"), Err(Errno::Notcapable));
    assert_eq!(read(&dir, "above"), Err(Errno::Notcapable));
}

#[test]
fn a_directory_stays_the_same_where_it_is_moved_and_knows_when_it_is_gone() {
    for (kind, fs) in writable() {
        let dir = mount(&fs);
        dir.create_dir(path("a")).unwrap();
        dir.create_dir(path("a/b")).unwrap();
        let b = open_dir(&dir, "a/b").unwrap();
        dir.rename(path("a"), &dir, path("moved")).unwrap();
        write(&*b, "file", "file").unwrap();
        assert_eq!(read(&dir, "moved/b/file").unwrap(), "file", "{kind}");
        b.unlink(path("file")).unwrap();
        dir.remove_dir(path("moved/b")).unwrap();
        dir.create_dir(path("moved/b")).unwrap();
        assert_eq!(write(&*b, "file", "file"), Err(Errno::Noent), "{kind}");
        assert_eq!(b.stat().unwrap().nlink, 0, "{kind}");
        assert_eq!(names(&*b), [""; 0], "{kind}");
        assert_eq!(names(&dir), ["moved"], "{kind}");
    }
}

#[test]
fn what_no_kind_has_is_refused() {
    for (kind, fs) in writable() {
        let dir = mount(&fs);
        write(&dir, "file", "file").unwrap();
        dir.create_dir(path("dir")).unwrap();
        assert_eq!(dir.link(path("file"), true, &dir, path("second")), Err(Errno::Notsup), "{kind}");
        assert_eq!(dir.link(path("dir"), true, &dir, path("second")), Err(Errno::Perm), "{kind}");
        assert_eq!(dir.link(path("file"), true, &dir, path("dir")), Err(Errno::Exist), "{kind}");
        assert_eq!(dir.mode_at(path("file"), true), Err(Errno::Notsup), "{kind}");
        assert_eq!(dir.set_mode_at(path("file"), true, 0o600), Err(Errno::Notsup), "{kind}");
        let times = SetTimes { access: None, modified: Some(SetTime::At(1_000)) };
        assert_eq!(dir.set_times_at(path("dir"), true, times), Err(Errno::Notsup), "{kind}");
        assert_eq!(dir.set_times_at(path("file"), true, times), Ok(()), "{kind}");
        assert_eq!(dir.stat_at(path("file"), true).unwrap().mtim, 1_000, "{kind}");
        // MemFS leaves the time of the last change as it is when a file is written.
        let file = open_file(&dir, "file", CREATE).unwrap();
        file.write_at(&[Span::over(&mut b"x".to_vec())], 0).unwrap();
        assert!(dir.stat_at(path("file"), true).unwrap().mtim > 1_000, "{kind}");
    }
}

#[test]
fn directories_of_two_mounts_are_two_filesystems() {
    let fs: Any = memory();
    let (one, two) = (mount(&fs), mount(&fs));
    write(&one, "file", "file").unwrap();
    assert_eq!(one.rename(path("file"), &two, path("moved")), Err(Errno::Xdev));
    assert_ne!(one.stat().unwrap().dev, two.stat().unwrap().dev);
}

#[test]
fn names_that_are_none_are_not_listed_and_others_are_as_they_are() {
    use std::os::unix::ffi::OsStrExt;
    let fs = memory();
    let odd = std::ffi::OsStr::from_bytes(b"/not-\xff-utf-8");
    fs.create_dir(std::path::Path::new(odd)).unwrap();
    let dir = mount(&fs);
    let mut seen = Vec::new();
    dir.list(0, &mut |entry| {
        seen.push((entry.name.to_vec(), entry.filetype));
        std::ops::ControlFlow::Continue(())
    })
    .unwrap();
    assert_eq!(seen, [(b"not-\xff-utf-8".to_vec(), Filetype::Directory)]);
}

#[test]
fn what_is_mounted_within_a_memory_filesystem_is_a_directory() {
    let fs = virtual_fs::mem_fs::FileSystem::default();
    fs.insert_arc_directory_at("/pkg".into(), volume(), "/".into()).unwrap();
    fs.mount("/vol".into(), &volume(), "/".into()).unwrap();
    let fs: Any = std::sync::Arc::new(fs);
    let dir = mount(&fs);
    assert_eq!(read(&dir, "pkg/bin/tool").unwrap(), "tool");
    assert_eq!(read(&dir, "vol/link").unwrap(), "tool");
    assert!(matches!(dir.open(path("pkg"), OpenOptions::READ), Ok(Opened::Dir(_))));
    assert_eq!(read(&dir, "vol/../../x"), Err(Errno::Notcapable));
}

#[test]
fn numbers_go_with_files_and_are_not_given_twice() {
    let ino = |dir: &dyn Dir, at: &str| dir.stat_at(path(at), false).unwrap().ino;
    let fs = memory();
    let dir = mount(&fs);
    dir.create_dir(path("dir")).unwrap();
    write(&dir, "dir/file", "file").unwrap();
    let (folder, file) = (ino(&dir, "dir"), ino(&dir, "dir/file"));
    // The next run of the same finds the same numbers.
    assert_eq!((ino(&mount(&fs), "dir"), ino(&mount(&fs), "dir/file")), (folder, file));

    dir.rename(path("dir"), &dir, path("moved")).unwrap();
    assert_eq!((ino(&dir, "moved"), ino(&dir, "moved/file")), (folder, file));
    dir.create_dir(path("dir")).unwrap();
    write(&dir, "dir/file", "another").unwrap();
    assert_ne!(ino(&dir, "dir"), folder);
    assert_ne!(ino(&dir, "dir/file"), file);

    dir.rename(path("moved/file"), &dir, path("file")).unwrap();
    dir.rename(path("moved"), &dir, path("far")).unwrap();
    dir.rename(path("file"), &dir, path("far/back")).unwrap();
    assert_eq!((ino(&dir, "far"), ino(&dir, "far/back")), (folder, file));
    let mut listed = 0;
    open_dir(&dir, "far")
        .unwrap()
        .list(0, &mut |entry| {
            listed = entry.ino;
            std::ops::ControlFlow::Continue(())
        })
        .unwrap();
    assert_eq!(listed, file, "as a listing has it");

    let held = open_file(&dir, "far/back", OpenOptions::READ).unwrap();
    dir.unlink(path("far/back")).unwrap();
    write(&dir, "far/back", "new").unwrap();
    assert_ne!(ino(&dir, "far/back"), held.stat().unwrap().ino);
}

#[test]
fn what_a_lower_layer_has_is_moved_removed_and_not_lost() {
    let dir = mount(&layers());
    dir.rename(path("readme"), &dir, path("moved")).unwrap();
    assert_eq!(read(&dir, "moved").unwrap(), "read me");
    dir.rename(path("moved"), &dir, path("bin/tool")).unwrap();
    assert_eq!(read(&dir, "link").unwrap(), "read me");
    assert_eq!(names(&*open_dir(&dir, "bin").unwrap()), ["tool"]);
    dir.unlink(path("link")).unwrap();
    dir.unlink(path("bin/tool")).unwrap();
    assert_eq!(names(&*open_dir(&dir, "bin").unwrap()), [""; 0]);
    // Its own marks of what was removed keep it there, and nobody else can remove those.
    assert_eq!(dir.remove_dir(path("bin")), Err(Errno::Notempty));
    assert_eq!(names(&dir), ["bin"]);

    let dir = mount(&layers());
    dir.rename(path("link"), &dir, path("readme")).unwrap();
    assert_eq!(read(&dir, "readme").unwrap(), "tool");
    assert_eq!(dir.remove_dir(path("bin")), Err(Errno::Notempty));
    assert_eq!(dir.rename(path("bin"), &dir, path("tools")), Err(Errno::Xdev));
    assert_eq!(read(&dir, "bin/tool").unwrap(), "tool");
    // The upper layer has it now too.
    write(&dir, "bin/new", "new").unwrap();
    assert_eq!(dir.rename(path("bin"), &dir, path("tools")), Err(Errno::Xdev));
    assert_eq!((read(&dir, "bin/tool"), read(&dir, "bin/new")), (Ok("tool".into()), Ok("new".into())));
    assert_eq!(names(&dir), ["bin", "readme"]);
    // What only the upper one has is moved.
    dir.create_dir(path("made")).unwrap();
    write(&dir, "made/file", "file").unwrap();
    dir.rename(path("made"), &dir, path("bin/made")).unwrap();
    assert_eq!(read(&dir, "bin/made/file").unwrap(), "file");
}
