'use strict';
// The command line, given names that mean something elsewhere.
const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { ours, root } = require('../helpers/both');
const { child } = require('../helpers/child');

const preopen = (...args) => child(path.join(root, 'bin/preopen.js'), { file: true, args });
const guest = (name) => path.join(__dirname, '../guests', `${name}.wasm`);

ours('names in a module cannot write on the terminal, nor forge a line', async (host) => {
  const text = (string) => [Buffer.byteLength(string), ...Buffer.from(string)];
  const section = (id, bytes) => [id, bytes.length, ...bytes];
  const file = path.join(host.tmp(), 'module.wasm');
  fs.writeFileSync(file, Buffer.from([
    0, 97, 115, 109, 1, 0, 0, 0,
    ...section(1, [1, 0x60, 0, 0]),
    ...section(2, [1, ...text('wasi_snapshot_preview1'), ...text('\x1b]0;x\x07\u202e\n  Provided: everything'), 0, 0]),
    ...section(5, [1, 0, 1]),
    ...section(7, [1, ...text('_start\x1b[2J'), 0, 0]),
  ]));
  for (const command of ['inspect', 'run']) {
    const { stdout, stderr } = await preopen(command, file);
    const output = stdout + stderr;
    assert.match(output, /\\u\{1b\}\]0;x\\u\{7\}\\u\{202e\}\\u\{a\} {2}Provided: everything/);
    assert.doesNotMatch(output, /^ *Provided: everything/m);
    assert.doesNotMatch(output, /[^\P{Cc}\n]|\p{Cf}/u);
  }
});

ours('__proto__ is a name like any other', async (host) => {
  const dir = host.tmp();
  const { status, stdout, stderr } = await preopen('run', '--env', '__proto__=x', '--env', 'A=b', guest('args_env'));
  assert.deepEqual({ status, stdout, stderr }, { status: 0, stdout: 'arg 0: [args_env.wasm]\nenv: [__proto__=x]\nenv: [A=b]\n', stderr: '' });
  const twice = await preopen('run', '--dir', `${dir}::__proto__`, '--dir', `${dir}::__proto__`, guest('args_env'));
  assert.match(twice.stderr, /__proto__ is given twice/);
});
