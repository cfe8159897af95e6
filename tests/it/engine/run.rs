//! What a run comes to: its ends, its limits, the host's functions.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use preopen::engine::{Compiler, Control, End, Host, HostError, Limits, Pool, Run, Stop, Trace, Value};
use preopen::guest::Memory;
use preopen::trace::{Event, line};

use super::support::{begin, compiled, finish, plain, process, program, said, taken, wait};

/// Writes "hello\n" to its standard output.
const HELLO: &str = r#"(module
    (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
    (memory (export "memory") 1)
    (data (i32.const 0) "\10\00\00\00\06\00\00\00")
    (data (i32.const 16) "hello\n")
    (func (export "_start")
        (call $exit (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))))"#;

const SPIN: &str = r#"(module (memory (export "memory") 1) (func (export "_start") (loop (br 0))))"#;

/// Sleeps for an hour.
const SLEEP: &str = r#"(module
    (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
    (memory (export "memory") 1)
    (func (export "_start")
        (i32.store (i32.const 16) (i32.const 1))
        (i64.store (i32.const 24) (i64.const 3600000000000))
        (drop (call $poll (i32.const 0) (i32.const 64) (i32.const 1) (i32.const 128)))))"#;

#[test]
fn a_guest_writes_and_exits() {
    for compiler in [Compiler::Singlepass, Compiler::Cranelift] {
        let (process, output) = process(&["guest"]);
        let outcome = finish(Run { process, ..plain(&compiled(HELLO, compiler, false)) });
        assert_eq!(said(&outcome.end), "exit 0");
        assert_eq!(taken(&output), b"hello\n");
        assert_eq!(outcome.fuel_used, None);
    }
}

#[test]
fn ends_are_told_apart() {
    let ends = [
        (r#"(func (export "_start"))"#, "exit 0"),
        (r#"(func (export "_start") (call $exit (i32.const 300)))"#, "exit 300"),
        (r#"(func (export "_start") (drop (call $raise (i32.const 6))))"#, "raised 6"),
        (r#"(func (export "_start") (unreachable))"#, "trap unreachable"),
        (
            r#"(func (export "_start") (drop (i32.load (i32.const 65536))))"#,
            "trap out of bounds memory access",
        ),
        (
            r#"(func (export "_start") (drop (i32.div_s (i32.const 1) (i32.const 0))))"#,
            "trap integer divide by zero",
        ),
        (r#"(func $f (export "_start") (call $f))"#, "trap call stack exhausted"),
        (
            r#"(func (export "other"))"#,
            "refused: the module exports no function _start without parameters and results",
        ),
        (
            r#"(func (export "_start") (param i32))"#,
            "refused: the module exports no function _start without parameters and results",
        ),
        (r#"(func $s (call $exit (i32.const 7))) (start $s) (func (export "_start"))"#, "exit 7"),
    ];
    for (text, end) in ends {
        let text = format!(
            r#"(module (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
                (import "wasi_snapshot_preview1" "proc_raise" (func $raise (param i32) (result i32)))
                (memory (export "memory") 1) {text})"#
        );
        for compiler in [Compiler::Singlepass, Compiler::Cranelift] {
            assert_eq!(said(&finish(plain(&compiled(&text, compiler, false))).end), end, "{text}");
        }
    }
}

#[test]
fn a_trap_names_the_functions() {
    let text = r#"(module (memory (export "memory") 1)
        (func $inner (unreachable)) (func $outer (call $inner)) (func (export "_start") (call $outer)))"#;
    let outcome = finish(plain(&compiled(text, Compiler::Cranelift, false)));
    let End::Trap(trap) = outcome.end else { panic!("{}", said(&outcome.end)) };
    let names: Vec<_> = trap.frames.iter().map(|frame| frame.name.as_deref()).collect();
    assert_eq!(names[..2], [Some("inner"), Some("outer")]);
    assert_eq!(trap.frames[0].index, 0);
}

#[test]
fn a_guest_is_stopped_wherever_it_is() {
    for text in [SPIN, SLEEP] {
        let run = plain(&program(text));
        let control = Arc::clone(&run.control);
        let outcome = begin(&Pool::new(1), run);
        std::thread::sleep(Duration::from_millis(30));
        let ordered = Instant::now();
        control.stop(Stop::Killed);
        assert_eq!(said(&wait(&outcome).end), "Killed");
        assert!(ordered.elapsed() < Duration::from_secs(2), "{:?}", ordered.elapsed());
    }
}

#[test]
fn one_that_was_stopped_before_its_beginning_does_not_begin() {
    let run = plain(&program(SPIN));
    run.control.stop(Stop::Killed);
    assert_eq!(said(&finish(run).end), "Killed");
}

#[test]
fn time_runs_out() {
    for text in [SPIN, SLEEP] {
        let limits = Limits { timeout: Some(Duration::from_millis(50)), ..Limits::default() };
        let outcome = finish(Run { limits, ..plain(&program(text)) });
        assert_eq!(said(&outcome.end), "TimedOut");
        assert!(outcome.duration >= Duration::from_millis(50));
    }
}

#[test]
fn fuel_runs_out_and_is_counted() {
    let limits = |fuel| Limits { fuel: Some(fuel), ..Limits::default() };
    let spin = compiled(SPIN, Compiler::Singlepass, true);
    let outcome = finish(Run { limits: limits(10_000), ..plain(&spin) });
    assert_eq!((said(&outcome.end), outcome.fuel_used), ("fuel".to_owned(), Some(10_000)));
    let hello = compiled(HELLO, Compiler::Cranelift, true);
    let outcome = finish(Run { limits: limits(10_000), ..plain(&hello) });
    assert_eq!(said(&outcome.end), "exit 0");
    assert!((5..20).contains(&outcome.fuel_used.unwrap()), "{:?}", outcome.fuel_used);
}

#[test]
fn the_pool_bounds_what_runs_and_not_what_waits() {
    let pool = Pool::new(2);
    let sleepers: Vec<_> = (0..6).map(|_| plain(&program(SLEEP))).collect();
    let controls: Vec<_> = sleepers.iter().map(|run| Arc::clone(&run.control)).collect();
    let asleep: Vec<_> = sleepers.into_iter().map(|run| begin(&pool, run)).collect();
    // They wait, so there is room for more.
    assert_eq!(said(&wait(&begin(&pool, plain(&program(HELLO)))).end), "exit 0");
    let spinners: Vec<_> = (0..3).map(|_| plain(&program(SPIN))).collect();
    let spins: Vec<_> = spinners.iter().map(|run| Arc::clone(&run.control)).collect();
    let spinning: Vec<_> = spinners.into_iter().map(|run| begin(&pool, run)).collect();
    let queued = begin(&pool, plain(&program(HELLO)));
    assert!(queued.recv_timeout(Duration::from_millis(50)).is_err(), "two spin, so it has to queue");
    spins.iter().for_each(|control| control.stop(Stop::Killed));
    assert_eq!(said(&wait(&queued).end), "exit 0");
    controls.iter().for_each(|control| control.stop(Stop::Killed));
    asleep.iter().chain(&spinning).for_each(|outcome| assert_eq!(said(&wait(outcome).end), "Killed"));
    let settled = Instant::now();
    while pool.load() != (0, 0) && settled.elapsed() < Duration::from_secs(10) {
        std::thread::yield_now();
    }
    assert_eq!(pool.load(), (0, 0));
}

/// Adds, and looks at the guest's memory.
struct Adder(AtomicU32);

impl Host for Adder {
    fn call(
        &self,
        function: usize,
        args: &[Value],
        memory: Memory<'_>,
        _control: &Control,
    ) -> Result<Vec<Value>, HostError> {
        assert_eq!(function, 0);
        self.0.fetch_add(1, Ordering::SeqCst);
        match args {
            [Value::I32(ptr), Value::I64(more)] => {
                let there =
                    memory.read_u32(ptr.cast_unsigned()).map_err(|_| HostError(Box::new("outside")))?;
                Ok(vec![Value::I64(i64::from(there) + more)])
            }
            other => panic!("{other:?}"),
        }
    }
}

const CALLS: &str = r#"(module
    (import "host" "add" (func $add (param i32 i64) (result i64)))
    (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
    (memory (export "memory") 1)
    (data (i32.const 8) "\05\00\00\00")
    (func (export "_start")
        (call $exit (i32.wrap_i64 (call $add (i32.const PTR) (i64.const 37))))))"#;

#[test]
fn functions_of_the_host_are_called() {
    let host = || Some(Box::new(Adder(AtomicU32::new(0))) as Box<dyn Host>);
    let outcome = finish(Run { host: host(), ..plain(&program(&CALLS.replace("PTR", "8"))) });
    assert_eq!(said(&outcome.end), "exit 42");
    let outcome = finish(Run { host: host(), ..plain(&program(&CALLS.replace("PTR", "65536"))) });
    let End::Host(HostError(error)) = outcome.end else { panic!("{}", said(&outcome.end)) };
    assert_eq!(*error.downcast::<&str>().unwrap(), "outside");
    let outcome = finish(plain(&program(&CALLS.replace("PTR", "8"))));
    let refused = "refused: the module imports functions that were not given: host.add";
    assert_eq!(said(&outcome.end), refused);
}

#[test]
fn a_fault_of_ours_is_an_outcome() {
    struct Faulty;
    impl Host for Faulty {
        fn call(&self, _: usize, _: &[Value], _: Memory<'_>, _: &Control) -> Result<Vec<Value>, HostError> {
            panic!("a fault")
        }
    }
    let run = Run { host: Some(Box::new(Faulty)), ..plain(&program(&CALLS.replace("PTR", "8"))) };
    assert_eq!(said(&finish(run).end), "panicked: a fault");
}

#[test]
fn calls_are_traced() {
    struct Lines(Arc<Mutex<Vec<String>>>);
    impl Trace for Lines {
        fn tell(&self, event: &Event, _control: &Control) {
            self.0.lock().unwrap().push(line(event));
        }
    }
    let lines = Arc::new(Mutex::new(Vec::new()));
    let run = Run { trace: Some(Box::new(Lines(Arc::clone(&lines)))), ..plain(&program(HELLO)) };
    assert_eq!(said(&finish(run).end), "exit 0");
    let lines = lines.lock().unwrap();
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert!(lines[0].starts_with("fd_write(1"), "{lines:?}");
    assert!(lines[1].starts_with("proc_exit(0)"), "{lines:?}");
}
