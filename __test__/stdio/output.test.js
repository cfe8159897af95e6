'use strict';
// Standard output that is no descriptor: captures, functions, Writables, nothing.
const assert = require('node:assert/strict');
const crypto = require('node:crypto');
const fs = require('node:fs');
const path = require('node:path');
const { Writable } = require('node:stream');
const { WritableStream } = require('node:stream/web');
const { CapturedOutput } = require('../..');
const { FILETYPE } = require('../helpers/abi');
const { ours } = require('../helpers/both');
const { child } = require('../helpers/child');
const { load } = require('../helpers/program');

const EVERY = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
const BIG = { pages: 80 };

// One fd_write of several ranges; answers how many bytes were taken.
function gather(guest, fd, ...parts) {
  guest.reset();
  const pairs = parts.map((part) => guest.put(part));
  const [iovs, count] = guest.iovecs(...pairs);
  const out = guest.alloc(4);
  assert.equal(guest.call('fd_write', fd, iovs, count, out), 'SUCCESS');
  return guest.u32(out);
}

ours("'capture' keeps what is written, exactly", (host) => {
  const guest = host.guest({ stdout: 'capture', stderr: 'capture' });
  const random = crypto.randomBytes(10_000);
  assert.deepEqual(guest.write(1, EVERY), { errno: 'SUCCESS', written: 256 });
  assert.equal(guest.write(2, 'error').written, 5);
  assert.equal(guest.write(1, random).written, 10_000);
  assert.equal(guest.write(1, '').written, 0);
  const { stdout, stderr } = guest.wasi;
  assert.ok(stdout instanceof CapturedOutput && stderr instanceof CapturedOutput);
  assert.deepEqual(Buffer.from(stdout.bytes()), Buffer.concat([EVERY, random]));
  assert.deepEqual([stderr.text(), stderr.length, stderr.truncated, stderr.dropped, stderr.limit], ['error', 5, false, 0, 2 ** 24]);
  assert.equal(guest.wasi.stdout, stdout);
});

ours('bytes() is a copy, and text() is UTF-8 that never fails', (host) => {
  const guest = host.guest({ stdout: 'capture' });
  const { stdout } = guest.wasi;
  assert.deepEqual([stdout.bytes(), stdout.text()], [new Uint8Array(), '']);
  guest.write(1, Buffer.from([0xef, 0xbb, 0xbf, 0x61, 0xff, 0x62, 0xe2, 0x82]));
  assert.equal(stdout.text(), '\ufeffa\ufffdb\ufffd');
  const bytes = stdout.bytes();
  assert.equal(Object.getPrototypeOf(bytes), Uint8Array.prototype);
  bytes.fill(0);
  guest.write(1, Buffer.from([0xac]));
  assert.equal(stdout.text(), '\ufeffa\ufffdb€');
});

ours('past its limit a capture drops, says so, and the guest notices nothing', (host) => {
  const guest = host.guest({ stdout: 'capture', stderr: 'capture', maxOutput: 10 });
  assert.equal(guest.write(1, '1234567').written, 7);
  assert.equal(guest.wasi.stdout.truncated, false);
  assert.equal(guest.write(1, '89abcdef').written, 8);
  assert.equal(guest.write(1, 'x').written, 1);
  // Each has its own limit.
  assert.equal(guest.write(2, 'error').written, 5);
  const { stdout, stderr } = guest.wasi;
  assert.deepEqual([stdout.text(), stdout.truncated, stdout.dropped, stdout.limit], ['123456789a', true, 6, 10]);
  assert.deepEqual([stderr.text(), stderr.truncated], ['error', false]);
  stdout.clear();
  assert.deepEqual([stdout.text(), stdout.truncated, stdout.dropped, stdout.length], ['', false, 0, 0]);
  guest.write(1, 'anew');
  assert.equal(stdout.text(), 'anew');
});

ours('a capture of nothing, and one without end', (host) => {
  const none = host.guest({ stdout: 'capture', maxOutput: 0 });
  assert.equal(none.write(1, 'gone').written, 4);
  assert.deepEqual([none.wasi.stdout.text(), none.wasi.stdout.dropped], ['', 4]);
  const all = host.guest({ stdout: 'capture', maxOutput: Infinity });
  all.write(1, 'kept');
  assert.deepEqual([all.wasi.stdout.text(), all.wasi.stdout.limit], ['kept', Infinity]);
});

ours('a capture costs what is written, not what its limit is', () => {
  const before = process.memoryUsage.rss();
  const captures = Array.from({ length: 1000 }, () => new CapturedOutput({ limit: 2 ** 40 }));
  assert.ok(process.memoryUsage.rss() - before < 2 ** 26);
  assert.equal(captures[0].length, 0);
});

ours('one CapturedOutput behind both is in the order of the writes; several guests may share it', (host) => {
  const output = new CapturedOutput({ limit: 100 });
  const guest = host.guest({ stdout: output, stderr: output });
  const other = host.guest({ stderr: output, stdout: 'ignore' });
  guest.write(1, 'a');
  guest.write(2, 'b');
  other.write(1, '!');
  other.write(2, 'c');
  guest.write(1, 'd');
  assert.equal(output.text(), 'abcd');
  assert.deepEqual([guest.wasi.stdout, guest.wasi.stderr, other.wasi.stderr, other.wasi.stdout], [output, output, output, undefined]);
});

ours('without a capture there is none', (host) => {
  for (const options of [{}, { stdout: 1 }, { stdout: 'inherit' }, { stdout: 'ignore' }, { stdout() {} }, { stdout: process.stdout }]) {
    const { wasi } = host.guest(options);
    assert.equal(wasi.stdout, undefined);
    assert.equal(wasi.stderr, undefined);
  }
  assert.throws(() => { host.guest({}).wasi.stdout = 1; }, TypeError);
});

ours('what was captured outlives the guest: its exit, its trap, its error, close()', (host) => {
  const memory = new WebAssembly.Memory({ initial: 1 });
  const start = (_start) => {
    const wasi = new host.WASI({ version: 'preview1', stdout: 'capture' });
    new Uint8Array(memory.buffer).set(Buffer.from('said'), 64);
    new Uint32Array(memory.buffer).set([64, 4]);
    const say = () => assert.equal(wasi.wasiImport.fd_write(1, 0, 1, 8), 0);
    let error;
    try {
      wasi.start({ exports: { memory, _start: () => _start(say, wasi) } });
    } catch (thrown) {
      error = thrown;
    }
    wasi.close();
    assert.equal(wasi.stdout.text(), 'said');
    return error;
  };
  assert.equal(start((say) => say()), undefined);
  assert.equal(start((say, wasi) => { say(); wasi.wasiImport.proc_exit(3); }), undefined);
  const error = new Error('thrown');
  assert.equal(start((say) => { say(); throw error; }), error);
  const wasi = new host.WASI({ version: 'preview1', args: ['abort'], stdout: 'capture', stderr: 'capture' });
  assert.throws(() => wasi.start(new WebAssembly.Instance(load('abort'), wasi.getImportObject())), WebAssembly.RuntimeError);
  assert.equal(typeof wasi.stderr.text(), 'string');
});

ours('CapturedOutput checks its options', () => {
  const TYPE = { name: 'TypeError', code: 'ERR_INVALID_ARG_TYPE' };
  const RANGE = { name: 'RangeError', code: 'ERR_OUT_OF_RANGE' };
  assert.equal(new CapturedOutput().limit, 2 ** 24);
  assert.equal(new CapturedOutput({}).limit, 2 ** 24);
  assert.throws(() => new CapturedOutput(5), TYPE);
  assert.throws(() => new CapturedOutput(null), TYPE);
  assert.throws(() => new CapturedOutput({ limit: '5' }), TYPE);
  for (const limit of [-1, 1.5, NaN, 2 ** 53]) assert.throws(() => new CapturedOutput({ limit }), RANGE);
  assert.throws(() => CapturedOutput(), TypeError);
  assert.throws(() => CapturedOutput.prototype.bytes.call({}), TypeError);
});

ours('maxOutput is checked', ({ WASI }) => {
  const fails = (maxOutput, about) => assert.throws(() => new WASI({ version: 'preview1', maxOutput }), { ...about, message: /options\.maxOutput/ });
  for (const wrong of ['1', null, 1n, {}]) fails(wrong, { code: 'ERR_INVALID_ARG_TYPE' });
  for (const wrong of [-1, 1.5, NaN, 2 ** 53]) fails(wrong, { code: 'ERR_OUT_OF_RANGE' });
});

ours("'ignore' takes everything, 'inherit' is the host's own", async (host) => {
  const guest = host.guest({ stdout: 'ignore', stderr: 'ignore' });
  assert.equal(guest.write(1, 'gone').written, 4);
  assert.equal(guest.write(2, 'gone').written, 4);
  const code = `
    const { WASI } = require(${JSON.stringify(host.specifier)});
    const wasi = new WASI({ version: 'preview1', stdin: 'ignore', stdout: 'inherit', stderr: 'inherit' });
    const memory = new WebAssembly.Memory({ initial: 1 });
    wasi.start({ exports: { memory, _start() {} } });
    new Uint8Array(memory.buffer).set(Buffer.from('one'), 64);
    new Uint32Array(memory.buffer).set([64, 3, 64, 2]);
    wasi.wasiImport.fd_write(1, 0, 1, 32);
    wasi.wasiImport.fd_write(2, 8, 1, 32);`;
  const { stdout, stderr } = await child(code, {});
  assert.deepEqual([stdout, stderr], ['one', 'on']);
});

ours('a function gets each write, before it returns, as bytes that are its own', (host) => {
  const chunks = [];
  const seen = [];
  const guest = host.guest({ stdout(chunk) { chunks.push(chunk); seen.push(this, arguments.length); } });
  const random = crypto.randomBytes(5000);
  guest.write(1, EVERY);
  assert.equal(chunks.length, 1);
  guest.write(1, random);
  guest.write(1, 'x');
  assert.deepEqual(chunks.map((chunk) => Buffer.from(chunk)), [EVERY, random, Buffer.from('x')]);
  for (const chunk of chunks) {
    assert.equal(Object.getPrototypeOf(chunk), Uint8Array.prototype);
    assert.deepEqual([chunk.byteOffset, chunk.buffer.byteLength], [0, chunk.length]);
  }
  assert.deepEqual(seen, [undefined, 1, undefined, 1, undefined, 1]);
});

ours('an empty write is none', (host) => {
  let calls = 0;
  const guest = host.guest({ stdout() { calls++; } });
  assert.deepEqual(guest.write(1, ''), { errno: 'SUCCESS', written: 0 });
  assert.equal(gather(guest, 1, '', '', ''), 0);
  assert.equal(calls, 0);
});

ours('a list of ranges is one chunk', (host) => {
  const chunks = [];
  const guest = host.guest({ stdout: (chunk) => chunks.push(Buffer.from(chunk).toString()) });
  assert.equal(gather(guest, 1, 'ab', '', 'cd', 'e'), 5);
  const many = Array.from({ length: 400 }, (_, index) => `${index},`);
  assert.equal(gather(guest, 1, ...many), many.join('').length);
  assert.deepEqual(chunks, ['abcde', many.join('')]);
});

ours('every kind gets the same bytes, of any list of ranges', (host) => {
  const chunks = [];
  const [viaFunction, viaWritable] = [[], []];
  const stream = new Writable({ write(chunk, encoding, done) { viaWritable.push(chunk); done(); } });
  const one = host.guest({ stdout: (chunk) => viaFunction.push(chunk), stderr: 'capture' }, { pages: 20 });
  const two = host.guest({ stdout: stream }, { pages: 20 });
  for (let i = 0; i < 100; i++) {
    const parts = Array.from({ length: crypto.randomInt(1, 80) }, () => crypto.randomBytes(crypto.randomInt(10) === 0 ? crypto.randomInt(5000) : crypto.randomInt(20)));
    const { length } = Buffer.concat(parts);
    for (const [guest, fd] of [[one, 1], [one, 2], [two, 1]]) assert.equal(gather(guest, fd, ...parts), length);
    if (length > 0) chunks.push(Buffer.concat(parts));
  }
  assert.deepEqual(viaFunction.map((chunk) => Buffer.from(chunk)), chunks);
  assert.deepEqual(viaWritable, chunks);
  assert.ok(Buffer.concat(chunks).equals(one.wasi.stderr.bytes()));
});

ours('what is larger than a MiB comes in pieces', (host) => {
  const chunks = [];
  const guest = host.guest({ stdout: (chunk) => chunks.push(Buffer.from(chunk)) }, BIG);
  const random = crypto.randomBytes(2.5 * 2 ** 20);
  assert.equal(guest.write(1, random).written, random.length);
  assert.deepEqual(chunks.map(({ length }) => length), [2 ** 20, 2 ** 20, 2 ** 19]);
  assert.ok(Buffer.concat(chunks).equals(random));
});

ours('the order of the writes is kept across stdout and stderr', (host) => {
  const log = [];
  const note = (chunk) => log.push(Buffer.from(chunk).toString());
  const one = host.guest({ stdout: note, stderr: note });
  const two = host.guest({ stdout: (chunk) => note(chunk), stderr: (chunk) => log.push(`error ${Buffer.from(chunk)}`) });
  one.write(1, 'a');
  one.write(2, 'b');
  two.write(2, 'c');
  two.write(1, 'd');
  one.write(1, 'e');
  assert.deepEqual(log, ['a', 'b', 'error c', 'd', 'e']);
});

ours('each is a pipe to the guest', (host) => {
  for (const stdout of ['capture', 'ignore', () => {}, process.stdout]) {
    const guest = host.guest({ stdout });
    const stat = guest.fdstat(1);
    assert.equal(stat.type, FILETYPE.SOCKET_STREAM);
    assert.equal(stat.base & 0x24n, 0n);
    assert.equal(guest.seek(1, 0).errno, 'NOTCAPABLE');
    assert.equal(guest.pwrite(1, 'x', 0).errno, 'NOTCAPABLE');
    assert.deepEqual(guest.poll([{ userdata: 1, write: 1 }]).events.map(({ error, nbytes }) => [error, nbytes]), [['SUCCESS', 0n]]);
    if (stdout !== 'ignore') assert.equal(guest.read(1).errno, 'NOTCAPABLE');
  }
});

ours('what the guest closes or moves', (host) => {
  const log = [];
  const guest = host.guest({ stdout: (chunk) => log.push(`out ${Buffer.from(chunk)}`), stderr: 'capture' });
  assert.equal(guest.call('fd_renumber', 1, 0), 'SUCCESS');
  assert.equal(guest.write(1, 'x').errno, 'BADF');
  assert.equal(guest.write(0, 'moved').written, 5);
  assert.equal(guest.call('fd_renumber', 2, 0), 'SUCCESS');
  assert.equal(guest.write(0, 'captured').written, 8);
  assert.equal(guest.call('fd_close', 0), 'SUCCESS');
  assert.equal(guest.write(0, 'x').errno, 'BADF');
  guest.wasi.close();
  assert.deepEqual([log, guest.wasi.stderr.text()], [['out moved'], 'captured']);
});

ours('a program of C writes through each', (host) => {
  for (const kind of ['function', 'capture', 'ignore']) {
    let text = '';
    const stdout = kind === 'function' ? (chunk) => { text += Buffer.from(chunk); } : kind;
    const wasi = new host.WASI({ version: 'preview1', args: ['cat'], stdin: 'through\n', stdout, stderr: 'ignore' });
    assert.equal(wasi.start(new WebAssembly.Instance(load('cat'), wasi.getImportObject())), 0);
    if (kind === 'capture') text = wasi.stdout.text();
    assert.equal(text, kind === 'ignore' ? '' : 'through\n');
  }
});

ours('kinds may be mixed with descriptors', (host) => {
  const file = path.join(host.tmp(), 'out');
  const stdout = fs.openSync(file, 'w');
  const guest = host.guest({ stdin: 'in', stdout, stderr: 'capture', preopens: { '/': host.tmp() } });
  fs.closeSync(stdout);
  guest.write(1, 'file');
  guest.write(2, guest.read(0).data);
  assert.deepEqual([fs.readFileSync(file, 'utf8'), guest.wasi.stderr.text()], ['file', 'in']);
  assert.equal(guest.mkdir(3, 'made'), 'SUCCESS');
});

ours('anything else is refused, and what is accepted is listed', async ({ WASI, tmp }) => {
  const TYPE = { name: 'TypeError', code: 'ERR_INVALID_ARG_TYPE' };
  for (const name of ['stdout', 'stderr']) {
    const fails = (value, about) => assert.throws(() => new WASI({ version: 'preview1', [name]: value }), { ...TYPE, ...about });
    const listed = new RegExp(`^The "options\\.${name}" property must be of type number or function, or an instance of CapturedOutput or Writable, or one of 'inherit', 'ignore', 'capture'\\. Received `);
    for (const value of ['pipe', 'Capture', 'overlapped', '1', '', {}, [], new Uint8Array(1), new WritableStream(), new Map()]) fails(value, { message: listed });
    for (const value of [null, true, 1n, Symbol('s')]) fails(value, { message: new RegExp(`^The "options\\.${name}" property must be of type number\\. Received `) });
    // Its writes return promises, and may overtake each other.
    const handle = await fs.promises.open(path.join(tmp(), 'file'), 'w');
    fails(handle, { message: listed });
    await handle.close();
  }
});
