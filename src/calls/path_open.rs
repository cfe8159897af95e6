//! Opening.

use std::sync::Arc;

use super::{Call, path};
use crate::abi::{Errno, Fdflags, Lookupflags, Oflags, Rights};
use crate::fds::{Entry, Object};
use crate::guest::{Guest, TextBuffer};
use crate::process::Process;
use crate::stdio::{Inherited, Stream};
use crate::vfs::{Access, Dir, OpenOptions, Opened, Path};

/// Opens what a path names beneath `fd`, and writes the new descriptor (u32), the lowest that is free. What may be done
/// with it are the rights asked for, as far as its type can have them; a call that asks for none (0 and 0) is not
/// restricted. Errors: `Overflow`, `Badf`, `Notcapable`, `Inval`, `Noent`, `Exist`, `Isdir`, `Notdir`, `Loop`, `Mfile`,
/// `Acces`, `Rofs`. Like openat(2).
#[inline(never)]
#[expect(clippy::too_many_arguments, reason = "the specification's")]
pub fn path_open<G: Guest>(
    process: &Process,
    guest: &mut G,
    fd: u32,
    dirflags: u32,
    path: u32,
    path_len: u32,
    oflags: u32,
    fs_rights_base: u64,
    fs_rights_inheriting: u64,
    fdflags: u32,
    opened_fd: u32,
) -> Call {
    let memory = guest.memory();
    memory.array(path, path_len, 1)?;
    memory.span(opened_fd, 4)?;
    let mut text = TextBuffer::new();
    let request = Request {
        follow: Lookupflags::truncate(dirflags).contains(Lookupflags::SYMLINK_FOLLOW),
        oflags: Oflags::truncate(oflags),
        fdflags: Fdflags::truncate(fdflags),
        base: Rights(fs_rights_base),
        inheriting: Rights(fs_rights_inheriting),
    };
    let parent = process.fds.get(fd, request.needed())?;
    if !request.is_unrestricted() && !parent.inheriting().contains(request.needed_inheriting()) {
        return Err(Errno::Notcapable.into());
    }
    let dir = parent.dir()?;
    let path = self::path(memory, path, path_len, &mut text)?;
    // Asked before anything is created or cut; two threads at the limit may still lose what one of them opens.
    if process.fds.is_full() {
        return Err(Errno::Mfile.into());
    }
    let entry = request.entry(guest.leave(|| request.open(dir, path))??, &parent)?;
    let opened = process.fds.insert(entry)?;
    Ok(guest.memory().write_u32(opened_fd, opened)?)
}

struct Request {
    follow: bool,
    oflags: Oflags,
    fdflags: Fdflags,
    base: Rights,
    inheriting: Rights,
}

impl Request {
    /// Whether it leaves rights out, as programs of current toolchains do.
    fn is_unrestricted(&self) -> bool {
        self.base == Rights::NONE && self.inheriting == Rights::NONE
    }

    /// The rights that the directory must have.
    fn needed(&self) -> Rights {
        let mut needed = Rights::PATH_OPEN;
        if self.oflags.contains(Oflags::CREAT) {
            needed = needed.with(Rights::PATH_CREATE_FILE);
        }
        if self.oflags.contains(Oflags::TRUNC) {
            needed = needed.with(Rights::PATH_FILESTAT_SET_SIZE);
        }
        needed
    }

    /// The rights that the directory must be able to pass on.
    fn needed_inheriting(&self) -> Rights {
        let mut needed = self.base.with(self.inheriting);
        if self.fdflags.contains(Fdflags::DSYNC) {
            needed = needed.with(Rights::FD_DATASYNC);
        }
        if self.fdflags.intersects(Fdflags::SYNC.with(Fdflags::RSYNC)) {
            needed = needed.with(Rights::FD_SYNC);
        }
        // What writes from its own offset on moves it.
        let moves = !self.oflags.contains(Oflags::TRUNC) && !self.fdflags.contains(Fdflags::APPEND);
        if moves && self.access() != Access::Read {
            needed = needed.with(Rights::FD_SEEK);
        }
        needed
    }

    /// How the rights asked for use the file.
    fn access(&self) -> Access {
        const READS: Rights = Rights::FD_READ.with(Rights::FD_READDIR);
        const WRITES: Rights = Rights::FD_WRITE
            .with(Rights::FD_DATASYNC)
            .with(Rights::FD_ALLOCATE)
            .with(Rights::FD_FILESTAT_SET_SIZE);
        match (self.base.intersects(READS), self.base.intersects(WRITES)) {
            (true, true) => Access::ReadWrite,
            (false, true) => Access::Write,
            (_, false) => Access::Read,
        }
    }

    fn open(&self, dir: &dyn Dir, path: Path<'_>) -> Result<Opened, Errno> {
        let options = OpenOptions {
            follow: self.follow,
            access: self.access(),
            directory: self.oflags.contains(Oflags::DIRECTORY),
            create: self.oflags.contains(Oflags::CREAT),
            exclusive: self.oflags.contains(Oflags::EXCL),
            truncate: self.oflags.contains(Oflags::TRUNC),
        };
        if !self.is_unrestricted() || options.directory {
            return dir.open(path, options);
        }
        // All that the file allows; where that is not writing, then reading.
        match dir.open(path, OpenOptions { access: Access::ReadWrite, ..options }) {
            Err(Errno::Acces | Errno::Isdir | Errno::Perm | Errno::Rofs | Errno::Txtbsy) => {
                dir.open(path, options)
            }
            opened => opened,
        }
    }

    /// The descriptor, with what it may do.
    fn entry(&self, opened: Opened, parent: &Entry) -> Result<Entry, Errno> {
        let (object, filetype) = match opened {
            Opened::File(file) => (Object::File(file), crate::abi::Filetype::RegularFile),
            Opened::Dir(dir) => (Object::Dir(dir), crate::abi::Filetype::Directory),
            Opened::Special(fd) => {
                let stream = Arc::new(Inherited::opened(fd)?);
                let filetype = stream.stat()?.filetype;
                (Object::Stream(stream), filetype)
            }
        };
        let (most_base, most_inheriting) = Entry::most(&object, filetype);
        let (base, inheriting) = if self.is_unrestricted() {
            (parent.inheriting(), parent.inheriting())
        } else {
            (self.base, self.inheriting)
        };
        let rights = (base.and(most_base), inheriting.and(most_inheriting));
        Ok(Entry::with_rights(object, filetype, rights.0, rights.1, self.fdflags))
    }
}
