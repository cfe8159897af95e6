//! Guests that read and write on filesystems which are not ours, through their own calls.

use preopen::abi::Errno;
use preopen::calls::Halt;

use super::kinds::{Any, fixed, layers, mount, volume, writable};
use crate::scripted::World;

/// Where answers go.
const OUT: u64 = 1024;

/// A guest with a foreign filesystem, and that one's descriptor.
fn guest(fs: &Any) -> (World, u64) {
    let world = World::new();
    let fd = world.process.add_preopen(b"/pkg", Box::new(mount(fs))).unwrap();
    (world, u64::from(fd))
}

fn number(world: &World, at: u64, len: usize) -> u64 {
    let mut bytes = [0; 8];
    bytes[..len].copy_from_slice(&world.guest.bytes()[at as usize..][..len]);
    u64::from_le_bytes(bytes)
}

fn open(world: &mut World, dir: u64, path: &str, oflags: u64) -> Result<u64, Halt> {
    let (at, len) = world.text(path);
    world.call("path_open", &[dir, 1, at, len, oflags, 0, 0, 0, OUT])?;
    Ok(number(world, OUT, 4))
}

/// CREAT, DIRECTORY, EXCL, TRUNC of path_open.
const CREAT: u64 = 1;
const DIRECTORY: u64 = 2;
const EXCL: u64 = 4;
const TRUNC: u64 = 8;

#[track_caller]
fn read_all(world: &mut World, fd: u64) -> String {
    let iovecs = world.iovecs(&[(2048, 3), (2560, 500)]);
    world.call("fd_read", &[fd, iovecs, 2, OUT]).unwrap();
    let len = number(world, OUT, 4) as usize;
    let bytes = world.guest.bytes();
    let text = [&bytes[2048..][..len.min(3)], &bytes[2560..][..len.saturating_sub(3)]].concat();
    String::from_utf8(text).unwrap()
}

#[track_caller]
fn write(world: &mut World, fd: u64, text: &str) -> Result<u64, Halt> {
    let (at, len) = world.text(text);
    let iovecs = world.iovecs(&[(at, len)]);
    world.call("fd_write", &[fd, iovecs, 1, OUT])?;
    Ok(number(world, OUT, 4))
}

/// (type, size, link count, inode) of what a path names.
fn stat(world: &mut World, dir: u64, path: &str, follow: u64) -> Result<(u8, u64, u64, u64), Halt> {
    let (at, len) = world.text(path);
    world.call("path_filestat_get", &[dir, follow, at, len, OUT])?;
    let byte = number(world, OUT + 16, 1) as u8;
    Ok((byte, number(world, OUT + 32, 8), number(world, OUT + 24, 8), number(world, OUT + 8, 8)))
}

fn names(world: &mut World, dir: u64) -> Vec<String> {
    let mut names = Vec::new();
    let mut cookie = 0;
    loop {
        // So few bytes that a listing needs several calls.
        world.call("fd_readdir", &[dir, 2048, 64, cookie, OUT]).unwrap();
        let used = number(world, OUT, 4) as usize;
        let bytes = world.guest.bytes()[2048..][..used].to_vec();
        let mut at = 0;
        let before = names.len();
        while at + 24 <= used {
            let len = u32::from_le_bytes(bytes[at + 16..at + 20].try_into().unwrap()) as usize;
            let Some(name) = bytes.get(at + 24..at + 24 + len) else { break };
            names.push(String::from_utf8(name.to_vec()).unwrap());
            cookie = u64::from_le_bytes(bytes[at..at + 8].try_into().unwrap());
            at += 24 + len;
        }
        if names.len() == before {
            names.sort();
            return names;
        }
    }
}

#[test]
fn a_guest_makes_reads_writes_moves_and_removes() {
    for (kind, fs) in writable() {
        eprintln!("{kind}");
        let (mut world, root) = guest(&fs);
        let (at, len) = world.text("dir");
        world.call("path_create_directory", &[root, at, len]).unwrap();

        let file = open(&mut world, root, "dir/file", CREAT | EXCL).unwrap();
        assert_eq!(write(&mut world, file, "hello, world"), Ok(12));
        assert_eq!(open(&mut world, root, "dir/file", CREAT | EXCL), Err(Halt::Errno(Errno::Exist)));
        world.call("fd_seek", &[file, 7, 0, OUT]).unwrap();
        assert_eq!(read_all(&mut world, file), "world");
        world.call("fd_close", &[file]).unwrap();

        let (filetype, size, links, inode) = stat(&mut world, root, "dir/file", 0).unwrap();
        assert_eq!((filetype, size, links), (4, 12, 1));
        assert_eq!(stat(&mut world, root, "dir/../dir/file", 0).unwrap().3, inode);

        let file = open(&mut world, root, "dir/file", TRUNC).unwrap();
        assert_eq!(write(&mut world, file, "short"), Ok(5));
        assert_eq!(stat(&mut world, root, "dir/file", 0).unwrap().1, 5);

        for number in 0..20 {
            let name = format!("dir/many-{number}");
            let made = open(&mut world, root, &name, CREAT).unwrap();
            world.call("fd_close", &[made]).unwrap();
        }
        let dir = open(&mut world, root, "dir", DIRECTORY).unwrap();
        assert_eq!(names(&mut world, dir).len(), 21);

        let ((old, old_len), (new, new_len)) = (world.text("dir/file"), world.text("moved"));
        world.call("path_rename", &[root, old, old_len, root, new, new_len]).unwrap();
        assert_eq!(stat(&mut world, root, "dir/file", 0), Err(Halt::Errno(Errno::Noent)));
        // The descriptor follows: it is the same file as the name it has now.
        world.call("fd_filestat_get", &[file, OUT]).unwrap();
        let inode = number(&world, OUT + 8, 8);
        assert_eq!(stat(&mut world, root, "moved", 0).unwrap(), (4, 5, 1, inode));

        let (at, len) = world.text("moved");
        world.call("path_unlink_file", &[root, at, len]).unwrap();
        world.call("fd_seek", &[file, 0, 0, OUT]).unwrap();
        assert_eq!(read_all(&mut world, file), "short", "a file outlives its name");
        let (at, len) = world.text("dir");
        assert_eq!(world.call("path_remove_directory", &[root, at, len]), Err(Halt::Errno(Errno::Notempty)));
        assert_eq!(names(&mut world, root), ["dir"]);
    }
}

#[test]
fn a_guest_reads_a_package_and_cannot_change_it() {
    let (mut world, root) = guest(&volume());
    assert_eq!(names(&mut world, root), ["bin", "link", "readme"]);
    let file = open(&mut world, root, "link", 0).unwrap();
    assert_eq!(read_all(&mut world, file), "tool");
    assert_eq!(stat(&mut world, root, "link", 0).unwrap().0, 7);
    assert_eq!(stat(&mut world, root, "link", 1).unwrap().0, 4);
    assert_eq!(open(&mut world, root, "../x", 0), Err(Halt::Errno(Errno::Notcapable)));
    assert_eq!(open(&mut world, root, "readme/", 0), Err(Halt::Errno(Errno::Notdir)));
    assert_eq!(open(&mut world, root, "new", CREAT), Err(Halt::Errno(Errno::Acces)));
    assert_eq!(write(&mut world, file, "x"), Err(Halt::Errno(Errno::Acces)));
    assert_eq!(open(&mut world, root, "readme", TRUNC), Err(Halt::Errno(Errno::Acces)));
    let (at, len) = world.text("readme");
    assert_eq!(world.call("path_unlink_file", &[root, at, len]), Err(Halt::Errno(Errno::Acces)));
    assert_eq!(stat(&mut world, root, "readme", 0).unwrap().1, 7);
}

#[test]
fn a_guest_changes_what_lies_over_a_package() {
    let fs = layers();
    let (mut world, root) = guest(&fs);
    let file = open(&mut world, root, "bin/tool", 0).unwrap();
    world.call("fd_seek", &[file, 4, 0, OUT]).unwrap();
    assert_eq!(write(&mut world, file, "box"), Ok(3));
    let again = open(&mut world, root, "link", 0).unwrap();
    assert_eq!(read_all(&mut world, again), "toolbox");
    let (at, len) = world.text("readme");
    world.call("path_unlink_file", &[root, at, len]).unwrap();
    assert_eq!(names(&mut world, root), ["bin", "link"]);
}

#[test]
fn a_guest_reads_older_packages_and_is_told_where_a_change_was_not_made() {
    let (mut world, root) = guest(&fixed());
    let file = open(&mut world, root, "lib/data", 0).unwrap();
    assert_eq!(read_all(&mut world, file), "static");
    // StaticFileSystem answers all of these with success, and does nothing.
    world.call("fd_seek", &[file, 6, 0, OUT]).unwrap();
    assert_eq!(write(&mut world, file, "longer"), Err(Halt::Errno(Errno::Rofs)));
    assert_eq!(world.call("fd_filestat_set_size", &[file, 100]), Err(Halt::Errno(Errno::Rofs)));
    assert_eq!(open(&mut world, root, "lib/data", TRUNC), Err(Halt::Errno(Errno::Rofs)));
    let ((old, old_len), (new, new_len)) = (world.text("lib/data"), world.text("lib/moved"));
    assert_eq!(world.call("path_unlink_file", &[root, old, old_len]), Err(Halt::Errno(Errno::Rofs)));
    assert_eq!(
        world.call("path_rename", &[root, old, old_len, root, new, new_len]),
        Err(Halt::Errno(Errno::Rofs))
    );
    let times = &[root, 0, old, old_len, 1 << 40, 1 << 40, 1 | 4];
    assert_eq!(world.call("path_filestat_set_times", times), Err(Halt::Errno(Errno::Notsup)));
}
