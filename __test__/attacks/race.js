'use strict';
// Guests that wait for the same thing, of which each time one gets it.
const assert = require('node:assert/strict');
const { Worker } = require('node:worker_threads');

const code = `
  const { WASI } = require(process.env.SPECIFIER);
  const { parentPort, workerData: { call, options } } = require('node:worker_threads');
  const memory = new WebAssembly.Memory({ initial: 1 });
  const wasi = new WASI({ version: 'preview1', ...options });
  wasi.start({ exports: { memory, _start() {} } });
  const view = new DataView(memory.buffer);
  view.setUint32(0, 4096, true);
  view.setUint32(4, 1, true);
  parentPort.postMessage('ready');
  const { fd_close, fd_read, sock_accept } = wasi.wasiImport;
  for (let errno = 0; errno === 0;) {
    errno = call === 'read' ? fd_read(0, 0, 1, 512) : sock_accept(3, 0, 512);
    if (call !== 'read' && errno === 0) fd_close(view.getUint32(512, true));
  }
  throw new Error('the call failed');`;

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
// Does not keep the process.
const deadline = (ms, text) => new Promise((resolve) => setTimeout(resolve, ms, text).unref());

// Several guests wait for the same; for a while one event after the other wakes them all, and only one gets it.
async function race(specifier, workerData, event) {
  const env = { ...process.env, SPECIFIER: specifier };
  const workers = [1, 2, 3, 4, 5, 6].map(() => new Worker(code, { eval: true, env, workerData }));
  const failed = new Promise((_, reject) => workers.forEach((worker) => worker.on('error', reject)));
  await Promise.race([failed, Promise.all(workers.map((worker) => new Promise((resolve) => worker.once('message', resolve))))]);
  for (const end = Date.now() + 1000; Date.now() < end;) {
    event();
    await Promise.race([failed, pause(2)]);
  }
  await pause(50);
  const ended = Promise.all(workers.map((worker) => worker.terminate())).then(() => 'ended');
  const outcome = await Promise.race([ended, deadline(5000, 'a guest is stuck')]);
  // What is stuck would hold up the end of this process.
  for (let i = 0; i < 20 && outcome !== 'ended'; i++) event();
  assert.equal(outcome, 'ended');
}

module.exports = { race };
