'use strict';
// run(): what a guest off the thread gets, and what its run answers.
const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { pathToFileURL } = require('node:url');
const preopen = require('../..');
const { MemoryFileSystem, OverlayFileSystem, WasiTrap, bytes, compiled, engine, file, rejection, run, tmp } = require('../helpers/engine');

engine('a program runs to its end: its output, its exit code, its time', async () => {
  const result = await run('args_env', { args: ['a', 'ü'], env: { NAME: 'value', NONE: undefined } });
  const { durationMs, ...rest } = result;
  assert.deepEqual(rest, {
    exitCode: 0,
    reason: 'exit',
    stdout: 'arg 0: [args_env]\narg 1: [a]\narg 2: [ü]\nenv: [NAME=value]\n',
    stderr: '',
    fuelUsed: undefined,
  });
  assert.ok(durationMs > 0 && durationMs < 20_000, `${durationMs}`);
});

engine('a module is bytes of any kind, a path, a URL, or compiled', async () => {
  const buffer = bytes('exit_code');
  const alone = Uint8Array.from(buffer).buffer;
  const padded = Buffer.concat([Buffer.from('junk'), buffer]).subarray(4);
  for (const module of [buffer, alone, new DataView(alone), padded, file('exit_code'), pathToFileURL(file('exit_code')), await compiled('exit_code')]) {
    const { exitCode } = await preopen.run(module, { args: ['exit_code', '7'], ...(module instanceof preopen.Module ? {} : { engine: 'singlepass' }) });
    assert.equal(exitCode, 7);
  }
});

engine('bytes are copied before run() returns', async () => {
  const buffer = Uint8Array.from(bytes('exit_code'));
  const running = preopen.run(buffer, { args: ['exit_code', '8'], engine: 'singlepass' });
  buffer.fill(0);
  assert.equal((await running).exitCode, 8);
});

engine('both compilers run a program alike', async () => {
  for (const name of ['cranelift', 'singlepass']) {
    const module = await preopen.compile(file('random'), { engine: name });
    assert.equal(module.engine, name);
    assert.equal((await preopen.run(module)).exitCode, 0);
  }
});

engine('a Module tells what it is', async () => {
  const module = await compiled('imports');
  assert.deepEqual([module.version, module.engine, module.metered, module.cached], ['preview1', 'cranelift', false, false]);
  assert.equal((await compiled('preview0')).version, 'unstable');
  const imports = module.imports.map(({ module: from, name, params, results }) => `${from}.${name} ${params}->${results}`);
  assert.deepEqual(imports.sort(), [
    'env.add i32,i32->i32', 'env.big i64->i64', 'env.fill i32,i32->i32', 'env.log i32,i32->', 'env.pair ->i32,i64', 'env.ratio f32,f64->f64', 'env.tell i64->',
  ]);
});

engine('exit codes have 32 bits; a signal that the guest raises ends it, and nobody else', async () => {
  for (const [code, expected] of [[0, 0], [255, 255], [256, 256], [-1, 2 ** 32 - 1]]) {
    const { exitCode, reason } = await run('exit_code', { args: [`${code}`] });
    assert.deepEqual([exitCode, reason], [expected, 'exit']);
  }
  const { exitCode, reason, stdout } = await run('raise', { args: ['9'] });
  assert.deepEqual([exitCode, reason, stdout], [137, 'signal', 'raising\n']);
});

engine('a trap is a WasiTrap, with the guest\'s frames, and what it wrote before', async () => {
  const error = await rejection(run('divide'));
  assert.ok(error instanceof WasiTrap && error instanceof Error);
  assert.deepEqual([error.name, error.code, error.trap, error.stdout, error.stderr], ['WasiTrap', 'ERR_WASI_TRAP', 'integer divide by zero', 'before\n', '']);
  assert.deepEqual(error.frames.map(({ name }) => name), ['divide', 'share', 'start']);
  assert.deepEqual(error.frames.map(({ index }) => index), [1, 2, 3]);
  assert.match(error.stack, /^WasiTrap: .+\n {4}at divide \(wasm-function\[1\]:0x[0-9a-f]+\)\n {4}at share \(wasm-function\[2\]/);
  assert.equal((await rejection(run('abort'))).trap, 'unreachable');
});

engine('the output is text of any encoding, or bytes', async () => {
  const module = await compiled('cat');
  const stdin = Buffer.from('\ufeffü');
  assert.equal((await preopen.run(module, { stdin })).stdout, '\ufeffü');
  assert.equal((await preopen.run(module, { stdin, encoding: 'hex' })).stdout, 'efbbbfc3bc');
  const { stdout, stderr } = await preopen.run(module, { stdin, encoding: 'buffer' });
  assert.ok(Buffer.isBuffer(stdout) && Buffer.isBuffer(stderr));
  assert.deepEqual(stdout, stdin);
});

engine('preopens of every kind are there, and hold', async (t) => {
  const folder = tmp(t);
  const memory = new MemoryFileSystem();
  const overlay = new OverlayFileSystem({ lower: folder });
  for (const mount of [folder, memory, overlay]) {
    const { exitCode, stdout } = await run('grow', { preopens: { '/sandbox': mount } });
    assert.deepEqual([exitCode, stdout], [0, 'right: 1, pages grown: 1\n']);
  }
  const expected = 40 * (3 * 65536 + 100);
  assert.equal(fs.statSync(path.join(folder, 'file')).size, expected);
  assert.equal(memory.statSync('/file').size, expected);
  assert.deepEqual(overlay.changes().map(({ path: changed, kind }) => `${kind} ${changed}`), ['modified /file']);
  const { stdout } = await run('grow', { preopens: { '/sandbox': { path: folder, readOnly: true } } });
  assert.match(stdout, /^right: 0/);
});

engine('a filesystem written in JavaScript is called on this thread', async () => {
  const { createFsFromVolume, Volume } = require('memfs');
  const volume = createFsFromVolume(Volume.fromJSON({ '/old': 'x' }));
  const { stdout } = await run('grow', { preopens: { '/sandbox': volume } });
  assert.equal(stdout, 'right: 1, pages grown: 1\n');
  assert.equal(volume.statSync('/file').size, 40 * (3 * 65536 + 100));
});

engine('what a filesystem written in JavaScript throws rejects the run', async () => {
  const mine = new Error('mine');
  const provider = { openSync() { throw mine; }, lstatSync() { throw mine; } };
  assert.equal(await rejection(run('grow', { preopens: { '/sandbox': provider } })), mine);
});

engine('preview0 is spoken where the module imports it', async () => {
  const { exitCode } = await run('preview0');
  assert.equal(typeof exitCode, 'number');
});

engine('calls are told to a function, which may end the guest', async () => {
  const seen = [];
  await run('exit_code', { args: ['3'], trace: ({ name, errno }) => seen.push(`${name} ${errno}`) });
  assert.ok(seen.includes('proc_exit null') && seen.includes('args_get SUCCESS'), `${seen}`);
  const mine = new Error('mine');
  assert.equal(await rejection(run('exit_code', { trace() { throw mine; } })), mine);
});
