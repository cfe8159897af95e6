'use strict';
// Every attack of the list, in V8; and where the kernel has no openat2. In the engine: engine/attacks.test.js.
const assert = require('node:assert/strict');
const { execFileSync } = require('node:child_process');
const path = require('node:path');
const { test } = require('node:test');
const { ours, root } = require('../helpers/both');
const { child } = require('../helpers/child');
const { declareAttacks } = require('./declare.js');
const { ATTACKS, PROGRAMS } = require('./list.js');
const { attackWith } = require('./run.js');

declareAttacks('v8');

test('attacks on what is read-only see a box that is not', async () => {
  const program = PROGRAMS.find((one) => one.program === 'attack_read_only');
  for (const kind of ['a directory', 'memory']) {
    for (const [index, { name }] of program.attacks.entries()) {
      const [{ contained, why }] = await attackWith('v8', program, kind, { only: index + 1 });
      assert.deepEqual([name, contained, why.length > 0], [name, false, true]);
    }
  }
});

ours('attacks against a directory without openat2', async (host) => {
  // The C compiler is the one that links Rust.
  const program = path.join(host.tmp(), 'without_openat2');
  execFileSync('cc', ['-Wall', '-o', program, path.join(root, '__test__/helpers/without_openat2.c')]);
  const command = ['38', process.execPath, path.join(root, 'scripts/attacks.js'), '--json', '--engine', 'v8', '--kind', 'a directory'];
  const code = `require('node:child_process').spawnSync(${JSON.stringify(program)}, ${JSON.stringify(command)}, { stdio: 'inherit' });`;
  const { stdout, stderr } = await child(code, { timeout: 60000 });
  const rows = JSON.parse(stdout);
  assert.deepEqual(rows.filter(({ contained }) => !contained), [], stderr);
  assert.deepEqual(rows.map(({ name }) => name), ATTACKS.filter(({ kinds, engines }) => kinds.includes('a directory') && engines.includes('v8')).map(({ name }) => name));
});
