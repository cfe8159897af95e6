'use strict';
// The other end of the sockets of conform_sock: a Worker, since the guest may hold the thread up. It connects, says "hello" on each
// connection, sends back what it gets, and sends nothing more after the word "end".

const net = require('node:net');
const { parentPort, workerData } = require('node:worker_threads');

/** The guest may not listen yet: how often it is tried again, and after how long (ms). */
const TRIES = 500;
const PAUSE = 20;

function connect(port, left, connected) {
  const socket = net.connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  socket.once('connect', () => {
    socket.setNoDelay(true);
    socket.write('hello');
    connected();
  });
  socket.on('data', (data) => {
    socket.write(data);
    if (String(data) === 'end') socket.end();
  });
  socket.on('error', (error) => {
    if (error.code === 'ECONNREFUSED' && left > 0) setTimeout(connect, PAUSE, port, left - 1, connected);
  });
}

let connected = 0;
for (let i = 0; i < workerData.connections; i++) {
  connect(workerData.port, TRIES, () => {
    if (++connected === workerData.connections) parentPort.postMessage('connected');
  });
}
