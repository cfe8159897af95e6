//! The clocks.

use super::Call;
use crate::abi::ClockId;
use crate::guest::Guest;
use crate::process::Process;

/// Writes a clock's resolution (u64, ns). Errors: `Inval` for an unknown clock, `Overflow`. Like clock_getres(2).
pub fn clock_res_get<G: Guest>(process: &Process, guest: &mut G, id: u32, resolution: u32) -> Call {
    let memory = guest.memory();
    memory.span(resolution, 8)?;
    memory.write_u64(resolution, process.system.resolution(ClockId::decode(id)?)?)?;
    Ok(())
}

/// Writes a clock's time (u64, ns); `precision` is not needed to give the best there is. Errors: `Inval` for an unknown
/// clock, `Overflow`. Like clock_gettime(2).
pub fn clock_time_get<G: Guest>(
    process: &Process,
    guest: &mut G,
    id: u32,
    _precision: u64,
    time: u32,
) -> Call {
    let memory = guest.memory();
    memory.span(time, 8)?;
    memory.write_u64(time, process.system.now(ClockId::decode(id)?)?)?;
    Ok(())
}
