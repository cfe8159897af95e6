'use strict';
// close() and Symbol.dispose.
const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { SIGNATURES } = require('./helpers/abi');
const { ours } = require('./helpers/both');

function started(host) {
  const dir = host.tmp();
  fs.writeFileSync(path.join(dir, 'file'), 'x');
  return host.guest({ preopens: { '/sandbox': dir }, sockets: ['127.0.0.1:0'] });
}

ours('after close() every descriptor is bad, and the rest works', (host) => {
  const guest = started(host);
  const fd = guest.opened(3, 'file');
  guest.wasi.close();
  for (const number of [0, 1, 2, 3, 4, fd]) {
    assert.equal(guest.fdstat(number).errno, 'BADF', `${number}`);
    assert.equal(guest.read(number, 1).errno, 'BADF', `${number}`);
  }
  assert.equal(guest.open(3, 'file').errno, 'BADF');
  assert.equal(guest.call('clock_res_get', 0, 256), 'SUCCESS');
  assert.equal(guest.call('random_get', 256, 16), 'SUCCESS');
});

ours('close() may be called often, at any time, and returns nothing', (host) => {
  const wasi = new host.WASI({ version: 'preview1' });
  assert.equal(wasi.close(), undefined);
  assert.equal(wasi.close(), undefined);
  assert.deepEqual(wasi.sockets, []);
  const guest = started(host);
  guest.wasi.close();
  guest.wasi.close();
});

ours('a guest that is closed while it runs', (host) => {
  const dir = host.tmp();
  const wasi = new host.WASI({ version: 'preview1', preopens: { '/': dir } });
  const memory = new WebAssembly.Memory({ initial: 1 });
  let code;
  wasi.start({ exports: { memory, _start() { wasi.close(); code = wasi.wasiImport.fd_close(3); } } });
  assert.equal(code, 8);
});

ours('a guest that is closed before it starts: start() works, its descriptors do not', (host) => {
  const wasi = new host.WASI({ version: 'preview1', preopens: { '/': host.tmp() } });
  wasi.close();
  let code;
  wasi.start({ exports: { memory: new WebAssembly.Memory({ initial: 1 }), _start() { code = wasi.wasiImport.fd_close(3); } } });
  assert.equal(code, 8);
});

ours('Symbol.dispose closes, where there is one', (host) => {
  const guest = started(host);
  if (Symbol.dispose === undefined) return assert.equal(process.version < 'v20.6', true);
  assert.equal(typeof host.WASI.prototype[Symbol.dispose], 'function');
  guest.wasi[Symbol.dispose]();
  assert.equal(guest.fdstat(3).errno, 'BADF');
});

ours('no function crashes after close()', (host) => {
  const guest = started(host);
  guest.wasi.close();
  for (const [name, signature] of Object.entries(SIGNATURES)) {
    if (name === 'proc_exit' || name === 'proc_raise') continue;
    const code = guest.raw[name](...[...signature].map((type) => (type === 'i' ? 512 : 0n)));
    assert.equal(typeof code, 'number', name);
  }
});
