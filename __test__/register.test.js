'use strict';
// preopen/register: `wasi` and `node:wasi` mean preopen, wherever they are asked for.
const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { pathToFileURL } = require('node:url');
const { ours, root } = require('./helpers/both');
const { child } = require('./helpers/child');

const register = path.join(root, 'lib/register.js');
const WAYS = { '--import': pathToFileURL(register).href, '--require': register };

// A program that knows nothing of preopen. What a preopen WASI has and node:wasi's lacks is close().
const PROGRAMS = {
  'cjs.cjs': `console.log(typeof require('wasi').WASI.prototype.close, require('wasi') === require('node:wasi'));`,
  'named.mjs': `import { WASI } from 'node:wasi'; console.log(typeof WASI.prototype.close, true);`,
  'unprefixed.mjs': `import { WASI } from 'wasi'; console.log(typeof WASI.prototype.close, true);`,
  'default.mjs': `import wasi from 'node:wasi'; console.log(typeof wasi.WASI.prototype.close, true);`,
  'star.mjs': `import * as wasi from 'wasi'; console.log(typeof wasi.WASI.prototype.close, wasi.default.WASI === wasi.WASI);`,
  'dynamic.mjs': `const { WASI } = await import('wasi'); console.log(typeof WASI.prototype.close, true);`,
  'dynamic.cjs': `import('node:wasi').then(({ WASI }) => console.log(typeof WASI.prototype.close, WASI === require('wasi').WASI));`,
  'create.mjs': `import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);
    console.log(typeof require('wasi').WASI.prototype.close, true);`,
  'runs.mjs': `import { WASI } from 'wasi'; import fs from 'node:fs';
    const wasi = new WASI({ version: 'preview1', args: ['exit_code', '0'] });
    const { instance } = await WebAssembly.instantiate(fs.readFileSync(process.env.GUEST), wasi.getImportObject());
    console.log(typeof wasi.close, wasi.start(instance) === 0);`,
  'worker.cjs': `const { Worker } = require('node:worker_threads');
    new Worker(require('node:path').join(__dirname, 'cjs.cjs'));`,
  'worker.mjs': `import { Worker } from 'node:worker_threads';
    new Worker(new URL('named.mjs', import.meta.url));`,
};

function programs(host) {
  const dir = host.tmp();
  for (const [name, text] of Object.entries(PROGRAMS)) fs.writeFileSync(path.join(dir, name), text);
  return dir;
}

for (const [flag, value] of Object.entries(WAYS)) {
  ours(`${flag} preopen/register: every way to the module`, async (host) => {
    const dir = programs(host);
    const results = await Promise.all(Object.keys(PROGRAMS).map(async (name) => {
      const result = await child(path.join(dir, name), { file: true, flags: [flag, value], env: { GUEST: path.join(__dirname, 'guests/exit_code.wasm') } });
      return [name, result];
    }));
    for (const [name, { status, stdout, stderr }] of results) assert.deepEqual({ name, status, stdout, stderr }, { name, status: 0, stdout: 'function true\n', stderr: '' });
  });
}

ours('the name preopen/register resolves, and works by NODE_OPTIONS', async (host) => {
  assert.equal(require.resolve('preopen/register'), register);
  const dir = programs(host);
  const { stdout } = await child(path.join(dir, 'cjs.cjs'), { file: true, env: { NODE_OPTIONS: `--require ${register}` } });
  assert.equal(stdout, 'function true\n');
});

ours('process.getBuiltinModule, where there is one', async (host) => {
  assert.ok(host.WASI);
  const code = `const { getBuiltinModule } = process;
    console.log(getBuiltinModule === undefined || (getBuiltinModule('wasi').WASI === require('wasi').WASI && typeof getBuiltinModule('node:wasi').WASI.prototype.close === 'function'));`;
  for (const [flag, value] of Object.entries(WAYS)) {
    const { stdout, stderr } = await child(code, { flags: [flag, value] });
    assert.deepEqual([stdout, stderr], ['true\n', '']);
  }
});

ours('nothing warns, and other warnings still do', async () => {
  const code = `process.on('warning', ({ message }) => console.log('warned:', message));
    const { WASI } = require('wasi'); new WASI({ version: 'preview1' });
    process.emitWarning('this one');
    process.emitWarning('and this', 'ExperimentalWarning');`;
  const { stdout } = await child(code, { flags: ['--require', register] });
  assert.equal(stdout, 'warned: this one\nwarned: and this\n');
});

ours('without it, node:wasi is what it was', async () => {
  const { stdout } = await child(`require(${JSON.stringify(root)}); console.log(typeof require('wasi').WASI.prototype.close);`);
  assert.equal(stdout, 'undefined\n');
});
