//! Filesystems of the crate [`virtual_fs`] as ours: what Wasmer's world keeps files in, as a preopen.
//!
//! A [`virtual_fs::FileSystem`] knows paths and no handles, and each of its kinds has faults of its own. [`Foreign`] is a
//! [`Tree`](crate::vfs::tree::Tree) over it: paths are walked by us, name for name, so that links are followed in one way and nothing
//! that is handed over has a `..`, a `.` or an empty name in it, or leads through a link. What a kind gets wrong is mended
//! where it can be seen from outside:
//!
//! - A name is looked up before it is made, and looked at after it was removed or moved: a kind that makes it twice, or that
//!   says it did what it did not, answers `Exist` and `Rofs`.
//! - Renaming a name to itself does nothing, a file is not replaced by a directory nor the other way round, and what is
//!   replaced is moved aside first, so that those who have it open keep it.
//! - Files cannot outgrow [`Limits`].
//! - What no kind has is refused or made up: hard links answer `Notsup` where a kind has none; permission bits and the times of
//!   directories `Notsup`; the link count is 1, and inode numbers come from paths (RATIONALE.md).
//! - What is not done at once answers `Notsup`, and what panics without a runtime `Io`: there is none here. Of virtual-fs's
//!   kinds these are pipes and the host's directories, for which there is [`HostDir`](crate::vfs::host::HostDir).
//!
//! A kind may still say that it wrote what it did not: `StaticFileSystem` drops what overwrites its files. Mount it
//! [`ReadOnly`](crate::vfs::ReadOnly).
//!
//! ```
//! use std::sync::Arc;
//!
//! use preopen::span::Span;
//! use preopen::vfs::foreign::{Foreign, Limits};
//! use preopen::vfs::{Access, Dir, OpenOptions, Opened, Path};
//!
//! let memory: Arc<dyn virtual_fs::FileSystem + Send + Sync> = Arc::new(virtual_fs::mem_fs::FileSystem::default());
//! let dir = Foreign::mount(Arc::clone(&memory), Limits::default()).unwrap();
//!
//! // As a guest does it; `Process::add_preopen(b"/data", Box::new(dir))` gives it one.
//! dir.create_dir(Path::new(b"notes\0").unwrap()).unwrap();
//! let options = OpenOptions { access: Access::Write, create: true, ..OpenOptions::READ };
//! let Ok(Opened::File(file)) = dir.open(Path::new(b"notes/today\0").unwrap(), options) else { panic!() };
//! assert_eq!(file.write_at(&[Span::over(&mut b"rain".to_vec())], 0), Ok(4));
//!
//! assert_eq!(memory.metadata("/notes/today".as_ref()).unwrap().len(), 4);
//! ```

mod budget;
mod errno;
mod file;
mod listing;
mod numbers;
mod places;
mod ready;
mod rename;
mod tree;
mod turn;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use virtual_fs::{FileSystem, Metadata};

pub use budget::Limits;
pub use places::Place;

use crate::abi::{Errno, Filestat, Filetype};
use crate::vfs::tree::TreeDir;
use crate::vfs::{Result, SetTime};
use budget::{Budget, Orphan};
use errno::from_fs;
use listing::{Listing, filetype};
use places::Places;
use turn::{Taken, Turn};

/// A filesystem of the crate virtual-fs, as a tree of ours.
///
/// Calls take turns: the filesystem is asked one thing at a time, whatever threads its guests have. A filesystem that comes back
/// to its own mount from inside a call is answered `Deadlk`.
pub struct Foreign {
    mount: Arc<Mount>,
}

/// What the tree and its open files share.
struct Mount {
    fs: Arc<dyn FileSystem + Send + Sync>,
    turn: Turn<Places>,
    budget: Arc<Budget>,
    dev: u64,
}

impl Foreign {
    /// Its root, as a directory to preopen. Errors: why its root can't be looked at, `Notdir`.
    pub fn mount(fs: Arc<dyn FileSystem + Send + Sync>, limits: Limits) -> Result<TreeDir<Self>> {
        /// Far from the numbers of the host's devices, and of those in memory.
        static LAST_DEV: AtomicU64 = AtomicU64::new(1 << 41);
        let mount = Mount {
            fs,
            turn: Turn::new(Places::default()),
            budget: Arc::new(Budget::new(limits)),
            dev: LAST_DEV.fetch_add(1, Ordering::Relaxed) + 1,
        };
        let root = {
            let mut places = mount.turn.take()?;
            let path = Path::new("/");
            if mount.look(path)?.1 != Filetype::Directory {
                return Err(Errno::Notdir);
            }
            places.add(path.to_path_buf(), Filetype::Directory)
        };
        Ok(TreeDir::new(Arc::new(Self { mount: Arc::new(mount) }), root))
    }
}

impl Mount {
    /// The filesystem itself. Not `self.fs.…`: virtual-fs implements its trait for pointers too, and forgets the hard links.
    fn fs(&self) -> &dyn FileSystem {
        &*self.fs
    }

    fn turn(&self) -> Result<Taken<'_, Places>> {
        self.turn.take()
    }

    /// What has a path, a link being what it is. Errors: `Noent`.
    fn look(&self, path: &Path) -> Result<(Metadata, Filetype)> {
        let found = self.fs().symlink_metadata(path).map_err(from_fs)?;
        let said = filetype(&found.ft);
        // What is mounted within MemFS in one of two ways says that it is a file.
        if said == Filetype::RegularFile && found.len == 0 && self.fs().read_dir(path).is_ok() {
            return Ok((found, Filetype::Directory));
        }
        Ok((found, said))
    }

    /// Whether there is nothing at a path. Errors: why that can't be said.
    fn is_free(&self, path: &Path) -> Result<bool> {
        match self.look(path) {
            Ok(_) => Ok(false),
            Err(Errno::Noent) => Ok(true),
            Err(errno) => Err(errno),
        }
    }

    /// Whether a name may be made at a path. Errors: `Exist`, `Nospc`.
    fn allows_name(&self, path: &Path) -> Result<()> {
        if self.is_free(path)? { self.budget.allows_name() } else { Err(Errno::Exist) }
    }

    /// The entries of a directory.
    fn list(&self, places: &Places, path: &Path) -> Result<Listing> {
        Ok(Listing::new(path, self.fs().read_dir(path).map_err(from_fs)?, places.numbers()))
    }

    /// What there is to say about a path.
    fn filestat(&self, places: &Places, path: &Path, found: &Metadata, filetype: Filetype) -> Filestat {
        let mut size = found.len;
        if filetype == Filetype::SymbolicLink && size == 0 {
            size = self.fs().readlink(path).map_or(0, |target| target.as_os_str().len() as u64);
        }
        Filestat {
            dev: self.dev,
            ino: places.numbers().of(path),
            filetype,
            nlink: 1,
            size,
            atim: found.accessed,
            mtim: found.modified,
            // When metadata changed is not kept. It was not before the data did, nor before it was made.
            ctim: found.modified.max(found.created),
        }
    }

    /// Keeps account of a name that was removed, and tells those who hold what had it.
    fn forget(&self, places: &mut Places, path: &Path, found: &Metadata, filetype: Filetype) {
        let size = if filetype == Filetype::RegularFile { found.len } else { 0 };
        let orphan = Arc::new(Orphan::new(Arc::clone(&self.budget), size));
        self.budget.name_removed();
        let stat = self.filestat(places, path, found, filetype);
        places.removed(path, stat, orphan);
    }
}

/// The time to set, ns since 1970.
fn nanoseconds(time: SetTime) -> u64 {
    match time {
        SetTime::At(time) => time,
        SetTime::Now => SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(0, |time| u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)),
    }
}
