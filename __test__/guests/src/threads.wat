;; A guest with threads (wasi-threads). Each of eight adds its argument to a sum and writes "t"; the exit code is the sum, 36.
;; With an argument more, they spin for ever, and the first thread waits for them.
(module
  (import "wasi_snapshot_preview1" "args_sizes_get" (func $args_sizes_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (import "wasi" "thread-spawn" (func $spawn (param i32) (result i32)))
  (import "env" "memory" (memory 1 1 shared))
  (export "memory" (memory 0))

  ;; 0: how many are done, 4: the sum, 8: what is written, 16: the vector of all writes, 24: how many arguments.
  (func $say
    (drop (call $fd_write (i32.const 1) (i32.const 16) (i32.const 1) (i32.const 32))))

  (func (export "wasi_thread_start") (param $thread i32) (param $argument i32)
    (if (i32.gt_u (i32.load (i32.const 24)) (i32.const 1))
      (then (call $say) (loop $forever (br $forever))))
    (drop (i32.atomic.rmw.add (i32.const 4) (local.get $argument)))
    (call $say)
    (drop (i32.atomic.rmw.add (i32.const 0) (i32.const 1)))
    (drop (memory.atomic.notify (i32.const 0) (i32.const 1))))

  (func (export "_start") (local $number i32) (local $done i32)
    (drop (call $args_sizes_get (i32.const 24) (i32.const 28)))
    (i32.store (i32.const 8) (i32.const 0x74))
    (i32.store (i32.const 16) (i32.const 8))
    (i32.store (i32.const 20) (i32.const 1))
    (loop $next
      (local.set $number (i32.add (local.get $number) (i32.const 1)))
      (if (i32.lt_s (call $spawn (local.get $number)) (i32.const 1)) (then (call $proc_exit (i32.const 1))))
      (br_if $next (i32.lt_u (local.get $number) (i32.const 8))))
    (loop $wait
      (local.set $done (i32.atomic.load (i32.const 0)))
      (if (i32.lt_u (local.get $done) (i32.const 8))
        (then
          (drop (memory.atomic.wait32 (i32.const 0) (local.get $done) (i64.const -1)))
          (br $wait))))
    (call $proc_exit (i32.atomic.load (i32.const 4)))))
