'use strict';
// What a callback may do while the guest waits for it: throw, grow the guest's memory, call it, close it, start another.
const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { CapturedOutput } = require('../..');
const { descriptors, ours, root } = require('../helpers/both');
const { child } = require('../helpers/child');
const { load } = require('../helpers/program');

// A program without _start, whose exports make calls in a loop: `fd_write(n)` writes one byte to 1, n times.
const calls = new WebAssembly.Module(fs.readFileSync(path.join(root, 'benchmark/guests/calls.wasm')));

// Answers { wasi, instance }, initialized.
function program(host, options) {
  const wasi = new host.WASI({ version: 'preview1', ...options });
  host.t.after(() => wasi.close());
  const instance = new WebAssembly.Instance(calls, wasi.getImportObject());
  wasi.initialize(instance);
  return { wasi, instance, memory: instance.exports.memory };
}

for (const kind of ['stdout', 'stderr', 'stdin']) {
  ours(`an exception in a ${kind} function ends the guest, and reaches the caller of start() unchanged`, (host) => {
    for (const thrown of [new Error('mine'), 'text', undefined, null, Object.freeze({}), 0]) {
      const before = descriptors().length;
      const wasi = new host.WASI({ version: 'preview1', args: ['cat'], stdin: 'text', stdout: 'ignore', stderr: 'ignore', preopens: { '/': host.tmp() }, [kind]() { throw thrown; } });
      const instance = new WebAssembly.Instance(load('cat'), wasi.getImportObject());
      let caught = 'nothing';
      try {
        wasi.start(instance);
      } catch (error) {
        caught = error;
      }
      assert.equal(caught, thrown);
      wasi.close();
      assert.equal(descriptors().length, before);
    }
  });
}

ours('a guest that catches everything does not catch it for good', (host) => {
  // Its handler runs, as with any exception of JavaScript's; the next write is the next call of the function.
  let count = 0;
  const { instance } = program(host, { stdout() { count++; throw new Error(`number ${count}`); } });
  for (const number of [1, 2]) assert.throws(() => instance.exports.fd_write(5), { message: `number ${number}` });
  assert.equal(count, 2);
});

ours('after an exception the guest goes on where its exports are called again', (host) => {
  const seen = [];
  const error = new Error('once');
  const { instance, memory } = program(host, { stdout(chunk) {
    seen.push(chunk.length);
    if (seen.length === 2) {
      memory.grow(3);
      throw error;
    }
  } });
  assert.throws(() => instance.exports.fd_write(3), error);
  assert.equal(seen.length, 2);
  assert.equal(instance.exports.fd_write(3), 0);
  assert.equal(seen.length, 5);
});

ours('a function may make the memory grow: the guest finds its results there', (host) => {
  const chunks = [];
  const { instance, memory } = program(host, { stdout(chunk) {
    chunks.push(chunk);
    memory.grow(1);
  } });
  new Uint8Array(memory.buffer)[0x1000] = 65;
  const pages = memory.buffer.byteLength / 65536;
  new Uint8Array(memory.buffer).fill(255, 0, 4);
  assert.equal(instance.exports.fd_write(20), 0);
  assert.equal(memory.buffer.byteLength / 65536, pages + 20);
  assert.deepEqual(new Uint32Array(memory.buffer, 0, 1)[0], 1);
  assert.deepEqual(Buffer.concat(chunks).toString(), 'A'.repeat(20));
});

ours('a read function may make the memory grow: the bytes are where the guest has it then', (host) => {
  const guest = host.guest({ stdin() {
    guest.memory.grow(1);
    return 'into the new memory';
  } }, { pages: 20 });
  for (let i = 0; i < 5; i++) assert.equal(guest.read(0).data, 'into the new memory');
});

ours('a large write whose memory grows between two pieces', (host) => {
  const chunks = [];
  const guest = host.guest({ stdout(chunk) {
    chunks.push(Buffer.from(chunk));
    guest.memory.grow(1);
  } }, { pages: 60 });
  const bytes = Buffer.alloc(3 * 2 ** 20, 'abcdefghijk');
  assert.equal(guest.write(1, bytes).written, bytes.length);
  assert.ok(Buffer.concat(chunks).equals(bytes));
});

ours('growing by nothing detaches the buffer, and changes nothing', (host) => {
  let text = '';
  const guest = host.guest({ stdout(chunk) {
    text += Buffer.from(chunk);
    guest.memory.grow(0);
  } });
  for (const part of ['a', 'b', 'c']) assert.equal(guest.write(1, part).written, 1);
  assert.equal(text, 'abc');
});

ours('a shared memory that grows', (host) => {
  let text = '';
  const guest = host.guest({ stdin: () => { guest.memory.grow(1); return 'read'; }, stdout(chunk) {
    text += Buffer.from(chunk);
    guest.memory.grow(1);
  } }, { pages: 20, shared: true, maximum: 100 });
  for (const part of ['a', 'b', 'c']) {
    assert.equal(guest.write(1, part).written, 1);
    assert.equal(guest.read(0).data, 'read');
  }
  assert.equal(text, 'abc');
});

ours('a function may call the guest\'s exports, which write again', (host) => {
  const log = [];
  let depth = 0;
  const { instance } = program(host, {
    stdout() {
      log.push(`>${depth}`);
      if (depth < 5) {
        depth++;
        assert.equal(instance.exports.clock_time_get(3), 0);
        assert.equal(instance.exports.fd_write(1), 0);
        depth--;
      }
      log.push(`<${depth}`);
    },
  });
  assert.equal(instance.exports.fd_write(1), 0);
  assert.deepEqual(log, ['>0', '>1', '>2', '>3', '>4', '>5', '<5', '<4', '<3', '<2', '<1', '<0']);
});

ours('calls within the call do not change its bytes, nor its results', (host) => {
  let inner = true;
  const chunks = [];
  const guest = host.guest({ stderr: 'capture', stdin: 'abc', stdout(chunk) {
    chunks.push(Buffer.from(chunk).toString());
    if (!inner) return;
    inner = false;
    const { fd_write: write, fd_read: read } = guest.raw;
    const view = new DataView(guest.memory.buffer);
    view.setUint32(60_000, 60_100, true);
    view.setUint32(60_004, 3, true);
    new Uint8Array(guest.memory.buffer).set(Buffer.from('new'), 60_100);
    assert.equal(write(1, 60_000, 1, 60_200), 0);
    assert.equal(write(2, 60_000, 1, 60_200), 0);
    assert.equal(read(0, 60_000, 1, 60_200), 0);
    assert.equal(Buffer.from(chunk).toString(), 'outer text');
    new Uint8Array(guest.memory.buffer).fill(0x3f, 60_000, 60_204);
  } });
  assert.deepEqual(guest.write(1, 'outer text'), { errno: 'SUCCESS', written: 10 });
  assert.deepEqual([chunks, guest.wasi.stderr.text()], [['outer text', 'new'], 'new']);
});

ours('a read within a read: nothing is lost, nothing comes twice', (host) => {
  const given = ['first, ', 'second, ', 'third', null];
  const read = [];
  let nested = true;
  const guest = host.guest({ stdin() {
    if (nested) {
      nested = false;
      new Uint32Array(guest.memory.buffer, 60_000, 2).set([60_100, 4]);
      assert.equal(guest.raw.fd_read(0, 60_000, 1, 60_200), 0);
      read.push(Buffer.from(guest.memory.buffer, 60_100, new Uint32Array(guest.memory.buffer, 60_200, 1)[0]).toString());
      new Uint8Array(guest.memory.buffer).fill(0x3f, 60_000, 60_204);
    }
    return given.shift();
  } });
  for (let part; (part = guest.read(0).data) !== '';) read.push(part);
  assert.equal(read.join(''), 'first, second, third');
});

ours('a function may start another guest, with the same functions', (host) => {
  const log = [];
  let depth = 0;
  const run = () => {
    const wasi = new host.WASI({ version: 'preview1', args: ['cat'], stdin: `guest ${depth}`, stderr: 'ignore', stdout(chunk) {
      log.push(Buffer.from(chunk).toString());
      if (depth < 3) {
        depth++;
        run();
        depth--;
      }
    } });
    assert.equal(wasi.start(new WebAssembly.Instance(load('cat'), wasi.getImportObject())), 0);
  };
  run();
  assert.deepEqual(log, ['guest 0', 'guest 1', 'guest 2', 'guest 3']);
});

ours('a function may close the guest', (host) => {
  let calls = 0;
  const guest = host.guest({ stdout() {
    calls++;
    guest.wasi.close();
  } });
  assert.equal(guest.write(1, 'last').written, 4);
  assert.equal(guest.write(1, 'x').errno, 'BADF');
  assert.equal(calls, 1);
  // Also in the middle of a write of several pieces: what was begun is finished.
  const pieces = [];
  const other = host.guest({ stdout(chunk) {
    pieces.push(chunk.length);
    other.wasi.close();
  } }, { pages: 40 });
  assert.equal(other.write(1, Buffer.alloc(2 ** 21)).written, 2 ** 21);
  assert.deepEqual(pieces, [2 ** 20, 2 ** 20]);
});

ours('a function may end the guest by its own proc_exit', (host) => {
  const wasi = new host.WASI({ version: 'preview1', args: ['cat'], stdin: 'x', stdout: () => wasi.wasiImport.proc_exit(7) });
  assert.equal(wasi.start(new WebAssembly.Instance(load('cat'), wasi.getImportObject())), 7);
});

ours('what a write function returns is nothing to the guest', (host) => {
  for (const value of [false, 0, -1, 64, Promise.resolve(5), Symbol('s'), { get then() { throw new Error('asked'); } }]) {
    assert.deepEqual(host.guest({ stdout: () => value }).write(1, 'x'), { errno: 'SUCCESS', written: 1 });
  }
});

ours('a promise that a write function rejects is the host\'s own', async (host) => {
  const code = `
    const { WASI } = require(${JSON.stringify(host.specifier)});
    process.on('unhandledRejection', (reason) => console.log('unhandled', reason));
    const wasi = new WASI({ version: 'preview1', stdout: async () => { throw 'late'; } });
    const memory = new WebAssembly.Memory({ initial: 1 });
    new Uint32Array(memory.buffer).set([64, 1]);
    wasi.start({ exports: { memory, _start() { console.log(wasi.wasiImport.fd_write(1, 0, 1, 32)); } } });`;
  const { stdout, stderr, status } = await child(code, {});
  assert.deepEqual({ stdout, stderr, status }, { stdout: '0\nunhandled late\n', stderr: '', status: 0 });
});

ours('a function that recurses until the stack is gone', (host) => {
  const { instance } = program(host, { stdout() { instance.exports.fd_write(1); } });
  assert.throws(() => instance.exports.fd_write(1), RangeError);
  const output = new CapturedOutput();
  const after = program(host, { stdout: output });
  assert.equal(after.instance.exports.fd_write(3), 0);
  assert.equal(output.length, 3);
});

ours('functions are called after the built-in prototypes were changed', async (host) => {
  const code = `
    const { WASI } = require(${JSON.stringify(host.specifier)});
    const seen = [];
    const wasi = new WASI({ version: 'preview1', stdout: (chunk) => seen.push(chunk[0]) });
    const memory = new WebAssembly.Memory({ initial: 1 });
    new Uint32Array(memory.buffer).set([64, 1]);
    new Uint8Array(memory.buffer)[64] = 65;
    wasi.start({ exports: { memory, _start() {} } });
    Uint8Array.prototype.slice = Reflect.apply = () => { throw new Error('replaced'); };
    console.log(wasi.wasiImport.fd_write(1, 0, 1, 32), seen);`;
  const { stdout, stderr } = await child(code, {});
  assert.deepEqual([stdout, stderr], ['0 [ 65 ]\n', '']);
});
