//! What every function that takes a path says of its text, and of where it leads.

use preopen::abi::{Errno, Filetype};
use preopen::calls::Halt;
use preopen::fds::{Entry, Object};
use preopen::vfs::host::{HostDir, MountOptions};
use preopen::vfs::{Dir, ReadOnly};

use crate::scripted::{Failing, ROOT, Script, World};
use crate::support::snapshot;

/// A call of each function with a path, by the descriptor and the path; `other` is a path that works.
fn calls(fd: u64, path: (u64, u64), other: (u64, u64)) -> Vec<(&'static str, Vec<u64>)> {
    let ((at, len), (ok, ok_len)) = (path, other);
    vec![
        ("path_create_directory", vec![fd, at, len]),
        ("path_filestat_get", vec![fd, 0, at, len, 8]),
        ("path_filestat_get", vec![fd, 1, at, len, 8]),
        ("path_filestat_set_times", vec![fd, 1, at, len, 1, 2, 5]),
        ("path_link", vec![fd, 0, at, len, ROOT, ok, ok_len]),
        ("path_link", vec![ROOT, 0, ok, ok_len, fd, at, len]),
        ("path_open", vec![fd, 1, at, len, 0, 0, 0, 0, 8]),
        ("path_open", vec![fd, 1, at, len, 1, 0, 0, 0, 8]),
        ("path_readlink", vec![fd, at, len, 64, 64, 8]),
        ("path_remove_directory", vec![fd, at, len]),
        ("path_rename", vec![fd, at, len, ROOT, ok, ok_len]),
        ("path_rename", vec![ROOT, ok, ok_len, fd, at, len]),
        ("path_symlink", vec![ok, ok_len, fd, at, len]),
        ("path_unlink_file", vec![fd, at, len]),
    ]
}

#[test]
fn a_path_is_text_of_a_certain_form() {
    let mut world = World::new();
    world.guest = Script::of(2 << 20);
    let long = "x".repeat(1 << 20);
    let cases: Vec<(Vec<u8>, Errno)> = vec![
        (b"".to_vec(), Errno::Inval),
        (b"\0".to_vec(), Errno::Inval),
        (b"file\0".to_vec(), Errno::Inval),
        (b"fi\0le".to_vec(), Errno::Inval),
        (b"fi\xffle".to_vec(), Errno::Ilseq),
        (b"\xc3".to_vec(), Errno::Ilseq),
        (b"\xed\xa0\x80".to_vec(), Errno::Ilseq),
        (b"/".to_vec(), Errno::Notcapable),
        (b"/data/file".to_vec(), Errno::Notcapable),
        (long.as_bytes().to_vec(), Errno::Nametoolong),
        (long.as_bytes()[..4096].to_vec(), Errno::Nametoolong),
        (long.as_bytes()[..4095].to_vec(), Errno::Nametoolong),
        (long.as_bytes()[..256].to_vec(), Errno::Nametoolong),
    ];
    let before = snapshot(&world.host(""));
    let other = world.text("file");
    for (path, errno) in cases {
        let at = world.place(&path);
        for (name, args) in calls(ROOT, (at, path.len() as u64), other) {
            world.fails(name, &args, errno);
        }
    }
    assert_eq!(snapshot(&world.host("")), before);
}

#[test]
fn a_path_stays_beneath_its_directory() {
    let mut world = World::new();
    std::os::unix::fs::symlink("..", world.host("up")).unwrap();
    std::os::unix::fs::symlink("/", world.host("top")).unwrap();
    let dir = world.open("dir");
    let before = snapshot(&world.host(""));
    let other = world.text("file");
    for (fd, path) in [
        (ROOT, "../x"),
        (ROOT, "dir/../../x"),
        (ROOT, "up/x"),
        (ROOT, "top/x"),
        (ROOT, "up/top/x"),
        (dir, "../file"),
        (dir, "../../x"),
    ] {
        let path = world.text(path);
        for (name, args) in calls(fd, path, other) {
            world.fails(name, &args, Errno::Notcapable);
        }
    }
    assert_eq!(snapshot(&world.host("")), before);
}

#[test]
fn components_are_resolved_one_after_the_other() {
    let mut world = World::new();
    let other = world.text("file");
    for (path, errno) in [
        ("missing/../file", Errno::Noent),
        ("missing/x", Errno::Noent),
        ("file/x", Errno::Notdir),
        ("file/../file", Errno::Notdir),
    ] {
        let path = world.text(path);
        for (name, args) in calls(ROOT, path, other) {
            world.fails(name, &args, errno);
        }
    }
}

#[test]
fn only_a_directory_has_paths() {
    let mut world = World::new();
    let path = world.text("file");
    let fd = world.open("file");
    for (name, args) in calls(fd, path, path) {
        world.fails(name, &args, Errno::Notcapable);
    }
    // A device has every right.
    for (name, args) in calls(0, path, path) {
        world.fails(name, &args, Errno::Notdir);
    }
}

#[test]
fn an_error_of_a_directory_is_the_calls() {
    let mut world = World::new();
    let path = world.text("file");
    for errno in [Errno::Acces, Errno::Nospc, Errno::Loop, Errno::Xdev, Errno::Mlink, Errno::Dquot, Errno::Io]
    {
        let fd = world.add(Entry::new(Object::Dir(Box::new(Failing(errno))), Filetype::Directory));
        for (name, args) in calls(fd, path, path) {
            // What is moved to a directory of another kind is for the first of the two to refuse.
            let to_another_kind = args[0] == ROOT;
            let errno = if to_another_kind { Errno::Rofs } else { errno };
            world.fails(name, &args, errno);
        }
        world.fails("fd_filestat_get", &[fd, 8], errno);
        world.fails("fd_filestat_set_times", &[fd, 1, 2, 5], errno);
        world.fails("fd_readdir", &[fd, 64, 64, 0, 8], errno);
        world.fails("fd_sync", &[fd], errno);
    }
}

#[test]
fn a_read_only_mount_can_only_be_read() {
    let mut world = World::new();
    let mount: Box<dyn Dir> =
        Box::new(HostDir::open_ambient(&world.host(""), MountOptions::default()).unwrap());
    let fd = u64::from(world.process.add_preopen(b"/ro", Box::new(ReadOnly(mount))).unwrap());
    let (new, new_len) = world.text("new");
    let (file, file_len) = world.text("file");
    let (dir, dir_len) = world.text("dir");
    let before = snapshot(&world.host(""));
    for (name, args) in [
        ("path_create_directory", vec![fd, new, new_len]),
        ("path_filestat_set_times", vec![fd, 0, file, file_len, 1, 2, 5]),
        ("path_link", vec![fd, 0, file, file_len, fd, new, new_len]),
        ("path_link", vec![fd, 0, file, file_len, ROOT, new, new_len]),
        ("path_link", vec![ROOT, 0, file, file_len, fd, new, new_len]),
        ("path_rename", vec![fd, file, file_len, fd, new, new_len]),
        ("path_rename", vec![fd, file, file_len, ROOT, new, new_len]),
        ("path_rename", vec![ROOT, file, file_len, fd, new, new_len]),
        ("path_remove_directory", vec![fd, dir, dir_len]),
        ("path_symlink", vec![file, file_len, fd, new, new_len]),
        ("path_unlink_file", vec![fd, file, file_len]),
        ("path_open", vec![fd, 0, new, new_len, 1, 0, 0, 0, 8]),
        ("path_open", vec![fd, 0, file, file_len, 1, 0, 0, 0, 8]),
        ("path_open", vec![fd, 0, file, file_len, 8, 0, 0, 0, 8]),
        ("path_open", vec![fd, 0, file, file_len, 0, 1 << 6, 0, 0, 8]),
        ("path_open", vec![fd, 0, file, file_len, 0, 1 << 8, 0, 0, 8]),
        ("fd_filestat_set_times", vec![fd, 1, 2, 5]),
    ] {
        world.fails(name, &args, Errno::Rofs);
    }
    // Whoever asks for no rights gets what the mount allows.
    world.ok("path_open", &[fd, 0, file, file_len, 0, 0, 0, 0, 8], &[(8, &[5, 0, 0, 0])]);
    let list = world.iovecs(&[(100, 3)]);
    world.ok("fd_read", &[5, list, 1, 8], &[(100, b"012"), (8, &[3, 0, 0, 0])]);
    world.fails("fd_write", &[5, list, 1, 8], Errno::Rofs);
    world.fails("fd_pwrite", &[5, list, 1, 0, 8], Errno::Rofs);
    world.fails("fd_filestat_set_size", &[5, 0], Errno::Rofs);
    world.fails("fd_allocate", &[5, 0, 100], Errno::Rofs);
    world.fails("fd_filestat_set_times", &[5, 1, 2, 5], Errno::Rofs);
    world.ok("fd_fdstat_set_flags", &[5, 1], &[]);
    world.fails("fd_write", &[5, list, 1, 8], Errno::Rofs);
    // A directory opened through it is no way around.
    world.ok("path_open", &[fd, 0, dir, dir_len, 2, 0, 0, 0, 8], &[(8, &[6, 0, 0, 0])]);
    world.fails("path_create_directory", &[6, new, new_len], Errno::Rofs);
    assert_eq!(world.call("path_open", &[6, 0, new, new_len, 1, 0, 0, 0, 8]), Err(Halt::Errno(Errno::Rofs)));
    assert_eq!(snapshot(&world.host("")), before);
}
