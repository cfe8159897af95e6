//! An input of the target: what lies below, and what is done.

use std::path::Path;

use preopen::vfs::OpenOptions;

use crate::files::asked::{Call, Text};
use crate::files::calls::{Base, HELD, Step, options};
use crate::files::letters::Letters;
use crate::files::planted::{Planted, What, read};

/// How many files are held open.
pub(crate) const FILES: usize = 3;

/// The most that is done.
const MOST: usize = 48;

/// Offsets and lengths, some beyond pages and what is copied at once.
const SIZES: [u64; 8] = [0, 1, 3, 7, 4096, 5000, 70_000, 300_000];

/// What the names begin with by which an upper hides names of the lower.
pub(crate) const RESERVED: &[u8] = b".wh.";

/// The longest name whose whiteout has room for its own.
const LONGEST_HIDDEN: usize = 251;

/// Something that is done.
#[derive(Clone, Debug)]
pub(crate) enum Op {
    Call(Step),
    /// Opens a file and holds it.
    Open {
        slot: usize,
        base: Base,
        at: Text,
        options: OpenOptions,
    },
    Write {
        slot: usize,
        offset: u64,
        len: u64,
    },
    Append {
        slot: usize,
        len: u64,
    },
    SetLen {
        slot: usize,
        len: u64,
    },
    Allocate {
        slot: usize,
        end: u64,
    },
    /// Reads and stats it.
    Look {
        slot: usize,
    },
    /// Only reads it.
    Read {
        slot: usize,
    },
    FileMode {
        slot: usize,
        mode: u32,
    },
    FileTimes {
        slot: usize,
    },
    /// Sets a held directory's times.
    DirTimes {
        base: Base,
    },
    List {
        base: Base,
    },
    Close {
        slot: usize,
    },
    /// Drops all that is held, and makes another overlay of the same two.
    Reopen,
    Commit,
    /// Only tells what was changed.
    Changes,
}

/// What is below, and what is done.
#[derive(Debug)]
pub(crate) struct Script {
    /// Whether the lower is a directory of the host's, and the upper.
    pub(crate) lower_is_host: bool,
    pub(crate) upper_is_host: bool,
    pub(crate) planted: Vec<Planted>,
    pub(crate) ops: Vec<Op>,
}

impl Script {
    /// Reads an input: a letter for the lower and one for the upper (`h` of the host's, `m` in memory), the tree, and what is done.
    pub(crate) fn read(input: &[u8], base: &Path) -> Self {
        let mut letters = Letters::new(input, base);
        let [lower_is_host, upper_is_host] = [(); 2].map(|()| letters.one_of(&[(b'm', false), (b'h', true)]));
        let planted = read(&mut letters);
        let mut ops = Vec::new();
        while ops.len() < MOST && !letters.is_empty() {
            ops.push(Op::read(&mut letters));
        }
        Self { lower_is_host, upper_is_host, planted, ops }
    }

    /// Whether an overlay is meant to do all of it as a plain directory does. It is not where names are reserved, or too long to be
    /// hidden, nor where files of the lower have several names: these part.
    pub(crate) fn is_plain(&self) -> bool {
        let plain = |Text(path): &Text| {
            path.split(|byte| *byte == b'/')
                .all(|name| !name.starts_with(RESERVED) && name.len() <= LONGEST_HIDDEN)
        };
        let planted = self.planted.iter().all(|planted| match &planted.what {
            What::Again(_) => false,
            What::Link(target) => plain(&planted.at) && plain(target),
            What::Dir | What::File(_) => plain(&planted.at),
        });
        planted
            && self.ops.iter().all(|op| match op {
                Op::Call(step) => {
                    let target =
                        if let Call::Symlink { target, .. } = &step.call { plain(target) } else { true };
                    target && step.call.paths().into_iter().all(plain)
                }
                Op::Open { at, .. } => plain(at),
                _ => true,
            })
    }
}

impl Op {
    /// Reads one: `O` opens a file and holds it, by number, as `o` does. `W` write, `A` append, `L` set the length, `Z` allocate, with the
    /// file's number and places in the list of sizes; `R` read, `M` permission bits, `T` times, `C` close, with the file's; `S` times, `N`
    /// names of a held directory; `!` reopen, `#` commit, `?` changes. All else are calls.
    fn read(letters: &mut Letters<'_>) -> Self {
        let own = [b'O', b'W', b'A', b'L', b'Z', b'R', b'M', b'T', b'C', b'S', b'N', b'!', b'#', b'?'];
        match letters.take_one_of(&own) {
            Some(b'O') => {
                let (slot, base) = (letters.below(FILES), letters.below(HELD + 1));
                let options = options(letters);
                Self::Open { slot, base, at: letters.path(), options }
            }
            Some(b'W') => {
                Self::Write { slot: letters.below(FILES), offset: size(letters), len: size(letters) }
            }
            Some(b'A') => Self::Append { slot: letters.below(FILES), len: size(letters) },
            Some(b'L') => Self::SetLen { slot: letters.below(FILES), len: size(letters) },
            Some(b'Z') => Self::Allocate { slot: letters.below(FILES), end: size(letters) },
            Some(b'R') => Self::Look { slot: letters.below(FILES) },
            Some(b'M') => Self::FileMode {
                slot: letters.below(FILES),
                mode: [0o600, 0o644, 0o755, 0o711][letters.below(4)],
            },
            Some(b'T') => Self::FileTimes { slot: letters.below(FILES) },
            Some(b'C') => Self::Close { slot: letters.below(FILES) },
            Some(b'S') => Self::DirTimes { base: letters.below(HELD + 1) },
            Some(b'N') => Self::List { base: letters.below(HELD + 1) },
            Some(b'!') => Self::Reopen,
            Some(b'#') => Self::Commit,
            Some(b'?') => Self::Changes,
            _ => Self::Call(Step::read(letters)),
        }
    }
}

impl Op {
    /// Whether it sets the permission bits of a held directory, which an overlay does not know where that was removed. No guest can.
    pub(crate) fn is_mode_of_held(&self) -> bool {
        matches!(self, Self::Call(Step { base: 1.., call: Call::SetMode { .. }, .. }))
    }
}

fn size(letters: &mut Letters<'_>) -> u64 {
    SIZES[letters.below(SIZES.len())]
}
