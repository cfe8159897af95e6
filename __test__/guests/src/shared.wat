;; A guest whose memory is shared, imported and exported: several threads run it over one memory, each with a WASI of its own.
(module
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_pread" (func $fd_pread (param i32 i32 i32 i64 i32) (result i32)))
  (import "env" "memory" (memory $memory 2 64 shared))
  (export "memory" (memory $memory))
  (data $text "shared\n")

  ;; start() may be used, for the memory is exported.
  (func (export "_start")
    (drop (call $write (i32.const 1024) (i32.const 1))))

  ;; Writes "shared\n" to fd from buffers at base.
  (func $write (export "write") (param $base i32) (param $fd i32) (result i32)
    (memory.init $text (i32.add (local.get $base) (i32.const 16)) (i32.const 0) (i32.const 7))
    (i32.store (local.get $base) (i32.add (local.get $base) (i32.const 16)))
    (i32.store offset=4 (local.get $base) (i32.const 7))
    (call $fd_write (local.get $fd) (local.get $base) (i32.const 1) (i32.add (local.get $base) (i32.const 8))))

  ;; Reads 7 bytes at an offset of fd into base + 16, and counts the times that they were whole.
  (func (export "read") (param $base i32) (param $fd i32) (param $times i32) (result i32)
    (local $whole i32)
    (loop $again
      (i32.store (local.get $base) (i32.add (local.get $base) (i32.const 16)))
      (i32.store offset=4 (local.get $base) (i32.const 7))
      (i64.store offset=16 (local.get $base) (i64.const 0))
      (if (i32.eqz (call $fd_pread (local.get $fd) (local.get $base) (i32.const 1) (i64.const 0)
                                   (i32.add (local.get $base) (i32.const 8))))
        (then
          (if (i32.and (i32.eq (i32.load offset=8 (local.get $base)) (i32.const 7))
                       (i64.eq (i64.load offset=16 (local.get $base)) (i64.const 0x000a646572616873)))
            (then (local.set $whole (i32.add (local.get $whole) (i32.const 1)))))))
      (br_if $again (local.tee $times (i32.sub (local.get $times) (i32.const 1)))))
    (local.get $whole))

  (func (export "grow") (param $pages i32) (result i32)
    (memory.grow (local.get $pages))))
