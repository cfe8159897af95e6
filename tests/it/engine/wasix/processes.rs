//! Processes of WASIX guests: programs that they start from their own files, and copies of themselves.

use std::sync::Arc;

use preopen::span::Span;
use preopen::vfs::memory::{Limits, MemoryFs};
use preopen::vfs::{Access, Dir, OpenOptions, Opened, Path};

use super::guest::Guest;

/// A directory with a program in it, `child.wasm`.
fn with_child(child: &Guest) -> Arc<MemoryFs> {
    let fs = MemoryFs::new(Limits::default());
    let create = OpenOptions { access: Access::ReadWrite, create: true, ..OpenOptions::READ };
    let Ok(Opened::File(file)) = fs.root().open(Path::new(b"child.wasm\0").unwrap(), create) else {
        panic!()
    };
    let mut bytes = child.bytes();
    let len = bytes.len();
    assert_eq!(file.write_at(&[Span::over(&mut bytes)], 0).unwrap(), len);
    fs
}

/// Starts `/bin/child.wasm` with an argument, waits for it, and exits with its code. At 512: whether there is a number, and it.
const PARENT: &str = r#"
  (data (i32.const 256) "/bin/child.wasm") (data (i32.const 288) "child\nargument")
  (func (export "_start")
    (call $ok
      (call $proc_spawn (i32.const 256) (i32.const 15) (i32.const 288) (i32.const 14) (i32.const 0) (i32.const 0)
        (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)
        (i32.const 516))
      (i32.const 97))
    (i32.store8 (i32.const 512) (i32.const 1))
    (call $ok (call $proc_join (i32.const 512) (i32.const 0) (i32.const 528)) (i32.const 98))
    (call $exit (i32.load16_u (i32.const 530))))"#;

#[test]
fn a_guest_starts_a_program_and_waits_for_it() {
    let child = Guest::new(
        r#"(func (export "_start")
          (call $ok (call $args_sizes_get (i32.const 0) (i32.const 4)) (i32.const 97))
          (call $ok (call $args_get (i32.const 512) (i32.const 1024)) (i32.const 98))
          (call $say (i32.const 1024) (i32.load (i32.const 4)))
          (call $exit (i32.const 7)))"#,
    );
    let fs = with_child(&child);
    let done = Guest::new(PARENT).dir("/bin", fs.root()).run();
    assert_eq!((done.ending().as_str(), done.stdout.as_str()), ("exit 7", "child\0argument\0"));
}

#[test]
fn a_childs_trap_is_no_success() {
    let fs = with_child(&Guest::new(r#"(func (export "_start") (unreachable))"#));
    let done = Guest::new(PARENT).dir("/bin", fs.root()).run();
    assert_ne!(done.ending(), "exit 0");
    assert!(done.ending().starts_with("exit "), "{}", done.ending());
}

#[test]
fn a_child_ends_with_the_run() {
    let child = Guest::new(
        r#"(data (i32.const 256) "child")
      (func (export "_start") (call $say (i32.const 256) (i32.const 5)) (loop $l (br $l)))"#,
    );
    let fs = with_child(&child);
    let (done, _) = Guest::new(PARENT).dir("/bin", fs.root()).start().kill();
    assert_eq!(done.ending(), "stopped Killed");
}

#[test]
fn what_is_no_program_is_not_started() {
    let fs = MemoryFs::new(Limits::default());
    assert_ne!(Guest::new(PARENT).dir("/bin", fs.root()).run().ending(), "exit 0");
    // Nothing of the host's is.
    let shell = PARENT.replace("/bin/child.wasm", "/bin/bash\\00xxxxx");
    assert_ne!(Guest::new(&shell).dir("/data", fs.root()).run().ending(), "exit 0");
}

/// What Binaryen's asyncify makes of a module whose one suspension is the call of `proc_fork`, written by hand: the function
/// returns while the stack unwinds, and calls again while it rewinds.
const FORKS: &str = r#"
  (global $__stack_pointer (mut i32) (i32.const 65536)) (export "__stack_pointer" (global $__stack_pointer))
  (global $low i32 (i32.const 32768)) (export "__stack_low" (global $low))
  (global $high i32 (i32.const 65536)) (export "__stack_high" (global $high))
  (global $state (mut i32) (i32.const 0))
  (func (export "asyncify_start_unwind") (param i32) (global.set $state (i32.const 1)))
  (func (export "asyncify_stop_unwind") (global.set $state (i32.const 0)))
  (func (export "asyncify_start_rewind") (param i32) (global.set $state (i32.const 2)))
  (func (export "asyncify_stop_rewind") (global.set $state (i32.const 0)))
  (func (export "asyncify_get_state") (result i32) (global.get $state))
  (data (i32.const 256) "child") (data (i32.const 264) "parent")
  (func (export "_start") (local $errno i32)
    (local.set $errno (call $proc_fork (i32.const 1) (i32.const 516)))
    (if (i32.eq (global.get $state) (i32.const 1)) (then (return)))
    (call $ok (local.get $errno) (i32.const 97))
    (if (i32.eqz (i32.load (i32.const 516)))
      (then (call $say (i32.const 256) (i32.const 5)) (call $exit (i32.const 9))))
    (i32.store8 (i32.const 512) (i32.const 1))
    (call $ok (call $proc_join (i32.const 512) (i32.const 0) (i32.const 528)) (i32.const 98))
    (call $say (i32.const 264) (i32.const 6))
    (call $exit (i32.load16_u (i32.const 530))))"#;

#[test]
fn a_guest_forks() {
    let done = Guest::shared(FORKS).run();
    assert_eq!((done.ending().as_str(), done.stdout.as_str()), ("exit 9", "childparent"), "{}", done.stderr);
}
