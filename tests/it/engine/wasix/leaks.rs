//! What WASIX guests leave behind in the process: nothing.

use std::process::Command;
use std::time::{Duration, Instant};

use super::guest::Guest;

/// Tells the process that was made for it that it is the one.
const ALONE: &str = "PREOPEN_TEST_LEAKS";

fn count() -> (usize, usize) {
    let count = |dir: &str| std::fs::read_dir(dir).unwrap().count();
    (count("/proc/self/task"), count("/proc/self/fd"))
}

/// Guests of every kind that has something to leave.
fn one_of_each() {
    let hello = Guest::new(
        r#"(data (i32.const 256) "hi") (func (export "_start") (call $say (i32.const 256) (i32.const 2)))"#,
    );
    assert_eq!(hello.says(), "hi");
    let pipes =
        r#"(func (export "_start") (call $ok (call $fd_pipe (i32.const 64) (i32.const 68)) (i32.const 97)))"#;
    assert_eq!(Guest::new(pipes).says(), "");
    let sleeper = r#"
      (func (export "wasi_thread_start") (param i32 i32)
        (drop (call $thread_sleep (i64.const 3600000000000))))
      (func (export "_start")
        (i32.store (i32.const 4096) (i32.const 65536))
        (i32.store (i32.const 4152) (i32.const 1024))
        (call $ok (call $thread_spawn (i32.const 4096) (i32.const 4200)) (i32.const 97))
        (call $exit (i32.const 3)))"#;
    assert_eq!(Guest::shared(sleeper).run().ending(), "exit 3");
    let socket = r#"
      (data (i32.const 256) "\01\00\00\00\7f\00\00\01")
      (func (export "_start")
        (call $ok (call $sock_open (i32.const 1) (i32.const 1) (i32.const 6) (i32.const 64)) (i32.const 97))
        (call $ok (call $sock_bind (i32.load (i32.const 64)) (i32.const 256)) (i32.const 98))
        (call $ok (call $sock_listen (i32.load (i32.const 64)) (i32.const 8)) (i32.const 99)))"#;
    assert_eq!(Guest::new(socket).network(&["*"]).says(), "");
    assert_eq!(Guest::new(r#"(func (export "_start") (unreachable))"#).run().ending(), "trap unreachable");
    let waits = r#"
      (data (i32.const 256) "w")
      (func (export "_start")
        (call $say (i32.const 256) (i32.const 1)) (drop (call $thread_sleep (i64.const 3600000000000))))"#;
    let (done, _) = Guest::new(waits).start().kill();
    assert_eq!(done.ending(), "stopped Killed");
}

/// In a process of its own: other tests have threads and descriptors.
#[test]
fn nothing_is_left_of_many_runs() {
    if std::env::var_os(ALONE).is_none() {
        let name = "engine::wasix::leaks::nothing_is_left_of_many_runs";
        let alone = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", name, "--test-threads", "1"])
            .env(ALONE, "1")
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&alone.stdout);
        assert!(alone.status.success() && said.contains("1 passed"), "{said}");
        return;
    }
    for _ in 0..3 {
        one_of_each();
    }
    // The threads of tokio that ended a guest stay for a moment.
    std::thread::sleep(Duration::from_millis(200));
    let before = count();
    for _ in 0..50 {
        one_of_each();
    }
    let begun = Instant::now();
    loop {
        let after = count();
        if after.0 <= before.0 && after.1 <= before.1 {
            return;
        }
        assert!(
            begun.elapsed() < Duration::from_secs(20),
            "threads and descriptors: {before:?}, then {after:?}"
        );
        std::thread::sleep(Duration::from_millis(20));
    }
}
