'use strict';
// SIGINT in the middle of a run: the process ends as a program of Node's does, or its handler is called.
const assert = require('node:assert/strict');
const { spawn: start, spawnSync } = require('node:child_process');
const { once } = require('node:events');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');
const { root, tmp } = require('../helpers/both');
const { flags, suspends } = require('../helpers/async');
const { engine } = require('../helpers/engine');

const bin = path.join(root, 'bin/preopen.js');
const blocked = path.join(root, '__test__/guests/blocked.wasm');

/** Starts Node; answers when its guest says that it has begun. */
async function begun(args, options = {}) {
  const process_ = start(process.execPath, ['--no-warnings', ...args], { stdio: ['pipe', 'pipe', 'pipe'], ...options });
  const said = { stdout: '', stderr: '' };
  process_.stdout.setEncoding('utf8').on('data', (data) => { said.stdout += data; });
  process_.stderr.setEncoding('utf8').on('data', (data) => { said.stderr += data; });
  if (said.stderr === '') await once(process_.stderr, 'data');
  return { process_, said };
}

for (const how of ['spin', 'poll', 'read', 'poll_read']) {
  for (const signal of ['SIGINT', 'SIGTERM']) {
    test(`${signal} ends the command line while its guest is in ${how}`, async () => {
      const { process_, said } = await begun([bin, 'run', blocked, '--', how]);
      process_.kill(signal);
      assert.deepEqual(await once(process_, 'close'), [null, signal]);
      assert.deepEqual(said, { stdout: '', stderr: 'x' });
    });
  }
}

const library = (text) => `
  const preopen = require(${JSON.stringify(root)});
  (async () => {
    const module = await preopen.compile(${JSON.stringify(blocked)}, { engine: 'singlepass' });
    let guest;
    const start = () => { guest = preopen.spawn(module, { args: ['blocked', process.argv[1]], stderr: 2, stdout: 'ignore' }); };
    ${text}
  })();`;

for (const how of ['spin', 'poll', 'read']) {
  engine(`SIGINT ends a process with a guest in the engine in ${how}, where nobody handles it`, async () => {
    const { process_ } = await begun(['-e', library('start(); await guest.exited;'), how]);
    process_.kill('SIGINT');
    assert.deepEqual(await once(process_, 'close'), [null, 'SIGINT']);
  });

  engine(`a handler of SIGINT runs while a guest in the engine is in ${how}, and may kill it`, async () => {
    const { process_, said } = await begun(['-e', library(`
      process.on('SIGINT', () => guest.kill());
      start();
      const { reason } = await guest.exited;
      console.log(reason);
      process.exitCode = 5;`), how]);
    process_.kill('SIGINT');
    assert.deepEqual(await once(process_, 'close'), [5, null]);
    assert.equal(said.stdout, 'killed\n');
  });
}

suspends('a handler of SIGINT runs while a guest in V8 is suspended', async () => {
  const text = `
    const { WASI } = require(${JSON.stringify(root)});
    process.on('SIGINT', () => process.exit(5));
    const wasi = new WASI({ version: 'preview1', args: ['blocked', 'poll'], stdout: 'ignore', stderr: 2 });
    const module = new WebAssembly.Module(require('node:fs').readFileSync(${JSON.stringify(blocked)}));
    wasi.startAsync(new WebAssembly.Instance(module, wasi.getImportObject()));`;
  const { process_ } = await begun([...flags, '-e', text]);
  process_.kill('SIGINT');
  assert.deepEqual(await once(process_, 'close'), [5, null]);
});

test('what a guest wrote before SIGINT is there', async (t) => {
  const folder = tmp(t);
  const file = path.join(root, '__test__/guests/journal.wasm');
  const process_ = start(process.execPath, [bin, 'run', '--dir', `${folder}::/d`, file, '--', 'records', '/d/journal'], { stdio: ['ignore', 'pipe', 'inherit'] });
  let stdout = '';
  process_.stdout.setEncoding('utf8').on('data', (data) => {
    stdout += data;
    if (stdout.includes('synced 5\n')) process_.kill('SIGINT');
  });
  assert.deepEqual(await once(process_, 'close'), [null, 'SIGINT']);
  const synced = Number(/synced (\d+)\n(?:synced \d*)?$/.exec(stdout)[1]);
  assert.ok(fs.statSync(path.join(folder, 'journal')).size >= 64 * (synced + 1));
});

const terminals = spawnSync('script', ['--version']).status === 0;

test('a terminal is as it was when its user ends a guest that reads it', { skip: terminals ? false : 'needs script(1)' }, async () => {
  // The shell outlives the signal, and says what the terminal is set to, before and after.
  const commands = 'trap : INT; stty -g; "$NODE" "$BIN" run "$GUEST" -- read; echo "status $?"; stty -g; cat';
  const env = { ...process.env, NODE: process.execPath, BIN: bin, GUEST: blocked, COMMANDS: commands };
  const terminal = start('script', ['-qfec', 'sh -c "$COMMANDS"', '/dev/null'], { stdio: ['pipe', 'pipe', 'inherit'], env });
  let said = '';
  terminal.stdout.setEncoding('utf8').on('data', (data) => { said += data; });
  const until = async (pattern) => {
    while (!pattern.test(said)) await once(terminal.stdout, 'data');
    return pattern.exec(said);
  };
  const [, before] = await until(/^([0-9a-f:]+)\r\n/);
  await until(/\r\nx$/);
  // Control-C.
  terminal.stdin.write('\x03');
  const [, status, after] = await until(/status (\d+)\r\n([0-9a-f:]+)\r\n/);
  assert.deepEqual([status, after], ['130', before]);
  // It echoes and reads lines, and waits for them.
  terminal.stdin.write('typed\n');
  await until(/typed\r\ntyped\r\n/);
  terminal.stdin.write('\x04');
  await once(terminal, 'close');
});
