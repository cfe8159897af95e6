'use strict';
// Nothing grows with the number of runs: threads, descriptors, memory, whichever way they end.
const assert = require('node:assert/strict');
const path = require('node:path');
const { child } = require('../helpers/child');
const { engine } = require('../helpers/engine');

const text = `
  const fs = require('node:fs');
  const preopen = require(${JSON.stringify(path.join(__dirname, '../..'))});
  const guests = ${JSON.stringify(path.join(__dirname, '../guests'))};
  const turn = () => new Promise((resolve) => setTimeout(resolve, 5));

  async function measured() {
    // What has ended gives back its thread a moment later, and V8 its objects when they are collected.
    for (let i = 0; i < 5; i++) {
      gc();
      await turn();
    }
    const resident = Number(/VmRSS:\\s+(\\d+)/.exec(fs.readFileSync('/proc/self/status', 'utf8'))[1]) / 1024;
    // What is V8's own it keeps at will.
    const native = resident - process.memoryUsage().heapTotal / 2 ** 20;
    return { threads: fs.readdirSync('/proc/self/task').length, descriptors: fs.readdirSync('/proc/self/fd').length, native };
  }

  /** Eight runs, each of which ends in another way; those that spin and wait are killed once they have begun. */
  async function round(modules, pool) {
    const { blocked, divide, exit_code, threads } = modules;
    const stopped = async (module, args, more) => {
      const guest = pool.spawn(module, { args, ...more, stdout: said, stderr: said });
      function said() { guest.kill(); }
      return (await guest.exited).reason;
    };
    return Promise.all([
      stopped(blocked, ['blocked', 'spin']),
      stopped(blocked, ['blocked', 'poll']),
      stopped(blocked, ['blocked', 'read']),
      stopped(blocked, ['blocked', 'readdir'], { preopens: { '/': guests } }),
      stopped(threads, ['threads', 'spin']),
      pool.run(exit_code, { args: ['exit_code', '3'] }).then(({ exitCode }) => exitCode),
      pool.run(divide).catch((error) => error.code),
      pool.run(blocked, { args: ['blocked', 'spin'], timeout: 2, stderr: 'ignore' }).then(({ reason }) => reason),
    ]);
  }

  (async () => {
    const pool = new preopen.Pool({ concurrency: 4 });
    const modules = {};
    for (const name of ['blocked', 'divide', 'exit_code', 'threads']) {
      modules[name] = await preopen.compile(guests + '/' + name + '.wasm', { engine: 'singlepass' });
    }
    const ends = new Set();
    const rounds = async (count) => {
      for (let i = 0; i < count; i++) ends.add(String(await round(modules, pool)));
      return measured();
    };
    const [before, after] = [await rounds(13), await rounds(25)];
    console.log(JSON.stringify({ before, after, ends: [...ends] }));
  })();
`;

engine('three hundred runs, most of them killed, leave nothing behind', async () => {
  const { status, stdout, stderr } = await child(text, { flags: ['--expose-gc'], timeout: 60_000 });
  assert.equal(status, 0, stderr);
  const { before, after, ends } = JSON.parse(stdout);
  assert.deepEqual(ends, ['killed,killed,killed,killed,killed,3,ERR_WASI_TRAP,timeout']);
  assert.ok(after.threads <= before.threads, stdout);
  assert.ok(after.descriptors <= before.descriptors, stdout);
  // Room for what an allocator keeps, and not for 40 KB of each run: less than a guest's memory, or the used end of its stack.
  assert.ok(after.native - before.native < 8, stdout);
});
