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
const { LARGE, SMALL, buildAddon, buildEngine, checkTools, installDevelopment, installRuntimes, runtimes } = require('./lib/setup.js');

/** A test that hangs fails after this long (ms) ... */
const TIMEOUT = 120_000;
/** ... and the whole suite with all its processes ends after this long (s): Node 26 waits for a file that spins. */
const SUITE_TIMEOUT = 900;
/** The Node whose suite runs with the large addon: one shows that it does all that the small one does. */
const LARGE_ON = '24';
const ENGINE_TESTS = '__test__/engine';

function setUp() {
  checkTools();
  installDevelopment();
  installRuntimes();
  buildAddon();
  // A minute and more, each time that Rust has changed: not for those who name stages without it.
  if (stages().filter(wanted).some(([, , needsEngine]) => needsEngine)) buildEngine();
}

function rust() {
  run('cargo', ['test', '--no-default-features', '--locked']);
}

/** What needs Wasmer or virtual-fs: three hundred crates, which the addon with the engine has built already in this profile. */
function rustEngine() {
  const features = ['--no-default-features', '--features', 'engine,virtual-fs-tests'];
  const filter = ['engine', 'foreign', 'export', 'vfs_contract::every'];
  run('cargo', ['test', '--profile', 'engine', ...features, '--locked', '--test', 'it', '--', ...filter]);
}

/** Tests in a folder under one Node, with one of the addons; without those that only the large one can pass. */
function suite(node, addon, folder = '__test__') {
  const reporter = path.join(root, 'scripts/lib/reporter.mjs');
  // Two files at once also where there are two processors: Node would leave one of them free.
  const flags = ['--expose-gc', '--test', '--test-concurrency=2', `--test-timeout=${TIMEOUT}`, `--test-reporter=${reporter}`];
  const files = testFiles(folder).filter((file) => addon === LARGE || !file.startsWith(`${ENGINE_TESTS}/`));
  const env = { ...process.env, PREOPEN_NATIVE_LIBRARY_PATH: addon };
  run('timeout', ['--signal=KILL', `${SUITE_TIMEOUT}`, node, ...flags, ...files], { name: 'the suite', env });
}

/** By hand: Node 20 takes no patterns. */
function testFiles(folder) {
  return fs
    .readdirSync(path.join(root, folder), { withFileTypes: true })
    .flatMap((entry) => (entry.isDirectory() ? testFiles(`${folder}/${entry.name}`) : `${folder}/${entry.name}`))
    .filter((file) => file.endsWith('.test.js'))
    .sort();
}

/**
 * Their names, what they do, and whether they need the large addon.
 * @returns {[string, () => void, boolean?][]}
 */
function stages() {
  const { nodes, bun, deno } = runtimes();
  const onLarge = ([, , major]) => major === LARGE_ON;
  return [
    ['Rust, without Node', rust],
    ['Rust, engine and virtual-fs', rustEngine],
    ['Fuzz targets', () => run(process.execPath, ['scripts/fuzz.js', 'bounded'])],
    ['Guests are built from their sources', () => run(process.execPath, ['scripts/guests.js', '--check'])],
    ...nodes.map((each) => [`JavaScript, ${each[0]}`, () => suite(each[1], onLarge(each) ? LARGE : SMALL), onLarge(each)]),
    ...nodes.filter((each) => !onLarge(each)).map(([name, node]) => [`Engine, ${name}`, () => suite(node, LARGE, ENGINE_TESTS), true]),
    ['Types', () => run(process.execPath, ['scripts/types.js'])],
    ['Packages, installed elsewhere', () => run(process.execPath, ['scripts/package.js']), true],
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
