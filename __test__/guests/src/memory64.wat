;; A module with a 64-bit memory: it may be bound, but preview1's pointers have 32 bits.
;; flags: --enable-memory64
(module
  (memory (export "memory") i64 1)
  (func (export "_start")))
