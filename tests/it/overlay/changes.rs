//! What was changed, as it is told.

use std::os::unix::fs::PermissionsExt;

use preopen::vfs::{Access, Dir, OpenOptions, SetTime, SetTimes};

use super::Fixture;
use crate::support::{open_file, path, read, target, write};

fn fill(root: &std::path::Path) {
    std::fs::create_dir_all(root.join("dir/inner")).unwrap();
    std::fs::write(root.join("dir/inner/b"), "b").unwrap();
    std::fs::write(root.join("dir/a"), "a").unwrap();
    std::fs::write(root.join("file"), "file").unwrap();
    std::os::unix::fs::symlink("file", root.join("link")).unwrap();
}

#[test]
fn what_is_the_same_is_no_change() {
    let fixture = Fixture::new(fill);
    let stat = fixture.root.stat_at(path("file"), false).unwrap();
    // The clock of filesystems is up to a tick behind.
    std::thread::sleep(std::time::Duration::from_millis(20));
    write(&fixture.root, "file", "file").unwrap();
    // Its bytes are the same, but it was written.
    assert_eq!(fixture.changes(), ["Modified file /file"]);
    let times = SetTimes { access: None, modified: Some(SetTime::At(stat.mtim)) };
    fixture.root.set_times_at(path("file"), false, times).unwrap();
    assert_eq!(fixture.changes(), [""; 0]);
    // Bytes alone, of one length.
    let file =
        open_file(&fixture.root, "file", OpenOptions { access: Access::Write, ..OpenOptions::READ }).unwrap();
    file.write_at(&[preopen::span::Span::over(&mut b"F".to_vec())], 0).unwrap();
    file.set_times(times).unwrap();
    assert_eq!(fixture.changes(), ["Modified file /file"]);
    write(&fixture.root, "file", "file").unwrap();
    fixture.root.set_times_at(path("file"), false, times).unwrap();
    // Permissions alone, also of a directory; and entries that came and went.
    fixture.root.set_mode_at(path("file"), false, 0o600).unwrap();
    fixture.root.set_mode_at(path("dir"), false, 0o700).unwrap();
    write(&fixture.root, "dir/inner/x", "x").unwrap();
    fixture.root.unlink(path("dir/inner/x")).unwrap();
    assert_eq!(fixture.changes(), ["Modified directory /dir", "Modified file /file"]);
    let mode = std::fs::metadata(fixture.lower("file")).unwrap().permissions().mode() & 0o777;
    fixture.root.set_mode_at(path("file"), false, mode).unwrap();
    assert_eq!(fixture.changes(), ["Modified directory /dir"]);
}

#[test]
fn what_became_another_type_is_removed_and_created() {
    let fixture = Fixture::new(fill);
    fixture.root.unlink(path("file")).unwrap();
    fixture.root.create_dir(path("file")).unwrap();
    write(&fixture.root, "file/x", "x").unwrap();
    fixture.root.rename(path("dir"), &fixture.root, path("moved")).unwrap();
    write(&fixture.root, "dir", "a file").unwrap();
    fixture.root.unlink(path("link")).unwrap();
    fixture.root.symlink(target("dir", "link"), path("link")).unwrap();
    let changes = [
        "Removed directory /dir",
        "Created file /dir",
        "Removed file /file",
        "Created directory /file",
        "Created file /file/x",
        "Modified symlink /link",
        "Created directory /moved",
        "Created file /moved/a",
        "Created directory /moved/inner",
        "Created file /moved/inner/b",
    ];
    assert_eq!(fixture.changes(), changes);
    assert_eq!(fixture.commit(), changes);
    assert_eq!(read(&fixture.root, "dir").as_deref(), Ok("a file"));
    assert_eq!(std::fs::read_to_string(fixture.lower("moved/inner/b")).unwrap(), "b");
    assert_eq!(fixture.upper_names(), [""; 0]);
}

#[test]
fn names_that_are_not_utf_8_are_told_and_committed() {
    use std::os::unix::ffi::OsStrExt;
    let odd = std::ffi::OsStr::from_bytes(b"dir/\xff\xfe");
    let fixture = Fixture::new(|root| {
        fill(root);
        std::fs::write(root.join(odd), "odd").unwrap();
    });
    fixture.root.rename(path("dir"), &fixture.root, path("moved")).unwrap();
    let changes = fixture.overlay.changes().unwrap();
    assert!(changes.iter().any(|change| change.path == b"/moved/\xff\xfe"));
    fixture.overlay.commit().unwrap();
    let moved = std::ffi::OsStr::from_bytes(b"moved/\xff\xfe");
    assert_eq!(std::fs::read(fixture.lower.path().join(moved)).unwrap(), b"odd");
    assert!(!fixture.lower.path().join("dir").exists());
}
