'use strict';
// The drop-in in other runtimes (Bun, Deno): the least that must work there, and what is known not to.
//
// Runs in the runtime itself: `bun scripts/smoke.js`, `deno run -A scripts/smoke.js`, `node scripts/smoke.js`. A case
// that fails as written down counts as passed; one that works although it is written down fails, so that the list
// stays true.

const assert = require('node:assert');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { Writable } = require('node:stream');
const { Worker } = require('node:worker_threads');

const runtime = process.versions.bun ? 'bun' : process.versions.deno ? 'deno' : 'node';
const root = path.join(__dirname, '..');
const guests = path.join(root, '__test__/guests');

/** Why a case cannot pass in a runtime, by the case's name. */
const KNOWN = {
  bun: {},
  deno: {
    'register replaces it for ES modules': 'module.syncBuiltinESMExports does nothing in Deno; require sees the change',
  },
};

const cases = {
  'the addon loads'() {
    require(root);
  },

  'a command runs, and its exit code comes back'() {
    const { WASI } = require(root);
    const wasi = new WASI({ version: 'preview1', args: ['exit_code', '7'] });
    assert.strictEqual(wasi.start(instantiate('exit_code', wasi)), 7);
  },

  'standard streams are the descriptors that were given'() {
    withFolder((folder) => {
      const input = path.join(folder, 'in');
      fs.writeFileSync(input, 'through the sandbox\n');
      assert.strictEqual(runIn(folder, 'cat', fs.openSync(input)), 'through the sandbox\n20 bytes\n');
    });
  },

  'a text goes in, and what the guest writes is captured'() {
    const wasi = streaming('cat', { stdin: 'through memory', stdout: 'capture', stderr: 'capture' });
    assert.deepStrictEqual([wasi.stdout.text(), wasi.stderr.text(), wasi.stdout.truncated], ['through memory', '14 bytes\n', false]);
  },

  'functions are read and written'() {
    const input = [new Uint8Array([0, 1, 254, 255]), 'text', null];
    const chunks = [];
    streaming('cat', { stdin: () => input.shift(), stdout: (chunk) => chunks.push(chunk), stderr: 'ignore' });
    assert.deepStrictEqual(Buffer.concat(chunks), Buffer.from('\0\x01\xfe\xfftext', 'latin1'));
  },

  'a Writable gets what the guest writes'() {
    const chunks = [];
    const stdout = new Writable({
      write(chunk, encoding, done) {
        chunks.push(chunk);
        done();
      },
    });
    streaming('cat', { stdin: 'text', stdout, stderr: 'ignore' });
    assert.strictEqual(Buffer.concat(chunks).toString(), 'text');
  },

  'what a function throws comes out of start()'() {
    const error = new Error('mine');
    const stdout = () => {
      throw error;
    };
    assert.throws(() => streaming('cat', { stdin: 'text', stdout, stderr: 'ignore' }), (thrown) => thrown === error);
  },

  'a function makes the guest\'s memory grow'() {
    const { WASI } = require(root);
    const memory = new WebAssembly.Memory({ initial: 1 });
    const wasi = new WASI({ version: 'preview1', stdout: () => memory.grow(1) });
    wasi.finalizeBindings({ exports: { memory } });
    for (const written of [3, 4]) {
      new Uint32Array(memory.buffer).set([64, written]);
      assert.strictEqual(wasi.wasiImport.fd_write(1, 0, 1, 32), 0);
      assert.strictEqual(new Uint32Array(memory.buffer)[8], written);
    }
  },

  'a guest works on a preopen, while its memory grows'() {
    withFolder((folder) => {
      assert.strictEqual(runIn(folder, 'grow', 0), 'right: 1, pages grown: 1\n');
      assert.ok(fs.statSync(path.join(folder, 'file')).size > 1 << 20);
    });
  },

  'a reactor initializes'() {
    const { WASI } = require(root);
    const wasi = new WASI({ version: 'preview1' });
    wasi.initialize(instantiate('reactor', wasi));
  },

  'a guest of preview0 runs'() {
    const { WASI } = require(root);
    withFolder((folder) => {
      const output = path.join(folder, 'out');
      const wasi = new WASI({ version: 'unstable', preopens: { '/sandbox': folder }, stdout: fs.openSync(output, 'w') });
      assert.strictEqual(wasi.start(instantiate('preview0', wasi)), 9);
      assert.match(fs.readFileSync(output, 'utf8'), /size 10/);
    });
  },

  'a trap is a RuntimeError'() {
    const { WASI } = require(root);
    const wasi = new WASI({ version: 'preview1' });
    assert.throws(() => wasi.start(instantiate('abort', wasi)), WebAssembly.RuntimeError);
  },

  'a shared memory serves'() {
    const { WASI } = require(root);
    const wasi = new WASI({ version: 'preview1', args: ['a', 'bc'] });
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 2, shared: true });
    wasi.finalizeBindings({ exports: {} }, { memory });
    assert.strictEqual(wasi.wasiImport.args_sizes_get(0, 4), 0);
    assert.deepStrictEqual([...new Uint32Array(memory.buffer, 0, 2)], [2, 5]);
  },

  'a memory that is none is refused'() {
    const { WASI } = require(root);
    const wasi = new WASI({ version: 'preview1' });
    assert.throws(() => wasi.finalizeBindings({ exports: { memory: {} } }), { code: 'ERR_INVALID_ARG_TYPE' });
  },

  'a call before the start is refused'() {
    const { WASI } = require(root);
    assert.throws(() => new WASI({ version: 'preview1' }).wasiImport.sched_yield(), { code: 'ERR_WASI_NOT_STARTED' });
  },

  'register replaces the built-in class'() {
    require(path.join(root, 'lib/register.js'));
    assert.strictEqual(require('node:wasi').WASI, require(root).WASI);
  },

  async 'register replaces it for ES modules'() {
    require(path.join(root, 'lib/register.js'));
    assert.strictEqual((await import('node:wasi')).WASI, require(root).WASI);
  },

  async 'a guest that sleeps is suspended'() {
    if (withoutSuspending()) return;
    const { WASI } = require(root);
    let ticks = 0;
    const timer = setInterval(() => ticks++, 5);
    const wasi = new WASI({ version: 'preview1', args: ['sleep', '100', '6'], stdout: 'capture' });
    const began = performance.now();
    assert.strictEqual(await wasi.startAsync(instantiate('sleep', wasi)), 6);
    assert.ok(performance.now() - began >= 100);
    clearInterval(timer);
    assert.strictEqual(wasi.stdout.text(), 'slept\n');
    assert.ok(ticks > 5);
  },

  async 'a guest that waits for a descriptor is suspended'() {
    if (withoutSuspending()) return;
    const { WASI } = require(root);
    const wasi = new WASI({ version: 'preview1', args: ['echo_server', '3', '1'], sockets: ['127.0.0.1:0'], stdout: 'capture' });
    const runs = wasi.startAsync(instantiate('echo_server', wasi));
    const answer = await new Promise((resolve, reject) => {
      const client = require('node:net').connect(wasi.sockets[0].port, '127.0.0.1', () => setTimeout(() => client.end('hello'), 20));
      client.on('data', (chunk) => resolve(String(chunk))).on('error', reject);
    });
    assert.strictEqual(answer, 'HELLO');
    assert.strictEqual(await runs, 0);
    // The thread that waited goes, too; what the runtime has started meanwhile is its own.
    await new Promise((resolve) => setTimeout(resolve, 200));
    const names = fs.readdirSync('/proc/self/task').map((task) => fs.readFileSync(`/proc/self/task/${task}/comm`, 'utf8').trim());
    assert.ok(!names.includes('preopen-poll'), String(names));
  },

  async 'a guest reads a Readable, and waits for a slow Writable'() {
    if (withoutSuspending()) return;
    const { WASI } = require(root);
    const { Readable, Writable } = require('node:stream');
    const chunks = [];
    const stdout = new Writable({
      highWaterMark: 4,
      write(chunk, _encoding, done) {
        chunks.push(chunk);
        setTimeout(done, 5);
      },
    });
    async function* slowly() {
      for (const word of ['one ', 'two ', 'three']) {
        await new Promise((resolve) => setTimeout(resolve, 5));
        yield word;
      }
    }
    const wasi = new WASI({ version: 'preview1', args: ['cat'], stdin: Readable.from(slowly()), stdout, stderr: 'ignore' });
    assert.strictEqual(await wasi.startAsync(instantiate('cat', wasi)), 0);
    await new Promise((resolve) => stdout.end(resolve));
    assert.strictEqual(Buffer.concat(chunks).toString(), 'one two three');
  },

  async 'a guest that fails rejects, and one that is closed goes on'() {
    if (withoutSuspending()) return;
    const { WASI } = require(root);
    const failing = new WASI({ version: 'preview1' });
    await assert.rejects(failing.startAsync(instantiate('abort', failing)), WebAssembly.RuntimeError);
    const waits = new WASI({ version: 'preview1', args: ['echo_server', '3', '1'], sockets: ['127.0.0.1:0'], stdout: 'capture' });
    setTimeout(() => waits.close(), 20);
    await waits.startAsync(instantiate('echo_server', waits));
  },

  async 'a Worker whose guest waits is terminated'() {
    // A guest that waits for a minute on the monotonic clock: one subscription at 0, its event at 64.
    const source = `
      const { parentPort, workerData } = require('node:worker_threads');
      const { WASI } = require(workerData);
      const wasi = new WASI({ version: 'preview1' });
      const memory = new WebAssembly.Memory({ initial: 1 });
      wasi.finalizeBindings({ exports: { memory } });
      const view = new DataView(memory.buffer);
      view.setUint32(16, 1, true);
      view.setBigUint64(24, 60_000_000_000n, true);
      parentPort.postMessage('waits');
      wasi.wasiImport.poll_oneoff(0, 64, 1, 128);`;
    const worker = new Worker(source, { eval: true, workerData: root });
    await new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject));
    const started = performance.now();
    await worker.terminate();
    assert.ok(performance.now() - started < 1000);
  },

  'a missing preopen is told as node:wasi tells it'() {
    const { WASI } = require(root);
    assert.throws(() => new WASI({ version: 'preview1', preopens: { '/': '/none' } }), { code: 'UVWASI_ENOENT', errno: 44 });
  },

  'a wrong option is told as node:wasi tells it'() {
    const { WASI } = require(root);
    assert.throws(() => new WASI({ version: 'preview1', args: 'a' }), { name: 'TypeError', code: 'ERR_INVALID_ARG_TYPE' });
  },

  'close releases the descriptors'() {
    const { WASI } = require(root);
    const before = fs.readdirSync('/proc/self/fd').length;
    for (let i = 0; i < 20; i++) new WASI({ version: 'preview1', preopens: { '/': os.tmpdir() } }).close();
    assert.ok(fs.readdirSync('/proc/self/fd').length < before + 20);
  },
};

/** Whether the runtime has no JavaScript Promise Integration: Node before 24.20. */
function withoutSuspending() {
  return runtime === 'node' && typeof WebAssembly.Suspending !== 'function';
}

function instantiate(name, wasi) {
  const module = new WebAssembly.Module(fs.readFileSync(path.join(guests, `${name}.wasm`)));
  return new WebAssembly.Instance(module, wasi.getImportObject());
}

/** Runs a guest to its end. */
function streaming(name, options) {
  const { WASI } = require(root);
  const wasi = new WASI({ version: 'preview1', args: [name], ...options });
  assert.strictEqual(wasi.start(instantiate(name, wasi)), 0);
  return wasi;
}

/** Runs a guest over a folder, and returns what it printed. */
function runIn(folder, name, stdin) {
  const { WASI } = require(root);
  const output = path.join(folder, 'out');
  const stdout = fs.openSync(output, 'w');
  const wasi = new WASI({ version: 'preview1', args: [name], preopens: { '/sandbox': folder }, stdin, stdout, stderr: stdout });
  assert.strictEqual(wasi.start(instantiate(name, wasi)), 0);
  return fs.readFileSync(output, 'utf8');
}

function withFolder(use) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'preopen-smoke-'));
  try {
    use(folder);
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
}

/** @returns {Promise<boolean>} whether a case came out as expected */
async function runCase(name, test) {
  const known = KNOWN[runtime]?.[name];
  let error;
  try {
    await test();
  } catch (thrown) {
    error = thrown;
  }
  if (error === undefined && known === undefined) {
    console.log(`ok      ${name}`);
  } else if (error !== undefined && known !== undefined) {
    console.log(`known   ${name}: ${known}`);
  } else {
    console.log(`FAILED  ${name}: ${error === undefined ? 'works now: take it off the list' : error.stack}`);
    return false;
  }
  return true;
}

async function main() {
  let expected = 0;
  const all = Object.entries(cases);
  for (const [name, test] of all) expected += await runCase(name, test);
  console.log(`${runtime}: ${expected} as expected, ${all.length - expected} not`);
  process.exitCode = expected === all.length ? 0 : 1;
}

main();
