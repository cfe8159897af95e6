//! The files that JavaScript has open, by number.

use std::cell::Cell;
use std::rc::Rc;

use super::FileSystem;
use crate::abi::{Errno, Filestat};
use crate::vfs::{Dir, File, Opened, Path, SetTimes};

/// The first number. The host's own descriptors are far below: a number that gets into the wrong hands is none there.
const FIRST: u32 = 1 << 30;

/// The open files; a new one gets the lowest number that is free.
#[derive(Default)]
pub struct OpenFiles {
    files: Vec<Option<Rc<OpenFile>>>,
    /// Numbers below this are taken.
    free_from: usize,
}

impl OpenFiles {
    /// Keeps a file; says its number. Errors: `Mfile`.
    pub fn add(&mut self, file: OpenFile) -> Result<i32, Errno> {
        let free = (self.free_from..self.files.len()).find(|at| self.files[*at].is_none());
        let at = free.unwrap_or(self.files.len());
        let fd = i32::try_from(at as u64 + u64::from(FIRST)).map_err(|_| Errno::Mfile)?;
        if at == self.files.len() {
            self.files.push(None);
        }
        self.files[at] = Some(Rc::new(file));
        self.free_from = at + 1;
        Ok(fd)
    }

    /// Errors: `Badf`.
    pub fn get(&self, fd: i32) -> Result<Rc<OpenFile>, Errno> {
        let at = index(fd)?;
        self.files.get(at).and_then(Clone::clone).ok_or(Errno::Badf)
    }

    /// Forgets a file. Errors: `Badf`.
    pub fn remove(&mut self, fd: i32) -> Result<Rc<OpenFile>, Errno> {
        let at = index(fd)?;
        let file = self.files.get_mut(at).and_then(Option::take).ok_or(Errno::Badf)?;
        self.free_from = self.free_from.min(at);
        Ok(file)
    }
}

fn index(fd: i32) -> Result<usize, Errno> {
    u32::try_from(fd).ok().and_then(|fd| fd.checked_sub(FIRST)).map(|at| at as usize).ok_or(Errno::Badf)
}

impl FileSystem {
    /// The open file of that number. No borrow remains: what is done with it may run JavaScript, which may come back here.
    pub fn file(&self, fd: i32) -> Result<Rc<OpenFile>, Errno> {
        self.open.borrow().get(fd)
    }
}

/// A file or directory that is open, and where the next read or write goes.
pub struct OpenFile {
    pub kind: Kind,
    /// Bytes.
    pub offset: Cell<u64>,
    pub append: bool,
}

/// What is open.
pub enum Kind {
    File(Box<dyn File>),
    Dir(Box<dyn Dir>),
}

impl OpenFile {
    /// Errors: `Acces` for a device.
    pub fn new(opened: Opened, append: bool) -> Result<Self, Errno> {
        let kind = match opened {
            Opened::File(file) => Kind::File(file),
            Opened::Dir(dir) => Kind::Dir(dir),
            Opened::Special(_) => return Err(Errno::Acces),
        };
        Ok(Self { kind, offset: Cell::new(0), append })
    }

    /// Errors: `Isdir`.
    pub fn as_file(&self) -> Result<&dyn File, Errno> {
        match &self.kind {
            Kind::File(file) => Ok(&**file),
            Kind::Dir(_) => Err(Errno::Isdir),
        }
    }

    /// What is known of it, and its permission bits.
    pub fn stat(&self) -> Result<(Filestat, Option<u32>), Errno> {
        match &self.kind {
            Kind::File(file) => Ok((file.stat()?, file.mode().ok())),
            Kind::Dir(dir) => Ok((dir.stat()?, dir.mode_at(Path::new(b".\0")?, true).ok())),
        }
    }

    pub fn set_mode(&self, mode: u32) -> Result<(), Errno> {
        match &self.kind {
            Kind::File(file) => file.set_mode(mode),
            Kind::Dir(dir) => dir.set_mode_at(Path::new(b".\0")?, true, mode),
        }
    }

    pub fn set_times(&self, times: SetTimes) -> Result<(), Errno> {
        match &self.kind {
            Kind::File(file) => file.set_times(times),
            Kind::Dir(dir) => dir.set_times(times),
        }
    }

    pub fn sync(&self, data_only: bool) -> Result<(), Errno> {
        match &self.kind {
            Kind::File(file) if data_only => file.datasync(),
            Kind::File(file) => file.sync(),
            Kind::Dir(dir) => dir.sync(),
        }
    }
}
