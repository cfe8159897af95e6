'use strict';
// Filesystems written in JavaScript that fail, lie, or come back to the guest.
const assert = require('node:assert/strict');
const path = require('node:path');
const v8 = require('node:v8');
const vm = require('node:vm');
const { Volume } = require('memfs');
const { OFLAGS } = require('./helpers/abi');
const { ours } = require('./helpers/both');
const { child } = require('./helpers/child');
const { load } = require('./helpers/program');

v8.setFlagsFromString('--expose-gc');
const gc = vm.runInNewContext('gc');

// A filesystem in memory, some of whose methods are others.
function faulty(methods, files = { '/file': '0123456789', '/dir/inner': '' }) {
  const vol = Volume.fromJSON(files);
  return Object.assign(Object.create(vol), methods, { vol });
}

const coded = (properties) => Object.assign(new Error('of the provider'), properties);

ours('an error with a code is the guest\'s', (host) => {
  const cases = [
    [{ code: 'ENOENT' }, 'NOENT'], [{ code: 'EACCES' }, 'ACCES'], [{ code: 'EDQUOT' }, 'DQUOT'], [{ code: 'EIO' }, 'IO'], [{ code: 'EAGAIN' }, 'AGAIN'],
    [{ code: 'EOPNOTSUPP' }, 'NOTSUP'], [{ code: 'ERR_METHOD_NOT_IMPLEMENTED' }, 'NOSYS'], [{ code: 'ERR_ACCESS_DENIED' }, 'ACCES'],
    [{ code: 'UNKNOWN' }, 'IO'], [{ errno: -2 }, 'NOENT'], [{ errno: 13 }, 'ACCES'], [{ errno: -2, code: 'EPERM' }, 'PERM'],
  ];
  for (const [properties, errno] of cases) {
    const error = coded(properties);
    let fails = false;
    const guest = host.guest({ preopens: { '/': faulty({ lstatSync(...args) { if (fails) throw error; return this.vol.lstatSync(...args); } }) } });
    fails = true;
    assert.equal(guest.pathStat(3, 'file').errno, errno);
    assert.equal(guest.open(3, 'file').errno, errno);
  }
});

ours('EAGAIN of a listing is no reason to ask for ever', (host) => {
  const guest = host.guest({ preopens: { '/': faulty({ readdirSync() { throw coded({ code: 'EAGAIN' }); } }) } });
  assert.equal(guest.readdir(3).errno, 'IO');
});

ours('any other error ends the guest, and is the one that start() throws', (host) => {
  const errors = [new Error('plain'), new TypeError('x is not a function'), coded({ code: 'ERR_INVALID_ARG_TYPE' }), coded({ errno: 1e9 }), 'a string', undefined, Symbol('s'), { code: 5 }];
  const calls = {
    lstatSync: (guest) => guest.pathStat(3, 'file'),
    openSync: (guest) => guest.open(3, 'file'),
    readdirSync: (guest) => guest.readdir(3),
    mkdirSync: (guest) => guest.mkdir(3, 'new'),
    readSync: (guest, fd) => guest.read(fd),
    writeSync: (guest, fd) => guest.write(fd, 'x'),
    fstatSync: (guest, fd) => guest.stat(fd),
    closeSync: (guest, fd) => guest.close(fd),
  };
  for (const error of errors) {
    for (const [method, call] of Object.entries(calls)) {
      let fails = false;
      const provider = faulty({ [method](...args) { if (fails) throw error; return this.vol[method](...args); } });
      const guest = host.guest({ preopens: { '/': provider } });
      const fd = guest.opened(3, 'file', { write: true });
      fails = true;
      let thrown = 'nothing';
      try {
        call(guest, fd);
      } catch (caught) {
        thrown = caught;
      }
      assert.equal(thrown, error, method);
      fails = false;
      // What is broken is the call, not the guest's memory or the provider: the host may go on.
      assert.equal(guest.pathStat(3, 'file').errno, 'SUCCESS');
    }
  }
});

ours('a program whose filesystem breaks', (host) => {
  const error = new Error('broken');
  const provider = faulty({ openSync() { throw error; } }, { '/': null });
  const wasi = new host.WASI({ version: 'preview1', args: ['file_io'], preopens: { '/sandbox': provider } });
  assert.throws(() => wasi.start(new WebAssembly.Instance(load('file_io'), wasi.getImportObject())), (thrown) => thrown === error);
  wasi.close();
});

ours('a Promise is refused by name, and its rejection makes no noise', (host) => {
  for (const method of ['lstatSync', 'openSync', 'readdirSync', 'readSync', 'closeSync']) {
    let fails = false;
    const provider = faulty({ [method](...args) { return fails ? Promise.reject(new Error('late')) : this.vol[method](...args); } });
    const guest = host.guest({ preopens: { '/': provider } });
    const fd = guest.opened(3, 'file');
    fails = true;
    const call = () => (method === 'readSync' ? guest.read(fd) : method === 'closeSync' ? guest.close(fd) : method === 'readdirSync' ? guest.readdir(3) : guest.open(3, 'file'));
    assert.throws(call, (error) => error instanceof TypeError && error.message.includes(`${method}() returned a Promise`));
    fails = false;
  }
  assert.throws(() => host.guest({ preopens: { '/': faulty({ lstatSync: async () => ({}) }) } }), /lstatSync\(\) returned a Promise/);
});

ours('nonsense answers IO', (host) => {
  const numbers = [NaN, -1, 1.5, Infinity, 2 ** 80, '5', null, undefined, {}, true, -1n];
  const file = { isFile: () => true, size: 1 };
  const cases = {
    readSync: [[...numbers, 4097, 4097n], (guest, fd) => guest.read(fd).errno],
    writeSync: [[...numbers, 0, 2], (guest, fd) => guest.write(fd, 'x').errno],
    openSync: [[...numbers.filter((value) => typeof value !== 'bigint'), -1n, [], { closeSync() {} }], (guest) => guest.open(3, 'file').errno],
    readdirSync: [[...numbers, 'abc', [1], [null], [undefined], [{}], [['a']], [''], ['.'], ['..'], ['a/b'], ['/'], ['a\0'], ['a', { name: '..' }], [Buffer.from('a')], ['x'.repeat(5000)], { length: 1, 0: 'a' }],
      (guest) => guest.readdir(3).errno],
    readlinkSync: [[...numbers.filter((value) => typeof value !== 'string'), Buffer.from('x'), 'a\0b'], (guest) => guest.readlink(3, 'link').errno],
    lstatSync: [[...numbers.filter((value) => value !== undefined), {}, { size: 1 }, { isFile: () => true }, { isFile: () => 1, size: 1 }, { ...file, size: -1 }, { ...file, size: NaN }, { ...file, size: 2 ** 63 },
      { ...file, size: 'x' }, { ...file, size: 1n << 63n }, { ...file, ino: -1 }, { ...file, ino: 1.5 }, { ...file, nlink: NaN }, { ...file, mtimeMs: NaN }, { ...file, mtimeMs: Infinity }, { ...file, mtimeMs: 1e300 },
      { ...file, atimeMs: 'x' }, { ...file, mtime: new Date(NaN) }, { ...file, mtimeNs: 1n << 64n }, { ...file, mode: {} }, { mode: 0o007000, size: 1 }], (guest) => guest.pathStat(3, 'file').errno],
    fstatSync: [[null, {}, { isFile: () => true, size: -5 }], (guest, fd) => guest.stat(fd).errno],
  };
  for (const [method, [values, call]] of Object.entries(cases)) {
    for (const value of values) {
      let fails = false;
      const provider = faulty({ [method](...args) { return fails ? value : this.vol[method](...args); } });
      provider.vol.symlinkSync('file', '/link');
      const guest = host.guest({ preopens: { '/': provider } });
      const fd = guest.opened(3, 'file', { write: true });
      fails = true;
      assert.equal(call(guest, fd), 'IO', `${method}: ${typeof value === 'object' ? JSON.stringify(value, (_, v) => (typeof v === 'bigint' ? `${v}n` : v)) : String(value)}`);
      fails = false;
    }
  }
});

ours('odd, but no nonsense', (host) => {
  const stats = { isFile: () => true, size: 1, mtimeMs: -5, atimeMs: 1.5, ctimeNs: -3n, ino: 2 ** 60 };
  let odd = false;
  const provider = faulty({ lstatSync(...args) { return odd ? stats : this.vol.lstatSync(...args); }, readSync: () => 3n });
  const guest = host.guest({ preopens: { '/': provider } });
  const fd = guest.opened(3, 'file');
  assert.equal(guest.read(fd, 10).data, '\0\0\0', 'what was not filled is not what lay there before');
  odd = true;
  const { mtim, atim, ctim, ino } = guest.pathStat(3, 'file');
  assert.deepEqual([mtim, atim, ctim, ino], [0n, 1_500_000n, 0n, 2n ** 60n]);
});

ours('a root that is none', (host) => {
  const fails = (lstatSync, expected) => assert.throws(() => host.guest({ preopens: { '/here': faulty({ lstatSync }) } }), expected);
  fails(() => { throw coded({ code: 'ENOENT' }); }, { code: 'UVWASI_ENOENT', path: '/here' });
  fails(() => ({ isFile: () => true, size: 1 }), { code: 'UVWASI_ENOTDIR', path: '/here' });
  fails(() => 5, { code: 'UVWASI_EIO', path: '/here' });
  fails(() => { throw new RangeError('mine'); }, { name: 'RangeError', message: 'mine' });
});

ours('bytes taken away, kept, or changed later', (host) => {
  let kept;
  const take = typeof ArrayBuffer.prototype.transfer === 'function';
  const provider = faulty({
    readSync(fd, buffer, ...rest) {
      const read = this.vol.readSync(fd, buffer, ...rest);
      if (take) structuredClone(buffer.buffer, { transfer: [buffer.buffer] });
      kept = buffer;
      return read;
    },
    writeSync(fd, buffer, ...rest) {
      const written = this.vol.writeSync(fd, buffer, ...rest);
      structuredClone(buffer.buffer, { transfer: [buffer.buffer] });
      return written;
    },
  });
  const guest = host.guest({ preopens: { '/': provider } });
  const fd = guest.opened(3, 'file', { write: true });
  assert.equal(guest.read(fd).errno, take ? 'IO' : 'SUCCESS');
  assert.ok(kept);
  assert.equal(guest.write(fd, 'bytes').written, 5);
});

ours('a provider that comes back to the guest', (host) => {
  const guests = {};
  const seen = [];
  const calls = (guest, fd) => ({
    again: () => guest.raw.fd_read(fd, 16, 0, 32),
    seek: () => guest.raw.fd_seek(fd, 0n, 0, 64),
    stat: () => guest.raw.fd_filestat_get(fd, 1024),
    close: () => guest.raw.fd_close(fd),
    renumber: () => guest.raw.fd_renumber(fd, 4),
    list: () => guest.raw.fd_readdir(3, 2048, 512, 0n, 32),
    grow: () => guest.memory.grow(3),
    end: () => guest.wasi.close(),
  });
  for (const method of ['readSync', 'writeSync', 'lstatSync', 'fstatSync', 'readdirSync', 'openSync', 'closeSync']) {
    for (const deed of Object.keys(calls())) {
      let depth = 1;
      const provider = faulty({
        [method](...args) {
          if (guests.now && depth-- > 0) seen.push(calls(guests.now, guests.fd)[deed]());
          return this.vol[method](...args);
        },
      });
      guests.now = undefined;
      const guest = host.guest({ preopens: { '/': provider } });
      const fd = guest.opened(3, 'file', { write: true });
      guest.opened(3, 'file');
      Object.assign(guests, { now: guest, fd });
      // Only that it answers, and crashes nothing: what a call came back to may be gone. The checked calls would see the
      // inner one's writes.
      const [path, length] = guest.put('file');
      guest.view().setUint32(16, 4096, true);
      guest.view().setUint32(20, 10, true);
      for (const answer of [
        guest.raw.fd_read(fd, 16, 1, 32), guest.raw.fd_write(fd, 16, 1, 32), guest.raw.path_filestat_get(3, 1, path, length, 1024),
        guest.raw.fd_filestat_get(fd, 1024), guest.raw.fd_readdir(3, 2048, 512, 0n, 32), guest.raw.path_open(3, 0, path, length, 0, 0n, 0n, 0, 64),
        guest.raw.fd_close(fd),
      ]) assert.ok(answer >= 0 && answer <= 76);
      guests.now = undefined;
    }
  }
  assert.ok(seen.length > 40);
});

ours('a read during which the memory grows arrives', (host) => {
  let grow = false;
  const provider = faulty({ readSync(...args) { if (grow) guest.memory.grow(100); return this.vol.readSync(...args); } });
  const guest = host.guest({ preopens: { '/': provider } });
  const fd = guest.opened(3, 'file');
  guest.reset();
  const [iovs, count] = guest.iovecs([4096, 10]);
  grow = true;
  assert.equal(guest.raw.fd_read(fd, iovs, count, 64), 0);
  assert.equal(guest.text(4096, 10), '0123456789');
});

ours('a provider that ends the guest', (host) => {
  const provider = faulty({ openSync() { wasi.wasiImport.proc_exit(42); } }, { '/': null });
  const wasi = new host.WASI({ version: 'preview1', args: ['file_io'], preopens: { '/sandbox': provider } });
  assert.equal(wasi.start(new WebAssembly.Instance(load('file_io'), wasi.getImportObject())), 42);
});

ours('everything is closed: by close(), by exit, also where one fails', (host) => {
  const open = new Set();
  let failing = 0;
  const provider = faulty({
    openSync(...args) { const fd = this.vol.openSync(...args); open.add(fd); return fd; },
    closeSync(fd) { open.delete(fd); this.vol.closeSync(fd); if (failing-- > 0) throw new Error(`number ${failing}`); },
  });
  const guest = host.guest({ preopens: { '/': provider } });
  for (let i = 0; i < 5; i++) guest.opened(3, 'file');
  assert.equal(open.size, 5);
  guest.close(4);
  assert.equal(open.size, 4);
  failing = 2;
  assert.throws(() => guest.wasi.close(), /number 1/);
  assert.equal(open.size, 0);
  guest.wasi.close();
});

ours('a create that cannot be cut or numbered leaves nothing open', (host) => {
  let open = 0;
  const provider = faulty({
    openSync(...args) { open++; return this.vol.openSync(...args); },
    closeSync(fd) { open--; this.vol.closeSync(fd); },
    ftruncateSync() { throw coded({ code: 'ENOSPC' }); },
  });
  const guest = host.guest({ preopens: { '/': provider } });
  assert.equal(guest.open(3, 'file', { oflags: OFLAGS.TRUNC, write: true }).errno, 'NOSPC');
  assert.equal(open, 0);
});

async function collect() {
  for (let i = 0; i < 6; i++) {
    gc();
    await new Promise((resolve) => setImmediate(resolve));
  }
}

ours('what a collected guest left open is closed, and the guest is collected, also where the provider refers to it', async (host) => {
  const open = new Set();
  const vol = Volume.fromJSON({ '/file': 'x' });
  const shared = Object.assign(Object.create(vol), {
    openSync(...args) { const fd = vol.openSync(...args); open.add(fd); return fd; },
    closeSync(fd) { open.delete(fd); vol.closeSync(fd); throw new Error('nobody is there to see this'); },
  });
  const gone = [];
  const make = (provider) => {
    for (let i = 0; i < 20; i++) {
      const own = provider ?? faulty({ lstatSync(...args) { void own.wasi; return this.vol.lstatSync(...args); } });
      const wasi = new host.WASI({ version: 'preview1', preopens: { '/': own } });
      const memory = new WebAssembly.Memory({ initial: 1 });
      wasi.start({ exports: { memory, _start() {} } });
      new Uint8Array(memory.buffer).set(Buffer.from('file'), 0);
      assert.equal(wasi.wasiImport.path_open(3, 0, 0, 4, 0, 0n, 0n, 0, 64), 0);
      if (provider === undefined) {
        own.wasi = wasi;
        gone.push(new WeakRef(own));
      }
      gone.push(new WeakRef(wasi));
    }
  };
  make(shared);
  make();
  assert.equal(open.size, 20);
  await collect();
  await collect();
  assert.equal(gone.filter((ref) => ref.deref() !== undefined).length, 0);
  assert.equal(open.size, 0);
});

ours('a guest keeps its filesystem alive', async (host) => {
  const guest = (() => host.guest({ preopens: { '/': Volume.fromJSON({ '/file': 'alive' }) } }))();
  await collect();
  assert.equal(guest.read(guest.opened(3, 'file')).data, 'alive');
});

ours('the end of a process and of a Worker, with everything open', async (host) => {
  const code = `
    const { WASI } = require(${JSON.stringify(host.specifier)});
    const { Volume } = require(${JSON.stringify(require.resolve('memfs'))});
    const { Worker, isMainThread, parentPort } = require('node:worker_threads');
    const vol = Volume.fromJSON({ '/file': 'x' });
    const close = vol.closeSync;
    vol.closeSync = function (fd) { console.log('closed at the end'); return close.call(this, fd); };
    const wasi = new WASI({ version: 'preview1', preopens: { '/': vol } });
    const memory = new WebAssembly.Memory({ initial: 1 });
    wasi.start({ exports: { memory, _start() {} } });
    new Uint8Array(memory.buffer).set(Buffer.from('file'), 0);
    console.log(wasi.wasiImport.path_open(3, 0, 0, 4, 0, 0n, 0n, 0, 64));
    if (isMainThread) new Worker(__filename).on('exit', (code) => { console.log('worker', code); globalThis.wasi = wasi; });
    else if (process.argv[2] !== 'stay') process.exit(5);`;
  const file = path.join(host.tmp(), 'main.js');
  require('node:fs').writeFileSync(file, code);
  const { status, stdout, stderr } = await child(file, { file: true });
  assert.deepEqual([status, stdout, stderr], [0, '0\n0\nworker 5\n', '']);
});

ours('terminating a Worker inside a provider\'s method', async (host) => {
  const { Worker } = require('node:worker_threads');
  const code = `
    const { WASI } = require(${JSON.stringify(host.specifier)});
    const { Volume } = require(${JSON.stringify(require.resolve('memfs'))});
    const vol = Volume.fromJSON({ '/file': 'x' });
    const wasi = new WASI({ version: 'preview1', preopens: { '/': vol } });
    const memory = new WebAssembly.Memory({ initial: 1 });
    wasi.start({ exports: { memory, _start() {} } });
    new Uint8Array(memory.buffer).set(Buffer.from('file'), 0);
    wasi.wasiImport.path_open(3, 0, 0, 4, 0, 0n, 0n, 0, 64);
    vol.lstatSync = () => { require('node:worker_threads').parentPort.postMessage('in'); for (;;); };
    wasi.wasiImport.path_open(3, 0, 0, 4, 0, 0n, 0n, 0, 64);`;
  for (let i = 0; i < 3; i++) {
    const worker = new Worker(code, { eval: true });
    await new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject));
    assert.equal(await worker.terminate(), 1);
  }
});
