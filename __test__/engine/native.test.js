'use strict';
// The engine's native side by itself: what lib/run/ is built on.

const assert = require('node:assert/strict');
const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { test } = require('node:test');
const { Worker, isMainThread, parentPort } = require('node:worker_threads');

const native = require('../../lib/native.js').load();
const { mount } = require('../../lib/provider/index.js');

const I32 = 0x7f;
const I64 = 0x7e;

const text = (string) => [string.length, ...Buffer.from(string)];

function number(value) {
  const bytes = [];
  do {
    bytes.push((value & 127) | (value > 127 ? 128 : 0));
    value >>>= 7;
  } while (value);
  return bytes;
}

const section = (id, bytes) => [id, ...number(bytes.length), ...bytes];

/** A module with a page of memory, whose `_start` has this code. imports: module, name, parameters, results. */
function module_(code, imports = [], data = '') {
  const types = [[[], []], ...imports.map(([, , params, results]) => [params, results])];
  return new Uint8Array([
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, [types.length, ...types.flatMap(([p, r]) => [0x60, p.length, ...p, r.length, ...r])]),
    ...section(2, [imports.length, ...imports.flatMap(([module, name], i) => [...text(module), ...text(name), 0, i + 1])]),
    ...section(3, [1, 0]),
    ...section(5, [1, 0, 1]),
    ...section(7, [2, ...text('_start'), 0, imports.length, ...text('memory'), 2, 0]),
    ...section(10, [1, ...number(code.length + 2), 0, ...code, 0x0b]),
    ...section(11, [1, 0, 0x41, 0, 0x0b, ...text(data)]),
  ]);
}

const EXIT = ['wasi_snapshot_preview1', 'proc_exit', [I32], []];
const WRITE = ['wasi_snapshot_preview1', 'fd_write', [I32, I32, I32, I32], [I32]];
const OPEN = ['wasi_snapshot_preview1', 'path_open', [I32, I32, I32, I32, I32, I64, I64, I32, I32], [I32]];
const HOST = ['env', 'f', [I32, I64], [I32]];
const SPIN = module_([0x03, 0x40, 0x0c, 0, 0x0b]);
/** Ends with what the host's function answers. */
const ASK = module_([0x41, 5, 0x42, 6, 0x10, 0, 0x10, 1], [HOST, EXIT]);
/** Writes "ok" to standard output, and ends with the errno. */
const SAY = module_([0x41, 1, 0x41, 0, 0x41, 1, 0x41, 12, 0x10, 0, 0x10, 1], [WRITE, EXIT], '\x08\0\0\0\x02\0\0\0ok');
/** Makes the file "new" in descriptor 3, and ends with the errno. */
const MAKE = module_(
  [0x41, 3, 0x41, 0, 0x41, 0, 0x41, 3, 0x41, 1, 0x42, 0xc0, 0, 0x42, 0, 0x41, 0, 0x41, 16, 0x10, 0, 0x10, 1],
  [OPEN, EXIT],
  'new',
);

function compile(bytes, options) {
  return new Promise((resolve, reject) => {
    native.compile(bytes, { compiler: 'singlepass', metered: false, cache: '', ...options }, (refusal, program) => {
      if (refusal === null) resolve(program);
      else reject(new Error(refusal));
    });
  });
}

const nothing = () => [native.nullStream(), native.nullStream(), native.nullStream()];

/** Starts a run; `ended` is its outcome. */
function start(program, { limits, hooks, pool = new native.Pool(4), ...configuration } = {}) {
  let done;
  const ended = new Promise((resolve) => {
    done = resolve;
  });
  const rest = { preopens: [], stdio: nothing(), sockets: [], maxFds: 0, dotEntries: false, unstable: false, trace: 'off' };
  const run = native.run(
    program,
    pool,
    { args: ['guest'], env: [], ...rest, ...configuration },
    { timeout: 0, fuel: -1n, maxMemory: 0, maxThreads: 1, ...limits },
    { done, ...hooks },
  );
  return { run, ended };
}

const skip = native.run === undefined && 'a build without the engine';

if (isMainThread && process.argv[2] !== 'exits') {
  test('a guest ends with its code, or with a trap that says where', { skip }, async () => {
    const exits = await start(await compile(module_([0x41, 7, 0x10, 0], [EXIT]))).ended;
    assert.equal(exits.kind, 'exit');
    assert.equal(exits.code, 7);
    const traps = await start(await compile(module_([0]))).ended;
    assert.equal(traps.kind, 'trap');
    assert.equal(traps.trap, 'unreachable');
    assert.equal(traps.frames[0].index, 0);
    await assert.rejects(compile(new Uint8Array(8)), Error);
  });

  test('one that makes no call is stopped: by its host, and by its time', { skip }, async () => {
    const program = await compile(SPIN);
    const { run, ended } = start(program);
    run.kill('killed');
    assert.equal((await ended).kind, 'killed');
    assert.equal((await start(program, { limits: { timeout: 20 } }).ended).kind, 'timeout');
  });

  test('a function of the host: its memory, its results, its promise, its errors', { skip }, async () => {
    const program = await compile(ASK);
    assert.deepEqual(program.hostFunctions(), [{ module: 'env', name: 'f', params: ['i32', 'i64'], results: ['i32'] }]);
    const ask = (call) => start(program, { hooks: { call } }).ended;
    let kept;
    const sync = await ask((index, args, memory) => {
      kept = memory;
      assert.deepEqual([index, args, memory.size], [0, [5, 6n], 65536]);
      memory.write(65534, new Uint8Array([8, 9]));
      assert.deepEqual([...memory.read(65533, 3)], [0, 8, 9]);
      assert.equal(memory.read(65536, 0).length, 0);
      assert.throws(() => memory.read(65535, 2), RangeError);
      assert.throws(() => memory.read(-1, 1), RangeError);
      assert.throws(() => memory.write(65536, new Uint8Array(1)), RangeError);
      return [2 ** 32 + 33.7];
    });
    assert.equal(sync.code, 33);
    assert.throws(() => kept.read(0, 1), /over/);
    assert.throws(() => kept.size, /over/);
    const later = await ask(async (_index, _args, memory) => {
      await new Promise((resolve) => setImmediate(resolve));
      return [memory.read(0, 4).length];
    });
    assert.equal(later.code, 4);
    const error = new Error('no');
    for (const call of [() => Promise.reject(error), () => { throw error; }]) {
      const failed = await ask(call);
      assert.equal(failed.kind, 'host');
      assert.equal(failed.error, error);
    }
    for (const wrong of [undefined, [], [1, 2], [1n], Promise.resolve([])]) {
      const failed = await ask(() => wrong);
      assert.equal(failed.kind, 'host');
      assert.ok(failed.error instanceof TypeError);
    }
    assert.equal((await start(program).ended).kind, 'refused');
  });

  test('a guest is stopped although a promise of the host is never settled', { skip }, async () => {
    const { run, ended } = start(await compile(ASK), {
      hooks: { call: () => (setImmediate(() => run.kill('timeout')), new Promise(() => {})) },
    });
    assert.equal((await ended).kind, 'timeout');
  });

  test('what throws where it is told of a call ends the guest', { skip }, async () => {
    const program = await compile(SAY);
    const error = new Error('enough');
    const told = [];
    const outcome = await start(program, {
      trace: 'function',
      hooks: {
        trace(event) {
          told.push(event.name);
          throw error;
        },
      },
    }).ended;
    assert.deepEqual(told, ['fd_write']);
    assert.equal(outcome.kind, 'host');
    assert.equal(outcome.error, error);
  });

  test('captured output: kept, and a run stopped that writes more', { skip }, async () => {
    const program = await compile(SAY);
    for (const [limit, kind] of [[2, 'exit'], [1, 'output']]) {
      const capture = new native.Capture(limit);
      const outcome = await start(program, { stdio: [native.nullStream(), capture.stream(), native.nullStream()] }).ended;
      assert.equal(outcome.kind, kind);
      const bytes = new Uint8Array(capture.length);
      capture.copy(bytes);
      assert.equal(Buffer.from(bytes).toString(), 'ok'.slice(0, limit));
    }
  });

  test('a pipe ends with its guest, and is of one guest', { skip }, async () => {
    const program = await compile(SAY);
    const { stream, fd } = native.pipe(false);
    const stdio = [native.nullStream(), stream, native.nullStream()];
    await start(program, { stdio }).ended;
    const bytes = Buffer.alloc(8);
    assert.equal(fs.readSync(fd, bytes), 2);
    assert.equal(fs.readSync(fd, bytes), 0);
    fs.closeSync(fd);
    assert.throws(() => start(program, { stdio }), { code: 'UVWASI_EBADF' });
    const deaf = native.pipe(false);
    fs.closeSync(deaf.fd);
    // EPIPE
    assert.equal((await start(program, { stdio: [native.nullStream(), deaf.stream, native.nullStream()] }).ended).code, 64);
  });

  test('a filesystem written in JavaScript is asked on its own thread; so is one beneath an overlay', { skip }, async (t) => {
    const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'preopen-'));
    t.after(() => fs.rmSync(dir, { recursive: true }));
    const program = await compile(MAKE);
    const closed = [];
    const below = (name) => (typeof name === 'string' ? path.join(dir, name) : name);
    const node = Object.fromEntries(
      ['openSync', 'lstatSync', 'readdirSync', 'mkdirSync', 'unlinkSync', 'readlinkSync', 'fstatSync', 'writeSync', 'ftruncateSync'].map((name) => [
        name,
        (first, ...rest) => fs[name](below(first), ...rest),
      ]),
    );
    node.closeSync = (fd) => (closed.push(fd), fs.closeSync(fd));
    const preopen = (filesystem) => [{ guest: '/', host: 'memory', filesystem, file: false, readOnly: false, specialFiles: false }];

    const provider = mount(node);
    const made = await start(program, { preopens: preopen(provider) }).ended;
    assert.deepEqual([made.kind, made.code], ['exit', 0]);
    assert.deepEqual(fs.readdirSync(dir), ['new']);
    assert.equal(closed.length, 1, 'what a guest leaves open is closed before it is over');

    const overlay = native.overlay(provider, false, native.memory(1e6, 100));
    overlay.hooks = provider;
    fs.unlinkSync(path.join(dir, 'new'));
    assert.equal((await start(program, { preopens: preopen(overlay) }).ended).code, 0);
    assert.deepEqual(fs.readdirSync(dir), []);
    assert.deepEqual(overlay.changes().changes.slice(0, 1), ['/new']);

    // What is none of a filesystem's errors ends the guest.
    const wrong = new Proxy({}, {});
    node.openSync = () => {
      throw wrong;
    };
    const failed = await start(program, { preopens: preopen(provider) }).ended;
    assert.equal(failed.kind, 'host');
    assert.equal(failed.error, wrong);
  });

  test('a stream written in JavaScript is refused', { skip }, async () => {
    const program = await compile(SAY);
    const hook = () => {};
    const stream = native.hookStream(hook, new Uint8Array(64), false, false);
    assert.throws(() => start(program, { stdio: [native.nullStream(), stream, native.nullStream()] }), { code: 'UVWASI_ENOTSUP' });
  });

  test('the environment ends while a guest runs: terminate()', { skip, timeout: 60_000 }, async () => {
    for (const what of ['spin', 'promise', 'busy']) {
      const worker = new Worker(__filename, { argv: [what] });
      await new Promise((resolve) => worker.once('message', resolve));
      await worker.terminate();
    }
    // This one is as it was.
    assert.equal((await start(await compile(module_([]))).ended).kind, 'exit');
  });

  test('the process ends while a guest runs, and not before', { skip, timeout: 60_000 }, () => {
    const exits = spawnSync(process.execPath, [__filename, 'exits'], { encoding: 'utf8', timeout: 30_000 });
    assert.equal(exits.stdout, 'over\n', exits.stderr);
    assert.equal(exits.status, 3);
  });
} else if (process.argv[2] === 'exits') {
  // The event loop lives as long as a run, and nothing longer.
  compile(ASK).then(async (program) => {
    await start(program, { hooks: { call: () => [0] } }).ended;
    const spin = await compile(SPIN);
    start(spin);
    process.stdout.write('over\n', () => process.exit(3));
  });
} else {
  compile(process.argv[2] === 'spin' ? SPIN : ASK).then((program) => {
    const call = () => {
      parentPort.postMessage('called');
      if (process.argv[2] === 'busy') for (;;);
      return new Promise(() => {});
    };
    start(program, { hooks: { call } });
    if (process.argv[2] === 'spin') parentPort.postMessage('begun');
  });
}
