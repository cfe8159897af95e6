//! A memory filesystem that is full, and a host without memory: the guest is told, the tree stays whole, and it goes on.

use std::collections::BTreeMap;
use std::sync::Arc;

use preopen::abi::Errno;
use preopen::calls::{Call, Halt};
use preopen::span::Span;
use preopen::stdio::{Capture, Stream};
use preopen::vfs::Dir;
use preopen::vfs::memory::{Limits, MemoryFs, Usage};

use crate::overlay::tree;
use crate::scripted::{Script, World, call};
use crate::support::{CREATE, alone, open_file, path, read, target, write};

/// A guest with a memory filesystem as `/mem`, of which so much is left.
struct Full {
    world: World,
    fs: Arc<MemoryFs>,
    fd: u64,
}

const LIMITS: Limits = Limits { bytes: 500_000, inodes: 20 };

impl Full {
    fn new(bytes: u64, inodes: u64) -> Self {
        let fs = MemoryFs::new(LIMITS);
        let root = fs.root();
        root.create_dir(path("dir")).unwrap();
        root.create_dir(path("empty")).unwrap();
        write(&root, "dir/inner", "inner").unwrap();
        write(&root, "file", "0123456789").unwrap();
        root.symlink(target("file", "link"), path("link")).unwrap();
        for name in ["ballast", "rest"] {
            open_file(&root, name, CREATE).unwrap();
        }
        for index in 0..LIMITS.inodes - fs.usage().inodes - inodes {
            root.link(path("ballast"), false, &root, path(&format!("ballast{index}"))).unwrap();
        }
        // From the second page on, blocks are counted: what is left of them another file takes, in its first page.
        let blocks = (LIMITS.bytes - fs.usage().bytes - bytes) >> 16 << 16;
        let rest = LIMITS.bytes - fs.usage().bytes - bytes - blocks;
        for (name, len) in [("ballast", blocks), ("rest", rest)] {
            let file = open_file(&root, name, CREATE).unwrap();
            assert_eq!(file.write_at(&[Span::over(&mut vec![b'.'; len as usize])], 0), Ok(len as usize));
        }
        let world = World::new();
        let fd = u64::from(world.process.add_preopen(b"/mem", Box::new(fs.root())).unwrap());
        Self { world, fs, fd }
    }

    fn now(&self) -> (BTreeMap<String, String>, Usage) {
        (tree(&self.fs.root()), self.fs.usage())
    }

    /// A call with a name in the place of a path.
    fn on(&mut self, name: &str, text: &str, after: &[u64]) -> Call {
        let (at, len) = self.world.text(text);
        let args = [&[self.fd, at, len], after].concat();
        self.world.call(name, &args)
    }

    fn create(&mut self, text: &str) -> Call {
        let (at, len) = self.world.text(text);
        self.world.call("path_open", &[self.fd, 0, at, len, 1, 0, 0, 0, 8])
    }

    fn symlink(&mut self, to: &str, text: &str) -> Call {
        let ((to, to_len), (at, len)) = (self.world.text(to), self.world.text(text));
        self.world.call("path_symlink", &[to, to_len, self.fd, at, len])
    }

    fn link(&mut self, from: &str, text: &str) -> Call {
        let ((old, old_len), (at, len)) = (self.world.text(from), self.world.text(text));
        self.world.call("path_link", &[self.fd, 0, old, old_len, self.fd, at, len])
    }

    fn rename(&mut self, from: &str, text: &str) -> Call {
        let ((old, old_len), (at, len)) = (self.world.text(from), self.world.text(text));
        self.world.call("path_rename", &[self.fd, old, old_len, self.fd, at, len])
    }
}

const NOSPC: Call = Err(Halt::Errno(Errno::Nospc));

#[test]
fn without_an_inode_nothing_is_made_and_all_else_goes_on() {
    let mut full = Full::new(1000, 0);
    let before = full.now();
    assert_eq!(full.create("new"), NOSPC);
    assert_eq!(full.create("dir/new"), NOSPC);
    assert_eq!(full.on("path_create_directory", "new", &[]), NOSPC);
    assert_eq!(full.symlink("file", "new"), NOSPC);
    assert_eq!(full.link("file", "new"), NOSPC);
    assert_eq!(full.now(), before);
    assert_eq!(full.world.open_fds(), 5, "nothing was opened");
    // A rename takes no room, over something it even gives some.
    assert_eq!(full.rename("dir", "moved"), Ok(()));
    assert_eq!(full.rename("file", "ballast"), Ok(()));
    assert_eq!(read(&full.fs.root(), "ballast").as_deref(), Ok("0123456789"));
    assert_eq!(full.create("new"), Ok(()));
    assert_eq!(full.create("newer"), NOSPC);
    assert_eq!(full.on("path_unlink_file", "new", &[]), Ok(()));
    // It is open still.
    assert_eq!(full.create("newer"), NOSPC);
    let fd = u64::from(full.world.guest.bytes()[8]);
    assert_eq!(full.world.call("fd_close", &[fd]), Ok(()));
    assert_eq!(full.create("newer"), Ok(()));
}

#[test]
fn without_bytes_a_link_is_not_made_and_a_write_takes_what_fits() {
    for left in 0..6 {
        let mut full = Full::new(left, 5);
        let before = full.now();
        assert_eq!(LIMITS.bytes - before.1.bytes, left);
        assert_eq!(full.symlink("toolong", "new"), NOSPC);
        assert_eq!(full.now(), before, "no inode was kept for it");
        assert_eq!(full.create("new"), Ok(()));
        let fd = u64::from(full.world.guest.bytes()[8]);
        let list = full.world.iovecs(&[(1000, 4), (1004, 4)]);
        let count = |full: &Full| u64::from(full.world.guest.bytes()[16]);
        if left > 0 {
            assert_eq!(full.world.call("fd_write", &[fd, list, 2, 16]), Ok(()));
            assert_eq!(count(&full), left, "what fits");
        }
        assert_eq!(full.world.call("fd_write", &[fd, list, 2, 16]), NOSPC);
        assert_eq!(full.world.call("fd_pwrite", &[fd, list, 2, 70_000, 16]), NOSPC);
        full.world.ok("fd_tell", &[fd, 24], &[(24, &left.to_le_bytes())]);
        assert_eq!(full.fs.usage().bytes, LIMITS.bytes);
        assert_eq!(read(&full.fs.root(), "new").map(|text| text.len() as u64), Ok(left));
        // A hole takes no room, what is there can be overwritten, and what is cut off is free.
        assert_eq!(full.world.call("fd_filestat_set_size", &[fd, 1 << 40]), Ok(()));
        assert_eq!(full.world.call("fd_allocate", &[fd, 0, 1 << 41]), Ok(()));
        assert_eq!(full.world.call("fd_filestat_set_size", &[fd, 0]), Ok(()));
        assert_eq!(
            full.world.call("fd_pwrite", &[fd, list, 2, 0, 16]),
            if left > 0 { Ok(()) } else { NOSPC }
        );
        assert_eq!(full.on("path_unlink_file", "rest", &[]), Ok(()));
        assert_eq!(full.world.call("fd_pwrite", &[fd, list, 2, 0, 16]), Ok(()));
        assert_eq!(count(&full), 8);
    }
}

/// How much memory a process may have from now on, beside what it has, bytes.
const LITTLE: u64 = 192 << 20;

#[test]
fn a_host_without_memory_says_nospc_and_goes_on() {
    if !alone("faults::full::a_host_without_memory_says_nospc_and_goes_on") {
        return;
    }
    let fs = MemoryFs::new(Limits { bytes: 1 << 40, ..Limits::default() });
    let world = World::new();
    let fd = u64::from(world.process.add_preopen(b"/mem", Box::new(fs.root())).unwrap());
    let mut guest = Script::of(8 << 20);
    guest.put(64, b"big");
    assert_eq!(call(&world.process, &mut guest, "path_open", &[fd, 0, 64, 3, 1, 0, 0, 0, 8]), Ok(()));
    let file = u64::from(guest.bytes()[8]);
    guest.put(16, &[0, 0, 16, 0, 0, 0, 64, 0]);
    let mut bytes = vec![b'.'; 1 << 16];
    limit_memory();
    let mut written = 0_u64;
    let answer = loop {
        // 4 MiB at a time.
        match call(&world.process, &mut guest, "fd_write", &[file, 16, 1, 8]) {
            Ok(()) => written += 1,
            answer => break answer,
        }
        assert!(written < 1000, "the limit holds");
    };
    assert_eq!(answer, NOSPC);
    assert!(written > 5);
    // What a capture cannot keep it counts, and the guest goes on.
    let capture = Capture::new(u64::MAX);
    while capture.dropped() == 0 {
        assert_eq!(capture.write(&[Span::over(&mut bytes)]), Ok(1 << 16));
    }
    drop(capture);
    assert_eq!(call(&world.process, &mut guest, "path_unlink_file", &[fd, 64, 3]), Ok(()));
    assert_eq!(call(&world.process, &mut guest, "fd_close", &[file]), Ok(()));
    assert_eq!(fs.usage().bytes, 0);
    write(&fs.root(), "small", "goes on").unwrap();
    assert_eq!(read(&fs.root(), "small").as_deref(), Ok("goes on"));
}

fn limit_memory() {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let size = status.lines().find_map(|line| line.strip_prefix("VmSize:")).unwrap();
    let kib: u64 = size.trim().trim_end_matches(" kB").parse().unwrap();
    let most = (kib << 10) + LITTLE;
    let limit = rustix::process::Rlimit { current: Some(most), maximum: Some(most) };
    rustix::process::setrlimit(rustix::process::Resource::As, limit).unwrap();
}
