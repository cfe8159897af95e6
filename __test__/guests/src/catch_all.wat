;; Calls proc_exit inside a try that catches everything, then says whether it came back.
;; flags: --enable-exceptions
(module
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (memory (export "memory") 1)
  (global (export "caught") (mut i32) (i32.const 0))
  (func (export "_start")
    (try
      (do (call $proc_exit (i32.const 7)))
      (catch_all (global.set 0 (i32.const 1))))))
