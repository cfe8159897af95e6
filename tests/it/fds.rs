//! The descriptor table against a model of it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use preopen::abi::{Errno, Fdflags, Filestat, Filetype, Rights};
use preopen::fds::{Entry, Object, Table};
use preopen::span::Span;
use preopen::stdio::{Source, Stream};
use preopen::vfs::Result as Answer;
use proptest::prelude::*;

use crate::scripted::{Failing, Mill, file};

/// A descriptor that can be told from others: by its offset.
fn numbered(number: u64) -> Entry {
    let entry = file(Failing(Errno::Io));
    *entry.offset() = number;
    entry
}

fn number(table: &Table, fd: u32) -> Result<u64, Errno> {
    table.get(fd, Rights::NONE).map(|entry| *entry.offset())
}

#[derive(Clone, Debug)]
enum Step {
    Insert,
    Remove(u32),
    Renumber(u32, u32),
    Clear,
}

fn step() -> impl Strategy<Value = Step> {
    let fd = || prop_oneof![9 => 0_u32..12, 1 => any::<u32>()];
    prop_oneof![
        10 => Just(Step::Insert),
        6 => fd().prop_map(Step::Remove),
        4 => (fd(), fd()).prop_map(|(from, to)| Step::Renumber(from, to)),
        1 => Just(Step::Clear),
    ]
}

proptest! {
    #[test]
    fn any_sequence_does_what_the_model_does(
        limit in 0_u32..10,
        steps in proptest::collection::vec(step(), 0..60),
    ) {
        let table = Table::new(limit);
        let mut model = BTreeMap::<u32, u64>::new();
        for (index, step) in (0..).zip(&steps) {
            match *step {
                Step::Insert => {
                    let full = model.len() >= limit as usize;
                    prop_assert_eq!(table.is_full(), full);
                    let lowest = (0..).find(|fd| !model.contains_key(fd)).unwrap();
                    let expected = if full { Err(Errno::Mfile) } else { Ok(lowest) };
                    prop_assert_eq!(table.insert(numbered(index)), expected);
                    if !full {
                        model.insert(lowest, index);
                    }
                }
                Step::Remove(fd) => {
                    let expected = model.remove(&fd).map(drop).ok_or(Errno::Badf);
                    prop_assert_eq!(table.remove(fd), expected);
                }
                Step::Renumber(from, to) if from == to => prop_assert_eq!(table.renumber(from, to), Ok(())),
                Step::Renumber(from, to) => {
                    let both = model.contains_key(&from) && model.contains_key(&to);
                    prop_assert_eq!(table.renumber(from, to), if both { Ok(()) } else { Err(Errno::Badf) });
                    if both {
                        let moved = model.remove(&from).unwrap();
                        model.insert(to, moved);
                    }
                }
                Step::Clear => {
                    table.clear();
                    model.clear();
                }
            }
            for fd in (0..14).chain([u32::MAX]) {
                prop_assert_eq!(number(&table, fd).ok(), model.get(&fd).copied());
            }
        }
    }

    #[test]
    fn rights_are_only_ever_given_up(
        base in any::<u64>(),
        inheriting in any::<u64>(),
        asked in proptest::collection::vec((any::<u64>(), any::<u64>(), any::<bool>()), 0..8),
    ) {
        let object = Object::File(Box::new(Failing(Errno::Io)));
        let entry = Entry::with_rights(object, Filetype::RegularFile, Rights(base), Rights(inheriting), Fdflags::APPEND);
        let (mut base, mut inheriting) = (base, inheriting);
        for (mut more, mut more_inheriting, fewer) in asked {
            if fewer {
                more &= base;
                more_inheriting &= inheriting;
            }
            let allowed = more & !base == 0 && more_inheriting & !inheriting == 0;
            let answer = entry.restrict(Rights(more), Rights(more_inheriting));
            prop_assert_eq!(answer, if allowed { Ok(()) } else { Err(Errno::Notcapable) });
            if allowed {
                (base, inheriting) = (more, more_inheriting);
            }
            let stat = entry.fdstat();
            prop_assert_eq!((stat.rights_base, stat.rights_inheriting), (Rights(base), Rights(inheriting)));
            prop_assert_eq!(stat.flags, Fdflags::APPEND);
        }
    }
}

/// Says when it is closed.
struct Noted(Arc<AtomicUsize>, Mill);

impl preopen::vfs::File for Noted {
    fn runs_engine(&self) -> bool {
        false
    }
    fn stat(&self) -> preopen::vfs::Result<preopen::abi::Filestat> {
        self.1.stat()
    }
    fn read_at(&self, into: &[preopen::span::Span<'_>], offset: u64) -> preopen::vfs::Result<usize> {
        self.1.read_at(into, offset)
    }
    fn sync(&self) -> preopen::vfs::Result<()> {
        Ok(())
    }
}

impl Drop for Noted {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

#[test]
fn what_leaves_the_table_is_closed_once() {
    let closed = Arc::new(AtomicUsize::new(0));
    let noted = || file(Noted(Arc::clone(&closed), Mill::default()));
    let seen = || closed.load(Ordering::Relaxed);
    let table = Table::new(4);
    for fd in 0..4 {
        assert_eq!(table.insert(noted()), Ok(fd));
    }
    assert_eq!(table.insert(noted()), Err(Errno::Mfile));
    assert_eq!(seen(), 1);
    table.remove(1).unwrap();
    assert_eq!(seen(), 2);
    table.renumber(2, 0).unwrap();
    assert_eq!(seen(), 3);
    assert_eq!(table.renumber(0, 2), Err(Errno::Badf));
    // A call that is under way keeps what it works on.
    let held = table.get(0, Rights::FD_READ).unwrap();
    table.clear();
    assert_eq!(seen(), 4);
    drop(held);
    assert_eq!(seen(), 5);
    drop(table);
    assert_eq!(seen(), 5);
}

#[test]
fn threads_of_one_guest_share_a_table() {
    let table = Table::new(1000);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..200 {
                    let (one, other) =
                        (table.insert(numbered(1)).unwrap(), table.insert(numbered(2)).unwrap());
                    assert_eq!((number(&table, one), number(&table, other)), (Ok(1), Ok(2)));
                    table.renumber(one, other).unwrap();
                    assert_eq!(number(&table, other), Ok(1));
                    table.remove(other).unwrap();
                }
            });
        }
    });
    assert_eq!(table.insert(numbered(0)), Ok(0));
}

#[test]
fn what_an_entry_is() {
    let entry = file(Failing(Errno::Io));
    assert!(entry.file().is_ok());
    assert_eq!(entry.dir().err(), Some(Errno::Notdir));
    assert_eq!((entry.preopen_name(), entry.filetype()), (None, Filetype::RegularFile));
    let entry = Entry::preopen(b"/x"[..].into(), Box::new(Failing(Errno::Io)));
    assert!(entry.dir().is_ok());
    assert_eq!(entry.file().err(), Some(Errno::Badf));
    assert_eq!((entry.preopen_name(), entry.filetype()), (Some(&b"/x"[..]), Filetype::Directory));
    entry.set_flags(Fdflags::NONBLOCK);
    assert_eq!(entry.flags(), Fdflags::NONBLOCK);
}

/// A stream that is shared or not, and goes some ways.
struct Log {
    shared: bool,
    directions: (bool, bool),
}

impl Stream for Log {
    fn stat(&self) -> Answer<Filestat> {
        Err(Errno::Io)
    }
    fn directions(&self) -> (bool, bool) {
        self.directions
    }
    fn is_shared(&self) -> bool {
        self.shared
    }
    fn source(&self) -> Source<'_> {
        Source::Ready
    }
    fn runs_engine(&self) -> bool {
        false
    }
    fn read(&self, _: &[Span<'_>]) -> Answer<usize> {
        Err(Errno::Io)
    }
    fn write(&self, _: &[Span<'_>]) -> Answer<usize> {
        Err(Errno::Io)
    }
}

#[test]
fn a_file_that_the_host_writes_as_well_is_only_read_on_and_written_on() {
    let rights = |shared, directions, filetype| {
        Entry::new(Object::Stream(Arc::new(Log { shared, directions })), filetype).base()
    };
    let reshapes = Rights::FD_ALLOCATE.with(Rights::FD_FILESTAT_SET_SIZE).with(Rights::FD_FILESTAT_SET_TIMES);
    for directions in [(true, false), (false, true), (true, true)] {
        let own = rights(false, directions, Filetype::RegularFile);
        let shared = rights(true, directions, Filetype::RegularFile);
        let expected = if directions.1 { reshapes.with(Rights::FD_SEEK) } else { reshapes };
        assert!(own.contains(expected));
        assert_eq!(shared, own.without(expected));
        // A device has no bytes of the host's.
        assert_eq!(
            rights(true, directions, Filetype::CharacterDevice),
            rights(false, directions, Filetype::CharacterDevice)
        );
    }
}
