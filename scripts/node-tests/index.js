'use strict';
// Runs Node's own tests of `node:wasi` against preopen: `node scripts/node-tests FOLDER`, with the folder of a Node source
// tree that holds `test/wasi`, `test/common` and `test/fixtures`. They are not part of this project.

const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');

const TIMEOUT_MS = 60_000;

const tree = process.argv[2];
if (tree === undefined || !fs.existsSync(path.join(tree, 'test', 'wasi'))) {
  console.error('usage: node scripts/node-tests FOLDER (which has test/wasi, test/common and test/fixtures)');
  process.exit(2);
}
const folder = path.resolve(tree, 'test', 'wasi');
const scratch = path.resolve(tree, 'test', '.scratch');
fs.mkdirSync(scratch, { recursive: true });
const preload = [path.join(__dirname, '..', '..', 'lib', 'register.js'), path.join(__dirname, 'warning.js')];

// test/common looks at every global, and Node 26 warns where one that needs a file is looked at.
const quiet = process.allowedNodeEnvironmentFlags.has('--localstorage-file') ? [`--localstorage-file=${scratch}/storage`] : [];

const failed = [];
const tests = fs.readdirSync(folder).filter((name) => name.endsWith('.js'));
for (const name of tests) {
  const flags = /^\/\/ Flags:(.*)$/m.exec(fs.readFileSync(path.join(folder, name), 'utf8'))?.[1].trim().split(/\s+/) ?? [];
  const result = spawnSync(process.execPath, [...flags, name], {
    cwd: folder,
    encoding: 'utf8',
    env: { ...process.env, NODE_TEST_DIR: scratch, NODE_OPTIONS: [...preload.map((file) => `--require ${file}`), ...quiet].join(' ') },
    timeout: TIMEOUT_MS,
  });
  if (result.status === 0) continue;
  failed.push(name);
  console.log(`failed: ${name} (${result.signal ?? `exit code ${result.status}`})\n${result.stderr.trim()}\n`);
}
console.log(`Node ${process.versions.node}: ${tests.length - failed.length} passed, ${failed.length} failed`);
process.exitCode = failed.length === 0 ? 0 : 1;
