;; A program that computes for some milliseconds: the product of two matrices of 64-bit floats, and a hash over the result, again and
;; again. What computes are functions that are called often, so that V8 can replace their first code.
;;
;; Memory: 0x10000 A · 0x18000 B · 0x20000 the product; each 64 × 64
(module
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (memory (export "memory") 3)

  (func $fill (param $at i32) (param $seed i32) (local $i i32)
    (loop $next
      (local.set $seed (i32.add (i32.mul (local.get $seed) (i32.const 1664525)) (i32.const 1013904223)))
      (f64.store (i32.add (local.get $at) (i32.shl (local.get $i) (i32.const 3)))
        (f64.convert_i32_s (i32.shr_s (local.get $seed) (i32.const 16))))
      (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 4096)))))

  ;; A row of the product.
  (func $row (param $y i32) (local $x i32) (local $k i32) (local $sum f64)
    (loop $columns
      (local.set $sum (f64.const 0))
      (local.set $k (i32.const 0))
      (loop $terms
        (local.set $sum (f64.add (local.get $sum) (f64.mul
          (f64.load offset=0x10000 (i32.shl (i32.add (i32.shl (local.get $y) (i32.const 6)) (local.get $k)) (i32.const 3)))
          (f64.load offset=0x18000 (i32.shl (i32.add (i32.shl (local.get $k) (i32.const 6)) (local.get $x)) (i32.const 3))))))
        (br_if $terms (i32.lt_u (local.tee $k (i32.add (local.get $k) (i32.const 1))) (i32.const 64))))
      (f64.store offset=0x20000 (i32.shl (i32.add (i32.shl (local.get $y) (i32.const 6)) (local.get $x)) (i32.const 3)) (local.get $sum))
      (br_if $columns (i32.lt_u (local.tee $x (i32.add (local.get $x) (i32.const 1))) (i32.const 64)))))

  ;; FNV-1a over a row of the product.
  (func $hash (param $y i32) (param $hash i32) (result i32) (local $at i32) (local $end i32)
    (local.set $at (i32.shl (local.get $y) (i32.const 9)))
    (local.set $end (i32.add (local.get $at) (i32.const 512)))
    (loop $bytes
      (local.set $hash (i32.mul (i32.xor (local.get $hash) (i32.load8_u offset=0x20000 (local.get $at))) (i32.const 16777619)))
      (br_if $bytes (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 1))) (local.get $end))))
    (local.get $hash))

  (func (export "_start") (local $n i32) (local $y i32) (local $hash i32)
    (call $fill (i32.const 0x10000) (i32.const 1))
    (call $fill (i32.const 0x18000) (i32.const 2))
    (local.set $n (i32.const 30))
    (loop $again
      (local.set $y (i32.const 0))
      (loop $rows
        (call $row (local.get $y))
        (local.set $hash (call $hash (local.get $y) (local.get $hash)))
        (br_if $rows (i32.lt_u (local.tee $y (i32.add (local.get $y) (i32.const 1))) (i32.const 64))))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    ;; The hash is needed, so it is computed.
    (call $proc_exit (i32.eqz (local.get $hash))))
)
