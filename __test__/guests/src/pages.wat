;; Grows its memory page by page until it may not, or has 1000, and exits with how many it has.
(module
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (memory (export "memory") 1)
  (func (export "_start")
    (loop $more
      (if (i32.lt_u (memory.size) (i32.const 1000))
        (then (br_if $more (i32.ne (memory.grow (i32.const 1)) (i32.const -1))))))
    (call $proc_exit (memory.size))))
