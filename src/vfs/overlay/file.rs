//! Overlay: an open file, which is the lower's until it is changed, for all who opened it.

use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};

use super::Core;
use super::node::{Id, Node};
use crate::abi::{Errno, Filestat};
use crate::span::{Span, total};
use crate::vfs::{Access, Advice, File, Result, SetTimes};

/// What all descriptors of one file share.
pub struct Body {
    /// Its name. It is in the directory above, or gone.
    pub(super) node: Arc<Node>,
    state: RwLock<State>,
}

/// Which of the two trees a file is in.
#[derive(Clone)]
pub(super) struct State {
    pub whose: Whose,
    pub file: Arc<dyn File>,
    /// What it says it is, whichever it is in.
    pub id: Id,
    /// The time of the last change that showed: in place of this time, that one.
    pub ctime: (u64, u64),
}

/// Whose an open file is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Whose {
    /// The lower's, open to read.
    Lower,
    /// The upper's, open to read and write.
    Upper,
    /// The upper's, while it may be written to the lower: whoever changes it waits for the lock.
    Settling,
}

impl Body {
    pub(super) const fn new(node: Arc<Node>, state: State) -> Self {
        Self { node, state: RwLock::new(state) }
    }

    pub(super) fn state(&self) -> RwLockReadGuard<'_, State> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes it another's. Only whoever holds the overlay's lock does.
    pub(super) fn set(&self, state: State) {
        *self.state.write().unwrap_or_else(PoisonError::into_inner) = state;
    }

    /// Says that changes have to wait, or need no longer.
    pub(super) fn set_whose(&self, whose: Whose) {
        self.state.write().unwrap_or_else(PoisonError::into_inner).whose = whose;
    }

    /// The file as it is now. Nothing of it is locked while it is read: a lower may run JavaScript.
    fn now(&self) -> Arc<dyn File> {
        Arc::clone(&self.state().file)
    }
}

/// A file as it was opened.
pub(super) struct OverlayFile {
    pub core: Arc<Core>,
    pub body: Arc<Body>,
    pub access: Access,
}

impl OverlayFile {
    /// Changes it, in the upper. What is cut off behind `most` bytes at once need not be copied.
    fn change<R>(&self, most: u64, act: impl FnOnce(&dyn File) -> Result<R>) -> Result<R> {
        loop {
            {
                // Held meanwhile, so that what is written is not lost between being committed and being let go of.
                let state = self.body.state();
                if state.whose == Whose::Upper {
                    return act(&*state.file);
                }
            }
            let mut known = self.core.lock.take()?;
            self.core.raise_body(&mut known, &self.body, most)?;
        }
    }
}

/// Makes a file of the upper's `len` bytes long. One that was just copied only so far has that length, and is seen with it: it is
/// done, whatever the rest of it (its times) comes to.
pub(super) fn cut(file: &dyn File, len: u64, copied: bool) -> Result<()> {
    file.set_len(len).or_else(|errno| {
        let there = copied && file.stat().is_ok_and(|stat| stat.size == len);
        if there { Ok(()) } else { Err(errno) }
    })
}

impl File for OverlayFile {
    fn stat(&self) -> Result<Filestat> {
        let State { file, id, whose, ctime } = self.body.state().clone();
        let stat = file.stat()?;
        // The lower's names stay when the merged one goes.
        let removed = whose == Whose::Lower && self.body.node.inside().gone.is_some();
        let nlink = if removed { 0 } else { stat.nlink };
        let ctim = if stat.ctim == ctime.0 { ctime.1 } else { stat.ctim };
        Ok(Filestat { dev: id.0, ino: id.1, nlink, ctim, ..stat })
    }

    fn read_at(&self, into: &[Span<'_>], offset: u64) -> Result<usize> {
        if self.access == Access::Write {
            return Err(Errno::Badf);
        }
        self.body.now().read_at(into, offset)
    }

    fn data_from(&self, offset: u64) -> Result<Option<u64>> {
        self.body.now().data_from(offset)
    }

    fn write_at(&self, from: &[Span<'_>], offset: u64) -> Result<usize> {
        if !self.access.writes() {
            return Err(Errno::Badf);
        }
        if i64::try_from(offset).is_err() {
            return Err(Errno::Inval);
        }
        if total(from) == 0 {
            return Ok(0);
        }
        self.change(u64::MAX, |file| file.write_at(from, offset))
    }

    fn append(&self, from: &[Span<'_>]) -> Result<(usize, u64)> {
        if !self.access.writes() {
            return Err(Errno::Badf);
        }
        if total(from) == 0 {
            return Ok((0, self.body.now().stat()?.size));
        }
        self.change(u64::MAX, |file| file.append(from))
    }

    fn set_len(&self, len: u64) -> Result<()> {
        if !self.access.writes() || i64::try_from(len).is_err() {
            return Err(Errno::Inval);
        }
        let copied = self.body.state().whose == Whose::Lower;
        self.change(len, |file| cut(file, len, copied))
    }

    fn allocate(&self, offset: u64, len: u64) -> Result<()> {
        let end = offset.checked_add(len).filter(|end| i64::try_from(*end).is_ok()).ok_or(Errno::Fbig)?;
        if self.body.now().stat()?.size >= end {
            return Ok(());
        }
        if !self.access.writes() {
            return Err(Errno::Inval);
        }
        self.change(u64::MAX, |file| file.allocate(offset, len))
    }

    fn set_times(&self, times: SetTimes) -> Result<()> {
        self.change(u64::MAX, |file| file.set_times(times))
    }

    fn mode(&self) -> Result<u32> {
        self.body.now().mode()
    }

    fn set_mode(&self, mode: u32) -> Result<()> {
        self.change(u64::MAX, |file| file.set_mode(mode))
    }

    fn advise(&self, offset: u64, len: u64, advice: Advice) -> Result<()> {
        self.body.now().advise(offset, len, advice)
    }

    fn runs_engine(&self) -> bool {
        // Also asked before a write, which reads the lower to copy it.
        self.body.now().runs_engine()
    }

    fn sync(&self) -> Result<()> {
        // What is the lower's was not changed here.
        let State { file, whose, .. } = self.body.state().clone();
        if whose == Whose::Lower { Ok(()) } else { file.sync() }
    }

    fn datasync(&self) -> Result<()> {
        let State { file, whose, .. } = self.body.state().clone();
        if whose == Whose::Lower { Ok(()) } else { file.datasync() }
    }
}
