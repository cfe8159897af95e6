//! How a guest ends itself, and how it steps back.

use super::{Call, Halt};
use crate::abi::Errno;
use crate::guest::Guest;
use crate::process::Process;

/// Ends the guest with a code. Like exit(3).
pub fn proc_exit<G: Guest>(_process: &Process, _guest: &mut G, rval: u32) -> Call {
    Err(Halt::Exit(rval))
}

/// Ends the guest as the signal `sig` would, and never reaches the host. The signals that a program ignores by default
/// (CHLD, CONT, URG, WINCH) do nothing. Errors: `Notsup` for those that would stop it (STOP, TSTP, TTIN, TTOU), `Nosys`
/// for numbers that are no signal, as node:wasi. Like raise(3).
pub fn proc_raise<G: Guest>(_process: &Process, _guest: &mut G, sig: u32) -> Call {
    match sig as u8 {
        16 | 17 | 22 | 27 => Ok(()),
        18..=21 => Err(Errno::Notsup.into()),
        sig @ 1..=30 => Err(Halt::Raise(sig)),
        _ => Err(Errno::Nosys.into()),
    }
}

/// Lets another thread of the host run. Like sched_yield(2).
pub fn sched_yield<G: Guest>(process: &Process, _guest: &mut G) -> Call {
    process.system.yield_now();
    Ok(())
}
