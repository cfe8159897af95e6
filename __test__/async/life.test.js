'use strict';
// The life of a suspended guest: how it begins and ends, and what it leaves behind.
const assert = require('node:assert/strict');
const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { PassThrough } = require('node:stream');
const { test } = require('node:test');
const { Worker } = require('node:worker_threads');
const { Volume } = require('memfs');
const { WASI, command, fifo, flags, guest, skip, sleep, start, suspends } = require('../helpers/async');
const { descriptors, root } = require('../helpers/both');

const helpers = JSON.stringify(path.join(root, '__test__/helpers/async.js'));
const count = (folder) => fs.readdirSync(`/proc/self/${folder}`).length;

/** Waits until there are again as many threads and descriptors as before. */
async function settled(before) {
  for (let tries = 0; tries < 100; tries++) {
    if (count('task') <= before.task && descriptors().length <= before.fd) return;
    await sleep(20);
  }
  assert.deepEqual({ task: count('task'), fd: descriptors().length }, before);
}

const now = () => ({ task: count('task'), fd: descriptors().length });

suspends('an exit code, a signal, a plain return', async () => {
  assert.equal((await start('exit_code', { args: ['exit_code', '9'] })).code, 9);
  assert.equal((await start('raise', { args: ['raise', '15'] })).code, 143);
  assert.equal((await start('sleep', { args: ['sleep', '1'] })).code, 0);
});

suspends('a promise, whatever happens', async () => {
  const { wasi, instance } = command('sleep', { args: ['sleep', '10'] });
  await assert.rejects(wasi.startAsync(), { code: 'ERR_INVALID_ARG_TYPE' });
  await assert.rejects(wasi.startAsync({ exports: {} }), { code: 'ERR_INVALID_ARG_TYPE' });
  const runs = wasi.startAsync(instance);
  assert.ok(runs instanceof Promise);
  await assert.rejects(wasi.startAsync(instance), { code: 'ERR_WASI_ALREADY_STARTED' });
  assert.throws(() => wasi.start(instance), { code: 'ERR_WASI_ALREADY_STARTED' });
  assert.equal(await runs, 0);
  const reactor = command('reactor');
  await assert.rejects(reactor.wasi.startAsync(reactor.instance), { code: 'ERR_INVALID_ARG_TYPE' });
  const again = command('sleep');
  await assert.rejects(again.wasi.initializeAsync(again.instance), { code: 'ERR_INVALID_ARG_TYPE' });
  const plain = new WASI({ version: 'preview1' });
  const memory = new WebAssembly.Memory({ initial: 1 });
  await assert.rejects(plain.startAsync({ exports: { memory, _start() {} } }), { code: 'ERR_INVALID_ARG_TYPE' });
});

suspends('a failed startAsync leaves a guest that start() runs as ever', async () => {
  const { wasi, instance } = command('sleep', { args: ['sleep', '30'] });
  await assert.rejects(wasi.startAsync({}), { code: 'ERR_INVALID_ARG_TYPE' });
  let turned = false;
  setImmediate(() => {
    turned = true;
  });
  assert.equal(wasi.start(instance), 0);
  assert.equal(turned, false);
});

suspends('a guest that start() has run is not one that is suspended', async () => {
  const { wasi, instance } = command('sleep', { stdin: new PassThrough() });
  assert.throws(() => wasi.start(instance), { code: 'ERR_PREOPEN_NEEDS_EVENT_LOOP' });
  await assert.rejects(wasi.startAsync({}), { code: 'ERR_INVALID_ARG_TYPE' });
  assert.throws(() => wasi.start(instance), { code: 'ERR_PREOPEN_NEEDS_EVENT_LOOP' });
  assert.equal(await wasi.startAsync(instance), 0);
});

suspends('a trap rejects, also after a wait', async () => {
  await assert.rejects(start('abort'), WebAssembly.RuntimeError);
  const one = await guest();
  one.subscribe([{ ms: 20 }]);
  await assert.rejects(one.calls.trap(), WebAssembly.RuntimeError);
  assert.equal(await one.calls.poll_oneoff(...one.subscribe([{ ms: 1 }])), 0);
});

suspends('an exception of a callback rejects', async () => {
  const failure = new Error('no');
  await assert.rejects(start('sleep', { args: ['sleep', '20'], stdout() { throw failure; } }), failure);
});

suspends('1,000 guests that were suspended leave no thread and no descriptor', async (t) => {
  const { reader, writer } = fifo(t);
  // What is there once in a process is there already.
  await start('sleep', { args: ['sleep', '1'], stdin: reader });
  await sleep(200);
  const before = now();
  for (let round = 0; round < 10; round++) {
    const guests = await Promise.all(Array.from({ length: 100 }, () => guest({ stdin: reader })));
    const waits = guests.map((one, index) => {
      if (index % 4 === 0) return one.calls.poll_oneoff(...one.subscribe([{ ms: 5 }, { read: 0 }]));
      if (index % 4 === 1) return one.calls.trap(one.subscribe([{ ms: 5 }])).catch(() => {});
      return one.calls.fd_read(0, one.iovecs([[8192, 1]]), 1, 16);
    });
    await sleep(10);
    fs.writeSync(writer, 'x'.repeat(25));
    await sleep(10);
    for (const one of guests) one.wasi.close();
    await Promise.all(waits);
  }
  await settled(before);
});

suspends('a guest that was closed while it waited is collected', async (t) => {
  const { setFlagsFromString } = require('node:v8');
  setFlagsFromString('--expose-gc');
  const gc = require('node:vm').runInNewContext('gc');
  const { reader } = fifo(t);
  const refs = [];
  const make = async () => {
    for (let i = 0; i < 20; i++) {
      const one = await guest({ stdin: reader });
      one.calls.fd_read(0, one.iovecs([[8192, 1]]), 1, 16).catch(() => {});
      one.calls.poll_oneoff(...one.subscribe([{ ms: 1e6 }, { read: 0 }])).catch(() => {});
      refs.push(new WeakRef(one.wasi));
    }
  };
  await make();
  const all = () => refs.map((ref) => ref.deref()).filter(Boolean);
  await sleep(10);
  all().forEach((wasi) => wasi.close());
  for (let i = 0; i < 10; i++) {
    await sleep(5);
    gc();
  }
  assert.equal(all().length, 0);
});

suspends('a process lives while a guest waits, and ends then', () => {
  const script = `const { start } = require(${helpers}); start('sleep', { args: ['sleep', '150'], stdout: 1 }).catch(() => {});`;
  const before = performance.now();
  const { stdout, status } = spawnSync(process.execPath, [...flags, '-e', script], { encoding: 'utf8' });
  assert.deepEqual([stdout, status], ['slept\n', 0]);
  assert.ok(performance.now() - before > 150);
});

suspends('a process lives while a guest waits for a descriptor, and ends then', () => {
  const script = `const { start } = require(${helpers}); start('cat', { stdin: 0, stdout: 1 }).catch(() => {});`;
  const { stdout, status } = spawnSync('sh', ['-c', `(sleep 0.3; printf late) | "$@"`, 'sh', process.execPath, ...flags, '-e', script], { encoding: 'utf8' });
  assert.deepEqual([stdout, status], ['late', 0]);
});

suspends('a process that exits while guests wait', () => {
  const script = `
    const { start } = require(${helpers});
    for (let i = 0; i < 10; i++) start('sleep', { args: ['sleep', '100000'] });
    for (let i = 0; i < 10; i++) start('cat', { stdin: 0 });
    setTimeout(() => process.exit(6), 50);`;
  const { status, stderr, signal } = spawnSync('sh', ['-c', `sleep 3 | "$@"`, 'sh', process.execPath, ...flags, '-e', script], { encoding: 'utf8' });
  assert.deepEqual([status, signal, stderr], [6, null, '']);
});

suspends('a Worker is terminated while its guests wait', async (t) => {
  const { reader } = fifo(t);
  const source = `
    const { parentPort, workerData } = require('node:worker_threads');
    const { start } = require(${helpers});
    for (let i = 0; i < 5; i++) {
      start('sleep', { args: ['sleep', '100000'] });
      start('cat', { stdin: workerData });
    }
    setTimeout(() => parentPort.postMessage('waits'), 20);`;
  const before = now();
  for (let i = 0; i < 5; i++) {
    const worker = new Worker(source, { eval: true, workerData: reader });
    await new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject));
    const began = performance.now();
    await worker.terminate();
    assert.ok(performance.now() - began < 1000);
  }
  await settled(before);
});

test('without JSPI the error names the versions, and the guest is left as it was', { skip: skip === false && 'this Node has it' }, async () => {
  const { wasi, instance } = command('exit_code', { args: ['exit_code', '4'] });
  await assert.rejects(wasi.startAsync(instance), (error) => {
    assert.equal(error.code, 'ERR_PREOPEN_NO_JSPI');
    for (const part of [`Node ${process.versions.node}`, '24.20', '--experimental-wasm-jspi', 'Bun', 'Deno', 'start()', 'Worker']) assert.ok(error.message.includes(part), part);
    return true;
  });
  await assert.rejects(wasi.initializeAsync(instance), { code: 'ERR_PREOPEN_NO_JSPI' });
  assert.equal(wasi.start(instance), 4);
});

suspends('a close during which the host\'s code throws: whoever waits goes on, and nothing is kept', async () => {
  const boom = new Error('of the host');
  const provider = Object.assign(Object.create(Volume.fromJSON({ '/file': 'x' })), { closeSync() { throw boom; } });
  const iterable = { [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => {}), return() { throw boom; } }) };
  for (const options of [{ stdin: new PassThrough(), preopens: { '/': provider } }, { stdin: iterable }]) {
    const one = await guest(options);
    if (options.preopens) {
      Buffer.from(one.memory.buffer).write('file', 512);
      assert.equal(one.wasi.wasiImport.path_open(3, 0, 512, 4, 0, 2n, 0n, 0, 600), 0);
    }
    const waits = one.calls.fd_read(0, one.iovecs([[8192, 10]]), 1, 16);
    await sleep(10);
    assert.throws(() => one.wasi.close(), boom);
    assert.equal(await Promise.race([waits, sleep(2000)]), 8);
    one.wasi.close();
  }
});
