//! What a module imports, sorted by who provides it: WASI, the engine, the host, or nobody.

use std::fmt::Write as _;

use wasmer::sys::wasmparser;
use wasmer::sys::wasmparser::types::{EntityType, Types};
use wasmer::{ExternType, FunctionType, ImportType, MemoryType, Module, Pages, Type};

use super::host::{HostFunction, ValueType};
use super::program::Abi;
use super::refusal::Refusal;
use crate::abi::{IMPORTS, Import, Param};

const PREVIEW1: &str = "wasi_snapshot_preview1";
const UNSTABLE: &str = "wasi_unstable";
const WASIX: &str = "wasix_32v1";

/// A module's imports, by who provides them.
pub(super) struct Linkage {
    pub abi: Abi,
    /// Whether it imports `wasi.thread-spawn`.
    pub thread_spawn: bool,
    /// The memory that it imports, and under which name.
    pub memory: Option<(String, String, MemoryType)>,
    pub host_functions: Vec<HostFunction>,
}

/// One import.
pub(super) struct Wanted {
    module: String,
    name: String,
    kind: Kind,
}

enum Kind {
    Function(Vec<Type>, Vec<Type>),
    Memory(MemoryType),
    /// None that anyone provides.
    Other(&'static str),
}

impl Linkage {
    /// Of a module that is compiled.
    pub fn of_module(module: &Module) -> Result<Self, Refusal> {
        Self::sort(module.imports().map(|import| Wanted::from_module(&import)))
    }

    /// Of one that is only validated.
    pub fn of_types(types: &Types) -> Result<Self, Refusal> {
        let imports = types.as_ref().core_imports().into_iter().flatten();
        Self::sort(imports.map(|(module, name, kind)| Wanted {
            module: module.to_owned(),
            name: name.to_owned(),
            kind: kind_of(types, kind),
        }))
    }

    fn sort(imports: impl Iterator<Item = Wanted>) -> Result<Self, Refusal> {
        let mut linkage =
            Self { abi: Abi::Preview1, thread_spawn: false, memory: None, host_functions: Vec::new() };
        let mut seen = Seen::default();
        let mut faults = Vec::new();
        let mut missing = Vec::new();
        for Wanted { module, name, kind } in imports {
            seen.note(&module);
            match kind {
                Kind::Function(params, results) => {
                    match provider(&module, &name) {
                        Provider::Wasi(row) => {
                            let (theirs, ours) = (signature(&params, &results), row_signature(row));
                            if theirs != ours {
                                faults
                                    .push(format!("{module}.{name} is imported as {theirs}, and is {ours}"));
                            }
                        }
                        Provider::Threads => {
                            let (theirs, ours) = (signature(&params, &results), "(i32) -> i32");
                            if theirs == ours {
                                linkage.thread_spawn = true;
                            } else {
                                faults
                                    .push(format!("{module}.{name} is imported as {theirs}, and is {ours}"));
                            }
                        }
                        // The crate wasmer-wasix knows its own.
                        Provider::Wasix => {}
                        Provider::Host => match host_function(&module, &name, &params, &results) {
                            Ok(function) => linkage.add(function, &mut faults),
                            Err(fault) => faults.push(fault),
                        },
                        Provider::Nobody => missing.push(format!("{module}.{name} (function)")),
                    }
                }
                Kind::Memory(ty) => {
                    if linkage.memory.is_some() {
                        faults.push(format!(
                            "{module}.{name} is a second memory that the module imports, and one is provided"
                        ));
                    }
                    linkage.memory.get_or_insert((module, name, ty));
                }
                Kind::Other(what) => missing.push(format!("{module}.{name} ({what})")),
            }
        }
        faults.extend(seen.fault());
        linkage.abi = seen.abi();
        if !missing.is_empty() {
            let mut text = "the module imports what nobody provides:".to_owned();
            for import in missing {
                let _infallible = write!(text, "\n  {import}");
            }
            faults.push(text);
        }
        if faults.is_empty() { Ok(linkage) } else { Err(Refusal(faults.join("\n"))) }
    }

    /// A function is one for the host, however often the module imports it.
    fn add(&mut self, function: HostFunction, faults: &mut Vec<String>) {
        let known = self
            .host_functions
            .iter()
            .find(|known| known.module == function.module && known.name == function.name);
        match known {
            None => self.host_functions.push(function),
            Some(known) if *known == function => {}
            Some(_) => faults.push(format!(
                "{}.{} is imported twice, with different signatures",
                function.module, function.name
            )),
        }
    }
}

/// Which of WASI's namespaces a module names.
#[derive(Default)]
struct Seen {
    preview1: bool,
    unstable: bool,
    wasix: bool,
    wasix64: bool,
}

impl Seen {
    fn note(&mut self, module: &str) {
        match module {
            PREVIEW1 => self.preview1 = true,
            UNSTABLE => self.unstable = true,
            WASIX => self.wasix = true,
            _ if module.starts_with("wasix_64v") => self.wasix64 = true,
            _ => {}
        }
    }

    fn fault(&self) -> Option<String> {
        if self.wasix64 {
            return Some(
                "the module imports wasix_64v1, WASIX for 64-bit memories, which Wasmer lacks".to_owned(),
            );
        }
        (self.unstable && (self.preview1 || self.wasix)).then(|| {
            let other = if self.preview1 { PREVIEW1 } else { WASIX };
            format!("the module mixes {UNSTABLE} and {other}: the layouts of one are not the other's")
        })
    }

    const fn abi(&self) -> Abi {
        if self.wasix {
            Abi::Wasix
        } else if self.unstable {
            Abi::Unstable
        } else {
            Abi::Preview1
        }
    }
}

enum Provider {
    Wasi(&'static Import),
    Threads,
    Wasix,
    Host,
    Nobody,
}

fn provider(module: &str, name: &str) -> Provider {
    match module {
        PREVIEW1 | UNSTABLE => {
            IMPORTS.iter().find(|row| row.name == name).map_or(Provider::Nobody, Provider::Wasi)
        }
        "wasi" if name == "thread-spawn" => Provider::Threads,
        "wasi" => Provider::Nobody,
        _ if module.starts_with("wasix_") => Provider::Wasix,
        _ => Provider::Host,
    }
}

fn host_function(
    module: &str,
    name: &str,
    params: &[Type],
    results: &[Type],
) -> Result<HostFunction, String> {
    let values = |types: &[Type]| {
        types
            .iter()
            .map(|ty| match ty {
                Type::I32 => Ok(ValueType::I32),
                Type::I64 => Ok(ValueType::I64),
                Type::F32 => Ok(ValueType::F32),
                Type::F64 => Ok(ValueType::F64),
                other => Err(format!(
                    "{module}.{name} is imported as {}: {} cannot be passed to a function of the host's",
                    signature(params, results),
                    spelled(*other)
                )),
            })
            .collect::<Result<Vec<_>, _>>()
    };
    Ok(HostFunction {
        module: module.to_owned(),
        name: name.to_owned(),
        params: values(params)?,
        results: values(results)?,
    })
}

impl Wanted {
    fn from_module(import: &ImportType) -> Self {
        let kind = match import.ty() {
            ExternType::Function(ty) => Kind::Function(ty.params().to_vec(), ty.results().to_vec()),
            ExternType::Memory(ty) => Kind::Memory(*ty),
            ExternType::Global(_) => Kind::Other("global"),
            ExternType::Table(_) => Kind::Other("table"),
            ExternType::Tag(_) => Kind::Other("tag"),
        };
        Self { module: import.module().to_owned(), name: import.name().to_owned(), kind }
    }
}

fn kind_of(types: &Types, entity: EntityType) -> Kind {
    match entity {
        EntityType::Func(id) | EntityType::FuncExact(id) => {
            let function = types[id].unwrap_func();
            let values = |types: &[wasmparser::ValType]| types.iter().map(|ty| value_type(*ty)).collect();
            Kind::Function(values(function.params()), values(function.results()))
        }
        EntityType::Memory(ty) => {
            let pages = |count: u64| Pages(u32::try_from(count).unwrap_or(u32::MAX));
            Kind::Memory(MemoryType {
                minimum: pages(ty.initial),
                maximum: ty.maximum.map(pages),
                shared: ty.shared,
            })
        }
        EntityType::Table(_) => Kind::Other("table"),
        EntityType::Global(_) => Kind::Other("global"),
        EntityType::Tag(_) => Kind::Other("tag"),
    }
}

fn value_type(ty: wasmparser::ValType) -> Type {
    use wasmparser::ValType;
    match ty {
        ValType::I32 => Type::I32,
        ValType::I64 => Type::I64,
        ValType::F32 => Type::F32,
        ValType::F64 => Type::F64,
        ValType::V128 => Type::V128,
        ValType::Ref(reference) if reference.is_func_ref() => Type::FuncRef,
        ValType::Ref(reference) if reference.is_extern_ref() => Type::ExternRef,
        ValType::Ref(_) => Type::ExceptionRef,
    }
}

fn row_signature(row: &Import) -> String {
    let params: Vec<_> = row
        .params
        .iter()
        .map(|param| match param {
            Param::U32 => Type::I32,
            Param::U64 => Type::I64,
        })
        .collect();
    signature(&params, if row.returns { &[Type::I32] } else { &[] })
}

/// `(i32, i64) -> i32`
fn signature(params: &[Type], results: &[Type]) -> String {
    let list = |types: &[Type]| types.iter().map(|ty| spelled(*ty)).collect::<Vec<_>>().join(", ");
    match results {
        [one] => format!("({}) -> {}", list(params), spelled(*one)),
        results => format!("({}) -> ({})", list(params), list(results)),
    }
}

const fn spelled(ty: Type) -> &'static str {
    match ty {
        Type::I32 => "i32",
        Type::I64 => "i64",
        Type::F32 => "f32",
        Type::F64 => "f64",
        Type::V128 => "v128",
        Type::ExternRef => "externref",
        Type::FuncRef => "funcref",
        Type::ExceptionRef => "exnref",
    }
}

/// Whether it is `() -> ()`, as `_start` has to be.
pub(super) fn takes_and_returns_nothing(ty: &FunctionType) -> bool {
    ty.params().is_empty() && ty.results().is_empty()
}
