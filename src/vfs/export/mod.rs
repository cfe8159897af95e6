//! Our directories as filesystems of the crate [`virtual_fs`], for what is written against it: Wasmer's WASIX sees the
//! same mounts as a guest of preview1.
//!
//! An [`Exported`] directory is its filesystem's root. A path is resolved by the directory itself, so it leaves it neither by `..` nor
//! through a link, and every kind of directory may be exported. Calls are done when they return, on the thread that makes
//! them; nothing is ever pending. What changes is refused where the directory is [`ReadOnly`](crate::vfs::ReadOnly).
//!
//! ```
//! use std::sync::Arc;
//!
//! use preopen::vfs::export::Exported;
//! use preopen::vfs::host::{HostDir, MountOptions};
//! use virtual_fs::FileSystem;
//!
//! let here = HostDir::open_ambient(env!("CARGO_MANIFEST_DIR").as_ref(), MountOptions::default()).unwrap();
//! let fs = Exported::new(Arc::new(here));
//!
//! assert!(fs.metadata("/src/lib.rs".as_ref()).unwrap().is_file());
//! assert!(fs.metadata("/../".as_ref()).is_err());
//! ```

mod errno;
mod file;

use std::ffi::OsStr;
use std::fmt;
use std::future::{Future, ready};
use std::ops::ControlFlow;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path as VirtualPath, PathBuf};
use std::pin::Pin;
use std::sync::Arc;

use virtual_fs::{
    DirEntry, FileOpener, FileSystem, FileType, Metadata, OpenOptions, OpenOptionsConfig, ReadDir,
    VirtualFile,
};

use crate::abi::{Errno, Filestat, Filetype};
use crate::vfs::{Access, Dir, LinkTarget, MAX_PATH, OpenOptions as Options, Opened, Path, Result as Answer};
use errno::to_fs;
use file::ExportedFile;

type Result<T> = virtual_fs::Result<T>;

/// A directory of ours, as the root of a filesystem. Clones are the same filesystem.
#[derive(Clone)]
pub struct Exported {
    root: Arc<dyn Dir>,
}

impl Exported {
    /// The filesystem beneath a directory.
    pub fn new(root: Arc<dyn Dir>) -> Self {
        Self { root }
    }

    fn entries(&self, path: &VirtualPath) -> Answer<Vec<DirEntry>> {
        let dir = match self
            .root
            .open(Relative::new(path).path()?, Options { directory: true, ..Options::READ })?
        {
            Opened::Dir(dir) => dir,
            Opened::File(_) | Opened::Special(_) => return Err(Errno::Notdir),
        };
        let mut found = Vec::new();
        let mut cookie = 0;
        loop {
            let before = found.len();
            let listed = dir.list(cookie, &mut |entry| {
                found.push((entry.name.to_vec(), entry.filetype));
                cookie = entry.next;
                ControlFlow::Continue(())
            });
            match listed {
                // The handle is ours alone, so it never has to be searched for where we were.
                Err(Errno::Again) if found.len() > before => {}
                listed => break listed?,
            }
        }
        let entry = |(name, filetype): (Vec<u8>, Filetype)| {
            // What was removed meanwhile, and what has no name that we would take, is at least of a type.
            let typed = Metadata { ft: file_type(filetype), ..Metadata::default() };
            let stat = Relative::new(OsStr::from_bytes(&name).as_ref())
                .path()
                .and_then(|path| dir.stat_at(path, false));
            DirEntry {
                path: path.join(OsStr::from_bytes(&name)),
                metadata: Ok(stat.map_or(typed, |stat| metadata(&stat))),
            }
        };
        Ok(found.into_iter().map(entry).collect())
    }

    fn target(&self, path: &VirtualPath) -> Answer<PathBuf> {
        let mut target = vec![0; MAX_PATH];
        let len = self.root.read_link(Relative::new(path).path()?, &mut target)?;
        target.truncate(len);
        Ok(PathBuf::from(std::ffi::OsString::from_vec(target)))
    }

    fn open_file(&self, path: &VirtualPath, options: &OpenOptionsConfig) -> Answer<ExportedFile> {
        let OpenOptionsConfig { read, write, create_new, create, append, truncate } = *options;
        let writes = write || append;
        // As virtual-fs's own kinds have it: nothing is made or cut by who could not write it.
        if (truncate || create || create_new) && !writes {
            return Err(Errno::Acces);
        }
        let options = Options {
            access: match (read, writes) {
                (true, true) => Access::ReadWrite,
                (false, true) => Access::Write,
                // Neither is for looking at it: the handle refuses to read.
                (_, false) => Access::Read,
            },
            create: create || create_new,
            exclusive: create_new,
            truncate: truncate && !create_new,
            ..Options::READ
        };
        let relative = Relative::new(path);
        match self.root.open(relative.path()?, options)? {
            Opened::File(file) => {
                Ok(ExportedFile::new(file, Arc::clone(&self.root), relative, (read, writes, append)))
            }
            Opened::Dir(_) => Err(Errno::Isdir),
            Opened::Special(_) => Err(Errno::Notcapable),
        }
    }

    fn move_name(&self, from: &VirtualPath, to: &VirtualPath) -> Result<()> {
        let (from, to) = (Relative::new(from), Relative::new(to));
        self.root.rename(from.path().map_err(to_fs)?, &*self.root, to.path().map_err(to_fs)?).map_err(to_fs)
    }
}

impl fmt::Debug for Exported {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Exported").finish_non_exhaustive()
    }
}

impl FileSystem for Exported {
    fn readlink(&self, path: &VirtualPath) -> Result<PathBuf> {
        self.target(path).map_err(to_fs)
    }

    fn read_dir(&self, path: &VirtualPath) -> Result<ReadDir> {
        self.entries(path).map(ReadDir::new).map_err(to_fs)
    }

    fn create_dir(&self, path: &VirtualPath) -> Result<()> {
        Relative::new(path).with(|path| self.root.create_dir(path))
    }

    fn create_symlink(&self, source: &VirtualPath, target: &VirtualPath) -> Result<()> {
        let text = with_nul(source.as_os_str().as_bytes());
        Relative::new(target).with(|path| self.root.symlink(LinkTarget::new(&text, path)?, path))
    }

    fn hard_link(&self, source: &VirtualPath, target: &VirtualPath) -> Result<()> {
        let new = Relative::new(target);
        Relative::new(source).with(|path| self.root.link(path, false, &*self.root, new.path()?))
    }

    fn remove_dir(&self, path: &VirtualPath) -> Result<()> {
        Relative::new(path).with(|path| self.root.remove_dir(path))
    }

    fn rename<'a>(
        &'a self,
        from: &'a VirtualPath,
        to: &'a VirtualPath,
    ) -> Pin<Box<dyn Future<Output = Result<()>> + Send + 'a>> {
        Box::pin(ready(self.move_name(from, to)))
    }

    fn metadata(&self, path: &VirtualPath) -> Result<Metadata> {
        Relative::new(path).with(|path| self.root.stat_at(path, true)).map(|stat| metadata(&stat))
    }

    fn symlink_metadata(&self, path: &VirtualPath) -> Result<Metadata> {
        Relative::new(path).with(|path| self.root.stat_at(path, false)).map(|stat| metadata(&stat))
    }

    fn remove_file(&self, path: &VirtualPath) -> Result<()> {
        Relative::new(path).with(|path| self.root.unlink(path))
    }

    fn new_open_options(&self) -> OpenOptions<'_> {
        OpenOptions::new(self)
    }
}

impl FileOpener for Exported {
    fn open(
        &self,
        path: &VirtualPath,
        conf: &OpenOptionsConfig,
    ) -> Result<Box<dyn VirtualFile + Send + Sync + 'static>> {
        match self.open_file(path, conf) {
            Ok(file) => Ok(Box::new(file)),
            Err(errno) => Err(to_fs(errno)),
        }
    }
}

/// A path of virtual-fs as one from our root: without the slashes at its beginning. No more is done to it: what `..` and slashes
/// at the end mean is for the directory to say.
struct Relative(Vec<u8>);

impl Relative {
    fn new(path: &VirtualPath) -> Self {
        let bytes = path.as_os_str().as_bytes();
        let slashes = bytes.iter().take_while(|byte| **byte == b'/').count();
        Self(with_nul(if slashes == bytes.len() { b"." } else { &bytes[slashes..] }))
    }

    fn path(&self) -> Answer<Path<'_>> {
        Path::new(&self.0)
    }

    fn with<T>(&self, act: impl FnOnce(Path<'_>) -> Answer<T>) -> Result<T> {
        self.path().and_then(act).map_err(to_fs)
    }
}

fn with_nul(bytes: &[u8]) -> Vec<u8> {
    [bytes, b"\0"].concat()
}

fn metadata(stat: &Filestat) -> Metadata {
    let Filestat { dev: _, ino: _, filetype, nlink: _, size, atim, mtim, ctim } = *stat;
    // When it was made is not known. WASIX shows its guests this as the time of the last change of metadata, which is.
    Metadata { ft: file_type(filetype), accessed: atim, created: ctim, modified: mtim, len: size }
}

const fn file_type(filetype: Filetype) -> FileType {
    FileType {
        dir: matches!(filetype, Filetype::Directory),
        file: matches!(filetype, Filetype::RegularFile),
        symlink: matches!(filetype, Filetype::SymbolicLink),
        char_device: matches!(filetype, Filetype::CharacterDevice),
        block_device: matches!(filetype, Filetype::BlockDevice),
        socket: matches!(filetype, Filetype::SocketStream | Filetype::SocketDgram),
        fifo: false,
    }
}
