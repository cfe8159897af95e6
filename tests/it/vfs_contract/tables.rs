//! Every combination of what a call can be asked and what it can meet: the answers must be the host's own.

use preopen::vfs::{Access, Dir, OpenOptions, Opened};

use crate::support::{open_file, path, target, write};

/// The answers to a table of calls, one a line, each with the call.
pub type Table = fn(&dyn Dir) -> Vec<String>;

/// All tables.
pub const TABLES: &[(&str, Table)] =
    &[("opens", opens), ("stats and links of", stats), ("removals", removals), ("pairs", pairs)];

/// What a path can lead to, and how it can be written.
fn places() -> Vec<String> {
    let kinds =
        ["file", "dir", "empty", "link", "to-dir", "dangling", "far", "loop", "out", "absolute", "missing"];
    let endings = ["", "/", "//", "/.", "/..", "/x", "/../file", "/../missing", "/inner", "/up"];
    let mut all: Vec<String> =
        kinds.iter().flat_map(|kind| endings.iter().map(move |ending| format!("{kind}{ending}"))).collect();
    all.extend(
        [".", "./", "..", "../", "../x", "dir/inner/", "dir/up/", "to-dir/../link"].map(str::to_owned),
    );
    all
}

/// Makes good what a call may have changed.
fn repair(dir: &dyn Dir) {
    for at in ["missing", "nowhere", "dir/missing", "dir/x", "empty/x", "missing2"] {
        let _ = (dir.unlink(path(at)), dir.remove_dir(path(at)));
    }
    for (at, text) in [("file", "file"), ("dir/inner", "inner")] {
        if open_file(dir, at, OpenOptions::READ).and_then(|file| file.stat()).map(|stat| stat.size)
            != Ok(text.len() as u64)
        {
            write(dir, at, text).unwrap();
        }
    }
    let _ = dir.create_dir(path("empty"));
    for (to, at) in
        [("file", "link"), ("dir", "to-dir"), ("nowhere", "dangling"), ("dangling", "far"), ("loop", "loop")]
    {
        let _ = dir.symlink(target(to, at), path(at));
    }
    let _ = dir.symlink(target("../file", "dir/up"), path("dir/up"));
}

fn opens(dir: &dyn Dir) -> Vec<String> {
    let mut said = Vec::new();
    for at in places() {
        for bits in 0..32 {
            let set = |bit: u32| bits & 1 << bit != 0;
            for access in [Access::Read, Access::Write] {
                let options = OpenOptions {
                    follow: set(0),
                    access,
                    directory: set(1),
                    create: set(2),
                    exclusive: set(3),
                    truncate: set(4),
                };
                let answer = match dir.open(path(&at), options) {
                    Ok(Opened::File(file)) => format!("file of {}", file.stat().unwrap().size),
                    Ok(Opened::Dir(_)) => "directory".to_owned(),
                    Ok(Opened::Special(_)) => "special".to_owned(),
                    Err(errno) => format!("{errno:?}"),
                };
                said.push(format!("open {at} {options:?}: {answer}"));
                if options.changes() {
                    repair(dir);
                }
            }
        }
    }
    said
}

fn stats(dir: &dyn Dir) -> Vec<String> {
    let mut said = Vec::new();
    for at in places() {
        for follow in [false, true] {
            let stat = dir.stat_at(path(&at), follow).map(|stat| (stat.filetype, stat.nlink));
            said.push(format!("stat {at} {follow}: {stat:?}"));
        }
        let mut buf = [0; 20];
        let len = dir.read_link(path(&at), &mut buf);
        said.push(format!("read_link {at}: {len:?} {buf:?}"));
    }
    said
}

fn removals(dir: &dyn Dir) -> Vec<String> {
    let mut said = Vec::new();
    let places = places().into_iter().filter(|at| !["out", "absolute"].contains(&at.as_str()));
    for at in places {
        said.push(format!("create_dir {at}: {:?}", dir.create_dir(path(&at))));
        repair(dir);
        said.push(format!("remove_dir {at}: {:?}", dir.remove_dir(path(&at))));
        repair(dir);
        said.push(format!("unlink {at}: {:?}", dir.unlink(path(&at))));
        repair(dir);
        said.push(format!("symlink {at}: {:?}", dir.symlink(target("x", "x"), path(&at))));
        repair(dir);
    }
    said
}

/// Renames and links, each of many to each of many. A pair that changes something is made good by calls of other pairs' kind,
/// so it is told what is where in the end.
fn pairs(dir: &dyn Dir) -> Vec<String> {
    const PLACES: [&str; 22] = [
        "file",
        "file/",
        "dir",
        "dir/",
        "empty",
        "empty/",
        "link",
        "link/",
        "to-dir",
        "to-dir/",
        "dangling",
        "dangling/",
        "loop/",
        "missing",
        "missing/",
        "dir/inner",
        "dir/missing",
        ".",
        "dir/.",
        "dir/..",
        "..",
        "file/x",
    ];
    let mut said = Vec::new();
    for from in PLACES {
        for to in PLACES {
            for follow in [false, true] {
                said.push(format!(
                    "link {from} {follow} {to}: {:?}",
                    dir.link(path(from), follow, dir, path(to))
                ));
                repair(dir);
            }
            let renamed = dir.rename(path(from), dir, path(to));
            said.push(format!("rename {from} {to}: {renamed:?}"));
            // Back to what it was, by way of a name that nothing else has.
            if renamed.is_ok() {
                let (from, to) = (from.trim_end_matches('/'), to.trim_end_matches('/'));
                if from != to && dir.stat_at(path(from), false).is_err() {
                    said.push(format!("back: {:?}", dir.rename(path(to), dir, path(from))));
                }
            }
            repair(dir);
        }
    }
    said
}
