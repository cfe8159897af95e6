'use strict';
// Guests with threads (wasi-threads).
const assert = require('node:assert/strict');
const { engine, run, spawn, until } = require('../helpers/engine');

engine('threads share memory and output', async () => {
  const { exitCode, reason, stdout } = await run('threads');
  assert.deepEqual([exitCode, reason, stdout], [36, 'exit', 'tttttttt']);
});

engine('a guest that begins more threads than it may have is told', async () => {
  // The first thread counts.
  assert.equal((await run('threads', { maxThreads: 9 })).exitCode, 36);
  assert.equal((await run('threads', { maxThreads: 4, args: ['spin'] })).exitCode, 1);
});

engine('a guest with threads that spin is killed, and its time is over', async () => {
  let said = '';
  const guest = await spawn('threads', { args: ['spin'], stdout: (chunk) => { said += Buffer.from(chunk); } });
  await until(() => said === 'tttttttt', 'all spin');
  guest.kill();
  assert.equal((await guest.exited).reason, 'killed');
  assert.equal((await run('threads', { args: ['spin'], timeout: 50 })).reason, 'timeout');
});
