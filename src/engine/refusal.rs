//! Why a module cannot run here: its bytes are read and validated before any compiler sees them.

use wasmer::sys::Features;
use wasmer::sys::wasmparser::types::Types;
use wasmer::sys::wasmparser::{
    BinaryReaderError, FuncValidatorAllocations, Parser, Payload, ValidPayload, Validator, WasmFeatures,
};

use super::program::Compiler;

/// Why a module is none that can run here: one or more sentences.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Refusal(pub String);

/// What is known of a module that is valid.
pub(super) struct Valid {
    /// The types of what it imports, among others.
    pub types: Types,
    /// Whether it has a start function.
    pub starts: bool,
}

/// What comes before a module's version.
const MAGIC: &[u8] = b"\0asm";
/// The version that follows, and the layer: a core module's.
const MODULE: &[u8] = &[1, 0, 0, 0];

/// Validates a module with the features that the compiler has.
pub(super) fn validate(bytes: &[u8], compiler: Compiler, features: &Features) -> Result<Valid, Refusal> {
    header(bytes)?;
    pass(bytes, enabled(features)).map_err(|error| explain(bytes, compiler, features, &error))
}

fn header(bytes: &[u8]) -> Result<(), Refusal> {
    let refuse = |text: String| Err(Refusal(text));
    if bytes.is_empty() {
        return refuse("this is no WebAssembly module: there are no bytes".to_owned());
    }
    let magic = &bytes[..bytes.len().min(4)];
    if !MAGIC.starts_with(magic) {
        return refuse(format!(
            "this is no WebAssembly module: it begins with {magic:02x?}, not with {MAGIC:02x?} (offset 0)"
        ));
    }
    match bytes.get(4..8) {
        None => refuse(format!("the module is cut off: it ends in its header (offset {})", bytes.len())),
        Some(MODULE) => Ok(()),
        // The upper half is the layer.
        Some([_, _, 1, 0]) => refuse(
            "this is a WebAssembly component, and components are not run: only core modules are (offset 4)"
                .to_owned(),
        ),
        Some(other) => refuse(format!("the module's version is unknown: {other:02x?} (offset 4)")),
    }
}

/// Wasmer's features as its own validator takes them (`Compiler::validate_module`), so that what passes here passes there.
fn enabled(features: &Features) -> WasmFeatures {
    let mut set = WasmFeatures::MUTABLE_GLOBAL
        | WasmFeatures::SATURATING_FLOAT_TO_INT
        | WasmFeatures::FLOATS
        | WasmFeatures::SIGN_EXTENSION
        | WasmFeatures::GC_TYPES;
    let Features {
        threads,
        reference_types,
        simd,
        bulk_memory,
        multi_value,
        tail_call,
        module_linking: _,
        multi_memory,
        memory64,
        exceptions,
        relaxed_simd,
        extended_const,
        wide_arithmetic,
    } = features;
    set.set(WasmFeatures::THREADS, *threads);
    set.set(WasmFeatures::REFERENCE_TYPES, *reference_types);
    set.set(WasmFeatures::SIMD, *simd);
    set.set(WasmFeatures::BULK_MEMORY, *bulk_memory);
    set.set(WasmFeatures::MULTI_VALUE, *multi_value);
    set.set(WasmFeatures::TAIL_CALL, *tail_call);
    set.set(WasmFeatures::MULTI_MEMORY, *multi_memory);
    set.set(WasmFeatures::MEMORY64, *memory64);
    set.set(WasmFeatures::EXCEPTIONS, *exceptions);
    set.set(WasmFeatures::RELAXED_SIMD, *relaxed_simd);
    set.set(WasmFeatures::EXTENDED_CONST, *extended_const);
    set.set(WasmFeatures::WIDE_ARITHMETIC, *wide_arithmetic);
    set
}

/// The features that a module may ask for in vain, by name. What a feature needs comes after it.
const NAMED: &[(&str, WasmFeatures)] = &[
    ("memory64 (64-bit memories)", WasmFeatures::MEMORY64),
    ("garbage collection (GC)", WasmFeatures::GC),
    ("typed function references", WasmFeatures::FUNCTION_REFERENCES),
    ("tail calls", WasmFeatures::TAIL_CALL),
    ("relaxed SIMD", WasmFeatures::RELAXED_SIMD),
    ("SIMD", WasmFeatures::SIMD),
    ("the exceptions of before 2024 (legacy exception handling)", WasmFeatures::LEGACY_EXCEPTIONS),
    ("exceptions", WasmFeatures::EXCEPTIONS),
    ("wide arithmetic", WasmFeatures::WIDE_ARITHMETIC),
    ("custom page sizes", WasmFeatures::CUSTOM_PAGE_SIZES),
    ("memory control", WasmFeatures::MEMORY_CONTROL),
    ("custom descriptors", WasmFeatures::CUSTOM_DESCRIPTORS),
    ("compact imports", WasmFeatures::COMPACT_IMPORTS),
    ("shared-everything threads", WasmFeatures::SHARED_EVERYTHING_THREADS),
    ("stack switching", WasmFeatures::STACK_SWITCHING),
];

/// What V8 runs of those that Wasmer lacks.
const IN_V8: WasmFeatures = WasmFeatures::MEMORY64
    .union(WasmFeatures::GC)
    .union(WasmFeatures::FUNCTION_REFERENCES)
    .union(WasmFeatures::TAIL_CALL)
    .union(WasmFeatures::LEGACY_EXCEPTIONS);

/// Says why the module is not valid with these features: it is none with any, or it needs one that is missing.
fn explain(bytes: &[u8], compiler: Compiler, features: &Features, error: &BinaryReaderError) -> Refusal {
    let place = format!("(offset {})", error.offset());
    // Components aside: the header has ruled them out.
    let all = WasmFeatures::all();
    if let Err(fault) = pass(bytes, all) {
        let what = if fault.message().starts_with("unexpected end") || fault.offset() >= bytes.len() as u64 {
            "the module is cut off"
        } else {
            "the module is not valid"
        };
        return Refusal(format!("{what}: {} (offset {})", fault.message(), fault.offset()));
    }
    let ours = enabled(features);
    let lacking = NAMED.iter().find(|(_, feature)| {
        let feature = feature.bits() & !ours.bits();
        feature != 0 && pass(bytes, WasmFeatures::from_bits_truncate(all.bits() & !feature)).is_err()
    });
    let Some((name, feature)) = lacking else {
        return Refusal(format!(
            "the module uses a feature of WebAssembly that Wasmer lacks: {} {place}",
            error.message()
        ));
    };
    let elsewhere = match compiler {
        Compiler::Singlepass => enabled(&Compiler::Cranelift.features()).contains(*feature),
        Compiler::Cranelift => false,
    };
    if elsewhere {
        return Refusal(format!(
            "the module uses {name}, which Wasmer's Singlepass lacks {place}. Take engine: 'cranelift'"
        ));
    }
    let v8 = if IN_V8.contains(*feature) {
        ". V8 has it: run the module with new WASI(…) and WebAssembly.instantiate, in the main thread or in a Worker"
    } else {
        ""
    };
    Refusal(format!("the module uses {name}, which Wasmer lacks {place}{v8}"))
}

/// One pass of the validator over all of the module.
fn pass(bytes: &[u8], features: WasmFeatures) -> Result<Valid, BinaryReaderError> {
    let mut validator = Validator::new_with_features(features);
    let mut allocations = FuncValidatorAllocations::default();
    let mut starts = false;
    for payload in Parser::new(0).parse_all(bytes) {
        let payload = payload?;
        starts |= matches!(payload, Payload::StartSection { .. });
        match validator.payload(&payload)? {
            ValidPayload::Func(function, body) => {
                let mut function = function.into_validator(allocations);
                function.validate(&body)?;
                allocations = function.into_allocations();
            }
            ValidPayload::End(types) => return Ok(Valid { types, starts }),
            ValidPayload::Ok | ValidPayload::Parser(_) => {}
        }
    }
    unreachable!("a module's payloads end with its end")
}
