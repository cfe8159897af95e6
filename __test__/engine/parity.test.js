'use strict';
// The same programs in both engines: each call has the same arguments, the same errno and the same results.
const assert = require('node:assert/strict');
const { Volume } = require('memfs');
const { MemoryFileSystem, OverlayFileSystem, WASI, bytes, engine, run, tmp } = require('../helpers/engine');

/** What differs from run to run: times, addresses of randomness, inode numbers, what a terminal's or a pipe's nature is. */
const VOLATILE = new Set(['time', 'timestamp', 'atim', 'mtim', 'ctim', 'ino', 'dev', 'cookie', 'buf', 'bufused', 'resolution', 'precision']);

const KINDS = {
  'a directory of the host': (t) => tmp(t),
  'a memory filesystem': () => new MemoryFileSystem(),
  'an overlay': (t) => new OverlayFileSystem({ lower: tmp(t) }),
  'memfs': () => Volume.fromJSON({ '/': null }),
};

/** A call, without what no two runs have in common. */
function call({ name, args, errno, result }) {
  return { name, errno, args: steady(args), result: steady(result) };
}

function steady(value, key) {
  if (VOLATILE.has(key)) return undefined;
  if (Array.isArray(value)) return value.map((item) => steady(item));
  if (value === null || typeof value !== 'object' || ArrayBuffer.isView(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, steady(item, name)]));
}

/** The calls that a program makes in V8, and what it prints. */
function inV8(name, options) {
  const calls = [];
  const wasi = new WASI({
    version: 'preview1', args: [name], stdin: '', stdout: 'capture', stderr: 'capture', dotEntries: true, ...options,
    trace: (event) => calls.push(call(event)),
  });
  const instance = new WebAssembly.Instance(new WebAssembly.Module(bytes(name)), wasi.getImportObject());
  return { exitCode: wasi.start(instance), stdout: wasi.stdout.text(), calls };
}

async function inTheEngine(name, options) {
  const calls = [];
  const { exitCode, stdout } = await run(name, { ...options, trace: (event) => calls.push(call(event)) });
  return { exitCode, stdout, calls };
}

for (const [kind, make] of Object.entries(KINDS)) {
  for (const name of ['file_io', 'tree', 'links', 'descriptors']) {
    engine(`${name} makes the same calls on ${kind}`, async (t) => {
      const there = inV8(name, { preopens: { '/sandbox': make(t) } });
      const here = await inTheEngine(name, { preopens: { '/sandbox': make(t) } });
      assert.ok(there.calls.length > 5);
      assert.deepEqual(here, there);
    });
  }
}
