//! The arguments and the environment.

use super::Call;
use crate::guest::{Guest, Strings};
use crate::process::Process;

/// Writes the arguments to `argv_buf` and their addresses to `argv`. Errors: `Overflow`. Like `argv` of main.
pub fn args_get<G: Guest>(process: &Process, guest: &mut G, argv: u32, argv_buf: u32) -> Call {
    Ok(process.args.write(guest.memory(), argv, argv_buf)?)
}

/// Writes how many arguments there are, and how many bytes they take. Errors: `Overflow`. Like `argc` of main.
pub fn args_sizes_get<G: Guest>(process: &Process, guest: &mut G, argc: u32, argv_buf_size: u32) -> Call {
    sizes(&process.args, guest, argc, argv_buf_size)
}

/// Writes the environment to `environ_buf` and its addresses to `environ`. Errors: `Overflow`. Like environ(7).
pub fn environ_get<G: Guest>(process: &Process, guest: &mut G, environ: u32, environ_buf: u32) -> Call {
    // An empty environment writes nothing, so its pointers may be anything: old guests pass one past their heap.
    if process.env.count() == 0 {
        return Ok(());
    }
    Ok(process.env.write(guest.memory(), environ, environ_buf)?)
}

/// Writes how many variables there are, and how many bytes they take. Errors: `Overflow`.
pub fn environ_sizes_get<G: Guest>(
    process: &Process,
    guest: &mut G,
    environc: u32,
    environ_buf_size: u32,
) -> Call {
    sizes(&process.env, guest, environc, environ_buf_size)
}

fn sizes<G: Guest>(strings: &Strings, guest: &mut G, count: u32, size: u32) -> Call {
    let memory = guest.memory();
    memory.array(size, 4, 1)?;
    memory.write_u32(count, strings.count())?;
    memory.write_u32(size, strings.size())?;
    Ok(())
}
