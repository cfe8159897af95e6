;; One export for each measured call: it makes the call `n` times and returns the errnos, or-ed together (0: all went
;; well). The loop is the guest's own, so what is measured is the way from WebAssembly into the import and back.
;;
;; Memory: 0x000 results · 0x100 paths · 0x200 iovecs · 0x1000 a buffer of 4 KiB
;; Descriptors: 1 is /dev/null · 3 the preopened folder · 4 `file.bin`, opened by `setup`
(module
  (import "wasi_snapshot_preview1" "args_sizes_get" (func $args_sizes_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "clock_time_get" (func $clock_time_get (param i32 i64 i32) (result i32)))
  (import "wasi_snapshot_preview1" "random_get" (func $random_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_close" (func $fd_close (param i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_fdstat_get" (func $fd_fdstat_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_pread" (func $fd_pread (param i32 i32 i32 i64 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_read" (func $fd_read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_readdir" (func $fd_readdir (param i32 i32 i32 i64 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_seek" (func $fd_seek (param i32 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_tell" (func $fd_tell (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_filestat_get" (func $path_filestat_get (param i32 i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_open"
    (func $path_open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))

  (memory (export "memory") 2)
  (data (i32.const 0x100) "file.bin")
  (data (i32.const 0x120) "dir/file.bin")
  (data (i32.const 0x140) "list")
  (data (i32.const 0x160) "dir/b/c/d/file.bin")
  (data (i32.const 0x200) "\00\10\00\00\00\10\00\00") ;; iovec: the whole buffer
  (data (i32.const 0x210) "\00\10\00\00\01\00\00\00") ;; iovec: its first byte

  ;; Rights: fd_read, fd_seek, fd_tell, fd_readdir, fd_filestat_get.
  (global $rights i64 (i64.const 0x204026))

  (func (export "setup") (result i32)
    (call $path_open (i32.const 3) (i32.const 1) (i32.const 0x100) (i32.const 8) (i32.const 0)
      (global.get $rights) (i64.const 0) (i32.const 0) (i32.const 0)))

  (func (export "args_sizes_get") (param $n i32) (result i32) (local $errno i32)
    (loop $again
      (local.set $errno (i32.or (local.get $errno) (call $args_sizes_get (i32.const 0) (i32.const 4))))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $errno))

  (func (export "clock_time_get") (param $n i32) (result i32) (local $errno i32)
    (loop $again
      (local.set $errno (i32.or (local.get $errno) (call $clock_time_get (i32.const 1) (i64.const 1) (i32.const 0))))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $errno))

  (func (export "random_get") (param $n i32) (result i32) (local $errno i32)
    (loop $again
      (local.set $errno (i32.or (local.get $errno) (call $random_get (i32.const 0x1000) (i32.const 16))))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $errno))

  (func (export "fd_fdstat_get") (param $n i32) (result i32) (local $errno i32)
    (loop $again
      (local.set $errno (i32.or (local.get $errno) (call $fd_fdstat_get (i32.const 4) (i32.const 0))))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $errno))

  ;; To another offset each time, within a file of 1 MiB.
  (func (export "fd_seek") (param $n i32) (result i32) (local $errno i32)
    (loop $again
      (local.set $errno (i32.or (local.get $errno)
        (call $fd_seek (i32.const 4) (i64.extend_i32_u (i32.and (local.get $n) (i32.const 0xfffff))) (i32.const 0) (i32.const 0))))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $errno))

  (func (export "fd_tell") (param $n i32) (result i32) (local $errno i32)
    (loop $again
      (local.set $errno (i32.or (local.get $errno) (call $fd_tell (i32.const 4) (i32.const 0))))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $errno))

  (func (export "fd_write") (param $n i32) (result i32) (local $errno i32)
    (loop $again
      (local.set $errno (i32.or (local.get $errno)
        (call $fd_write (i32.const 1) (i32.const 0x210) (i32.const 1) (i32.const 0))))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $errno))

  ;; Reads on and on; at the end of the file (one call in 257) goes back to its start.
  (func (export "fd_read") (param $n i32) (result i32) (local $errno i32)
    (loop $again
      (local.set $errno (i32.or (local.get $errno)
        (call $fd_read (i32.const 4) (i32.const 0x200) (i32.const 1) (i32.const 0))))
      (if (i32.eqz (i32.load (i32.const 0)))
        (then (local.set $errno (i32.or (local.get $errno)
          (call $fd_seek (i32.const 4) (i64.const 0) (i32.const 0) (i32.const 8))))))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $errno))

  (func (export "fd_pread") (param $n i32) (result i32) (local $errno i32)
    (loop $again
      (local.set $errno (i32.or (local.get $errno)
        (call $fd_pread (i32.const 4) (i32.const 0x200) (i32.const 1)
          (i64.extend_i32_u (i32.and (i32.shl (local.get $n) (i32.const 12)) (i32.const 0xff000))) (i32.const 0))))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $errno))

  ;; Opens and closes the path of `$len` bytes at `$path`, following links as open(2) does.
  (func $open_close (param $n i32) (param $path i32) (param $len i32) (result i32) (local $errno i32)
    (loop $again
      (local.set $errno (i32.or (local.get $errno)
        (call $path_open (i32.const 3) (i32.const 1) (local.get $path) (local.get $len) (i32.const 0)
          (global.get $rights) (i64.const 0) (i32.const 0) (i32.const 0))))
      (local.set $errno (i32.or (local.get $errno) (call $fd_close (i32.load (i32.const 0)))))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $errno))

  (func (export "path_open") (param $n i32) (result i32)
    (call $open_close (local.get $n) (i32.const 0x100) (i32.const 8)))

  (func (export "path_open_folder") (param $n i32) (result i32)
    (call $open_close (local.get $n) (i32.const 0x120) (i32.const 12)))

  (func (export "path_open_deep") (param $n i32) (result i32)
    (call $open_close (local.get $n) (i32.const 0x160) (i32.const 18)))

  (func $stat (param $n i32) (param $flags i32) (param $path i32) (param $len i32) (result i32) (local $errno i32)
    (loop $again
      (local.set $errno (i32.or (local.get $errno)
        (call $path_filestat_get (i32.const 3) (local.get $flags) (local.get $path) (local.get $len) (i32.const 0))))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $errno))

  ;; stat(2)
  (func (export "path_filestat_get") (param $n i32) (result i32)
    (call $stat (local.get $n) (i32.const 1) (i32.const 0x100) (i32.const 8)))

  (func (export "path_filestat_get_folder") (param $n i32) (result i32)
    (call $stat (local.get $n) (i32.const 1) (i32.const 0x120) (i32.const 12)))

  ;; lstat(2)
  (func (export "path_filestat_get_nofollow") (param $n i32) (result i32)
    (call $stat (local.get $n) (i32.const 0) (i32.const 0x120) (i32.const 12)))

  ;; A whole listing as wasi-libc does it: open, read into 4 KiB from the cookie of the last whole entry until the
  ;; buffer comes back less than full, close. `listed` tells how many entries the last listing had.
  (global $listed (mut i32) (i32.const 0))
  (func (export "listed") (result i32) (global.get $listed))

  (func (export "fd_readdir") (param $n i32) (result i32)
    (local $errno i32) (local $fd i32) (local $cookie i64) (local $at i32) (local $used i32) (local $next i32)
    (loop $again
      (local.set $errno (i32.or (local.get $errno)
        (call $path_open (i32.const 3) (i32.const 1) (i32.const 0x140) (i32.const 4) (i32.const 2)
          (global.get $rights) (i64.const 0) (i32.const 0) (i32.const 0))))
      (local.set $fd (i32.load (i32.const 0)))
      (local.set $cookie (i64.const 0))
      (global.set $listed (i32.const 0))
      (loop $refill
        (local.set $errno (i32.or (local.get $errno)
          (call $fd_readdir (local.get $fd) (i32.const 0x1000) (i32.const 4096) (local.get $cookie) (i32.const 0))))
        (local.set $used (i32.load (i32.const 0)))
        (local.set $at (i32.const 0))
        (block $cut
          (loop $entry
            ;; An entry: cookie of the next (8 bytes), inode (8), length of the name (4), type (4), the name.
            (br_if $cut (i32.gt_u (i32.add (local.get $at) (i32.const 24)) (local.get $used)))
            (local.set $next (i32.add (i32.add (local.get $at) (i32.const 24))
              (i32.load offset=0x1010 (local.get $at))))
            (br_if $cut (i32.gt_u (local.get $next) (local.get $used)))
            (local.set $cookie (i64.load offset=0x1000 (local.get $at)))
            (global.set $listed (i32.add (global.get $listed) (i32.const 1)))
            (local.set $at (local.get $next))
            (br $entry)))
        (br_if $refill (i32.eq (local.get $used) (i32.const 4096))))
      (local.set $errno (i32.or (local.get $errno) (call $fd_close (local.get $fd))))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $errno))
)
