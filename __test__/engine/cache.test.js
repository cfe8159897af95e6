'use strict';
// Compiled modules on disk, as JavaScript has them.
const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const preopen = require('../..');
const { bytes, engine, file, rejection, tmp } = require('../helpers/engine');

const entries = (directory) => fs.readdirSync(directory).map((name) => path.join(directory, name));
const place = (t) => path.join(tmp(t), 'a', 'cache');

engine('compile() finds what it has compiled before', async (t) => {
  const cache = place(t);
  for (const cached of [false, true, true]) {
    const module = await preopen.compile(bytes('exit_code'), { engine: 'cranelift', cache });
    assert.deepEqual([module.cached, module.engine, module.metered], [cached, 'cranelift', false]);
    assert.equal((await preopen.run(module, { args: ['exit_code', '5'] })).exitCode, 5);
  }
  assert.equal(entries(cache).length, 1);
  for (const options of [{ engine: 'singlepass' }, { engine: 'cranelift', metered: true }]) {
    for (const cached of [false, true]) {
      const module = await preopen.compile(file('exit_code'), { ...options, cache });
      assert.equal(module.cached, cached);
      assert.equal((await preopen.run(module, { args: ['exit_code', '6'] })).exitCode, 6);
    }
  }
  assert.equal(entries(cache).length, 3);
});

engine('run() does as well, also with fuel, and where the directory is named by the environment', async (t) => {
  const cache = place(t);
  for (let i = 0; i < 2; i++) {
    const { exitCode, fuelUsed } = await preopen.run(file('exit_code'), { engine: 'singlepass', args: ['exit_code', '7'], cache, fuel: 10_000_000 });
    assert.equal(exitCode, 7);
    assert.ok(fuelUsed > 0n);
    assert.equal(entries(cache).length, 1);
  }
  const { XDG_CACHE_HOME } = process.env;
  t.after(() => {
    if (XDG_CACHE_HOME === undefined) delete process.env.XDG_CACHE_HOME;
    else process.env.XDG_CACHE_HOME = XDG_CACHE_HOME;
  });
  process.env.XDG_CACHE_HOME = tmp(t);
  for (const cached of [false, true]) {
    assert.equal((await preopen.compile(file('exit_code'), { engine: 'singlepass', cache: true })).cached, cached);
  }
  assert.equal(entries(path.join(process.env.XDG_CACHE_HOME, 'preopen')).length, 1);
});

engine('an entry that is not as it was written is made anew', async (t) => {
  const cache = place(t);
  const options = { engine: 'singlepass', cache };
  await preopen.compile(file('exit_code'), options);
  const [entry] = entries(cache);
  const whole = fs.readFileSync(entry);
  const flipped = (position) => { const copy = Buffer.from(whole); copy[position] ^= 1; return copy; };
  const wrong = [flipped(0), flipped(whole.length >> 1), flipped(whole.length - 1), whole.subarray(0, whole.length >> 1), Buffer.alloc(0)];
  for (const content of wrong) {
    fs.rmSync(entry);
    fs.writeFileSync(entry, content, { mode: 0o600 });
    for (const cached of [false, true]) {
      const module = await preopen.compile(file('exit_code'), options);
      assert.equal(module.cached, cached);
      assert.equal((await preopen.run(module, { args: ['exit_code', '8'] })).exitCode, 8);
    }
  }
});

engine('a directory that others can write is refused with what to do', async (t) => {
  const cache = tmp(t);
  fs.chmodSync(cache, 0o777);
  for (const begin of [preopen.compile, preopen.run]) {
    assert.match((await rejection(begin(file('exit_code'), { cache }))).message, /others can write it, .* Do chmod go-w on it/);
  }
  assert.equal(entries(cache).length, 0);
});

engine('many that compile the same at once do not harm each other', async (t) => {
  const cache = place(t);
  const outcomes = await Promise.all(Array.from({ length: 12 }, () =>
    preopen.run(file('exit_code'), { engine: 'singlepass', args: ['exit_code', '9'], cache })));
  for (const { exitCode } of outcomes) assert.equal(exitCode, 9);
  assert.equal(entries(cache).length, 1);
  assert.equal((await preopen.compile(file('exit_code'), { engine: 'singlepass', cache })).cached, true);
});
