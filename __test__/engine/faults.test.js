'use strict';
// What the engine must leave alone: signals, V8's own guests, Workers, and how a process ends.
const assert = require('node:assert/strict');
const path = require('node:path');
const { child } = require('../helpers/child');
const { engine } = require('../helpers/engine');

const tools = `
  const assert = require('node:assert/strict');
  const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
  async function until(condition, what) {
    for (const end = Date.now() + 20_000; !condition(); await sleep(5)) if (Date.now() > end) throw new Error('never: ' + what);
  }
`;
const prelude = `${tools}
  const preopen = require(${JSON.stringify(path.join(__dirname, '../..'))});
  const guests = ${JSON.stringify(path.join(__dirname, '../guests'))};
  const module_ = (name) => preopen.compile(guests + '/' + name + '.wasm', { engine: 'singlepass' });
  /** A guest that has begun to spin, or to sleep. */
  async function begun(how) {
    let said = false;
    const guest = preopen.spawn(await module_('blocked'), { args: ['blocked', how], stderr: () => { said = true; } });
    await until(() => said, 'it begins');
    return guest;
  }
  async function killed(guest) {
    assert.equal(guest.reason, null);
    guest.kill();
    assert.equal((await guest.exited).reason, 'killed');
  }
  // (memory 1) (func (export "_start") (drop (i32.load (i32.const -1))))
  const beyond = Buffer.from('0061736d01000000010401600000030201000503010001071302066d656d6f72790200065f737461727400000a0a010800417f2802001a0b', 'hex');
`;

/** Runs text as an async function in a process of its own, and answers how that ended. */
const alone = (text, { before = prelude, ...options } = {}) => child(`${before}(async () => {${text}})();`, options);

/** As above; the process must end by itself, well, and say what is expected. */
async function passes(text, said = 'done\n', options) {
  const { status, signal, stdout, stderr } = await alone(text, options);
  assert.deepEqual([status, signal, stdout], [0, null, said], stderr);
  return stderr;
}

engine('SIGUSR1 starts the debugger, and the guest goes on', async () => {
  const stderr = await passes(`
    const guest = await begun('spin');
    const url = () => require('node:inspector').url();
    assert.equal(url(), undefined);
    process.kill(process.pid, 'SIGUSR1');
    await until(url, 'the debugger listens');
    await sleep(50);
    await killed(guest);
    await killed(await begun('spin'));
    require('node:inspector').close();
    console.log('done');`, 'done\n', { flags: ['--inspect-port=127.0.0.1:0'] });
  assert.match(stderr, /Debugger listening on/);
});

for (const when of ['before', 'after']) {
  engine(`a handler of SIGUSR1 that was set ${when} the first run gets the signal`, async () => {
    const set = 'process.on("SIGUSR1", () => { got++; });';
    await passes(`
      let got = 0;
      ${when === 'before' ? set : ''}
      await killed(await begun('spin'));
      ${when === 'after' ? set : ''}
      const guests = [await begun('spin'), await begun('poll')];
      for (let i = 1; i <= 3; i++) {
        process.kill(process.pid, 'SIGUSR1');
        await until(() => got === i, 'the signal comes');
      }
      for (const guest of guests) await killed(guest);
      await killed(await begun('spin'));
      assert.equal(require('node:inspector').url(), undefined);
      assert.equal(got, 3);
      console.log('done');`);
  });
}

engine('accesses out of bounds stay errors of V8 in its guests, and traps in the engine’s', async () => {
  await passes(`
    const v8 = () => {
      const { exports } = new WebAssembly.Instance(new WebAssembly.Module(beyond));
      for (let i = 0; i < 100; i++) assert.throws(exports._start, WebAssembly.RuntimeError);
    };
    v8();
    for (const engine of ['singlepass', 'cranelift']) {
      const module = await preopen.compile(beyond, { engine });
      v8();
      let left = 40;
      const runs = Array.from({ length: left }, async () => {
        await assert.rejects(preopen.run(module), (error) => error.code === 'ERR_WASI_TRAP' && /memory/.test(error.message));
        left--;
      });
      while (left > 0) {
        v8();
        await sleep(0);
      }
      await Promise.all(runs);
      v8();
    }
    console.log('done');`);
});

for (const own of [true, false]) {
  engine(`a Worker is terminated with guests in it, ${own ? 'and the main thread has one too' : 'which alone has the addon'}`, async () => {
    const worker = `${prelude}(async () => {
      await begun('spin');
      await begun('poll');
      require('node:worker_threads').parentPort.postMessage('begun');
    })();`;
    await passes(`
      const { Worker } = require('node:worker_threads');
      const guest = ${own} ? await begun('spin') : null;
      for (let i = 0; i < 3; i++) {
        const worker = new Worker(${JSON.stringify(worker)}, { eval: true });
        await new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject));
        await worker.terminate();
      }
      // Their threads end; one that spins would never.
      const own = ${own} ? 1 : 0;
      await until(() => threads() === own, 'the guests end');
      if (guest) await killed(guest);
      console.log('done');
      function threads() {
        const fs = require('node:fs');
        const names = fs.readdirSync('/proc/self/task').map((id) => {
          try { return fs.readFileSync('/proc/self/task/' + id + '/comm', 'utf8').trim(); } catch { return ''; }
        });
        return names.filter((name) => name === 'preopen-guest').length;
      }`, 'done\n', { before: own ? prelude : tools });
  });
}

engine('process.exit() does not wait for guests', async () => {
  const start = Date.now();
  const { status, stdout, stderr } = await alone(`
    const guests = [await begun('spin'), await begun('poll'), await begun('read')];
    console.log('exits');
    process.exit(3);`);
  assert.deepEqual([status, stdout, stderr], [3, 'exits\n', '']);
  assert.ok(Date.now() - start < 20_000);
});

engine('neither does an uncaught exception', async () => {
  const { status, signal, stderr } = await alone(`
    await begun('spin');
    await begun('poll');
    setTimeout(() => { throw new Error('nobody catches it'); });`);
  assert.deepEqual([status, signal], [1, null]);
  assert.match(stderr, /nobody catches it/);
});

engine('a run keeps the process alive until it is over, and nothing does afterwards', async () => {
  await passes(`
    process.on('exit', () => console.log('exits'));
    preopen.run(guests + '/sleep.wasm', { engine: 'singlepass', args: ['sleep'] }).then(() => console.log('slept'));`, 'slept\nexits\n');
  await passes(`
    process.on('exit', () => console.log('exits'));
    const guest = await begun('spin');
    setTimeout(() => guest.kill(), 50).unref();
    guest.exited.then(({ reason }) => console.log(reason));`, 'killed\nexits\n');
});
