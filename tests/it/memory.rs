//! Filesystems in memory: what only they promise. What they share with every kind is in `vfs_contract`.

use preopen::abi::Errno;
use preopen::span::Span;
use preopen::vfs::Dir;
use preopen::vfs::memory::{Limits, MemoryFs, Usage};

use super::support::{CREATE, names, open_dir, open_file, path, read, target, write};

/// An empty filesystem that holds no more than so much.
fn limited(bytes: u64, inodes: u64) -> std::sync::Arc<MemoryFs> {
    MemoryFs::new(Limits { bytes, inodes })
}

#[test]
fn a_write_takes_what_fits() {
    let fs = limited(10, 10);
    let root = fs.root();
    write(&root, "a", "1234567").unwrap();
    let file = open_file(&root, "b", CREATE).unwrap();
    let mut text = *b"abcdef";
    assert_eq!(file.write_at(&[Span::over(&mut text)], 0), Ok(3));
    assert_eq!(file.write_at(&[Span::over(&mut text)], 3), Err(Errno::Nospc));
    assert_eq!(file.append(&[Span::over(&mut text)]), Err(Errno::Nospc));
    assert_eq!(root.symlink(target("x", "l"), path("l")), Err(Errno::Nospc));
    // What was there is there, and can be overwritten.
    assert_eq!(file.write_at(&[Span::over(&mut text)], 1), Ok(2));
    assert_eq!((read(&root, "a").as_deref(), read(&root, "b").as_deref()), (Ok("1234567"), Ok("aab")));
    assert_eq!(fs.usage(), Usage { bytes: 10, inodes: 3 });
    // A file without a name takes room until it is closed.
    root.unlink(path("b")).unwrap();
    assert_eq!(fs.usage(), Usage { bytes: 10, inodes: 3 });
    drop(file);
    assert_eq!(fs.usage(), Usage { bytes: 7, inodes: 2 });
    root.symlink(target("abc", "l"), path("l")).unwrap();
    assert_eq!(fs.usage(), Usage { bytes: 10, inodes: 3 });
    root.unlink(path("l")).unwrap();
    root.unlink(path("a")).unwrap();
    assert_eq!(fs.usage(), Usage { bytes: 0, inodes: 1 });
}

#[test]
fn every_name_of_a_file_counts() {
    let fs = limited(1000, 5);
    let root = fs.root();
    root.create_dir(path("d")).unwrap();
    write(&root, "f", "").unwrap();
    root.link(path("f"), false, &root, path("d/g")).unwrap();
    root.link(path("f"), false, &root, path("h")).unwrap();
    assert_eq!(fs.usage().inodes, 5);
    assert_eq!(root.link(path("f"), false, &root, path("i")), Err(Errno::Nospc));
    assert_eq!(root.create_dir(path("i")), Err(Errno::Nospc));
    assert_eq!(write(&root, "i", ""), Err(Errno::Nospc));
    assert_eq!(root.symlink(target("x", "i"), path("i")), Err(Errno::Nospc));
    assert_eq!(root.stat_at(path("f"), true).map(|stat| stat.nlink), Ok(3));
    assert_eq!(names(&root), ["d", "f", "h"]);
    // Over another name of the same file nothing happens; over another file one inode is free.
    root.rename(path("f"), &root, path("h")).unwrap();
    assert_eq!(fs.usage().inodes, 5);
    root.unlink(path("h")).unwrap();
    write(&root, "other", "").unwrap();
    root.rename(path("other"), &root, path("f")).unwrap();
    assert_eq!(fs.usage().inodes, 4);
    root.unlink(path("d/g")).unwrap();
    root.unlink(path("f")).unwrap();
    root.remove_dir(path("d")).unwrap();
    assert_eq!(fs.usage(), Usage { bytes: 0, inodes: 1 });
}

#[test]
fn holes_take_nothing() {
    let fs = limited(100_000, 10);
    let root = fs.root();
    let file = open_file(&root, "f", CREATE).unwrap();
    file.set_len(1 << 47).unwrap();
    file.set_len(i64::MAX as u64).unwrap();
    assert_eq!(fs.usage().bytes, 0);
    let mut x = *b"x";
    assert_eq!(file.write_at(&[Span::over(&mut x)], 1 << 46), Ok(1));
    assert_eq!(fs.usage().bytes, 4096);
    assert_eq!(file.write_at(&[Span::over(&mut x)], i64::MAX as u64 - 1), Ok(1));
    assert_eq!(file.append(&[Span::over(&mut x)]), Err(Errno::Fbig));
    let mut seen = [b'?'; 3];
    assert_eq!(file.read_at(&[Span::over(&mut seen)], (1 << 46) - 1), Ok(3));
    assert_eq!(&seen, b"\0x\0");
    file.set_len(0).unwrap();
    assert_eq!(fs.usage().bytes, 0);
    // A page of which nothing fits is not there.
    write(&root, "g", &"y".repeat(98_304)).unwrap();
    let before = fs.usage();
    assert_eq!(file.write_at(&[Span::over(&mut x)], 1 << 40), Err(Errno::Nospc));
    assert_eq!((fs.usage(), file.stat().map(|stat| stat.size)), (before, Ok(0)));
}

#[test]
fn directories_deeper_than_the_stack_end() {
    let fs = MemoryFs::new(Limits::default());
    let mut dir: Box<dyn Dir> = Box::new(fs.root());
    for _ in 0..200_000 {
        dir.create_dir(path("d")).unwrap();
        dir = open_dir(dir.as_ref(), "d").unwrap();
    }
    drop(dir);
    drop(fs);
}
