//! A process to call, over each kind of filesystem, with streams of each kind beside it.

use std::os::fd::OwnedFd;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram, UnixListener, UnixStream};
use std::sync::Arc;

use preopen::abi::{Filetype, Snapshot};
use preopen::fds::{Entry, Object};
use preopen::guest::Strings;
use preopen::process::{Options, Process};
use preopen::stdio::{Buffer, Capture, Inherited, Null, Socket};
use preopen::vfs::host::Resolution;
use preopen::vfs::memory::{Limits, MemoryFs};
use preopen::vfs::overlay::Overlay;
use preopen::vfs::{Access, Dir, File, Files, OpenOptions, Opened, Path, ReadOnly, WithFiles};

use crate::engine::Engine;
use crate::host::Space;
use crate::tree::{open_dir, path, plant};
use crate::world::World;

/// What a filesystem in memory may hold here.
pub const LIMITS: Limits = Limits { bytes: 300_000, inodes: 40 };

/// A kind of filesystem.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// In memory.
    Memory,
    /// In memory, and not to be changed.
    ReadOnlyMemory,
    /// Over one in memory, which must not be changed.
    Overlay,
    /// In memory, by way of calls that may run the engine.
    Engine,
    /// In memory, where files could be mounted.
    WithFiles,
    /// A directory of the host's, resolved by its kernel.
    Host,
    /// The same, resolved by the walk.
    Walk,
    /// A directory of the host's that is not to be changed.
    ReadOnlyHost,
}

/// A process, and what it must leave as it was.
pub struct Stage {
    /// The process.
    pub process: Process,
    /// The kind of its filesystem.
    pub kind: Kind,
    /// The filesystem that counts what it holds.
    pub memory: Option<Arc<MemoryFs>>,
    /// A tree that must not be changed, and that is no part of what the guest may change.
    pub untouched: Option<Arc<dyn Dir>>,
    /// The other ends of the streams.
    _peers: Vec<OwnedFd>,
}

/// What a process is given.
#[derive(Clone, Copy, Debug)]
pub struct Setup {
    /// The kind of its filesystem.
    pub kind: Kind,
    /// Whose layouts are used.
    pub snapshot: Snapshot,
    /// Whether listings begin with dots.
    pub dot_entries: bool,
    /// How many descriptors it may have.
    pub max_fds: u32,
    /// Whether it has sockets and a pipe.
    pub sockets: bool,
    /// Whether it has arguments and an environment.
    pub strings: bool,
}

/// The arguments of a process that has some.
pub const ARGS: &[&str] = &["program", "", "an argument"];
/// The environment of a process that has one.
pub const ENV: &[&str] = &["A=1", "EMPTY="];

impl Stage {
    /// A process with this filesystem at 3, a directory of it at 4, and files at 5 and 6. What is in memory has these limits.
    pub fn new(setup: Setup, limits: Limits, space: &Space) -> Self {
        let memory = MemoryFs::new(limits);
        let mut untouched: Option<Arc<dyn Dir>> = None;
        let planted = || {
            plant(&memory.root());
            Box::new(memory.root()) as Box<dyn Dir>
        };
        let root: Box<dyn Dir> = match setup.kind {
            Kind::Memory => planted(),
            Kind::ReadOnlyMemory => {
                let root = planted();
                untouched = Some(Arc::new(memory.root()));
                Box::new(ReadOnly(root))
            }
            Kind::Engine => Box::new(Engine(planted())),
            Kind::WithFiles => WithFiles::mount(Some(planted()), Files::new()),
            Kind::Overlay => {
                let lower = MemoryFs::new(LIMITS);
                plant(&lower.root());
                untouched = Some(Arc::new(lower.root()));
                Box::new(
                    Overlay::new(Box::new(lower.root()), Box::new(memory.root()))
                        .expect("both can be read")
                        .root(),
                )
            }
            Kind::Host => Box::new(space.fresh(Resolution::Openat2)),
            Kind::Walk => Box::new(space.fresh(Resolution::Walk)),
            Kind::ReadOnlyHost => {
                let root: Box<dyn Dir> = Box::new(space.fresh(Resolution::Auto));
                untouched = Some(Arc::new(space.again(Resolution::Walk)));
                Box::new(ReadOnly(root))
            }
        };
        let counted = matches!(
            setup.kind,
            Kind::Memory | Kind::ReadOnlyMemory | Kind::Engine | Kind::WithFiles | Kind::Overlay
        );
        let beneath = open_dir(&*root, "dir");
        let files = ["file", "dir/inner"].map(|at| open_file(&*root, at));
        let (args, env): (&[&str], &[&str]) = if setup.strings { (ARGS, ENV) } else { (&[], &[]) };
        let process = Process::new(Options {
            args: Strings::new(args).expect("they are short"),
            env: Strings::new(env).expect("they are short"),
            max_fds: setup.max_fds,
            system: Box::new(World::default()),
            snapshot: setup.snapshot,
            dot_entries: setup.dot_entries,
        });
        process.add_stream(Arc::new(Buffer::copy(&[b'i'; 600]).unwrap())).unwrap();
        process.add_stream(Arc::new(Capture::new(1000))).unwrap();
        process.add_stream(Arc::new(Null)).unwrap();
        process.add_preopen(b"/data", root).unwrap();
        process.add_preopen(b"/", beneath).unwrap();
        for file in files {
            // Where there is no number left, it is closed again.
            let _ = process.fds.insert(Entry::new(Object::File(file), Filetype::RegularFile));
        }
        let peers = if setup.sockets { add_sockets(&process) } else { Vec::new() };
        Self { process, kind: setup.kind, memory: counted.then_some(memory), untouched, _peers: peers }
    }

    /// Whether it works in the space of the host's.
    pub fn is_on_host(&self) -> bool {
        matches!(self.kind, Kind::Host | Kind::Walk | Kind::ReadOnlyHost)
    }
}

/// Opens a file to read and write, or where that is not to be, to read.
fn open_file(dir: &dyn Dir, at: &str) -> Box<dyn File> {
    let name = path(at);
    let name = Path::of_host(&name).expect("it is a name");
    let open = |access| dir.open(name, OpenOptions { access, ..OpenOptions::READ });
    match open(Access::ReadWrite).or_else(|_| open(Access::Read)) {
        Ok(Opened::File(file)) => file,
        _ => panic!("{at} could not be opened"),
    }
}

/// Adds a connected stream, datagrams, a listening socket with one who waits, and a pipe's end. Where there is no number left for
/// one, it is closed again.
fn add_sockets(process: &Process) -> Vec<OwnedFd> {
    let mut peers = Vec::new();
    let (ours, theirs) = UnixStream::pair().unwrap();
    std::io::Write::write_all(&mut &theirs, &[b's'; 100]).unwrap();
    peers.push(OwnedFd::from(theirs));
    let _ = process.add_stream(Arc::new(Socket::new(ours.into())));
    let (ours, theirs) = UnixDatagram::pair().unwrap();
    theirs.send(&[b'd'; 100]).unwrap();
    theirs.send(b"").unwrap();
    peers.push(theirs.into());
    let _ = process.add_stream(Arc::new(Socket::new(ours.into())));
    static NAMES: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(0);
    let name = NAMES.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    let name = format!("preopen-fuzz-{}-{name}", std::process::id());
    let address = SocketAddr::from_abstract_name(name).unwrap();
    let listening = UnixListener::bind_addr(&address).unwrap();
    peers.push(UnixStream::connect_addr(&address).unwrap().into());
    let _ = process.add_stream(Arc::new(Socket::new(listening.into())));
    let (reads, writes) = std::io::pipe().unwrap();
    rustix::fs::fcntl_setfl(&reads, rustix::fs::OFlags::NONBLOCK).unwrap();
    std::io::Write::write_all(&mut &writes, &[b'p'; 10]).unwrap();
    peers.push(writes.into());
    if let Ok(pipe) = Inherited::opened(reads.into()) {
        let _ = process.add_stream(Arc::new(pipe));
    }
    peers
}
