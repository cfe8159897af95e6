'use strict';
// Many guests at once: the bound, the order, and that those that wait let others run.
const assert = require('node:assert/strict');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const preopen = require('../..');
const { Pool, compiled, engine, rejection, tmp, until } = require('../helpers/engine');

engine('at most so many run at once, and the others begin in their order', async () => {
  const pool = new Pool({ concurrency: 2 });
  assert.deepEqual([pool.concurrency, pool.running, pool.queued], [2, 0, 0]);
  const module = await compiled('blocked');
  const began = [];
  const guests = Array.from({ length: 6 }, (_, index) =>
    pool.spawn(module, { args: ['blocked', 'spin'], stderr: () => { began.push(index); } }),
  );
  await until(() => began.length === 2, 'two have begun');
  assert.deepEqual([pool.running, pool.queued], [2, 4]);
  assert.deepEqual([...began].sort(), [0, 1]);
  for (const next of [2, 3, 4, 5]) {
    guests[next - 2].kill();
    await until(() => began.length === next + 1, 'the next has begun');
    assert.equal(began[next], next);
  }
  assert.deepEqual([pool.running, pool.queued], [2, 0]);
  for (const guest of guests) guest.kill();
  await Promise.all(guests.map(({ exited }) => exited));
  await until(() => pool.running === 0, 'nothing runs');
});

engine('a guest that waits makes room for another', async () => {
  const pool = new Pool({ concurrency: 1 });
  const waiting = pool.spawn(await compiled('cat'));
  const { stdout } = await pool.run(await compiled('cat'), { stdin: 'text' });
  assert.equal(stdout, 'text');
  waiting.stdin.end();
  assert.equal((await waiting.exited).exitCode, 0);
});

engine('fifty with files of their own do not mix, while others spin until their end', async (t) => {
  const pool = new Pool({ concurrency: 4 });
  const spinning = Array.from({ length: 6 }, async () => pool.run(await compiled('blocked'), { args: ['blocked', 'spin'], timeout: 300 }));
  const [cat, tree] = await Promise.all([compiled('cat'), compiled('grow')]);
  const runs = Array.from({ length: 50 }, async (_, index) => {
    const text = `${index} `.repeat(5000);
    const { stdout } = await pool.run(cat, { stdin: index % 2 ? text : async function* () { yield text; }() });
    assert.equal(stdout, text);
    if (index % 10 !== 0) return;
    const folder = path.join(tmp(t), 'own');
    fs.mkdirSync(folder);
    assert.match((await pool.run(tree, { preopens: { '/sandbox': folder } })).stdout, /right: 1/);
  });
  await Promise.all(runs);
  for (const { reason } of await Promise.all(spinning)) assert.equal(reason, 'timeout');
});

engine('the functions have a pool of their own, as large as the machine', async () => {
  assert.equal(new Pool().concurrency, os.availableParallelism());
  const guests = await Promise.all(Array.from({ length: 20 }, async () => preopen.run(await compiled('exit_code'), { args: ['exit_code', '1'] })));
  assert.deepEqual(guests.map(({ exitCode }) => exitCode), Array(20).fill(1));
});

engine('a run that fails gives its place back', async () => {
  const pool = new Pool({ concurrency: 1 });
  const module = await compiled('divide');
  for (let i = 0; i < 3; i++) assert.equal((await rejection(pool.run(module))).code, 'ERR_WASI_TRAP');
  await rejection(pool.run(module, { preopens: { '/x': '/nowhere-at-all' } }));
  await rejection(pool.run(module, { maxMemory: 1 }));
  await until(() => pool.running === 0 && pool.queued === 0, 'nothing runs');
});
