'use strict';
// A plan as WebAssembly text. The guest plants what a call needs, asks the host whether to make it (`before`), makes it, tells its
// errno (`after`), and keeps what later calls need. Nothing of the host's lies between the guest and the calls themselves.
const { SIGNATURES } = require('../helpers/abi');
const { COOKIE, FIRST, SCRATCH, SENTINEL, SIZE, SLOTS } = require('./layout');

const i32 = (value) => `(i32.const ${value | 0})`;
const i64 = (value) => `(i64.const ${BigInt.asIntN(64, value)})`;
const slot = (index) => `(i32.load ${i32(SLOTS + 4 * index)})`;
const quoted = (bytes) => `"${Array.from(bytes, (byte) => `\\${byte.toString(16).padStart(2, '0')}`).join('')}"`;

/** An argument: a number, a bigint, or what the guest remembers. */
function argument(value) {
  if (typeof value === 'number') return i32(value);
  if (typeof value === 'bigint') return i64(value);
  return value.cookie ? `(i64.load ${i32(COOKIE)})` : slot(value.slot);
}

function imported(name) {
  const types = Array.from(SIGNATURES[name], (type) => (type === 'I' ? 'i64' : 'i32'));
  const result = name === 'proc_exit' ? '' : ' (result i32)';
  return `(import "wasi_snapshot_preview1" "${name}" (func $${name} (param ${types.join(' ')})${result}))`;
}

function call({ name, args, plants, patches, keeps }, index) {
  const made = `(call $${name} ${args.map(argument).join(' ')})`;
  return [
    ...plants.map(({ bytes }, plant) => `(data $p${index}_${plant} ${quoted(bytes)})`),
    `(func $c${index} (local $errno i32)`,
    `  (memory.fill ${i32(SCRATCH)} ${i32(SENTINEL)} ${i32(SIZE - SCRATCH)})`,
    ...plants.map(({ at, bytes }, plant) => `  (memory.init $p${index}_${plant} ${i32(at)} ${i32(0)} ${i32(bytes.length)})`),
    ...patches.map(({ at, slot: from }) => `  (i32.store ${i32(at)} ${slot(from)})`),
    `  (if (i32.eqz (call $before ${i32(index)})) (then (return)))`,
    ...(name === 'proc_exit' ? [`  ${made})`] : [
      `  (local.set $errno ${made})`,
      `  (call $after ${i32(index)} (local.get $errno))`,
      '  (if (local.get $errno) (then (return)))',
      ...keeps.map(({ from, to, bytes }) => (bytes === 8 ? `  (i64.store ${i32(to)} (i64.load ${i32(from)}))` : `  (i32.store ${i32(to)} (i32.load ${i32(from)}))`)),
      ')',
    ]),
  ].join('\n');
}

/** @param {{ calls: object[] }} plan */
function text({ calls }) {
  return [
    '(module',
    ...Object.keys(SIGNATURES).map(imported),
    '(import "host" "before" (func $before (param i32) (result i32)))',
    '(import "host" "after" (func $after (param i32 i32)))',
    '(memory (export "memory") 1)',
    `(data (i32.const 0) ${quoted(new Uint8Array(SLOTS).fill(SENTINEL))})`,
    `(data (i32.const ${SLOTS}) ${quoted(new Uint8Array(new Uint32Array(FIRST).buffer))})`,
    ...calls.map(call),
    '(func (export "_start")',
    ...calls.map((_, index) => `  (call $c${index})`),
    '))',
  ].join('\n');
}

let wabt;

/** A plan as a module's bytes. */
async function compile(plan) {
  wabt ??= await require('wabt')();
  const parsed = wabt.parseWat(`seed ${plan.seed}`, text(plan), { bulk_memory: true });
  try {
    parsed.validate();
    return Buffer.from(parsed.toBinary({}).buffer);
  } finally {
    parsed.destroy();
  }
}

module.exports = { compile, text };
