//! The first change copies what the lower has, whole or not at all; opening alone does not.

use preopen::abi::{Errno, Filestat};
use preopen::span::Span;
use preopen::vfs::memory::{Limits, MemoryFs};
use preopen::vfs::overlay::Overlay;
use preopen::vfs::{Access, Dir, OpenOptions, SetTime, SetTimes};

use super::{Fixture, host_read_only, tree};
use crate::support::{CREATE, open_file, path, read, write};

pub const WRITE: OpenOptions = OpenOptions { access: Access::ReadWrite, ..OpenOptions::READ };

fn one_file(root: &std::path::Path) {
    std::fs::create_dir_all(root.join("deep/er")).unwrap();
    std::fs::write(root.join("deep/er/file"), "as it was").unwrap();
}

fn write_at(file: &dyn preopen::vfs::File, text: &str, offset: u64) -> Result<usize, Errno> {
    file.write_at(&[Span::over(&mut text.as_bytes().to_vec())], offset)
}

#[test]
fn an_open_to_write_copies_nothing() {
    let fixture = Fixture::new(one_file);
    for options in [WRITE, CREATE, OpenOptions { access: Access::Write, ..OpenOptions::READ }] {
        let file = open_file(&fixture.root, "deep/er/file", options).unwrap();
        assert_eq!(file.write_at(&[], 0), Ok(0));
        file.allocate(0, 5).unwrap();
        file.sync().unwrap();
    }
    assert_eq!(fixture.upper_names(), [""; 0]);
    let file = open_file(&fixture.root, "deep/er/file", WRITE).unwrap();
    write_at(&*file, "AS", 0).unwrap();
    assert_eq!(fixture.upper_names(), ["deep", "deep/er", "deep/er/file"]);
    assert_eq!(fixture.changes(), ["Modified file /deep/er/file"]);
}

#[test]
fn all_who_have_it_open_see_one_file() {
    let fixture = Fixture::new(one_file);
    let before = fixture.lower_now();
    let reader = open_file(&fixture.root, "deep/er/file", OpenOptions::READ).unwrap();
    let writer = open_file(&fixture.root, "deep/er/../er/file", WRITE).unwrap();
    let other =
        open_file(&*crate::support::open_dir(&fixture.root, "deep").unwrap(), "er/file", WRITE).unwrap();
    let id = reader.stat().map(|stat| (stat.dev, stat.ino)).unwrap();
    write_at(&*writer, "AS", 0).unwrap();
    other.append(&[Span::over(&mut b"!".to_vec())]).unwrap();
    let mut bytes = [0; 20];
    for file in [&reader, &writer, &other] {
        let len = file.read_at(&[Span::over(&mut bytes)], 0).unwrap();
        assert_eq!(&bytes[..len], b"AS it was!");
        let stat = file.stat().unwrap();
        assert_eq!(((stat.dev, stat.ino), stat.size, stat.nlink), (id, 10, 1));
        assert_eq!(fixture.root.stat_at(path("deep/er/file"), true), Ok(stat));
    }
    assert_eq!(fixture.lower_now(), before);
}

#[test]
fn what_has_no_name_any_more_is_still_written() {
    let fixture = Fixture::new(one_file);
    let one = open_file(&fixture.root, "deep/er/file", WRITE).unwrap();
    let two = open_file(&fixture.root, "deep/er/file", OpenOptions::READ).unwrap();
    let id = one.stat().unwrap().ino;
    fixture.root.unlink(path("deep/er/file")).unwrap();
    assert_eq!(one.stat().unwrap().nlink, 0);
    write(&fixture.root, "deep/er/file", "another").unwrap();
    write_at(&*one, "AS", 0).unwrap();
    let mut bytes = [0; 20];
    assert_eq!(two.read_at(&[Span::over(&mut bytes)], 0), Ok(9));
    assert_eq!(&bytes[..9], b"AS it was");
    assert_eq!(two.stat().map(|stat| (stat.ino, stat.nlink)), Ok((id, 0)));
    assert_eq!(read(&fixture.root, "deep/er/file").as_deref(), Ok("another"));
    drop((one, two));
    assert_eq!(fixture.upper_names(), ["deep", "deep/er", "deep/er/file"]);
    assert_eq!(fixture.upper.usage().bytes, 7);
}

#[test]
fn times_modes_and_parents_are_kept() {
    use std::os::unix::fs::PermissionsExt;
    let fixture = Fixture::new(|root| {
        one_file(root);
        let mode = std::fs::Permissions::from_mode(0o640);
        std::fs::set_permissions(root.join("deep/er/file"), mode).unwrap();
        std::fs::set_permissions(root.join("deep"), std::fs::Permissions::from_mode(0o711)).unwrap();
    });
    // What a directory's size means is up to each kind.
    let stat = |at| Filestat { size: 0, ..fixture.root.stat_at(path(at), false).unwrap() };
    let stats = || ["deep", "deep/er", ".", "deep/er/file"].map(stat);
    let old =
        SetTimes { access: Some(SetTime::At(1_000_000_001)), modified: Some(SetTime::At(2_000_000_002)) };
    for at in ["deep/er/file", "deep/er", "deep"] {
        super::host(fixture.lower.path()).set_times_at(path(at), false, old).unwrap();
    }
    let before = stats();
    fixture.root.set_mode_at(path("deep/er/file"), false, 0o604).unwrap();
    let after = stats();
    assert_eq!(before[..3], after[..3], "the directories above show nothing of it");
    assert_eq!((after[3].atim, after[3].mtim), (1_000_000_001, 2_000_000_002));
    assert_eq!(after[3].ino, before[3].ino);
    assert_eq!(fixture.root.mode_at(path("deep"), false), Ok(0o711));
    assert_eq!(fixture.upper.root().mode_at(path("deep"), false), Ok(0o711));
    assert_eq!(fixture.root.mode_at(path("deep/er/file"), false), Ok(0o604));
    assert_eq!(fixture.changes(), ["Modified file /deep/er/file"]);
}

#[test]
fn without_room_nothing_of_it_is_copied() {
    let limits = Limits { bytes: 200_000, inodes: 20 };
    let fixture = Fixture::limited(limits, |root| {
        std::fs::create_dir(root.join("dir")).unwrap();
        std::fs::write(root.join("dir/big"), vec![b'x'; 300_000]).unwrap();
        std::fs::write(root.join("dir/a"), vec![b'y'; 50_000]).unwrap();
        std::fs::write(root.join("dir/z"), vec![b'z'; 50_000]).unwrap();
    });
    let start = tree(&fixture.root);
    let file = open_file(&fixture.root, "dir/big", WRITE).unwrap();
    assert_eq!(write_at(&*file, "no", 0), Err(Errno::Nospc));
    assert_eq!(file.append(&[Span::over(&mut b"no".to_vec())]), Err(Errno::Nospc));
    assert_eq!(fixture.root.set_mode_at(path("dir/big"), false, 0o600), Err(Errno::Nospc));
    let elsewhere = path("dir/moved");
    assert_eq!(fixture.root.rename(path("dir/big"), &fixture.root, elsewhere), Err(Errno::Nospc));
    assert_eq!(fixture.root.link(path("dir/big"), false, &fixture.root, elsewhere), Err(Errno::Nospc));
    // A directory is moved whole, or stays whole; what was copied before there was no more room is not kept.
    assert_eq!(fixture.root.rename(path("dir"), &fixture.root, path("moved")), Err(Errno::Nospc));
    assert_eq!(tree(&fixture.root), start);
    assert_eq!(fixture.upper_names(), ["dir"]);
    assert_eq!(fixture.upper.usage().bytes, 0);
    assert_eq!(fixture.changes(), [""; 0]);
    // What is cut off need not be copied.
    file.set_len(10).unwrap();
    assert_eq!(read(&fixture.root, "dir/big").as_deref(), Ok("xxxxxxxxxx"));
    fixture.root.rename(path("dir"), &fixture.root, path("moved")).unwrap();
    assert_eq!(write_at(&*file, "yes", 0), Ok(3));
    assert_eq!(read(&fixture.root, "moved/big").as_deref(), Ok("yesxxxxxxx"));
}

#[test]
fn holes_cost_nothing() {
    let fixture = Fixture::new(|root| {
        let sparse = std::fs::File::create(root.join("sparse")).unwrap();
        sparse.set_len(1 << 46).unwrap_or_else(|_| sparse.set_len(1 << 43).unwrap());
        std::os::unix::fs::FileExt::write_at(&sparse, b"middle", 1 << 40).unwrap();
    });
    let size = fixture.root.stat_at(path("sparse"), false).unwrap().size;
    let file = open_file(&fixture.root, "sparse", WRITE).unwrap();
    write_at(&*file, "start", 0).unwrap();
    assert_eq!(file.stat().unwrap().size, size);
    let mut bytes = [0; 8];
    file.read_at(&[Span::over(&mut bytes)], (1 << 40) - 1).unwrap();
    assert_eq!(&bytes, b"\0middle\0");
    assert!(fixture.upper.usage().bytes < 100_000);
    // The same from a lower in memory, where the guest of before left it.
    let Fixture { upper, .. } = fixture;
    let above = MemoryFs::new(Limits::default());
    let overlay = Overlay::new(Box::new(upper.root()), Box::new(above.root())).unwrap();
    let file = open_file(&overlay.root(), "sparse", WRITE).unwrap();
    write_at(&*file, "again", 0).unwrap();
    file.read_at(&[Span::over(&mut bytes)], (1 << 40) - 1).unwrap();
    assert_eq!((file.stat().unwrap().size, &bytes), (size, b"\0middle\0"));
}

#[test]
fn a_lower_that_refuses_changes_does() {
    let lower = tempfile::tempdir().unwrap();
    one_file(lower.path());
    let upper = MemoryFs::new(Limits::default());
    let overlay = Overlay::new(host_read_only(lower.path()), Box::new(upper.root())).unwrap();
    write(&overlay.root(), "deep/er/file", "changed").unwrap();
    let stopped = overlay.commit().unwrap_err();
    assert_eq!(
        (stopped.errno, &*stopped.path, &*stopped.done),
        (Errno::Rofs, &b"/deep/er/file"[..], &[][..])
    );
    assert_eq!(read(&overlay.root(), "deep/er/file").as_deref(), Ok("changed"));
    assert_eq!(std::fs::read(lower.path().join("deep/er/file")).unwrap(), b"as it was");
}
