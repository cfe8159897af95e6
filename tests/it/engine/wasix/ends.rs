//! How WASIX guests end: by themselves, by a trap, by an order.

use std::time::Duration;

use preopen::engine::Compiler;

use super::guest::Guest;

/// Stopping takes some 20 ms; this is for machines with other work. Who is not woken is given up after 2 s.
const SOON: Duration = Duration::from_millis(1500);

const HELLO: &str = r#"
  (data (i32.const 256) "hello\n")
  (func (export "_start") (call $say (i32.const 256) (i32.const 6)))"#;

#[test]
fn a_guest_writes_and_returns() {
    for compiler in [Compiler::Cranelift, Compiler::Singlepass] {
        let guest = Guest { compiler, ..Guest::new(HELLO) };
        assert_eq!(guest.says(), "hello\n");
    }
}

#[test]
fn arguments_and_environment_arrive() {
    let guest = Guest::new(
        r#"(func (export "_start")
          (call $ok (call $args_sizes_get (i32.const 0) (i32.const 4)) (i32.const 97))
          (call $ok (call $args_get (i32.const 512) (i32.const 1024)) (i32.const 98))
          (call $say (i32.const 1024) (i32.load (i32.const 4)))
          (call $ok (call $environ_sizes_get (i32.const 0) (i32.const 4)) (i32.const 99))
          (call $ok (call $environ_get (i32.const 512) (i32.const 1024)) (i32.const 100))
          (call $say (i32.const 1024) (i32.load (i32.const 4))))"#,
    );
    let said = guest.args(&["name", "one", "two words"]).env(&["A=1", "EMPTY=", "C=x=y"]).says();
    assert_eq!(said, "name\0one\0two words\0A=1\0EMPTY=\0C=x=y\0");
}

#[test]
fn standard_input_is_read_to_its_end() {
    let guest = Guest::new(
        r#"(func (export "_start") (local $len i32)
          (loop $more
            (i32.store (i32.const 0) (i32.const 1024)) (i32.store (i32.const 4) (i32.const 3))
            (call $ok (call $fd_read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)) (i32.const 97))
            (local.set $len (i32.load (i32.const 8)))
            (if (i32.eqz (local.get $len)) (then (return)))
            (call $say (i32.const 1024) (local.get $len))
            (br $more)))"#,
    );
    assert_eq!(guest.stdin(b"what is there").says(), "what is there");
}

#[test]
fn the_exit_code_is_the_guests() {
    let exits =
        |code: i32| Guest::new(&format!(r#"(func (export "_start") (call $exit (i32.const {code})))"#));
    for code in [0, 1, 7, 255] {
        assert_eq!(exits(code).run().ending(), format!("exit {code}"));
    }
}

#[test]
fn a_trap_is_one_and_tells_where() {
    let done = Guest::new(r#"(func $deep (unreachable)) (func (export "_start") (call $deep))"#).run();
    assert_eq!(done.ending(), "trap unreachable");
    let preopen::engine::End::Trap(trap) = done.end else { unreachable!() };
    assert_eq!(trap.frames[0].name.as_deref(), Some("deep"));
    let done = Guest::new(r#"(func (export "_start") (drop (i32.load (i32.const -4))))"#).run();
    assert_eq!(done.ending(), "trap out of bounds memory access");
}

#[test]
fn a_module_without_a_start_is_refused() {
    let done = Guest::new("").run();
    assert_eq!(done.ending(), "refused: the module exports neither _start nor _initialize");
}

#[test]
fn a_guest_that_spins_is_stopped() {
    let spins = r#"
      (data (i32.const 256) "spinning")
      (func (export "_start") (call $say (i32.const 256) (i32.const 8)) (loop $l (br $l)))"#;
    let (done, took) = Guest::new(spins).start().kill();
    assert_eq!(done.ending(), "stopped Killed");
    assert!(took < SOON, "{took:?}");
}

#[test]
fn a_guest_that_waits_is_stopped() {
    let waits = [
        // An hour.
        ("sleep", "(drop (call $thread_sleep (i64.const 3600000000000)))"),
        // A word that nobody wakes.
        ("futex", "(drop (call $futex_wait (i32.const 512) (i32.const 0) (i32.const 520) (i32.const 600)))"),
        // A pipe with its other end open.
        (
            "pipe",
            "(call $ok (call $fd_pipe (i32.const 64) (i32.const 68)) (i32.const 112))
             (i32.store (i32.const 0) (i32.const 1024)) (i32.store (i32.const 4) (i32.const 8))
             (drop (call $fd_read (i32.load (i32.const 64)) (i32.const 0) (i32.const 1) (i32.const 8)))",
        ),
        // An hour, by poll: of the monotonic clock.
        (
            "poll",
            "(i64.store (i32.const 1024) (i64.const 1)) (i32.store8 (i32.const 1032) (i32.const 0))
             (i32.store (i32.const 1040) (i32.const 1)) (i64.store (i32.const 1048) (i64.const 3600000000000))
             (drop (call $poll_oneoff (i32.const 1024) (i32.const 2048) (i32.const 1) (i32.const 4000)))",
        ),
    ];
    for (what, wait) in waits {
        let body = format!(
            r#"(data (i32.const 256) "waiting")
            (func (export "_start") (call $say (i32.const 256) (i32.const 7)) {wait} (loop $l (br $l)))"#
        );
        let (done, took) = Guest::new(&body).start().kill();
        assert_eq!(done.ending(), "stopped Killed", "{what}");
        assert!(took < SOON, "{what}: {took:?}");
    }
}

#[test]
fn a_guest_that_cannot_be_woken_does_not_hold_its_run() {
    // An event that nobody writes.
    let reads = r#"
      (data (i32.const 256) "waiting")
      (func (export "_start")
        (call $ok (call $fd_event (i64.const 0) (i32.const 0) (i32.const 64)) (i32.const 97))
        (call $say (i32.const 256) (i32.const 7))
        (i32.store (i32.const 0) (i32.const 1024)) (i32.store (i32.const 4) (i32.const 8))
        (drop (call $fd_read (i32.load (i32.const 64)) (i32.const 0) (i32.const 1) (i32.const 8))))"#;
    let (done, _) = Guest::new(reads).start().kill();
    assert_eq!(done.ending(), "stopped Killed");
}

#[test]
fn fuel_ends_a_guest() {
    let spins = r#"(func (export "_start") (loop $l (br $l)))"#;
    let mut guest = Guest { metered: true, ..Guest::new(spins) };
    guest.limits.fuel = Some(10_000);
    let done = guest.run();
    assert_eq!((done.ending().as_str(), done.fuel), ("fuel", Some(10_000)));
    let mut guest = Guest { metered: true, ..Guest::new(HELLO) };
    guest.limits.fuel = Some(10_000);
    let done = guest.run();
    assert_eq!(done.ending(), "exit 0");
    assert!(done.fuel.is_some_and(|used| used > 0 && used < 1000), "{:?}", done.fuel);
}

#[test]
fn a_signal_of_its_own_ends_it_with_a_code() {
    let done =
        Guest::new(r#"(func (export "_start") (drop (call $proc_raise (i32.const 6))) (loop $l (br $l)))"#)
            .run();
    assert_eq!(done.ending(), "exit 134");
}

#[test]
fn memory_has_its_ceiling() {
    let grows = r#"(func (export "_start")
      (if (i32.ne (memory.grow (i32.const 100)) (i32.const -1)) (then (call $exit (i32.const 1))))
      (if (i32.ne (memory.grow (i32.const 2)) (i32.const 2)) (then (call $exit (i32.const 2)))))"#;
    let mut guest = Guest::new(grows);
    guest.limits.memory = Some(4 * 65536);
    assert_eq!(guest.run().ending(), "exit 0");
}
