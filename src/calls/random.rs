//! Randomness.

use super::Call;
use crate::guest::Guest;
use crate::process::Process;

/// How many bytes are made at a time, on the stack.
const CHUNK: usize = 512;
/// How many bytes are made without a pause.
const SLICE: u32 = 4 << 20;

/// Fills `buf` with what nobody can predict. Errors: `Overflow`. Like getrandom(2).
#[inline(never)]
pub fn random_get<G: Guest>(process: &Process, guest: &mut G, buf: u32, buf_len: u32) -> Call {
    guest.memory().array(buf, buf_len, 1)?;
    let mut done = 0;
    while done < buf_len {
        let slice = (buf_len - done).min(SLICE);
        fill(process, guest, buf + done, slice)?;
        done += slice;
        if done < buf_len {
            guest.pause()?;
        }
    }
    Ok(())
}

fn fill<G: Guest>(process: &Process, guest: &mut G, buf: u32, len: u32) -> Call {
    let mut span = guest.memory().array(buf, len, 1)?;
    while !span.is_empty() {
        if span.len() <= 64 {
            let mut bytes = [0; 64];
            process.system.random(&mut bytes[..span.len()])?;
            span.fill(&bytes);
            break;
        }
        let mut bytes = [0; CHUNK];
        let len = span.len().min(CHUNK);
        process.system.random(&mut bytes[..len])?;
        span = span.after(span.first(len).fill(&bytes));
    }
    Ok(())
}
