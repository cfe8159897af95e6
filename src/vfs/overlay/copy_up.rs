//! Overlay: what only the lower has is copied into the upper before it is changed: whole, or not at all.

use std::sync::Arc;

use super::file::{Body, State, Whose};
use super::lock::Known;
use super::node::{Node, split};
use super::whiteout::temporary;
use super::{Core, times_of};
use crate::abi::{Errno, Filestat, Filetype};
use crate::span::Span;
use crate::vfs::{Access, File, Result};

/// How much is copied at once, bytes.
const PIECE: usize = 128 * 1024;

/// What becomes a hole where it is zeros, bytes.
const BLOCK: usize = 4096;

impl Core {
    /// Sees to it that a node is in the upper, to be changed there, and says at which path. Errors: `Noent` where it was removed, `Nospc`, `Xdev` for
    /// what cannot be copied.
    pub(super) fn raise(&self, known: &mut Known, node: &Arc<Node>) -> Result<Vec<u8>> {
        let Some((dir, name)) = node.place()? else {
            self.touched(known, b"")?;
            return Ok(Vec::new());
        };
        let found = self.find(&*dir.locate()?, &name)?;
        if found.upper.is_none() {
            let lower = found.lower.ok_or(Errno::Noent)?;
            self.raise_dir(known, &dir)?;
            self.raise_path(known, &found.path, &lower, u64::MAX, false)?;
        }
        self.touched(known, &found.path)?;
        Ok(found.path)
    }

    /// What has this path in the upper is about to be changed, or was.
    pub(super) fn touched(&self, known: &mut Known, path: &[u8]) -> Result<()> {
        if let Some(stat) = self.upper.stat(path)? {
            known.origins.touched(stat.ino);
        }
        Ok(())
    }

    /// Sees to it that an open file is the upper's. What is cut off behind `most` bytes at once is not copied.
    pub(super) fn raise_body(&self, known: &mut Known, body: &Arc<Body>, most: u64) -> Result<()> {
        if body.state().whose != Whose::Lower {
            return Ok(());
        }
        match body.node.place() {
            Ok(Some((dir, name))) => {
                let found = self.find(&*dir.locate()?, &name)?;
                let lower = body.state().file.stat()?;
                let same =
                    |there: &Filestat| there.ino == 0 || (there.dev, there.ino) == (lower.dev, lower.ino);
                if found.upper.is_some() || !found.lower.as_ref().is_some_and(same) {
                    // Somebody else has removed it, or put another in its place: what is open has no name any more.
                    self.lost(&body.node, None);
                    dir.forget(&name);
                    return self.raise_nameless(known, body, most);
                }
                self.raise_dir(known, &dir)?;
                self.raise_path(known, &found.path, &lower, most, false)
            }
            Ok(None) => Err(Errno::Isdir),
            Err(_) => self.raise_nameless(known, body, most),
        }
    }

    /// Copies an open file that has no name any more.
    fn raise_nameless(&self, known: &mut Known, body: &Arc<Body>, most: u64) -> Result<()> {
        let (from, id) = {
            let state = body.state();
            (Arc::clone(&state.file), state.id)
        };
        let lower = from.stat()?;
        let temporary = self.temporary(known, b"");
        let file = self.quietly(known, b"", || {
            let file = self.upper.create(&temporary)?;
            self.upper.unlink(&temporary)?;
            Ok(file)
        })?;
        copy(&*from, &*file, lower.size.min(most))?;
        file.set_times(times_of(&lower))?;
        body.set(State { whose: Whose::Upper, file, id, ctime: (0, 0) });
        Ok(())
    }

    /// Sees to it that a directory is in the upper, with all above it.
    pub(super) fn raise_dir(&self, known: &mut Known, dir: &Arc<Node>) -> Result<()> {
        let at = dir.locate()?;
        let Some(first) = self.first_missing(&at.path)? else { return Ok(()) };
        let (above, missing) = at.path.split_at(first);
        // From one directory into the next: whole paths would be walked again for each of them.
        let above = above.strip_suffix(b"/").unwrap_or(above);
        let (mut lower, mut upper) = (self.lower.dir(above)?, self.upper.dir(above)?);
        for name in missing.split(|byte| *byte == b'/') {
            let before = upper.stat()?;
            let (stat, made) = super::layer::with_path(name, |name| {
                let stat = lower.stat_at(name, false)?;
                let mode = match lower.mode_at(name, false) {
                    Err(Errno::Notsup) => None,
                    mode => Some(mode?),
                };
                upper.create_dir(name)?;
                let made = mode
                    .map_or(Ok(()), |mode| upper.set_mode_at(name, false, mode))
                    .and_then(|()| upper.set_times_at(name, false, times_of(&stat)))
                    .and_then(|()| super::layer::open_dir(&*lower, name))
                    .and_then(|below| Ok((below, super::layer::open_dir(&*upper, name)?)))
                    .and_then(|(below, above)| Ok((above.stat()?, below, above)));
                if made.is_err() {
                    let _ = upper.remove_dir(name);
                }
                let _ = upper.set_times(times_of(&before));
                if let Ok(after) = upper.stat() {
                    known.origins.unchanged(&before, &after);
                }
                Ok((stat, made?))
            })?;
            let copy;
            (copy, lower, upper) = made;
            known.origins.copied(&copy, &stat, true);
        }
        Ok(())
    }

    /// Where the first name of a directory's path begins that the upper has not got; `None` where it has them all. Halves what is
    /// left with each look, for a path may have as many names as a tree has levels.
    fn first_missing(&self, path: &[u8]) -> Result<Option<usize>> {
        if path.is_empty() || self.upper.has(path)? {
            return Ok(None);
        }
        let slashes = path.iter().enumerate().filter(|(_, byte)| **byte == b'/').map(|(at, _)| at);
        let ends: Vec<usize> = slashes.collect();
        let (mut there, mut missing) = (0, ends.len());
        while there < missing {
            let middle = there.midpoint(missing);
            if self.upper.has(&path[..ends[middle]])? { there = middle + 1 } else { missing = middle }
        }
        Ok(Some(if there == 0 { 0 } else { ends[there - 1] + 1 }))
    }

    /// Copies what the lower has at a path, whose directory is in the upper. A directory is copied without what is in it.
    /// `traceless` says that it is not about to be changed itself.
    pub(super) fn raise_path(
        &self,
        known: &mut Known,
        path: &[u8],
        lower: &Filestat,
        most: u64,
        traceless: bool,
    ) -> Result<()> {
        let body = self.open_at(path).filter(|body| body.state().whose == Whose::Lower);
        let temporary = self.temporary(known, split(path).0);
        let (made, upper) = self.quietly(known, split(path).0, || {
            let copied = self
                .copy_to(path, lower, &temporary, body.as_deref(), most)
                .and_then(|file| self.upper.rename(&temporary, path).map(|()| file));
            let (at, errno) = match copied {
                Ok(file) => match self.upper.stat(path).and_then(|stat| stat.ok_or(Errno::Io)) {
                    Ok(stat) => return Ok((file, stat)),
                    Err(errno) => (path, errno),
                },
                Err(errno) => (&*temporary, errno),
            };
            // Not a half of it stays, nor a whole of which it is not known what it is.
            let _ = match lower.filetype {
                Filetype::Directory => self.upper.remove_dir(at),
                _ => self.upper.unlink(at),
            };
            Err(errno)
        })?;
        known.origins.copied(&upper, lower, traceless && body.is_none());
        let id = known.origins.id(upper.ino);
        if let (Some(body), Some(file)) = (body, made) {
            body.node.inside().id = id;
            body.set(State { whose: Whose::Upper, file, id, ctime: (0, 0) });
        }
        Ok(())
    }

    /// Copies what the lower has at `path` to another path of the upper's, and hands the file out.
    fn copy_to(
        &self,
        path: &[u8],
        lower: &Filestat,
        to: &[u8],
        body: Option<&Body>,
        most: u64,
    ) -> Result<Option<Arc<dyn File>>> {
        let mut made = None;
        match lower.filetype {
            Filetype::RegularFile => {
                // What is open is what was opened, whatever has the name by now.
                let from = match body {
                    Some(body) => Arc::clone(&body.state().file),
                    None => self.lower.file(path, Access::Read)?,
                };
                let file = self.upper.create(to)?;
                copy(&*from, &*file, lower.size.min(most))?;
                made = Some(file);
            }
            Filetype::Directory => self.upper.create_dir(to)?,
            Filetype::SymbolicLink => self.upper.symlink(&self.lower.read_link(path)?, to)?,
            // There are no devices and FIFOs in the upper. Who moves one is told what moving it to another disk would say.
            _ => return Err(Errno::Xdev),
        }
        if lower.filetype != Filetype::SymbolicLink
            && let Some(mode) = self.lower.mode(path)?
        {
            self.upper.set_mode(to, mode)?;
        }
        self.upper.set_times(to, times_of(lower))?;
        Ok(made)
    }

    /// Changes a directory of the upper in a way that the merged view does not show: its times stay, where they can be set. What
    /// was done is done where they cannot.
    pub(super) fn quietly<R>(
        &self,
        known: &mut Known,
        dir: &[u8],
        act: impl FnOnce() -> Result<R>,
    ) -> Result<R> {
        let before = self.upper.stat(dir)?.ok_or(Errno::Noent)?;
        let done = act();
        let _ = self.upper.set_times(dir, times_of(&before));
        if let Ok(Some(after)) = self.upper.stat(dir) {
            known.origins.unchanged(&before, &after);
        }
        done
    }

    /// A new path in a directory of the upper's, which nobody sees.
    pub(super) fn temporary(&self, known: &mut Known, dir: &[u8]) -> Vec<u8> {
        known.temporary = known.temporary.wrapping_add(1);
        temporary(dir, known.temporary)
    }
}

/// Copies the first `len` bytes of a file into an empty one, piece by piece. Zeros become holes.
pub(super) fn copy(from: &dyn File, to: &dyn File, len: u64) -> Result<()> {
    let mut piece = vec![0; PIECE.min(usize::try_from(len).unwrap_or(PIECE))];
    let (mut at, mut len) = (0, len);
    while at < len {
        let Some(data) = from.data_from(at)?.filter(|data| *data < len) else { break };
        at = data.max(at);
        let room = piece.len().min(usize::try_from(len - at).unwrap_or(piece.len()));
        // A file that is written in JavaScript may say anything.
        let read = from.read_at(&[Span::over(&mut piece[..room])], at)?.min(room);
        if read == 0 {
            // It has become shorter.
            len = at;
        }
        write_data(to, &mut piece[..read], at)?;
        at += read as u64;
    }
    to.set_len(len)
}

/// Writes what is not zeros, block by block.
fn write_data(to: &dyn File, bytes: &mut [u8], at: u64) -> Result<()> {
    let mut done = 0;
    while done < bytes.len() {
        let blocks = bytes[done..].chunks(BLOCK);
        let holes: usize = blocks.clone().take_while(|block| is_hole(block)).map(<[u8]>::len).sum();
        let data: usize =
            blocks.skip(holes.div_ceil(BLOCK)).take_while(|block| !is_hole(block)).map(<[u8]>::len).sum();
        done += holes;
        write_all(to, &mut bytes[done..done + data], at + done as u64)?;
        done += data;
    }
    Ok(())
}

fn is_hole(block: &[u8]) -> bool {
    block.iter().all(|byte| *byte == 0)
}

/// Writes all of it. Errors: `Nospc` where the file takes no more.
fn write_all(to: &dyn File, bytes: &mut [u8], at: u64) -> Result<()> {
    let mut done = 0;
    while done < bytes.len() {
        match to.write_at(&[Span::over(&mut bytes[done..])], at + done as u64)? {
            0 => return Err(Errno::Nospc),
            written => done += written.min(bytes.len() - done),
        }
    }
    Ok(())
}
