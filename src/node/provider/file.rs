//! An open file of a filesystem written in JavaScript.

use std::sync::Arc;

use super::{Arg, Hooks, milliseconds, values, with_ino};
use crate::abi::{Errno, Filestat};
use crate::span::Span;
use crate::vfs::{Access, File, Result, SetTimes};

/// The largest offset: JavaScript counts no further without leaving a number out.
const MOST: u64 = (1 << 53) - 1;

/// How many bytes are asked for at once.
const ROUND: usize = 1 << 20;

/// A handle, which is closed when it is dropped.
pub struct ProviderFile {
    hooks: Arc<Hooks>,
    handle: f64,
    path: Box<str>,
    access: Access,
}

impl ProviderFile {
    pub(super) const fn new(hooks: Arc<Hooks>, handle: f64, path: Box<str>, access: Access) -> Self {
        Self { hooks, handle, path, access }
    }

    const fn handle(&self) -> Arg<'static> {
        Arg::Number(self.handle)
    }

    /// Up to a span's worth of bytes.
    fn read(&self, into: &Span<'_>, offset: u64) -> Result<usize> {
        let into = into.first(ROUND);
        let args = [self.handle(), Arg::Number(into.len() as f64), Arg::Number(offset as f64)];
        self.hooks.call(c"read", &args, |bytes| values::copy(&bytes, &into))
    }

    fn write(&self, from: &Span<'_>, offset: u64) -> Result<usize> {
        let mut bytes = vec![0; from.len().min(ROUND)];
        from.drain(&mut bytes);
        let args = [self.handle(), Arg::Bytes(&bytes), Arg::Number(offset as f64)];
        // `lib/provider/` has seen to it that it is no more than there was.
        self.hooks.call(c"write", &args, values::number).map(|len| len as usize)
    }

    fn writable(&self) -> Result<()> {
        if self.access.writes() { Ok(()) } else { Err(Errno::Badf) }
    }
}

/// Has `act` transfer one span after the other, until one falls short; what came before an error counts.
fn each<'s>(
    spans: &[Span<'s>],
    offset: u64,
    mut act: impl FnMut(&Span<'s>, u64) -> Result<usize>,
) -> Result<usize> {
    let mut sum = 0;
    for span in spans {
        let mut rest = *span;
        while !rest.is_empty() {
            let wanted = rest.len().min(ROUND);
            let len = match act(&rest, offset.saturating_add(sum as u64)) {
                Err(_) if sum > 0 => return Ok(sum),
                len => len?.min(wanted),
            };
            sum += len;
            if len < wanted {
                return Ok(sum);
            }
            rest = rest.after(len);
        }
    }
    Ok(sum)
}

impl File for ProviderFile {
    fn stat(&self) -> Result<Filestat> {
        let (stat, _) = self.hooks.call(c"fstat", &[self.handle()], values::stat)?;
        Ok(with_ino(stat, &self.path))
    }

    fn read_at(&self, into: &[Span<'_>], offset: u64) -> Result<usize> {
        if self.access == Access::Write {
            return Err(Errno::Badf);
        }
        // No file is that long.
        if offset > MOST {
            return Ok(0);
        }
        each(into, offset, |span, offset| self.read(span, offset))
    }

    fn write_at(&self, from: &[Span<'_>], offset: u64) -> Result<usize> {
        self.writable()?;
        each(from, offset, |span, offset| {
            if offset > MOST - ROUND as u64 {
                return Err(Errno::Fbig);
            }
            self.write(span, offset)
        })
    }

    fn append(&self, from: &[Span<'_>]) -> Result<(usize, u64)> {
        self.writable()?;
        let end = self.stat()?.size;
        let len = self.write_at(from, end)?;
        Ok((len, end.saturating_add(len as u64)))
    }

    fn set_len(&self, len: u64) -> Result<()> {
        if i64::try_from(len).is_err() {
            return Err(Errno::Inval);
        }
        if !self.access.writes() {
            return Err(Errno::Inval);
        }
        if len > MOST {
            return Err(Errno::Fbig);
        }
        self.hooks.act(c"truncate", &[self.handle(), Arg::Number(len as f64)])
    }

    fn allocate(&self, offset: u64, len: u64) -> Result<()> {
        self.writable()?;
        let end = offset.checked_add(len).filter(|end| *end <= MOST).ok_or(Errno::Fbig)?;
        if self.stat()?.size < end { self.set_len(end) } else { Ok(()) }
    }

    fn set_times(&self, times: SetTimes) -> Result<()> {
        let [access, modified] = milliseconds(times, || self.stat())?;
        self.hooks.act(c"fileTimes", &[self.handle(), access, modified])
    }

    fn runs_engine(&self) -> bool {
        true
    }

    fn sync(&self) -> Result<()> {
        self.hooks.act(c"sync", &[self.handle(), Arg::Number(0.0)])
    }

    fn datasync(&self) -> Result<()> {
        self.hooks.act(c"sync", &[self.handle(), Arg::Number(1.0)])
    }
}

impl Drop for ProviderFile {
    fn drop(&mut self) {
        self.hooks.close(self.handle);
    }
}
