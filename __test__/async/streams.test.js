'use strict';
// Suspended guests and streams of JavaScript: a Readable as standard input, a slow Writable as standard output.
const assert = require('node:assert/strict');
const { spawn } = require('node:child_process');
const path = require('node:path');
const { PassThrough, Readable, Writable } = require('node:stream');
const { beats, command, flags, guest, sleep, start, suspends } = require('../helpers/async');
const { root } = require('../helpers/both');

const AGAIN = 6;
const DEADLK = 16;
const PIPE = 64;

/** A source whose chunks come one after the other, 10 ms apart. */
async function* slowly(...chunks) {
  for (const chunk of chunks) {
    await sleep(10);
    yield chunk;
  }
}

const read = async (one, length = 100) => [await one.calls.fd_read(0, one.iovecs([[8192, length]]), 1, 16), one.text(8192, one.u32(16))];

for (const [name, make] of Object.entries({
  'a Readable': () => Readable.from(slowly('grüße', Buffer.from(' und '), 'Ende\n'), { objectMode: true }),
  'a Readable of bytes': () => Readable.from(slowly(Buffer.from('grüße und Ende\n')), { objectMode: false }),
  'a web stream': () => Readable.toWeb(Readable.from(slowly(Buffer.from('grüße'), Buffer.from(' und Ende\n')))),
  'an async generator': () => slowly('grüße', new Uint8Array(0), '', ' und Ende\n'),
  'a stream that is piped': () => {
    const through = new PassThrough();
    Readable.from(slowly('grüße', ' und Ende\n')).pipe(through);
    return through;
  },
})) {
  suspends(`${name} as standard input`, async (t) => {
    const counter = beats(t);
    assert.deepEqual(await start('cat', { stdin: make() }), { code: 0, text: 'grüße und Ende\n' });
    assert.ok(counter.count > 0);
  });
}

suspends('what a guest has no room for is kept; the end comes as often as it is asked for', async () => {
  const one = await guest({ stdin: Readable.from(slowly('abcdef', 'g')) });
  assert.deepEqual(await read(one, 4), [0, 'abcd']);
  assert.deepEqual(await read(one, 4), [0, 'ef']);
  assert.deepEqual(await read(one, 4), [0, 'g']);
  assert.deepEqual(await read(one), [0, '']);
  assert.deepEqual(await read(one), [0, '']);
});

suspends('poll: a Readable before a time, a time before a Readable', async () => {
  const source = new PassThrough();
  const one = await guest({ stdin: source });
  await one.calls.poll_oneoff(...one.subscribe([{ read: 0 }, { ms: 20 }]));
  assert.deepEqual(one.events(), [[1, 0, 0]]);
  setTimeout(() => source.write('xyz'), 10);
  await one.calls.poll_oneoff(...one.subscribe([{ read: 0 }, { ms: 5000 }]));
  assert.deepEqual(one.events(), [[0, 0, 1]]);
  // How many bytes there are.
  assert.equal(one.view().getBigUint64(4096 + 16, true), 3n);
  assert.deepEqual(await read(one), [0, 'xyz']);
  setTimeout(() => source.end(), 10);
  await one.calls.poll_oneoff(...one.subscribe([{ read: 0 }]));
  assert.deepEqual(await read(one), [0, '']);
});

suspends('with NONBLOCK a read answers AGAIN, and the chunk comes nevertheless', async () => {
  const source = new PassThrough();
  const one = await guest({ stdin: source });
  one.exports.set_flags(0, 4);
  assert.equal((await read(one))[0], AGAIN);
  source.write('late');
  await sleep(10);
  assert.deepEqual(await read(one), [0, 'late']);
});

suspends('a plain call cannot wait for a Readable: it answers DEADLK', async () => {
  const source = new PassThrough();
  const one = await guest({ stdin: source });
  assert.equal(one.exports.fd_read(0, one.iovecs([[8192, 4]]), 1, 16), DEADLK);
  assert.equal(one.exports.poll_oneoff(...one.subscribe([{ read: 0 }])), DEADLK);
  // With a time, the time comes.
  assert.equal(one.exports.poll_oneoff(...one.subscribe([{ read: 0 }, { ms: 10 }])), 0);
  assert.deepEqual(one.events(), [[1, 0, 0]]);
  source.write('abcd');
  assert.deepEqual(await read(one), [0, 'abcd']);
});

suspends('an error of the source ends the guest, and is what startAsync rejects with', async () => {
  const failure = new Error('the disk is on fire');
  async function* fails() {
    yield 'abc';
    throw failure;
  }
  await assert.rejects(start('cat', { stdin: fails() }), failure);
  const source = new PassThrough();
  setTimeout(() => source.destroy(failure), 10);
  await assert.rejects(start('cat', { stdin: source }), failure);
});

suspends('a source that is destroyed, before or meanwhile', async () => {
  const before = new PassThrough();
  before.destroy();
  await assert.rejects(start('cat', { stdin: before }), { code: 'ERR_STREAM_PREMATURE_CLOSE' });
  const meanwhile = new PassThrough();
  setTimeout(() => meanwhile.destroy(), 10);
  await assert.rejects(start('cat', { stdin: meanwhile }), { code: 'ERR_STREAM_PREMATURE_CLOSE' });
});

suspends('a source that was read to its end is at its end', async () => {
  const source = Readable.from(['x']);
  for await (const chunk of source) assert.equal(chunk, 'x');
  assert.deepEqual(await start('cat', { stdin: source }), { code: 0, text: '' });
});

suspends('what is no chunk ends the guest', async () => {
  await assert.rejects(start('cat', { stdin: Readable.from([{ not: 'bytes' }]) }), { code: 'ERR_INVALID_RETURN_VALUE' });
  await assert.rejects(start('cat', { stdin: slowly(7) }), { code: 'ERR_INVALID_RETURN_VALUE' });
});

suspends('what the guest did not read goes back to the stream', async () => {
  const source = new PassThrough();
  const before = ['readable', 'end', 'error', 'close'].map((event) => source.listenerCount(event));
  source.write('abcdefg');
  const one = await guest({ stdin: source });
  assert.deepEqual(await read(one, 4), [0, 'abcd']);
  one.wasi.close();
  assert.deepEqual(['readable', 'end', 'error', 'close'].map((event) => source.listenerCount(event)), before);
  source.end('hi');
  source.resume();
  const rest = [];
  for await (const chunk of source) rest.push(chunk);
  assert.equal(Buffer.concat(rest).toString(), 'efghi');
});

suspends('a guest on process.stdin lets the process end', (t) => {
  const script = `
    const { command } = require(${JSON.stringify(path.join(root, '__test__/helpers/async.js'))});
    const { wasi, instance } = command('calls', { stdin: process.stdin, stdout: 1 }, { host: { call() {} } });
    wasi.initializeAsync(instance).then(async () => {
      const { fd_read, memory } = instance.exports;
      new Uint32Array(memory.buffer, 1024, 2).set([8192, 100]);
      await WebAssembly.promising(fd_read)(0, 1024, 1, 16);
      console.log(Buffer.from(memory.buffer, 8192, 5).toString());
      wasi.close();
    });`;
  const child = spawn(process.execPath, [...flags, '-e', script], { stdio: ['pipe', 'pipe', 'inherit'] });
  t.after(() => child.kill('SIGKILL'));
  let text = '';
  child.stdout.on('data', (chunk) => {
    text += chunk;
  });
  child.stdin.write('hello');
  // Its standard input stays open.
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error('the process lives on')), 10_000);
    child.on('exit', (code) => {
      clearTimeout(late);
      resolve([code, text]);
    });
  }).then((outcome) => assert.deepEqual(outcome, [0, 'hello\n']));
});

/** A Writable that takes 10 ms for each chunk, and has room for `highWaterMark` bytes. */
function slow(highWaterMark, most = Infinity) {
  const got = [];
  const sink = new Writable({
    highWaterMark,
    write(chunk, _encoding, done) {
      got.push(chunk);
      sink.held = Math.max(sink.held, sink.writableLength);
      if (got.length < most) setTimeout(done, 10);
    },
  });
  sink.held = 0;
  sink.got = () => Buffer.concat(got).toString();
  return sink;
}

suspends('a slow Writable has the guest wait', async (t) => {
  const counter = beats(t);
  const sink = slow(8);
  const one = await guest({ stdout: sink });
  for (let i = 0; i < 10; i++) {
    one.view().setUint8(8192, 97 + i);
    new Uint8Array(one.memory.buffer, 8192, 10).fill(97 + i);
    assert.equal(await one.calls.fd_write(1, one.iovecs([[8192, 10]]), 1, 16), 0);
    assert.equal(one.u32(16), 10);
  }
  assert.ok(counter.count > 0);
  assert.ok(sink.held <= 20, `${sink.held} bytes were held`);
  await new Promise((resolve) => sink.end(resolve));
  assert.equal(sink.got(), 'abcdefghij'.replace(/./g, (letter) => letter.repeat(10)));
});

suspends('poll: room in a Writable', async () => {
  const sink = slow(8);
  const one = await guest({ stdout: sink });
  await one.calls.poll_oneoff(...one.subscribe([{ write: 1 }, { ms: 5000 }]));
  assert.deepEqual(one.events(), [[0, 0, 2]]);
  await one.calls.fd_write(1, one.iovecs([[8192, 10]]), 1, 16);
  assert.equal(sink.writableNeedDrain, true);
  await one.calls.poll_oneoff(...one.subscribe([{ write: 1 }, { ms: 5000 }]));
  assert.deepEqual(one.events(), [[0, 0, 2]]);
  assert.equal(sink.writableNeedDrain, false);
});

suspends('with NONBLOCK a full Writable answers AGAIN', async () => {
  const sink = slow(8, 1);
  const one = await guest({ stdout: sink });
  one.exports.set_flags(1, 4);
  assert.equal(await one.calls.fd_write(1, one.iovecs([[8192, 10]]), 1, 16), 0);
  assert.equal(await one.calls.fd_write(1, one.iovecs([[8192, 10]]), 1, 16), AGAIN);
});

suspends('a plain call writes to a full Writable, as start() does', async () => {
  const sink = slow(8, 1);
  const one = await guest({ stdout: sink });
  for (let i = 0; i < 3; i++) assert.equal(one.exports.fd_write(1, one.iovecs([[8192, 10]]), 1, 16), 0);
  assert.equal(sink.writableLength, 30);
});

suspends('a Writable that is destroyed while a guest waits for it', async () => {
  const sink = slow(8, 1);
  const one = await guest({ stdout: sink });
  await one.calls.fd_write(1, one.iovecs([[8192, 10]]), 1, 16);
  const writes = one.calls.fd_write(1, one.iovecs([[8192, 10]]), 1, 16);
  await sleep(5);
  sink.destroy();
  assert.equal(await writes, PIPE);
  assert.deepEqual(['drain', 'close', 'error'].map((event) => sink.listenerCount(event)), [0, 0, 0]);
});

suspends('a Writable that fails while a guest waits for it', async () => {
  const sink = slow(8, 1);
  sink.on('error', () => {});
  const one = await guest({ stdout: sink });
  await one.calls.fd_write(1, one.iovecs([[8192, 10]]), 1, 16);
  const writes = one.calls.fd_write(1, one.iovecs([[8192, 10]]), 1, 16);
  await sleep(5);
  sink.destroy(new Error('no more'));
  assert.equal(await writes, 29);
});


suspends('what comes after a guest was closed is not its own, though it waited for it', async () => {
  const source = new PassThrough();
  const one = await guest({ stdin: source });
  const waits = read(one);
  await sleep(10);
  one.wasi.close();
  source.write('for whoever is next');
  assert.equal((await waits)[0], 8);
  await sleep(10);
  assert.equal(String(source.read()), 'for whoever is next');
});

/** A module whose _start reads 0 without waiting, by way of the exports of another. */
function looks() {
  const name = (text) => [text.length, ...Buffer.from(text)];
  const section = (id, ...bytes) => [id, bytes.flat().length, ...bytes.flat()];
  const code = [0, 0x41, 0, 0x41, 4, 0x10, 1, 0x1a, 0x41, 0, 0x41, 0x80, 8, 0x41, 1, 0x41, 16, 0x10, 0, 0x1a, 0x41, 0, 0x41, 0, 0x10, 1, 0x1a, 0x0b];
  return new WebAssembly.Module(new Uint8Array([
    0, 0x61, 0x73, 0x6d, 1, 0, 0, 0,
    ...section(1, [3], [0x60, 4, 0x7f, 0x7f, 0x7f, 0x7f, 1, 0x7f], [0x60, 2, 0x7f, 0x7f, 1, 0x7f], [0x60, 0, 0]),
    ...section(2, [2], name('calls'), name('fd_read'), [0, 0], name('calls'), name('set_flags'), [0, 1]),
    ...section(3, [1, 2]),
    ...section(7, [1], name('_start'), [0, 2]),
    ...section(10, [1, code.length], code),
  ]));
}

suspends('what was asked for before a start that has ended is waited for after it', async () => {
  const source = new PassThrough();
  const { wasi, instance } = command('calls', { stdin: source }, { host: { call: () => 0 } });
  const { memory, fd_read: plain, set_flags } = instance.exports;
  new DataView(memory.buffer).setUint32(1024, 8192, true);
  new DataView(memory.buffer).setUint32(1028, 100, true);
  // A program that looks whether there is something, and goes.
  const _start = new WebAssembly.Instance(looks(), { calls: { fd_read: plain, set_flags } }).exports._start;
  assert.equal(await wasi.startAsync({ exports: { memory, _start } }), 0);
  const waits = WebAssembly.promising(plain)(0, 1024, 1, 16);
  await sleep(10);
  source.write('late');
  assert.equal(await waits, 0);
  assert.equal(Buffer.from(memory.buffer, 8192, 4).toString(), 'late');
});

suspends('a call that still waits when a start ends gets what comes', async () => {
  const source = new PassThrough();
  const { wasi, instance } = command('calls', { stdin: source }, { host: { call: () => 0 } });
  const { memory, fd_read: plain, set_flags } = instance.exports;
  new DataView(memory.buffer).setUint32(1024, 8192, true);
  new DataView(memory.buffer).setUint32(1028, 100, true);
  const _start = new WebAssembly.Instance(looks(), { calls: { fd_read: plain, set_flags } }).exports._start;
  const ends = wasi.startAsync({ exports: { memory, _start } });
  const waits = WebAssembly.promising(plain)(0, 1024, 1, 16);
  assert.equal(await ends, 0);
  await sleep(10);
  source.write('late');
  assert.equal(await Promise.race([waits, sleep(2000)]), 0);
});

suspends('a stream whose methods throw ends the guest, and leaves no timer', async () => {
  const writable = Object.assign(new Writable({ highWaterMark: 1, write() {} }), { on() { throw new Error('of the stream'); } });
  const one = await guest({ stdout: writable });
  assert.equal(await one.calls.fd_write(1, one.iovecs([[8192, 10]]), 1, 16), 0);
  const before = process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
  await assert.rejects(one.calls.poll_oneoff(...one.subscribe([{ write: 1 }, { ms: 100_000 }])), { message: 'of the stream' });
  assert.equal(process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length, before);
});
