//! Names: making, linking, moving and removing them.

use std::os::unix::fs::MetadataExt;

use preopen::abi::Errno;

use crate::scripted::{ROOT, World};

/// Makes a call with one path.
#[track_caller]
fn one(world: &mut World, name: &str, path: &str, answer: Result<(), Errno>) {
    let (at, len) = world.text(path);
    world.check(name, &[ROOT, at, len], answer.map_err(Into::into), &[]);
}

/// Makes a call with two paths.
#[track_caller]
fn two(world: &mut World, name: &str, old: &str, new: &str, answer: Result<(), Errno>) {
    let ((old, old_len), (new, new_len)) = (world.text(old), world.text(new));
    let args = match name {
        "path_link" => vec![ROOT, 0, old, old_len, ROOT, new, new_len],
        "path_rename" => vec![ROOT, old, old_len, ROOT, new, new_len],
        _ => vec![old, old_len, ROOT, new, new_len],
    };
    world.check(name, &args, answer.map_err(Into::into), &[]);
}

#[test]
fn directories_are_made() {
    let mut world = World::new();
    one(&mut world, "path_create_directory", "new", Ok(()));
    one(&mut world, "path_create_directory", "dir/new/", Ok(()));
    assert!(world.host("new").is_dir() && world.host("dir/new").is_dir());
    for taken in ["new", "dir", "file", "link", ".", "dir/.."] {
        one(&mut world, "path_create_directory", taken, Err(Errno::Exist));
    }
}

#[test]
fn directories_are_removed() {
    let mut world = World::new();
    std::fs::create_dir(world.host("empty")).unwrap();
    one(&mut world, "path_remove_directory", "dir", Err(Errno::Notempty));
    one(&mut world, "path_remove_directory", "file", Err(Errno::Notdir));
    one(&mut world, "path_remove_directory", "link", Err(Errno::Notdir));
    one(&mut world, "path_remove_directory", ".", Err(Errno::Inval));
    one(&mut world, "path_remove_directory", "missing", Err(Errno::Noent));
    one(&mut world, "path_remove_directory", "empty/", Ok(()));
    assert!(!world.host("empty").exists());
}

#[test]
fn names_are_removed() {
    let mut world = World::new();
    one(&mut world, "path_unlink_file", "dir", Err(Errno::Isdir));
    one(&mut world, "path_unlink_file", "file/", Err(Errno::Notdir));
    one(&mut world, "path_unlink_file", "missing", Err(Errno::Noent));
    one(&mut world, "path_unlink_file", "link", Ok(()));
    assert!(world.host("file").exists());
    // A file lives as long as someone has it open.
    let fd = world.open("file");
    one(&mut world, "path_unlink_file", "file", Ok(()));
    assert!(!world.host("file").exists());
    let list = world.iovecs(&[(100, 3)]);
    world.ok("fd_read", &[fd, list, 1, 8], &[(100, b"012"), (8, &[3, 0, 0, 0])]);
}

#[test]
fn a_file_gets_a_second_name() {
    let mut world = World::new();
    two(&mut world, "path_link", "file", "dir/second", Ok(()));
    let ino = |world: &World, name| std::fs::symlink_metadata(world.host(name)).unwrap().ino();
    assert_eq!(ino(&world, "dir/second"), ino(&world, "file"));
    two(&mut world, "path_link", "file", "dir/second", Err(Errno::Exist));
    two(&mut world, "path_link", "dir", "second", Err(Errno::Perm));
    two(&mut world, "path_link", "missing", "second", Err(Errno::Noent));
    two(&mut world, "path_link", "file", "missing/second", Err(Errno::Noent));
    // Of a link itself, unless it is to be followed.
    two(&mut world, "path_link", "link", "link2", Ok(()));
    assert_eq!(ino(&world, "link2"), ino(&world, "link"));
    let ((old, old_len), (new, new_len)) = (world.text("link"), world.text("link3"));
    world.ok("path_link", &[ROOT, 1, old, old_len, ROOT, new, new_len], &[]);
    assert_eq!(ino(&world, "link3"), ino(&world, "file"));
    // Into another descriptor's directory.
    let dir = world.open("dir");
    world.ok("path_link", &[ROOT, 1, old, old_len, dir, new, new_len], &[]);
    assert_eq!(ino(&world, "dir/link3"), ino(&world, "file"));
}

#[test]
fn names_are_moved() {
    let mut world = World::new();
    two(&mut world, "path_rename", "file", "dir/moved", Ok(()));
    assert!(!world.host("file").exists());
    assert_eq!(world.content("dir/moved"), "0123456789");
    two(&mut world, "path_rename", "dir/moved", "dir/inner", Ok(()));
    assert_eq!(world.content("dir/inner"), "0123456789");
    two(&mut world, "path_rename", "dir/inner", "dir/inner", Ok(()));
    assert_eq!(world.content("dir/inner"), "0123456789");
    std::fs::create_dir(world.host("empty")).unwrap();
    two(&mut world, "path_rename", "missing", "new", Err(Errno::Noent));
    two(&mut world, "path_rename", "link", "dir", Err(Errno::Isdir));
    two(&mut world, "path_rename", "dir", "link", Err(Errno::Notdir));
    two(&mut world, "path_rename", "empty", "dir", Err(Errno::Notempty));
    two(&mut world, "path_rename", "dir", "dir/deeper", Err(Errno::Inval));
    two(&mut world, "path_rename", "link", "new/", Err(Errno::Notdir));
    two(&mut world, "path_rename", "dir", "empty", Ok(()));
    assert_eq!(world.content("empty/inner"), "0123456789");
    let dir = world.open("empty");
    let ((old, old_len), (new, new_len)) = (world.text("inner"), world.text("back"));
    world.ok("path_rename", &[dir, old, old_len, ROOT, new, new_len], &[]);
    assert_eq!(world.content("back"), "0123456789");
}

#[test]
fn links_are_made() {
    let mut world = World::new();
    for (target, at) in [
        ("file", "a"),
        ("missing", "b"),
        ("../file", "dir/c"),
        ("x/../y", "d"),
        ("dir/", "e"),
        (".", "f"),
        ("größe", "g"),
    ] {
        two(&mut world, "path_symlink", target, at, Ok(()));
        assert_eq!(std::fs::read_link(world.host(at)).unwrap().to_str(), Some(target));
    }
    for (target, at, errno) in [
        ("/etc/passwd", "x", Errno::Perm),
        ("/", "x", Errno::Perm),
        ("..", "x", Errno::Notcapable),
        ("dir/../..", "x", Errno::Notcapable),
        ("../../file", "dir/x", Errno::Notcapable),
        ("x\0y", "x", Errno::Inval),
        ("file", "file", Errno::Exist),
        ("file", "missing/x", Errno::Noent),
        ("file", "x/", Errno::Noent),
        ("file", "dir/", Errno::Exist),
    ] {
        two(&mut world, "path_symlink", target, at, Err(errno));
    }
    let bad = world.place(b"\xff");
    let (at, len) = world.text("x");
    world.fails("path_symlink", &[bad, 1, ROOT, at, len], Errno::Ilseq);
    let long = world.place(&[b'x'; 4096]);
    world.fails("path_symlink", &[long, 4096, ROOT, at, len], Errno::Nametoolong);
    assert!(std::fs::symlink_metadata(world.host("x")).is_err());
}

#[test]
fn links_are_read_as_far_as_there_is_room() {
    let mut world = World::new();
    let (at, len) = world.text("link");
    for room in 0..8_u64 {
        let fits = &b"file"[..room.min(4) as usize];
        let used = (fits.len() as u32).to_le_bytes();
        world.ok("path_readlink", &[ROOT, at, len, 64, room, 8], &[(64, fits), (8, &used)]);
        world.guest.put(64, b"????");
    }
    for (path, errno) in
        [("file", Errno::Inval), ("dir", Errno::Inval), ("missing", Errno::Noent), ("link/", Errno::Notdir)]
    {
        let (at, len) = world.text(path);
        world.fails("path_readlink", &[ROOT, at, len, 64, 64, 8], errno);
    }
    // The longest there is, and what the host says is absolute.
    let long = ["x".repeat(200), "y".repeat(3800)].join("/");
    std::os::unix::fs::symlink(&long, world.host("long")).unwrap();
    std::os::unix::fs::symlink("/etc", world.host("etc")).unwrap();
    for (path, target) in [("long", long.as_str()), ("etc", "/etc")] {
        let (at, len) = world.text(path);
        let used = (target.len() as u32).to_le_bytes();
        world.ok(
            "path_readlink",
            &[ROOT, at, len, 20_000, 8192, 8],
            &[(20_000, target.as_bytes()), (8, &used)],
        );
    }
}
