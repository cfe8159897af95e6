//! FIFOs, sockets and devices in a mount: refused, and never waited for.

use std::os::unix::net::UnixListener;
use std::sync::mpsc;
use std::time::Duration;

use preopen::abi::{Errno, Filetype};
use preopen::vfs::host::{HostDir, MountOptions};
use preopen::vfs::{Access, Dir, OpenOptions, Opened};
use rustix::fs::{CWD, Mode};

use crate::support::{CREATE, Tree, in_every_mode, path};

/// Runs what must not wait.
fn at_once<T: Send>(what: impl FnOnce() -> T + Send) -> T {
    let (done, waiting) = mpsc::channel();
    std::thread::scope(|scope| {
        scope.spawn(move || done.send(what()).unwrap());
        waiting.recv_timeout(Duration::from_secs(5)).unwrap_or_else(|_| {
            eprintln!("a call waits");
            std::process::abort()
        })
    })
}

const WAYS: [OpenOptions; 5] = [
    OpenOptions::READ,
    OpenOptions { access: Access::Write, ..OpenOptions::READ },
    OpenOptions { access: Access::ReadWrite, ..OpenOptions::READ },
    CREATE,
    OpenOptions { truncate: true, ..CREATE },
];

#[test]
fn special_files_are_refused_at_once() {
    in_every_mode(|options| {
        let tree = Tree::new();
        rustix::fs::mkfifoat(CWD, tree.root("fifo"), Mode::from_raw_mode(0o666)).unwrap();
        let _listener = UnixListener::bind(tree.root("socket")).unwrap();
        tree.link("fifo", "to-fifo");
        let dir = tree.mount(options);
        let dev = HostDir::open_ambient(std::path::Path::new("/dev"), options).unwrap();
        for way in WAYS {
            for at in ["fifo", "to-fifo", "dir/../fifo", "socket"] {
                let opened = at_once(|| dir.open(path(at), way).err());
                assert_eq!(opened, Some(Errno::Notcapable), "{at} {way:?}");
            }
            for at in ["null", "zero", "full"] {
                assert_eq!(
                    at_once(|| dev.open(path(at), way).err()),
                    Some(Errno::Notcapable),
                    "{at} {way:?}"
                );
            }
        }
        let as_dir = OpenOptions { directory: true, ..OpenOptions::READ };
        assert_eq!(dir.open(path("fifo"), as_dir).err(), Some(Errno::Notdir));
        let anew = OpenOptions { exclusive: true, ..CREATE };
        assert_eq!(dir.open(path("fifo"), anew).err(), Some(Errno::Exist));
        // They can be looked at, and removed.
        assert_eq!(dir.stat_at(path("fifo"), true).map(|stat| stat.filetype), Ok(Filetype::SocketStream));
        assert_eq!(dir.stat_at(path("socket"), true).map(|stat| stat.filetype), Ok(Filetype::SocketStream));
        assert_eq!(dev.stat_at(path("null"), true).map(|stat| stat.filetype), Ok(Filetype::CharacterDevice));
        dir.unlink(path("fifo")).unwrap();
    });
}

#[test]
fn special_files_open_where_the_mount_allows_them() {
    in_every_mode(|options| {
        let options = MountOptions { special_files: true, ..options };
        let tree = Tree::new();
        rustix::fs::mkfifoat(CWD, tree.root("fifo"), Mode::from_raw_mode(0o666)).unwrap();
        let _listener = UnixListener::bind(tree.root("socket")).unwrap();
        let dir = tree.mount(options);
        let Ok(Opened::Special(fd)) = at_once(|| dir.open(path("fifo"), OpenOptions::READ)) else { panic!() };
        assert!(rustix::fs::fcntl_getfl(&fd).unwrap().contains(rustix::fs::OFlags::NONBLOCK));
        assert!(rustix::io::fcntl_getfd(&fd).unwrap().contains(rustix::io::FdFlags::CLOEXEC));
        let write = OpenOptions { access: Access::Write, ..OpenOptions::READ };
        assert!(matches!(at_once(|| dir.open(path("fifo"), write)), Ok(Opened::Special(_))));
        drop(fd);
        assert_eq!(dir.open(path("fifo"), write).err(), Some(Errno::Nxio));
        assert_eq!(dir.open(path("socket"), OpenOptions::READ).err(), Some(Errno::Nxio));
        let dev = HostDir::open_ambient(std::path::Path::new("/dev"), options).unwrap();
        assert!(matches!(dev.open(path("null"), OpenOptions::READ), Ok(Opened::Special(_))));
    });
}
