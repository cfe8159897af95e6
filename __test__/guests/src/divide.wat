;; flags: --debug-names
;; Writes a line, and divides by zero three functions deep.
(module
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 16) "before\n")
  (func $divide (param $by i32) (result i32) (i32.div_s (i32.const 7) (local.get $by)))
  (func $share (param $by i32) (result i32) (i32.add (call $divide (local.get $by)) (i32.const 1)))
  (func $start (export "_start")
    (i32.store (i32.const 0) (i32.const 16))
    (i32.store (i32.const 4) (i32.const 7))
    (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))
    (drop (call $share (i32.load (i32.const 32))))))
