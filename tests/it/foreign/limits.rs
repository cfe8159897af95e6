//! What guests may make a filesystem hold that has no limit of its own.

use std::sync::Arc;

use preopen::abi::Errno;
use preopen::span::Span;
use preopen::vfs::foreign::{Foreign, Limits};
use preopen::vfs::tree::TreeDir;
use preopen::vfs::{Dir, File, OpenOptions};

use super::kinds::{memory, mount, writable};
use crate::support::{CREATE, open_file, path, write};

const LIMITS: Limits = Limits { file_bytes: 1000, bytes: 1500, names: 4 };

fn small() -> TreeDir<Foreign> {
    Foreign::mount(memory(), LIMITS).unwrap()
}

fn put(file: &dyn File, len: usize, offset: u64) -> Result<usize, Errno> {
    file.write_at(&[Span::over(&mut vec![1; len])], offset)
}

#[test]
fn a_file_of_any_size_costs_nothing() {
    for (kind, fs) in writable() {
        let dir = mount(&fs);
        let file = open_file(&dir, "file", CREATE).unwrap();
        for len in [1 << 47, 1 << 40, i64::MAX as u64, (1 << 30) + 1] {
            assert_eq!(file.set_len(len), Err(Errno::Fbig), "{kind}");
            assert_eq!(put(&*file, 1, len - 1), Err(Errno::Fbig), "{kind}");
            assert_eq!(file.allocate(len - 1, 1), Err(Errno::Fbig), "{kind}");
        }
        assert_eq!(file.set_len(u64::MAX), Err(Errno::Inval), "{kind}");
        assert!(put(&*file, 1, u64::MAX).is_err(), "{kind}");
        assert_eq!(file.read_at(&[Span::over(&mut [0])], 1 << 47), Ok(0), "{kind}");
        assert_eq!(file.stat().unwrap().size, 0, "{kind}");
    }
}

#[test]
fn files_have_a_longest_size() {
    let dir = small();
    let file = open_file(&dir, "file", CREATE).unwrap();
    assert_eq!(put(&*file, 900, 0), Ok(900));
    assert_eq!(put(&*file, 900, 900), Ok(100), "what has room is written");
    assert_eq!(put(&*file, 1, 1000), Err(Errno::Fbig));
    assert_eq!(file.append(&[Span::over(&mut [1])]), Err(Errno::Fbig));
    assert_eq!(put(&*file, 10, 5), Ok(10));
    assert_eq!(put(&*file, 0, 1 << 40), Ok(0));
}

#[test]
fn all_files_together_have_one() {
    let dir = small();
    let one = open_file(&dir, "one", CREATE).unwrap();
    let two = open_file(&dir, "two", CREATE).unwrap();
    assert_eq!(one.set_len(1000), Ok(()));
    assert_eq!(two.set_len(501), Err(Errno::Nospc));
    assert_eq!(put(&*two, 600, 0), Ok(500));
    assert_eq!(put(&*two, 1, 500), Err(Errno::Nospc));
    // What is cut off is given back.
    assert_eq!(one.set_len(900), Ok(()));
    assert_eq!(put(&*two, 600, 500), Ok(100));
    open_file(&dir, "two", OpenOptions { truncate: true, ..CREATE }).unwrap();
    assert_eq!(one.set_len(1000), Ok(()));
    assert_eq!(two.set_len(500), Ok(()));
}

#[test]
fn what_is_removed_is_given_back_when_nobody_has_it_open() {
    let dir = small();
    let one = open_file(&dir, "one", CREATE).unwrap();
    let again = open_file(&dir, "one", CREATE).unwrap();
    one.set_len(1000).unwrap();
    dir.unlink(path("one")).unwrap();
    let two = open_file(&dir, "two", CREATE).unwrap();
    assert_eq!(two.set_len(501), Err(Errno::Nospc), "it is still there");
    one.set_len(800).unwrap();
    drop(one);
    assert_eq!(two.set_len(701), Err(Errno::Nospc));
    drop(again);
    assert_eq!(two.set_len(1000), Ok(()));
    // Replacing removes.
    write(&dir, "small", "s").unwrap();
    drop(two);
    dir.rename(path("small"), &dir, path("two")).unwrap();
    assert_eq!(open_file(&dir, "three", CREATE).unwrap().set_len(1000), Ok(()));
}

#[test]
fn names_are_counted() {
    let dir = small();
    for name in ["a", "b", "c"] {
        dir.create_dir(path(name)).unwrap();
    }
    write(&dir, "d", "").unwrap();
    assert_eq!(dir.create_dir(path("e")), Err(Errno::Nospc));
    assert_eq!(write(&dir, "e", ""), Err(Errno::Nospc));
    assert_eq!(dir.create_dir(path("a")), Err(Errno::Exist));
    dir.remove_dir(path("a")).unwrap();
    dir.create_dir(path("e")).unwrap();
    dir.unlink(path("d")).unwrap();
    write(&dir, "d", "").unwrap();
    assert_eq!(write(&dir, "f", ""), Err(Errno::Nospc));
}

#[test]
fn what_was_there_before_may_be_longer() {
    let fs = memory();
    fs.new_open_options().write(true).create(true).open("/long").unwrap().set_len(5000).unwrap();
    let dir = Foreign::mount(Arc::clone(&fs), LIMITS).unwrap();
    let file = open_file(&dir, "long", CREATE).unwrap();
    assert_eq!(put(&*file, 10, 4990), Ok(10));
    assert_eq!(put(&*file, 1, 5000), Err(Errno::Fbig));
    dir.unlink(path("long")).unwrap();
    drop(file);
    let file = open_file(&dir, "new", CREATE).unwrap();
    assert_eq!(file.set_len(1000), Ok(()));
    assert_eq!(
        open_file(&dir, "other", CREATE).unwrap().set_len(501),
        Err(Errno::Nospc),
        "no more than the limit"
    );
}

#[test]
fn directories_may_be_nested_deeply_but_not_without_end() {
    let dir = mount(&memory());
    let mut at: Box<dyn Dir> = Box::new(dir);
    let name = "d".repeat(255);
    let mut depth = 0;
    let errno = loop {
        match at.create_dir(path(&name)) {
            Ok(()) => at = crate::support::open_dir(&*at, &name).unwrap(),
            Err(errno) => break errno,
        }
        depth += 1;
        assert!(depth < 1000);
    };
    assert_eq!((errno, depth), (Errno::Nametoolong, (1 << 16) / 256));
}
