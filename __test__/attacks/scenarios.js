'use strict';
// Attacks that take two programs, or that are judged by how the program ends. Each plays in a world (worlds.js), and answers in `why`
// what was not contained, in words. `host`: the class and the module's name of the WASI that is attacked.
const { spawn } = require('node:child_process');
const { once } = require('node:events');
const fs = require('node:fs');
const inspector = require('node:inspector');
const os = require('node:os');
const path = require('node:path');
const { Worker } = require('node:worker_threads');
const preopen = require('../..');
const { readCases } = require('../helpers/cases');
const { compiled, moduleOf, runProgram } = require('./run.js');

const ROOT = path.join(__dirname, '../..');
const RACE_MS = 150;
/** What is to be ended may take this long to end: long enough for a slow machine, and no for ever. */
const PATIENCE_MS = 20_000;
const KEPT = 1 << 20;

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const exitOf = (worker) => new Promise((resolve) => worker.once('exit', resolve));
const messageOf = (worker) => new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject));

/** Names are swapped for links that lead out, while the guest opens them: by a guest beside it, or in V8 by a thread of the host's. */
const race = {
  world: { swaps: true },
  async play(engine, { args, preopens, filesystem, places }, kind, host) {
    const arrange = (program) => [program, '0', ...args, `${RACE_MS}`];
    if (engine === 'engine') {
      const mount = filesystem ?? kind.directory(places.base);
      const [looker, swapper] = await Promise.all([
        runProgram(engine, 'attack_race', { args: arrange('attack_race'), preopens }),
        runProgram(engine, 'attack_swapper', { args: arrange('attack_swapper'), preopens: { '/box': mount } }),
      ]);
      return judge(looker, /^[1-9]\d* swaps$/m.test(swapper.stdout) ? [] : [`nothing was swapped: ${swapper.ended}`]);
    }
    const worker = new Worker(SWAPPER, { eval: true, workerData: { box: places.box, stop: new SharedArrayBuffer(4) } });
    const stopped = exitOf(worker);
    const stop = new Int32Array(await messageOf(worker));
    const looker = await runProgram(engine, 'attack_race', { args: arrange('attack_race'), preopens }, host);
    Atomics.store(stop, 0, 1);
    await stopped;
    return judge(looker, []);
  },
};

const SWAPPER = `
  const { parentPort, workerData: { box, stop } } = require('node:worker_threads');
  const fs = require('node:fs');
  const rename = (from, to) => { try { fs.renameSync(box + '/' + from, box + '/' + to); } catch {} };
  const flag = new Int32Array(stop);
  for (let rounds = 0; Atomics.load(flag, 0) === 0; rounds++) {
    for (const name of ['d', 'f']) {
      rename(name, name + '.real'); rename(name + '.link', name);
      rename(name, name + '.link'); rename(name + '.real', name);
    }
    if (rounds === 0) parentPort.postMessage(stop);
  }`;

function judge({ stdout, ended, held }, why) {
  const { cases, done } = readCases(stdout);
  if (!done || ended !== 'exit code 0') why.push(`the program ended early: ${ended}`);
  return { stdout, held, why: [...why, ...cases.flatMap(({ failures }) => failures)] };
}

/** Another thread of the guest's rewrites what a call was given. */
const shared = {
  async play(engine, { preopens }, kind, host) {
    const options = { args: ['attack_shared'], preopens };
    if (engine === 'engine') return judgeShared(await runProgram(engine, 'attack_shared', options));
    const memory = new WebAssembly.Memory({ initial: 4, maximum: 4, shared: true });
    const worker = new Worker(SECOND_THREAD, { eval: true, workerData: { module: moduleOf('attack_shared'), memory } });
    const stopped = exitOf(worker);
    // The guest sees that it goes by the flag at 4, which it waits for.
    await new Promise((resolve, reject) => worker.once('online', resolve).once('error', reject));
    // A thread that the host has started already.
    const imports = { env: { memory }, wasi: { 'thread-spawn': () => 1 } };
    const outcome = await runProgram(engine, 'attack_shared', { ...options }, { ...host, imports });
    Atomics.store(new Int32Array(memory.buffer), 0, 0);
    await stopped;
    return judgeShared(outcome);
  },
};

// It begins when the first thread has said that it may go on.
const SECOND_THREAD = `
  const { workerData: { module, memory } } = require('node:worker_threads');
  const none = () => 0;
  const wasi_snapshot_preview1 = new Proxy({}, { get: () => none });
  const instance = new WebAssembly.Instance(module, { wasi_snapshot_preview1, env: { memory }, wasi: { 'thread-spawn': none } });
  const words = new Int32Array(memory.buffer);
  Atomics.wait(words, 0, 0, 5000);
  instance.exports.wasi_thread_start(1, 0);`;

function judgeShared({ ended, held }) {
  // 2: the second thread was always on the outside's side. It reached nothing.
  const why = ended === 'exit code 0' || ended === 'exit code 2' ? [] : [ended === 'exit code 1' ? 'the outside was read' : ended];
  return { held, why };
}

/** Every signal that preview1 has, and numbers that are none. */
const signals = {
  async play(engine, place, kind, host) {
    const why = [];
    for (const signal of [...Array(32).keys(), 255, -1]) {
      const { ended, stdout } = await runProgram(engine, 'raise', { args: ['raise', `${signal}`] }, host);
      const passed = ended === `exit code ${128 + signal}` || ended === 'signal' || /^still here/m.test(stdout) || ended === 'exit code 0';
      if (!passed) why.push(`signal ${signal}: ${ended}`);
    }
    if (inspector.url() !== undefined) why.push('the inspector was opened');
    return { why };
  },
};

/** Streams that are the host's own, files that it writes itself: in a process that has such ones. */
const stdio = {
  async play(engine, place, kind, host) {
    const why = [];
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'preopen-attack-'));
    for (const flags of ['a+', 'w+']) {
      const [input, log, errors] = ['input', `log-${flags}`, `errors-${flags}`].map((name) => path.join(folder, name));
      fs.writeFileSync(input, 'the host\'s\n');
      const streams = [fs.openSync(input, 'r+'), fs.openSync(log, flags), fs.openSync(errors, flags)];
      const request = { engine, specifier: host?.specifier ?? ROOT, file: path.join(ROOT, '__test__/guests/attack_stdio.wasm') };
      const child = spawn(process.execPath, ['--no-warnings', '-e', HOST_WITH_LOGS, JSON.stringify(request)], { stdio: streams });
      const [code, signal] = await once(child, 'close');
      streams.forEach((fd) => fs.closeSync(fd));
      if (code !== 0) why.push(`${flags}: ${signal ?? `exit code ${code}`}`);
      for (const file of [log, errors]) {
        const text = fs.readFileSync(file, 'latin1');
        if (text !== 'the host\'s\nthe guest\'s\nthe host\'s\n') why.push(`${path.basename(file)} has ${text.length} bytes, ${JSON.stringify(text.slice(0, 50))}`);
      }
      if (fs.readFileSync(input, 'utf8') !== 'the host\'s\n') why.push('the input has changed');
    }
    fs.rmSync(folder, { recursive: true });
    return { why };
  },
};

// It writes before and after the guest; 255 is that the flags of the open files are not what they were.
const HOST_WITH_LOGS = `
  const fs = require('node:fs');
  const { engine, specifier, file } = JSON.parse(process.argv[1]);
  const flags = () => [0, 1, 2].map((fd) => /^flags:.*$/m.exec(fs.readFileSync('/proc/self/fdinfo/' + fd, 'utf8'))[0]).join();
  const say = () => [1, 2].forEach((fd) => fs.writeSync(fd, "the host's\\n"));
  const { WASI, run } = require(specifier);
  const before = flags();
  const inV8 = () => {
    const wasi = new WASI({ version: 'preview1', returnOnExit: true });
    return wasi.start(new WebAssembly.Instance(new WebAssembly.Module(fs.readFileSync(file)), wasi.getImportObject()));
  };
  const offTheThread = async () => (await run(file, { engine: 'singlepass', stdin: 0, stdout: 'inherit', stderr: 'inherit' })).exitCode;
  (async () => {
    say();
    const code = await (engine === 'engine' ? offTheThread() : inV8());
    say();
    process.exitCode = flags() === before ? code : 255;
  })();`;

/** Output without end is kept up to a limit. */
const output = {
  async play(engine) {
    if (engine === 'engine') {
      const { reason, stdout, stderr } = await preopen.run(await compiled('attack_output'), { maxOutput: KEPT });
      return { why: reason === 'output' && stdout.length <= KEPT && stderr.length <= KEPT ? [] : [`${reason} after ${stdout.length} and ${stderr.length} bytes`] };
    }
    const [stdout, stderr] = [1, 2].map(() => new preopen.CapturedOutput({ limit: KEPT }));
    const { ended } = await runProgram(engine, 'attack_output', { stdout, stderr });
    const kept = [stdout, stderr].map((one) => one.bytes().length);
    return { why: ended === 'exit code 0' && stdout.truncated && kept.every((length) => length <= KEPT) ? [] : [`${ended}: ${kept} bytes are kept`] };
  },
};

/** Ends a guest that does not end: by its time in the engine, with its Worker in V8. */
async function end(engine, name, args, { version = 'preview1', host } = {}) {
  const since = Date.now();
  let how;
  if (engine === 'engine') how = (await preopen.run(await compiled(name), { args, timeout: 100 })).reason;
  else {
    const worker = new Worker(GUEST, { eval: true, workerData: { module: moduleOf(name), args, version, specifier: host?.specifier ?? ROOT } });
    await messageOf(worker);
    await pause(50);
    how = await Promise.race([worker.terminate().then(() => 'timeout'), pause(PATIENCE_MS).then(() => 'it goes on')]);
  }
  return how === 'timeout' && Date.now() - since < PATIENCE_MS ? [] : [`${name} ${args.slice(1)}: ${how} after ${Date.now() - since} ms`];
}

const GUEST = `
  const { parentPort, workerData: { module, args, version, specifier } } = require('node:worker_threads');
  const wasi = new (require(specifier).WASI)({ version, args });
  const instance = new WebAssembly.Instance(module, wasi.getImportObject());
  parentPort.postMessage('begins');
  wasi.start(instance);`;

const forever = {
  async play(engine, place, kind, host) {
    const ends = await Promise.all(['spin', 'sleep', 'yield', 'random'].map((how) => end(engine, 'attack_forever', ['attack_forever', how], { host })));
    return { why: ends.flat() };
  },
};

const poll0 = {
  play: async (engine, place, kind, host) => ({ why: await end(engine, 'attack_poll0', ['attack_poll0'], { version: 'unstable', host }) }),
};

/** Tables that begin large, or are grown: they are the host's memory. V8 has limits of its own. */
const tables = {
  async play(engine) {
    const why = [];
    const { ended } = await runProgram(engine, 'attack_tables', { timeout: PATIENCE_MS });
    if (ended !== 'exit code 0') why.push(`tables that grow: ${ended}`);
    const { ended: refusal } = await runProgram(engine, 'attack_huge_table', {});
    if (!/tables begin with 4294967295 elements/.test(refusal)) why.push(`a table that begins large: ${refusal}`);
    return { why };
  },
};

module.exports = { forever, output, poll0, race, shared, signals, stdio, tables };
