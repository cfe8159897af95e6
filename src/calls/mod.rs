//! The 46 functions: one each, in the file of what it touches. They know descriptors, filesystems and guest memory, and
//! neither an operating system nor an engine.
//!
//! A function gets its arguments as the guest passed them, in the specification's order. Its first lines turn numbers
//! into types and check every range of guest memory, so that a call that fails there has done nothing.

pub(crate) mod args;
pub(crate) mod clock;
pub(crate) mod fd_io;
pub(crate) mod fd_readdir;
pub(crate) mod fd_stat;
pub(crate) mod fd_sync;
pub(crate) mod fd_table;
pub(crate) mod path_open;
pub(crate) mod path_stat;
pub(crate) mod path_tree;
pub(crate) mod poll;
pub(crate) mod proc;
pub(crate) mod random;
pub(crate) mod sock;
mod transfer;
mod waiting;

use crate::abi::imports::imports;
use crate::abi::{Errno, Rights};
use crate::guest::{Guest, Interrupted, Memory, TextBuffer, read_text};
use crate::process::Process;
use crate::vfs::{MAX_PATH, Path};

/// Why a call does not return success.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Halt {
    /// It returns this.
    Errno(Errno),
    /// It does not return: the guest ended itself with this code.
    Exit(u32),
    /// It does not return: the guest raised a signal (its number in preview1) that ends a program.
    Raise(u8),
    /// It does not return: the engine is ending the guest.
    Interrupted,
    /// It does not return yet: the guest is to be suspended until what its ticket stands for in
    /// [`Process::suspended`] is there, and the call to be made again.
    Suspended,
}

impl From<Errno> for Halt {
    fn from(errno: Errno) -> Self {
        Self::Errno(errno)
    }
}

impl From<Interrupted> for Halt {
    fn from(Interrupted: Interrupted) -> Self {
        Self::Interrupted
    }
}

/// The result of a call: what it gives the guest besides lies in the guest's memory.
pub type Call = Result<(), Halt>;

macro_rules! dispatcher {
    ($($module:ident $name:ident($($param:ident: $kind:ident),*);)*) => {
        #[expect(non_camel_case_types, reason = "the specification's names, as numbers")]
        #[repr(u32)]
        enum Number { $($name,)* }

        /// Makes the call whose row in [`crate::abi::IMPORTS`] is `number`; `arg` gives its arguments, of which a u32 is
        /// the lower half. They are all taken before the call begins. Errors: `Nosys` for a number without a row.
        #[inline]
        pub fn dispatch<G: Guest>(
            process: &Process,
            guest: &mut G,
            number: u32,
            arg: impl Fn(usize) -> u64,
        ) -> Call {
            match number {
                $(n if n == Number::$name as u32 => {
                    let mut _args = (0..).map(arg);
                    $module::$name(process, guest, $({
                        let $param = _args.next().unwrap_or_default() as $kind;
                        $param
                    }),*)
                })*
                _ => Err(Errno::Nosys.into()),
            }
        }
    };
}
imports!(dispatcher);

/// Copies a path out of the guest's memory and checks it. Errors: see [`Path::new`].
fn path<'b>(memory: Memory<'_>, ptr: u32, len: u32, buffer: &'b mut TextBuffer) -> Result<Path<'b>, Errno> {
    Path::new(read_text(memory, ptr, len, MAX_PATH, buffer)?)
}

/// The rights of a call that needs none.
const ANY: Rights = Rights::NONE;
