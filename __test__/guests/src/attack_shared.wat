;; Two threads over one memory: one makes calls, the other rewrites the path, the iovec and the subscription meanwhile. The exit
;; code: 0 nothing was reached, 1 the outside was read, 2 no path was ever opened, 3 there is no second thread.
;; 3 is the box, and `own` in it is what may be opened; beside the box lies outside/secret.
(module
  (import "wasi_snapshot_preview1" "path_open" (func $path_open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_pread" (func $fd_pread (param i32 i32 i32 i64 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_close" (func $fd_close (param i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_symlink" (func $path_symlink (param i32 i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll_oneoff (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (import "wasi" "thread-spawn" (func $spawn (param i32) (result i32)))
  (import "env" "memory" (memory 4 4 shared))
  (export "memory" (memory 0))
  (data $inside "sub/../sub/../own")
  (data $outside "../outside/secret")

  ;; 0: one while the second thread is to go on. 4: one since it goes. 16: the path. 64: the iovec. 96: the subscription.
  ;; 200: a descriptor, 208: a count. 1024: what was read.
  (func (export "wasi_thread_start") (param $thread i32) (param $argument i32)
    (i32.atomic.store (i32.const 4) (i32.const 1))
    (drop (memory.atomic.notify (i32.const 4) (i32.const 1)))
    (loop $again
      (memory.init $outside (i32.const 16) (i32.const 0) (i32.const 17))
      (i32.store (i32.const 64) (i32.const 262140))
      (i32.store (i32.const 68) (i32.const -16))
      (i32.store8 (i32.const 104) (i32.const 255))
      (i32.store (i32.const 112) (i32.const -1))
      (memory.init $inside (i32.const 16) (i32.const 0) (i32.const 17))
      (i32.store (i32.const 64) (i32.const 1024))
      (i32.store (i32.const 68) (i32.const 8))
      (i32.store8 (i32.const 104) (i32.const 0))
      (i32.store (i32.const 112) (i32.const 1))
      (br_if $again (i32.atomic.load (i32.const 0)))))

  (func (export "_start") (local $rounds i32) (local $opened i32) (local $leaks i32)
    (i32.atomic.store (i32.const 0) (i32.const 1))
    (drop (memory.atomic.notify (i32.const 0) (i32.const 1)))
    (memory.init $inside (i32.const 16) (i32.const 0) (i32.const 17))
    (if (i32.lt_s (call $spawn (i32.const 0)) (i32.const 1)) (then (call $proc_exit (i32.const 3))))
    (drop (memory.atomic.wait32 (i32.const 4) (i32.const 0) (i64.const 5000000000)))
    (loop $next
      (if (i32.eqz (call $path_open (i32.const 3) (i32.const 1) (i32.const 16) (i32.const 17) (i32.const 0) (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 200)))
        (then
          (local.set $opened (i32.add (local.get $opened) (i32.const 1)))
          (i64.store (i32.const 1024) (i64.const 0))
          (drop (call $fd_pread (i32.load (i32.const 200)) (i32.const 64) (i32.const 1) (i64.const 0) (i32.const 208)))
          ;; "SECRET" begins with the bytes 53 45 43 52.
          (if (i32.eq (i32.load (i32.const 1024)) (i32.const 0x52434553))
            (then (local.set $leaks (i32.add (local.get $leaks) (i32.const 1)))))
          (drop (call $fd_close (i32.load (i32.const 200))))))
      (drop (call $fd_write (i32.const 2) (i32.const 64) (i32.const 1) (i32.const 208)))
      (drop (call $path_symlink (i32.const 16) (i32.const 17) (i32.const 3) (i32.const 16) (i32.const 17)))
      (drop (call $poll_oneoff (i32.const 96) (i32.const 2048) (i32.const 1) (i32.const 208)))
      (br_if $next (i32.lt_u (local.tee $rounds (i32.add (local.get $rounds) (i32.const 1))) (i32.const 2000))))
    (i32.atomic.store (i32.const 0) (i32.const 0))
    (if (local.get $leaks) (then (call $proc_exit (i32.const 1))))
    (if (i32.eqz (local.get $opened)) (then (call $proc_exit (i32.const 2))))
    (call $proc_exit (i32.const 0))))
