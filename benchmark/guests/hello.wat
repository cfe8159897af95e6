;; Hello world with the imports and the calls that wasi-libc gives a `printf` in `main`.
(module
  (import "wasi_snapshot_preview1" "fd_close" (func $fd_close (param i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_fdstat_get" (func $fd_fdstat_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_seek" (func $fd_seek (param i32 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (memory (export "memory") 2)
  (data (i32.const 0x100) "\10\01\00\00\0d\00\00\00")
  (data (i32.const 0x110) "hello, world\n")
  (func (export "_start")
    (if (call $fd_fdstat_get (i32.const 1) (i32.const 0)) (then (call $proc_exit (i32.const 71))))
    (if (call $fd_write (i32.const 1) (i32.const 0x100) (i32.const 1) (i32.const 0)) (then (call $proc_exit (i32.const 74)))))
)
