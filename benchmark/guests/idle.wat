;; A program that never ends by itself. It writes a byte; then, with an argument beside its name, it spins, and else it waits in
;; poll_oneoff for an hour, again and again.
(module
  (import "wasi_snapshot_preview1" "args_sizes_get" (func $args_sizes_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll_oneoff (param i32 i32 i32 i32) (result i32)))

  (memory (export "memory") 1)
  (data (i32.const 16) "\20\00\00\00\01\00\00\00") ;; iovec: one byte
  (data (i32.const 32) ".")

  (func (export "_start")
    (drop (call $args_sizes_get (i32.const 0) (i32.const 4)))
    (drop (call $fd_write (i32.const 1) (i32.const 16) (i32.const 1) (i32.const 8)))
    (if (i32.gt_u (i32.load (i32.const 0)) (i32.const 1))
      (then (loop $spin (br $spin))))
    ;; A subscription: userdata 0, a clock (0), the monotonic one (1), nanoseconds, relative.
    (i32.store (i32.const 80) (i32.const 1))
    (i64.store (i32.const 88) (i64.const 3600000000000))
    (loop $wait
      (drop (call $poll_oneoff (i32.const 64) (i32.const 128) (i32.const 1) (i32.const 8)))
      (br $wait)))
)
