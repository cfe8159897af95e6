;; The loops of calls.wat for a host that runs programs only: `_start` takes the number of a loop (its place in the table) and how
;; often it makes the call from its arguments, and exits with the errnos, or-ed together.
;;
;; Memory: 0x000 results · 0x100 a path · 0x200 iovecs · 0x300 argv · 0x400 the arguments · 0x1000 a buffer of 4 KiB
;; Descriptors: 1 is /dev/null · 3 the preopened folder · 4 `file.bin`
(module
  (import "wasi_snapshot_preview1" "args_get" (func $args_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "clock_time_get" (func $clock_time_get (param i32 i64 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_close" (func $fd_close (param i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_read" (func $fd_read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_seek" (func $fd_seek (param i32 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_open"
    (func $path_open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))

  (memory (export "memory") 2)
  (data (i32.const 0x100) "file.bin")
  (data (i32.const 0x200) "\00\10\00\00\00\10\00\00") ;; iovec: the whole buffer
  (data (i32.const 0x210) "\00\10\00\00\01\00\00\00") ;; iovec: its first byte

  (type $loop (func (param i32) (result i32)))
  (table funcref (elem $clock_time_gets $fd_writes $fd_reads $path_opens))

  (func $open (result i32)
    (call $path_open (i32.const 3) (i32.const 1) (i32.const 0x100) (i32.const 8) (i32.const 0)
      (i64.const 0x204026) (i64.const 0) (i32.const 0) (i32.const 0)))

  (func $clock_time_gets (param $n i32) (result i32) (local $errno i32)
    (loop $again
      (local.set $errno (i32.or (local.get $errno) (call $clock_time_get (i32.const 1) (i64.const 1) (i32.const 0))))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $errno))

  (func $fd_writes (param $n i32) (result i32) (local $errno i32)
    (loop $again
      (local.set $errno (i32.or (local.get $errno)
        (call $fd_write (i32.const 1) (i32.const 0x210) (i32.const 1) (i32.const 0))))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $errno))

  ;; Reads on and on; at the end of the file (one call in 257) goes back to its start.
  (func $fd_reads (param $n i32) (result i32) (local $errno i32)
    (loop $again
      (local.set $errno (i32.or (local.get $errno)
        (call $fd_read (i32.const 4) (i32.const 0x200) (i32.const 1) (i32.const 0))))
      (if (i32.eqz (i32.load (i32.const 0)))
        (then (local.set $errno (i32.or (local.get $errno)
          (call $fd_seek (i32.const 4) (i64.const 0) (i32.const 0) (i32.const 8))))))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $errno))

  (func $path_opens (param $n i32) (result i32) (local $errno i32)
    (loop $again
      (local.set $errno (i32.or (local.get $errno) (call $open)))
      (local.set $errno (i32.or (local.get $errno) (call $fd_close (i32.load (i32.const 0)))))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $errno))

  ;; The decimal number at `$at`, up to the 0 that ends it.
  (func $number (param $at i32) (result i32) (local $value i32) (local $byte i32)
    (block $end
      (loop $next
        (br_if $end (i32.eqz (local.tee $byte (i32.load8_u (local.get $at)))))
        (local.set $value (i32.add (i32.mul (local.get $value) (i32.const 10)) (i32.sub (local.get $byte) (i32.const 48))))
        (local.set $at (i32.add (local.get $at) (i32.const 1)))
        (br $next)))
    (local.get $value))

  (func (export "_start") (local $errno i32)
    (local.set $errno (i32.or (call $args_get (i32.const 0x300) (i32.const 0x400)) (call $open)))
    (call $proc_exit (i32.or (local.get $errno)
      (call_indirect (type $loop)
        (call $number (i32.load (i32.const 0x308)))
        (call $number (i32.load (i32.const 0x304)))))))
)
