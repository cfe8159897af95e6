'use strict';
// Workers: a guest in each, and one that blocks does not hold up its end.
const assert = require('node:assert/strict');
const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const net = require('node:net');
const path = require('node:path');
const { Worker } = require('node:worker_threads');
const { both, ours } = require('./helpers/both');
const why = require('./helpers/why');

const LIMIT = 250;
const guestFile = path.join(__dirname, 'guests/blocked.wasm');

const code = `
  const { WASI } = require(process.env.SPECIFIER);
  const { workerData, parentPort } = require('node:worker_threads');
  const module = new WebAssembly.Module(require('node:fs').readFileSync(workerData.file));
  const wasi = new WASI({ version: 'preview1', ...workerData.options });
  parentPort.postMessage({ sockets: wasi.sockets });
  parentPort.postMessage({ code: wasi.start(new WebAssembly.Instance(module, wasi.getImportObject())) });`;

// Starts the guest "blocked" in a Worker, gives it the time to block, ends it; answers how long that took.
async function endBlocked(host, call, { options = {}, args = [], connect = false } = {}) {
  const errors = path.join(host.tmp(), 'stderr');
  const stderr = fs.openSync(errors, 'w');
  const worker = new Worker(code, {
    eval: true,
    env: { ...process.env, SPECIFIER: host.specifier },
    workerData: { file: guestFile, options: { args: ['blocked', call, ...args], stderr, ...options } },
  });
  let socket;
  try {
    const messages = [];
    worker.on('message', (message) => messages.push(message));
    worker.on('error', (error) => messages.push({ error }));
    const until = async (ready) => {
      for (const end = Date.now() + 10000; !ready() && Date.now() < end;) await new Promise((resolve) => setTimeout(resolve, 5));
      assert.ok(ready(), `the guest got there: ${JSON.stringify(messages)}`);
    };
    await until(() => messages.length > 0 && fs.readFileSync(errors, 'utf8') === 'x');
    if (connect) {
      socket = net.connect(messages[0].sockets[0].port, '127.0.0.1').pause();
      await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject));
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
    assert.equal(messages.length, 1, 'the guest is still in its call');
    const start = process.hrtime.bigint();
    await worker.terminate();
    const took = Number(process.hrtime.bigint() - start) / 1e6;
    assert.equal(fs.readFileSync(errors, 'utf8'), 'x');
    return took;
  } finally {
    socket?.destroy();
    await worker.terminate();
    fs.closeSync(stderr);
  }
}

// A pipe that nobody writes to, and one that is full.
function pipes(host) {
  const dir = host.tmp();
  const open = (name) => {
    execFileSync('mkfifo', [path.join(dir, name)]);
    const keep = fs.openSync(path.join(dir, name), fs.constants.O_RDWR | fs.constants.O_NONBLOCK);
    const reader = fs.openSync(path.join(dir, name), 'r');
    const writer = fs.openSync(path.join(dir, name), 'w');
    host.t.after(() => [keep, reader, writer].forEach((fd) => fs.closeSync(fd)));
    return { keep, reader, writer };
  };
  const full = open('full');
  try {
    for (;;) fs.writeSync(full.keep, Buffer.alloc(4096));
  } catch (error) {
    assert.equal(error.code, 'EAGAIN');
  }
  return { empty: open('empty'), full };
}

const cases = [
  ['poll_oneoff of a clock', 'poll'],
  ['poll_oneoff of an empty pipe', 'poll_read', (host) => ({ options: { stdin: pipes(host).empty.reader } })],
  ['fd_read of an empty pipe', 'read', (host) => ({ options: { stdin: pipes(host).empty.reader } })],
  ['fd_write to a full pipe', 'write', (host) => ({ options: { stdout: pipes(host).full.writer } })],
  ['sock_accept', 'accept', () => ({ options: { sockets: ['127.0.0.1:0'] }, args: ['3'] })],
  ['sock_recv', 'recv', () => ({ options: { sockets: ['127.0.0.1:0'] }, args: ['3'], connect: true })],
  ['sock_send that nobody reads', 'send', () => ({ options: { sockets: ['127.0.0.1:0'] }, args: ['3'], connect: true })],
  ['random_get of more than a gigabyte', 'random'],
  ['fd_readdir of a long directory, again and again', 'readdir', (host) => {
    const dir = host.tmp();
    for (let i = 0; i < 1500; i++) fs.writeFileSync(path.join(dir, `${i}`), '');
    return { options: { preopens: { '/sandbox': dir } } };
  }],
  ['no call at all', 'spin'],
];

for (const [title, call, prepare = () => ({})] of cases) {
  ours(`terminate() ends a guest in ${title}`, async (host) => {
    // Another program may take the processor for a moment: the best of three counts.
    const given = prepare(host);
    let best = Infinity;
    for (let attempt = 0; attempt < 3 && best > LIMIT; attempt++) best = Math.min(best, await endBlocked(host, call, given));
    assert.ok(best <= LIMIT, `${best} ms`);
  });
}

both('a WASI in each of several Workers, at the same time', async (host) => {
  const files = path.join(__dirname, 'guests/exit_code.wasm');
  const codes = await Promise.all([11, 12, 13].map((number) => new Promise((resolve, reject) => {
    const worker = new Worker(code, {
      eval: true,
      env: { ...process.env, SPECIFIER: host.specifier, NODE_NO_WARNINGS: '1' },
      workerData: { file: files, options: { args: ['exit_code', `${number}`] } },
    });
    worker.on('message', (message) => {
      if ('code' in message) resolve(message.code);
    });
    worker.on('error', reject);
  })));
  assert.deepEqual(codes, [11, 12, 13]);
});

ours('returnOnExit: false ends a Worker, not the process', why.workerExit, async (host) => {
  const worker = new Worker(code, {
    eval: true,
    env: { ...process.env, SPECIFIER: host.specifier },
    workerData: { file: path.join(__dirname, 'guests/exit_code.wasm'), options: { args: ['exit_code', '5'], returnOnExit: false } },
  });
  worker.on('message', (message) => assert.ok(!('code' in message)));
  assert.equal(await new Promise((resolve) => worker.once('exit', resolve)), 5);
});

ours('a process with a blocked Worker ends', async (host) => {
  const { child } = require('./helpers/child');
  const { status } = await child(`
    const { Worker } = require('node:worker_threads');
    process.env.SPECIFIER = ${JSON.stringify(host.specifier)};
    new Worker(${JSON.stringify(code)}, { eval: true, workerData: { file: ${JSON.stringify(guestFile)}, options: { args: ['blocked', 'poll'] } } });
    setTimeout(() => process.exit(6), 300);`, { timeout: 10000 });
  assert.equal(status, 6);
});
