;; What a filesystem in memory is measured with: an export for each row, as in calls.wat. The folder at descriptor 3 holds
;; `file.bin` (1 MiB), `list` (a folder of 1,000 files) and `new` (an empty folder).
;;
;; Memory: 0x020 results (not 0, which some take for none) · 0x100 paths · 0x200 iovecs · 0x300 a line · 0x1000 a buffer of 4 KiB
(module
  (import "wasi_snapshot_preview1" "fd_close" (func $fd_close (param i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_read" (func $fd_read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_readdir" (func $fd_readdir (param i32 i32 i32 i64 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_seek" (func $fd_seek (param i32 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_create_directory" (func $path_create_directory (param i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_filestat_get" (func $path_filestat_get (param i32 i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_open"
    (func $path_open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))

  (memory (export "memory") 2)
  (data (i32.const 0x100) "file.bin")
  (data (i32.const 0x120) "list")
  (data (i32.const 0x140) "new/log")
  (data (i32.const 0x160) "new/aa/aa/aa")
  (data (i32.const 0x200) "\00\10\00\00\00\10\00\00") ;; iovec: the whole buffer
  (data (i32.const 0x210) "\00\10\00\00\01\00\00\00") ;; iovec: its first byte
  (data (i32.const 0x220) "\00\10\00\00\64\00\00\00") ;; iovec: its first 100 bytes
  (data (i32.const 0x230) "\00\03\00\00\10\00\00\00") ;; iovec: the line
  (data (i32.const 0x300) "fifteen letters\n")

  ;; Rights: fd_read, fd_seek, fd_tell, fd_write, fd_readdir, fd_filestat_get.
  (global $rights i64 (i64.const 0x204066))
  ;; For the folder: without fd_write.
  (global $reading i64 (i64.const 0x204026))
  (global $file (mut i32) (i32.const 0))
  ;; How many bytes of the file are left before the offset returns to its start.
  (global $left (mut i32) (i32.const 0x100000))

  ;; Some hosts want one.
  (func (export "_initialize"))

  (func (export "setup") (result i32) (local $errno i32)
    (local.set $errno
      (call $path_open (i32.const 3) (i32.const 1) (i32.const 0x100) (i32.const 8) (i32.const 0)
        (global.get $rights) (i64.const 0) (i32.const 0) (i32.const 0x20)))
    (global.set $file (i32.load (i32.const 0x20)))
    (local.get $errno))

  ;; The file that `append` writes on: made here, with APPEND.
  (func (export "setup_append") (result i32) (local $errno i32)
    (local.set $errno
      (call $path_open (i32.const 3) (i32.const 1) (i32.const 0x140) (i32.const 7) (i32.const 1)
        (global.get $rights) (i64.const 0) (i32.const 1) (i32.const 0x20)))
    (global.set $file (i32.load (i32.const 0x20)))
    (local.get $errno))

  ;; Over the bytes of 1 MiB, again and again.
  (func (export "write_1") (param $n i32) (result i32) (local $errno i32)
    (loop $again
      (local.set $errno (i32.or (local.get $errno)
        (call $fd_write (global.get $file) (i32.const 0x210) (i32.const 1) (i32.const 0x20))))
      (global.set $left (i32.sub (global.get $left) (i32.load (i32.const 0x20))))
      (if (i32.le_s (global.get $left) (i32.const 0))
        (then (local.set $errno (i32.or (local.get $errno)
            (call $fd_seek (global.get $file) (i64.const 0) (i32.const 0) (i32.const 0x28))))
          (global.set $left (i32.const 0x100000))))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $errno))

  ;; The same in pieces of 4 KiB.
  (func (export "write_4k") (param $n i32) (result i32) (local $errno i32)
    (loop $again
      (local.set $errno (i32.or (local.get $errno)
        (call $fd_write (global.get $file) (i32.const 0x200) (i32.const 1) (i32.const 0x20))))
      (global.set $left (i32.sub (global.get $left) (i32.load (i32.const 0x20))))
      (if (i32.le_s (global.get $left) (i32.const 0))
        (then (local.set $errno (i32.or (local.get $errno)
            (call $fd_seek (global.get $file) (i64.const 0) (i32.const 0) (i32.const 0x28))))
          (global.set $left (i32.const 0x100000))))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $errno))

  ;; And read.
  (func (export "read_4k") (param $n i32) (result i32) (local $errno i32)
    (loop $again
      (local.set $errno (i32.or (local.get $errno)
        (call $fd_read (global.get $file) (i32.const 0x200) (i32.const 1) (i32.const 0x20))))
      (global.set $left (i32.sub (global.get $left) (i32.load (i32.const 0x20))))
      (if (i32.le_s (global.get $left) (i32.const 0))
        (then (local.set $errno (i32.or (local.get $errno)
            (call $fd_seek (global.get $file) (i64.const 0) (i32.const 0) (i32.const 0x28))))
          (global.set $left (i32.const 0x100000))))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $errno))

  (func (export "append") (param $n i32) (result i32) (local $errno i32)
    (loop $again
      (local.set $errno (i32.or (local.get $errno)
        (call $fd_write (global.get $file) (i32.const 0x210) (i32.const 1) (i32.const 0x20))))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $errno))

  (func (export "stdout") (param $n i32) (result i32) (local $errno i32)
    (loop $again
      (local.set $errno (i32.or (local.get $errno)
        (call $fd_write (i32.const 1) (i32.const 0x230) (i32.const 1) (i32.const 0x20))))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $errno))

  (func (export "open_close") (param $n i32) (result i32) (local $errno i32)
    (loop $again
      (local.set $errno (i32.or (local.get $errno)
        (call $path_open (i32.const 3) (i32.const 1) (i32.const 0x100) (i32.const 8) (i32.const 0)
          (global.get $rights) (i64.const 0) (i32.const 0) (i32.const 0x20))))
      (local.set $errno (i32.or (local.get $errno)
        (call $fd_close (i32.load (i32.const 0x20)))))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $errno))

  (func (export "stat") (param $n i32) (result i32) (local $errno i32)
    (loop $again
      (local.set $errno (i32.or (local.get $errno)
        (call $path_filestat_get (i32.const 3) (i32.const 1) (i32.const 0x100) (i32.const 8) (i32.const 0x20))))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $errno))

  ;; A whole listing, as in calls.wat: open, read into 4 KiB from the cookie of the last whole entry until the
  ;; buffer comes back less than full, close. `listed` tells how many entries the last listing had.
  (global $listed (mut i32) (i32.const 0))
  (func (export "listed") (result i32) (global.get $listed))

  (func (export "readdir") (param $n i32) (result i32)
    (local $errno i32) (local $fd i32) (local $cookie i64) (local $at i32) (local $used i32) (local $next i32)
    (loop $again
      (local.set $errno (i32.or (local.get $errno)
        (call $path_open (i32.const 3) (i32.const 1) (i32.const 0x120) (i32.const 4) (i32.const 2)
          (global.get $reading) (i64.const 0) (i32.const 0) (i32.const 0x20))))
      (local.set $fd (i32.load (i32.const 0x20)))
      (local.set $cookie (i64.const 0))
      (global.set $listed (i32.const 0))
      (loop $refill
        (local.set $errno (i32.or (local.get $errno)
          (call $fd_readdir (local.get $fd) (i32.const 0x1000) (i32.const 4096) (local.get $cookie) (i32.const 0x20))))
        (local.set $used (i32.load (i32.const 0x20)))
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

  ;; Two letters at `$at` that stand for a number below 26 * 26.
  (func $name (param $at i32) (param $number i32)
    (i32.store8 (local.get $at) (i32.add (i32.const 97) (i32.div_u (local.get $number) (i32.const 26))))
    (i32.store8 offset=1 (local.get $at) (i32.add (i32.const 97) (i32.rem_u (local.get $number) (i32.const 26)))))

  ;; Makes `$n` files of 100 bytes, 100 to a folder, 100 folders to another.
  (func (export "create") (param $n i32) (result i32) (local $errno i32) (local $i i32)
    (loop $again
      (call $name (i32.const 0x164) (i32.div_u (local.get $i) (i32.const 10000)))
      (call $name (i32.const 0x167) (i32.rem_u (i32.div_u (local.get $i) (i32.const 100)) (i32.const 100)))
      (call $name (i32.const 0x16a) (i32.rem_u (local.get $i) (i32.const 100)))
      (if (i32.eqz (i32.rem_u (local.get $i) (i32.const 10000)))
        (then (local.set $errno (i32.or (local.get $errno)
          (call $path_create_directory (i32.const 3) (i32.const 0x160) (i32.const 6))))))
      (if (i32.eqz (i32.rem_u (local.get $i) (i32.const 100)))
        (then (local.set $errno (i32.or (local.get $errno)
          (call $path_create_directory (i32.const 3) (i32.const 0x160) (i32.const 9))))))
      (local.set $errno (i32.or (local.get $errno)
        (call $path_open (i32.const 3) (i32.const 1) (i32.const 0x160) (i32.const 12) (i32.const 1)
          (global.get $rights) (i64.const 0) (i32.const 0) (i32.const 0x20))))
      (local.set $errno (i32.or (local.get $errno)
        (call $fd_write (i32.load (i32.const 0x20)) (i32.const 0x220) (i32.const 1) (i32.const 0x28))))
      (local.set $errno (i32.or (local.get $errno) (call $fd_close (i32.load (i32.const 0x20)))))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $again (i32.lt_u (local.get $i) (local.get $n))))
    (local.get $errno))
)
