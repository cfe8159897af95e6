//! Emits the two small modules that stand between a guest and the addon.
//!
//! The adapter's functions have the exact types of preview1, so a guest binds to them without a JavaScript frame in
//! between. Each stores its number and arguments in the call frame, and how large the guest's memory is, calls `dispatch`,
//! which takes no arguments, and returns the errno that it then finds in the frame.

use wasm_encoder::{
    BlockType, CodeSection, ConstExpr, ElementSection, Elements, EntityType, ExportKind, ExportSection,
    Function, FunctionSection, ImportSection, MemArg, MemArgTarget, MemoryType, Module, RefType,
    TableSection, TableType, TypeSection, ValType,
};

use super::frame::{ARGS, BLOCKS, ERRNO, NUMBER, PAGES, TICKET, UNBOUND, WAIT};
use crate::abi::{IMPORTS, Import, Param};

/// The type `() -> ()` of `dispatch`, and `() -> i32` of what is in the slots.
const DISPATCH_TYPE: u32 = 0;
const SIZE_TYPE: u32 = 1;
/// The only imported function.
const DISPATCH: u32 = 0;
/// What an adapter is given later, in its table: what tells the memory's size, and what suspends the guest, which most guests
/// do without.
const SIZE_SLOT: i32 = 0;
const SUSPEND_SLOT: i32 = 1;

const TABLE: TableType =
    TableType { element_type: RefType::FUNCREF, table64: false, minimum: 2, maximum: Some(2), shared: false };

fn at(offset: usize, align: u32) -> MemArg {
    MemArg { offset: offset as u64, align, target: MemArgTarget::Memory(0), ordering: None }
}

/// The adapter module.
pub fn adapter() -> Vec<u8> {
    let mut types = TypeSection::new();
    types.ty().function([], []);
    types.ty().function([], [ValType::I32]);
    let mut functions = FunctionSection::new();
    let mut exports = ExportSection::new();
    let mut code = CodeSection::new();
    for (number, import) in IMPORTS.iter().enumerate() {
        let params = import.params.iter().map(|param| match param {
            Param::U32 => ValType::I32,
            Param::U64 => ValType::I64,
        });
        types.ty().function(params, import.returns.then_some(ValType::I32));
        functions.function(SIZE_TYPE + 1 + number as u32);
        exports.export(import.name, ExportKind::Func, DISPATCH + 1 + number as u32);
        code.function(&body(number, import));
    }
    // Until a memory is bound, its size is none.
    let unbound = DISPATCH + 1 + IMPORTS.len() as u32;
    functions.function(SIZE_TYPE);
    let mut function = Function::new([]);
    function.instructions().i32_const(UNBOUND.cast_signed()).end();
    code.function(&function);
    exports.export("slots", ExportKind::Table, 0);

    let mut imports = ImportSection::new();
    imports.import("preopen", "dispatch", EntityType::Function(DISPATCH_TYPE));
    // One frame serves all adapters of a thread: a call is read out of it before anything else can run.
    let page =
        MemoryType { minimum: 1, maximum: Some(1), memory64: false, shared: false, page_size_log2: None };
    imports.import("preopen", "frame", EntityType::Memory(page));
    let mut tables = TableSection::new();
    tables.table(TABLE);
    let mut elements = ElementSection::new();
    elements.active(None, &ConstExpr::i32_const(SIZE_SLOT), Elements::Functions([unbound].as_slice().into()));

    let mut module = Module::new();
    module.section(&types).section(&imports).section(&functions).section(&tables);
    module.section(&exports).section(&elements).section(&code);
    module.finish()
}

/// A call: made again, with the ticket that it was given, for as long as it is to wait.
fn body(number: usize, import: &Import) -> Function {
    let ticket = import.params.len() as u32;
    let mut function = Function::new([(1, ValType::I64)]);
    let mut code = function.instructions();
    if import.returns {
        code.loop_(BlockType::Empty);
    }
    for (index, param) in import.params.iter().enumerate() {
        code.i32_const(0).local_get(index as u32);
        match param {
            Param::U32 => code.i32_store(at(ARGS + 8 * index, 2)),
            Param::U64 => code.i64_store(at(ARGS + 8 * index, 3)),
        };
    }
    code.i32_const(0).i32_const(number as i32).i32_store(at(NUMBER, 2));
    code.i32_const(0).i32_const(SIZE_SLOT).call_indirect(0, SIZE_TYPE).i32_store(at(PAGES, 2));
    code.i32_const(0).local_get(ticket).i64_store(at(TICKET, 3));
    code.call(DISPATCH);
    if import.returns {
        code.i32_const(0).i32_load(at(ERRNO, 2)).i32_const(WAIT.cast_signed()).i32_eq().if_(BlockType::Empty);
        // The ticket is taken out of the frame before others use it.
        code.i32_const(0).i64_load(at(TICKET, 3)).local_set(ticket);
        code.i32_const(SUSPEND_SLOT).call_indirect(0, SIZE_TYPE).if_(BlockType::Empty);
        code.local_get(ticket).i64_const(BLOCKS.cast_signed()).i64_or().local_set(ticket);
        code.end().br(1).end().end();
        code.i32_const(0).i32_load(at(ERRNO, 2));
    }
    code.end();
    function
}

/// The suspender: it imports `preopen.wait`, which the engine suspends, and exports `suspend`, which answers 0 afterwards, and 1
/// where the engine cannot suspend what called. One serves all adapters of a thread: to import what suspends takes longer than
/// all the rest of an adapter.
pub fn suspender() -> Vec<u8> {
    let mut types = TypeSection::new();
    types.ty().function([], []);
    types.ty().function([], [ValType::I32]);
    let mut imports = ImportSection::new();
    imports.import("preopen", "wait", EntityType::Function(0));
    let mut functions = FunctionSection::new();
    functions.function(1);
    let mut exports = ExportSection::new();
    exports.export("suspend", ExportKind::Func, 1);
    let mut code = CodeSection::new();
    let mut function = Function::new([]);
    let mut instructions = function.instructions();
    instructions.try_(BlockType::Result(ValType::I32)).call(0).i32_const(0);
    instructions.catch_all().i32_const(1).end().end();
    code.function(&function);

    let mut module = Module::new();
    module.section(&types).section(&imports).section(&functions).section(&exports).section(&code);
    module.finish()
}

/// The probe for a kind of memory.
pub fn probe(shared: bool, memory64: bool) -> Vec<u8> {
    let mut types = TypeSection::new();
    types.ty().function([], [ValType::I32]);
    let mut imports = ImportSection::new();
    // A shared memory must have a maximum, and one that is imported may not have a larger one than is declared.
    let maximum = shared.then_some(if memory64 { 1 << 48 } else { 1 << 16 });
    let memory = MemoryType { minimum: 0, maximum, memory64, shared, page_size_log2: None };
    imports.import("guest", "memory", EntityType::Memory(memory));
    imports.import("adapter", "slots", EntityType::Table(TABLE));
    let mut functions = FunctionSection::new();
    functions.function(0);
    let mut elements = ElementSection::new();
    elements.active(None, &ConstExpr::i32_const(SIZE_SLOT), Elements::Functions([0].as_slice().into()));
    let mut code = CodeSection::new();
    let mut function = Function::new([]);
    let mut instructions = function.instructions();
    instructions.memory_size(0);
    if memory64 {
        instructions.i32_wrap_i64();
    }
    instructions.end();
    code.function(&function);

    let mut module = Module::new();
    module.section(&types).section(&imports).section(&functions).section(&elements).section(&code);
    module.finish()
}
