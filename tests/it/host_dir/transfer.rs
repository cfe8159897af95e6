//! Reading, writing and sizing a file.

use preopen::abi::Errno;
use preopen::span::Span;
use preopen::vfs::host::{HostDir, MountOptions};
use preopen::vfs::{Advice, Dir, OpenOptions};

use super::WRITE;
use crate::support::{CREATE, Tree, open_file, path, read};

const BEYOND: u64 = 1 << 63;

#[test]
fn spans_are_filled_in_order() {
    let tree = Tree::new();
    std::fs::write(tree.root("file"), "0123456789").unwrap();
    let file = open_file(&tree.mount(MountOptions::default()), "file", OpenOptions::READ).unwrap();
    let (mut one, mut two, mut three) = (*b"???", *b"??", *b"????????");
    let spans = [Span::over(&mut one), Span::EMPTY, Span::over(&mut two), Span::over(&mut three)];
    assert_eq!(file.read_at(&spans, 1), Ok(9));
    assert_eq!((&one, &two, &three), (b"123", b"45", b"6789????"));
    let mut bytes = *b"????";
    assert_eq!(file.read_at(&[Span::over(&mut bytes)], 8), Ok(2));
    assert_eq!(&bytes, b"89??");
    for offset in [10, 11, 1 << 40] {
        assert_eq!(file.read_at(&[Span::over(&mut bytes)], offset), Ok(0));
    }
    assert_eq!(file.read_at(&[], 0), Ok(0));
    assert_eq!(file.read_at(&[Span::EMPTY], 0), Ok(0));
    assert_eq!(file.read_at(&[Span::over(&mut bytes)], BEYOND), Err(Errno::Inval));
    assert_eq!(file.read_at(&[Span::over(&mut bytes)], u64::MAX), Err(Errno::Inval));
    assert_eq!(file.write_at(&[Span::over(&mut bytes)], 0), Err(Errno::Badf));
    assert_eq!(file.append(&[Span::over(&mut bytes)]), Err(Errno::Badf));
}

#[test]
fn spans_are_written_in_order() {
    let tree = Tree::new();
    let dir = tree.mount(MountOptions::default());
    let file = open_file(&dir, "new", OpenOptions { access: WRITE.access, ..CREATE }).unwrap();
    let (mut one, mut two) = (*b"one", *b"two");
    assert_eq!(file.write_at(&[Span::over(&mut one), Span::EMPTY, Span::over(&mut two)], 2), Ok(6));
    assert_eq!(read(&dir, "new").as_deref(), Ok("\0\0onetwo"));
    assert_eq!(file.write_at(&[Span::over(&mut one)], 1), Ok(3));
    assert_eq!(read(&dir, "new").as_deref(), Ok("\0oneetwo"));
    assert_eq!(file.write_at(&[], 0), Ok(0));
    assert_eq!(file.write_at(&[Span::over(&mut one)], BEYOND), Err(Errno::Inval));
    assert!(matches!(file.write_at(&[Span::over(&mut one)], BEYOND - 2), Err(Errno::Fbig | Errno::Inval)));
    assert_eq!(file.read_at(&[Span::over(&mut one)], 0), Err(Errno::Badf));
}

#[test]
fn more_spans_than_the_kernel_takes_are_a_short_transfer() {
    let tree = Tree::new();
    let dir = tree.mount(MountOptions::default());
    let file = open_file(&dir, "new", CREATE).unwrap();
    let mut bytes: Vec<[u8; 1]> = (0..1500_u32).map(|n| [b'a' + (n % 26) as u8]).collect();
    let spans: Vec<_> = bytes.iter_mut().map(|byte| Span::over(byte)).collect();
    assert_eq!(file.write_at(&spans, 0), Ok(1024));
    assert_eq!(file.append(&spans), Ok((1024, 2048)));
    assert_eq!(file.read_at(&spans, 0), Ok(1024));
}

#[test]
fn appending_goes_to_the_end() {
    let tree = Tree::new();
    let dir = tree.mount(MountOptions::default());
    let (one, other) = (open_file(&dir, "file", WRITE).unwrap(), open_file(&dir, "file", WRITE).unwrap());
    let (mut a, mut b) = (*b"-a", *b"-b");
    assert_eq!(one.append(&[Span::over(&mut a)]), Ok((2, 6)));
    assert_eq!(other.append(&[Span::over(&mut b), Span::over(&mut a)]), Ok((4, 10)));
    assert_eq!(one.append(&[Span::over(&mut a)]), Ok((2, 12)));
    assert_eq!(one.append(&[]).map(|(len, _)| len), Ok(0));
    assert_eq!(read(&dir, "file").as_deref(), Ok("file-a-b-a-a"));
    // And leaves no mark on the handle.
    assert_eq!(one.write_at(&[Span::over(&mut b)], 0), Ok(2));
    assert_eq!(read(&dir, "file").as_deref(), Ok("-ble-a-b-a-a"));
}

#[test]
fn a_file_of_the_kernel_takes_no_flags_for_one_write() {
    // Writing here changes only the name of this thread.
    let proc = preopen::vfs::host::HostDir::open_ambient(
        std::path::Path::new("/proc/thread-self"),
        MountOptions::default(),
    );
    let file = open_file(&proc.unwrap(), "comm", WRITE).unwrap();
    let mut name = *b"appended";
    assert_eq!(file.append(&[Span::over(&mut name)]).map(|(len, _)| len), Ok(8));
    assert_eq!(std::fs::read_to_string("/proc/thread-self/comm").unwrap(), "appended\n");
}

#[test]
fn sizes() {
    let tree = Tree::new();
    let dir = tree.mount(MountOptions::default());
    let file = open_file(&dir, "file", CREATE).unwrap();
    let size = || dir.stat_at(path("file"), true).unwrap().size;
    file.set_len(2).unwrap();
    file.set_len(5).unwrap();
    assert_eq!(read(&dir, "file").as_deref(), Ok("fi\0\0\0"));
    assert_eq!(file.set_len(BEYOND), Err(Errno::Inval));
    assert_eq!(file.set_len(u64::MAX), Err(Errno::Inval));
    assert!(matches!(file.set_len(BEYOND - 1), Err(Errno::Fbig) | Ok(())));
    file.set_len(5).unwrap();

    for (offset, len, after) in
        [(0, 3, 5), (0, 0, 5), (4, 1, 5), (5, 0, 5), (6, 0, 6), (6, 4, 10), (2, 2, 10)]
    {
        assert_eq!(file.allocate(offset, len), Ok(()));
        assert_eq!(size(), after);
    }
    for (offset, len) in [(u64::MAX, 1), (1, u64::MAX), (BEYOND, 0), (BEYOND - 1, 1), (BEYOND / 2, BEYOND)] {
        assert_eq!(file.allocate(offset, len), Err(Errno::Fbig));
    }
    assert_eq!(size(), 10);
    // A hole takes no room.
    file.allocate(0, 1 << 40).unwrap();
    assert_eq!(size(), 1 << 40);
}

#[test]
fn advice_and_syncing() {
    let tree = Tree::new();
    let dir = tree.mount(MountOptions::default());
    let file = open_file(&dir, "file", CREATE).unwrap();
    let advices = [
        Advice::Normal,
        Advice::Sequential,
        Advice::Random,
        Advice::WillNeed,
        Advice::DontNeed,
        Advice::NoReuse,
    ];
    for advice in advices {
        assert_eq!(file.advise(0, 0, advice), Ok(()));
        assert_eq!(file.advise(100, 1 << 40, advice), Ok(()));
        // Linux asks nothing of the offset.
        assert_eq!(file.advise(BEYOND, 0, advice), Ok(()));
        assert_eq!(file.advise(0, BEYOND, advice), Err(Errno::Inval));
    }
    assert_eq!((file.sync(), file.datasync(), dir.sync()), (Ok(()), Ok(()), Ok(())));
}

#[test]
fn what_is_as_long_as_a_file_can_be_takes_no_more_at_its_end() {
    // A tmpfs has files of any length; where there is none, the longest cannot be made.
    let shm = std::path::Path::new("/dev/shm");
    let Ok(base) = tempfile::tempdir_in(shm) else { return };
    let dir = HostDir::open_ambient(base.path(), MountOptions::default()).unwrap();
    let file = open_file(&dir, "longest", CREATE).unwrap();
    if file.set_len(BEYOND - 1).is_err() {
        return;
    }
    // The descriptor's own offset, which an append leaves behind it, has no say in it.
    let mut one = *b"x";
    assert_eq!(file.append(&[Span::over(&mut one)]), Err(Errno::Fbig));
    file.set_len(BEYOND - 2).unwrap();
    assert_eq!(file.append(&[Span::over(&mut one)]), Ok((1, BEYOND - 1)));
    assert_eq!(file.append(&[Span::over(&mut one)]), Err(Errno::Fbig));
    // Where the file has become shorter, the end is where the bytes are.
    file.set_len(10).unwrap();
    assert_eq!(file.append(&[Span::over(&mut one)]), Ok((1, 11)));
}
