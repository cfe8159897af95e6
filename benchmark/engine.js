'use strict';

// The rows of guests off the JavaScript thread: `run` and `spawn` of the build with the engine, beside node:wasi in the main thread.
// Figures are CPU time of all threads; what is waited for, or needs more than one core, is timed on the clock, and its title says so.

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { Worker } = require('node:worker_threads');
const { LINE, ruby } = require('./ruby');

const bytes = (name) => fs.readFileSync(path.join(__dirname, 'guests', `${name}.wasm`));
const modules = (name) => new WebAssembly.Module(bytes(name));
const devNull = () => fs.openSync('/dev/null', 'w');

function succeed(code) {
  if (code !== 0) throw new Error(`exit code ${code}`);
}

/** Runs a program in this thread. */
function start(WASI, module, options) {
  const wasi = new WASI({ version: 'preview1', ...options });
  return wasi.start(new WebAssembly.Instance(module, wasi.getImportObject()));
}

/** CPU time of `work`, nanoseconds, all threads included. */
async function cpuOf(work) {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) * 1000;
}

/** Time of `work` on the clock, nanoseconds. */
async function timeOf(work) {
  const before = process.hrtime.bigint();
  await work();
  return Number(process.hrtime.bigint() - before);
}

/** The loops of guests/loops.wat, in its order. */
const LOOPS = ['clock_time_get', 'fd_write', 'fd_read', 'path_open'];

/** A call that a guest makes in a loop of its own. What it takes to start the guest is measured too, and taken off. */
function call(name, title, target) {
  async function figure({ load, contender, fixture, budget }) {
    const loop = await (contender === 'preopen' ? engineLoop : threadLoop)(name, load(), fixture);
    let n = 1024;
    // V8 replaces the loop's first code between two of them, never within.
    for (let warm = 0; warm < budget * 0.3;) {
      const took = await cpuOf(() => loop(n));
      warm += took;
      if (took < budget * 0.05) n *= 2;
    }
    const [many, one] = [[], []];
    for (let spent = 0; spent < budget * 0.7; spent += many.at(-1)) {
      many.push(await cpuOf(() => loop(n)));
      one.push(await cpuOf(() => loop(1)));
    }
    return { figure: (Math.min(...many) - Math.min(...one)) / (n - 1), calls: n };
  }
  return { name: `engine_${name}`, kind: 'engine', title, unit: 'ns', target, figure };
}

async function engineLoop(name, { compile, run }, fixture) {
  const module = await compile(bytes('loops'), { engine: 'cranelift' });
  const stdout = devNull();
  return async (n) => {
    const args = ['loops', String(LOOPS.indexOf(name)), String(n)];
    const { exitCode } = await run(module, { args, preopens: { '/': fixture }, stdout });
    succeed(exitCode);
  };
}

/** The same loops (guests/calls.wat) called one by one: V8's best code, and no start at all. */
function threadLoop(name, { WASI }, fixture) {
  const wasi = new WASI({ version: 'preview1', args: ['guest', 'argument'], preopens: { '/': fixture }, stdout: devNull() });
  const instance = new WebAssembly.Instance(modules('calls'), wasi.getImportObject());
  wasi.initialize(instance);
  succeed(instance.exports.setup());
  return (n) => succeed(instance.exports[name](n));
}

/** A program from its start to the settled promise. `source` answers what `run` is given, and its options. */
function program(guest, name, title, limits, source) {
  async function prepare({ load, contender, fixture }) {
    const options = { args: [guest], env: { LANG: 'C' }, stdout: devNull() };
    if (contender === 'node:wasi') {
      const { WASI } = load();
      const module = modules(guest);
      return (n) => {
        for (let i = 0; i < n; i++) succeed(start(WASI, module, options));
      };
    }
    const { compile, run } = load();
    const [module, more] = await source(compile, fixture);
    return async (n) => {
      for (let i = 0; i < n; i++) succeed((await run(module, { ...options, ...more })).exitCode);
    };
  }
  return { name: `engine_${name}`, kind: 'engine', title, unit: 'ns', weight: 3, prepare, ...limits };
}

const compiled = (guest) => async (compile) => [await compile(bytes(guest), { engine: 'cranelift' }), {}];

const uncached = () => [bytes('hello'), { engine: 'singlepass' }];

function cached(_compile, fixture) {
  return [bytes('hello'), { engine: 'cranelift', cache: cacheIn(fixture) }];
}

/** A cache must be the user's own, and outlives the process. */
function cacheIn(fixture) {
  const folder = path.join(fixture, 'cache');
  fs.mkdirSync(folder, { recursive: true, mode: 0o700 });
  return folder;
}

const MANY = 100;

/** A hundred short guests, from the first one's start to the last one's end. */
function many(name, title, other, target) {
  const ways = {
    async 'node:wasi'({ WASI }) {
      const module = modules('compute');
      return () => {
        for (let i = 0; i < MANY; i++) succeed(start(WASI, module, {}));
      };
    },
    async Worker() {
      const workerData = modules('compute');
      // As many at once as there are cores, as in the pool.
      const cores = os.availableParallelism();
      return () => Promise.all(Array.from({ length: cores }, async (_, lane) => {
        for (let i = lane; i < MANY; i += cores) succeed(await inWorker(workerData));
      }));
    },
    async preopen({ compile, run }) {
      const module = await compile(bytes('compute'), { engine: 'cranelift' });
      return () => Promise.all(Array.from({ length: MANY }, async () => succeed((await run(module)).exitCode)));
    },
  };
  async function figure({ load, contender }) {
    const all = await ways[contender](load());
    await all();
    return { figure: await timeOf(all) / MANY };
  }
  return { name: `engine_many_${name}`, kind: 'engine', title, unit: 'ns', target, contenders: [other, 'preopen'], figure };
}

const WORKER = `
  const { WASI } = require('node:wasi');
  const wasi = new WASI({ version: 'preview1' });
  process.exitCode = wasi.start(new WebAssembly.Instance(require('node:worker_threads').workerData, wasi.getImportObject()));
`;

function inWorker(workerData) {
  return new Promise((resolve, reject) => {
    new Worker(WORKER, { eval: true, workerData }).on('error', reject).on('exit', resolve);
  });
}

const kill = {
  name: 'engine_kill', kind: 'engine', title: 'engine: kill to settled, the 99th of 100, on the clock', unit: 'ns', target: 50e6, absolute: true, contenders: ['preopen'],
  async figure({ load }) {
    const { compile, spawn } = load();
    const module = await compile(bytes('idle'), { engine: 'cranelift' });
    const times = [];
    for (let i = 0; i < 100; i++) {
      // Every other one spins, the others wait.
      const guest = spawn(module, { args: i % 2 === 0 ? ['idle'] : ['idle', 'spin'], stdin: '', stderr: 'capture' });
      await new Promise((resolve) => guest.stdout.once('data', resolve));
      await new Promise((resolve) => setTimeout(resolve, 2));
      times.push(await timeOf(() => (guest.kill(), guest.exited)));
    }
    times.sort((a, b) => a - b);
    return { figure: times[98], median: times[50] };
  },
};

/** How much larger the process is for each: threads, stacks, what JavaScript keeps, and the page of its memory that it touched. */
const idle = {
  name: 'engine_idle', kind: 'engine', title: 'engine: a guest that waits, each of 200, resident', unit: 'bytes', target: 300 * 1024, absolute: true,
  contenders: ['preopen'], flags: ['--expose-gc'],
  async figure({ load }) {
    const { compile, spawn } = load();
    const module = await compile(bytes('idle'), { engine: 'cranelift' });
    await stop(await waiting(spawn, module, 4));
    const before = resident();
    const guests = await waiting(spawn, module, 200);
    const figure = (resident() - before) / guests.length;
    await stop(guests);
    return { figure };
  },
};

/** `count` guests that wait. Each has written its byte, and had time to get to its wait. */
async function waiting(spawn, module, count) {
  const guests = [];
  const began = Array.from({ length: count }, () => new Promise((resolve) => {
    const stdout = (chunk) => resolve(chunk.length);
    guests.push(spawn(module, { args: ['idle'], stdin: '', stdout, stderr: 'capture' }));
  }));
  await Promise.all(began);
  await new Promise((resolve) => setTimeout(resolve, 200));
  return guests;
}

async function stop(guests) {
  for (const guest of guests) guest.kill();
  await Promise.all(guests.map(({ exited }) => exited));
}

function resident() {
  global.gc();
  return process.memoryUsage().rss;
}

/** From the start to the first line of output, of a module that is read from its file: on the clock. */
function firstLine(name, title, target, options) {
  async function figure({ load, contender, fixture, out }) {
    const { file, imports } = ruby(fixture);
    const env = { LANG: 'C.UTF-8' };
    if (contender === 'node:wasi') {
      const { WASI } = load();
      const output = path.join(out, 'stdout');
      const stdout = fs.openSync(output, 'w');
      const figure = await timeOf(async () => {
        const module = await WebAssembly.compile(fs.readFileSync(file));
        const wasi = new WASI({ version: 'preview1', env, stdout });
        succeed(wasi.start(await WebAssembly.instantiate(module, { ...imports, ...wasi.getImportObject() })));
      });
      expectLine(fs.readFileSync(output, 'utf8'));
      return { figure };
    }
    const { run } = load();
    let line = '';
    let ended;
    const figure = await timeOf(() => new Promise((resolve, reject) => {
      const stdout = (chunk) => {
        line += Buffer.from(chunk).toString();
        if (line.endsWith('\n')) resolve();
      };
      ended = run(file, { env, imports, stdout, ...options(fixture) });
      // Without a line the end is what there is to wait for.
      ended.then(resolve, reject);
    }));
    expectLine(line);
    succeed((await ended).exitCode);
    return { figure };
  }
  // One unmeasured run of each makes the module, and fills the cache.
  return { name: `engine_ruby_${name}`, kind: 'engine', title, unit: 'ns', target, rounds: 3, warm: true, packages: true, figure };
}

function expectLine(line) {
  if (line !== LINE) throw new Error(`the script wrote ${JSON.stringify(line)}`);
}

const rows = [
  call('clock_time_get', 'engine: clock_time_get', 2),
  call('fd_write', 'engine: fd_write, 1 B to /dev/null', 1),
  call('fd_read', 'engine: fd_read, 4 KiB', 0.9),
  call('path_open', 'engine: path_open + fd_close', 0.6),
  program('hello', 'hello', 'engine: hello world, compiled before', { target: 1.5e6, absolute: true }, compiled('hello')),
  program('hello', 'hello_cached', '... from a cache on disk', { target: 1.5e6, absolute: true }, cached),
  program('hello', 'hello_uncached', '... uncached, by Singlepass', { target: 4e6, absolute: true }, uncached),
  program('compute', 'compute', 'engine: a guest that computes, by Cranelift', { target: 1.1 }, compiled('compute')),
  many('main', 'engine: 100 guests of 10 ms at once, each, on the clock', 'node:wasi', 0.59),
  many('worker', '... beside a Worker for each', 'Worker', 0.33),
  kill,
  idle,
  firstLine('cached', 'engine: CRuby to its first line, cached, on the clock', 0.7, (fixture) => ({ engine: 'cranelift', cache: cacheIn(fixture) })),
  firstLine('uncached', '... uncached', 1.5, () => ({ engine: 'singlepass' })),
];

module.exports = { rows };
