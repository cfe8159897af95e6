//! The kinds of virtual-fs in the suite that every kind keeps.

use std::sync::Arc;

use preopen::vfs::export::Exported;
use preopen::vfs::foreign::{Foreign, Limits};
use preopen::vfs::memory::{self, MemoryFs};
use virtual_fs::AsyncWriteExt;

use super::kinds::{Make, WRITABLE};
use crate::support::{copy_into, done};
use crate::vfs_contract::Planted;
use crate::vfs_contract::kinds::{Fresh, Kind, plant};

/// Each that can be written.
pub fn kinds() -> Vec<Box<dyn Kind>> {
    let theirs = WRITABLE.iter().map(|(name, make)| Box::new(Theirs { name, make: *make }) as Box<dyn Kind>);
    theirs.chain([Box::new(Returned) as Box<dyn Kind>]).collect()
}

struct Theirs {
    name: &'static str,
    make: Make,
}

impl Kind for Theirs {
    fn name(&self) -> &'static str {
        self.name
    }

    fn fresh(&self, start: &[Planted<'_>]) -> Fresh {
        let fs = (self.make)();
        for planted in start {
            let at = |path: &str| format!("/{path}");
            match planted {
                Planted::Dir(path) => fs.create_dir(at(path).as_ref()).unwrap(),
                Planted::File(path, text) => {
                    let mut file = fs.new_open_options().write(true).create(true).open(at(path)).unwrap();
                    done(file.write_all(text.as_bytes())).unwrap();
                }
                Planted::Link(target, path) => fs.create_symlink(target.as_ref(), at(path).as_ref()).unwrap(),
            }
        }
        Fresh { dir: Box::new(Foreign::mount(fs, Limits::default()).unwrap()), keep: Box::new(()) }
    }

    fn differs(&self) -> &'static [(&'static str, &'static str)] {
        DIFFERS
    }
}

const NO_LINKS: &str = "none of them has hard links: Notsup";
const NO_HOLES: &str = "whatever keeps them may take all bytes from memory, so files end at 1 GiB: Fbig";
const NO_COUNT: &str = "a directory's link count is 1: to know better, all of it would be listed";
const NO_MODES: &str = "none of them has permission bits: Notsup";
const NO_TIMES: &str = "only files have times that can be set: Notsup";

const DIFFERS: &[(&str, &str)] = &[
    ("ends_move", NO_HOLES),
    ("allocation", NO_HOLES),
    ("far_offsets", NO_HOLES),
    ("hard_links_are_made", NO_LINKS),
    ("hard_links_share_all", NO_LINKS),
    ("long_names", NO_LINKS),
    ("a_rename_between_names_of_one_file_does_nothing", NO_LINKS),
    ("names_are_counted", NO_LINKS),
    ("numbers_are_kept", NO_LINKS),
    ("pairs", NO_LINKS),
    ("random", NO_LINKS),
    ("directories_count_their_children", NO_COUNT),
    ("stats and links of", NO_COUNT),
    ("permission_bits", NO_MODES),
    ("what_changes_a_file_changes_its_times", NO_MODES),
    ("times_are_set", NO_TIMES),
    ("what_changes_a_directory_changes_its_times", NO_TIMES),
    ("what_changes_names_changes_ctime", NO_TIMES),
    ("reading_changes_atime", NO_TIMES),
    ("what_fails_changes_nothing", NO_TIMES),
];

/// Ours in memory, exported and mounted again: what is lost is what the traits of virtual-fs cannot say.
struct Returned;

impl Kind for Returned {
    fn name(&self) -> &'static str {
        "memory, exported"
    }

    fn fresh(&self, start: &[Planted<'_>]) -> Fresh {
        let of = tempfile::tempdir().unwrap();
        plant(of.path(), start);
        let root = MemoryFs::new(memory::Limits::default()).root();
        copy_into(of.path(), &root);
        let dir = Foreign::mount(Arc::new(Exported::new(Arc::new(root))), Limits::default()).unwrap();
        Fresh { dir: Box::new(dir), keep: Box::new(()) }
    }

    fn differs(&self) -> &'static [(&'static str, &'static str)] {
        RETURNED
    }
}

const NOT_PASSED: &str = "virtual-fs passes on neither inode numbers nor link counts";

const RETURNED: &[(&str, &str)] = &[
    ("ends_move", NO_HOLES),
    ("allocation", NO_HOLES),
    ("far_offsets", NO_HOLES),
    ("hard_links_are_made", NOT_PASSED),
    ("a_rename_between_names_of_one_file_does_nothing", NOT_PASSED),
    ("names_are_counted", NOT_PASSED),
    ("numbers_are_kept", NOT_PASSED),
    ("random", NOT_PASSED),
    ("directories_count_their_children", NO_COUNT),
    ("stats and links of", NO_COUNT),
    ("permission_bits", NO_MODES),
    ("what_changes_a_file_changes_its_times", NO_MODES),
    ("times_are_set", NO_TIMES),
    ("what_changes_a_directory_changes_its_times", NO_TIMES),
    ("what_changes_names_changes_ctime", NO_TIMES),
    ("reading_changes_atime", NO_TIMES),
    ("what_fails_changes_nothing", NO_TIMES),
];
