'use strict';
// Nothing grows much faster than what it is asked for: some of the curves of `npm run curves`, at two small sizes. What counts is that
// n² or n³ is seen, on any machine: the margin is wide.
const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');
const preopen = require('..');
const { curves } = require('../benchmark/curves/list');
const { exponent } = require('../benchmark/curves/fit');
const { repeated } = require('../benchmark/curves/sample');
const { tmp } = require('./helpers/both');

/** How much larger the second size is, and how much more it may cost. Twice as many would be allowed four times as much. */
const FACTOR = 16;
const MOST = FACTOR ** 1.6;

async function grows(t, name, kind, size) {
  const curve = curves.find((curve) => curve.name === name);
  const fixture = tmp(t);
  let folders = 0;
  const another = () => {
    const folder = path.join(fixture, String(folders++));
    fs.mkdirSync(folder);
    return folder;
  };
  const costs = [];
  for (const n of [size, FACTOR * size]) {
    const { times } = await curve.measure({ kind, isOurs: true, preopen, WASI: preopen.WASI, fixture, another, folder: another() }, n);
    costs.push(Math.min(...times) * (curve.cost === 'one' ? n : 1));
  }
  const [less, more] = costs;
  assert.ok(more < MOST * Math.max(less, 20_000), `${name}, ${kind}: ${FACTOR} times as many cost ${(more / less).toFixed(1)} times as much`);
}

for (const [name, kind, size] of [
  ['open', 'memory', 500],
  ['close', 'memory', 500],
  ['churn', 'memory', 500],
  ['write-ranges', 'memory', 500],
  ['read-ranges', 'host', 200],
  ['poll-clocks', 'memory', 500],
  ['list', 'memory', 500],
  ['list-small', 'overlay, memory', 200],
  ['open-in', 'memory', 500],
  ['unlink', 'memory', 500],
  ['rename', 'overlay, memory', 100],
  ['mkdir-recursive', 'memory', 60],
  ['mkdir-recursive', 'overlay, memory', 60],
  ['to-tar', 'memory', 200],
  ['changes', 'overlay, memory', 200],
  ['commit', 'overlay, memory', 100],
]) {
  test(`${name}, ${kind}: ${FACTOR} times as many cost about as many times as much`, (t) => grows(t, name, kind, size));
}

test('an overlay asks a filesystem in JavaScript once for each name of a path, however deep', () => {
  const calls = (depth) => {
    const memory = new preopen.MemoryFileSystem();
    const below = Array(depth).fill('d').join('/');
    memory.mkdirSync(`/${below}`, { recursive: true });
    let count = 0;
    const methods = ['openSync', 'readdirSync', 'statSync', 'lstatSync', 'readlinkSync', 'closeSync', 'readSync', 'fstatSync'];
    const counted = Object.fromEntries(methods.map((name) => [name, (...args) => {
      count += 1;
      return memory[name](...args);
    }]));
    const overlay = new preopen.OverlayFileSystem({ lower: counted });
    count = 0;
    assert.ok(overlay.statSync(`/${below}`).isDirectory());
    return count;
  };
  const [some, many] = [calls(20), calls(320)];
  assert.ok(many < 20 * some, `${some} calls for 20 directories, ${many} for 320`);
});

test('what a filesystem in JavaScript throws deep in a path is what an overlay over it throws', () => {
  const memory = new preopen.MemoryFileSystem();
  const path = `/${Array(40).fill('d').join('/')}`;
  memory.mkdirSync(path, { recursive: true });
  let calls = 0;
  const methods = ['openSync', 'readdirSync', 'statSync', 'readlinkSync', 'closeSync', 'readSync', 'fstatSync'];
  const lower = {
    ...Object.fromEntries(methods.map((name) => [name, memory[name]])),
    lstatSync(name) {
      calls += 1;
      if (calls === 200) throw new TypeError('a fault of its own');
      return memory.lstatSync(name);
    },
  };
  const overlay = new preopen.OverlayFileSystem({ lower });
  assert.throws(() => overlay.statSync(path), { name: 'TypeError', message: 'a fault of its own' });
  assert.equal(calls, 200);
  assert.ok(overlay.statSync(path).isDirectory());
});

test('a pause at the start does not have a sample be of one time', async () => {
  let calls = 0;
  await repeated(() => {
    calls += 1;
    if (calls === 1) for (const until = performance.now() + 20; performance.now() < until;);
  });
  assert.ok(calls > 1000, `${calls} calls in all samples`);
});

test('the exponent of a growth is found, whatever is paid once', () => {
  const sizes = [1, 3, 10, 30, 100, 300, 1000];
  const of = (cost) => exponent(sizes.map((size) => [size, cost(size)]));
  assert.equal(of((n) => 7 * n).toFixed(2), '1.00');
  assert.equal(of((n) => n * n / 5).toFixed(2), '2.00');
  assert.ok(of((n) => 20 + n) < 1);
  assert.equal(exponent([[1, 1], [2, 2]]), undefined);
});
