'use strict';
// spawn(): streams, their back-pressure, and the ends of guests.
const assert = require('node:assert/strict');
const { EventEmitter, once } = require('node:events');
const { text: read } = require('node:stream/consumers');
const { pipeline } = require('node:stream/promises');
const { Readable } = require('node:stream');
const preopen = require('../..');
const { compiled, engine, file, rejection, sleep, spawn, until } = require('../helpers/engine');
const { child } = require('../helpers/child');
const { root } = require('../helpers/both');

engine('a guest is talked to while it runs', async () => {
  const guest = await spawn('cat');
  assert.ok(guest instanceof EventEmitter);
  assert.deepEqual([guest.exitCode, guest.reason, guest.killed], [null, null, false]);
  for (const word of ['one', 'two']) {
    guest.stdin.write(word);
    const [chunk] = await once(guest.stdout, 'data');
    assert.equal(chunk.toString(), word);
  }
  const ended = once(guest, 'exit');
  guest.stdin.end();
  const [stderr, [result]] = await Promise.all([read(guest.stderr), ended]);
  assert.equal(stderr, '6 bytes\n');
  assert.equal(await guest.exited, result);
  assert.deepEqual([result.exitCode, result.reason, result.stdout, guest.exitCode, guest.reason], [0, 'exit', '', 0, 'exit']);
  assert.equal(guest.kill(), false);
  assert.equal(guest.killed, false);
});

engine('much goes through in both directions', async () => {
  const guest = await spawn('cat', { stderr: 'ignore' });
  const block = Buffer.alloc(100_000, 'abcdefg');
  const sent = pipeline(Readable.from(Array(40).fill(block)), guest.stdin);
  let length = 0;
  for await (const chunk of guest.stdout) length += chunk.length;
  await sent;
  assert.equal(length, 4_000_000);
  assert.equal(guest.stderr, null);
  assert.equal((await guest.exited).exitCode, 0);
});

engine('a guest that floods waits until it is read', async () => {
  const told = [];
  const guest = await spawn('blocked', { args: ['write'], stderr: 'ignore', trace: ({ name, errno }) => name === 'fd_write' && told.push(errno) });
  await until(() => told.length > 0, 'a write');
  let before = -1;
  await until(async () => {
    const still = told.length === before;
    before = told.length;
    await sleep(100);
    return still && told.length === before;
  }, 'the guest waits');
  // What the pipe and the stream hold, and no more.
  assert.ok(before <= 8, `${before} writes of 64 KiB`);
  let length = 0;
  for await (const chunk of guest.stdout) if ((length += chunk.length) > 2_000_000) break;
  assert.ok(told.length > before);
  guest.kill();
  assert.equal((await guest.exited).reason, 'killed');
});

for (const where of ['read', 'poll', 'spin', 'write']) {
  engine(`a guest is killed in ${where}`, async () => {
    const guest = await spawn('blocked', { args: [where] });
    await once(guest.stderr, 'data');
    assert.equal(guest.kill(), true);
    const { exitCode, reason } = await guest.exited;
    assert.deepEqual([exitCode, reason, guest.killed, guest.exitCode], [null, 'killed', true, null]);
    guest.stdout.resume();
    if (!guest.stdout.readableEnded) await once(guest.stdout, 'end');
  });
}

engine('a guest that sleeps is killed, and its next call is never made', async () => {
  const guest = await spawn('sleep', { args: ['60000'] });
  await sleep(20);
  guest.kill();
  assert.equal((await guest.exited).reason, 'killed');
  assert.equal(await read(guest.stdout), '');
});

engine('a guest is killed before it began', async () => {
  const guest = preopen.spawn(file('file_io'), { engine: 'cranelift' });
  guest.kill();
  const { exitCode, reason, durationMs } = await guest.exited;
  assert.deepEqual([exitCode, reason, durationMs], [null, 'killed', 0]);
  assert.equal(guest.stdout.destroyed, true);
});

engine('when its reader is gone, the guest is told so', async () => {
  const guest = await spawn('cat', { stderr: 'ignore' });
  guest.stdout.destroy();
  await once(guest.stdout, 'close');
  guest.stdin.end('text');
  assert.equal((await guest.exited).exitCode, 2);
});

engine('a guest that does not read its input is no error', async () => {
  const guest = await spawn('exit_code', { args: ['5'] });
  const flood = () => { while (guest.stdin.write(Buffer.alloc(65536))); };
  guest.stdin.on('drain', flood);
  flood();
  assert.equal((await guest.exited).exitCode, 5);
});

engine('a trap is an error that nobody need listen to', async () => {
  const guest = await spawn('divide');
  const [error] = await once(guest, 'error');
  assert.equal(error.code, 'ERR_WASI_TRAP');
  assert.equal(await rejection(guest.exited), error);
  assert.equal(await read(guest.stdout), 'before\n');
  assert.equal(guest.exitCode, null);
  const code = `require(${JSON.stringify(root)}).spawn(${JSON.stringify(file('divide'))}, { engine: 'singlepass' }).on('exit', () => {})`;
  const { status, stderr } = await child(code);
  assert.deepEqual([status, stderr], [0, '']);
});

engine('a module that cannot be read is an error, and the streams end', async () => {
  const guest = preopen.spawn('/nowhere.wasm');
  const [error] = await once(guest, 'error');
  assert.equal(error.code, 'ENOENT');
  assert.deepEqual([guest.stdin.destroyed, guest.stdout.destroyed, guest.stderr.destroyed], [true, true, true]);
});

engine('a guest goes with its scope', async () => {
  if (Symbol.asyncDispose === undefined) return;
  const guest = await spawn('blocked', { args: ['poll'] });
  guest[Symbol.dispose]();
  await guest[Symbol.asyncDispose]();
  assert.equal(guest.reason, 'killed');
  const failed = await spawn('divide');
  await failed[Symbol.asyncDispose]();
});

engine('a signal ends what was spawned', async () => {
  const controller = new AbortController();
  const guest = preopen.spawn(await compiled('blocked'), { args: ['blocked', 'poll'], signal: controller.signal });
  await once(guest.stderr, 'data');
  controller.abort();
  assert.equal((await rejection(guest.exited)).code, 'ABORT_ERR');
});
