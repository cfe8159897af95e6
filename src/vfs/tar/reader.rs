//! What an archive holds, put into a filesystem as its bytes come.

use std::collections::BTreeMap;
use std::sync::Arc;

use tar::{EntryType, Header};

use super::{BLOCK, padding, records};
use crate::abi::{Errno, Filetype};
use crate::vfs::copy::write_all;
use crate::vfs::tree::MAX_NAME;
use crate::vfs::{
    Access, Dir, Failed, File, LinkTarget, OpenOptions, Opened, Path, Result, Rooted, SetTime, SetTimes,
    Trail,
};

/// The most that may be said of an entry before it, bytes: a guest of the archive's could have us keep it all.
const MOST_EXTRA: u64 = 1 << 20;

/// A file's bytes are taken in such pieces, from its beginning: one of zeros becomes a hole.
const PIECE: u64 = 64 * 1024;

/// How many links the way to an entry may go through.
const MOST_LINKS: usize = 40;

/// Why an archive was not read to its end.
#[derive(Debug)]
pub enum Stopped {
    /// The filesystem did not take something.
    Failed(Failed),
    /// It is no archive, or one that is damaged or of a kind that is not read.
    Malformed(&'static str),
}

/// An archive that is being read. Nothing leaves the filesystem: absolute names are taken beneath its root, `..` is refused, and
/// links that the archive brings lead within. What an entry's header claims to come takes no room before it comes.
pub struct Reader {
    root: Rooted,
    trail: Trail,
    /// The directory of a name that gets another.
    firsts: Trail,
    state: State,
    /// A header that has come in part.
    block: Vec<u8>,
    extra: Extra,
    /// Directories, by their paths from the root: their times are set when all is in them. Sorted, so that each is near the last.
    dirs: BTreeMap<Box<[u8]>, SetTimes>,
    /// How many bytes those paths have. The way through links is short, and the path that it leads to may be long: so they may have
    /// no more than what has come, and [`MOST_EXTRA`].
    kept: u64,
    /// How many bytes have come.
    come: u64,
}

enum State {
    Header,
    /// Something of the next entry.
    Extra {
        kind: EntryType,
        bytes: Vec<u8>,
        left: u64,
    },
    File(Body),
    Skip(u64),
    End,
}

/// A file whose bytes are coming.
struct Body {
    file: Box<dyn File>,
    at: u64,
    size: u64,
    mode: u32,
    times: SetTimes,
    path: Vec<u8>,
}

/// What was said of the next entry before its header.
#[derive(Default)]
struct Extra {
    path: Option<Vec<u8>>,
    target: Option<Vec<u8>>,
    size: Option<u64>,
    modified: Option<u64>,
    sparse: bool,
}

impl Reader {
    /// Reads an archive into a filesystem.
    pub fn new(root: Arc<dyn Dir>) -> Self {
        Self {
            trail: Trail::new(Arc::clone(&root)),
            firsts: Trail::new(Arc::clone(&root)),
            root: Rooted::new(root),
            state: State::Header,
            block: Vec::new(),
            extra: Extra::default(),
            dirs: BTreeMap::new(),
            kept: 0,
            come: 0,
        }
    }

    /// Takes the next bytes. After a failure no more may come.
    pub fn feed(&mut self, mut bytes: &[u8]) -> Result<(), Stopped> {
        self.come = self.come.saturating_add(bytes.len() as u64);
        while !bytes.is_empty() {
            match std::mem::replace(&mut self.state, State::End) {
                State::End => return Ok(()),
                State::Header => {
                    let (head, rest) = bytes.split_at(bytes.len().min(BLOCK - self.block.len()));
                    self.block.extend_from_slice(head);
                    bytes = rest;
                    self.state = State::Header;
                    if self.block.len() == BLOCK {
                        let block = std::mem::take(&mut self.block);
                        self.state = self.header(Header::from_byte_slice(&block))?;
                    }
                }
                State::Extra { kind, bytes: mut kept, left } => {
                    let (here, rest) = bytes.split_at(part(bytes, left));
                    kept.extend_from_slice(here);
                    bytes = rest;
                    let left = left - here.len() as u64;
                    self.state = if left > 0 {
                        State::Extra { kind, bytes: kept, left }
                    } else {
                        self.learn(kind, &kept)?;
                        skip(padding(kept.len() as u64) as u64)
                    };
                }
                State::File(mut body) => {
                    // Not more at once than what may be a hole, however much has come.
                    let (here, rest) =
                        bytes.split_at(part(bytes, (body.size - body.at).min(PIECE - body.at % PIECE)));
                    bytes = rest;
                    let path = body.path.clone();
                    body.put(here).map_err(|errno| Stopped::Failed(Failed(errno, path)))?;
                    self.state =
                        if body.at < body.size { State::File(body) } else { skip(padding(body.size) as u64) };
                }
                State::Skip(left) => {
                    let (here, rest) = bytes.split_at(part(bytes, left));
                    bytes = rest;
                    self.state = skip(left - here.len() as u64);
                }
            }
        }
        Ok(())
    }

    /// Ends it. Errors: also where it is cut off.
    pub fn finish(&mut self) -> Result<(), Stopped> {
        let whole = match self.state {
            State::End => true,
            State::Header => self.block.is_empty(),
            State::Extra { .. } | State::File(_) => false,
            // Some leave out the padding of the last entry.
            State::Skip(left) => left < BLOCK as u64,
        };
        if !whole {
            return Err(Stopped::Malformed("it ends in the middle of an entry"));
        }
        for (path, times) in std::mem::take(&mut self.dirs) {
            let names = names_in(&path);
            match self.trail.go(&names).and_then(|()| self.trail.here().set_times(times)) {
                // A later entry has put something else there.
                Err(Errno::Noent | Errno::Notdir | Errno::Loop) => {}
                set => set.map_err(|errno| Stopped::Failed(Failed(errno, path.into())))?,
            }
        }
        Ok(())
    }

    fn header(&mut self, header: &Header) -> Result<State, Stopped> {
        if header.as_bytes().iter().all(|byte| *byte == 0) {
            // One such block is the end for GNU tar, too, which warns of it.
            return Ok(State::End);
        }
        if !has_right_sum(header) {
            return Err(Stopped::Malformed("a header's checksum is wrong; is it compressed?"));
        }
        let kind = header.entry_type();
        let size = header.entry_size().map_err(|_| Stopped::Malformed("a size is no number"))?;
        if kind.is_gnu_longname() || kind.is_gnu_longlink() || kind.is_pax_local_extensions() {
            if size > MOST_EXTRA {
                return Err(Stopped::Malformed("an entry's name or attributes are too long"));
            }
            return Ok(if size == 0 {
                State::Header
            } else {
                State::Extra { kind, bytes: Vec::new(), left: size }
            });
        }
        if kind.is_pax_global_extensions() {
            return Ok(skip_whole(size));
        }
        let extra = std::mem::take(&mut self.extra);
        if extra.sparse || kind.is_gnu_sparse() {
            return Err(Stopped::Malformed(
                "it has files without their holes (tar --sparse), which are not read",
            ));
        }
        let path = extra.path.unwrap_or_else(|| header.path_bytes().into_owned());
        let target = extra.target.or_else(|| header.link_name_bytes().map(|name| name.into_owned()));
        let seconds = || header.mtime().unwrap_or(0).saturating_mul(1_000_000_000);
        let modified = Some(SetTime::At(extra.modified.unwrap_or_else(seconds)));
        let entry = Entry {
            kind,
            path: &path,
            target: target.unwrap_or_default(),
            // A link has no bytes of its own, whatever its header says.
            size: if kind.is_hard_link() { 0 } else { extra.size.unwrap_or(size) },
            mode: header.mode().ok().map(|mode| mode & 0o7777),
            times: SetTimes { access: modified, modified },
        };
        self.make(entry).map_err(|errno| Stopped::Failed(Failed(errno, path.clone())))
    }

    /// Remembers what is said of the next entry.
    fn learn(&mut self, kind: EntryType, bytes: &[u8]) -> Result<(), Stopped> {
        let text = |bytes: &[u8]| {
            let end = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
            Some(bytes[..end].to_vec())
        };
        if kind.is_gnu_longname() {
            self.extra.path = text(bytes);
        } else if kind.is_gnu_longlink() {
            self.extra.target = text(bytes);
        } else {
            let extra = &mut self.extra;
            let mut wrong = false;
            let read = records::each(bytes, &mut |key, value| match key {
                b"path" => extra.path = Some(value.to_vec()),
                b"linkpath" => extra.target = Some(value.to_vec()),
                b"mtime" => extra.modified = records::parse_time(value),
                b"size" => {
                    extra.size = std::str::from_utf8(value).ok().and_then(|size| size.parse().ok());
                    wrong |= extra.size.is_none();
                }
                key if key.starts_with(b"GNU.sparse.") => extra.sparse = true,
                _ => {}
            });
            if read.is_none() || wrong {
                return Err(Stopped::Malformed("an entry's attributes are damaged"));
            }
        }
        Ok(())
    }

    fn make(&mut self, entry: Entry<'_>) -> Result<State> {
        let Entry { kind, path, target, size, mode, times } = entry;
        let mut names = names_of(path)?;
        let is_file = !(kind.is_dir() || kind.is_symlink() || kind.is_hard_link());
        // Before there was a type for directories, a slash told them.
        if kind.is_dir() || is_file && path.ends_with(b"/") {
            self.go(&names)?;
            if let (Some(mode), false) = (mode, names.is_empty()) {
                self.trail.here().set_mode_at(Path::of_host(b".\0")?, false, mode)?;
            }
            self.keep_times(times)?;
            return Ok(skip_whole(size));
        }
        if kind.is_character_special() || kind.is_block_special() || kind.is_fifo() {
            return Ok(skip_whole(size));
        }
        let Some(name) = names.pop() else { return Err(Errno::Isdir) };
        self.go(&names)?;
        let name = [name, b"\0"].concat();
        let name = Path::of_host(&name)?;
        if kind.is_hard_link() {
            self.link(&target, name)?;
            return Ok(State::Header);
        }
        let here = self.trail.here();
        remove(here, name)?;
        if kind.is_symlink() {
            let target = [&*target, b"\0"].concat();
            here.symlink(LinkTarget::of_host(&target)?, name)?;
            here.set_times_at(name, false, times)?;
            return Ok(skip_whole(size));
        }
        let create = OpenOptions {
            follow: false,
            access: Access::Write,
            create: true,
            exclusive: true,
            ..OpenOptions::READ
        };
        let Opened::File(file) = here.open(name, create)? else { return Err(Errno::Io) };
        let mut body = Body { file, at: 0, size, mode: mode.unwrap_or(0o644), times, path: path.to_vec() };
        if size == 0 {
            body.put(&[])?;
            return Ok(State::Header);
        }
        Ok(State::File(body))
    }

    /// Remembers the times of the directory that it has come to. Errors: `Nametoolong` where the paths have become too much.
    fn keep_times(&mut self, times: SetTimes) -> Result<()> {
        let len: usize = self.trail.names().map(|name| name.len() + 1).sum();
        let kept = self.kept.saturating_add(len as u64);
        if kept > self.come.saturating_add(MOST_EXTRA) {
            return Err(Errno::Nametoolong);
        }
        let path = self.trail.names().collect::<Vec<_>>().join(&b'/');
        if self.dirs.insert(path.into(), times).is_none() {
            self.kept = kept;
        }
        Ok(())
    }

    fn link(&mut self, target: &[u8], name: Path<'_>) -> Result<()> {
        let mut first = names_of(target)?;
        let Some(first_name) = first.pop() else { return Err(Errno::Perm) };
        self.firsts.go(&first)?;
        let first_name = [first_name, b"\0"].concat();
        let first_name = Path::of_host(&first_name)?;
        let (from, to) = (self.firsts.here(), self.trail.here());
        let stat = from.stat_at(first_name, false)?;
        if to.stat_at(name, false).is_ok_and(|there| (there.dev, there.ino) == (stat.dev, stat.ino)) {
            return Ok(());
        }
        remove(to, name)?;
        from.link(first_name, false, to, name)
    }

    /// Goes to a directory, through links that are there already, and makes what is missing of it.
    fn go(&mut self, names: &[&[u8]]) -> Result<()> {
        self.go_through(names, MOST_LINKS)
    }

    /// Goes to a directory through so many links at most.
    fn go_through(&mut self, names: &[&[u8]], links: usize) -> Result<()> {
        let Some(at) = self.go_to_link(names)? else { return Ok(()) };
        let path = names[..=at].join(&b'/');
        if self.root.stat(&path, false)?.filetype != Filetype::SymbolicLink {
            return Err(Errno::Notdir);
        }
        let links = links.checked_sub(1).ok_or(Errno::Loop)?;
        let real = self.root.real_path(&path)?;
        let names = [&*names_in(&real), &names[at + 1..]].concat();
        self.go_through(&names, links)
    }

    /// Goes to a directory, and makes what is missing of it, up to the first name that is a link, or at least no directory: which
    /// one that is.
    fn go_to_link(&mut self, names: &[&[u8]]) -> Result<Option<usize>> {
        self.trail.go_back(names)?;
        for (at, name) in names.iter().enumerate().skip(self.trail.depth()) {
            let with_nul = [name, &b"\0"[..]].concat();
            match self.trail.here().create_dir(Path::of_host(&with_nul)?) {
                Ok(()) | Err(Errno::Exist) => {}
                Err(errno) => return Err(errno),
            }
            match self.trail.enter(name) {
                Ok(()) => {}
                Err(Errno::Loop | Errno::Notdir) => return Ok(Some(at)),
                Err(errno) => return Err(errno),
            }
        }
        Ok(None)
    }
}

/// What a header says, and what was said before it.
struct Entry<'p> {
    kind: EntryType,
    path: &'p [u8],
    target: Vec<u8>,
    size: u64,
    mode: Option<u32>,
    times: SetTimes,
}

impl Body {
    /// Takes the next bytes; with the last, the file is done. Zeros are left to be a hole.
    fn put(&mut self, bytes: &[u8]) -> Result<()> {
        if bytes.iter().any(|byte| *byte != 0) {
            write_all(&*self.file, &mut bytes.to_vec(), self.at)?;
        }
        self.at += bytes.len() as u64;
        if self.at < self.size {
            return Ok(());
        }
        if self.file.stat()?.size < self.size {
            self.file.set_len(self.size)?;
        }
        match self.file.set_mode(self.mode) {
            Ok(()) | Err(Errno::Notsup | Errno::Rofs) => self.file.set_times(self.times),
            Err(errno) => Err(errno),
        }
    }
}

/// The names of a path that was looked at before.
fn names_in(path: &[u8]) -> Vec<&[u8]> {
    path.split(|byte| *byte == b'/').filter(|name| !name.is_empty()).collect()
}

/// The names of a path from the root. Errors: `Notcapable` where there is a `..`, `Nametoolong`, `Inval` with a NUL.
fn names_of(path: &[u8]) -> Result<Vec<&[u8]>> {
    let mut names = Vec::new();
    for name in path.split(|byte| *byte == b'/') {
        match name {
            b"" | b"." => {}
            b".." => return Err(Errno::Notcapable),
            name if name.len() > MAX_NAME => return Err(Errno::Nametoolong),
            name if name.contains(&0) => return Err(Errno::Inval),
            name => names.push(name),
        }
    }
    Ok(names)
}

/// Makes room for an entry. Errors: `Isdir`.
fn remove(dir: &dyn Dir, name: Path<'_>) -> Result<()> {
    match dir.unlink(name) {
        Err(Errno::Noent) => Ok(()),
        removed => removed,
    }
}

/// Whether a header is what its sum says. Some once summed signed bytes.
fn has_right_sum(header: &Header) -> bool {
    let Ok(said) = header.cksum() else { return false };
    let field = 148..156;
    let bytes = header.as_bytes().iter().enumerate();
    let bytes = bytes.map(|(at, byte)| if field.contains(&at) { b' ' } else { *byte });
    let (unsigned, signed) = bytes.fold((0_u32, 0_i64), |(unsigned, signed), byte| {
        (unsigned + u32::from(byte), signed + i64::from(byte as i8))
    });
    said == unsigned || i64::from(said) == signed
}

/// How many of the bytes are of what is left.
fn part(bytes: &[u8], left: u64) -> usize {
    bytes.len().min(usize::try_from(left).unwrap_or(usize::MAX))
}

fn skip(left: u64) -> State {
    if left == 0 { State::Header } else { State::Skip(left) }
}

/// Skips the bytes of an entry, and their padding.
fn skip_whole(size: u64) -> State {
    skip(size.saturating_add(padding(size) as u64))
}
