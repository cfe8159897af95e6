'use strict';
// Descriptors: none is left open, whichever way a guest ends.
const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const v8 = require('node:v8');
const vm = require('node:vm');
const { both, descriptors, differs, ours } = require('./helpers/both');
const { load, run } = require('./helpers/program');
const why = require('./helpers/why');

v8.setFlagsFromString('--expose-gc');
const gc = vm.runInNewContext('gc');

async function collect() {
  for (let i = 0; i < 5; i++) {
    gc();
    await new Promise((resolve) => setImmediate(resolve));
  }
}

function folder(host) {
  const dir = host.tmp();
  fs.writeFileSync(path.join(dir, 'file'), 'x');
  return dir;
}

const pointing = (dir) => descriptors().filter(([, target]) => target.startsWith(dir)).length;

differs('proc_exit releases what the guest left open', why.closes, {
  async node(host) {
    const dir = folder(host);
    assert.equal(run(host, 'descriptors', { args: ['descriptors', '20'], preopens: { '/sandbox': dir } }).code, 0);
    await collect();
    assert.equal(pointing(dir), 21);
  },
  ours(host) {
    const dir = folder(host);
    const before = descriptors().length;
    const { code, stdout, wasi } = run(host, 'descriptors', { args: ['descriptors', '20'], preopens: { '/sandbox': dir } });
    assert.deepEqual([code, stdout], [0, 'opened 20\n']);
    assert.equal(pointing(dir), 0);
    assert.equal(descriptors().length, before);
    assert.ok(wasi);
  },
});

ours('a plain return keeps them, close() releases them', (host) => {
  const dir = folder(host);
  const before = descriptors().length;
  const guest = host.guest({ preopens: { '/sandbox': dir }, sockets: ['127.0.0.1:0'] });
  for (let i = 0; i < 10; i++) guest.opened(3, 'file');
  assert.equal(pointing(dir), 11);
  guest.wasi.close();
  assert.equal(descriptors().length, before);
});

ours('collection releases them', async (host) => {
  const dir = folder(host);
  const before = descriptors().length;
  // In a function of its own, so that no register of this one holds the last of them.
  const make = () => {
    for (let i = 0; i < 20; i++) {
      const wasi = new host.WASI({ version: 'preview1', preopens: { '/sandbox': dir } });
      if (i % 2) wasi.start({ exports: { memory: new WebAssembly.Memory({ initial: 1 }), _start() {} } });
    }
  };
  make();
  assert.equal(pointing(dir), 20);
  await collect();
  assert.equal(pointing(dir), 0);
  assert.equal(descriptors().length, before);
});

ours('a function that lives on keeps its guest', async (host) => {
  const dir = folder(host);
  const keep = (() => {
    const guest = host.guest({ preopens: { '/sandbox': dir } });
    const [pointer, length] = guest.put('file');
    const { path_filestat_get: stat } = guest.wasi.wasiImport;
    return () => stat(3, 1, pointer, length, 1024);
  })();
  await collect();
  assert.equal(keep(), 0);
});

ours('a guest that traps', async (host) => {
  const dir = folder(host);
  const before = descriptors().length;
  const trap = () => run(host, 'abort', { preopens: { '/sandbox': dir } }).error instanceof WebAssembly.RuntimeError;
  assert.equal(trap(), true);
  await collect();
  assert.equal(descriptors().length, before);
});

ours('a constructor that fails', (host) => {
  const dir = folder(host);
  const before = descriptors().length;
  for (const options of [{ preopens: { '/a': dir, '/b': path.join(dir, 'none') } }, { preopens: { '/a': dir }, returnOnExit: 1 }, { preopens: { '/a': dir }, stderr: 99999 },
    { preopens: { '/a': dir }, sockets: ['127.0.0.1:0', 'nonsense'] }, { preopens: { '/a': dir }, sockets: ['127.0.0.1:0', 99999] }]) {
    assert.throws(() => new host.WASI({ version: 'preview1', ...options }));
    assert.equal(descriptors().length, before, JSON.stringify(options));
  }
});

both('thousands of instances', (host) => {
  for (let i = 0; i < 1500; i++) {
    const wasi = new host.WASI({ version: 'preview1', args: ['x'] });
    wasi.close?.();
    if (i % 100 === 0) wasi.getImportObject();
  }
});

ours('hundreds of instantiated guests, not closed', (host) => {
  const module = load('exit_code');
  for (let i = 0; i < 300; i++) {
    const wasi = new host.WASI({ version: 'preview1', args: ['x', '3'] });
    assert.equal(wasi.start(new WebAssembly.Instance(module, wasi.getImportObject())), 3);
  }
});

ours('a Worker that ends leaves nothing', async (host) => {
  const { Worker } = require('node:worker_threads');
  const dir = folder(host);
  const before = descriptors().length;
  const code = `const { WASI } = require(${JSON.stringify(host.specifier)});
    const wasi = new WASI({ version: 'preview1', preopens: { '/': ${JSON.stringify(dir)} }, sockets: ['127.0.0.1:0'] });
    wasi.start({ exports: { memory: new WebAssembly.Memory({ initial: 1 }), _start() {} } });
    require('node:worker_threads').parentPort.postMessage('started');
    setInterval(() => {}, 1000);`;
  for (const terminate of [true, true, true]) {
    const worker = new Worker(code, { eval: true });
    await new Promise((resolve) => worker.once('message', resolve));
    assert.equal(pointing(dir), 1);
    if (terminate) await worker.terminate();
    assert.equal(pointing(dir), 0);
  }
  await new Promise((resolve) => setImmediate(resolve));
  assert.ok(descriptors().length <= before, 'no more than before');
});

ours('a call that waits long keeps no view of the memory for each time that it looks up', (host) => {
  const guest = host.guest();
  const inner = guest.wasi[Object.getOwnPropertySymbols(guest.wasi)[0]];
  const counts = [];
  inner.view = function () {
    const view = Object.getPrototypeOf(this).view.call(this);
    if (counts.length === 2 || counts.length === 14) counts.push(v8.queryObjects(Uint8Array, { format: 'count' }));
    else counts.push(0);
    return view;
  };
  const subscription = guest.alloc(48);
  guest.bytes().fill(0, subscription, subscription + 48);
  guest.view().setUint32(subscription + 16, 1, true);
  guest.view().setBigUint64(subscription + 24, 1_000_000_000n, true);
  // Looked at once, so that it is bound.
  const [events, count] = [guest.alloc(32), guest.alloc(4)];
  assert.equal(guest.call('poll_oneoff', subscription, events, 1, count), 'SUCCESS');
  assert.ok(counts.length > 14);
  assert.ok(counts[14] - counts[2] < 6, `${counts[14] - counts[2]} views`);
});
