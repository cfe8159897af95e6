//! A directory's entries as they were when a listing began.

use std::collections::HashSet;
use std::ops::ControlFlow;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use virtual_fs::{FileType, ReadDir};

use super::numbers::Numbers;
use crate::abi::Filetype;
use crate::vfs::DirEntry;

/// The entries, in the filesystem's order. A cookie is the number of entries before it.
pub(super) struct Listing {
    entries: Vec<(Box<[u8]>, u64, Filetype)>,
}

impl Listing {
    /// What the filesystem says is in the directory with this path, without what can be no name there.
    pub(super) fn new(dir: &Path, said: ReadDir, numbers: &Numbers) -> Self {
        let number = numbers.of(dir);
        let mut names = HashSet::new();
        let mut entries = Vec::new();
        for entry in said.flatten() {
            let name = entry.file_name();
            let bytes = name.as_bytes();
            let is_name =
                !matches!(bytes, b"" | b"." | b"..") && !bytes.iter().any(|byte| matches!(byte, b'/' | 0));
            // Layers that lie upon each other may both say what they have.
            if is_name && names.insert(name.clone()) {
                let filetype = entry.file_type().map_or(Filetype::Unknown, |ft| filetype(&ft));
                entries.push((bytes.into(), numbers.of_name(dir, number, &name), filetype));
            }
        }
        Self { entries }
    }

    /// The listing of what was removed.
    pub(super) const fn empty() -> Self {
        Self { entries: Vec::new() }
    }

    /// Whether there is nothing.
    pub(super) const fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Hands out the entries from `cookie` on.
    pub(super) fn from(&self, cookie: u64, each: &mut dyn FnMut(DirEntry<'_>) -> ControlFlow<()>) {
        let skipped = usize::try_from(cookie).unwrap_or(usize::MAX);
        for (number, (name, ino, filetype)) in self.entries.iter().enumerate().skip(skipped) {
            let entry = DirEntry { name, ino: *ino, filetype: *filetype, next: number as u64 + 1 };
            if each(entry).is_break() {
                break;
            }
        }
    }
}

/// The type as ours.
pub(super) const fn filetype(ft: &FileType) -> Filetype {
    match ft {
        FileType { symlink: true, .. } => Filetype::SymbolicLink,
        FileType { dir: true, .. } => Filetype::Directory,
        FileType { file: true, .. } => Filetype::RegularFile,
        FileType { char_device: true, .. } => Filetype::CharacterDevice,
        FileType { block_device: true, .. } => Filetype::BlockDevice,
        FileType { socket: true, .. } | FileType { fifo: true, .. } => Filetype::SocketStream,
        _ => Filetype::Unknown,
    }
}
