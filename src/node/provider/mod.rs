//! Filesystems written in JavaScript: an object with the functions of `node:fs` or of a provider of `node:vfs`.
//!
//! `lib/provider/` calls the object, judges what it returns, and turns what it throws into errnos; here is the tree over that.
//! The object is asked by paths that were built name by name, so none of them leaves its root.

mod file;
mod hooks;
#[cfg(not(feature = "engine"))]
mod nowhere;
mod values;

use std::any::Any;
use std::collections::VecDeque;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{SystemTime, UNIX_EPOCH};

use napi::bindgen_prelude::Object;
use napi::{Env, JsValue, Result as NapiResult};
use napi_derive::napi;

use self::file::ProviderFile;
use self::hooks::{Arg, Hooks};
use self::values::Entries;
use super::filesystem::FileSystem;
use crate::abi::{Errno, Filestat, Filetype};
use crate::vfs::tree::{Kept, Tree, TreeDir};
use crate::vfs::{Access, DirEntry, File, Result, SetTime, SetTimes};

/// How many listings are kept: one that is still wanted after so many others were begun is read anew.
const MOST_LISTINGS: usize = 32;

/// The longest path from the root, bytes: a guest goes deeper step by step, and each step keeps its path.
const MAX_DEPTH: usize = 65_535;

/// The filesystem that `hooks` (see `Provider` in `lib/provider/`) stands for. It holds them weakly: who mounts it holds them.
#[napi]
pub fn provider(env: Env, hooks: Object<'_>) -> NapiResult<FileSystem> {
    let tree = Arc::new(Provider { hooks: Hooks::new(env.raw(), hooks.raw())?, recent: Mutex::default() });
    let root = Node { path: "/".into(), filetype: Filetype::Directory };
    Ok(FileSystem::new(Arc::new(TreeDir::new(tree, root))))
}

/// A tree of which JavaScript knows what is in it.
pub struct Provider {
    hooks: Arc<Hooks>,
    /// The listings that were begun last. Open directories refer to theirs weakly: a guest may open a long one many times.
    recent: Mutex<VecDeque<Arc<Entries>>>,
}

/// A path, beginning with a slash and without one at its end, and what it led to.
#[derive(Clone)]
pub struct Node {
    path: Arc<str>,
    filetype: Filetype,
}

/// How `open` opens.
mod how {
    pub const READ: u32 = 1;
    pub const WRITE: u32 = 2;
    pub const TRUNCATE: u32 = 4;
    pub const CREATE: u32 = 8;
}

impl Provider {
    fn stat_and_mode(&self, path: &str) -> Result<(Filestat, u32)> {
        let (stat, mode) = self.hooks.call(c"lstat", &[Arg::Text(path)], values::stat)?;
        Ok((with_ino(stat, path), mode))
    }

    fn is_dir(&self, path: &str) -> Result<bool> {
        Ok(self.stat_and_mode(path)?.0.filetype == Filetype::Directory)
    }

    fn open_path(&self, path: &str, access: Access, more: u32) -> Result<Box<dyn File>> {
        let how = more
            | match access {
                Access::Read => how::READ,
                Access::Write => how::WRITE,
                Access::ReadWrite => how::READ | how::WRITE,
            };
        let args = [Arg::Text(path), Arg::Number(how.into())];
        let handle = self.hooks.call(c"open", &args, values::number)?;
        Ok(Box::new(ProviderFile::new(Arc::clone(&self.hooks), handle, path.into(), access)))
    }

    fn entries(&self, dir: &Node) -> Result<Arc<Entries>> {
        match self.hooks.call(c"list", &[Arg::Text(&dir.path)], Entries::read) {
            // That would mean: ask again.
            Err(Errno::Again) => Err(Errno::Io),
            entries => Ok(Arc::new(entries?)),
        }
    }
}

impl Tree for Provider {
    type Node = Node;

    fn filetype(&self, node: &Node) -> Filetype {
        node.filetype
    }

    fn stat(&self, node: &Node) -> Result<Filestat> {
        Ok(self.stat_and_mode(&node.path)?.0)
    }

    fn lookup(&self, dir: &Node, name: &[u8]) -> Result<Node> {
        let path = child(dir, name)?;
        let filetype = self.stat_and_mode(&path)?.0.filetype;
        Ok(Node { path, filetype })
    }

    fn read_link(&self, node: &Node) -> Result<Box<[u8]>> {
        let target = self.hooks.call(c"readLink", &[Arg::Text(&node.path)], values::text)?;
        Ok(target.into_bytes().into())
    }

    fn open(&self, node: &Node, access: Access, truncate: bool) -> Result<Box<dyn File>> {
        self.open_path(&node.path, access, if truncate { how::TRUNCATE } else { 0 })
    }

    fn list(
        &self,
        dir: &Node,
        cookie: u64,
        each: &mut dyn FnMut(DirEntry<'_>) -> ControlFlow<()>,
    ) -> Result<()> {
        self.list_open(dir, &Kept::default(), cookie, each)
    }

    /// A directory is read once from its beginning; what follows is listed as it was then.
    fn list_open(
        &self,
        dir: &Node,
        kept: &Kept,
        cookie: u64,
        each: &mut dyn FnMut(DirEntry<'_>) -> ControlFlow<()>,
    ) -> Result<()> {
        let known = kept.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let known = known
            .filter(|_| cookie != 0)
            .and_then(|entries| entries.downcast_ref::<Weak<Entries>>()?.upgrade());
        let entries = match known {
            Some(entries) => entries,
            None => {
                let entries = self.entries(dir)?;
                let keep = Arc::new(Arc::downgrade(&entries)) as Arc<dyn Any + Send + Sync>;
                *kept.lock().unwrap_or_else(PoisonError::into_inner) = Some(keep);
                let mut recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
                if recent.len() == MOST_LISTINGS {
                    recent.pop_front();
                }
                recent.push_back(Arc::clone(&entries));
                entries
            }
        };
        for index in usize::try_from(cookie).unwrap_or(usize::MAX)..entries.len() {
            let Some((name, ino, filetype)) = entries.get(index) else { break };
            let ino = if ino == 0 { hash(&child(dir, name.as_bytes())?) } else { ino };
            let next = index as u64 + 1;
            if each(DirEntry { name: name.as_bytes(), ino, filetype, next }).is_break() {
                break;
            }
        }
        Ok(())
    }

    fn sync(&self, _node: &Node) -> Result<()> {
        Ok(())
    }

    fn mode(&self, node: &Node) -> Result<u32> {
        Ok(self.stat_and_mode(&node.path)?.1)
    }

    fn set_mode(&self, node: &Node, mode: u32) -> Result<()> {
        if node.filetype == Filetype::SymbolicLink {
            return Err(Errno::Notsup);
        }
        self.hooks.act(c"chmod", &[Arg::Text(&node.path), Arg::Number(mode.into())])
    }

    fn set_times(&self, node: &Node, times: SetTimes) -> Result<()> {
        let [access, modified] = milliseconds(times, || self.stat(node))?;
        let name = if node.filetype == Filetype::SymbolicLink { c"linkTimes" } else { c"times" };
        self.hooks.act(name, &[Arg::Text(&node.path), access, modified])
    }

    fn create(&self, dir: &Node, name: &[u8], access: Access) -> Result<Box<dyn File>> {
        self.open_path(&child(dir, name)?, access, how::CREATE)
    }

    fn create_dir(&self, dir: &Node, name: &[u8]) -> Result<()> {
        self.hooks.act(c"makeDir", &[Arg::Text(&child(dir, name)?)])
    }

    fn symlink(&self, target: &[u8], dir: &Node, name: &[u8]) -> Result<()> {
        let target = std::str::from_utf8(target).map_err(|_| Errno::Ilseq)?;
        self.hooks.act(c"symlink", &[Arg::Text(target), Arg::Text(&child(dir, name)?)])
    }

    fn link(&self, node: &Node, dir: &Node, name: &[u8]) -> Result<()> {
        let path = child(dir, name)?;
        if node.filetype == Filetype::Directory {
            return match self.stat_and_mode(&path) {
                Ok(_) => Err(Errno::Exist),
                Err(Errno::Noent) => Err(Errno::Perm),
                Err(errno) => Err(errno),
            };
        }
        self.hooks.act(c"link", &[Arg::Text(&node.path), Arg::Text(&path)])
    }

    // What a provider makes of the wrong kind is left to its author. So the kind is asked first.
    fn unlink(&self, dir: &Node, name: &[u8]) -> Result<()> {
        let path = child(dir, name)?;
        if self.is_dir(&path)? {
            return Err(Errno::Isdir);
        }
        self.hooks.act(c"unlink", &[Arg::Text(&path)])
    }

    fn remove_dir(&self, dir: &Node, name: &[u8]) -> Result<()> {
        let path = child(dir, name)?;
        if !self.is_dir(&path)? {
            return Err(Errno::Notdir);
        }
        self.hooks.act(c"removeDir", &[Arg::Text(&path)])
    }

    fn rename(&self, dir: &Node, name: &[u8], to: &Node, new: &[u8]) -> Result<()> {
        let (from, to) = (child(dir, name)?, child(to, new)?);
        let old = self.stat_and_mode(&from)?.0;
        if from == to {
            return Ok(());
        }
        if is_above(&from, &to) {
            return Err(Errno::Inval);
        }
        if is_above(&to, &from) {
            return Err(Errno::Notempty);
        }
        match self.hooks.call(c"lstat", &[Arg::Text(&to)], values::stat) {
            Err(Errno::Noent) => {}
            there => {
                let there = there?.0;
                match (old.filetype == Filetype::Directory, there.filetype == Filetype::Directory) {
                    (true, false) => return Err(Errno::Notdir),
                    (false, true) => return Err(Errno::Isdir),
                    (true, true) => {
                        let dir = Node { path: Arc::clone(&to), filetype: Filetype::Directory };
                        if self.entries(&dir)?.len() > 0 {
                            return Err(Errno::Notempty);
                        }
                    }
                    // Two names of one file.
                    (false, false) if there.ino != 0 && (there.dev, there.ino) == (old.dev, old.ino) => {
                        return Ok(());
                    }
                    (false, false) => {}
                }
            }
        }
        self.hooks.act(c"rename", &[Arg::Text(&from), Arg::Text(&to)])
    }
}

/// Both times in ms, as JavaScript counts: one that is left alone is what it was.
fn milliseconds(times: SetTimes, stat: impl FnOnce() -> Result<Filestat>) -> Result<[Arg<'static>; 2]> {
    const NS: u64 = 1_000_000;
    let SetTimes { access, modified } = times;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis() as u64;
    let before = match (access, modified) {
        (Some(_), Some(_)) => None,
        _ => Some(stat()?),
    };
    let time = |time, before: Option<u64>| {
        Arg::Number(match time {
            Some(SetTime::Now) => now as f64,
            Some(SetTime::At(time)) => (time / NS) as f64,
            None => (before.unwrap_or_default() / NS) as f64,
        })
    };
    Ok([time(access, before.map(|stat| stat.atim)), time(modified, before.map(|stat| stat.mtim))])
}

/// The path of a name in a directory. Errors: `Nametoolong`, `Ilseq`.
fn child(dir: &Node, name: &[u8]) -> Result<Arc<str>> {
    let name = std::str::from_utf8(name).map_err(|_| Errno::Ilseq)?;
    let path = if &*dir.path == "/" { format!("/{name}") } else { format!("{}/{name}", dir.path) };
    if path.len() > MAX_DEPTH { Err(Errno::Nametoolong) } else { Ok(path.into()) }
}

/// Whether one path is of a directory above the other.
fn is_above(path: &str, other: &str) -> bool {
    other.strip_prefix(path).is_some_and(|rest| rest.starts_with('/'))
}

/// A number for a path, the same in every run, never 0.
fn hash(path: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    path.hash(&mut hasher);
    hasher.finish() | 1
}

fn with_ino(stat: Filestat, path: &str) -> Filestat {
    if stat.ino == 0 { Filestat { ino: hash(path), ..stat } } else { stat }
}
