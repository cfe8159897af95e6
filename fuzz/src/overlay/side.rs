//! One side of a comparison: a root, and what is held open of it.

use std::sync::Arc;

use preopen::abi::Errno;
use preopen::span::Span;
use preopen::vfs::{Dir, File, Opened, SetTime, SetTimes};

use super::script::{FILES, Op};
use crate::files::asked::{self, SET, Text, Told};
use crate::files::calls::Caller;

/// How much of a file is read, bytes.
const MOST_READ: usize = 80_000;

/// What an operation told, as far as it is the same for all kinds.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    Nothing,
    Told(Told),
    Count(usize),
    Appended(usize, u64),
    Names(Vec<Text>),
    Bytes(Text),
    /// What was read, and a file's size, names, and time of the last write where a call set it.
    File(Text, u64, u64, Option<u64>),
}

/// A root, and what is held open of it.
pub(crate) struct Side {
    pub(crate) caller: Caller,
    files: [Option<Box<dyn File>>; FILES],
}

impl Side {
    pub(crate) fn new(root: Arc<dyn Dir>) -> Self {
        Self { caller: Caller::new(root), files: Default::default() }
    }

    /// Does what is not about the overlay as a whole.
    pub(crate) fn run(&mut self, op: &Op) -> Result<Answer, Errno> {
        let nothing = |()| Answer::Nothing;
        match op {
            Op::Call(step) => self.caller.make(step).map(Answer::Told),
            Op::Open { slot, base, at, options } => {
                let opened = asked::open(self.caller.base(*base), at, *options)?;
                let told = asked::told(&opened, *options)?;
                if let Opened::File(file) = opened {
                    self.files[*slot] = Some(file);
                }
                Ok(Answer::Told(told))
            }
            Op::Write { slot, offset, len } => self.file(*slot, |file| {
                file.write_at(&[Span::over(&mut bytes(*len))], *offset).map(Answer::Count)
            }),
            Op::Append { slot, len } => self.file(*slot, |file| {
                let (written, end) = file.append(&[Span::over(&mut bytes(*len))])?;
                // Where nothing is written, the host does not look for the end.
                Ok(Answer::Appended(written, if written == 0 { 0 } else { end }))
            }),
            Op::SetLen { slot, len } => self.file(*slot, |file| file.set_len(*len).map(nothing)),
            Op::Allocate { slot, end } => self.file(*slot, |file| file.allocate(0, *end).map(nothing)),
            Op::Read { slot } => self.file(*slot, |file| read(file).map(Answer::Bytes)),
            Op::Look { slot } => self.file(*slot, |file| {
                let bytes = read(file)?;
                let stat = file.stat()?;
                let modified = Some(stat.mtim).filter(|time| *time < SET);
                Ok(Answer::File(bytes, stat.size, stat.nlink, modified))
            }),
            Op::FileMode { slot, mode } => self.file(*slot, |file| {
                file.set_mode(*mode)?;
                file.mode().map(|mode| Answer::Told(Told::Mode(mode)))
            }),
            Op::FileTimes { slot } => self.file(*slot, |file| file.set_times(TIMES).map(nothing)),
            Op::DirTimes { base } => self.caller.base(*base).set_times(TIMES).map(nothing),
            Op::List { base } => asked::names(self.caller.base(*base)).map(Answer::Names),
            Op::Close { slot } => {
                self.files[*slot] = None;
                Ok(Answer::Nothing)
            }
            Op::Reopen | Op::Commit | Op::Changes => Ok(Answer::Nothing),
        }
    }

    fn file(
        &self,
        slot: usize,
        act: impl FnOnce(&dyn File) -> Result<Answer, Errno>,
    ) -> Result<Answer, Errno> {
        self.files[slot].as_deref().map_or(Ok(Answer::Nothing), act)
    }
}

const TIMES: SetTimes = SetTimes { access: None, modified: Some(SetTime::At(77_000_000_000)) };

fn read(file: &dyn File) -> Result<Text, Errno> {
    let mut bytes = vec![0; MOST_READ];
    let len = file.read_at(&[Span::over(&mut bytes)], 0)?;
    bytes.truncate(len);
    Ok(Text(bytes))
}

/// So many bytes, of which neighbours differ.
fn bytes(len: u64) -> Vec<u8> {
    (0..len).map(|at| (at % 251) as u8 + 1).collect()
}
