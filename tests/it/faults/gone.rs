//! A directory that is removed under its guest.

use preopen::abi::{Errno, Filetype, IMPORTS};
use preopen::calls::Halt;

use crate::calls::every;
use crate::scripted::{ROOT, World};

#[test]
fn what_is_open_stays_and_nothing_can_be_made() {
    let mut world = World::new();
    let (file, dir) = (world.open("file"), world.open("dir"));
    std::fs::remove_dir_all(world.host("")).unwrap();
    let (name, len) = world.text("new");
    let list = world.iovecs(&[(1000, 4)]);
    // The file has no name any more, and is one.
    world.ok("fd_read", &[file, list, 1, 8], &[(1000, b"0123"), (8, &4_u32.to_le_bytes())]);
    assert_eq!(world.call("fd_write", &[file, list, 1, 8]), Ok(()));
    assert_eq!(world.call("fd_sync", &[file]), Ok(()));
    for fd in [ROOT, dir] {
        world.fails("path_open", &[fd, 0, name, len, 1, 0, 0, 0, 8], Errno::Noent);
        world.fails("path_create_directory", &[fd, name, len], Errno::Noent);
        world.fails("path_symlink", &[name, len, fd, name, len], Errno::Noent);
        world.fails("path_filestat_get", &[fd, 0, name, len, 2000], Errno::Noent);
        // It is empty.
        world.ok("fd_readdir", &[fd, 2000, 100, 0, 8], &[(8, &0_u32.to_le_bytes())]);
        assert_eq!(world.call("fd_filestat_get", &[fd, 2000]), Ok(()));
        let bytes = world.guest.bytes();
        assert_eq!((bytes[2016], bytes[2024]), (Filetype::Directory as u8, 0), "no name");
    }
}

#[test]
fn every_function_answers() {
    for index in 0..IMPORTS.len() {
        let (mut world, _peers) = every::world();
        let case = every::cases(&mut world).swap_remove(index);
        std::fs::remove_dir_all(world.host("")).unwrap();
        let open = world.open_fds();
        let answer = world.call(case.name, &case.args);
        let known =
            matches!(answer, Ok(()) | Err(Halt::Exit(_) | Halt::Raise(_) | Halt::Errno(Errno::Noent)));
        assert!(known, "{}: {answer:?}", case.name);
        let closed = usize::from(matches!(case.name, "fd_close" | "fd_renumber"));
        let accepted = usize::from(case.name == "sock_accept");
        assert_eq!(world.open_fds() + closed, open + accepted, "{}", case.name);
    }
}
