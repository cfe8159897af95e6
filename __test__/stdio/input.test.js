'use strict';
// Standard input that is no descriptor: text, bytes, functions, nothing.
const assert = require('node:assert/strict');
const crypto = require('node:crypto');
const { Blob } = require('node:buffer');
const EventEmitter = require('node:events');
const fs = require('node:fs');
const { PassThrough, Readable } = require('node:stream');
const { FILETYPE } = require('../helpers/abi');
const { ours } = require('../helpers/both');
const { load } = require('../helpers/program');

const EVERY = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));

// All that a guest reads, in pieces of `length`; answers the bytes.
function readAll(guest, length = 1000) {
  const parts = [];
  for (;;) {
    const part = readBytes(guest, length);
    if (part.length === 0) return Buffer.concat(parts);
    parts.push(part);
  }
}

function readBytes(guest, length) {
  guest.reset();
  const [buffer, out] = [guest.alloc(length), guest.alloc(4)];
  const [iovs, count] = guest.iovecs([buffer, length]);
  assert.equal(guest.call('fd_read', 0, iovs, count, out), 'SUCCESS');
  return Buffer.from(guest.bytes().subarray(buffer, buffer + guest.u32(out)));
}

ours('a string is read as UTF-8', (host) => {
  assert.equal(host.guest({ stdin: 'grün €😀' }).read(0).data, 'grün €😀');
  assert.deepEqual(readAll(host.guest({ stdin: 'a\ud800b' })), Buffer.from('a\ufffdb'));
  assert.deepEqual(readAll(host.guest({ stdin: '\ufeffx\0y' })), Buffer.from('\ufeffx\0y'));
  assert.equal(host.guest({ stdin: '' }).read(0).data, '');
});

ours('bytes are read exactly, from any view and any buffer', (host) => {
  const shared = new SharedArrayBuffer(256);
  new Uint8Array(shared).set(EVERY);
  const inside = Buffer.concat([Buffer.from('before'), EVERY, Buffer.from('after')]).subarray(6, 262);
  const kinds = [EVERY, inside, new Uint8Array(EVERY), new Uint8Array(EVERY).buffer, shared, new Uint8Array(shared), new DataView(shared),
    new Float64Array(new Uint8Array(EVERY).buffer), require('node:vm').runInNewContext('Uint8Array.from({ length: 256 }, (_, i) => i)')];
  for (const stdin of kinds) assert.deepEqual(readAll(host.guest({ stdin })), EVERY);
});

ours('random bytes, in pieces of any size', (host) => {
  const bytes = crypto.randomBytes(50_000);
  for (const size of [1, 7, 4096, 60_000]) assert.deepEqual(readAll(host.guest({ stdin: size === 1 ? bytes.subarray(0, 500) : bytes }), size), size === 1 ? bytes.subarray(0, 500) : bytes);
});

ours('bytes are copied by the constructor', (host) => {
  const bytes = Buffer.from('as it was');
  const guest = host.guest({ stdin: bytes });
  bytes.fill('!');
  assert.equal(guest.read(0).data, 'as it was');
});

ours("'ignore' is at its end at once, 'inherit' is 0", (host) => {
  const guest = host.guest({ stdin: 'ignore' });
  for (let i = 0; i < 3; i++) assert.deepEqual(guest.read(0), { errno: 'SUCCESS', data: '' });
  assert.equal(host.guest({ stdin: 'inherit' }).fdstat(0).type, host.guest({ stdin: 0 }).fdstat(0).type);
});

ours('a function is asked when the guest reads, and no more after the end', (host) => {
  const chunks = ['one', Buffer.from('two'), new Uint8Array([0, 255]), new Uint16Array([0x4241]), null, 'never'];
  let asked = 0;
  const guest = host.guest({ stdin: () => chunks[asked++] });
  assert.equal(asked, 0);
  assert.equal(guest.read(0).data, 'one');
  assert.equal(asked, 1);
  assert.equal(guest.read(0).data, 'two');
  assert.deepEqual(readBytes(guest, 10), Buffer.from([0, 255]));
  assert.equal(guest.read(0).data, 'AB');
  for (let i = 0; i < 3; i++) assert.equal(guest.read(0).data, '');
  assert.equal(asked, 5);
});

ours('undefined is an end as null is', (host) => {
  let asked = 0;
  const guest = host.guest({ stdin() { asked++; } });
  assert.equal(guest.read(0).data, '');
  assert.equal(guest.read(0).data, '');
  assert.equal(asked, 1);
});

ours('a chunk that is larger than the guest\'s buffer is kept for the next read, as it was', (host) => {
  const bytes = crypto.randomBytes(300_000);
  const given = [Buffer.from(bytes), null];
  const first = given[0];
  const guest = host.guest({ stdin: () => given.shift() });
  assert.deepEqual(readBytes(guest, 1000), bytes.subarray(0, 1000));
  first.fill(0);
  assert.deepEqual(readAll(guest, 50_000), bytes.subarray(1000));
});

ours('an empty chunk is no end', (host) => {
  const chunks = ['', new Uint8Array(), 'text', '', null];
  const guest = host.guest({ stdin: () => chunks.shift() });
  assert.equal(guest.read(0).data, 'text');
  assert.equal(guest.read(0).data, '');
});

ours('a function that returns nothing but empty chunks ends the guest, not the patience of the host', (host) => {
  const guest = host.guest({ stdin: () => '' });
  assert.throws(() => guest.read(0), { code: 'ERR_INVALID_RETURN_VALUE', message: /1000 empty chunks in a row/ });
});

ours('what a function may not return is an error', (host) => {
  for (const [value, about] of [[5, /number/], [{}, /Object/], [Promise.resolve('x'), /Promise.* promise/], [[1, 2], /Array/], [true, /boolean/]]) {
    const guest = host.guest({ stdin: () => value });
    assert.throws(() => guest.read(0), (error) => {
      assert.deepEqual([error.name, error.code], ['TypeError', 'ERR_INVALID_RETURN_VALUE']);
      assert.match(error.message, /"options\.stdin" function/);
      assert.match(error.message, about);
      return true;
    });
  }
});

ours('a read of nothing asks nobody', (host) => {
  let asked = 0;
  const guest = host.guest({ stdin() { asked++; return 'x'; } });
  const [iovs] = guest.iovecs([0, 0]);
  const out = guest.alloc(4);
  assert.equal(guest.call('fd_read', 0, iovs, 1, out), 'SUCCESS');
  assert.equal(guest.call('fd_read', 0, iovs, 0, out), 'SUCCESS');
  assert.equal(asked, 0);
});

ours('each is a pipe to the guest', (host) => {
  for (const stdin of ['text', 'ignore', () => null]) {
    const guest = host.guest({ stdin });
    const stat = guest.fdstat(0);
    assert.equal(stat.type, FILETYPE.SOCKET_STREAM);
    assert.equal(guest.stat(0).type, FILETYPE.SOCKET_STREAM);
    // It cannot be sought, which with another type would make a terminal of it.
    assert.equal(stat.base & 0x24n, 0n);
    assert.equal(guest.seek(0, 0).errno, 'NOTCAPABLE');
    assert.equal(guest.poll([{ userdata: 1, read: 0 }]).events.length, 1);
    if (stdin !== 'ignore') assert.equal(guest.write(0, 'x').errno, 'NOTCAPABLE');
  }
  assert.equal(host.guest({ stdin: 'text' }).poll([{ userdata: 1, read: 0 }]).events[0].nbytes, 4n);
});

ours('after close(), and after the guest has closed it, nobody is asked', (host) => {
  let asked = 0;
  const stdin = () => { asked++; return 'x'; };
  const guest = host.guest({ stdin });
  assert.equal(guest.call('fd_close', 0), 'SUCCESS');
  assert.equal(guest.read(0).errno, 'BADF');
  const other = host.guest({ stdin });
  other.wasi.close();
  assert.equal(other.read(0).errno, 'BADF');
  assert.equal(asked, 0);
});

ours('a program reads it to its end', (host) => {
  const text = Array.from({ length: 20_000 }, (_, index) => `line ${index}`).join('\n');
  const pieces = text.match(/[^]{1,777}/g);
  for (const stdin of [text, Buffer.from(text), () => pieces.shift()]) {
    const wasi = new host.WASI({ version: 'preview1', args: ['cat'], stdin, stdout: 'capture', stderr: 'capture' });
    const code = wasi.start(new WebAssembly.Instance(load('cat'), wasi.getImportObject()));
    assert.deepEqual([code, wasi.stdout.text(), wasi.stderr.text()], [0, text, `${text.length} bytes\n`]);
  }
});

ours('a Readable is refused by what cannot wait for it, and by nothing else', (host) => {
  const refused = { name: 'Error', code: 'ERR_PREOPEN_NEEDS_EVENT_LOOP', message: /event loop.*startAsync\(instance\).*run\(\)/ };
  const exports = { memory: new WebAssembly.Memory({ initial: 1 }), _start() { throw new Error('started'); } };
  const old = Object.assign(new EventEmitter(), { read: () => null });
  for (const stdin of [process.stdin, Readable.from(['x']), new PassThrough(), new Blob(['x']).stream(), (async function* () { yield 'x'; })(), old]) {
    const wasi = new host.WASI({ version: 'preview1', stdin });
    assert.throws(() => wasi.start({ exports }), refused);
    assert.throws(() => wasi.initialize({ exports: { memory: exports.memory } }), refused);
    assert.throws(() => wasi.finalizeBindings({ exports }), refused);
    // What is wrong beyond that is said first, and the object is as it was.
    assert.throws(() => wasi.start({}), { code: 'ERR_INVALID_ARG_TYPE' });
    wasi.close();
  }
});

ours('anything else is refused', async ({ WASI }) => {
  const TYPE = { name: 'TypeError', code: 'ERR_INVALID_ARG_TYPE' };
  for (const stdin of [{}, [], new Date(), new Map()]) {
    assert.throws(() => new WASI({ version: 'preview1', stdin }), { ...TYPE, message: /^The "options\.stdin" property must be of type number, string or function.*Uint8Array.*Readable.*'inherit' or 'ignore'\. Received/ });
  }
  for (const stdin of [Symbol('s'), 1n, true, null]) {
    assert.throws(() => new WASI({ version: 'preview1', stdin }), { ...TYPE, message: /must be of type number\. Received/ });
  }
  const handle = await fs.promises.open(__filename);
  assert.throws(() => new WASI({ version: 'preview1', stdin: handle }), TYPE);
  await handle.close();
});
