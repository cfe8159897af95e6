'use strict';
// Writables of Node's as standard output: what they get, and what the guest hears when they end.
const assert = require('node:assert/strict');
const crypto = require('node:crypto');
const EventEmitter = require('node:events');
const fs = require('node:fs');
const path = require('node:path');
const { Duplex, PassThrough, Transform, Writable } = require('node:stream');
const { finished } = require('node:stream/promises');
const { ours } = require('../helpers/both');
const { child } = require('../helpers/child');
const { load } = require('../helpers/program');

ours('a Writable gets each write as a Buffer of its own', (host) => {
  const chunks = [];
  const guest = host.guest({ stdout: new Writable({ write(chunk, encoding, done) {
    chunks.push(chunk);
    assert.equal(encoding, 'buffer');
    done();
  } }) });
  const bytes = crypto.randomBytes(3000);
  assert.equal(guest.write(1, bytes).written, 3000);
  assert.equal(guest.write(1, 'text').written, 4);
  assert.ok(chunks.every(Buffer.isBuffer));
  assert.deepEqual(chunks, [bytes, Buffer.from('text')]);
});

ours('one that is slow keeps everything, in order, until it can go on', async (host) => {
  const chunks = [];
  const slow = new Writable({ highWaterMark: 1, write(chunk, encoding, done) {
    chunks.push(chunk.toString());
    setImmediate(done);
  } });
  const guest = host.guest({ stdout: slow, stderr: slow });
  for (let i = 0; i < 50; i++) assert.equal(guest.write(1 + i % 2, `${i},`).errno, 'SUCCESS');
  assert.equal(chunks.length, 1);
  slow.end();
  await finished(slow);
  assert.equal(chunks.join(''), Array.from({ length: 50 }, (_, i) => `${i},`).join(''));
});

ours('files, transforms, duplexes', async (host) => {
  const file = path.join(host.tmp(), 'out');
  const stream = fs.createWriteStream(file);
  const upper = new Transform({ transform: (chunk, encoding, done) => done(null, chunk.toString().toUpperCase()) });
  const guest = host.guest({ stdout: stream, stderr: upper });
  guest.write(1, 'to the file');
  guest.write(2, 'loud');
  stream.end();
  await finished(stream);
  assert.equal(fs.readFileSync(file, 'utf8'), 'to the file');
  assert.equal(upper.read().toString(), 'LOUD');
  const through = new PassThrough();
  const wasi = new host.WASI({ version: 'preview1', args: ['cat'], stdin: 'passed on', stdout: through, stderr: 'ignore' });
  wasi.start(new WebAssembly.Instance(load('cat'), wasi.getImportObject()));
  assert.equal(through.read().toString(), 'passed on');
});

ours('process.stdout and process.stderr of the host, in a pipe', async (host) => {
  const code = `
    const { WASI } = require(${JSON.stringify(host.specifier)});
    const { stdout, stderr } = process;
    const wasi = new WASI({ version: 'preview1', args: ['cat'], stdin: 'x'.repeat(200_000), stdout, stderr });
    const module = new WebAssembly.Module(require('node:fs').readFileSync(${JSON.stringify(path.join(__dirname, '../guests/cat.wasm'))}));
    wasi.start(new WebAssembly.Instance(module, wasi.getImportObject()));
    stdout.write('after');`;
  const { stdout, stderr } = await child(code, { shell: '$NODE | cat' });
  assert.deepEqual([stdout, stderr], [`${'x'.repeat(200_000)}after`, '200000 bytes\n']);
});

ours('anything with write() and events', (host) => {
  const written = [];
  const like = Object.assign(new EventEmitter(), { write(chunk) {
    assert.equal(this, like);
    written.push(chunk.toString());
  } });
  const guest = host.guest({ stdout: like });
  assert.equal(guest.write(1, 'text').written, 4);
  assert.deepEqual(written, ['text']);
});

ours('one that has ended, or was destroyed: EPIPE, and no event that nobody expects', async (host) => {
  const events = [];
  const make = () => new Writable({ write: (chunk, encoding, done) => done() }).on('error', (error) => events.push(error));
  const ended = make();
  const guest = host.guest({ stdout: ended });
  assert.equal(guest.write(1, 'x').written, 1);
  ended.end();
  assert.equal(guest.write(1, 'x').errno, 'PIPE');
  await finished(ended);
  assert.equal(guest.write(1, 'x').errno, 'PIPE');
  const destroyed = make();
  const other = host.guest({ stdout: destroyed });
  destroyed.destroy();
  assert.equal(other.write(1, 'x').errno, 'PIPE');
  assert.equal(other.poll([{ userdata: 1, write: 1 }]).events.length, 1);
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(events, []);
});

ours('one that has failed: EIO', async (host) => {
  const error = new Error('the disk is gone');
  const failing = new Writable({ write: (chunk, encoding, done) => done(error) });
  const events = [];
  failing.on('error', (event) => events.push(event));
  const guest = host.guest({ stdout: failing });
  // It took the write; that it failed is heard later.
  assert.equal(guest.write(1, 'x').written, 1);
  assert.equal(guest.write(1, 'x').errno, 'IO');
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(guest.write(1, 'x').errno, 'IO');
  assert.deepEqual(events, [error]);
});

ours('an error that nobody listens to is Node\'s, after the guest', async (host) => {
  const code = `
    const { Writable } = require('node:stream');
    const { WASI } = require(${JSON.stringify(host.specifier)});
    process.on('uncaughtException', (error) => console.log('uncaught', error.message));
    const wasi = new WASI({ version: 'preview1', stdout: new Writable({ write: (chunk, encoding, done) => done(new Error('mine')) }) });
    const memory = new WebAssembly.Memory({ initial: 1 });
    new Uint32Array(memory.buffer).set([64, 1]);
    wasi.start({ exports: { memory, _start() {
      console.log(wasi.wasiImport.fd_write(1, 0, 1, 32), wasi.wasiImport.fd_write(1, 0, 1, 32));
    } } });
    console.log('returned');`;
  const { stdout, stderr, status } = await child(code, {});
  assert.deepEqual({ stdout, stderr, status }, { stdout: '0 29\nreturned\nuncaught mine\n', stderr: '', status: 0 });
});

ours('one that throws ends the guest', (host) => {
  const error = new Error('at once');
  const wasi = new host.WASI({ version: 'preview1', args: ['cat'], stdin: 'x', stdout: new Writable({ write() { throw error; } }) });
  assert.throws(() => wasi.start(new WebAssembly.Instance(load('cat'), wasi.getImportObject())), (thrown) => thrown === error);
  wasi.close();
});

ours('one that is destroyed by the write itself', async (host) => {
  const stream = new Duplex({ read() {}, write(chunk, encoding, done) {
    this.destroy();
    done();
  } });
  const guest = host.guest({ stdout: stream });
  assert.equal(guest.write(1, 'x').written, 1);
  assert.equal(guest.write(1, 'x').errno, 'PIPE');
  await new Promise((resolve) => setImmediate(resolve));
});

ours('a write of several pieces, ended after the first: what was taken counts', (host) => {
  const taken = [];
  const stream = new Writable({ write(chunk, encoding, done) {
    taken.push(chunk.length);
    stream.end();
    done();
  } });
  const guest = host.guest({ stdout: stream }, { pages: 60 });
  assert.deepEqual(guest.write(1, Buffer.alloc(3 * 2 ** 20)), { errno: 'SUCCESS', written: 2 ** 20 });
  assert.equal(guest.write(1, 'x').errno, 'PIPE');
  assert.deepEqual(taken, [2 ** 20]);
});

ours('an output is not ended with its guest', (host) => {
  const stream = new PassThrough();
  const guest = host.guest({ stdout: stream });
  guest.call('fd_close', 1);
  guest.wasi.close();
  assert.equal(stream.writable, true);
  assert.equal(stream.listenerCount('error') + stream.listenerCount('drain') + stream.listenerCount('finish'), new PassThrough().listenerCount('finish'));
});
