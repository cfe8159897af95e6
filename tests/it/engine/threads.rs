//! wasi-threads: guests whose threads share a memory and descriptors.

use std::sync::Arc;
use std::time::Duration;

use preopen::engine::{Limits, Pool, Run, Stop};

use super::support::{begin, finish, plain, process, program, said, taken, wait};

/// A guest with threads; each runs `thread` with its number in local 0 and its argument in local 1.
fn text(start: &str, thread: &str) -> String {
    format!(
        r#"(module
            (import "env" "memory" (memory 1 4 shared))
            (import "wasi" "thread-spawn" (func $spawn (param i32) (result i32)))
            (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
            (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
            (export "memory" (memory 0))
            (func (export "wasi_thread_start") (param i32 i32) {thread})
            (func $await (param $count i32)
                (block $done (loop $again
                    (br_if $done (i32.ge_u (i32.atomic.load (i32.const 0)) (local.get $count)))
                    (drop (memory.atomic.wait32 (i32.const 0) (i32.atomic.load (i32.const 0)) (i64.const 1000000)))
                    (br $again))))
            (func (export "_start") (local i32) {start}))"#
    )
}

const COUNT: &str = "(drop (i32.atomic.rmw.add (i32.const 0) (i32.const 1)))
    (drop (memory.atomic.notify (i32.const 0) (i32.const 1)))";

#[test]
fn threads_share_memory() {
    let start = "(loop $again
            (if (i32.lt_s (call $spawn (i32.const 0)) (i32.const 1)) (then (unreachable)))
            (local.set 0 (i32.add (local.get 0) (i32.const 1)))
            (br_if $again (i32.lt_u (local.get 0) (i32.const 8))))
        (call $await (i32.const 8))
        (call $exit (i32.atomic.load (i32.const 0)))";
    assert_eq!(said(&finish(plain(&program(&text(start, COUNT)))).end), "exit 8");
}

#[test]
fn threads_share_descriptors() {
    let thread = format!(
        r#"(i32.store (i32.const 64) (i32.const 80)) (i32.store (i32.const 68) (i32.const 2))
        (i32.store16 (i32.const 80) (i32.const 0x0a74))
        (drop (call $write (i32.const 1) (i32.const 64) (i32.const 1) (i32.const 72))) {COUNT}"#
    );
    let (process, output) = process(&["guest"]);
    let start = "(drop (call $spawn (i32.const 0))) (call $await (i32.const 1))";
    let run = Run { process, ..plain(&program(&text(start, &thread))) };
    assert_eq!(said(&finish(run).end), "exit 0");
    assert_eq!(taken(&output), b"t\n");
}

#[test]
fn whatever_ends_one_ends_all() {
    let forever = "(drop (call $spawn (i32.const 0)))
        (drop (memory.atomic.wait32 (i32.const 8) (i32.const 0) (i64.const -1)))";
    let ends = [("(call $exit (i32.const 3))", "exit 3"), ("(unreachable)", "trap unreachable")];
    for (thread, end) in ends {
        assert_eq!(said(&finish(plain(&program(&text(forever, thread)))).end), end, "{thread}");
    }
    let spins = "(loop (br 0))";
    let waits = "(drop (memory.atomic.wait32 (i32.const 8) (i32.const 0) (i64.const -1)))";
    let start = "(drop (call $spawn (i32.const 0))) (drop (call $spawn (i32.const 0)))
        (drop (memory.atomic.wait32 (i32.const 8) (i32.const 0) (i64.const 20000000)))";
    for thread in [spins, waits] {
        assert_eq!(said(&finish(plain(&program(&text(start, thread)))).end), "exit 0", "{thread}");
    }
}

#[test]
fn a_guest_with_threads_is_stopped() {
    let waits = "(drop (memory.atomic.wait32 (i32.const 8) (i32.const 0) (i64.const -1)))";
    for body in ["(loop (br 0))", waits] {
        let start = format!("(drop (call $spawn (i32.const 0))) {body}");
        let run = plain(&program(&text(&start, body)));
        let control = Arc::clone(&run.control);
        let outcome = begin(&Pool::new(1), run);
        std::thread::sleep(Duration::from_millis(30));
        control.stop(Stop::Killed);
        assert_eq!(said(&wait(&outcome).end), "Killed", "{body}");
    }
}

#[test]
fn there_are_only_so_many() {
    // Each answers its number, or the negated errno of what is refused: EAGAIN, 6.
    let start =
        "(drop (call $spawn (i32.const 0))) (call $exit (i32.sub (i32.const 0) (call $spawn (i32.const 0))))";
    let waits = "(drop (memory.atomic.wait32 (i32.const 8) (i32.const 0) (i64.const -1)))";
    let limits = Limits { threads: 2, ..Limits::default() };
    let run = Run { limits, ..plain(&program(&text(start, waits))) };
    assert_eq!(said(&finish(run).end), "exit 6");
}
