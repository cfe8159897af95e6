'use strict';
// npm test: sets everything up, then runs every test there is.
//
//   npm test                    everything
//   npm test -- types package   only the stages whose names contain one of these words

const fs = require('node:fs');
const path = require('node:path');
const { root, run } = require('./lib/exec.js');
const { main } = require('./lib/main.js');
const { runStages } = require('./lib/stages.js');
const { buildAddon, checkTools, installDevelopment, installRuntimes, runtimes } = require('./lib/setup.js');

/** A test that hangs fails after this long (ms) ... */
const TIMEOUT = 120_000;
/** ... and the whole suite with all its processes ends after this long (s): Node 26 waits for a file that spins. */
const SUITE_TIMEOUT = 900;

function setUp() {
  checkTools();
  installDevelopment();
  installRuntimes();
  buildAddon();
}

function rust() {
  run('cargo', ['test', '--no-default-features', '--locked']);
}

/** What the build features for virtual-fs add, with some 150 crates: not a part of the stage above. */
function virtualFs() {
  const filter = ['foreign', 'export', 'vfs_contract::every'];
  run('cargo', ['test', '--no-default-features', '--features', 'virtual-fs-tests', '--locked', '--', ...filter]);
}

/** The suite in `__test__`, under one Node. */
function suite(node) {
  const reporter = path.join(root, 'scripts/lib/reporter.mjs');
  const flags = ['--expose-gc', '--test', `--test-timeout=${TIMEOUT}`, `--test-reporter=${reporter}`];
  run('timeout', ['--signal=KILL', `${SUITE_TIMEOUT}`, node, ...flags, ...testFiles('__test__')], { name: 'the suite' });
}

/** By hand: Node 20 takes no patterns. */
function testFiles(folder) {
  return fs
    .readdirSync(path.join(root, folder), { withFileTypes: true })
    .flatMap((entry) => (entry.isDirectory() ? testFiles(`${folder}/${entry.name}`) : `${folder}/${entry.name}`))
    .filter((file) => file.endsWith('.test.js'))
    .sort();
}

function stages() {
  const { nodes, bun, deno } = runtimes();
  return [
    ['Rust, without Node', rust],
    ['Rust, virtual-fs', virtualFs],
    ['Guests are built from their sources', () => run(process.execPath, ['scripts/guests.js', '--check'])],
    ...nodes.map(([name, node]) => [`JavaScript, ${name}`, () => suite(node)]),
    ['Types', () => run(process.execPath, ['scripts/types.js'])],
    ['Packages, installed elsewhere', () => run(process.execPath, ['scripts/package.js'])],
    ['Smoke, Bun', () => run(bun, ['scripts/smoke.js'])],
    ['Smoke, Deno', () => run(deno, ['run', '--allow-all', '--no-prompt', 'scripts/smoke.js'])],
  ];
}

function wanted([name]) {
  const words = process.argv.slice(2).map((word) => word.toLowerCase());
  return words.length === 0 || words.some((word) => name.toLowerCase().includes(word));
}

main(() => {
  console.log('== Set-up');
  setUp();
  process.exitCode = runStages(stages().filter(wanted)) === 0 ? 0 : 1;
});
