//! All that is in a directory, by path.

use std::collections::{BTreeMap, HashMap};
use std::ops::ControlFlow;
use std::sync::Arc;

use preopen::abi::{Errno, Filetype};
use preopen::span::Span;
use preopen::vfs::{Access, Dir, OpenOptions, Opened, Path};

use super::asked::{SET, Text};

/// How much of a file is looked at, bytes.
const BEGINNING: usize = 64 * 1024;

/// What there is to be said of a name.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Seen {
    pub(crate) filetype: Filetype,
    /// Permission bits; none of a link.
    pub(crate) mode: u32,
    /// A file's size, else 0.
    pub(crate) size: u64,
    /// A file's beginning, or a link's target.
    pub(crate) bytes: Text,
    /// How many names a file has, and the first of them; 0 of a directory, where it depends on the disk.
    pub(crate) names: (u64, Text),
    /// The time of the last write, ns.
    pub(crate) modified: u64,
    pub(crate) ino: u64,
}

/// All of them.
pub(crate) type Survey = BTreeMap<TextKey, Seen>;

/// A path, in the order of its bytes.
pub(crate) type TextKey = Vec<u8>;

/// The same without what no two trees have the same of: inodes, and times that no call has set.
pub(crate) fn shape(survey: &Survey) -> Survey {
    let shape = |seen: &Seen| Seen {
        ino: 0,
        modified: if seen.modified < SET { seen.modified } else { 0 },
        ..seen.clone()
    };
    survey.iter().map(|(at, seen)| (at.clone(), shape(seen))).collect()
}

/// Looks at everything. Panics where that fails, or where a name is listed as what it is not.
pub(crate) fn survey(root: Arc<dyn Dir>) -> Survey {
    let (mut found, mut firsts) = (Survey::new(), HashMap::new());
    found.insert(Vec::new(), of_root(&*root).unwrap());
    let mut open = vec![(Vec::new(), root)];
    while let Some((at, dir)) = open.pop() {
        for (name, filetype, ino) in entries(&*dir) {
            let whole = if at.is_empty() { name.clone() } else { [&*at, b"/", &name].concat() };
            let seen = look(&*dir, &name, &whole, &mut open, &mut firsts)
                .unwrap_or_else(|errno| panic!("{:?}: {errno:?}", Text(whole.clone())));
            assert_eq!(
                (filetype, ino),
                (seen.filetype, seen.ino),
                "{:?} is listed as what it is",
                Text(whole.clone())
            );
            assert!(found.insert(whole.clone(), seen).is_none(), "{:?} is listed twice", Text(whole));
        }
    }
    // Which name of a file comes first is for the order of the names to say, not for that of the lists.
    let mut first_of: HashMap<Vec<u8>, Vec<u8>> = HashMap::new();
    for (at, seen) in &mut found {
        let Text(group) = &seen.names.1;
        if !group.is_empty() {
            seen.names.1 = Text(first_of.entry(group.clone()).or_insert_with(|| at.clone()).clone());
        }
    }
    found
}

fn of_root(root: &dyn Dir) -> Result<Seen, Errno> {
    let stat = root.stat()?;
    Ok(Seen {
        filetype: stat.filetype,
        mode: root.mode_at(Path::of_host(b".\0")?, false)?,
        size: 0,
        bytes: Text(Vec::new()),
        names: (0, Text(Vec::new())),
        modified: stat.mtim,
        ino: stat.ino,
    })
}

fn look(
    dir: &dyn Dir,
    name: &[u8],
    whole: &[u8],
    open: &mut Vec<(Vec<u8>, Arc<dyn Dir>)>,
    firsts: &mut HashMap<u64, Vec<u8>>,
) -> Result<Seen, Errno> {
    let name = [name, b"\0"].concat();
    let name = Path::of_host(&name)?;
    let stat = dir.stat_at(name, false)?;
    let (filetype, ino, modified) = (stat.filetype, stat.ino, stat.mtim);
    let mode = if filetype == Filetype::SymbolicLink { 0 } else { dir.mode_at(name, false)? };
    let (mut size, mut bytes, mut names) = (0, Vec::new(), (0, Text(Vec::new())));
    match filetype {
        Filetype::Directory => {
            let options = OpenOptions { follow: false, directory: true, ..OpenOptions::READ };
            let Opened::Dir(dir) = dir.open(name, options)? else { return Err(Errno::Notdir) };
            open.push((whole.to_vec(), Arc::from(dir)));
        }
        Filetype::SymbolicLink => {
            bytes = vec![0; 5000];
            let len = dir.read_link(name, &mut bytes)?;
            bytes.truncate(len);
        }
        _ => {
            let options = OpenOptions { follow: false, access: Access::Read, ..OpenOptions::READ };
            let Opened::File(file) = dir.open(name, options)? else { return Err(Errno::Io) };
            size = stat.size;
            bytes = vec![0; BEGINNING.min(size as usize)];
            let len = file.read_at(&[Span::over(&mut bytes)], 0)?;
            bytes.truncate(len);
        }
    }
    if filetype != Filetype::Directory {
        let first = if stat.nlink > 1 {
            firsts.entry(ino).or_insert_with(|| whole.to_vec()).clone()
        } else {
            Vec::new()
        };
        names = (stat.nlink, Text(first));
    }
    Ok(Seen { filetype, mode, size, bytes: Text(bytes), names, modified, ino })
}

/// Names, types and inodes in a directory.
fn entries(dir: &dyn Dir) -> Vec<(Vec<u8>, Filetype, u64)> {
    let (mut entries, mut cookie) = (Vec::new(), 0);
    loop {
        let listed = dir.list(cookie, &mut |entry| {
            cookie = entry.next;
            entries.push((entry.name.to_vec(), entry.filetype, entry.ino));
            ControlFlow::Continue(())
        });
        match listed {
            // It has only paused.
            Err(Errno::Again) => {}
            listed => return listed.map(|()| entries).unwrap(),
        }
    }
}
