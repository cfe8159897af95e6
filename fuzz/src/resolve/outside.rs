//! What lies outside of the trees: nothing of it may be shown, read or changed.

use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use preopen::abi::Errno;

use crate::files::asked::{Id, Told};
use crate::files::calls::shown;

/// What all files outside say.
pub(crate) const SECRET: &str = "secret";

/// What can be seen of a name without opening it: inode, mode, names, size, and the times of changes.
type Look = (u64, u32, u64, u64, [i64; 4]);

/// All that was outside at the start.
#[derive(Default)]
pub(crate) struct Outside {
    ids: HashSet<(u64, u64)>,
    looks: BTreeMap<PathBuf, Look>,
    /// Those in which names come and go, all of which begin so.
    yards: Vec<(PathBuf, &'static str)>,
}

/// Makes a folder with something to find in it.
pub(crate) fn plant_secrets(at: &Path) {
    fs::create_dir(at).unwrap();
    fs::write(at.join("secret"), SECRET).unwrap();
    fs::create_dir(at.join("a")).unwrap();
}

impl Outside {
    /// Adds a folder and what is in it, but not what is in those of these names.
    pub(crate) fn add(&mut self, folder: &Path, but: &[&str]) {
        let mut open = vec![folder.to_path_buf()];
        while let Some(at) = open.pop() {
            let meta = fs::symlink_metadata(&at).unwrap();
            self.ids.insert((meta.dev(), meta.ino()));
            if meta.is_dir() {
                let names = fs::read_dir(&at).unwrap().map(|entry| entry.unwrap());
                open.extend(
                    names
                        .filter(|name| !but.iter().any(|but| name.file_name() == *but))
                        .map(|name| name.path()),
                );
            }
            self.looks.insert(at.clone(), look(&at));
        }
    }

    /// Adds a folder in which only names that begin so come and go, and one file with the secret.
    pub(crate) fn add_yard(&mut self, folder: &Path, prefix: &'static str) {
        let meta = fs::metadata(folder).unwrap();
        self.ids.insert((meta.dev(), meta.ino()));
        self.add(&folder.join("secret"), &[]);
        self.yards.push((folder.to_path_buf(), prefix));
    }

    /// Panics where an answer shows something of it.
    pub(crate) fn is_not_shown(&self, answer: &Result<Told, Errno>, what: &dyn std::fmt::Debug) {
        let Ok(told) = answer else { return };
        if let Some(Id(dev, ino)) = shown(told) {
            assert!(!self.ids.contains(&(dev, ino)), "{what:?} shows what is outside: {told:?}");
        }
        if let Told::File { beginning: Some(text), .. } = told {
            assert!(text.0 != SECRET.as_bytes(), "{what:?} reads the secret");
        }
    }

    /// Panics where any of it is not as it was.
    pub(crate) fn is_unchanged(&self, what: &dyn std::fmt::Debug) {
        for (at, before) in &self.looks {
            assert!(look(at) == *before, "{} was changed by {what:?}", at.display());
        }
        for (yard, prefix) in &self.yards {
            for entry in fs::read_dir(yard).unwrap() {
                let name = entry.unwrap().file_name();
                let known = name == "secret" || name.to_str().is_some_and(|name| name.starts_with(prefix));
                assert!(known, "{name:?} is in {} after {what:?}", yard.display());
            }
        }
    }
}

fn look(at: &Path) -> Look {
    // What is gone has none.
    fs::symlink_metadata(at).map_or_else(
        |_| Look::default(),
        |meta| {
            let times = [meta.mtime(), meta.mtime_nsec(), meta.ctime(), meta.ctime_nsec()];
            (meta.ino(), meta.mode(), meta.nlink(), meta.size(), times)
        },
    )
}
