//! A path that a guest passed: checked as text, not yet resolved.

use std::ffi::CStr;

use super::Result;
use crate::abi::Errno;

/// The longest path, in bytes. Linux's PATH_MAX counts the NUL.
pub const MAX_PATH: usize = 4095;

/// A relative path of 1 to [`MAX_PATH`] bytes of UTF-8, without a NUL but the one that ends it.
#[derive(Clone, Copy, Debug)]
pub struct Path<'a>(&'a CStr);

impl<'a> Path<'a> {
    /// Checks a path, given with a NUL behind it. Errors: `Inval` where it is empty or holds a NUL, `Nametoolong`,
    /// `Ilseq` where it is not UTF-8, `Notcapable` where it is absolute.
    pub fn new(with_nul: &'a [u8]) -> Result<Self> {
        let path = CStr::from_bytes_with_nul(with_nul).map_err(|_| Errno::Inval)?;
        let bytes = path.to_bytes();
        if bytes.is_empty() {
            return Err(Errno::Inval);
        }
        if bytes.len() > MAX_PATH {
            return Err(Errno::Nametoolong);
        }
        std::str::from_utf8(bytes).map_err(|_| Errno::Ilseq)?;
        if bytes[0] == b'/' {
            return Err(Errno::Notcapable);
        }
        Ok(Self(path))
    }

    /// Checks a path that the host wrote, which need not be UTF-8. Errors: as [`Path::new`], without `Ilseq`.
    pub fn of_host(with_nul: &'a [u8]) -> Result<Self> {
        let path = CStr::from_bytes_with_nul(with_nul).map_err(|_| Errno::Inval)?;
        match path.to_bytes() {
            [] => Err(Errno::Inval),
            [b'/', ..] => Err(Errno::Notcapable),
            bytes if bytes.len() > MAX_PATH => Err(Errno::Nametoolong),
            _ => Ok(Self(path)),
        }
    }

    /// The path as the kernel takes it.
    pub const fn as_c_str(self) -> &'a CStr {
        self.0
    }

    /// Its bytes.
    pub const fn as_bytes(self) -> &'a [u8] {
        self.0.to_bytes()
    }
}

/// The target of a symbolic link that a guest makes: 1 to [`MAX_PATH`] bytes of UTF-8, relative, and not leading above the
/// directory through whose descriptor the link is made.
#[derive(Clone, Copy, Debug)]
pub struct LinkTarget<'a>(&'a CStr);

impl<'a> LinkTarget<'a> {
    /// Checks a target, given with a NUL behind it, for a link at `link`. Resolution confines a guest whatever a
    /// link says; this keeps a guest from planting links that lead another program of the host astray. Errors: `Perm`
    /// where it is absolute, `Notcapable` where it leads above, else as [`Path::new`].
    pub fn new(with_nul: &'a [u8], link: Path<'_>) -> Result<Self> {
        if with_nul.first() == Some(&b'/') {
            return Err(Errno::Perm);
        }
        let Path(target) = Path::new(with_nul)?;
        let mut depth = 0_i32;
        let link = link.as_bytes();
        let trimmed = link.len() - link.iter().rev().take_while(|byte| **byte == b'/').count();
        let parent =
            link[..trimmed].iter().rposition(|byte| *byte == b'/').map_or(&[][..], |end| &link[..end]);
        for component in
            parent.split(|byte| *byte == b'/').chain(target.to_bytes().split(|byte| *byte == b'/'))
        {
            depth += match component {
                b"" | b"." => 0,
                b".." => -1,
                _ => 1,
            };
            if depth < 0 {
                return Err(Errno::Notcapable);
            }
        }
        Ok(Self(target))
    }

    /// Checks a target that the host wrote, which may lead anywhere: no guest goes through a link that leads out. Errors:
    /// `Inval` where it holds a NUL, `Noent` where it is empty, `Nametoolong`.
    pub fn of_host(with_nul: &'a [u8]) -> Result<Self> {
        let target = CStr::from_bytes_with_nul(with_nul).map_err(|_| Errno::Inval)?;
        match target.count_bytes() {
            0 => Err(Errno::Noent),
            len if len > MAX_PATH => Err(Errno::Nametoolong),
            _ => Ok(Self(target)),
        }
    }

    /// The target as the kernel takes it.
    pub const fn as_c_str(self) -> &'a CStr {
        self.0
    }
}
