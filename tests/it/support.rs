//! What the tests of host directories share: a tree with an outside, short forms of the calls, and the three modes.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;

use preopen::abi::Errno;
use preopen::span::Span;
use preopen::vfs::host::{HostDir, MountOptions, Resolution};
use preopen::vfs::memory::{Limits, MemoryFs};
use preopen::vfs::tree::TreeDir;
use preopen::vfs::{Access, Dir, File, LinkTarget, OpenOptions, Opened, Path};
use tempfile::TempDir;

use crate::refuse::{probe, refuse_openat2};

/// What the outside of every tree says; no guest may read it.
pub const SECRET: &str = "secret";

/// To write, creating what is missing.
pub const CREATE: OpenOptions = OpenOptions { access: Access::ReadWrite, create: true, ..OpenOptions::READ };

/// A root to mount, with an outside next to it that must stay as it is.
pub struct Tree {
    base: TempDir,
}

impl Tree {
    /// `outside/` holds `secret.txt` and the empty `dir/`; `root/` holds `file` and `dir/inner`.
    pub fn new() -> Self {
        let tree = Self { base: tempfile::tempdir().unwrap() };
        std::fs::create_dir_all(tree.outside("dir")).unwrap();
        std::fs::write(tree.outside("secret.txt"), SECRET).unwrap();
        std::fs::create_dir_all(tree.root("dir")).unwrap();
        std::fs::write(tree.root("file"), "file").unwrap();
        std::fs::write(tree.root("dir/inner"), "inner").unwrap();
        tree
    }

    /// A path of the host's in the root.
    pub fn root(&self, path: &str) -> PathBuf {
        self.base.path().join("root").join(path)
    }

    /// A path of the host's beside the root.
    pub fn outside(&self, path: &str) -> PathBuf {
        self.base.path().join("outside").join(path)
    }

    /// The root, mounted.
    pub fn mount(&self, options: MountOptions) -> HostDir {
        HostDir::open_ambient(&self.root(""), options).unwrap()
    }

    /// A link of the host's in the root.
    pub fn link(&self, target: &str, at: &str) {
        std::os::unix::fs::symlink(target, self.root(at)).unwrap();
    }

    /// All that can be seen of the outside.
    pub fn outside_now(&self) -> BTreeMap<String, String> {
        snapshot(&self.outside(""))
    }
}

/// Everything in a directory of the host's, by path: types, contents, links, times.
pub fn snapshot(dir: &std::path::Path) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut open = vec![dir.to_path_buf()];
    while let Some(at) = open.pop() {
        let meta = std::fs::symlink_metadata(&at).unwrap();
        let what = if meta.is_dir() {
            open.extend(std::fs::read_dir(&at).unwrap().map(|entry| entry.unwrap().path()));
            "directory".to_owned()
        } else if meta.is_symlink() {
            format!("link to {}", std::fs::read_link(&at).unwrap().display())
        } else if meta.is_file() {
            format!("{:?} of {} names", std::fs::read(&at).unwrap(), meta.nlink())
        } else {
            "special".to_owned()
        };
        // The times of a directory are those of what happened in it; the reading itself changes access times.
        let name = at.strip_prefix(dir).unwrap().display().to_string();
        found.insert(
            name,
            format!("{what} mode {:o} mtime {}.{}", meta.mode(), meta.mtime(), meta.mtime_nsec()),
        );
    }
    found
}

/// A path as a guest gives it. It is never freed: tests are short.
pub fn path(text: &str) -> Path<'static> {
    Path::new(format!("{text}\0").leak().as_bytes()).unwrap_or_else(|errno| panic!("{text:?}: {errno:?}"))
}

/// A link's target as a guest gives it, for a link at `at`.
pub fn target(text: &str, at: &str) -> LinkTarget<'static> {
    LinkTarget::new(format!("{text}\0").leak().as_bytes(), path(at)).unwrap()
}

/// Opens a regular file.
pub fn open_file(dir: &dyn Dir, at: &str, options: OpenOptions) -> Result<Box<dyn File>, Errno> {
    match dir.open(path(at), options)? {
        Opened::File(file) => Ok(file),
        Opened::Dir(_) => panic!("{at} is a directory"),
        Opened::Special(_) => panic!("{at} is special"),
    }
}

/// Opens a directory.
pub fn open_dir(dir: &dyn Dir, at: &str) -> Result<Box<dyn Dir>, Errno> {
    match dir.open(path(at), OpenOptions { directory: true, ..OpenOptions::READ })? {
        Opened::Dir(dir) => Ok(dir),
        _ => panic!("{at} is no directory, but opened as one"),
    }
}

/// What a file holds, as text.
pub fn read(dir: &dyn Dir, at: &str) -> Result<String, Errno> {
    let file = open_file(dir, at, OpenOptions::READ)?;
    let mut bytes = vec![0; 4096];
    let len = file.read_at(&[Span::over(&mut bytes)], 0)?;
    bytes.truncate(len);
    Ok(String::from_utf8(bytes).unwrap())
}

/// Makes a file with this text.
pub fn write(dir: &dyn Dir, at: &str, text: &str) -> Result<(), Errno> {
    let file = open_file(dir, at, OpenOptions { truncate: true, ..CREATE })?;
    let mut bytes = text.as_bytes().to_vec();
    assert_eq!(file.write_at(&[Span::over(&mut bytes)], 0)?, text.len());
    Ok(())
}

/// The names in a directory, sorted.
pub fn names(dir: &dyn Dir) -> Vec<String> {
    let mut names = Vec::new();
    dir.list(0, &mut |entry| {
        names.push(String::from_utf8(entry.name.to_vec()).unwrap());
        ControlFlow::Continue(())
    })
    .unwrap();
    names.sort();
    names
}

/// Copies what is in a directory of the host's into one of a tree, with links that no guest could make, and hard links as such.
pub fn copy_into<T: preopen::vfs::tree::Tree>(from: &std::path::Path, to: &TreeDir<T>) {
    let (fs, mut seen) = (to.tree(), BTreeMap::new());
    let mut open = vec![(from.to_path_buf(), to.node().clone())];
    while let Some((from, to)) = open.pop() {
        for entry in std::fs::read_dir(from).unwrap() {
            let at = entry.unwrap().path();
            let meta = std::fs::symlink_metadata(&at).unwrap();
            let name = at.file_name().unwrap().as_bytes();
            if let Some(node) = seen.get(&meta.ino()) {
                fs.link(node, &to, name).unwrap();
                continue;
            }
            if meta.is_dir() {
                fs.create_dir(&to, name).unwrap();
                open.push((at.clone(), fs.lookup(&to, name).unwrap()));
            } else if meta.is_symlink() {
                fs.symlink(std::fs::read_link(&at).unwrap().as_os_str().as_bytes(), &to, name).unwrap();
            } else {
                let mut bytes = std::fs::read(&at).unwrap();
                let file = fs.create(&to, name, Access::Write).unwrap();
                assert_eq!(file.write_at(&[Span::over(&mut bytes)], 0), Ok(meta.len() as usize));
            }
            if !meta.is_dir() && meta.nlink() > 1 {
                seen.insert(meta.ino(), fs.lookup(&to, name).unwrap());
            }
        }
    }
}

/// Whether this test has the process to itself, which it needs where it counts or limits what all threads share. If not, it
/// is run once more in one of its own, and the caller has nothing left to do.
pub fn alone(test: &str) -> bool {
    const ALONE: &str = "PREOPEN_TEST_ALONE";
    if std::env::var_os(ALONE).is_some() {
        return true;
    }
    let child = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test, "--test-threads=1"])
        .env(ALONE, "1")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&child.stdout);
    assert!(
        child.status.success() && said.contains("1 passed"),
        "{said}{}",
        String::from_utf8_lossy(&child.stderr)
    );
    false
}

/// Runs a test where the kernel resolves paths, where it has no such call, and where it refuses it.
pub fn in_every_mode(test: impl Fn(MountOptions) + Send + Sync) {
    assert_eq!(probe(), Ok(()), "these tests need openat2(2), from Linux 5.6 on");
    let test = &test;
    for mode in [None, Some(rustix::io::Errno::NOSYS), Some(rustix::io::Errno::PERM)] {
        let ran = std::thread::scope(|scope| {
            let thread = scope.spawn(move || {
                if let Some(errno) = mode {
                    refuse_openat2(errno);
                }
                test(MountOptions { special_files: false, resolution: Resolution::Auto });
            });
            thread.join()
        });
        if let Err(panic) = ran {
            eprintln!("openat2 answers {mode:?}");
            std::panic::resume_unwind(panic);
        }
    }
}

/// Runs a test of paths over directories of the host's in every mode, and over a filesystem in memory that holds the same.
pub fn everywhere(test: impl Fn(&dyn Fn(&Tree) -> Box<dyn Dir>) + Send + Sync) {
    in_every_mode(|options| test(&|tree| Box::new(tree.mount(options))));
    test(&|tree| {
        let root = MemoryFs::new(Limits::default()).root();
        copy_into(&tree.root(""), &root);
        Box::new(root)
    });
}

/// What a future of virtual-fs's comes to: none here ever waits, so it is polled once.
#[cfg(feature = "virtual-fs-tests")]
pub fn done<T>(future: impl Future<Output = T>) -> T {
    use std::task::{Context, Poll, Waker};
    match std::pin::pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("it waits"),
    }
}
