;; A million subscriptions in one call of preview0, again and again: work of the host's that no fuel counts.
(module
  (import "wasi_unstable" "poll_oneoff" (func $poll_oneoff (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1400)
  (func (export "_start")
    (loop $forever
      (drop (call $poll_oneoff (i32.const 0) (i32.const 57600000) (i32.const 1000000) (i32.const 91000000)))
      (br $forever))))
