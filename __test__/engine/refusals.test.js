'use strict';
// What is refused before a guest begins, and in which words.
const assert = require('node:assert/strict');
const { test } = require('node:test');
const preopen = require('../..');
const { compiled, engine, file, rejection, run, skip, tmp } = require('../helpers/engine');

const refused = async (module, options, code, message) => {
  const error = await rejection(preopen.run(module, options));
  assert.equal(error.code, code, error.stack);
  assert.match(error.message, message);
  if (code.startsWith('ERR_INVALID') || code === 'ERR_OUT_OF_RANGE') assert.throws(() => preopen.spawn(module, options), { code });
  return error;
};

test('without the engine, every function says which package has it', { skip: skip === false && 'this build has the engine' }, async () => {
  const { version } = require('../../package.json');
  const named = { code: 'ERR_PREOPEN_NO_ENGINE', message: new RegExp(`npm install @preopen/engine@${version.replaceAll('.', '\\.')}`) };
  await assert.rejects(preopen.run('app.wasm'), named);
  await assert.rejects(preopen.compile('app.wasm'), named);
  assert.throws(() => preopen.spawn('app.wasm'), named);
  assert.throws(() => new preopen.Pool(), named);
});

engine('options that are none, or not what they should be', async () => {
  const module = await compiled('exit_code');
  const cases = [
    [{ timout: 5 }, 'ERR_INVALID_ARG_VALUE', /'options\.timout' is not an option of run\(\)/],
    [{ returnOnExit: true }, 'ERR_INVALID_ARG_VALUE', /never ends the process/],
    [{ stdout: 'pipe' }, 'ERR_INVALID_ARG_TYPE', /options\.stdout.+'capture'\. Received/],
    [{ stdin: 5.5 }, 'ERR_OUT_OF_RANGE', /options\.stdin/],
    [{ timeout: 0 }, 'ERR_OUT_OF_RANGE', /options\.timeout/],
    [{ timeout: '5' }, 'ERR_INVALID_ARG_TYPE', /options\.timeout/],
    [{ fuel: -1 }, 'ERR_OUT_OF_RANGE', /options\.fuel/],
    [{ fuel: 2n ** 63n }, 'ERR_OUT_OF_RANGE', /options\.fuel/],
    [{ fuel: 'much' }, 'ERR_INVALID_ARG_TYPE', /number or bigint/],
    [{ maxMemory: 0.5 }, 'ERR_OUT_OF_RANGE', /options\.maxMemory/],
    [{ maxThreads: 0 }, 'ERR_OUT_OF_RANGE', /options\.maxThreads/],
    [{ engine: 'singlepass' }, 'ERR_INVALID_ARG_VALUE', /is for compile\(\)/],
    [{ cache: true }, 'ERR_INVALID_ARG_VALUE', /is for compile\(\)/],
    [{ network: 'localhost:80' }, 'ERR_INVALID_ARG_TYPE', /options\.network/],
    [{ network: ['example.org:80'] }, 'ERR_INVALID_ARG_VALUE', /IP address/],
    [{ imports: { env: { log: 5 } } }, 'ERR_INVALID_ARG_TYPE', /options\.imports\['env'\]\['log'\]/],
    [{ signal: {} }, 'ERR_INVALID_ARG_TYPE', /AbortSignal/],
    [{ encoding: 'utf-99' }, 'ERR_INVALID_ARG_VALUE', /options\.encoding/],
    [null, 'ERR_INVALID_ARG_TYPE', /"options"/],
  ];
  for (const [options, code, message] of cases) {
    const error = await rejection(preopen.run(module, options));
    assert.equal(error.code, code, error.stack);
    assert.match(error.message, message);
    if (options?.stdout === undefined && options?.timout === undefined) assert.throws(() => preopen.spawn(module, options), { code });
  }
  assert.throws(() => new preopen.Pool({ concurrency: 0 }), { code: 'ERR_OUT_OF_RANGE' });
  assert.throws(() => new preopen.Pool({ size: 1 }), { code: 'ERR_INVALID_ARG_VALUE' });
  assert.throws(() => new preopen.Module(), { code: 'ERR_ILLEGAL_CONSTRUCTOR' });
  await assert.rejects(preopen.compile(file('cat'), { fuel: 5 }), { code: 'ERR_INVALID_ARG_VALUE' });
  await refused(file('exit_code'), { engine: 'llvm' }, 'ERR_INVALID_ARG_VALUE', /'auto', 'cranelift', 'singlepass'/);
});

engine('what is no module', async (t) => {
  await refused(5, {}, 'ERR_INVALID_ARG_TYPE', /"module"/);
  await refused(new SharedArrayBuffer(8), {}, 'ERR_INVALID_ARG_VALUE', /shared memory/);
  await refused(new Uint8Array(new SharedArrayBuffer(8)), {}, 'ERR_INVALID_ARG_VALUE', /shared memory/);
  await refused(new WebAssembly.Module(Buffer.from('0061736d01000000', 'hex')), {}, 'ERR_INVALID_ARG_VALUE', /compiled for V8/);
  await refused(new URL('https://localhost/app.wasm'), {}, 'ERR_INVALID_ARG_VALUE', /file:/);
  await refused(`${tmp(t)}/none.wasm`, {}, 'ENOENT', /none\.wasm/);
  for (const bytes of ['', 'junk that is long enough', '\0asm\x01\0\0\0\x01', '(module)']) await refused(Buffer.from(bytes), {}, 'ERR_PREOPEN_MODULE', /./);
});

engine('a module that is none to run here', async () => {
  const reactor = await rejection(run('reactor'));
  assert.equal(reactor.code, 'ERR_PREOPEN_MODULE', reactor.stack);
  assert.equal((await rejection(run('memory64'))).code, 'ERR_PREOPEN_MODULE');
});

engine('functions that a module needs and was not given are named, each', async () => {
  const error = await rejection(run('imports', { imports: { env: { add: () => 1, big: () => 1n, unused() {} }, other: {} } }));
  assert.equal(error.code, 'ERR_PREOPEN_IMPORTS');
  assert.deepEqual(error.missing.sort(), ['env.fill', 'env.log', 'env.pair', 'env.ratio', 'env.tell']);
  for (const line of ['env.fill: (i32, i32) -> i32', 'env.pair: () -> i32, i64', 'env.log: (i32, i32) -> nothing']) assert.ok(error.message.includes(line), error.message);
});

engine('only own properties are functions for a guest', async () => {
  class Functions { add() {} }
  const error = await rejection(run('imports', { imports: { env: new Functions() } }));
  assert.equal(error.missing.length, 7);
});

engine('a module of another version, or without fuel', async () => {
  const module = await compiled('exit_code');
  assert.equal((await preopen.run(module, { version: 'preview1' })).exitCode, 0);
  const error = await rejection(preopen.run(module, { version: 'unstable' }));
  assert.match(error.message, /must be that of the module, 'preview1'/);
  assert.match((await rejection(preopen.run(module, { fuel: 5 }))).message, /metered: true/);
});

engine('a preopen that cannot be opened', async (t) => {
  const error = await rejection(run('exit_code', { preopens: { '/x': `${tmp(t)}/none` } }));
  assert.equal(error.code, 'UVWASI_ENOENT');
});
