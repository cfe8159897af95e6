//! Randomness: ChaCha with 12 rounds, keyed by the kernel. A call of 16 bytes then needs no system call.

use std::sync::{Mutex, PoisonError};

use rand_chacha::ChaCha12Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use crate::abi::Errno;

/// After how many bytes a new key is taken from the kernel.
const REKEY: usize = 1 << 20;

/// A generator, keyed when it is first used.
#[derive(Default)]
pub struct Generator(Mutex<Option<Keyed>>);

struct Keyed {
    generator: ChaCha12Rng,
    left: usize,
}

fn key() -> Result<Keyed, Errno> {
    let mut seed = [0; 32];
    let mut filled = 0;
    while filled < seed.len() {
        match rustix::rand::getrandom(&mut seed[filled..], rustix::rand::GetRandomFlags::empty()) {
            Ok(count) => filled += count,
            Err(rustix::io::Errno::INTR) => {}
            Err(_) => return Err(Errno::Io),
        }
    }
    Ok(Keyed { generator: ChaCha12Rng::from_seed(seed), left: REKEY })
}

impl Generator {
    pub fn fill(&self, bytes: &mut [u8]) -> Result<(), Errno> {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for chunk in bytes.chunks_mut(REKEY) {
            let keyed = match &mut *state {
                Some(keyed) if keyed.left >= chunk.len() => keyed,
                state => state.insert(key()?),
            };
            keyed.generator.fill_bytes(chunk);
            keyed.left -= chunk.len();
        }
        Ok(())
    }
}
