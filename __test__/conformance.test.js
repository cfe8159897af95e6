'use strict';
// The conformance programs, on some kinds of filesystems and under node:wasi. __test__/engine/conformance.test.js has them in the engine,
// and `npm run compliance` on all kinds in all runtimes.
const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');
const { DIFFERENCES } = require('../conformance/differences');
const { KIND_EXCEPTIONS } = require('../conformance/exceptions');
const { KINDS, WRITABLE } = require('../conformance/kinds');
const { PROGRAMS } = require('../conformance/programs');
const { runOwn, titleOf } = require('../conformance/run');
const { SIGNATURES } = require('./helpers/abi');
const { root } = require('./helpers/both');
const { holds, shown } = require('./helpers/conformance');

const NAMES = [
  'conform_args', 'conform_beyond', 'conform_clock', 'conform_edges', 'conform_existing', 'conform_exit', 'conform_fd_io', 'conform_fd_readdir', 'conform_fd_stat',
  'conform_fd_sync', 'conform_fd_table', 'conform_limits', 'conform_not_sock', 'conform_path_links', 'conform_path_open', 'conform_path_rename',
  'conform_path_stat', 'conform_path_tree', 'conform_poll', 'conform_raise', 'conform_random', 'conform_read_only', 'conform_rights',
  'conform_sock', 'conform_times', 'conform_waits',
];

test('the programs are those that are built', () => {
  const built = fs.readdirSync(path.join(__dirname, 'guests')).filter((name) => /^conform_.*\.wasm$/.test(name)).map((name) => name.slice(0, -5));
  assert.deepEqual(PROGRAMS.map(({ name }) => name), NAMES);
  assert.deepEqual(built.sort(), NAMES);
});

// All in one process, and once.
const HERE = ['host', 'memory', 'overlay', 'memfs', 'host, read-only'];
let ran;
const ours = () => (ran ??= runOwn({ under: 'preopen', kinds: HERE }));
const theirs = () => runOwn({ under: 'node:wasi', kinds: ['host'] });

for (const kind of HERE) {
  test(`every case holds on the kind ${kind}`, async () => holds((await ours())[kind], kind));
}

test('the same cases are reached on every kind, in their order', async () => {
  const cases = await ours();
  for (const kind of HERE.filter((kind) => WRITABLE.includes(kind))) assert.deepEqual(cases[kind].map(titleOf), cases.host.map(titleOf), kind);
});

test('every function has two cases and more, and no two are called the same', async () => {
  const cases = await ours();
  const titles = [...cases.host, ...cases['host, read-only']].map(titleOf);
  assert.deepEqual(titles.filter((title, index) => titles.indexOf(title) !== index), []);
  const counts = Object.fromEntries(Object.keys(SIGNATURES).map((name) => [name, 0]));
  for (const title of titles) counts[title.split(':')[0]]++;
  assert.equal(Object.keys(counts).length, 46);
  for (const [name, count] of Object.entries(counts)) assert.ok(count >= 2, `${name} has ${count}`);
  assert.ok(titles.length >= 500, `${titles.length}`);
});

test('node:wasi fails the cases that are listed, and no others', async () => {
  const { host: cases } = await theirs();
  const failed = cases.filter(({ failures }) => failures.length > 0);
  assert.deepEqual(failed.filter((each) => !Object.hasOwn(DIFFERENCES, titleOf(each))).map(shown), []);
  const titles = failed.map(titleOf);
  assert.deepEqual(Object.keys(DIFFERENCES).filter((title) => !titles.includes(title)), [], 'listed, but passes or is no case');
});

test('what kinds cannot pass are cases that there are', async () => {
  const titles = (await ours()).host.map(titleOf);
  for (const [kind, listed] of Object.entries(KIND_EXCEPTIONS)) {
    assert.ok(Object.hasOwn(KINDS, kind), kind);
    assert.deepEqual(Object.keys(listed).filter((title) => !titles.includes(title)), []);
  }
});

test('the programs stand in the repository beside their sources', () => {
  for (const name of NAMES) assert.ok(fs.existsSync(path.join(root, '__test__/guests/src', `${name}.c`)), name);
});
