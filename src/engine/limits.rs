//! What a guest's memories may take.

use wasmer::{Memory, MemoryType, Store};

use super::program::Program;
use super::worker::{Imported, Limits};

pub fn store(program: &Program, _limits: &Limits) -> Store {
    Store::new(program.engine.clone())
}

pub fn create(program: &Program, limits: &Limits, kind: MemoryType) -> Result<Imported, String> {
    let mut store = store(program, limits);
    let memory = Memory::new(&mut store, kind).map_err(|error| error.to_string())?;
    Ok(match memory.as_shared(&store) {
        Some(shared) => Imported::Shared(shared),
        None => Imported::Own(store, memory),
    })
}

pub fn explain(error: &str, _limits: &Limits) -> String {
    error.to_owned()
}
