//! Calls on paths, one after the other, with directories that are held open meanwhile.

use std::os::fd::OwnedFd;
use std::sync::Arc;

use preopen::abi::Errno;
use preopen::vfs::{Access, Dir, OpenOptions, Opened};

use super::asked::{self, Call, Id, Told};
use super::letters::Letters;

/// How many directories are held.
pub(crate) const HELD: usize = 3;

/// The directory that a path begins in: one that is held, where something is; else the root.
pub(crate) type Base = usize;

/// A call, and where its paths begin. `hold` keeps the directory that it opened.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    pub(crate) base: Base,
    pub(crate) to: Base,
    pub(crate) hold: Option<usize>,
    pub(crate) call: Call,
}

/// What kinds of calls are written with.
const KINDS: &[(u8, u8)] = &[
    (b'o', b'o'),
    (b's', b's'),
    (b'k', b'k'),
    (b't', b't'),
    (b'm', b'm'),
    (b'd', b'd'),
    (b'D', b'D'),
    (b'u', b'u'),
    (b'y', b'y'),
    (b'Y', b'Y'),
    (b'h', b'h'),
    (b'v', b'v'),
    (b'e', b'e'),
];

impl Step {
    /// Reads one: a letter, the base by number, then
    /// - `o` open, with `w` or `b` to write or both, `c` create, `x` exclusive, `t` truncate, `d` directory, `n` without following
    /// - `s` stat, `t` times, `m` permission bits: `n` or nothing; `k` readlink
    /// - `d` mkdir, `D` rmdir, `u` unlink; `e` open a directory and hold it, by number
    /// - `y` symlink, `Y` the same as the host's: target, path; `h` link with the other base and `n` or nothing, `v` rename with
    ///   the other base: both paths
    pub(crate) fn read(letters: &mut Letters<'_>) -> Self {
        let kind = letters.one_of(KINDS);
        let base = letters.below(HELD + 1);
        let (mut to, mut hold) = (base, None);
        let call = match kind {
            b'o' => {
                let options = options(letters);
                Call::Open { at: letters.path(), options }
            }
            b's' => Call::Stat { follow: follow(letters), at: letters.path() },
            b'k' => Call::ReadLink(letters.path()),
            b't' => {
                let modified = (1 + letters.below(10) as u64) * 1_000_000_000;
                Call::SetTimes { follow: follow(letters), at: letters.path(), modified }
            }
            b'm' => {
                let mode = [0o700, 0o755, 0o777, 0o711][letters.below(4)];
                Call::SetMode { follow: follow(letters), at: letters.path(), mode }
            }
            b'd' => Call::CreateDir(letters.path()),
            b'D' => Call::RemoveDir(letters.path()),
            b'u' => Call::Unlink(letters.path()),
            b'y' | b'Y' => {
                Call::Symlink { target: letters.path(), at: letters.path(), by_host: kind == b'Y' }
            }
            b'h' => {
                to = letters.below(HELD + 1);
                Call::Link { follow: follow(letters), from: letters.path(), to: letters.path() }
            }
            b'v' => {
                to = letters.below(HELD + 1);
                Call::Rename { from: letters.path(), to: letters.path() }
            }
            _ => {
                hold = Some(letters.below(HELD));
                let options = OpenOptions { directory: true, ..OpenOptions::READ };
                Call::Open { at: letters.path(), options }
            }
        };
        Self { base, to, hold, call }
    }
}

fn follow(letters: &mut Letters<'_>) -> bool {
    let [nofollow] = letters.flags([b'n']);
    !nofollow
}

/// How something is opened.
pub(crate) fn options(letters: &mut Letters<'_>) -> OpenOptions {
    let [write, both, create, exclusive, truncate, directory, nofollow] =
        letters.flags([b'w', b'b', b'c', b'x', b't', b'd', b'n']);
    let access = match (write, both) {
        (_, true) => Access::ReadWrite,
        (true, false) => Access::Write,
        (false, false) => Access::Read,
    };
    OpenOptions { follow: !nofollow, access, directory, create, exclusive, truncate }
}

/// Who makes calls beneath a directory.
pub(crate) struct Caller {
    root: Arc<dyn Dir>,
    held: [Option<Box<dyn Dir>>; HELD],
}

impl Caller {
    pub(crate) fn new(root: Arc<dyn Dir>) -> Self {
        Self { root, held: Default::default() }
    }

    pub(crate) fn base(&self, base: Base) -> &dyn Dir {
        self.held.get(base.wrapping_sub(1)).and_then(Option::as_deref).unwrap_or(&*self.root)
    }

    pub(crate) fn make(&mut self, step: &Step) -> Result<Told, Errno> {
        let Step { base, to, hold, call } = step;
        let (Some(slot), Call::Open { at, options }) = (hold, call) else {
            return asked::make(self.base(*base), self.base(*to), call);
        };
        let opened = asked::open(self.base(*base), at, *options)?;
        let told = asked::told(&opened, *options);
        if let Opened::Dir(dir) = opened {
            self.held[*slot] = Some(dir);
        }
        told
    }
}

/// The same as a program of the host's, which nothing confines.
pub(crate) struct HostCaller {
    root: OwnedFd,
    held: [Option<OwnedFd>; HELD],
}

impl HostCaller {
    pub(crate) fn new(root: OwnedFd) -> Self {
        Self { root, held: Default::default() }
    }

    fn base(&self, base: Base) -> &OwnedFd {
        self.held.get(base.wrapping_sub(1)).and_then(Option::as_ref).unwrap_or(&self.root)
    }

    pub(crate) fn make(&mut self, step: &Step) -> Result<Told, Errno> {
        let Step { base, to, hold, call } = step;
        let told = asked::ask_the_host(self.base(*base), self.base(*to), call);
        if let (Some(slot), Call::Open { at, options }, Ok(_)) = (hold, call, &told) {
            self.held[*slot] = asked::open_on_the_host(self.base(*base), at, *options).ok();
        }
        told
    }
}

/// What an answer shows the identity of.
pub(crate) fn shown(told: &Told) -> Option<Id> {
    match told {
        Told::File { id, .. } | Told::Dir { id, .. } | Told::Stat { id, .. } => Some(*id),
        Told::Done | Told::Mode(_) | Told::Target(_) => None,
    }
}
