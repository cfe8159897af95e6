//! Trees that are there before anything is called: with links that no guest could make, and files of several names.

use preopen::span::Span;
use preopen::vfs::{Access, Dir, LinkTarget, OpenOptions, Opened, Path};

use super::asked::Text;
use super::letters::Letters;

/// The most that is planted, and how deep: the walk of `vfs/host` differs from the kernel where a path goes up from beyond 64.
const MOST: usize = 16;

/// How long the path of something planted may be, bytes.
const LONGEST: usize = 4000;

/// What a name stands for.
#[derive(Clone, Debug)]
pub(crate) enum What {
    Dir,
    /// A file with this text.
    File(String),
    /// A link to anywhere.
    Link(Text),
    /// Another name of the file at this path.
    Again(Text),
}

/// A name and what is there. Its parent is planted before.
#[derive(Clone, Debug)]
pub(crate) struct Planted {
    pub(crate) at: Text,
    pub(crate) what: What,
}

/// Reads what is to be planted, up to a `;`: `d` a directory, `f` a file, `l` a link with its target, `h` another name of a file;
/// each beneath one of the directories before, by number (0: the root), under a name.
pub(crate) fn read(letters: &mut Letters<'_>) -> Vec<Planted> {
    let (mut planted, mut dirs, mut files) = (Vec::new(), vec![Vec::new()], Vec::new());
    while planted.len() < MOST && !letters.is_empty() {
        let what = letters.one_of(&[(b'd', b'd'), (b'f', b'f'), (b'l', b'l'), (b'h', b'h'), (b';', b';')]);
        if what == b';' {
            break;
        }
        let parent: &Vec<u8> = &dirs[letters.below(dirs.len())];
        let name = letters.name();
        let at = if parent.is_empty() { name } else { [&**parent, b"/", &name].concat() };
        let what = match what {
            b'd' => What::Dir,
            b'f' => What::File(format!("file {}", planted.len())),
            b'l' => What::Link(letters.path()),
            _ if files.is_empty() => What::File(String::new()),
            _ => {
                let other: &Vec<u8> = &files[letters.below(files.len())];
                What::Again(Text(other.clone()))
            }
        };
        if at.len() > LONGEST || planted.iter().any(|planted: &Planted| planted.at.0 == at) {
            continue;
        }
        match what {
            What::Dir => dirs.push(at.clone()),
            What::File(_) => files.push(at.clone()),
            What::Link(Text(ref target)) if LinkTarget::of_host(&[&**target, b"\0"].concat()).is_err() => {
                continue;
            }
            What::Link(_) | What::Again(_) => {}
        }
        planted.push(Planted { at: Text(at), what });
    }
    planted
}

/// Plants all in an empty directory.
pub(crate) fn plant(dir: &dyn Dir, all: &[Planted]) {
    for planted in all {
        let Planted { at, what } = planted;
        let done = || {
            let at = at.with_nul();
            let at = Path::of_host(&at)?;
            match what {
                What::Dir => dir.create_dir(at),
                What::Link(target) => dir.symlink(LinkTarget::of_host(&target.with_nul())?, at),
                What::Again(other) => dir.link(Path::of_host(&other.with_nul())?, false, dir, at),
                What::File(text) => {
                    let anew = OpenOptions {
                        access: Access::Write,
                        create: true,
                        exclusive: true,
                        ..OpenOptions::READ
                    };
                    if let Opened::File(file) = dir.open(at, anew)? {
                        let mut bytes = text.as_bytes().to_vec();
                        assert_eq!(file.write_at(&[Span::over(&mut bytes)], 0), Ok(text.len()));
                    }
                    Ok(())
                }
            }
        };
        if let Err(errno) = done() {
            panic!("{planted:?} is not planted: {errno:?}");
        }
    }
}
