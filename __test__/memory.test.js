'use strict';
// Memories: shared between threads, growing between and during calls, beyond 2 GiB.
const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { Worker } = require('node:worker_threads');
const { both, ours } = require('./helpers/both');
const { load, run } = require('./helpers/program');

const shared = () => new WebAssembly.Memory({ initial: 2, maximum: 64, shared: true });

both('a guest whose memory is shared', (host) => {
  const { code, stdout } = run(host, 'shared', { imports: { env: { memory: shared() } } });
  assert.deepEqual([code, stdout], [0, 'shared\n']);
});

both('the scripted guest over a shared memory', (host) => {
  const dir = host.tmp();
  const guest = host.guest({ preopens: { '/sandbox': dir }, args: ['a', 'b'] }, { shared: true, pages: 2, maximum: 8 });
  guest.write(guest.create(3, 'file'), 'text');
  assert.equal(guest.read(guest.opened(3, 'file')).data, 'text');
  assert.deepEqual(guest.strings('args_get', 'args_sizes_get').list, ['a', 'b']);
  assert.deepEqual(guest.names(3), ['file']);
  assert.equal(guest.call('random_get', 1024, 1024), 'SUCCESS');
  assert.equal(guest.poll([{ userdata: 1, clock: 1, timeout: 1000n }]).errno, 'SUCCESS');
  guest.memory.grow(4);
  guest.bytes().fill(0x3f, 131072);
  assert.equal(guest.call('random_get', 6 * 65536 - 16, 16), 'SUCCESS');
  assert.equal(guest.call('random_get', 6 * 65536 - 15, 16), 'OVERFLOW');
});

const threadCode = `
  const { WASI } = require(process.env.SPECIFIER);
  const fs = require('node:fs');
  const { workerData: { module, memory, base, times, file, grow }, parentPort } = require('node:worker_threads');
  const stdin = fs.openSync(file, 'r');
  const wasi = new WASI({ version: 'preview1', stdin });
  const instance = new WebAssembly.Instance(module, { ...wasi.getImportObject(), env: { memory } });
  if (wasi.finalizeBindings) wasi.finalizeBindings(instance, { memory });
  else wasi.start(instance);
  let grown = 0;
  if (grow) for (let i = 0; i < times; i++) grown += instance.exports.grow(1) === -1 ? 0 : 1;
  else parentPort.postMessage(instance.exports.read(base, 0, times));
  if (grow) parentPort.postMessage(grown);
  fs.closeSync(stdin);`;

function thread(host, workerData) {
  return new Promise((resolve, reject) => {
    const worker = new Worker(threadCode, { eval: true, env: { ...process.env, SPECIFIER: host.specifier, NODE_NO_WARNINGS: '1' }, workerData });
    worker.once('message', resolve);
    worker.once('error', reject);
  });
}

both('several threads over one memory, while another makes it grow', { since: 24 }, async (host) => {
  const file = path.join(host.tmp(), 'file');
  fs.writeFileSync(file, 'shared\n');
  const memory = shared();
  const module = load('shared');
  const times = 5000;
  const results = await Promise.all([
    ...[4096, 8192, 12288].map((base) => thread(host, { module, memory, base, times, file })),
    thread(host, { module, memory, grow: true, times: 62, file }),
  ]);
  assert.deepEqual(results, [times, times, times, 62]);
  assert.equal(memory.buffer.byteLength, 64 * 65536);
});

ours('a thread that changes iovecs and paths while they are read', async (host) => {
  // The other thread flips lengths between sane and absurd; each call sees one or the other, and memory outside of them stays.
  const dir = host.tmp();
  fs.writeFileSync(path.join(dir, 'file'), 'inside');
  const memory = new WebAssembly.Memory({ initial: 2, maximum: 2, shared: true });
  const guest = host.guest({ preopens: { '/sandbox': dir } }, { memory });
  const fd = guest.opened(3, 'file');
  const stop = new Int32Array(new SharedArrayBuffer(8));
  const worker = new Worker(`
    const { workerData: { memory, stop } } = require('node:worker_threads');
    const view = new Uint32Array(memory.buffer);
    const bytes = new Uint8Array(memory.buffer);
    Atomics.store(stop, 1, 1);
    for (let i = 0; Atomics.load(stop, 0) === 0; i++) {
      view[1024 / 4 + 1] = i % 2 ? 6 : 0xfffffff0;
      view[1024 / 4] = i % 3 ? 4096 : 0xffffff00;
      bytes[2048] = i % 2 ? 0x66 : 0x2e;     // "file" or ".ile"
      bytes[2049] = i % 2 ? 0x69 : 0x2e;     // or "..le"
    }`, { eval: true, workerData: { memory, stop } });
  const exited = new Promise((resolve) => worker.once('exit', resolve));
  while (Atomics.load(stop, 1) === 0) await new Promise((resolve) => setImmediate(resolve));
  guest.bytes().write('file', 2048);
  const seen = new Set();
  for (const end = Date.now() + 300; Date.now() < end;) {
    const code = guest.raw.fd_pread(fd, 1024, 1, 0n, 512);
    seen.add(code);
    assert.ok(code === 0 || code === 61, `${code}`);
    const opened = guest.raw.path_open(3, 1, 2048, 4, 0, 2n, 0n, 0, 516);
    assert.ok([0, 44, 76].includes(opened), `${opened}`);
    if (opened === 0) guest.raw.fd_close(guest.u32(516));
  }
  Atomics.store(stop, 0, 1);
  await exited;
  assert.deepEqual([...seen].sort(), [0, 61]);
});

both('memory that grows between calls', (host) => {
  const { code, stdout } = run(host, 'grow', { preopens: { '/sandbox': host.tmp() } });
  assert.deepEqual([code, stdout], [0, 'right: 1, pages grown: 1\n']);
});

both('memory of no pages that grows later', (host) => {
  const memory = new WebAssembly.Memory({ initial: 0 });
  const wasi = new host.WASI({ version: 'preview1' });
  wasi.start({ exports: { memory, _start() {} } });
  assert.equal(wasi.wasiImport.clock_res_get(0, 0), 61);
  memory.grow(1);
  assert.equal(wasi.wasiImport.clock_res_get(0, 0), 0);
  assert.equal(new Uint32Array(memory.buffer)[0], 1);
  memory.grow(1);
  assert.equal(wasi.wasiImport.clock_res_get(0, 65536), 0);
  assert.equal(wasi.wasiImport.clock_res_get(0, 131072), 61);
});

// node:wasi on 24 and 26 answers EINVAL to addresses from 2 GiB on in functions with an i64.
ours('memory beyond 2 GiB', (host) => {
  const { instance, error } = run(host, 'high_memory');
  assert.equal(error, undefined);
  const output = path.join(host.tmp(), 'out');
  const fd = fs.openSync(output, 'w');
  const wasi = new host.WASI({ version: 'preview1', stdout: fd });
  const fresh = new WebAssembly.Instance(load('high_memory'), wasi.getImportObject());
  wasi.start(fresh);
  assert.equal(fresh.exports.high(), 0);
  fs.closeSync(fd);
  assert.equal(fs.readFileSync(output, 'utf8'), 'from above 2 GiB\n');
  assert.ok(instance);
});

// 65,536 pages: the size in bytes does not fit 32 bits.
ours('a memory of 4 GiB, up to its last byte', (host) => {
  const memory = new WebAssembly.Memory({ initial: 65536 });
  const dir = host.tmp();
  fs.writeFileSync(path.join(dir, 'file'), 'content');
  const wasi = new host.WASI({ version: 'preview1', preopens: { '/': dir } });
  wasi.start({ exports: { memory, _start() {} } });
  const { clock_time_get: time, random_get: random, path_open: open, fd_pread: pread } = wasi.wasiImport;
  const view = new DataView(memory.buffer);
  const last = (offset) => 2 ** 32 - offset;
  assert.equal(time(1, 0n, last(8)), 0);
  assert.ok(view.getBigUint64(last(8), true) > 0n);
  assert.equal(time(1, 0n, last(7)), 61);
  assert.equal(random(last(4), 4), 0);
  assert.equal(random(last(4), 5), 61);
  new Uint8Array(memory.buffer).set(Buffer.from('file'), last(4));
  assert.equal(open(3, 1, last(4), 4, 0, 6n, 0n, 0, 1024), 0);
  const fd = view.getUint32(1024, true);
  view.setUint32(last(16), last(8), true);
  view.setUint32(last(12), 8, true);
  assert.equal(pread(fd, last(16), 1, 0n, 1024), 0);
  assert.equal(Buffer.from(memory.buffer, last(8), 7).toString(), 'content');
  view.setUint32(last(12), 9, true);
  assert.equal(pread(fd, last(16), 1, 0n, 1024), 61);
  assert.equal(pread(fd, last(8), 2, 0n, 1024), 61);
});
