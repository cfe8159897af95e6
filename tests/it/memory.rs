//! Filesystems in memory: what only they promise. What they share with every kind is in `vfs_contract`.

use preopen::abi::Errno;
use preopen::span::Span;
use preopen::vfs::memory::{Limits, MemoryFs, Usage};
use preopen::vfs::{Dir, Opened, Path};

use super::support::{CREATE, alone, names, open_dir, open_file, path, read, target, write};

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
fn a_write_that_grows_what_it_overwrites_takes_what_fits() {
    let fs = limited(65_536 + 2 * 4096, 10);
    let root = fs.root();
    let file = open_file(&root, "f", CREATE).unwrap();
    let mut text = vec![b'x'; 100_000];
    assert_eq!(file.write_at(&[Span::over(&mut text)], 0), Ok(65_536 + 8192));
    assert_eq!(file.write_at(&[Span::over(&mut text)], 65_000), Ok(536 + 8192));
    assert_eq!(file.stat().map(|stat| stat.size), Ok(65_536 + 8192));
    // A file that was cut gives back what it took, and the rest of a block is free.
    file.set_len(65_537).unwrap();
    assert_eq!(fs.usage().bytes, 65_536 + 4096);
    write(&root, "g", &"y".repeat(4096)).unwrap();
    assert_eq!(file.write_at(&[Span::over(&mut text)], 65_536), Ok(4096));
    assert_eq!(file.append(&[Span::over(&mut text[..1])]), Err(Errno::Nospc));
    file.set_len(0).unwrap();
    assert_eq!(fs.usage(), Usage { bytes: 4096, inodes: 3 });
}

#[test]
fn filesystems_are_apart() {
    let (one, other) = (limited(100, 10).root(), limited(100, 10).root());
    write(&one, "f", "f").unwrap();
    assert_ne!(one.stat().unwrap().dev, other.stat().unwrap().dev);
    assert_eq!(one.rename(path("f"), &other, path("f")), Err(Errno::Xdev));
    assert_eq!(one.link(path("f"), false, &other, path("f")), Err(Errno::Xdev));
    assert_eq!(names(&one), ["f"]);
}

#[test]
fn what_is_open_outlives_the_filesystem() {
    let fs = limited(100, 10);
    let root = fs.root();
    write(&root, "f", "text").unwrap();
    root.create_dir(path("d")).unwrap();
    let (dir, file) = (open_dir(&root, "d").unwrap(), open_file(&root, "f", CREATE).unwrap());
    let kept = std::sync::Arc::downgrade(&fs);
    drop((root, fs));
    write(&*dir, "g", "more").unwrap();
    assert_eq!(read(&*dir, "g").as_deref(), Ok("more"));
    drop(dir);
    assert!(kept.upgrade().is_none());
    let mut bytes = *b"????";
    assert_eq!(file.read_at(&[Span::over(&mut bytes)], 0), Ok(4));
    assert_eq!(&bytes, b"text");
}

/// Threads that move directories over and into each other, write and list: nothing waits for itself, and no node is lost.
#[test]
fn threads_share_a_filesystem() {
    let fs = limited(1 << 20, 1000);
    let root = fs.root();
    let dirs = ["a", "b", "a/c", "b/d", "a/c/e", "a/x", "b/d/x"].map(path);
    std::thread::scope(|scope| {
        for seed in 1..5_u64 {
            let root = &root;
            scope.spawn(move || {
                let mut state = seed;
                let mut next = |below: usize| {
                    state =
                        state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                    (state >> 33) as usize % below
                };
                for _ in 0..5000 {
                    let (one, other) = (dirs[next(7)], dirs[next(7)]);
                    match next(8) {
                        0 | 1 => drop(root.create_dir(one)),
                        2 => drop(root.rename(one, root, other)),
                        3 => drop(root.open(one, CREATE).map(|_| ())),
                        4 => drop(root.link(one, true, root, other)),
                        5 => drop((root.unlink(one), root.remove_dir(other))),
                        6 => drop(root.list(0, &mut |_| std::ops::ControlFlow::Continue(()))),
                        _ => {
                            if let Ok(Opened::File(file)) = root.open(one, CREATE) {
                                let mut text = [b'x'; 100];
                                let _ =
                                    (file.append(&[Span::over(&mut text)]), file.set_len(50), file.stat());
                            }
                        }
                    }
                }
            });
        }
    });
    // Whatever came of it can be removed, and then nothing is left.
    let mut found: Vec<String> = Vec::new();
    let mut open = vec![String::new()];
    while let Some(at) = open.pop() {
        for name in names(&*open_dir(&root, if at.is_empty() { "." } else { &at }).unwrap()) {
            found.push(format!("{at}{name}"));
            if open_dir(&root, found.last().unwrap()).is_ok() {
                open.push(format!("{at}{name}/"));
            }
        }
    }
    found.sort();
    for at in found.iter().rev() {
        root.unlink(path(at)).or_else(|_| root.remove_dir(path(at))).unwrap();
    }
    assert_eq!(names(&root), Vec::<String>::new());
    assert_eq!((fs.usage(), root.stat().map(|stat| stat.nlink)), (Usage { bytes: 0, inodes: 1 }, Ok(2)));
}

/// A quarter of a million files of 100 bytes take less than 100 MB with all that belongs to them.
#[test]
fn small_files_take_little() {
    if !alone("memory::small_files_take_little") {
        return;
    }
    const FILES: u32 = 250_000;
    let resident = || {
        let statm = std::fs::read_to_string("/proc/self/statm").unwrap();
        statm.split(' ').nth(1).unwrap().parse::<usize>().unwrap() * 4096
    };
    let before = resident();
    let fs = MemoryFs::new(Limits::default());
    let root = fs.root();
    let mut text = [b'x'; 100];
    for n in 0..FILES {
        if n % 1000 == 0 {
            root.create_dir(Path::new(format!("dir{}\0", n / 1000).as_bytes()).unwrap()).unwrap();
        }
        let at = format!("dir{}/file{n}.txt\0", n / 1000);
        let Ok(Opened::File(file)) = root.open(Path::new(at.as_bytes()).unwrap(), CREATE) else {
            panic!("{at}")
        };
        assert_eq!(file.write_at(&[Span::over(&mut text)], 0), Ok(100));
    }
    let taken = resident() - before;
    assert_eq!(fs.usage(), Usage { bytes: 100 * u64::from(FILES), inodes: u64::from(FILES) + 251 });
    assert!(taken < 100_000_000, "{taken} bytes");
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
