'use strict';
// The other tests of this folder, where the kernel has no openat2, or a filter refuses it.
const assert = require('node:assert/strict');
const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { ours } = require('../helpers/both');
const { child } = require('../helpers/child');

// Also what relies on paths elsewhere.
const files = [
  ...fs.readdirSync(__dirname).filter((name) => name.endsWith('.test.js') && name !== path.basename(__filename)).map((name) => path.join(__dirname, name)),
  ...['path_open', 'path_stat', 'path_tree'].map((name) => path.join(__dirname, '../calls', `${name}.test.js`)),
];

for (const [name, errno] of [['ENOSYS', 38], ['EPERM', 1]]) {
  ours(`the sandbox without openat2 (${name})`, async (host) => {
    // The C compiler is the one that links Rust.
    const program = path.join(host.tmp(), 'without_openat2');
    execFileSync('cc', ['-Wall', '-o', program, path.join(__dirname, '../helpers/without_openat2.c')]);
    // All in one process: node:test runs what is required, one after the other.
    const all = `for (const file of ${JSON.stringify(files)}) require(file);`;
    const command = [`${errno}`, process.execPath, '--test-reporter=tap', '-e', all];
    const code = `require('node:child_process').spawnSync(${JSON.stringify(program)}, ${JSON.stringify(command)}, { stdio: 'inherit' });`;
    const { stdout, stderr } = await child(code, { env: { NODE_TEST_CONTEXT: '' }, timeout: 60000 });
    const count = (what) => Number(stdout.match(new RegExp(`^# ${what} (\\d+)$`, 'm'))?.[1] ?? -1);
    assert.deepEqual(stdout.match(/^not ok[^]*?\n *\.\.\./gm) ?? [], [], stderr);
    assert.equal(count('fail'), 0, stderr);
    assert.ok(count('pass') >= 100, stdout.slice(-1000));
  });
}
