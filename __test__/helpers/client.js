'use strict';
// A TCP client in a Worker: it goes on while the guest, on this thread, waits in a call.
const assert = require('node:assert/strict');
const { Worker } = require('node:worker_threads');

const code = `
  const { parentPort, workerData } = require('node:worker_threads');
  const socket = require('node:net').connect({ port: workerData, host: '127.0.0.1', allowHalfOpen: true });
  socket.on('connect', () => parentPort.postMessage({ event: 'connect' }));
  socket.on('data', (data) => parentPort.postMessage({ event: 'data', data: data.toString('latin1') }));
  socket.on('end', () => parentPort.postMessage({ event: 'end' }));
  socket.on('error', (error) => parentPort.postMessage({ event: 'error', message: error.message }));
  parentPort.on('message', ([order, data]) => {
    if (order === 'send') socket.write(data);
    if (order === 'end') socket.end();
    if (order === 'reset') socket.resetAndDestroy();
  });`;

// Connects to a port of this machine, and answers once it is connected.
async function client(t, port) {
  const worker = new Worker(code, { eval: true, workerData: port });
  t.after(() => worker.terminate());
  const state = { data: '', ended: false, connected: false };
  const waiting = new Set();
  worker.on('message', ({ event, data, message }) => {
    if (event === 'connect') state.connected = true;
    if (event === 'data') state.data += data;
    if (event === 'end') state.ended = true;
    if (event === 'error') state.error = message;
    for (const check of waiting) check();
  });
  const until = (ready) => new Promise((resolve) => {
    const check = () => {
      if (!ready() && !state.error) return;
      waiting.delete(check);
      resolve();
    };
    waiting.add(check);
    check();
  });
  await until(() => state.connected);
  assert.equal(state.error, undefined);
  return {
    send: (data) => worker.postMessage(['send', data]),
    end: () => worker.postMessage(['end']),
    reset: () => worker.postMessage(['reset']),
    async received(length) {
      await until(() => state.data.length >= length);
      return state.data;
    },
    async ended() {
      await until(() => state.ended);
      return state.ended;
    },
  };
}

module.exports = { client };
