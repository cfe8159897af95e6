'use strict';
// What ends a guest from outside, and that it does so at once: time, fuel, memory, output, an AbortSignal.
const assert = require('node:assert/strict');
const { PassThrough } = require('node:stream');
const preopen = require('../..');
const { compiled, engine, file, rejection, run, sleep, tmp } = require('../helpers/engine');

engine('the event loop stays free while a guest spins, until its time is over', async () => {
  let beats = 0;
  const timer = setInterval(() => beats++, 10);
  const { exitCode, reason, stdout, stderr, durationMs } = await run('blocked', { args: ['spin'], timeout: 400 });
  clearInterval(timer);
  assert.deepEqual([exitCode, reason, stdout, stderr], [null, 'timeout', '', 'x']);
  assert.ok(durationMs >= 399 && durationMs < 10_000, `${durationMs}`);
  assert.ok(beats >= 10, `${beats} beats of 10 ms in 400 ms`);
});

for (const where of ['spin', 'poll', 'read', 'write', 'poll_read', 'readdir', 'random']) {
  engine(`a guest in ${where} is aborted`, async (t) => {
    const controller = new AbortController();
    const reason = new Error('enough');
    let began = false;
    const options = {
      args: [where],
      signal: controller.signal,
      preopens: { '/': tmp(t) },
      stdout: where === 'write' ? () => new Promise(() => {}) : 'capture',
      stderr(chunk) {
        began ||= chunk.length > 0;
        controller.abort(reason);
      },
    };
    // Its stdin is a pipe to which nobody writes.
    const error = await rejection(run('blocked', { ...options, stdin: new PassThrough() }));
    assert.equal(began, true);
    assert.deepEqual([error.name, error.code, error.cause], ['AbortError', 'ABORT_ERR', reason]);
    assert.match(error.stack, /^AbortError: The operation was aborted\n/);
  });
}

engine('a signal that was aborted before nothing begins for', async () => {
  const error = await rejection(preopen.run('/nowhere', { signal: AbortSignal.abort('why') }));
  assert.deepEqual([error.name, error.code, error.cause, error.stdout], ['AbortError', 'ABORT_ERR', 'why', '']);
});

engine('an abort while the module is compiled settles at once', async () => {
  const controller = new AbortController();
  const running = rejection(preopen.run(file('file_io'), { engine: 'cranelift', signal: controller.signal }));
  controller.abort();
  assert.equal((await running).code, 'ABORT_ERR');
  const compiling = new AbortController();
  const compilation = rejection(preopen.compile(file('file_io'), { engine: 'cranelift', signal: compiling.signal }));
  compiling.abort();
  assert.equal((await compilation).code, 'ABORT_ERR');
});

engine('an abort in the queue settles while the one before it still runs', async () => {
  const pool = new preopen.Pool({ concurrency: 1 });
  const module = await compiled('blocked');
  const first = pool.spawn(module, { args: ['blocked', 'spin'] });
  const controller = new AbortController();
  const queued = rejection(pool.run(module, { args: ['blocked', 'spin'], signal: controller.signal }));
  await sleep(20);
  assert.deepEqual([pool.running, pool.queued], [1, 1]);
  controller.abort();
  assert.equal((await queued).code, 'ABORT_ERR');
  assert.equal(first.reason, null);
  first.kill();
  assert.equal((await first.exited).reason, 'killed');
});

engine('a signal is let go of when the run is over', async () => {
  let listeners = 0;
  const signal = {
    aborted: false,
    addEventListener: () => listeners++,
    removeEventListener: () => listeners--,
  };
  await run('exit_code', { signal });
  await rejection(run('abort', { signal }));
  await preopen.compile(file('exit_code'), { engine: 'singlepass', signal });
  assert.equal(listeners, 0);
});

engine('fuel ends a guest, also in the middle of its output, and is counted', async () => {
  const module = await preopen.compile(file('blocked'), { engine: 'singlepass', metered: true });
  assert.equal(module.metered, true);
  for (const fuel of [1_000_000, 1_000_000n]) {
    const { exitCode, reason, stderr, fuelUsed } = await preopen.run(module, { args: ['blocked', 'spin'], fuel });
    assert.deepEqual([exitCode, reason, stderr, fuelUsed], [null, 'fuel', 'x', 1_000_000n]);
  }
  const flood = await preopen.run(module, { args: ['blocked', 'write'], fuel: 100_000, stdout: 'ignore' });
  assert.equal(flood.reason, 'fuel');
  assert.equal((await preopen.run(module, { args: ['blocked', 'none'], fuel: 0 })).reason, 'fuel');
  const enough = await preopen.run(file('exit_code'), { engine: 'singlepass', args: ['exit_code', '4'], fuel: 10_000_000 });
  assert.equal(enough.exitCode, 4);
  assert.ok(enough.fuelUsed > 10n && enough.fuelUsed < 10_000_000n, `${enough.fuelUsed}`);
});

engine('memory is bounded: the guest is told, and goes on', async () => {
  assert.equal((await run('pages')).exitCode, 1000);
  assert.equal((await run('pages', { maxMemory: 10 * 65536 + 1 })).exitCode, 10);
  const error = await rejection(run('args_env', { maxMemory: 1 }));
  assert.equal(error.code, 'ERR_PREOPEN_MODULE');
});

engine('output beyond the limit ends a guest, and what fits is kept', async () => {
  for (const maxOutput of [100_000, 0]) {
    const { exitCode, reason, stdout } = await run('blocked', { args: ['write'], maxOutput, stderr: 'ignore' });
    assert.deepEqual([exitCode, reason, stdout.length], [null, 'output', maxOutput]);
  }
  const within = await run('cat', { stdin: 'x'.repeat(1000), maxOutput: 1000 });
  assert.deepEqual([within.reason, within.stdout.length], ['exit', 1000]);
});
