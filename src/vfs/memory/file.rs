//! An open file in memory.

use std::sync::Arc;

use super::content::MAX_LEN;
use super::node::Node;
use crate::abi::{Errno, Filestat};
use crate::span::{Span, total};
use crate::vfs::{Access, Advice, File, Result, SetTimes};

/// A file as it was opened: it outlives its names.
pub(super) struct MemoryFile {
    node: Arc<Node>,
    access: Access,
}

impl MemoryFile {
    /// Trusts that the node is a regular file.
    pub(super) const fn new(node: Arc<Node>, access: Access) -> Self {
        Self { node, access }
    }

    /// Makes it longer or shorter; the times change also where its length stays, as they do on the host.
    fn resize(&self, len: u64) -> Result<()> {
        if !self.access.writes() || len > MAX_LEN {
            return Err(Errno::Inval);
        }
        self.node.content_mut()?.set_len(len, &self.node.shared.quota);
        self.node.touch_modified();
        Ok(())
    }
}

impl File for MemoryFile {
    fn stat(&self) -> Result<Filestat> {
        Ok(self.node.stat())
    }

    fn read_at(&self, into: &[Span<'_>], offset: u64) -> Result<usize> {
        if self.access == Access::Write {
            return Err(Errno::Badf);
        }
        within(offset, into)?;
        let len = self.node.content()?.read(into, offset);
        self.node.touch_access();
        Ok(len)
    }

    fn write_at(&self, from: &[Span<'_>], offset: u64) -> Result<usize> {
        if !self.access.writes() {
            return Err(Errno::Badf);
        }
        if within(offset, from)? == 0 {
            return Ok(0);
        }
        let len = self.node.content_mut()?.write(from, offset, &self.node.shared.quota)?;
        self.node.touch_modified();
        Ok(len)
    }

    fn append(&self, from: &[Span<'_>]) -> Result<(usize, u64)> {
        if !self.access.writes() {
            return Err(Errno::Badf);
        }
        let mut content = self.node.content_mut()?;
        let end = content.len();
        if total(from) == 0 {
            return Ok((0, end));
        }
        let len = content.write(from, end, &self.node.shared.quota)?;
        drop(content);
        self.node.touch_modified();
        Ok((len, end + len as u64))
    }

    fn set_len(&self, len: u64) -> Result<()> {
        self.resize(len)
    }

    fn allocate(&self, offset: u64, len: u64) -> Result<()> {
        let end = offset.checked_add(len).filter(|end| *end <= MAX_LEN).ok_or(Errno::Fbig)?;
        if !self.access.writes() {
            return if self.node.content()?.len() < end { Err(Errno::Inval) } else { Ok(()) };
        }
        let mut content = self.node.content_mut()?;
        if content.len() < end {
            content.set_len(end, &self.node.shared.quota);
            drop(content);
            self.node.touch_modified();
        }
        Ok(())
    }

    fn data_from(&self, offset: u64) -> Result<Option<u64>> {
        Ok(self.node.content()?.data_from(offset))
    }

    fn mode(&self) -> Result<u32> {
        Ok(self.node.mode())
    }

    fn set_mode(&self, mode: u32) -> Result<()> {
        self.node.set_mode(mode);
        Ok(())
    }

    fn set_times(&self, times: SetTimes) -> Result<()> {
        self.node.set_times(times);
        Ok(())
    }

    fn advise(&self, _offset: u64, len: u64, _advice: Advice) -> Result<()> {
        // As the kernel, which looks at the length alone.
        if len > MAX_LEN { Err(Errno::Inval) } else { Ok(()) }
    }

    fn runs_engine(&self) -> bool {
        false
    }

    fn sync(&self) -> Result<()> {
        Ok(())
    }
}

/// How many bytes the spans cover. Errors: `Inval` where no file can have so many at `offset`, as Linux has it.
fn within(offset: u64, spans: &[Span<'_>]) -> Result<u64> {
    let len = total(spans) as u64;
    if offset.checked_add(len).is_some_and(|end| end <= MAX_LEN) { Ok(len) } else { Err(Errno::Inval) }
}
