//! Threads of WASIX guests: they share a memory and descriptors, and end with their guest.

use std::time::Duration;

use super::guest::Guest;

const SOON: Duration = Duration::from_millis(1500);

/// What every guest with threads has: `$thread` makes one that runs `$work` with its argument, and answers its number. A thread's
/// stack and its start are described at an address of their own.
const THREADS: &str = r#"
  (global $__stack_pointer (mut i32) (i32.const 65536))
  (export "__stack_pointer" (global $__stack_pointer))
  (func $try (param $argument i32) (result i32) (local $start i32)
    (local.set $start (i32.add (i32.const 4096) (i32.mul (local.get $argument) (i32.const 128))))
    (i32.store (local.get $start) (i32.const 65536))
    (i32.store offset=12 (local.get $start) (local.get $argument))
    (i32.store offset=56 (local.get $start) (i32.const 1024))
    (call $thread_spawn (local.get $start) (i32.add (local.get $start) (i32.const 100))))
  (func $thread (param $argument i32) (result i32)
    (call $ok (call $try (local.get $argument)) (i32.const 0x74))
    (i32.load (i32.add (i32.add (i32.const 4096) (i32.mul (local.get $argument) (i32.const 128))) (i32.const 100))))
  (func (export "wasi_thread_start") (param $number i32) (param $start i32)
    (call $work (i32.load offset=12 (local.get $start))))"#;

fn guest(body: &str) -> Guest {
    Guest::shared(&format!("{THREADS} {body}"))
}

#[test]
fn threads_share_the_memory_and_are_joined() {
    let counts = r#"
      (func $work (param $n i32) (drop (i32.atomic.rmw.add (i32.const 1024) (local.get $n))))
      (func (export "_start") (local $a i32) (local $b i32) (local $c i32)
        (local.set $a (call $thread (i32.const 1)))
        (local.set $b (call $thread (i32.const 2)))
        (local.set $c (call $thread (i32.const 3)))
        (call $ok (call $thread_join (local.get $a)) (i32.const 97))
        (call $ok (call $thread_join (local.get $b)) (i32.const 98))
        (call $ok (call $thread_join (local.get $c)) (i32.const 99))
        (call $exit (i32.atomic.load (i32.const 1024))))"#;
    assert_eq!(guest(counts).run().ending(), "exit 6");
}

#[test]
fn a_thread_wakes_another_by_a_futex() {
    let wakes = r#"
      (func $work (param $n i32)
        (call $ok (call $thread_sleep (i64.const 5000000)) (i32.const 97))
        (i32.atomic.store (i32.const 1024) (i32.const 5))
        (call $ok (call $futex_wake (i32.const 1024) (i32.const 1032)) (i32.const 98)))
      (func (export "_start")
        (drop (call $thread (i32.const 1)))
        (loop $again
          (call $ok (call $futex_wait (i32.const 1024) (i32.const 0) (i32.const 1048) (i32.const 1072)) (i32.const 99))
          (br_if $again (i32.eqz (i32.atomic.load (i32.const 1024)))))
        (call $exit (i32.atomic.load (i32.const 1024))))"#;
    assert_eq!(guest(wakes).run().ending(), "exit 5");
}

#[test]
fn a_pipe_goes_from_one_thread_to_another() {
    let pipes = r#"
      (data (i32.const 256) "through the pipe")
      (func $work (param $n i32)
        (i32.store (i32.const 80) (i32.const 256)) (i32.store (i32.const 84) (i32.const 16))
        (call $ok
          (call $fd_write (i32.load (i32.const 68)) (i32.const 80) (i32.const 1) (i32.const 88)) (i32.const 97)))
      (func (export "_start")
        (call $ok (call $fd_pipe (i32.const 64) (i32.const 68)) (i32.const 98))
        (drop (call $thread (i32.const 1)))
        (i32.store (i32.const 0) (i32.const 1024)) (i32.store (i32.const 4) (i32.const 64))
        (call $ok
          (call $fd_read (i32.load (i32.const 64)) (i32.const 0) (i32.const 1) (i32.const 8)) (i32.const 99))
        (call $say (i32.const 1024) (i32.load (i32.const 8))))"#;
    assert_eq!(guest(pipes).says(), "through the pipe");
}

#[test]
fn the_end_of_the_first_thread_ends_the_others() {
    let bodies = [
        ("spins", "(loop $l (br $l))"),
        ("sleeps", "(drop (call $thread_sleep (i64.const 3600000000000)))"),
        ("waits", "(drop (memory.atomic.wait32 (i32.const 2048) (i32.const 0) (i64.const -1)))"),
    ];
    for (what, work) in bodies {
        let body = format!(
            r#"(func $work (param $n i32)
              (i32.atomic.store (i32.const 1024) (i32.const 1))
              (drop (memory.atomic.notify (i32.const 1024) (i32.const 1)))
              {work})
            (func (export "_start")
              (drop (call $thread (i32.const 1)))
              (drop (memory.atomic.wait32 (i32.const 1024) (i32.const 0) (i64.const -1)))
              (call $exit (i32.const 9)))"#
        );
        assert_eq!(guest(&body).run().ending(), "exit 9", "{what}");
    }
}

#[test]
fn a_threads_exit_or_trap_is_the_guests() {
    let ends = |work: &str| {
        guest(&format!(
            r#"(func $work (param $n i32) {work})
            (func (export "_start") (drop (call $thread (i32.const 1))) (loop $l (br $l)))"#
        ))
        .run()
        .ending()
    };
    assert_eq!(ends("(call $exit (i32.const 5))"), "exit 5");
    assert_eq!(ends("(unreachable)"), "trap unreachable");
}

#[test]
fn all_threads_are_stopped() {
    let spins = r#"
      (data (i32.const 256) "spinning")
      (func $work (param $n i32) (loop $l (br $l)))
      (func (export "_start")
        (drop (call $thread (i32.const 1)))
        (drop (call $thread (i32.const 2)))
        (call $say (i32.const 256) (i32.const 8))
        (drop (memory.atomic.wait32 (i32.const 1024) (i32.const 0) (i64.const -1))))"#;
    let (done, took) = guest(spins).start().kill();
    assert_eq!(done.ending(), "stopped Killed");
    assert!(took < SOON, "{took:?}");
}

#[test]
fn there_are_no_more_threads_than_allowed() {
    let body = r#"
      (func $work (param $n i32) (drop (call $thread_sleep (i64.const 3600000000000))))
      (func (export "_start")
        (call $ok (call $try (i32.const 1)) (i32.const 97))
        (if (i32.eqz (call $try (i32.const 2))) (then (call $exit (i32.const 1)))))"#;
    let mut few = guest(body);
    few.limits.threads = 2;
    assert_eq!(few.run().ending(), "exit 0");
}
