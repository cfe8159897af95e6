//! Opening.

use preopen::abi::{Errno, Rights};

use crate::scripted::{ROOT, World};

const CREAT: u64 = 1;
const DIRECTORY: u64 = 2;
const EXCL: u64 = 4;
const TRUNC: u64 = 8;
const READ: u64 = Rights::FD_READ.0;
const WRITE: u64 = Rights::FD_WRITE.0;

/// What a file can have at most.
const FILE: u64 = 0x08e0_01ff;

struct Open<'w> {
    world: &'w mut World,
    fd: u64,
    dirflags: u64,
    oflags: u64,
    base: u64,
    inheriting: u64,
    fdflags: u64,
}

impl<'w> Open<'w> {
    fn of(world: &'w mut World) -> Self {
        Self { world, fd: ROOT, dirflags: 0, oflags: 0, base: 0, inheriting: 0, fdflags: 0 }
    }

    fn args(&mut self, path: &str) -> [u64; 9] {
        let (at, len) = self.world.text(path);
        [self.fd, self.dirflags, at, len, self.oflags, self.base, self.inheriting, self.fdflags, 8]
    }

    /// Opens, and says what was opened.
    #[track_caller]
    fn ok(mut self, path: &str) -> u64 {
        let args = self.args(path);
        let next = (0..).find(|fd| self.world.process.fds.get(*fd, Rights::NONE).is_err()).unwrap();
        self.world.ok("path_open", &args, &[(8, &next.to_le_bytes())]);
        next.into()
    }

    #[track_caller]
    fn fails(mut self, path: &str, errno: Errno) {
        let args = self.args(path);
        let open = self.world.open_fds();
        self.world.fails("path_open", &args, errno);
        assert_eq!(self.world.open_fds(), open);
    }
}

#[track_caller]
fn rights(world: &World, fd: u64) -> (u64, u64) {
    (world.entry(fd).base().0, world.entry(fd).inheriting().0)
}

#[test]
fn the_lowest_number_is_given() {
    let mut world = World::new();
    assert_eq!(Open::of(&mut world).ok("file"), 4);
    assert_eq!(Open::of(&mut world).ok("dir"), 5);
    world.ok("fd_close", &[1], &[]);
    world.ok("fd_close", &[4], &[]);
    assert_eq!(Open::of(&mut world).ok("dir/inner"), 1);
    assert_eq!(Open::of(&mut world).ok("file"), 4);
    assert_eq!(Open::of(&mut world).ok("file"), 6);
}

#[test]
fn who_asks_for_no_rights_is_not_restricted() {
    let mut world = World::new();
    let fd = Open::of(&mut world).ok("file");
    assert_eq!(rights(&world, fd), (FILE, 0));
    let dir = Open { oflags: DIRECTORY, ..Open::of(&mut world) }.ok("dir");
    assert_eq!(rights(&world, dir), (0x0fbf_fe98, 0x0fff_ffff));
    // What its directory cannot pass on, it has not got either.
    world.entry(dir).restrict(Rights(0x0fbf_fe98), Rights(READ)).unwrap();
    let fd = Open { fd: dir, ..Open::of(&mut world) }.ok("inner");
    assert_eq!(rights(&world, fd), (READ, 0));
}

#[test]
fn who_names_rights_gets_those_that_the_type_can_have() {
    let mut world = World::new();
    let fd = Open { base: READ, ..Open::of(&mut world) }.ok("file");
    assert_eq!(rights(&world, fd), (READ, 0));
    let list = world.iovecs(&[(100, 1)]);
    world.fails("fd_write", &[fd, list, 1, 8], Errno::Notcapable);
    let fd = Open { base: 0x0fff_ffff, inheriting: 0x0fff_ffff, ..Open::of(&mut world) }.ok("file");
    assert_eq!(rights(&world, fd), (FILE, 0));
    // A right that only a file has makes it an open to write.
    Open { base: Rights::FD_ALLOCATE.0, ..Open::of(&mut world) }.fails("dir", Errno::Isdir);
    let base = Rights::FD_READDIR.0 | READ;
    let fd = Open { base, inheriting: READ, oflags: DIRECTORY, ..Open::of(&mut world) }.ok("dir");
    assert_eq!(rights(&world, fd), (Rights::FD_READDIR.0, READ));
    // Rights that nothing uses still restrict.
    let fd = Open { inheriting: READ, ..Open::of(&mut world) }.ok("file");
    assert_eq!(rights(&world, fd), (0, 0));
}

#[test]
fn nobody_gets_more_rights_than_the_directory_passes_on() {
    let mut world = World::new();
    for (base, inheriting) in
        [(u64::MAX, 0), (0, u64::MAX), (1 << 28, 0), (0, 1 << 29), (1 << 30, 0), (1 << 63, 1)]
    {
        Open { base, inheriting, ..Open::of(&mut world) }.fails("file", Errno::Notcapable);
        Open { base, inheriting, oflags: CREAT, ..Open::of(&mut world) }.fails("new", Errno::Notcapable);
        Open { base, inheriting, oflags: TRUNC, ..Open::of(&mut world) }.fails("file", Errno::Notcapable);
    }
    assert!(!world.host("new").exists());
    assert_eq!(world.content("file"), "0123456789");
    let dir = Open::of(&mut world).ok("dir");
    world.entry(dir).restrict(Rights::ALL.and(world.entry(dir).base()), Rights(READ)).unwrap();
    Open { fd: dir, base: WRITE, ..Open::of(&mut world) }.fails("inner", Errno::Notcapable);
    Open { fd: dir, base: READ, inheriting: WRITE, ..Open::of(&mut world) }.fails("inner", Errno::Notcapable);
    // DSYNC, SYNC and RSYNC ask for the right to make safe.
    for fdflags in [2, 8, 16] {
        Open { fd: dir, base: READ, fdflags, ..Open::of(&mut world) }.fails("inner", Errno::Notcapable);
    }
    Open { fd: dir, base: READ, fdflags: 5, ..Open::of(&mut world) }.ok("inner");
}

#[test]
fn creating_and_cutting() {
    let mut world = World::new();
    let fd = Open { oflags: CREAT, ..Open::of(&mut world) }.ok("new");
    assert_eq!((world.content("new").as_str(), rights(&world, fd)), ("", (FILE, 0)));
    Open { oflags: CREAT, ..Open::of(&mut world) }.ok("file");
    assert_eq!(world.content("file"), "0123456789");
    Open { oflags: CREAT | EXCL, ..Open::of(&mut world) }.fails("file", Errno::Exist);
    Open { oflags: CREAT | EXCL, ..Open::of(&mut world) }.fails("link", Errno::Exist);
    Open { oflags: CREAT | EXCL, ..Open::of(&mut world) }.ok("dir/new");
    Open { oflags: TRUNC, ..Open::of(&mut world) }.ok("file");
    assert_eq!(world.content("file"), "");
    Open { oflags: CREAT, ..Open::of(&mut world) }.fails("dir", Errno::Isdir);
    Open { oflags: TRUNC, ..Open::of(&mut world) }.fails("dir", Errno::Isdir);
    Open { oflags: CREAT | DIRECTORY, ..Open::of(&mut world) }.fails("other", Errno::Inval);
    Open { oflags: DIRECTORY, ..Open::of(&mut world) }.fails("file", Errno::Notdir);
    Open::of(&mut world).fails("missing", Errno::Noent);
    Open::of(&mut world).fails("file/", Errno::Notdir);
    assert!(!world.host("other").exists());
}

#[test]
fn a_directory_that_the_guest_opened_creates_and_cuts() {
    let mut world = World::new();
    let dir = Open { oflags: DIRECTORY, ..Open::of(&mut world) }.ok("dir");
    Open { fd: dir, oflags: CREAT | TRUNC, base: READ | WRITE, ..Open::of(&mut world) }.ok("inner");
    assert_eq!(world.content("dir/inner"), "");
    Open { fd: dir, oflags: CREAT, ..Open::of(&mut world) }.ok("new");
    assert!(world.host("dir/new").exists());
}

#[test]
fn creating_and_cutting_ask_for_rights() {
    for (right, oflags) in
        [(Rights::PATH_OPEN, 0), (Rights::PATH_CREATE_FILE, CREAT), (Rights::PATH_FILESTAT_SET_SIZE, TRUNC)]
    {
        let mut world = World::new();
        world.without(ROOT, right);
        Open { oflags, ..Open::of(&mut world) }.fails("file", Errno::Notcapable);
        Open { oflags, ..Open::of(&mut world) }.fails("new", Errno::Notcapable);
        assert_eq!(world.content("file"), "0123456789");
        assert!(!world.host("new").exists());
    }
}

#[test]
fn links_are_followed_where_asked() {
    let mut world = World::new();
    Open { dirflags: 1, ..Open::of(&mut world) }.ok("link");
    Open::of(&mut world).fails("link", Errno::Loop);
    std::os::unix::fs::symlink("missing", world.host("dangling")).unwrap();
    Open { dirflags: 1, ..Open::of(&mut world) }.fails("dangling", Errno::Noent);
    Open { dirflags: 1, oflags: CREAT, ..Open::of(&mut world) }.ok("dangling");
    assert!(world.host("missing").exists());
    std::os::unix::fs::symlink("round", world.host("round")).unwrap();
    Open { dirflags: 1, ..Open::of(&mut world) }.fails("round", Errno::Loop);
    // One in the middle always is.
    std::os::unix::fs::symlink("dir", world.host("way")).unwrap();
    Open::of(&mut world).ok("way/inner");
}

#[test]
fn unknown_flags_are_dropped() {
    let mut world = World::new();
    let high = 0xffff_ff00;
    let fd = Open { dirflags: high | 1, oflags: high, fdflags: high | 1, ..Open::of(&mut world) }.ok("link");
    assert_eq!(world.entry(fd).flags().bits(), 1);
    Open { dirflags: high, ..Open::of(&mut world) }.fails("link", Errno::Loop);
}

#[test]
fn rights_say_how_the_file_is_opened() {
    let mut world = World::new();
    for (base, reads, writes) in [
        (READ, true, false),
        (WRITE, false, true),
        (READ | WRITE, true, true),
        (Rights::FD_DATASYNC.0, false, true),
        (Rights::FD_ALLOCATE.0, false, true),
        (Rights::FD_FILESTAT_SET_SIZE.0, false, true),
        (Rights::FD_SEEK.0, true, false),
        (Rights::FD_READDIR.0 | WRITE, true, true),
    ] {
        let fd = Open { base, ..Open::of(&mut world) }.ok("file");
        let file = world.entry(fd);
        let file = file.file().unwrap();
        let mut bytes = [b'0'];
        let spans = [preopen::span::Span::over(&mut bytes)];
        assert_eq!(file.read_at(&spans, 0).is_ok(), reads, "{base:#x}");
        assert_eq!(file.write_at(&spans, 0).is_ok(), writes, "{base:#x}");
    }
}

/// Whoever asks for nothing and may not write, still reads.
#[test]
fn what_cannot_be_written_is_opened_to_read() {
    let mut world = World::new();
    // Nobody may write a program that runs; that holds for whoever owns the machine, too.
    std::fs::copy("/bin/sleep", world.host("program")).unwrap();
    let mut child = std::process::Command::new(world.host("program")).arg("60").spawn().unwrap();
    Open { base: WRITE, ..Open::of(&mut world) }.fails("program", Errno::Txtbsy);
    let fd = Open::of(&mut world).ok("program");
    let list = world.iovecs(&[(100, 4)]);
    world.ok("fd_read", &[fd, list, 1, 8], &[(100, b"\x7fELF"), (8, &[4, 0, 0, 0])]);
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn special_files_are_refused() {
    let mut world = World::new();
    let path = world.host("fifo");
    rustix::fs::mkfifoat(rustix::fs::CWD, &path, rustix::fs::Mode::RUSR).unwrap();
    let _listener = std::os::unix::net::UnixListener::bind(world.host("socket")).unwrap();
    for name in ["fifo", "socket"] {
        for base in [0, READ, WRITE] {
            Open { base, ..Open::of(&mut world) }.fails(name, Errno::Notcapable);
        }
    }
}
