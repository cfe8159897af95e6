//! A filesystem as its owner sees it, on the host's disk and in memory: dots and links that lead out mean the root.

use std::sync::Arc;

use preopen::abi::{Errno, Filetype};
use preopen::vfs::host::{HostDir, MountOptions};
use preopen::vfs::memory::{Limits, MemoryFs};
use preopen::vfs::{Access, Dir, OpenOptions, Opened, Rooted, copy_tree, remove_contents, tar};

const WRITE: OpenOptions = OpenOptions { access: Access::Write, create: true, ..OpenOptions::READ };

fn memory() -> Arc<dyn Dir> {
    Arc::new(MemoryFs::new(Limits::default()).root())
}

/// Both kinds, each with `/dir/sub/file`.
fn kinds() -> (tempfile::TempDir, Vec<Rooted>) {
    let folder = tempfile::tempdir().unwrap();
    let host: Arc<dyn Dir> = Arc::new(HostDir::open_ambient(folder.path(), MountOptions::default()).unwrap());
    let kinds: Vec<_> = [host, memory()].into_iter().map(Rooted::new).collect();
    for kind in &kinds {
        kind.create_dir(b"/dir", None).unwrap();
        kind.create_dir(b"dir/sub", Some(0o700)).unwrap();
        kind.open(b"/dir/sub/file", WRITE, None).unwrap();
    }
    (folder, kinds)
}

#[test]
fn dots_above_the_root_stay_in_it() {
    let (_folder, kinds) = kinds();
    for kind in kinds {
        for path in
            [&b"/../dir/sub/file"[..], b"..//../dir/../../dir/sub/file", b"/dir/sub/../../../dir/sub/./file"]
        {
            assert_eq!(kind.stat(path, true).unwrap().filetype, Filetype::RegularFile);
        }
        assert_eq!(kind.real_path(b"/../dir/sub/..").unwrap(), b"/dir");
        assert_eq!(kind.real_path(b"..").unwrap(), b"/");
        kind.open(b"/../made", WRITE, None).unwrap();
        assert_eq!(kind.real_path(b"made").unwrap(), b"/made");
        assert_eq!(kind.stat(b"/../none/../dir", true), Err(Errno::Noent));
        assert_eq!(kind.stat(b"/../made/..", true), Err(Errno::Notdir));
    }
}

#[test]
fn absolute_links_begin_at_the_root() {
    let (_folder, kinds) = kinds();
    for kind in kinds {
        kind.symlink(b"/dir/sub", b"/absolute").unwrap();
        kind.symlink(b"../../../dir/sub/file", b"/dir/out").unwrap();
        kind.symlink(b"/loop", b"/loop").unwrap();
        assert_eq!(kind.stat(b"/absolute/file", true).unwrap().filetype, Filetype::RegularFile);
        assert_eq!(kind.stat(b"/absolute", false).unwrap().filetype, Filetype::SymbolicLink);
        assert_eq!(kind.stat(b"/absolute", true).unwrap().filetype, Filetype::Directory);
        assert_eq!(kind.stat(b"/dir/out", true).unwrap().filetype, Filetype::RegularFile);
        assert_eq!(kind.stat(b"/loop", true), Err(Errno::Loop));
        assert_eq!(kind.read_link(b"/absolute").unwrap(), b"/dir/sub");
        kind.rename(b"/absolute/file", b"/absolute/../moved").unwrap();
        assert_eq!(kind.real_path(b"/dir/moved").unwrap(), b"/dir/moved");
        kind.link(b"/absolute/../moved", b"/absolute/again").unwrap();
        assert_eq!(kind.stat(b"dir/sub/again", true).unwrap().nlink, 2);
        kind.unlink(b"/absolute").unwrap();
        assert_eq!(kind.stat(b"/dir/sub/again", true).unwrap().nlink, 2);
    }
}

#[test]
fn the_root_is_not_removed_and_names_need_not_be_utf8() {
    let (_folder, kinds) = kinds();
    for kind in kinds {
        assert_eq!(kind.remove_dir(b"//"), Err(Errno::Busy));
        assert_eq!(kind.stat(b"", true), Err(Errno::Noent));
        kind.open(b"/\xff\xfe", WRITE, None).unwrap();
        assert!(matches!(kind.open(b"\xff\xfe", OpenOptions::READ, None), Ok(Opened::File(_))));
        assert_eq!(kind.stat(&[b'x'; 5000], true), Err(Errno::Nametoolong));
    }
}

#[test]
fn trees_of_any_depth_are_copied_archived_and_removed() {
    const DEPTH: usize = 2000;
    let from = memory();
    let mut here = Arc::clone(&from);
    for _ in 0..DEPTH {
        let rooted = Rooted::new(here);
        rooted.create_dir(b"d", None).unwrap();
        here = Arc::from(rooted.open_dir(b"d").unwrap());
    }
    let to = memory();
    copy_tree(Arc::clone(&from), Arc::clone(&to), 0o777, &mut |_, _| Ok(true)).unwrap();
    let mut writer = tar::Writer::new(Arc::clone(&to), u64::MAX).unwrap();
    let unpacked = MemoryFs::new(Limits::default());
    let mut reader = tar::Reader::new(Arc::new(unpacked.root()));
    while let Some(bytes) = writer.next_bytes().unwrap() {
        reader.feed(&bytes).unwrap();
    }
    reader.finish().unwrap();
    // What it has open counts.
    drop(reader);
    assert_eq!(unpacked.usage().inodes, DEPTH as u64 + 1);
    remove_contents(Arc::new(unpacked.root())).unwrap();
    assert_eq!(unpacked.usage().inodes, 1);
}

#[test]
fn an_archive_is_read_whatever_bytes_it_has() {
    use proptest::prelude::*;
    // Headers that are right but for some bytes, and what is no header at all.
    let mut writer = tar::Writer::new(kinds().1[1].root().clone(), u64::MAX).unwrap();
    let whole = writer.next_bytes().unwrap().unwrap();
    proptest!(|(edits in prop::collection::vec((0..whole.len(), any::<u8>(), any::<bool>()), 0..8), cut in 0..whole.len())| {
        let mut bytes = whole.clone();
        for (at, byte, mend) in edits {
            bytes[at] = byte;
            if mend {
                let start = at - at % 512;
                let sum: u32 = (start..start + 512)
                    .map(|at| if (148..156).contains(&(at - start)) { 32 } else { u32::from(bytes[at]) })
                    .sum();
                bytes[start + 148..start + 156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
            }
        }
        let limits = Limits { bytes: 4096, inodes: 16 };
        let memory = MemoryFs::new(limits);
        let mut reader = tar::Reader::new(Arc::new(memory.root()));
        let read = reader.feed(&bytes[..cut]).and_then(|()| reader.finish());
        prop_assert!(memory.usage().inodes <= 16 && memory.usage().bytes <= 4096, "{read:?}");
    });
}
