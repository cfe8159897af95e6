//! How much memory a run's guest may have: the ceiling on its linear memories and its tables.
#![expect(unsafe_code, reason = "the engine's tunables are given places in its own memory")]

use std::ptr::NonNull;

use wasmer::sys::vm::{VMMemory, VMMemoryDefinition, VMTable, VMTableDefinition};
use wasmer::sys::{BaseTunables, NativeEngineExt, Tunables};
use wasmer::{MemoryError, MemoryStyle, MemoryType, Pages, Store, TableStyle, TableType, WASM_PAGE_SIZE};

use super::program::Program;
use super::refusal::Refusal;

/// The most elements that all of a guest's tables hold, of a pointer each: 80 MB.
const TABLE_ELEMENTS: u32 = 10_000_000;

/// What an element of a table costs, bytes.
const ELEMENT: u64 = 8;

impl Program {
    /// A store for one run of it, whose guest has at most so many bytes in all of its linear memories together: a `memory.grow`
    /// beyond them answers -1. What its tables hold is bounded as well, by the same number and by one of our own. Memories
    /// that the run creates for the guest to import are bounded by the same store. A module that begins with more
    /// is refused.
    pub fn store(&self, memory: Option<u64>) -> Result<Store, Refusal> {
        let ceiling = Ceiling::of(self, memory)?;
        // A clone has the same code and signatures, and tunables of its own.
        let mut engine = self.engine.clone();
        engine.set_tunables(ceiling);
        Ok(Store::new(engine))
    }
}

/// What each memory and each table may grow by, beyond what it begins with. A fixed share of what is left for each, so
/// that a module with many does not have many times the ceiling.
struct Ceiling {
    base: BaseTunables,
    pages: u32,
    elements: u32,
}

impl Ceiling {
    fn of(program: &Program, memory: Option<u64>) -> Result<Self, Refusal> {
        let info = program.module.info();
        let limit = memory.unwrap_or(u64::MAX);

        let first: u64 = info.memories.values().map(|ty| u64::from(ty.minimum.0)).sum();
        let page = WASM_PAGE_SIZE as u64;
        if first * page > limit {
            return Err(Refusal(format!(
                "the module's memory begins with {} bytes, and the limit is {limit} bytes",
                first * page
            )));
        }
        let pages = (limit / page - first) / (info.memories.len() as u64).max(1);

        let first: u64 = info.tables.values().map(|ty| u64::from(ty.minimum)).sum();
        let most = u64::from(TABLE_ELEMENTS).min(limit / ELEMENT);
        if first > most {
            return Err(Refusal(format!(
                "the module's tables begin with {first} elements, and the limit is {most}"
            )));
        }
        let elements = (most - first) / (info.tables.len() as u64).max(1);
        let narrow = |count: u64| u32::try_from(count).unwrap_or(u32::MAX);
        Ok(Self { base: BaseTunables::new(), pages: narrow(pages), elements: narrow(elements) })
    }

    fn memory(&self, ty: &MemoryType) -> MemoryType {
        // Without a maximum an unshared memory grows to all that an address reaches, as it does without a ceiling.
        let most = ty.minimum.0.saturating_add(self.pages).min(Pages::max_value().0);
        MemoryType { maximum: Some(ty.maximum.map_or(Pages(most), |own| own.min(Pages(most)))), ..*ty }
    }

    fn table(&self, ty: &TableType) -> TableType {
        let most = ty.minimum.saturating_add(self.elements);
        TableType { maximum: Some(ty.maximum.map_or(most, |own| own.min(most))), ..*ty }
    }
}

impl Tunables for Ceiling {
    fn memory_style(&self, memory: &MemoryType) -> MemoryStyle {
        self.base.memory_style(memory)
    }

    fn table_style(&self, table: &TableType) -> TableStyle {
        self.base.table_style(table)
    }

    fn create_host_memory(&self, ty: &MemoryType, style: &MemoryStyle) -> Result<VMMemory, MemoryError> {
        self.base.create_host_memory(&self.memory(ty), style)
    }

    unsafe fn create_vm_memory(
        &self,
        ty: &MemoryType,
        style: &MemoryStyle,
        definition: NonNull<VMMemoryDefinition>,
    ) -> Result<VMMemory, MemoryError> {
        // SAFETY: the place is the caller's promise.
        unsafe { self.base.create_vm_memory(&self.memory(ty), style, definition) }
    }

    fn create_host_table(&self, ty: &TableType, style: &TableStyle) -> Result<VMTable, String> {
        self.base.create_host_table(&self.table(ty), style)
    }

    unsafe fn create_vm_table(
        &self,
        ty: &TableType,
        style: &TableStyle,
        definition: NonNull<VMTableDefinition>,
    ) -> Result<VMTable, String> {
        // SAFETY: the place is the caller's promise.
        unsafe { self.base.create_vm_table(&self.table(ty), style, definition) }
    }
}
