//! Inode numbers, in a filesystem that has none.
//!
//! A number is made from a path, so it needs no memory and is the same whenever the path is looked at. What was moved keeps
//! its number, and a name that is made anew gets another one where its own is in use: those are remembered, as long as they
//! have their names.

use std::collections::{HashMap, HashSet};
use std::ffi::OsStr;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// The numbers that do not come from their paths.
#[derive(Default)]
pub(super) struct Numbers {
    by_path: HashMap<PathBuf, u64>,
    in_use: HashSet<u64>,
    /// How many were made from nothing.
    made: u64,
}

impl Numbers {
    /// The number of what has a path.
    pub(super) fn of(&self, path: &Path) -> u64 {
        let mut number = 1;
        let mut at = PathBuf::new();
        for component in path {
            number = beneath(number, component);
            if !self.by_path.is_empty() {
                at.push(component);
                number = self.by_path.get(&at).copied().unwrap_or(number);
            }
        }
        number
    }

    /// The number of a name in the directory with this path and number.
    pub(super) fn of_name(&self, dir: &Path, number: u64, name: &OsStr) -> u64 {
        let known = if self.by_path.is_empty() { None } else { self.by_path.get(&dir.join(name)) };
        known.copied().unwrap_or_else(|| beneath(number, name))
    }

    /// Something new has this path. `held` says whether somebody holds what had this number before.
    pub(super) fn made(&mut self, path: &Path, held: impl Fn(u64) -> bool) {
        let number = self.of(path);
        if self.in_use.contains(&number) || held(number) {
            self.made += 1;
            self.keep(path, beneath(self.made, OsStr::new("made anew")));
        }
    }

    /// What had this path has none any more.
    pub(super) fn removed(&mut self, path: &Path) {
        if let Some(number) = self.by_path.remove(path) {
            self.in_use.remove(&number);
        }
    }

    /// What had this path has another one, which was free; and so has all beneath it, where it is a directory.
    pub(super) fn moved(&mut self, from: &Path, to: &Path, is_dir: bool) {
        let number = self.of(from);
        if is_dir {
            self.by_path = std::mem::take(&mut self.by_path)
                .into_iter()
                .map(|(path, number)| match path.strip_prefix(from) {
                    // The path itself follows below.
                    Ok(rest) if !rest.as_os_str().is_empty() => (to.join(rest), number),
                    _ => (path, number),
                })
                .collect();
        }
        self.removed(from);
        self.keep(to, number);
    }

    fn keep(&mut self, path: &Path, number: u64) {
        self.by_path.insert(path.to_path_buf(), number);
        self.in_use.insert(number);
    }
}

/// The number of a name in a directory with this number. Its keys are always the same, and so are the numbers in the next run.
fn beneath(dir: u64, name: &OsStr) -> u64 {
    let mut hasher = DefaultHasher::new();
    (dir, name.as_bytes()).hash(&mut hasher);
    hasher.finish().max(1)
}
