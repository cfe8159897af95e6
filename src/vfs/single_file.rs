//! One file of the host's, mounted under a name of its own.

use std::ffi::CString;
use std::os::unix::ffi::OsStringExt;
use std::path::Path as HostPath;

use super::host::{HostDir, MountOptions};
use super::{Access, Dir, File, OpenOptions, Opened, Path, ReadOnly, Result, SetTimes};
use crate::abi::{Errno, Filestat, Filetype};

/// A file of the host's by its directory, which is opened once, and its name there: where the host puts another file in its
/// place, as editors do, that one is meant from then on.
pub struct SingleFile {
    parent: Box<dyn Dir>,
    name: CString,
    special: bool,
}

impl SingleFile {
    /// The file that a path of the host's names. Links are followed here, and never again. Errors: `Noent`, `Notdir`, `Acces`;
    /// `Isdir`; `Notcapable` for a FIFO, a device or a socket, unless `special` allows them.
    pub fn open_ambient(host_path: &HostPath, read_only: bool, special: bool) -> Result<Self> {
        let path = host_path.canonicalize().map_err(|error| {
            let code = error.raw_os_error().map(rustix::io::Errno::from_raw_os_error);
            code.map_or(Errno::Io, super::host::from_host)
        })?;
        let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else { return Err(Errno::Isdir) };
        let options = MountOptions { special_files: special, ..MountOptions::default() };
        let dir = Box::new(HostDir::open_ambient(parent, options)?);
        let parent = if read_only { Box::new(ReadOnly(dir as Box<dyn Dir>)) as Box<dyn Dir> } else { dir };
        let name = CString::new(name.to_os_string().into_vec()).map_err(|_| Errno::Inval)?;
        let file = Self { parent, name, special };
        match file.stat()?.filetype {
            Filetype::Directory => Err(Errno::Isdir),
            filetype if file.allows(filetype) => Ok(file),
            _ => Err(Errno::Notcapable),
        }
    }

    /// Whether a type may be mounted. The host may have put a directory or a link where the file was: those never, for the guest
    /// would walk on from there.
    pub(super) const fn allows(&self, filetype: Filetype) -> bool {
        match filetype {
            Filetype::RegularFile => true,
            Filetype::Directory | Filetype::SymbolicLink => false,
            _ => self.special,
        }
    }

    fn name(&self) -> Result<Path<'_>> {
        Path::of_host(self.name.as_bytes_with_nul())
    }

    pub(super) fn stat(&self) -> Result<Filestat> {
        self.parent.stat_at(self.name()?, false)
    }

    pub(super) fn open(&self, access: Access, truncate: bool) -> Result<Opened> {
        let options = OpenOptions { follow: false, access, truncate, ..OpenOptions::READ };
        match self.parent.open(self.name()?, options)? {
            Opened::Dir(_) => Err(Errno::Notcapable),
            opened => Ok(opened),
        }
    }

    pub(super) fn open_file(&self, access: Access, truncate: bool) -> Result<Box<dyn File>> {
        match self.open(access, truncate)? {
            Opened::File(file) => Ok(file),
            Opened::Dir(_) | Opened::Special(_) => Err(Errno::Notcapable),
        }
    }

    pub(super) fn mode(&self) -> Result<u32> {
        self.parent.mode_at(self.name()?, false)
    }

    pub(super) fn set_mode(&self, mode: u32) -> Result<()> {
        self.parent.set_mode_at(self.name()?, false, mode)
    }

    pub(super) fn set_times(&self, times: SetTimes) -> Result<()> {
        self.parent.set_times_at(self.name()?, false, times)
    }

    pub(super) fn sync(&self) -> Result<()> {
        self.open_file(Access::Read, false)?.sync()
    }
}
