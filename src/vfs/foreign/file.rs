//! An open file of a foreign filesystem. It has an offset, which is set anew for each transfer.

use std::io::SeekFrom;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use virtual_fs::{ReadBuf, VirtualFile};

use super::errno::{from_fs, from_io};
use super::ready::ready;
use super::{Mount, Place, nanoseconds};
use crate::abi::{Errno, Filestat, Filetype};
use crate::span::{Span, total};
use crate::vfs::{Access, Advice, File, Result, SetTime, SetTimes};

/// How many bytes go at once, by way of a buffer of our own.
const ROUND: usize = 1 << 16;

/// How exactly times are to be kept by a kind that keeps them at all, ns.
const SAME_TIME: u64 = 2_000_000_000;

/// An open file.
pub(super) struct ForeignFile {
    mount: Arc<Mount>,
    place: Arc<Place>,
    file: Mutex<Box<dyn VirtualFile + Send + Sync>>,
    access: Access,
}

impl ForeignFile {
    pub(super) fn new(
        mount: &Arc<Mount>,
        place: &Arc<Place>,
        file: Box<dyn VirtualFile + Send + Sync>,
        access: Access,
    ) -> Self {
        Self { mount: Arc::clone(mount), place: Arc::clone(place), file: Mutex::new(file), access }
    }

    fn file(&self) -> MutexGuard<'_, Box<dyn VirtualFile + Send + Sync>> {
        self.file.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn may_write(&self) -> Result<()> {
        if self.access.writes() { Ok(()) } else { Err(Errno::Badf) }
    }

    /// Does what may change the size, and keeps account of that.
    fn resizing<T>(&self, change: impl FnOnce(&mut dyn VirtualFile, u64) -> Result<T>) -> Result<T> {
        self.may_write()?;
        let _turn = self.mount.turn()?;
        let mut file = self.file();
        let (before, modified) = (file.size(), file.last_modified());
        let changed = change(&mut **file, before);
        let after = file.size();
        self.mount.budget.resized(before, after);
        if let Some((_, orphan)) = self.place.gone() {
            orphan.resized(after);
        }
        if changed.is_ok() {
            touch(&mut **file, modified);
        }
        changed
    }

    fn write(&self, file: &mut dyn VirtualFile, from: &[Span<'_>], offset: u64, size: u64) -> Result<usize> {
        let wanted = total(from);
        is_range(offset, wanted as u64)?;
        let room = self.mount.budget.end(size, offset)? - offset;
        let wanted = wanted.min(usize::try_from(room).unwrap_or(usize::MAX));
        if seek(file, offset)? != offset {
            // A kind that stays within the file must be told first that it is longer.
            file.set_len(offset).map_err(from_fs)?;
            if seek(file, offset)? != offset {
                return Err(Errno::Rofs);
            }
        }
        let mut bytes = vec![0; wanted.min(ROUND)];
        let mut rest = Rest { spans: from, used: 0 };
        let mut sum = 0;
        while sum < wanted {
            let len = rest.drain(&mut bytes[..(wanted - sum).min(ROUND)]);
            let mut written = 0;
            while written < len {
                match poll_write(file, &bytes[written..len]) {
                    Ok(0) => break,
                    Ok(some) => written += some.min(len - written),
                    Err(errno) if sum + written == 0 => return Err(errno),
                    Err(_) => break,
                }
            }
            sum += written;
            if written < len {
                break;
            }
        }
        match sum {
            0 => Err(Errno::Nospc),
            _ if file.size() < offset + sum as u64 => Err(Errno::Rofs),
            _ => Ok(sum),
        }
    }
}

impl File for ForeignFile {
    fn stat(&self) -> Result<Filestat> {
        let places = self.mount.turn()?;
        let file = self.file();
        let (ino, nlink) = match self.place.gone() {
            Some((stat, _)) => (stat.ino, 0),
            None => (places.numbers().of(&self.place.path()?), 1),
        };
        Ok(Filestat {
            dev: self.mount.dev,
            ino,
            filetype: Filetype::RegularFile,
            nlink,
            size: file.size(),
            atim: file.last_accessed(),
            mtim: file.last_modified(),
            ctim: file.last_modified().max(file.created_time()),
        })
    }

    fn read_at(&self, into: &[Span<'_>], offset: u64) -> Result<usize> {
        if self.access == Access::Write {
            return Err(Errno::Badf);
        }
        let wanted = total(into);
        is_range(offset, wanted as u64)?;
        let _turn = self.mount.turn()?;
        let mut file = self.file();
        // A kind that stays within the file has nothing behind its end.
        if seek(&mut **file, offset)? != offset {
            return Ok(0);
        }
        let mut bytes = vec![0; wanted.min(ROUND)];
        let mut rest = Rest { spans: into, used: 0 };
        let mut sum = 0;
        while sum < wanted {
            match poll_read(&mut **file, &mut bytes[..(wanted - sum).min(ROUND)]) {
                Ok(0) => break,
                Ok(len) => sum += rest.fill(&bytes[..len]),
                Err(errno) if sum == 0 => return Err(errno),
                Err(_) => break,
            }
        }
        Ok(sum)
    }

    fn write_at(&self, from: &[Span<'_>], offset: u64) -> Result<usize> {
        if total(from) == 0 {
            return self.may_write().map(|()| 0);
        }
        self.resizing(|file, size| self.write(file, from, offset, size))
    }

    fn append(&self, from: &[Span<'_>]) -> Result<(usize, u64)> {
        if total(from) == 0 {
            self.may_write()?;
            return Ok((0, self.stat()?.size));
        }
        self.resizing(|file, size| {
            let len = self.write(file, from, size, size)?;
            Ok((len, size + len as u64))
        })
    }

    fn set_len(&self, len: u64) -> Result<()> {
        if i64::try_from(len).is_err() {
            return Err(Errno::Inval);
        }
        self.resizing(|file, size| {
            self.mount.budget.allows(size, len)?;
            file.set_len(len).map_err(from_fs)?;
            if file.size() == len { Ok(()) } else { Err(Errno::Rofs) }
        })
    }

    fn allocate(&self, offset: u64, len: u64) -> Result<()> {
        let end = offset.checked_add(len).filter(|end| i64::try_from(*end).is_ok()).ok_or(Errno::Fbig)?;
        if self.stat()?.size < end { self.set_len(end) } else { self.may_write() }
    }

    fn set_times(&self, times: SetTimes) -> Result<()> {
        let _turn = self.mount.turn()?;
        set_times(&mut **self.file(), times)
    }

    fn advise(&self, _offset: u64, len: u64, _advice: Advice) -> Result<()> {
        // As the kernel, which looks at the length alone.
        is_range(len, 0)
    }

    fn runs_engine(&self) -> bool {
        // It may be anything, also what was written in the guest's own language and exported.
        true
    }

    fn sync(&self) -> Result<()> {
        let _turn = self.mount.turn()?;
        if !self.access.writes() {
            // Package volumes refuse to flush what nobody wrote.
            return Ok(());
        }
        let mut file = self.file();
        ready(|context| Pin::new(&mut **file).poll_flush(context))?.map_err(|error| from_io(&error))
    }
}

/// Sees to it that a file that was changed, and said to be last changed at `before`, says that it was changed now: MemFS knows only
/// when a file was made. A kind that keeps no times says so to who sets them.
pub(super) fn touch(file: &mut dyn VirtualFile, before: u64) {
    if file.last_modified() == before {
        let _ = file.set_times(None, Some(nanoseconds(SetTime::Now)));
    }
}

/// Sets a file's times. Errors: `Notsup` where the kind keeps none.
pub(super) fn set_times(file: &mut dyn VirtualFile, times: SetTimes) -> Result<()> {
    let SetTimes { access, modified } = times;
    let (access, modified) = (access.map(nanoseconds), modified.map(nanoseconds));
    file.set_times(access, modified).map_err(from_fs)?;
    // The trait's own answer is to do nothing, and to say that all went well.
    let kept = |wanted: Option<u64>, is: u64| wanted.is_none_or(|wanted| wanted.abs_diff(is) < SAME_TIME);
    if kept(access, file.last_accessed()) && kept(modified, file.last_modified()) {
        Ok(())
    } else {
        Err(Errno::Notsup)
    }
}

/// Whether a range ends where a file may, as the host has it. Errors: `Inval`.
fn is_range(offset: u64, len: u64) -> Result<()> {
    match offset.checked_add(len).map(i64::try_from) {
        Some(Ok(_)) => Ok(()),
        _ => Err(Errno::Inval),
    }
}

/// Goes to an offset, and says where that led.
fn seek(file: &mut dyn VirtualFile, offset: u64) -> Result<u64> {
    let mut file = Pin::new(file);
    // What is asked before a seek, as tokio does: an earlier one may not be done.
    ready(|context| file.as_mut().poll_complete(context))?.map_err(|error| from_io(&error))?;
    file.as_mut().start_seek(SeekFrom::Start(offset)).map_err(|error| from_io(&error))?;
    ready(|context| file.as_mut().poll_complete(context))?.map_err(|error| from_io(&error))
}

fn poll_read(file: &mut dyn VirtualFile, bytes: &mut [u8]) -> Result<usize> {
    let mut buf = ReadBuf::new(bytes);
    let mut file = Pin::new(file);
    ready(|context| file.as_mut().poll_read(context, &mut buf))?.map_err(|error| from_io(&error))?;
    Ok(buf.filled().len())
}

fn poll_write(file: &mut dyn VirtualFile, bytes: &[u8]) -> Result<usize> {
    let mut file = Pin::new(file);
    ready(|context| file.as_mut().poll_write(context, bytes))?.map_err(|error| from_io(&error))
}

/// What is left of a list of ranges.
struct Rest<'s, 'm> {
    spans: &'s [Span<'m>],
    /// How much of the first one was used.
    used: usize,
}

impl Rest<'_, '_> {
    /// Copies `bytes` into the ranges, as many as fit, and says how many.
    fn fill(&mut self, bytes: &[u8]) -> usize {
        self.step(bytes.len(), |span, done| span.fill(&bytes[done..]))
    }

    /// Copies the ranges into `bytes`, as much as fits, and says how much.
    fn drain(&mut self, bytes: &mut [u8]) -> usize {
        self.step(bytes.len(), |span, done| span.drain(&mut bytes[done..]))
    }

    fn step(&mut self, len: usize, mut copy: impl FnMut(Span<'_>, usize) -> usize) -> usize {
        let mut done = 0;
        while let Some((first, after)) = self.spans.split_first()
            && done < len
        {
            let span = first.after(self.used);
            let copied = copy(span, done);
            done += copied;
            if copied == span.len() {
                (self.spans, self.used) = (after, 0);
            } else {
                self.used += copied;
            }
        }
        done
    }
}
