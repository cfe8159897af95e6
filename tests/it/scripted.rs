//! A guest without a program: tests make its calls and look at all of its memory afterwards.

mod doubles;
mod guest;
mod system;

use std::fs::File;
use std::io::Write;
use std::os::fd::{AsFd, OwnedFd};
use std::path::PathBuf;
use std::sync::Arc;

use preopen::abi::{Errno, IMPORTS, Rights, Snapshot};
use preopen::calls::{Call, Halt, dispatch};
use preopen::fds::{Entry, Object};
use preopen::guest::Strings;
use preopen::process::{Options, Process};
use preopen::stdio::{Socket, duplicate};
use preopen::vfs::host::{HostDir, MountOptions};
use tempfile::TempDir;

pub use doubles::{Failing, Mill, Swift};
pub use guest::Script;
pub use system::{Fake, MONOTONIC, REALTIME, random};

/// The descriptor of the preopen in every [`World`].
pub const ROOT: u64 = 3;

/// A guest, its process, and the directory that it has as `/data`.
pub struct World {
    pub process: Process,
    pub guest: Script,
    /// The system that the process sees, unless it was given the host's.
    pub fake: Arc<Fake>,
    dir: TempDir,
    /// Where the next text or list goes.
    next: u64,
}

/// What a world is made with.
pub struct Setup {
    pub args: &'static [&'static str],
    pub env: &'static [&'static str],
    pub max_fds: u32,
    pub snapshot: Snapshot,
    pub dot_entries: bool,
    /// The host's clocks and waits instead of faked ones.
    pub real: bool,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            args: &["guest", "--flag", "ü"],
            env: &["HOME=/data", "EMPTY="],
            max_fds: 64,
            snapshot: Snapshot::Preview1,
            dot_entries: false,
            real: false,
        }
    }
}

impl World {
    pub fn new() -> Self {
        Self::with(Setup::default())
    }

    /// A guest that was built for preview0.
    pub fn preview0() -> Self {
        Self::with(Setup { snapshot: Snapshot::Preview0, ..Setup::default() })
    }

    /// A guest that waits in the real world.
    pub fn real() -> Self {
        Self::with(Setup { real: true, ..Setup::default() })
    }

    /// Descriptors 0 to 2 are `/dev/null`, 3 is a directory with `file` (`0123456789`), `dir/inner` and `link` to `file`.
    pub fn with(setup: Setup) -> Self {
        let Setup { args, env, max_fds, snapshot, dot_entries, real } = setup;
        let fake = Arc::new(Fake::default());
        let process = Process::new(Options {
            args: Strings::new(args).unwrap(),
            env: Strings::new(env).unwrap(),
            max_fds,
            system: if real {
                Box::new(preopen::system::Host::new())
            } else {
                Box::new(system::Shared(Arc::clone(&fake)))
            },
            snapshot,
            dot_entries,
        });
        let null = File::options().read(true).write(true).open("/dev/null").unwrap();
        for fd in 0..3 {
            assert_eq!(process.add_stream(duplicate(null.as_fd()).unwrap()), Ok(fd));
        }
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("file"), "0123456789").unwrap();
        std::fs::create_dir(dir.path().join("dir")).unwrap();
        std::fs::write(dir.path().join("dir/inner"), "inner").unwrap();
        std::os::unix::fs::symlink("file", dir.path().join("link")).unwrap();
        let mount = HostDir::open_ambient(dir.path(), MountOptions::default()).unwrap();
        assert_eq!(process.add_preopen(b"/data", Box::new(mount)).map(u64::from), Ok(ROOT));
        Self { process, guest: Script::new(), fake, dir, next: 4096 }
    }

    /// A path of the host's in the guest's directory.
    pub fn host(&self, path: &str) -> PathBuf {
        self.dir.path().join(path)
    }

    /// What a file of the guest's directory holds.
    pub fn content(&self, path: &str) -> String {
        String::from_utf8(std::fs::read(self.host(path)).unwrap()).unwrap()
    }

    /// Puts bytes where nothing else is, and says where.
    pub fn place(&mut self, bytes: &[u8]) -> u64 {
        let at = self.next.next_multiple_of(8);
        self.guest.put(at, bytes);
        self.next = at + bytes.len() as u64 + 8;
        at
    }

    /// Puts a text without a NUL: its place and its length.
    pub fn text(&mut self, text: &str) -> (u64, u64) {
        (self.place(text.as_bytes()), text.len() as u64)
    }

    /// Puts a list of ranges.
    pub fn iovecs(&mut self, list: &[(u64, u64)]) -> u64 {
        let words = list.iter().flat_map(|(ptr, len)| [*ptr as u32, *len as u32]);
        let bytes: Vec<u8> = words.flat_map(u32::to_le_bytes).collect();
        self.place(&bytes)
    }

    /// Makes a call.
    #[track_caller]
    pub fn call(&mut self, name: &str, args: &[u64]) -> Call {
        call(&self.process, &mut self.guest, name, args)
    }

    /// Makes a call, and checks its answer and that of all memory just these bytes changed.
    #[track_caller]
    pub fn check(&mut self, name: &str, args: &[u64], answer: Call, writes: &[(u64, &[u8])]) {
        let mut expected = self.guest.bytes();
        for (at, bytes) in writes {
            expected[*at as usize..][..bytes.len()].copy_from_slice(bytes);
        }
        assert_eq!(self.call(name, args), answer, "{name}{args:?}");
        let found = self.guest.bytes();
        if found != expected {
            let at = (0..found.len()).find(|at| found[*at] != expected[*at]).unwrap();
            let near = |bytes: &[u8]| bytes[at..].iter().take(48).copied().collect::<Vec<_>>();
            panic!("{name}{args:?}: at {at} is {:?} instead of {:?}", near(&found), near(&expected));
        }
    }

    /// The call succeeds, and writes just this.
    #[track_caller]
    pub fn ok(&mut self, name: &str, args: &[u64], writes: &[(u64, &[u8])]) {
        self.check(name, args, Ok(()), writes);
    }

    /// The call fails, and writes nothing.
    #[track_caller]
    pub fn fails(&mut self, name: &str, args: &[u64], errno: Errno) {
        self.check(name, args, Err(Halt::Errno(errno)), &[]);
    }

    /// Makes a call with a text and a length in the place of `path`, in a memory of its own.
    #[track_caller]
    fn aside(&self, name: &str, before: &[u64], path: &str, after: &[u64]) -> Result<u64, Halt> {
        let mut scratch = Script::of(8192);
        scratch.put(8, path.as_bytes());
        let args = [before, &[8, path.len() as u64], after].concat();
        call(&self.process, &mut scratch, name, &args)?;
        Ok(u64::from(u32::from_le_bytes(scratch.bytes()[..4].try_into().unwrap())))
    }

    /// Opens what a path names, without limits, following links.
    #[track_caller]
    pub fn open(&self, path: &str) -> u64 {
        self.open_with(path, 0, 0).unwrap()
    }

    /// Opens what a path names, with `oflags` and `fdflags`.
    #[track_caller]
    pub fn open_with(&self, path: &str, oflags: u64, fdflags: u64) -> Result<u64, Halt> {
        self.aside("path_open", &[ROOT, 1], path, &[oflags, 0, 0, fdflags, 0])
    }

    /// Gives the guest whatever this is.
    pub fn add(&self, entry: Entry) -> u64 {
        u64::from(self.process.fds.insert(entry).unwrap())
    }

    /// Gives the guest a duplicate of a descriptor.
    pub fn lend(&self, fd: impl AsFd) -> u64 {
        u64::from(self.process.add_stream(duplicate(fd.as_fd()).unwrap()).unwrap())
    }

    /// A pipe that the guest reads, and its other end.
    pub fn pipe_in(&self) -> (u64, File) {
        let (reader, writer) = rustix::pipe::pipe().unwrap();
        (self.lend(reader), File::from(writer))
    }

    /// A pipe that the guest writes, and its other end.
    pub fn pipe_out(&self) -> (u64, File) {
        let (reader, writer) = rustix::pipe::pipe().unwrap();
        (self.lend(writer), File::from(reader))
    }

    /// Gives the guest a socket.
    pub fn socket(&self, socket: impl Into<OwnedFd>) -> u64 {
        u64::from(self.process.add_stream(Arc::new(Socket::new(socket.into()))).unwrap())
    }

    /// The descriptor's own state.
    #[track_caller]
    pub fn entry(&self, fd: u64) -> Arc<Entry> {
        self.process.fds.get(fd as u32, Rights::NONE).unwrap()
    }

    /// Takes rights from a descriptor.
    #[track_caller]
    pub fn without(&self, fd: u64, rights: Rights) {
        let entry = self.entry(fd);
        entry.restrict(entry.base().without(rights), entry.inheriting().without(rights)).unwrap();
    }

    /// How many descriptors are open.
    pub fn open_fds(&self) -> usize {
        (0..1024).filter(|fd| self.process.fds.get(*fd, Rights::NONE).is_ok()).count()
    }
}

/// Makes a call by its name, with as many arguments as it has.
#[track_caller]
pub fn call(process: &Process, guest: &mut Script, name: &str, args: &[u64]) -> Call {
    let number = IMPORTS.iter().position(|import| import.name == name).expect(name);
    assert_eq!(args.len(), IMPORTS[number].params.len(), "the arguments of {name}");
    dispatch(process, guest, number as u32, |index| args[index])
}

/// A stream of any kind as a descriptor.
pub fn stream(stream: impl preopen::stdio::Stream + 'static, filetype: preopen::abi::Filetype) -> Entry {
    Entry::new(Object::Stream(Arc::new(stream)), filetype)
}

/// A file of any kind as a descriptor.
pub fn file(file: impl preopen::vfs::File + 'static) -> Entry {
    Entry::new(Object::File(Box::new(file)), preopen::abi::Filetype::RegularFile)
}

/// Fills a pipe until it takes no more. Says with how many bytes.
pub fn fill(writer: &File) -> usize {
    let flags = rustix::fs::fcntl_getfl(writer).unwrap();
    rustix::fs::fcntl_setfl(writer, flags | rustix::fs::OFlags::NONBLOCK).unwrap();
    let mut sum = 0;
    while let Ok(len) = (&*writer).write(&[b'.'; 4096]) {
        sum += len;
    }
    rustix::fs::fcntl_setfl(writer, flags).unwrap();
    sum
}
