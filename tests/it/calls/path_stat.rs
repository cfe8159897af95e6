//! What is known of what a path names.

use preopen::abi::Errno;

use super::fd_stat::{filestat, times};
use crate::scripted::{ROOT, World};

#[test]
fn the_stat_of_a_path() {
    for (mut world, preview0) in [(World::new(), false), (World::preview0(), true)] {
        for (path, flags, target, filetype) in [
            ("file", 0, "file", 4),
            ("dir", 0, "dir", 3),
            ("dir/", 0, "dir", 3),
            (".", 0, "", 3),
            ("dir/inner", 1, "dir/inner", 4),
            ("dir/../file", 0, "file", 4),
            ("link", 1, "file", 4),
            // Unknown flags are dropped.
            ("link", 0xffff_ffff, "file", 4),
        ] {
            let expected = filestat(&std::fs::metadata(world.host(target)).unwrap(), filetype, preview0);
            let (at, len) = world.text(path);
            world.ok("path_filestat_get", &[ROOT, flags, at, len, 8], &[(8, &expected)]);
        }
        let expected = filestat(&std::fs::symlink_metadata(world.host("link")).unwrap(), 7, preview0);
        let (at, len) = world.text("link");
        for flags in [0, 0xffff_fffe] {
            world.ok("path_filestat_get", &[ROOT, flags, at, len, 8], &[(8, &expected)]);
        }
        // The smaller layout needs less room.
        let end = world.guest.len() - expected.len() as u64;
        world.ok("path_filestat_get", &[ROOT, 0, at, len, end], &[(end, &expected)]);
        world.fails("path_filestat_get", &[ROOT, 0, at, len, end + 1], Errno::Overflow);
    }
}

#[test]
fn what_has_no_stat() {
    let mut world = World::new();
    std::os::unix::fs::symlink("missing", world.host("dangling")).unwrap();
    std::os::unix::fs::symlink("../..", world.host("dir/out")).unwrap();
    for (path, flags, errno) in [
        ("missing", 0, Errno::Noent),
        ("dangling", 1, Errno::Noent),
        ("file/", 0, Errno::Notdir),
        ("dir/out", 1, Errno::Notcapable),
    ] {
        let (at, len) = world.text(path);
        world.fails("path_filestat_get", &[ROOT, flags, at, len, 8], errno);
        world.fails("path_filestat_set_times", &[ROOT, flags, at, len, 1, 2, 5], errno);
    }
}

#[test]
fn times_are_set_to_the_nanosecond() {
    let mut world = World::new();
    let (file, file_len) = world.text("file");
    let (link, link_len) = world.text("link");
    let (dir, dir_len) = world.text("dir");
    world.ok("path_filestat_set_times", &[ROOT, 0, file, file_len, 1_500_000_001, 2_999_999_999, 5], &[]);
    assert_eq!(times(&world, "file"), (1_500_000_001, 2_999_999_999));
    world.ok("path_filestat_set_times", &[ROOT, 1, link, link_len, 3, 4, 5], &[]);
    assert_eq!(times(&world, "file"), (3, 4));
    world.ok("path_filestat_set_times", &[ROOT, 0, link, link_len, 5, 6, 5], &[]);
    assert_eq!((times(&world, "file"), times(&world, "link")), ((3, 4), (5, 6)));
    world.ok("path_filestat_set_times", &[ROOT, 0, dir, dir_len, 7, 8, 5], &[]);
    assert_eq!(times(&world, "dir"), (7, 8));
    world.ok("path_filestat_set_times", &[ROOT, 0, file, file_len, 9, 10, 4], &[]);
    assert_eq!(times(&world, "file"), (3, 10));
    world.ok("path_filestat_set_times", &[ROOT, 0, file, file_len, 11, 12, 2 | 8], &[]);
    let (access, modified) = times(&world, "file");
    assert!(access > 1_700_000_000_000_000_000 && modified > 1_700_000_000_000_000_000);
    let before = times(&world, "file");
    for flags in [3, 12, 16, 1 << 15] {
        world.fails("path_filestat_set_times", &[ROOT, 0, file, file_len, 1, 2, flags], Errno::Inval);
    }
    assert_eq!(times(&world, "file"), before);
}
