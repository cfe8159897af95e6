//! A directory in which single files are mounted: on top of a directory of any kind, or of nothing.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use super::tree::{Tree, TreeDir};
use super::{
    Access, Dir, DirEntry, File, LinkTarget, MAX_PATH, OpenOptions, Opened, Path, Result, SetTimes,
    SingleFile,
};
use crate::abi::{Errno, Filestat, Filetype};

/// The files, by their names in the directory.
pub type Files = BTreeMap<Box<[u8]>, SingleFile>;

/// A directory with files mounted in it. Whatever the directory underneath has under one of their names is hidden; the names can
/// neither be removed nor moved nor given to another file. Where there is nothing underneath, nothing can be made.
pub struct WithFiles {
    under: Option<Arc<dyn Dir>>,
    files: Files,
    /// The inode of a directory with nothing underneath, and when it was made, ns.
    ino: u64,
    made: u64,
}

impl WithFiles {
    /// The directory, of which nothing else knows what is mounted in it: what was opened of `under` elsewhere has no part in it.
    pub fn mount(under: Option<Box<dyn Dir>>, files: Files) -> Box<dyn Dir> {
        static INODES: AtomicU64 = AtomicU64::new(1);
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let made = u64::try_from(now.as_nanos()).unwrap_or(u64::MAX);
        let ino = INODES.fetch_add(1, Ordering::Relaxed);
        let tree = Self { under: under.map(Arc::from), files, ino, made };
        Box::new(TreeDir::new(Arc::new(tree), Node::Root))
    }

    fn file(&self, dir: &Node, name: &[u8]) -> Option<&SingleFile> {
        if matches!(dir, Node::Root) { self.files.get(name) } else { None }
    }

    fn mounted(&self, name: &[u8]) -> Result<&SingleFile> {
        self.files.get(name).ok_or(Errno::Noent)
    }

    /// The directory underneath, to read. Errors: `Noent` where there is none, `Notdir`.
    fn under<'n>(&'n self, dir: &'n Node) -> Result<&'n Arc<dyn Dir>> {
        match dir {
            Node::Root => self.under.as_ref().ok_or(Errno::Noent),
            Node::Dir(dir) => Ok(dir),
            Node::Other { .. } | Node::Mounted { .. } => Err(Errno::Notdir),
        }
    }

    /// The directory underneath, to change a name in it. Errors: `Busy` for the name of a mounted file, `Rofs` where there is no
    /// directory, `Notdir`.
    fn place<'n>(&'n self, dir: &'n Node, name: &[u8]) -> Result<&'n dyn Dir> {
        if self.file(dir, name).is_some() {
            return Err(Errno::Busy);
        }
        match self.under(dir) {
            Err(Errno::Noent) => Err(Errno::Rofs),
            dir => Ok(dir?.as_ref()),
        }
    }

    /// As [`WithFiles::place`], for a name to be made. Errors: `Exist` for the name of a mounted file.
    fn place_to_make<'n>(&'n self, dir: &'n Node, name: &[u8]) -> Result<&'n dyn Dir> {
        self.place(dir, name).map_err(|errno| if errno == Errno::Busy { Errno::Exist } else { errno })
    }
}

/// What was found. Nothing of it is reached by a path of more than one name.
#[derive(Clone)]
pub enum Node {
    /// The directory with the files.
    Root,
    /// A directory beneath it.
    Dir(Arc<dyn Dir>),
    /// Anything else, by its name in its directory.
    Other {
        /// The directory.
        dir: Arc<dyn Dir>,
        /// The name.
        name: Name,
        /// Its type.
        filetype: Filetype,
    },
    /// A mounted file.
    Mounted {
        /// Its name.
        name: Arc<[u8]>,
        /// Its type.
        filetype: Filetype,
    },
}

/// A single name, with a NUL behind it.
#[derive(Clone)]
pub struct Name(Arc<[u8]>);

impl Name {
    fn new(name: &[u8]) -> Self {
        Self(name.iter().copied().chain([0]).collect())
    }

    fn path(&self) -> Result<Path<'_>> {
        Path::of_host(&self.0)
    }
}

const HERE: &[u8] = b".\0";

impl Tree for WithFiles {
    type Node = Node;

    fn filetype(&self, node: &Node) -> Filetype {
        match node {
            Node::Root | Node::Dir(_) => Filetype::Directory,
            Node::Other { filetype, .. } | Node::Mounted { filetype, .. } => *filetype,
        }
    }

    fn stat(&self, node: &Node) -> Result<Filestat> {
        match node {
            Node::Root => match &self.under {
                Some(under) => under.stat(),
                None => Ok(Filestat {
                    dev: 0,
                    ino: self.ino,
                    filetype: Filetype::Directory,
                    nlink: 1,
                    size: 0,
                    atim: self.made,
                    mtim: self.made,
                    ctim: self.made,
                }),
            },
            Node::Dir(dir) => dir.stat(),
            Node::Other { dir, name, .. } => dir.stat_at(name.path()?, false),
            Node::Mounted { name, .. } => self.mounted(name)?.stat(),
        }
    }

    fn lookup(&self, dir: &Node, name: &[u8]) -> Result<Node> {
        if let Some(file) = self.file(dir, name) {
            let filetype = file.stat()?.filetype;
            return if file.allows(filetype) {
                Ok(Node::Mounted { name: name.into(), filetype })
            } else {
                Err(Errno::Notcapable)
            };
        }
        let dir = self.under(dir)?;
        let name = Name::new(name);
        let filetype = dir.stat_at(name.path()?, false)?.filetype;
        if filetype != Filetype::Directory {
            return Ok(Node::Other { dir: Arc::clone(dir), name, filetype });
        }
        let options = OpenOptions { follow: false, directory: true, ..OpenOptions::READ };
        match dir.open(name.path()?, options)? {
            Opened::Dir(dir) => Ok(Node::Dir(Arc::from(dir))),
            Opened::File(_) | Opened::Special(_) => Err(Errno::Notdir),
        }
    }

    fn read_link(&self, node: &Node) -> Result<Box<[u8]>> {
        let Node::Other { dir, name, .. } = node else { return Err(Errno::Inval) };
        let mut target = [0; MAX_PATH + 1];
        let len = dir.read_link(name.path()?, &mut target)?;
        Ok(target[..len].into())
    }

    fn open(&self, node: &Node, access: Access, truncate: bool) -> Result<Box<dyn File>> {
        match node {
            Node::Mounted { name, .. } => self.mounted(name)?.open_file(access, truncate),
            Node::Other { dir, name, .. } => {
                let options = OpenOptions { follow: false, access, truncate, ..OpenOptions::READ };
                match dir.open(name.path()?, options)? {
                    Opened::File(file) => Ok(file),
                    Opened::Dir(_) => Err(Errno::Isdir),
                    Opened::Special(_) => Err(Errno::Notcapable),
                }
            }
            Node::Root | Node::Dir(_) => Err(Errno::Isdir),
        }
    }

    fn open_special(&self, node: &Node, access: Access) -> Result<Opened> {
        match node {
            Node::Mounted { name, .. } => self.mounted(name)?.open(access, false),
            Node::Other { dir, name, .. } => {
                dir.open(name.path()?, OpenOptions { follow: false, access, ..OpenOptions::READ })
            }
            Node::Root | Node::Dir(_) => Err(Errno::Isdir),
        }
    }

    /// The mounted files come first, so that the cookies of what is underneath only move by their number.
    fn list(
        &self,
        dir: &Node,
        cookie: u64,
        each: &mut dyn FnMut(DirEntry<'_>) -> ControlFlow<()>,
    ) -> Result<()> {
        if !matches!(dir, Node::Root) {
            return self.under(dir)?.list(cookie, each);
        }
        let mounted = self.files.len() as u64;
        for (next, (name, file)) in (1..).zip(&self.files).skip(usize::try_from(cookie).unwrap_or(usize::MAX))
        {
            let stat = file.stat();
            let (ino, filetype) = stat.map_or((0, Filetype::Unknown), |stat| (stat.ino, stat.filetype));
            if each(DirEntry { name, ino, filetype, next }).is_break() {
                return Ok(());
            }
        }
        let Some(under) = &self.under else { return Ok(()) };
        under.list(cookie.saturating_sub(mounted), &mut |entry| {
            if self.files.contains_key(entry.name) {
                return ControlFlow::Continue(());
            }
            each(DirEntry { next: entry.next.saturating_add(mounted), ..entry })
        })
    }

    fn sync(&self, node: &Node) -> Result<()> {
        match node {
            Node::Root => self.under.as_ref().map_or(Ok(()), |under| under.sync()),
            Node::Dir(dir) => dir.sync(),
            Node::Other { .. } => Ok(()),
            Node::Mounted { name, .. } => self.mounted(name)?.sync(),
        }
    }

    fn mode(&self, node: &Node) -> Result<u32> {
        match node {
            Node::Root => self.under.as_ref().ok_or(Errno::Notsup)?.mode_at(Path::new(HERE)?, false),
            Node::Dir(dir) => dir.mode_at(Path::new(HERE)?, false),
            Node::Other { dir, name, .. } => dir.mode_at(name.path()?, false),
            Node::Mounted { name, .. } => self.mounted(name)?.mode(),
        }
    }

    fn set_mode(&self, node: &Node, mode: u32) -> Result<()> {
        match node {
            Node::Root => self.under.as_ref().ok_or(Errno::Rofs)?.set_mode_at(Path::new(HERE)?, false, mode),
            Node::Dir(dir) => dir.set_mode_at(Path::new(HERE)?, false, mode),
            Node::Other { dir, name, .. } => dir.set_mode_at(name.path()?, false, mode),
            Node::Mounted { name, .. } => self.mounted(name)?.set_mode(mode),
        }
    }

    fn set_times(&self, node: &Node, times: SetTimes) -> Result<()> {
        match node {
            Node::Root => self.under.as_ref().ok_or(Errno::Rofs)?.set_times(times),
            Node::Dir(dir) => dir.set_times(times),
            Node::Other { dir, name, .. } => dir.set_times_at(name.path()?, false, times),
            Node::Mounted { name, .. } => self.mounted(name)?.set_times(times),
        }
    }

    fn create(&self, dir: &Node, name: &[u8], access: Access) -> Result<Box<dyn File>> {
        let options =
            OpenOptions { follow: false, access, create: true, exclusive: true, ..OpenOptions::READ };
        match self.place(dir, name)?.open(Name::new(name).path()?, options)? {
            Opened::File(file) => Ok(file),
            Opened::Dir(_) | Opened::Special(_) => Err(Errno::Exist),
        }
    }

    fn create_dir(&self, dir: &Node, name: &[u8]) -> Result<()> {
        self.place_to_make(dir, name)?.create_dir(Name::new(name).path()?)
    }

    fn symlink(&self, target: &[u8], dir: &Node, name: &[u8]) -> Result<()> {
        let target = Name::new(target);
        self.place_to_make(dir, name)?.symlink(LinkTarget::of_host(&target.0)?, Name::new(name).path()?)
    }

    fn link(&self, node: &Node, dir: &Node, name: &[u8]) -> Result<()> {
        let to = self.place_to_make(dir, name)?;
        match node {
            Node::Other { dir, name: old, .. } => dir.link(old.path()?, false, to, Name::new(name).path()?),
            // The mounted file is of another filesystem, whichever that is.
            Node::Mounted { .. } => Err(Errno::Xdev),
            // A directory has one name; what is wrong with the new one is told first, and in one that was removed nothing is made.
            Node::Root | Node::Dir(_) => match to.stat_at(Name::new(name).path()?, false) {
                Ok(_) => Err(Errno::Exist),
                Err(Errno::Noent) if to.stat()?.nlink == 0 => Err(Errno::Noent),
                Err(Errno::Noent) => Err(Errno::Perm),
                Err(errno) => Err(errno),
            },
        }
    }

    fn unlink(&self, dir: &Node, name: &[u8]) -> Result<()> {
        self.place(dir, name)?.unlink(Name::new(name).path()?)
    }

    fn remove_dir(&self, dir: &Node, name: &[u8]) -> Result<()> {
        self.place(dir, name)?.remove_dir(Name::new(name).path()?)
    }

    fn rename(&self, dir: &Node, name: &[u8], to: &Node, new: &[u8]) -> Result<()> {
        let (from, to) = (self.place(dir, name)?, self.place(to, new)?);
        from.rename(Name::new(name).path()?, to, Name::new(new).path()?)
    }
}
