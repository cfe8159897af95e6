'use strict';
// Numbers that a hostile guest makes up: an errno, or a clear error, within a bounded time and memory.
const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { ERRNO, OFLAGS, SIGNATURES } = require('./helpers/abi');
const { both, descriptors, ours } = require('./helpers/both');
const { PAGE } = require('./helpers/guest');
const { load } = require('./helpers/program');

function withFile(host, extra) {
  const dir = host.tmp();
  fs.writeFileSync(path.join(dir, 'file'), '0123456789');
  return { dir, guest: host.guest({ preopens: { '/sandbox': dir } }, extra) };
}

function quickly(fn, limit = 2000) {
  const start = Date.now();
  const result = fn();
  assert.ok(Date.now() - start < limit, `${Date.now() - start} ms`);
  return result;
}

ours('iovec lists whose size wraps 32 bits', (host) => {
  const { guest } = withFile(host);
  const fd = guest.opened(3, 'file', { write: true });
  for (const count of [0x20000000, 0x20000001, 0x40000000, 0x80000000, 0xffffffff, 8193]) {
    for (const iovs of [0, 8, 512, PAGE - 8]) {
      assert.equal(quickly(() => guest.call('fd_read', fd, iovs, count, 256)), 'OVERFLOW', `${count}`);
      assert.equal(quickly(() => guest.call('fd_write', fd, iovs, count, 256)), 'OVERFLOW', `${count}`);
      assert.equal(quickly(() => guest.call('fd_pread', fd, iovs, count, 0n, 256)), 'OVERFLOW', `${count}`);
      assert.equal(quickly(() => guest.call('fd_pwrite', fd, iovs, count, 0n, 256)), 'OVERFLOW', `${count}`);
    }
  }
});

ours('iovecs whose lengths add up to more than 32 bits', (host) => {
  const { guest } = withFile(host, { pages: 2 });
  const fd = guest.opened(3, 'file', { write: true });
  // 1024 times the same 100 KB: 100 MB in all, out of a file of 10 bytes.
  const list = guest.iovecs(...new Array(1024).fill([16384, 100000]));
  assert.equal(quickly(() => guest.call('fd_pread', fd, ...list, 0n, 256)), 'SUCCESS');
  assert.equal(guest.u32(256), 10);
});

ours('a long list over the same bytes: as much is written as the result says', (host) => {
  const { guest, dir } = withFile(host, { pages: 20 });
  const fd = guest.opened(3, 'file', { write: true });
  guest.reset();
  const list = guest.iovecs(...new Array(64).fill([65536, PAGE]));
  assert.equal(guest.raw.fd_write(fd, ...list, 256), 0);
  const written = guest.u32(256);
  assert.ok(written > 0 && written <= 64 * PAGE);
  assert.equal(fs.statSync(path.join(dir, 'file')).size, written);
});

ours('subscription counts that wrap 32 bits', (host) => {
  const guest = host.guest();
  for (const count of [0x05555556, 0x08000000, 0x10000000, 0x80000000, 0xffffffff, 2048]) {
    for (const into of [0, 512, PAGE - 48]) assert.equal(quickly(() => guest.call('poll_oneoff', into, 512, count, 256)), 'OVERFLOW', `${count}`);
  }
});

both('paths of a megabyte', (host) => {
  const { guest } = withFile(host, { pages: 64 });
  for (const text of ['x'.repeat(2 ** 20), 'x/'.repeat(2 ** 19), '/'.repeat(2 ** 20)]) {
    const errnos = text[0] === '/' ? ['NOTCAPABLE', 'NAMETOOLONG'] : ['NAMETOOLONG', 'NOENT'];
    for (const errno of [guest.open(3, text).errno, guest.mkdir(3, text), guest.pathStat(3, text).errno, guest.unlink(3, text), guest.rename(3, 'file', 3, text), guest.symlink('file', 3, text)]) {
      assert.ok(errnos.includes(errno), errno);
    }
  }
});

ours('path lengths of all there is', (host) => {
  const { guest } = withFile(host, { pages: 1024 });
  for (const length of [0xffffffff, 0x80000000, 1024 * PAGE, 1024 * PAGE + 1]) {
    const errno = quickly(() => ERRNO[guest.raw.path_create_directory(3, 0, length)], 1000);
    assert.ok(['OVERFLOW', 'NAMETOOLONG'].includes(errno), errno);
  }
  const target = guest.raw.path_symlink(0, 1024 * PAGE, 3, 0, 1024 * PAGE);
  assert.ok(['NAMETOOLONG', 'OVERFLOW', 'INVAL'].includes(ERRNO[target]), ERRNO[target]);
});

ours('random_get of 4 GiB', (host) => {
  const guest = host.guest();
  for (const [at, length] of [[0, 0xffffffff], [1, 0xffffffff], [0xffffffff, 1], [PAGE - 1, 0xffffffff], [0, PAGE + 1]]) {
    assert.equal(quickly(() => guest.call('random_get', at, length), 500), 'OVERFLOW');
  }
});

ours('offsets at the far end', (host) => {
  const { guest, dir } = withFile(host);
  const fd = guest.opened(3, 'file', { write: true });
  const far = 2n ** 63n - 1n;
  for (const [offset, whence] of [[far, 0], [far, 1], [far, 2], [-(2n ** 63n), 0], [-(2n ** 63n), 1], [-(2n ** 63n), 2], [2n ** 63n, 0], [2n ** 64n - 1n, 0]]) {
    guest.seek(fd, offset, whence);
    assert.ok(['SUCCESS', 'INVAL', 'OVERFLOW', 'FBIG'].includes(guest.write(fd, '').errno));
    const { errno } = guest.tell(fd);
    assert.equal(errno, 'SUCCESS');
  }
  assert.equal(guest.seek(fd, far, 0).errno, 'SUCCESS');
  assert.equal(guest.seek(fd, 1, 1).errno, 'INVAL');
  assert.notEqual(guest.write(fd, 'xy').errno, 'SUCCESS');
  assert.equal(guest.read(fd, 10).data, '');
  assert.equal(fs.statSync(path.join(dir, 'file')).size, 10);
});

ours('a hundred thousand opens, closed again', (host) => {
  const { guest } = withFile(host);
  const before = descriptors().length;
  const [pointer, length] = guest.put('file');
  const out = guest.alloc(4);
  quickly(() => {
    for (let i = 0; i < 100000; i++) {
      if (guest.raw.path_open(3, 1, pointer, length, 0, 2n, 0n, 0, out) !== 0) assert.fail('path_open');
      if (guest.u32(out) !== 4) assert.fail('another descriptor');
      if (guest.raw.fd_close(4) !== 0) assert.fail('fd_close');
    }
  }, 20000);
  assert.equal(descriptors().length, before);
});

ours('a hundred thousand opens, none closed', (host) => {
  const { guest } = withFile(host);
  const before = descriptors().length;
  const [pointer, length] = guest.put('file');
  const out = guest.alloc(4);
  let refused = 0;
  quickly(() => {
    for (let i = 0; i < 100000; i++) refused += guest.raw.path_open(3, 1, pointer, length, 0, 2n, 0n, 0, out) === ERRNO.indexOf('MFILE') ? 1 : 0;
  }, 20000);
  assert.equal(refused, 100000 - 1020);
  assert.equal(descriptors().length - before, 1020);
  guest.wasi.close();
  assert.equal(descriptors().length < before, true);
});

both('a module without a memory', { since: 24 }, (host) => {
  const module = new WebAssembly.Module(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0, 7, 10, 1, 6, 95, 115, 116, 97, 114, 116, 0, 0, 10, 4, 1, 2, 0, 11]));
  const wasi = new host.WASI({ version: 'preview1' });
  assert.throws(() => wasi.start(new WebAssembly.Instance(module)), { code: 'ERR_INVALID_ARG_TYPE', message: '"instance.exports.memory" property must be a WebAssembly.Memory object' });
});

ours('a memory with 64-bit addresses', (host) => {
  // Node 20 and 22 do not know such modules.
  let module;
  try {
    module = load('memory64');
  } catch (error) {
    assert.ok(error instanceof WebAssembly.CompileError);
    return;
  }
  const wasi = new host.WASI({ version: 'preview1' });
  const instance = new WebAssembly.Instance(module);
  try {
    assert.equal(wasi.start(instance), 0);
  } catch (error) {
    assert.match(error.message, /64|WebAssembly\.Memory/);
    assert.ok(error.code?.startsWith('ERR_') || error instanceof TypeError, `${error.stack}`);
  }
});

// Arguments that functions do not like, in every position of every function. The scripted guest compares all of
// memory after each call, so a byte written in a wrong place is found.
ours('every function with numbers from hell', (host) => {
  const dir = host.tmp();
  fs.writeFileSync(path.join(dir, 'file'), 'x'.repeat(1000));
  fs.mkdirSync(path.join(dir, 'sub'));
  const null_ = fs.openSync('/dev/null', 'r+');
  host.t.after(() => fs.closeSync(null_));
  const guest = host.guest({ preopens: { '/sandbox': { path: dir, readOnly: true } }, stdin: null_, stdout: null_, stderr: null_, args: ['a'], env: { B: 'c' } });
  const file = guest.opened(3, 'file', { base: 0n, inheriting: 0n });
  const sub = guest.opened(3, 'sub', { base: 0n, inheriting: 0n, oflags: OFLAGS.DIRECTORY });
  assert.deepEqual([file, sub], [4, 5]);
  let seed = 20240607;
  const random = (below) => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return seed % below;
  };
  const numbers = [0, 1, 2, 3, 4, 5, 6, 7, 8, 16, 255, 256, 512, 1000, PAGE - 64, PAGE - 8, PAGE - 4, PAGE - 1, PAGE, PAGE + 1, 0x7fffffff, 0x80000000, 0xfffffff8, 0xffffffff];
  const longs = [0n, 1n, 2n, 10n, 1000n, 2n ** 31n, 2n ** 32n, 2n ** 62n, 2n ** 63n - 1n, 2n ** 63n, 2n ** 64n - 1n];
  const names = Object.keys(SIGNATURES).filter((name) => !['proc_exit', 'proc_raise'].includes(name));
  const start = Date.now();
  for (let round = 0; round < 30000; round++) {
    const name = names[random(names.length)];
    const args = [...SIGNATURES[name]].map((type, position) => {
      // Descriptors that exist, mostly, so that more than the first check is reached; but no descriptor is lost.
      if (position === 0 && /^(fd|path|sock)_/.test(name) && random(4)) return random(6);
      return type === 'i' ? numbers[random(numbers.length)] : longs[random(longs.length)];
    });
    if (name === 'fd_close' || name === 'fd_renumber') args.fill(100 + random(1000));
    if (name === 'fd_fdstat_set_rights') args[0] = random(3);
    guest.bytes().fill(0x3f);
    guest.call(name, ...args);
  }
  assert.ok(Date.now() - start < 20000);
  assert.equal(guest.pread(4, 10, 0).errno, 'SUCCESS');
});

ours('lengths that a guest makes up cost no memory', (host) => {
  const { guest } = withFile(host, { pages: 2048 });
  const fd = guest.opened(3, 'file');
  const before = process.memoryUsage.rss();
  const list = guest.iovecs([65536, 2 ** 27 - 65536]);
  for (let i = 0; i < 20; i++) {
    assert.equal(guest.raw.fd_pread(fd, ...list, 0n, 256), 0);
    assert.equal(guest.raw.fd_readdir(3, 65536, 2 ** 27 - 65536, 0n, 256), 0);
    assert.equal(guest.raw.path_readlink(3, ...guest.reset().put('file'), 65536, 2 ** 27 - 65536, 256), 28);
  }
  const grown = process.memoryUsage.rss() - before;
  assert.ok(grown < 64 * 2 ** 20, `${grown} bytes`);
});
