'use strict';
// What a careless host hands over: getters that call, memories beyond 4 GiB, a signal's handler taken away.
const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { ERRNO } = require('../helpers/abi');
const { descriptors, ours } = require('../helpers/both');
const { child } = require('../helpers/child');

ours('a getter of the instance that binds another memory', (host) => {
  const wasi = new host.WASI({ version: 'preview1' });
  const [inner, outer] = [1, 1].map((initial) => new WebAssembly.Memory({ initial }));
  let calls = 0;
  const instance = {
    get exports() {
      if (calls++ === 0) wasi.finalizeBindings({ exports: { memory: inner } });
      wasi.wasiImport.random_get(0, 64);
      return {};
    },
  };
  assert.throws(() => wasi.finalizeBindings(instance, { memory: outer }), { code: 'ERR_WASI_ALREADY_STARTED' });
  assert.equal(wasi.wasiImport.random_get(1024, 64), 0);
  const touched = (memory) => new Uint8Array(memory.buffer).some((byte) => byte !== 0);
  assert.deepEqual([touched(inner), touched(outer)], [true, false]);
});

ours('options that throw late leave nothing open', (host) => {
  const before = descriptors().length;
  const options = { version: 'preview1', preopens: { '/': host.tmp() }, get returnOnExit() { throw new Error('late'); } };
  for (let i = 0; i < 10; i++) assert.throws(() => new host.WASI(options), { message: 'late' });
  assert.equal(descriptors().length, before);
});

ours('arguments whose coercion calls, closes or grows', (host) => {
  const guest = host.guest({ preopens: { '/': host.tmp() }, args: ['a', 'b'] });
  const { raw, memory, wasi } = guest;
  const during = (what, value) => ({ valueOf: () => (what(), value) });
  // A call within a call: each has its own arguments.
  assert.equal(raw.args_sizes_get(during(() => raw.random_get(512, 64), 256), during(() => raw.fd_tell(77, 512), 260)), 0);
  assert.deepEqual([guest.u32(256), guest.u32(260)], [2, 4]);
  // The memory grows, and moves for JavaScript, after some arguments were read.
  assert.equal(raw.args_sizes_get(65536, during(() => memory.grow(1), 65540)), 0);
  assert.deepEqual([guest.u32(65536), guest.u32(65540)], [2, 4]);
  assert.equal(raw.fd_prestat_get(3, during(() => wasi.close(), 256)), ERRNO.indexOf('BADF'));
  assert.throws(() => raw.fd_close({ valueOf() { throw new RangeError('no'); } }), { message: 'no' });
  assert.equal(raw.clock_time_get(0, 0n, 256), 0);
});

ours('a memory larger than the pointers of preview1', (host) => {
  const pages = 5n * 16384n;
  let memory;
  try {
    memory = new WebAssembly.Memory({ initial: pages, maximum: pages, address: 'i64' });
  } catch {
    // Node 20 and 22 do not know such memories; a small machine has no room for one.
    return;
  }
  const wasi = new host.WASI({ version: 'preview1', args: ['one', 'two'] });
  try {
    wasi.start({ exports: { memory, _start() {} } });
  } catch (error) {
    return assert.ok(error instanceof TypeError || error instanceof WebAssembly.LinkError, error.stack);
  }
  const { args_get, fd_write, poll_oneoff, random_get } = wasi.wasiImport;
  const calls = [
    () => args_get(0xfffffffc, 256),
    () => args_get(256, 0xfffffffc),
    () => fd_write(1, 0xfffffff8, 2, 1024),
    () => poll_oneoff(0, 0xffffffe0, 2, 1024),
    () => random_get(0xfffff000, 8 << 20),
  ];
  // What lies behind 4 GiB has no address; nothing panics.
  for (const call of calls) assert.equal(ERRNO[call()], 'OVERFLOW', `${call}`);
  assert.equal(random_get(0xfffffff0, 16), 0);
});

const limited = (host, prologue) => `
  ${prologue}
  const { WASI } = require(${JSON.stringify(host.specifier)});
  const { SIGNATURES } = require(${JSON.stringify(path.join(__dirname, '../helpers/abi'))});
  const memory = new WebAssembly.Memory({ initial: 1 });
  const wasi = new WASI({ version: 'preview1', preopens: { '/': process.argv[1] } });
  wasi.start({ exports: { memory, _start() {} } });
  const view = new DataView(memory.buffer);
  new Uint8Array(memory.buffer).set(Buffer.from('file'), 100);
  const call = wasi.wasiImport;
  const codes = [call.path_open(3, 0, 100, 4, 1, 0n, 0n, 0, 200)];
  const fd = view.getUint32(200, true);
  view.setUint32(0, 1024, true);
  view.setUint32(4, 1024, true);
  codes.push(call.fd_pwrite(fd, 0, 1, 2n ** 20n, 300), call.fd_filestat_set_size(fd, 2n ** 20n), call.fd_allocate(fd, 0n, 2n ** 20n));
  codes.push(call.fd_pwrite(fd, 0, 1, 0n, 300));
  console.log(codes.join());`;

for (const [title, prologue] of [
  ['', ''],
  [', also where the host once handled its signal', "const ignore = () => {}; new (require(process.env.SPECIFIER).WASI)({ version: 'preview1' }); process.on('SIGXFSZ', ignore); process.off('SIGXFSZ', ignore);"],
]) {
  ours(`writes past the file size limit answer FBIG, and the process lives${title}`, async (host) => {
    const code = limited(host, prologue);
    const { status, signal, stdout, stderr } = await child(code, { args: [host.tmp()], shell: 'ulimit -f 8; $NODE', env: { SPECIFIER: host.specifier } });
    assert.deepEqual({ status, signal, stdout }, { status: 0, signal: null, stdout: '0,22,22,22,0\n' }, stderr);
  });
}

ours('a guest in each of several Workers, where only Workers have loaded the addon', async (host) => {
  const code = `
    const { WASI } = require(process.env.SPECIFIER);
    const { parentPort, workerData } = require('node:worker_threads');
    const memory = new WebAssembly.Memory({ initial: 1 });
    const wasi = new WASI({ version: 'preview1', preopens: { '/': '/' } });
    wasi.start({ exports: { memory, _start() {} } });
    if (workerData === 0) process.exit(0);
    if (workerData === 1) throw new Error('on purpose');
    new DataView(memory.buffer).setBigUint64(24, 10n ** 15n, true);
    new DataView(memory.buffer).setUint32(16, 1, true);
    parentPort.postMessage('waits');
    wasi.wasiImport.poll_oneoff(0, 512, 1, 1024);`;
  const { status, signal, stdout, stderr } = await child(`
    const { Worker } = require('node:worker_threads');
    const open = () => require('node:fs').readdirSync('/proc/self/fd').length;
    const one = (workerData) => new Promise((resolve) => {
      const worker = new Worker(${JSON.stringify(code)}, { eval: true, workerData });
      worker.on('error', () => {}).on('exit', resolve).on('message', () => worker.terminate());
    });
    (async () => {
      await one(0);
      const before = open();
      for (let i = 0; i < 6; i++) await one(i % 3);
      await Promise.all([0, 1, 2, 0, 1, 2].map(one));
      console.log(open() - before);
    })();`, { env: { SPECIFIER: host.specifier } });
  assert.deepEqual({ status, signal, stdout }, { status: 0, signal: null, stdout: '0\n' }, stderr);
});

ours('calls at the end of the stack: a RangeError, not a crash', (host) => {
  const dir = host.tmp();
  fs.writeFileSync(path.join(dir, 'file'), '');
  const guest = host.guest({ preopens: { '/': dir } });
  const deep = () => {
    guest.raw.fd_readdir(3, 1024, 4096, 0n, 512);
    guest.raw.path_readlink(3, 100, 4, 1024, 4096, 512);
    deep();
  };
  assert.throws(deep, RangeError);
  assert.equal(guest.opened(3, 'file'), 4);
});
