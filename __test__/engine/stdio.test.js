'use strict';
// The standard streams of guests off the thread, of each kind.
const assert = require('node:assert/strict');
const { Blob } = require('node:buffer');
const fs = require('node:fs');
const path = require('node:path');
const { PassThrough, Readable, Writable } = require('node:stream');
const { CapturedOutput, compiled, engine, rejection, run, tmp } = require('../helpers/engine');
const { child } = require('../helpers/child');
const { descriptors, root } = require('../helpers/both');

const text = 'äöü '.repeat(50_000);

const inputs = {
  'a string': () => text,
  'bytes': () => Buffer.from(text),
  'a Readable': () => Readable.from([text.slice(0, 10), text.slice(10)]),
  async *'an async generator'() { yield text.slice(0, 10); yield new Uint8Array(0); yield Buffer.from(text.slice(10)); },
  'a web stream': () => new Blob([text]).stream(),
  'a function': () => { const parts = [text.slice(0, 10), '', text.slice(10)]; return () => parts.shift(); },
  'a function with promises': () => { const parts = [text.slice(0, 10), '', text.slice(10), null]; return async () => parts.shift(); },
};

for (const [what, make] of Object.entries(inputs)) {
  engine(`stdin can be ${what}`, async () => {
    const { stdout, stderr } = await run('cat', { stdin: make() });
    assert.equal(stdout, text);
    assert.equal(stderr, `${Buffer.byteLength(text)} bytes\n`);
  });
}

engine('stdin is empty by default, and can be a descriptor', async (t) => {
  assert.equal((await run('cat')).stderr, '0 bytes\n');
  const file = path.join(tmp(t), 'file');
  fs.writeFileSync(file, 'text');
  const fd = fs.openSync(file, 'r');
  t.after(() => fs.closeSync(fd));
  assert.equal((await run('cat', { stdin: fd })).stdout, 'text');
});

engine('output goes to a function, in order, each chunk when the one before was taken', async () => {
  const chunks = [];
  let busy = false;
  const result = await run('cat', {
    stdin: text,
    async stdout(chunk) {
      assert.equal(busy, false);
      busy = true;
      await new Promise((resolve) => setImmediate(resolve));
      busy = false;
      assert.ok(chunk instanceof Uint8Array && !Buffer.isBuffer(chunk));
      chunks.push(chunk);
    },
  });
  assert.equal(Buffer.concat(chunks).toString(), text);
  assert.equal(result.stdout, '');
});

engine('output goes to a Writable, which is not ended', async () => {
  const written = [];
  const writable = new Writable({
    highWaterMark: 10,
    write(chunk, _encoding, done) {
      written.push(chunk);
      setImmediate(done);
    },
  });
  await run('cat', { stdin: text, stdout: writable });
  assert.equal(Buffer.concat(written).toString(), text);
  assert.equal(writable.writableEnded, false);
  assert.equal(writable.listenerCount('error'), 0);
});

engine('both outputs may have one target; a capture has the writes in their order', async () => {
  const chunks = [];
  const take = (chunk) => { chunks.push(chunk); };
  await run('cat', { stdin: 'text', stdout: take, stderr: take });
  assert.deepEqual(chunks.map((chunk) => Buffer.from(chunk).toString()).sort(), ['4 bytes\n', 'text']);
  const both = new CapturedOutput();
  const result = await run('cat', { stdin: 'text', stdout: both, stderr: both });
  assert.deepEqual([both.text(), result.stdout], ['text4 bytes\n', '']);
});

engine('outputs can be descriptors, inherited, or nothing', async (t) => {
  const file = path.join(tmp(t), 'file');
  const fd = fs.openSync(file, 'w');
  await run('cat', { stdin: 'text', stdout: fd, stderr: 'ignore' });
  fs.closeSync(fd);
  assert.equal(fs.readFileSync(file, 'utf8'), 'text');
  const code = `require(${JSON.stringify(root)}).run(${JSON.stringify(require.resolve('../guests/cat.wasm'))}, { engine: 'singlepass', stdin: 0, stdout: 'inherit', stderr: process.stderr })`;
  const { status, stdout, stderr } = await child(code, { input: 'piped' });
  assert.deepEqual([status, stdout, stderr], [0, 'piped', '5 bytes\n']);
});

const fault = new Error('mine');
const faults = {
  'a function for output throws': { stdout() { throw fault; } },
  'its promise is rejected': { stdout: async () => { throw fault; } },
  'a Writable fails': { stdout: new Writable({ write: (_chunk, _encoding, done) => done(fault) }) },
  'a Writable is destroyed with an error': { stdout: new Writable({ write() { this.destroy(fault); } }) },
  'a function for input throws': { stdin() { throw fault; } },
  'an iteration throws': { stdin: (async function* () { yield 'text'; throw fault; })() },
  'a Readable fails': { stdin: new Readable({ read() { this.destroy(fault); } }) },
};

for (const [what, options] of Object.entries(faults)) {
  engine(`the run is rejected with the very error where ${what}`, async () => {
    assert.equal(await rejection(run('cat', { stdin: 'text', ...options })), fault);
  });
}

engine('a chunk of another type, empty chunks for ever, a source that ends too early', async () => {
  assert.equal((await rejection(run('cat', { stdin: () => 5 }))).code, 'ERR_INVALID_RETURN_VALUE');
  assert.equal((await rejection(run('cat', { stdin: () => '' }))).code, 'ERR_INVALID_RETURN_VALUE');
  const cut = new PassThrough();
  cut.write('text');
  setImmediate(() => cut.destroy());
  assert.equal((await rejection(run('cat', { stdin: cut }))).code, 'ERR_STREAM_PREMATURE_CLOSE');
});

engine('a Writable that was ended answers the guest PIPE', async () => {
  const ended = new PassThrough();
  ended.end();
  const { exitCode } = await run('cat', { stdin: text, stdout: ended });
  assert.equal(exitCode, 2);
});

engine('a guest that does not read all leaves the rest with the source', async () => {
  const source = new PassThrough({ highWaterMark: 1 << 22 });
  source.write(Buffer.alloc(1 << 20, 'a'));
  source.write('the end');
  const { exitCode } = await run('exit_code', { args: ['3'], stdin: source });
  assert.equal(exitCode, 3);
  assert.equal(source.destroyed, false);
  assert.ok(source.readableLength > 0);
});

engine('runs leave no descriptor behind', async () => {
  const module = await compiled('cat');
  const { run: once } = require('../..');
  const every = () => once(module, { stdin: Readable.from(['text']), stdout() {}, stderr: new PassThrough().resume() });
  for (let i = 0; i < 3; i++) await every();
  await new Promise((resolve) => setImmediate(resolve));
  const before = descriptors().length;
  for (let i = 0; i < 20; i++) await every();
  await new Promise((resolve) => setTimeout(resolve, 20));
  assert.ok(descriptors().length <= before, `${descriptors().length} after ${before}`);
});
