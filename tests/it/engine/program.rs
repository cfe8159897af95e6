//! Programs: what is compiled, what is refused and in which words, what a run of one may use.

use preopen::engine::{Abi, Compiler, Program, ValueType};
use wasmer::{Imports, Instance, Memory, Store, Value};

pub const BOTH: [Compiler; 2] = [Compiler::Cranelift, Compiler::Singlepass];

pub fn wat(text: &str) -> Vec<u8> {
    wat::parse_str(text).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

fn compiled(text: &str, compiler: Compiler) -> Program {
    Program::compile(&wat(text), compiler, false).unwrap_or_else(|refusal| panic!("{}\n{text}", refusal.0))
}

fn refusal(bytes: &[u8], compiler: Compiler) -> String {
    match Program::compile(bytes, compiler, false) {
        Ok(_) => panic!("{compiler:?} compiles it"),
        Err(refusal) => refusal.0,
    }
}

#[track_caller]
fn refused(text: &str, compiler: Compiler, expected: &str) {
    assert_eq!(refusal(&wat(text), compiler), expected);
}

/// As the host would instantiate it that has nothing to import.
fn instance(program: &Program, memory: Option<u64>) -> (Store, Instance) {
    let mut store = program.store(memory).unwrap();
    let instance = Instance::new(&mut store, program.module(), &Imports::new()).unwrap();
    (store, instance)
}

fn call(store: &mut Store, instance: &Instance, name: &str, args: &[Value]) -> Result<Vec<Value>, String> {
    let function = instance.exports.get_function(name).unwrap();
    function.call(store, args).map(Vec::from).map_err(|error| error.message())
}

#[test]
fn bytes_that_are_no_module_are_refused_with_what_they_are() {
    for compiler in BOTH {
        let said = |bytes: &[u8]| refusal(bytes, compiler);
        assert_eq!(said(b""), "this is no WebAssembly module: there are no bytes");
        assert_eq!(
            said(b"#!/bin/sh\n"),
            "this is no WebAssembly module: it begins with [23, 21, 2f, 62], not with [00, 61, 73, 6d] (offset 0)"
        );
        assert_eq!(said(b"\0as"), "the module is cut off: it ends in its header (offset 3)");
        assert_eq!(said(b"\0asm\x01\0"), "the module is cut off: it ends in its header (offset 6)");
        assert_eq!(said(b"\0asm\x02\0\0\0"), "the module's version is unknown: [02, 00, 00, 00] (offset 4)");
        assert_eq!(
            said(b"\0asm\x0d\0\x01\0"),
            "this is a WebAssembly component, and components are not run: only core modules are (offset 4)"
        );
        let whole = wat(r#"(module (memory 1) (func (export "f") (result i32) i32.const 1))"#);
        let cut = said(&whole[..whole.len() - 3]);
        assert!(cut.starts_with("the module is cut off: ") && cut.contains("(offset "), "{cut}");
        assert_eq!(
            said(&wat("(module (func (result i32) i64.const 1))")),
            "the module is not valid: type mismatch: expected i32, found i64 (offset 26)"
        );
    }
}

#[test]
fn a_feature_that_wasmer_lacks_is_named_and_where_it_is_to_be_had() {
    let cases = [
        ("memory64 (64-bit memories)", "(module (memory i64 1))"),
        ("garbage collection (GC)", "(module (type (struct (field i32))))"),
        (
            "typed function references",
            "(module (type $t (func)) (func (param (ref $t)) local.get 0 call_ref $t))",
        ),
        ("tail calls", "(module (func return_call 0))"),
        (
            "the exceptions of before 2024 (legacy exception handling)",
            "(module (tag $t) (func try (throw $t) catch $t end))",
        ),
    ];
    for compiler in BOTH {
        for (feature, text) in cases {
            let said = refusal(&wat(text), compiler);
            assert!(
                said.starts_with(&format!("the module uses {feature}, which Wasmer lacks (offset ")),
                "{said}"
            );
            assert!(
                said.ends_with(
                    "). V8 has it: run the module with new WASI(…) and WebAssembly.instantiate, in the main thread \
                     or in a Worker"
                ),
                "{said}"
            );
        }
    }
}

#[test]
fn what_singlepass_lacks_cranelift_compiles() {
    let cases = [
        ("SIMD", "(module (func (result v128) (v128.const i64x2 1 2)))"),
        ("exceptions", "(module (tag $t) (func throw $t))"),
        (
            "wide arithmetic",
            "(module (func (param i64 i64) (result i64 i64) local.get 0 local.get 1 i64.mul_wide_u))",
        ),
        (
            "relaxed SIMD",
            "(module (func (param v128) (result v128) local.get 0 local.get 0 i8x16.relaxed_swizzle))",
        ),
    ];
    for (feature, text) in cases {
        let said = refusal(&wat(text), Compiler::Singlepass);
        assert!(
            said.starts_with(&format!("the module uses {feature}, which Wasmer's Singlepass lacks (offset ")),
            "{said}"
        );
        assert!(said.ends_with("). Take engine: 'cranelift'"), "{said}");
        compiled(text, Compiler::Cranelift);
    }
}

#[test]
fn both_compile_what_toolchains_emit_today() {
    let text = r#"(module
        (memory 1) (memory $second 1) (table 2 externref) (table $functions 1 funcref)
        (global i32 (i32.add (i32.const 1) (i32.const 2)))
        (data $data "x") (elem $elem funcref (ref.func $two))
        (func $two (export "two") (result i32 i64) i32.const 1 i64.const 2)
        (func (export "sign") (param i32) (result i32) local.get 0 i32.extend8_s)
        (func (export "trunc") (param f64) (result i32) local.get 0 i32.trunc_sat_f64_s)
        (func (export "bulk") i32.const 0 i32.const 0 i32.const 1 memory.init $data data.drop $data
            i32.const 0 i32.const 0 i32.const 1 table.init $functions $elem)
        (func (export "copy") i32.const 0 i32.const 0 i32.const 1 memory.copy 0 $second)
        (func (export "block") (param i32) (result i32 i32) local.get 0 (block (param i32) (result i32 i32) i32.const 1)))"#;
    for compiler in BOTH {
        let program = compiled(text, compiler);
        let (mut store, instance) = instance(&program, None);
        assert_eq!(call(&mut store, &instance, "two", &[]).unwrap(), [Value::I32(1), Value::I64(2)]);
        assert_eq!(call(&mut store, &instance, "sign", &[Value::I32(0x80)]).unwrap(), [Value::I32(-128)]);
        assert_eq!(
            call(&mut store, &instance, "trunc", &[Value::F64(1e99)]).unwrap(),
            [Value::I32(i32::MAX)]
        );
        call(&mut store, &instance, "bulk", &[]).unwrap();
        call(&mut store, &instance, "copy", &[]).unwrap();
        assert_eq!(
            call(&mut store, &instance, "block", &[Value::I32(7)]).unwrap(),
            [Value::I32(7), Value::I32(1)]
        );
    }
}

#[test]
fn a_shared_memory_has_atomics_in_both() {
    let text = r#"(module
        (import "env" "memory" (memory 1 4 shared)) (import "wasi" "thread-spawn" (func (param i32) (result i32)))
        (func (export "_start")) (func (export "add") (result i32)
            (drop (i32.atomic.rmw.add (i32.const 0) (i32.const 5))) (i32.atomic.load (i32.const 0))))"#;
    for compiler in BOTH {
        let program = compiled(text, compiler);
        assert!(program.spawns_threads() && program.has_memory() && program.exports_start());
        assert!(!program.exports_initialize());
        let (module, name, ty) = program.memory_import().unwrap();
        assert_eq!((module, name), ("env", "memory"));
        assert!(ty.shared && ty.minimum.0 == 1 && ty.maximum.unwrap().0 == 4);
        assert!(program.host_functions().is_empty());
    }
}

#[test]
fn imports_are_sorted_by_who_provides_them() {
    let program = compiled(
        r#"(module
            (import "env" "log" (func (param i32 i64 f32 f64)))
            (import "wasi_snapshot_preview1" "fd_write" (func (param i32 i32 i32 i32) (result i32)))
            (import "wasi_snapshot_preview1" "proc_exit" (func (param i32)))
            (import "host" "two" (func (result f64 i32)))
            (import "env" "log" (func (param i32 i64 f32 f64)))
            (memory (export "memory") 1) (func (export "_start")) (func (export "_initialize") (param i32)))"#,
        Compiler::Cranelift,
    );
    assert_eq!(program.abi(), Abi::Preview1);
    assert_eq!(program.compiler(), Compiler::Cranelift);
    assert!(program.has_memory() && program.exports_start() && !program.spawns_threads());
    assert!(!program.exports_initialize(), "it takes a parameter");
    let [log, two] = program.host_functions() else { panic!("{:?}", program.host_functions()) };
    assert_eq!((log.module.as_str(), log.name.as_str()), ("env", "log"));
    assert_eq!(log.params, [ValueType::I32, ValueType::I64, ValueType::F32, ValueType::F64]);
    assert!(log.results.is_empty());
    assert_eq!((two.module.as_str(), two.name.as_str()), ("host", "two"));
    assert_eq!(two.results, [ValueType::F64, ValueType::I32]);

    let abi = |text| compiled(text, Compiler::Singlepass).abi();
    assert_eq!(abi("(module)"), Abi::Preview1);
    assert_eq!(abi(r#"(module (import "wasi_unstable" "sched_yield" (func (result i32))))"#), Abi::Unstable);
    let wasix = r#"(module (import "wasix_32v1" "fd_dup" (func (param i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "sched_yield" (func (result i32))))"#;
    assert_eq!(abi(wasix), Abi::Wasix);
}

#[test]
fn singlepass_has_no_imported_functions_of_several_results() {
    let text = r#"(module (import "host" "two" (func (result f64 i32))))"#;
    refused(
        text,
        Compiler::Singlepass,
        "Singlepass has no imported functions of several results, and the module imports host.two: use Cranelift \
         (engine: 'cranelift')",
    );
}

#[test]
fn a_shared_memory_has_to_be_imported() {
    refused(
        "(module (memory 1 1 shared))",
        Compiler::Cranelift,
        "the module defines a shared memory; one that is shared has to be imported, as programs for wasi-threads have it \
         (link with --import-memory)",
    );
}

#[test]
fn every_import_that_nobody_provides_is_listed() {
    let text = r#"(module
        (import "env" "base" (global i32)) (import "env" "table" (table 1 funcref)) (import "env" "oops" (tag))
        (import "wasi_snapshot_preview1" "fd_dance" (func)) (import "wasi" "thread-join" (func))
        (import "env" "fine" (func)))"#;
    refused(
        text,
        Compiler::Cranelift,
        "the module imports what nobody provides:\n  env.base (global)\n  env.table (table)\n  env.oops (tag)\n  \
         wasi_snapshot_preview1.fd_dance (function)\n  wasi.thread-join (function)",
    );
}

#[test]
fn imports_of_wrong_signatures_are_refused_with_both() {
    for compiler in BOTH {
        refused(
            r#"(module (import "wasi_snapshot_preview1" "fd_seek" (func (param i32 i32 i32 i32) (result i32))))"#,
            compiler,
            "wasi_snapshot_preview1.fd_seek is imported as (i32, i32, i32, i32) -> i32, and is \
             (i32, i64, i32, i32) -> i32",
        );
        refused(
            r#"(module (import "wasi_unstable" "proc_exit" (func (result i32))))"#,
            compiler,
            "wasi_unstable.proc_exit is imported as () -> i32, and is (i32) -> ()",
        );
        refused(
            r#"(module (import "wasi" "thread-spawn" (func (param i64) (result i32))))"#,
            compiler,
            "wasi.thread-spawn is imported as (i64) -> i32, and is (i32) -> i32",
        );
        refused(
            r#"(module (import "env" "f" (func)) (import "env" "f" (func (param i32))))"#,
            compiler,
            "env.f is imported twice, with different signatures",
        );
        refused(
            r#"(module (import "env" "f" (func (param externref) (result i32))))"#,
            compiler,
            "env.f is imported as (externref) -> i32: externref cannot be passed to a function of the host's",
        );
        refused(
            r#"(module (import "env" "m" (memory 1)) (import "env" "n" (memory 1)))"#,
            compiler,
            "env.n is a second memory that the module imports, and one is provided",
        );
    }
    refused(
        r#"(module (import "env" "f" (func (param v128))))"#,
        Compiler::Cranelift,
        "env.f is imported as (v128) -> (): v128 cannot be passed to a function of the host's",
    );
}

#[test]
fn mixed_snapshots_and_wasix_of_64_bits_are_refused() {
    refused(
        r#"(module (import "wasi_unstable" "sched_yield" (func (result i32)))
            (import "wasi_snapshot_preview1" "sched_yield" (func (result i32))))"#,
        Compiler::Cranelift,
        "the module mixes wasi_unstable and wasi_snapshot_preview1: the layouts of one are not the other's",
    );
    refused(
        r#"(module (import "wasix_64v1" "fd_dup" (func (param i32 i64) (result i32))))"#,
        Compiler::Cranelift,
        "the module imports wasix_64v1, WASIX for 64-bit memories, which Wasmer lacks",
    );
}

#[test]
fn a_start_function_waits_for_the_run() {
    let text = r#"(module (global $g (export "g") (mut i32) (i32.const 0)) (func $f (global.set $g (i32.const 1))) (start $f))"#;
    for compiler in BOTH {
        for metered in [false, true] {
            let program = Program::compile(&wat(text), compiler, metered).unwrap();
            assert_eq!(program.is_metered(), metered);
            let (mut store, instance) = instance(&program, None);
            let global = instance.exports.get_global("g").unwrap().clone();
            assert_eq!(global.get(&mut store), Value::I32(0), "{compiler:?}: nothing has run yet");
            call(&mut store, &instance, program.start_export().unwrap(), &[]).unwrap();
            assert_eq!(global.get(&mut store), Value::I32(1));
        }
        assert_eq!(compiled("(module)", compiler).start_export(), None);
    }
}

#[test]
fn a_metered_program_counts_its_operations() {
    use wasmer_middlewares::metering::{MeteringPoints, get_remaining_points, set_remaining_points};
    let text =
        r#"(module (func (export "three") (drop (i32.const 1))) (func (export "forever") (loop br 0)))"#;
    for compiler in BOTH {
        let program = Program::compile(&wat(text), compiler, true).unwrap();
        let (mut store, instance) = instance(&program, None);
        set_remaining_points(&mut store, &instance, 100);
        call(&mut store, &instance, "three", &[]).unwrap();
        assert_eq!(get_remaining_points(&mut store, &instance), MeteringPoints::Remaining(97));
        call(&mut store, &instance, "forever", &[]).unwrap_err();
        assert_eq!(get_remaining_points(&mut store, &instance), MeteringPoints::Exhausted);
    }
}

const GROWS: &str = r#"(module (memory (export "memory") 1) (table 1 funcref)
    (func (export "grow") (param i32) (result i32) local.get 0 memory.grow)
    (func (export "widen") (param i32) (result i32) ref.null func local.get 0 table.grow))"#;

#[test]
fn memory_grows_up_to_its_ceiling() {
    const PAGE: u64 = 65536;
    for compiler in BOTH {
        let program = compiled(GROWS, compiler);
        let grow = |store: &mut Store, instance: &Instance, by: i32| {
            call(store, instance, "grow", &[Value::I32(by)]).unwrap()[0].unwrap_i32()
        };
        // Half a page more than four is four.
        let (mut store, limited) = instance(&program, Some(4 * PAGE + PAGE / 2));
        assert_eq!(grow(&mut store, &limited, 2), 1);
        assert_eq!(grow(&mut store, &limited, 2), -1);
        assert_eq!(grow(&mut store, &limited, 1), 3);
        assert_eq!(grow(&mut store, &limited, 1), -1);
        // A limit is a run's own.
        let (mut store, free) = instance(&program, None);
        assert_eq!(grow(&mut store, &free, 100), 1);
        assert_eq!(grow(&mut store, &free, 65536), -1);

        let refusal = program.store(Some(PAGE - 1)).unwrap_err();
        assert_eq!(refusal.0, "the module's memory begins with 65536 bytes, and the limit is 65535 bytes");
    }
}

#[test]
fn a_ceiling_is_for_all_memories_together() {
    let text = r#"(module (memory 1) (memory 1)
        (func (export "first") (result i32) i32.const 2 memory.grow 0)
        (func (export "second") (result i32) i32.const 1 memory.grow 1))"#;
    let program = compiled(text, Compiler::Cranelift);
    let (mut store, limited) = instance(&program, Some(4 * 65536));
    assert_eq!(call(&mut store, &limited, "first", &[]).unwrap(), [Value::I32(-1)]);
    assert_eq!(call(&mut store, &limited, "second", &[]).unwrap(), [Value::I32(1)]);
}

#[test]
fn a_memory_that_the_run_creates_has_the_same_ceiling() {
    let text = r#"(module (import "env" "memory" (memory 1 100 shared))
        (func (export "grow") (param i32) (result i32) local.get 0 memory.grow))"#;
    for compiler in BOTH {
        let program = compiled(text, compiler);
        let mut store = program.store(Some(3 * 65536)).unwrap();
        let (module, name, ty) = program.memory_import().unwrap();
        let memory = Memory::new(&mut store, ty).unwrap();
        let mut imports = Imports::new();
        imports.define(module, name, memory);
        let instance = Instance::new(&mut store, program.module(), &imports).unwrap();
        assert_eq!(call(&mut store, &instance, "grow", &[Value::I32(3)]).unwrap(), [Value::I32(-1)]);
        assert_eq!(call(&mut store, &instance, "grow", &[Value::I32(2)]).unwrap(), [Value::I32(1)]);
    }
}

#[test]
fn tables_have_a_ceiling() {
    for compiler in BOTH {
        let program = compiled(GROWS, compiler);
        let widen = |store: &mut Store, instance: &Instance, by: i32| {
            call(store, instance, "widen", &[Value::I32(by)]).unwrap()[0].unwrap_i32()
        };
        let (mut store, free) = instance(&program, None);
        assert_eq!(widen(&mut store, &free, 10_000_000), -1);
        assert_eq!(widen(&mut store, &free, 9_999_999), 1);
        let (mut store, limited) = instance(&program, Some(65536));
        assert_eq!(widen(&mut store, &limited, 8192), -1);
        assert_eq!(widen(&mut store, &limited, 8191), 1);
    }
    let program = compiled("(module (table 9000 funcref))", Compiler::Singlepass);
    let refusal = program.store(Some(65536)).unwrap_err();
    assert_eq!(refusal.0, "the module's tables begin with 9000 elements, and the limit is 8192");
}

#[test]
fn endless_recursion_is_a_trap() {
    let text = r#"(module (func $f (export "f") (param i64) (result i64)
        (i64.add (call $f (i64.add (local.get 0) (i64.const 1))) (i64.const 1))))"#;
    for compiler in BOTH {
        let program = compiled(text, compiler);
        let (mut store, instance) = instance(&program, None);
        for _ in 0..3 {
            assert_eq!(
                call(&mut store, &instance, "f", &[Value::I64(0)]).unwrap_err(),
                "call stack exhausted"
            );
        }
    }
}

#[test]
fn mutated_modules_are_compiled_or_refused() {
    let whole = wat(
        r#"(module (import "wasi_snapshot_preview1" "sched_yield" (func (result i32))) (memory 1) (table 1 funcref)
            (data (i32.const 0) "hello") (elem (i32.const 0) 1) (start 1)
            (func (local i32) (loop (br_if 0 (i32.eqz (local.tee 0 (i32.add (local.get 0) (i32.const 1)))))))
            (func (export "_start") (if (i32.const 1) (then (call_indirect (i32.const 0))))))"#,
    );
    // xorshift: the same mutations each time.
    let mut seed = 0x9e37_79b9_7f4a_7c15_u64;
    let mut random = move |below: usize| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        (seed % below as u64) as usize
    };
    let mut valid = 0;
    for _ in 0..200 {
        let mut bytes = whole.clone();
        for _ in 0..=random(3) {
            let place = random(bytes.len());
            match random(4) {
                0 => bytes[place] ^= 1 << random(8),
                1 => bytes[place] = random(256) as u8,
                2 => bytes.truncate(place.max(1)),
                _ => bytes.insert(place, random(256) as u8),
            }
        }
        for compiler in BOTH {
            match Program::compile(&bytes, compiler, random(2) == 0) {
                Ok(_) => valid += 1,
                Err(refusal) => assert!(!refusal.0.contains("a panic"), "{}\n{bytes:02x?}", refusal.0),
            }
        }
    }
    assert!(valid > 0, "some mutations change nothing that matters");
}

/// Tells the process that was made for it that it is the one.
const ALONE: &str = "PREOPEN_TEST_NATIVE_CODE";

#[test]
fn native_code_goes_with_its_program() {
    if std::env::var_os(ALONE).is_none() {
        // In a process of its own, where no other test takes memory meanwhile.
        let this = std::env::current_exe().unwrap();
        let mut command = std::process::Command::new(this);
        command.args(["--exact", "engine::program::native_code_goes_with_its_program"]).env(ALONE, "1");
        assert!(command.status().unwrap().success());
        return;
    }
    let functions: String = (0..200)
        .map(|i| format!("(func (param i32) (result i32) (i32.mul (local.get 0) (i32.const {i})))"))
        .collect();
    let bytes = wat(&format!("(module {functions})"));
    for compiler in BOTH {
        let many = |times| (0..times).for_each(|_| drop(Program::compile(&bytes, compiler, false).unwrap()));
        many(50);
        let before = resident();
        many(300);
        let grown = resident().saturating_sub(before);
        // The code of one is some 20 KiB, in whole pages; of 300, more than 6 MiB.
        assert!(grown < 3 << 20, "{compiler:?}: {grown} bytes more");
    }
}

/// Resident memory, bytes.
fn resident() -> u64 {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap();
    statm.split(' ').nth(1).unwrap().parse::<u64>().unwrap() * 4096
}
