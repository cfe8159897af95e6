;; A program that calls a thousand times, and never has to wait.
(module
  (import "wasi_snapshot_preview1" "clock_time_get" (func $clock_time_get (param i32 i64 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))

  (memory (export "memory") 1)
  (data (i32.const 16) "\20\00\00\00\01\00\00\00") ;; iovec: one byte

  (func (export "_start") (local $n i32) (local $errno i32)
    (local.set $n (i32.const 1000))
    (loop $again
      (local.set $errno (i32.or (local.get $errno) (call $clock_time_get (i32.const 1) (i64.const 1) (i32.const 8))))
      (local.set $errno (i32.or (local.get $errno) (call $fd_write (i32.const 1) (i32.const 16) (i32.const 1) (i32.const 8))))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (call $proc_exit (local.get $errno)))
)
