//! Archives that mean harm.

use std::sync::Arc;

use ::tar::{EntryType, Header};
use preopen::abi::Errno;
use preopen::vfs::memory::{Limits, MemoryFs};
use preopen::vfs::tar::{Reader, Stopped, Writer};
use preopen::vfs::{Dir, Failed, copy_tree};

/// The bytes of an entry without any, which may have a name of any length.
fn entry(kind: EntryType, name: &str, target: &str) -> Vec<u8> {
    let mut all = Vec::new();
    for (before, text) in [(EntryType::GNULongName, name), (EntryType::GNULongLink, target)] {
        if text.len() > 100 {
            all.extend(block(before, "long", "", text.len() as u64));
            all.extend_from_slice(text.as_bytes());
            all.resize(all.len().next_multiple_of(512), 0);
        }
    }
    all.extend(block(kind, name, target, 0));
    all
}

fn block(kind: EntryType, name: &str, target: &str, size: u64) -> Vec<u8> {
    let mut header = Header::new_gnu();
    header.set_entry_type(kind);
    header.set_mode(0o755);
    header.set_size(size);
    header.set_mtime(1);
    let cut = |field: &mut [u8], text: &str| {
        let len = text.len().min(field.len());
        field[..len].copy_from_slice(&text.as_bytes()[..len]);
    };
    cut(&mut header.as_old_mut().name, name);
    cut(&mut header.as_old_mut().linkname, target);
    header.set_cksum();
    header.as_bytes().to_vec()
}

#[test]
fn a_short_way_through_links_to_deep_directories_takes_no_room() {
    // A link to the last of 2,000 directories, in which is another such link: each short name then says a path of 8,000 bytes.
    const HOPS: usize = 2;
    let deep = "d/".repeat(2000);
    let memory = MemoryFs::new(Limits::default());
    let mut reader = Reader::new(Arc::new(memory.root()));
    let mut feed = |kind, name: &str, target: &str| reader.feed(&entry(kind, name, target));
    for hop in 0..HOPS {
        let above = "l/".repeat(hop);
        assert!(feed(EntryType::Directory, &format!("{above}{deep}"), "").is_ok());
        assert!(feed(EntryType::Symlink, &format!("{above}l"), &deep).is_ok());
    }
    let way = "l/".repeat(HOPS);
    // The first so many are kept, as much as the archive has bytes and some more.
    let stopped = (0..400).find_map(|number| feed(EntryType::Directory, &format!("{way}{number}"), "").err());
    assert!(matches!(stopped, Some(Stopped::Failed(Failed(Errno::Nametoolong, _)))));
    assert!(memory.usage().inodes > 100);
}

#[test]
fn times_of_deep_directories_are_kept() {
    let memory = MemoryFs::new(Limits::default());
    let mut reader = Reader::new(Arc::new(memory.root()));
    for depth in 1..600 {
        reader.feed(&entry(EntryType::Directory, &"d/".repeat(depth), "")).unwrap();
    }
    reader.finish().unwrap();
    let seen = memory.root().stat_at(crate::support::path(&"d/".repeat(599)), true).unwrap();
    assert_eq!(seen.mtim, 1_000_000_000);
}

#[test]
fn names_of_one_link_stay_names_of_one_link() {
    let memory = MemoryFs::new(Limits::default());
    let root = memory.root();
    root.symlink(crate::support::target("nowhere", "one"), crate::support::path("one")).unwrap();
    root.link(crate::support::path("one"), false, &root, crate::support::path("other")).unwrap();
    let mut writer = Writer::new(Arc::new(memory.root()), u64::MAX).unwrap();
    let read = MemoryFs::new(Limits::default());
    let mut reader = Reader::new(Arc::new(read.root()));
    while let Some(bytes) = writer.next_bytes().unwrap() {
        reader.feed(&bytes).unwrap();
    }
    reader.finish().unwrap();
    let copied = MemoryFs::new(Limits::default());
    copy_tree(Arc::new(root), Arc::new(copied.root()), 0o777, &mut |_, _| Ok(true)).unwrap();
    for fs in [read, copied] {
        let stat = |at: &str| fs.root().stat_at(crate::support::path(at), false).unwrap();
        assert_eq!((stat("one").ino, stat("one").nlink), (stat("other").ino, 2));
    }
}
