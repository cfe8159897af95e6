//! Applying what was changed: all of it, or as far as it goes, and on from there.

use std::os::unix::fs::MetadataExt;

use preopen::abi::Errno;
use preopen::span::Span;
use preopen::vfs::memory::{Limits, MemoryFs};
use preopen::vfs::overlay::Overlay;
use preopen::vfs::{Dir, SetTime, SetTimes};

use super::{Fixture, told, tree};
use crate::support::{CREATE, open_file, path, read, write};

#[test]
fn modes_times_and_links_arrive() {
    let fixture = Fixture::new(|root| {
        std::fs::create_dir(root.join("dir")).unwrap();
        std::fs::write(root.join("dir/old"), "old").unwrap();
    });
    write(&fixture.root, "new", "new").unwrap();
    fixture.root.set_mode_at(path("new"), false, 0o750).unwrap();
    fixture.root.link(path("new"), false, &fixture.root, path("dir/second")).unwrap();
    fixture.root.link(path("dir/old"), false, &fixture.root, path("also-old")).unwrap();
    let times = |at| SetTimes { access: Some(SetTime::At(at)), modified: Some(SetTime::At(at + 1)) };
    fixture.root.set_times_at(path("new"), false, times(1_500_000_000)).unwrap();
    fixture.root.set_times_at(path("dir"), false, times(2_500_000_000)).unwrap();
    let expected = tree(&fixture.root);
    assert_eq!(fixture.commit(), ["Created file /also-old", "Created file /dir/second", "Created file /new"]);
    assert_eq!(tree(&fixture.root), expected);
    let meta = |at| std::fs::metadata(fixture.lower(at)).unwrap();
    assert_eq!(
        (meta("new").mode() & 0o7777, meta("new").mtime(), meta("new").mtime_nsec()),
        (0o750, 1, 500_000_001)
    );
    assert_eq!(meta("dir").mtime(), 2);
    assert_eq!(
        (meta("new").ino(), meta("dir/old").ino()),
        (meta("dir/second").ino(), meta("also-old").ino())
    );
    assert_eq!((fixture.upper_names(), fixture.upper.usage().inodes), (vec![], 1));
}

#[test]
fn the_times_of_a_link_arrive() {
    let fixture = Fixture::new(|root| std::os::unix::fs::symlink("anywhere", root.join("link")).unwrap());
    let times = SetTimes { access: None, modified: Some(SetTime::At(1_500_000_000)) };
    fixture.root.set_times_at(path("link"), false, times).unwrap();
    // It is the same link.
    assert_eq!(fixture.commit(), [""; 0]);
    assert_eq!(fixture.root.stat_at(path("link"), false).map(|stat| stat.mtim), Ok(1_500_000_000));
    let meta = std::fs::symlink_metadata(fixture.lower("link")).unwrap();
    assert_eq!((meta.mtime(), meta.mtime_nsec()), (1, 500_000_000));
    assert_eq!(fixture.upper_names(), [""; 0]);
}

#[test]
fn names_of_one_link_stay_that() {
    let fixture = Fixture::new(|root| std::os::unix::fs::symlink("anywhere", root.join("old")).unwrap());
    let target = preopen::vfs::LinkTarget::new(b"elsewhere\0", path("new")).unwrap();
    fixture.root.symlink(target, path("new")).unwrap();
    fixture.root.link(path("new"), false, &fixture.root, path("also-new")).unwrap();
    fixture.root.link(path("old"), false, &fixture.root, path("also-old")).unwrap();
    let expected = tree(&fixture.root);
    fixture.commit();
    assert_eq!(tree(&fixture.root), expected);
    let ino = |at| std::fs::symlink_metadata(fixture.lower(at)).unwrap().ino();
    assert_eq!((ino("new"), ino("old")), (ino("also-new"), ino("also-old")));
    assert_eq!((fixture.upper_names(), fixture.upper.usage().inodes), (vec![], 1));
}

#[test]
fn what_is_open_goes_on() {
    let fixture = Fixture::new(|root| std::fs::write(root.join("file"), "lower").unwrap());
    let file = open_file(&fixture.root, "file", CREATE).unwrap();
    let write_at = |text: &str, at| file.write_at(&[Span::over(&mut text.as_bytes().to_vec())], at).unwrap();
    write_at("UP", 0);
    assert_eq!(fixture.commit(), ["Modified file /file"]);
    assert_eq!(std::fs::read_to_string(fixture.lower("file")).unwrap(), "UPwer");
    assert_eq!(file.stat().unwrap().ino, std::fs::metadata(fixture.lower("file")).unwrap().ino());
    // What is written from now on is the upper's again.
    write_at("per", 2);
    assert_eq!(std::fs::read_to_string(fixture.lower("file")).unwrap(), "UPwer");
    assert_eq!(read(&fixture.root, "file").as_deref(), Ok("UPper"));
    assert_eq!(fixture.commit(), ["Modified file /file"]);
    assert_eq!(std::fs::read_to_string(fixture.lower("file")).unwrap(), "UPper");
}

#[test]
fn after_a_failure_the_rest_is_still_there() {
    let small = MemoryFs::new(Limits { bytes: 100, inodes: 100 });
    write(&small.root(), "kept", "kept").unwrap();
    write(&small.root(), "removed", &"r".repeat(60)).unwrap();
    let upper = MemoryFs::new(Limits::default());
    let overlay = Overlay::new(Box::new(small.root()), Box::new(upper.root())).unwrap();
    let root = overlay.root();
    write(&root, "a", "fits").unwrap();
    root.create_dir(path("b")).unwrap();
    write(&root, "b/c", &"does not fit".repeat(5)).unwrap();
    write(&root, "d", "after").unwrap();
    write(&root, "kept", "changed").unwrap();
    root.unlink(path("removed")).unwrap();
    let (merged, changes) = (tree(&root), overlay.changes().unwrap());
    let stopped = overlay.commit().unwrap_err();
    assert_eq!((stopped.errno, &*stopped.path), (Errno::Nospc, &b"/b/c"[..]));
    assert_eq!(stopped.done, changes[..2]);
    assert_eq!(tree(&root), merged, "nothing of it is seen");
    assert_eq!(overlay.changes().unwrap(), changes[2..]);
    assert_eq!(
        tree(&small.root()).into_keys().collect::<Vec<_>>(),
        ["a", "b", "kept", "removed"],
        "no half of it"
    );
    // Somebody makes room, and it goes on.
    open_file(&small.root(), "removed", CREATE).unwrap().set_len(0).unwrap();
    let done: Vec<_> = overlay.commit().unwrap().iter().map(told).collect();
    assert_eq!(
        done,
        ["Created file /b/c", "Created file /d", "Modified file /kept", "Removed file /removed"]
    );
    assert_eq!((tree(&small.root()), tree(&root)), (merged.clone(), merged));
    assert_eq!(overlay.commit().unwrap(), []);
}

#[test]
fn a_removed_directory_goes_with_what_came_into_it() {
    let fixture = Fixture::new(|root| std::fs::create_dir(root.join("dir")).unwrap());
    fixture.root.remove_dir(path("dir")).unwrap();
    std::fs::create_dir_all(fixture.lower("dir/later/deep")).unwrap();
    std::fs::write(fixture.lower("dir/later/file"), "").unwrap();
    assert_eq!(fixture.commit(), ["Removed directory /dir"]);
    assert!(!fixture.lower("dir").exists());
}

#[test]
fn a_lower_of_an_overlay_is_one() {
    let fixture = Fixture::new(|root| std::fs::write(root.join("file"), "lowest").unwrap());
    let upper = MemoryFs::new(Limits::default());
    let top = Overlay::new(Box::new(fixture.overlay.root()), Box::new(upper.root())).unwrap();
    write(&top.root(), "file", "top").unwrap();
    write(&top.root(), "new", "new").unwrap();
    assert_eq!(read(&fixture.root, "file").as_deref(), Ok("lowest"));
    assert_eq!(top.commit().unwrap().len(), 2);
    assert_eq!(read(&fixture.root, "file").as_deref(), Ok("top"));
    assert_eq!(fixture.changes(), ["Modified file /file", "Created file /new"]);
    assert_eq!(std::fs::read_to_string(fixture.lower("file")).unwrap(), "lowest");
}
