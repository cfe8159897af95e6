//! What two kinds of filesystems may answer differently, and nothing else: each rule has its reason.

use std::collections::{BTreeMap, BTreeSet};

use preopen::abi::{DIRENT_SIZE, Filestat, Filetype, Fstflags, MAX_PARAMS, Snapshot};

use crate::guest::Script;
use crate::spec::SPECS;
use crate::tree::Seen;

/// What has been learnt of two filesystems that do the same.
pub struct Parity {
    snapshot: Snapshot,
    /// The inode numbers of one by those of the other. Nothing has to have the same number in both ("Why does fd_readdir give inode
    /// numbers?" asks only that they tell files apart), but what is one file in one is one in the other.
    inodes: BTreeMap<u64, u64>,
    /// The same, the other way round.
    back: BTreeMap<u64, u64>,
    /// The times that the guest has set.
    times: BTreeSet<u64>,
    /// Whether the host's filesystem gives no inode number twice, and keeps every time: tmpfs.
    exact: bool,
}

/// The places in a `filestat`.
struct Layout {
    nlink: std::ops::Range<usize>,
    size: usize,
}

impl Parity {
    /// Nothing is known yet. `exact`: the host's filesystem is a tmpfs.
    pub fn new(snapshot: Snapshot, exact: bool) -> Self {
        Self { snapshot, inodes: BTreeMap::new(), back: BTreeMap::new(), times: BTreeSet::new(), exact }
    }

    /// A call is made on both: what it sets is remembered.
    pub fn learn(&mut self, number: u32, args: &[u64; MAX_PARAMS]) {
        let at = match SPECS[number as usize].name {
            "fd_filestat_set_times" => 1,
            "path_filestat_set_times" => 4,
            _ => return,
        };
        let flags = Fstflags::truncate(args[at + 2] as u32);
        for (place, flag) in [(at, Fstflags::ATIM), (at + 1, Fstflags::MTIM)] {
            if flags.contains(flag) {
                self.times.insert(args[place]);
            }
        }
    }

    /// After a call that succeeded on both: compares what may differ by its rule, and then makes it the same in both memories.
    pub fn level(
        &mut self,
        number: u32,
        args: &[u64; MAX_PARAMS],
        host: &mut Script<'_>,
        memory: &mut Script<'_>,
    ) {
        let word = |at: usize| args[at] as u32;
        match SPECS[number as usize].name {
            "fd_filestat_get" => self.level_stat(word(1), host, memory),
            "path_filestat_get" => self.level_stat(word(4), host, memory),
            "fd_readdir" => self.level_listing(args, host, memory),
            _ => {}
        }
    }

    fn level_stat(&mut self, ptr: u32, host: &mut Script<'_>, memory: &mut Script<'_>) {
        let size = Filestat::size(self.snapshot);
        let take = |guest: &Script<'_>| guest.bytes()[ptr as usize..ptr as usize + size].to_vec();
        let (mut one, mut other) = (take(host), take(memory));
        // Streams are no part of the filesystems, and are the same in both.
        if one == other {
            return;
        }
        let layout = match self.snapshot {
            Snapshot::Preview0 => Layout { nlink: 20..24, size: 24 },
            Snapshot::Preview1 => Layout { nlink: 24..32, size: 32 },
        };
        let long =
            |bytes: &[u8], at: usize| u64::from_le_bytes(bytes[at..at + 8].try_into().expect("eight bytes"));
        assert_eq!(one[16], other[16], "types differ");
        // Some of the host's filesystems do not count the directories in a directory.
        if self.exact || one[16] != Filetype::Directory as u8 {
            assert_eq!(one[layout.nlink.clone()], other[layout.nlink.clone()], "counts of names differ");
        }
        self.same_file(long(&one, 8), long(&other, 8));
        // How large a directory is, every filesystem decides for itself (`Node::stat`).
        if one[16] != Filetype::Directory as u8 {
            assert_eq!(long(&one, layout.size), long(&other, layout.size), "sizes differ");
        }
        // When it was last read follows the mount's options on the host ("Why have times in memory the steps of a few
        // milliseconds?"), when it was changed is now in both: only what the guest has set as the time of the last write can be
        // compared.
        self.same_time(long(&one, layout.size + 16), long(&other, layout.size + 16));
        for stat in [&mut one, &mut other] {
            // Devices have numbers of their own.
            stat[0..16].fill(0);
            if !self.exact {
                stat[layout.nlink.clone()].fill(0);
            }
            stat[layout.size + 8..].fill(0);
            if stat[16] == Filetype::Directory as u8 {
                stat[layout.size..layout.size + 8].fill(0);
            }
        }
        host.store(ptr, &one);
        memory.store(ptr, &other);
    }

    /// Two inode numbers are of the same file.
    fn same_file(&mut self, host: u64, memory: u64) {
        // Other filesystems give the number of what was removed to the next file.
        if self.exact {
            assert_eq!(
                *self.inodes.entry(host).or_insert(memory),
                memory,
                "one file of the host's is two in memory"
            );
            assert_eq!(
                *self.back.entry(memory).or_insert(host),
                host,
                "one file in memory is two of the host's"
            );
        }
    }

    fn same_time(&self, host: u64, memory: u64) {
        if self.exact && (self.times.contains(&host) || self.times.contains(&memory)) {
            assert_eq!(host, memory, "the times that the guest has set differ");
        }
    }

    /// A directory is listed in the order that each filesystem has ("Why does a memory filesystem list its youngest names
    /// first?"), with cookies and inode numbers of its own. Where both listings are whole, they have the same names.
    fn level_listing(&mut self, args: &[u64; MAX_PARAMS], host: &mut Script<'_>, memory: &mut Script<'_>) {
        let (buf, len, used_at) = (args[1] as u32, args[2] as u32, args[4] as u32);
        let used = |guest: &Script<'_>| {
            let at = used_at as usize;
            u32::from_le_bytes(guest.bytes()[at..at + 4].try_into().expect("four bytes"))
        };
        let apart =
            u64::from(used_at) + 4 <= u64::from(buf) || u64::from(buf) + u64::from(len) <= u64::from(used_at);
        let (one, other) = (used(host), used(memory));
        if args[3] == 0 && apart {
            assert_eq!(one == len, other == len, "one listing is whole, and the other is not");
            if one < len {
                let (theirs, ours) = (entries(host, buf, one), entries(memory, buf, other));
                let names = |list: &BTreeMap<Vec<u8>, (u64, u8)>| {
                    list.iter().map(|(name, (_, filetype))| (name.clone(), *filetype)).collect::<Vec<_>>()
                };
                assert_eq!(names(&theirs), names(&ours), "a directory is listed differently");
                for ((_, (theirs, _)), (_, (ours, _))) in theirs.iter().zip(&ours) {
                    self.same_file(*theirs, *ours);
                }
            }
        }
        let nothing = vec![0; len as usize];
        host.store(buf, &nothing);
        host.store(used_at, &[0; 4]);
        memory.store(buf, &nothing);
        memory.store(used_at, &[0; 4]);
    }

    /// The trees at the end. What was written when is the guest's to know only where it set it.
    pub fn compare(&self, host: &BTreeMap<Vec<u8>, Seen>, memory: &BTreeMap<Vec<u8>, Seen>) {
        let without = |tree: &BTreeMap<Vec<u8>, Seen>| {
            let counts = |seen: &Seen| self.exact || seen.filetype != Filetype::Directory;
            let nlink = |seen: &Seen| if counts(seen) { seen.nlink } else { 0 };
            let blurred = |seen: &Seen| Seen { modified: 0, nlink: nlink(seen), ..seen.clone() };
            tree.iter().map(|(place, seen)| (place.clone(), blurred(seen))).collect::<BTreeMap<_, _>>()
        };
        assert_eq!(without(host), without(memory), "the trees differ: the host's, and that in memory");
        for (theirs, ours) in host.values().zip(memory.values()) {
            self.same_time(theirs.modified, ours.modified);
        }
    }
}

/// The entries of a listing: inode numbers and types, by name.
fn entries(guest: &Script<'_>, buf: u32, used: u32) -> BTreeMap<Vec<u8>, (u64, u8)> {
    let mut rest = &guest.bytes()[buf as usize..][..used as usize];
    let mut all = BTreeMap::new();
    while !rest.is_empty() {
        let ino = u64::from_le_bytes(rest[8..16].try_into().expect("eight bytes"));
        let len = u32::from_le_bytes(rest[16..20].try_into().expect("four bytes")) as usize;
        let name = rest[DIRENT_SIZE..DIRENT_SIZE + len].to_vec();
        let twice = all.insert(name, (ino, rest[20]));
        assert!(twice.is_none(), "a name is listed twice");
        rest = &rest[DIRENT_SIZE + len..];
    }
    all
}
