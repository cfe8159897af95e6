//! Overlays, as JavaScript makes them, asks what was changed, and applies it.

use std::sync::Arc;

use napi::Either;
use napi::bindgen_prelude::ClassInstance;
use napi_derive::napi;

use super::super::error::negated;
use super::{FileSystem, directory};
use crate::abi::{Errno, Filetype};
use crate::vfs::overlay::{Change, CommitError, Kind, Overlay};

/// What was changed, or what of it was applied; and where that stopped.
#[napi(object, object_from_js = false)]
#[derive(Default)]
pub struct Changes {
    /// Of each, one behind the other: its path, what happened (`created`, …), what it is (`file`, …).
    pub changes: Vec<String>,
    /// The errno that it stopped with; 0 for none.
    pub errno: u32,
    /// The path at which it stopped.
    pub path: String,
}

impl Changes {
    fn of(changes: &[Change]) -> Self {
        let told = |change: &Change| {
            let Change { path, kind, filetype } = change;
            let kind = match kind {
                Kind::Created => "created",
                Kind::Modified => "modified",
                Kind::Removed => "removed",
            };
            let filetype = match filetype {
                Filetype::Directory => "directory",
                Filetype::SymbolicLink => "symlink",
                _ => "file",
            };
            [String::from_utf8_lossy(path).into_owned(), kind.to_owned(), filetype.to_owned()]
        };
        Self { changes: changes.iter().flat_map(told).collect(), ..Self::default() }
    }

    fn stopped(self, errno: Errno, path: &[u8]) -> Self {
        Self { errno: errno as u32, path: String::from_utf8_lossy(path).into_owned(), ..self }
    }
}

/// An overlay over another filesystem, or over a directory of the host, with an upper in memory; or the negated errno.
#[napi(catch_unwind)]
pub fn overlay(
    lower: Either<ClassInstance<'_, FileSystem>, String>,
    special_files: bool,
    upper: ClassInstance<'_, FileSystem>,
) -> Either<FileSystem, i32> {
    let lower = match lower {
        Either::A(filesystem) => filesystem.mount(),
        Either::B(path) => directory(&path, special_files),
    };
    let made = lower.and_then(|lower| Overlay::new(lower, upper.mount()?));
    match made {
        Ok(overlay) => {
            let root = Arc::new(overlay.root());
            Either::A(FileSystem { overlay: Some(overlay), ..FileSystem::new(root) })
        }
        Err(errno) => Either::B(negated(errno)),
    }
}

#[napi]
impl FileSystem {
    /// What was changed in an overlay. Nothing where it is none.
    #[napi(catch_unwind)]
    pub fn changes(&self) -> Changes {
        match self.overlay.as_ref().map(|overlay| overlay.changes()) {
            Some(Ok(changes)) => Changes::of(&changes),
            Some(Err((errno, path))) => Changes::default().stopped(errno, &path),
            None => Changes::default(),
        }
    }

    /// Applies what was changed in an overlay to its lower.
    #[napi(catch_unwind)]
    pub fn commit(&self) -> Changes {
        match self.overlay.as_ref().map(|overlay| overlay.commit()) {
            Some(Ok(done)) => Changes::of(&done),
            Some(Err(CommitError { errno, path, done })) => Changes::of(&done).stopped(errno, &path),
            None => Changes::default(),
        }
    }
}
