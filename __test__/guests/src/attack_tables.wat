;; Tables by numbers made up: grown by two thousand million, by one after the other, and by what the first page of memory has room for.
(module
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (memory (export "memory") 1)
  (table $table 1 funcref)
  (func (export "_start") (local $rounds i32)
    (drop (table.grow $table (ref.null func) (i32.const 0x7fffffff)))
    (drop (table.grow $table (ref.null func) (i32.const -2)))
    (drop (memory.grow (i32.const -1)))
    (loop $again
      (drop (table.grow $table (ref.null func) (i32.const 100000)))
      (br_if $again (i32.lt_u (local.tee $rounds (i32.add (local.get $rounds) (i32.const 1))) (i32.const 300))))
    (call $proc_exit (i32.const 0))))
