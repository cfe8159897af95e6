//! An archive of all that is beneath a directory, made bit by bit.

use std::collections::HashMap;
use std::sync::Arc;

use tar::{EntryType, Header};

use super::{BLOCK, padding, records};
use crate::abi::{Errno, Filestat, Filetype};
use crate::span::Span;
use crate::vfs::{Dir, Failed, File, MAX_PATH, OpenOptions, Opened, Passed, Path, Result, Step, Tour};

/// About how many bytes are handed out at once.
const CHUNK: usize = 64 * 1024;

/// What the size field of a header holds, bytes.
const MOST_SIZE: u64 = 0o77_777_777_777;

/// What the mtime field of a header holds, s.
const MOST_TIME: u64 = 0o77_777_777_777;

/// An archive that is being written.
pub struct Writer {
    tour: Tour,
    /// The first name of each file that has several, by device and inode.
    firsts: HashMap<(u64, u64), Passed>,
    out: Vec<u8>,
    body: Option<Body>,
    ended: bool,
    /// The largest file that it takes, bytes.
    most: u64,
}

/// A file whose bytes are being written.
struct Body {
    file: Box<dyn File>,
    at: u64,
    size: u64,
    path: Vec<u8>,
}

impl Writer {
    /// An archive of all that is beneath a directory: files, directories, links, with permission bits and times. FIFOs,
    /// sockets and devices are left out, and what goes away meanwhile. A file of more than `most` bytes fails with `Fbig`.
    pub fn new(root: Arc<dyn Dir>, most: u64) -> Result<Self> {
        let tour = Tour::new(root)?;
        Ok(Self { tour, firsts: HashMap::new(), out: Vec::new(), body: None, ended: false, most })
    }

    /// The next bytes; `None` after the last. After a failure the archive is of no use.
    pub fn next_bytes(&mut self) -> Result<Option<Vec<u8>>, Failed> {
        while self.out.len() < CHUNK && !self.ended {
            match self.body.take() {
                Some(body) => self.put_bytes(body)?,
                None => self.put_entry()?,
            }
        }
        Ok(Some(std::mem::take(&mut self.out)).filter(|out| !out.is_empty()))
    }

    fn put_bytes(&mut self, mut body: Body) -> Result<(), Failed> {
        let start = self.out.len();
        let len = CHUNK.min(usize::try_from(body.size - body.at).unwrap_or(CHUNK));
        self.out.resize(start + len, 0);
        let read = body.file.read_at(&[Span::over(&mut self.out[start..])], body.at);
        let read = read.map_err(|errno| Failed(errno, body.path.clone()))?;
        // A file that has become shorter is zeros from there on: its size was said already.
        let done = if read == 0 { len } else { read };
        self.out.truncate(start + done);
        body.at += done as u64;
        if body.at < body.size {
            self.body = Some(body);
        } else {
            self.out.resize(self.out.len() + padding(body.size), 0);
        }
        Ok(())
    }

    fn put_entry(&mut self) -> Result<(), Failed> {
        let step = self.tour.advance().map_err(|errno| Failed(errno, self.tour.path(b"")))?;
        let (name, filetype) = match step {
            Some(Step::Found(name, filetype)) => (name, filetype),
            Some(Step::Done(_)) => return Ok(()),
            None => {
                self.out.resize(self.out.len() + 2 * BLOCK, 0);
                self.ended = true;
                return Ok(());
            }
        };
        let path = self.tour.path(&name);
        let put = match filetype {
            Filetype::Directory => self.put_dir(&name, &path),
            Filetype::RegularFile => self.put_file(&name, &path),
            Filetype::SymbolicLink => self.put_link(&name, &path),
            _ => Ok(()),
        };
        match put {
            Err(Errno::Noent) => Ok(()),
            put => put.map_err(|errno| Failed(errno, path)),
        }
    }

    fn put_dir(&mut self, name: &[u8], path: &[u8]) -> Result<()> {
        let (stat, mode) = self.stat(name)?;
        self.tour.enter(name)?;
        self.put_header(EntryType::Directory, &[path, b"/"].concat(), &stat, mode.unwrap_or(0o755), 0, None);
        Ok(())
    }

    fn put_file(&mut self, name: &[u8], path: &[u8]) -> Result<()> {
        let with_nul = [name, b"\0"].concat();
        let options = OpenOptions { follow: false, ..OpenOptions::READ };
        let Opened::File(file) = self.tour.here().open(Path::of_host(&with_nul)?, options)? else {
            return Ok(());
        };
        let (stat, mode) = (file.stat()?, file.mode().unwrap_or(0o644));
        if stat.size > self.most {
            return Err(Errno::Fbig);
        }
        if self.put_further_name(name, path, &stat, mode) {
            return Ok(());
        }
        self.put_header(EntryType::Regular, path, &stat, mode, stat.size, None);
        if stat.size > 0 {
            self.body = Some(Body { file, at: 0, size: stat.size, path: path.to_vec() });
        }
        Ok(())
    }

    fn put_link(&mut self, name: &[u8], path: &[u8]) -> Result<()> {
        let with_nul = [name, b"\0"].concat();
        let mut target = vec![0; MAX_PATH + 1];
        let len = self.tour.here().read_link(Path::of_host(&with_nul)?, &mut target)?;
        target.truncate(len);
        let (stat, mode) = self.stat(name)?;
        let mode = mode.unwrap_or(0o777);
        if !self.put_further_name(name, path, &stat, mode) {
            self.put_header(EntryType::Symlink, path, &stat, mode, 0, Some(&target));
        }
        Ok(())
    }

    /// Puts what had a name already, if it did, as a hard link; else remembers the name where there will be others. Says whether it
    /// did.
    fn put_further_name(&mut self, name: &[u8], path: &[u8], stat: &Filestat, mode: u32) -> bool {
        if stat.nlink < 2 {
            return false;
        }
        let id = (stat.dev, stat.ino);
        let Some(first) = self.firsts.get(&id) else {
            self.firsts.insert(id, self.tour.pass(name));
            return false;
        };
        let first = self.tour.names_to(first).join(&b'/');
        self.put_header(EntryType::Link, path, stat, mode, 0, Some(&first));
        true
    }

    fn stat(&self, name: &[u8]) -> Result<(Filestat, Option<u32>)> {
        let with_nul = [name, b"\0"].concat();
        let path = Path::of_host(&with_nul)?;
        let here = self.tour.here();
        Ok((here.stat_at(path, false)?, here.mode_at(path, false).ok()))
    }

    fn put_header(
        &mut self,
        kind: EntryType,
        path: &[u8],
        stat: &Filestat,
        mode: u32,
        size: u64,
        target: Option<&[u8]>,
    ) {
        let mut header = Header::new_ustar();
        let mut extra = Vec::new();
        header.set_entry_type(kind);
        header.set_mode(mode);
        header.set_uid(0);
        header.set_gid(0);
        header.set_size(size.min(MOST_SIZE));
        if size > MOST_SIZE {
            records::push(&mut extra, "size", size.to_string().as_bytes());
        }
        let seconds = stat.mtim / 1_000_000_000;
        header.set_mtime(seconds.min(MOST_TIME));
        if !stat.mtim.is_multiple_of(1_000_000_000) || seconds > MOST_TIME {
            records::push(&mut extra, "mtime", records::format_time(stat.mtim).as_bytes());
        }
        put_path(&mut header, path, &mut extra);
        if let Some(target) = target {
            let field = &mut header.as_old_mut().linkname;
            if !fill(field, target) {
                records::push(&mut extra, "linkpath", target);
            }
        }
        if !extra.is_empty() {
            let mut before = Header::new_ustar();
            before.set_entry_type(EntryType::XHeader);
            before.set_mode(0o644);
            before.set_uid(0);
            before.set_gid(0);
            before.set_mtime(0);
            before.set_size(extra.len() as u64);
            fill(&mut before.as_old_mut().name, b"pax_header");
            before.set_cksum();
            self.out.extend_from_slice(before.as_bytes());
            self.out.extend_from_slice(&extra);
            self.out.resize(self.out.len() + padding(extra.len() as u64), 0);
        }
        header.set_cksum();
        self.out.extend_from_slice(header.as_bytes());
    }
}

/// Puts a path into the two fields that there are for it, or into a record.
fn put_path(header: &mut Header, path: &[u8], extra: &mut Vec<u8>) {
    let Some(fields) = header.as_ustar_mut() else { return };
    if fill(&mut fields.name, path) {
        return;
    }
    // The slash between the two is not stored; the one at a directory's end is.
    for slash in (1..path.len() - 1).rev().filter(|at| path[*at] == b'/') {
        let (prefix, name) = (&path[..slash], &path[slash + 1..]);
        if prefix.len() <= fields.prefix.len() && name.len() <= fields.name.len() {
            fill(&mut fields.prefix, prefix);
            fields.name.fill(0);
            fill(&mut fields.name, name);
            return;
        }
    }
    records::push(extra, "path", path);
}

/// Puts bytes into a field, as many as fit. Says whether that is all.
fn fill(field: &mut [u8], bytes: &[u8]) -> bool {
    let len = bytes.len().min(field.len());
    field[..len].copy_from_slice(&bytes[..len]);
    len == bytes.len()
}
