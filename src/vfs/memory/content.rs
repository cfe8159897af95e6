//! What a file in memory holds: pages that end where what was written into them ends, and nothing where nothing was.

use std::collections::BTreeMap;

use super::quota::Quota;
use crate::abi::Errno;
use crate::span::Span;
use crate::vfs::Result;

/// How much of a file one page covers, bytes. Most files have only the first.
const PAGE: u64 = 64 * 1024;

/// The pages behind the first are counted in such blocks, so that one of a single byte costs what it takes with its place in
/// the map.
const BLOCK: u64 = 4096;

/// The longest that a file can be, as on the host.
pub(super) const MAX_LEN: u64 = i64::MAX as u64;

/// A file's bytes. What is behind the end of a page, or in a page that is not there, is zero.
#[derive(Default)]
pub(super) struct Content {
    len: u64,
    first: Vec<u8>,
    others: BTreeMap<u64, Vec<u8>>,
}

impl Content {
    pub(super) const fn len(&self) -> u64 {
        self.len
    }

    /// What it is counted as, bytes.
    pub(super) fn cost(&self) -> u64 {
        let others: u64 = self.others.values().map(|page| cost(1, page.len())).sum();
        cost(0, self.first.len()) + others
    }

    /// Fills the spans from `offset` on, and says how many bytes there were.
    pub(super) fn read(&self, into: &[Span<'_>], offset: u64) -> usize {
        let mut at = offset;
        for span in into {
            let mut span = span.first(clamp(self.len.saturating_sub(at)));
            while !span.is_empty() {
                let (number, within) = place(at);
                let chunk = span.first(PAGE as usize - within);
                let page = if number == 0 { Some(&self.first) } else { self.others.get(&number) };
                let stored = page.and_then(|page| page.get(within..)).unwrap_or_default();
                fill_with_zeros(chunk.after(chunk.fill(stored)));
                at += chunk.len() as u64;
                span = span.after(chunk.len());
            }
        }
        at.saturating_sub(offset) as usize
    }

    /// Where the first bytes are, at `offset` or behind it, that were written; `None` where there are no more.
    pub(super) fn data_from(&self, offset: u64) -> Option<u64> {
        let (number, within) = place(offset);
        if number == 0 && within < self.first.len() {
            return Some(offset);
        }
        let mut pages = self.others.range(number.max(1)..);
        pages.find_map(|(page, bytes)| match (*page == number, within < bytes.len()) {
            (true, true) => Some(offset),
            (true, false) => None,
            (false, _) => Some(page * PAGE),
        })
    }

    /// Writes the spans from `offset` on, as much as there is room for, and says how much that is. Errors: `Nospc`, `Fbig`,
    /// where it is nothing.
    pub(super) fn write(&mut self, from: &[Span<'_>], offset: u64, quota: &Quota) -> Result<usize> {
        let mut at = offset;
        for span in from {
            let mut span = *span;
            while !span.is_empty() {
                let chunk = span.first(clamp(MAX_LEN.saturating_sub(at)));
                let written =
                    if chunk.is_empty() { Err(Errno::Fbig) } else { self.write_in_page(&chunk, at, quota) };
                match written {
                    Ok(len) => {
                        at += len as u64;
                        self.len = self.len.max(at);
                        span = span.after(len);
                    }
                    Err(errno) if at == offset => return Err(errno),
                    Err(_) => return Ok((at - offset) as usize),
                }
            }
        }
        Ok((at - offset) as usize)
    }

    /// Cuts it, or lets it grow by what takes no room.
    pub(super) fn set_len(&mut self, len: u64, quota: &Quota) {
        if len < self.len {
            let (number, within) = place(len);
            let whole = self.others.split_off(&if within == 0 { number.max(1) } else { number + 1 });
            quota.give_back(whole.values().map(|page| cost(1, page.len())).sum());
            let last = if number == 0 { Some(&mut self.first) } else { self.others.get_mut(&number) };
            if let Some(page) = last.filter(|page| page.len() > within) {
                quota.give_back(cost(number, page.len()) - cost(number, within));
                page.truncate(within);
                // What is not counted is not kept.
                page.shrink_to_fit();
            }
        }
        self.len = len;
    }

    /// Writes the beginning of a span, and says how much: at most to the end of the page, or of the quota.
    fn write_in_page(&mut self, span: &Span<'_>, at: u64, quota: &Quota) -> Result<usize> {
        let (number, within) = place(at);
        let end = within + span.len().min(PAGE as usize - within);
        let page = if number == 0 { &mut self.first } else { self.others.entry(number).or_default() };
        let grown = if end > page.len() { grow(page, number, within, end, quota) } else { Ok(end) };
        match grown {
            Ok(end) => Ok(span.drain(&mut page[within..end])),
            Err(errno) => {
                if number > 0 && page.is_empty() {
                    self.others.remove(&number);
                }
                Err(errno)
            }
        }
    }
}

/// Makes a page longer, up to `end` or as far behind `within` as the quota allows, and says how long it is. Errors: `Nospc`.
fn grow(page: &mut Vec<u8>, number: u64, within: usize, end: usize, quota: &Quota) -> Result<usize> {
    let had = cost(number, page.len());
    let wanted = cost(number, end) - had;
    let granted = quota.take_up_to(wanted);
    let mut grown = end;
    if granted < wanted {
        let covered = had + granted;
        let covered = if number == 0 { covered } else { covered - covered % BLOCK };
        grown = covered as usize;
        let needed = if grown > within { covered - had } else { 0 };
        quota.give_back(granted - needed);
        if grown <= within {
            return Err(Errno::Nospc);
        }
    }
    if grown > page.capacity() {
        // A page that grows bit by bit is moved seldom; one that is written at once has no room to spare.
        let room = (2 * page.capacity()).min(PAGE as usize).max(grown);
        if page.try_reserve_exact(room - page.len()).is_err() {
            quota.give_back(cost(number, grown) - had);
            return Err(Errno::Nospc);
        }
    }
    page.resize(grown, 0);
    Ok(grown)
}

/// What so many bytes of a page are counted as.
const fn cost(number: u64, len: usize) -> u64 {
    if number == 0 { len as u64 } else { (len as u64).next_multiple_of(BLOCK) }
}

/// The page of an offset, and the place in it.
const fn place(at: u64) -> (u64, usize) {
    (at / PAGE, (at % PAGE) as usize)
}

fn clamp(len: u64) -> usize {
    usize::try_from(len).unwrap_or(usize::MAX)
}

fn fill_with_zeros(mut span: Span<'_>) {
    const ZEROS: &[u8] = &[0; 4096];
    while !span.is_empty() {
        span = span.after(span.fill(ZEROS));
    }
}
