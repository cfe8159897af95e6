'use strict';
// Streams that others read and accept from too: who comes late must not wait where nobody can call it back.
const assert = require('node:assert/strict');
const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { ours } = require('../helpers/both');
const { child } = require('../helpers/child');
const { race } = require('./race');

ours('a named pipe with several readers', async (host) => {
  const fifo = path.join(host.tmp(), 'fifo');
  execFileSync('mkfifo', [fifo]);
  const writer = fs.openSync(fifo, fs.constants.O_RDWR | fs.constants.O_NONBLOCK);
  const stdin = fs.openSync(fifo, 'r');
  host.t.after(() => [writer, stdin].forEach((fd) => fs.closeSync(fd)));
  await race(host.specifier, { call: 'read', options: { stdin } }, () => fs.writeSync(writer, 'x'));
});

ours('a listening socket that blocks, from which several accept', async (host) => {
  // spawn() takes the flag that libuv sets from what becomes a standard stream. The one in between only waits meanwhile: it
  // has the same socket, and would accept as well.
  const guests = `
    const fs = require('node:fs');
    const net = require('node:net');
    const flags = () => /flags:\\s*(\\d+)/.exec(fs.readFileSync('/proc/self/fdinfo/0', 'utf8'))[1];
    const before = flags();
    if (parseInt(before, 8) & fs.constants.O_NONBLOCK) throw new Error('the socket does not block');
    require(${JSON.stringify(path.join(__dirname, 'race'))}).race(process.env.SPECIFIER, { call: 'accept', options: { sockets: [0] } }, () => {
      const socket = net.connect(Number(process.argv[1]), '127.0.0.1');
      socket.on('error', () => {}).on('connect', () => socket.destroy());
    }).then(() => process.exit(before === flags() ? 0 : 2), (error) => {
      console.error(error);
      process.exit(1);
    });`;
  const { status, signal, stderr } = await child(`
    const server = require('node:net').createServer().listen(0, '127.0.0.1', () => {
      const args = ['-e', ${JSON.stringify(guests)}, String(server.address().port)];
      const stdio = [server._handle.fd, 'inherit', 'inherit'];
      process.exit(require('node:child_process').spawnSync(process.execPath, args, { stdio, timeout: 20000, killSignal: 'SIGKILL' }).status ?? 3);
    });`,
  { env: { SPECIFIER: host.specifier } });
  assert.deepEqual({ status, signal }, { status: 0, signal: null }, stderr);
});

ours('a named pipe: nothing is at its end before it had a writer, and the end is the end', async (host) => {
  const fifo = path.join(host.tmp(), 'fifo');
  execFileSync('mkfifo', [fifo]);
  const { status, stdout, stderr } = await child(`
    const fs = require('node:fs');
    const { WASI } = require(process.env.SPECIFIER);
    const stdin = fs.openSync(process.argv[1], fs.constants.O_RDONLY | fs.constants.O_NONBLOCK);
    const memory = new WebAssembly.Memory({ initial: 1 });
    const wasi = new WASI({ version: 'preview1', stdin });
    wasi.start({ exports: { memory, _start() {} } });
    const view = new DataView(memory.buffer);
    view.setUint32(0, 4096, true);
    view.setUint32(4, 100, true);
    const { fd_fdstat_set_flags, fd_read } = wasi.wasiImport;
    const read = () => [fd_read(0, 0, 1, 512), view.getUint32(512, true)];
    fd_fdstat_set_flags(0, 4);
    console.log(read()[0]);
    const writer = fs.openSync(process.argv[1], 'w');
    console.log(read()[0]);
    fs.writeSync(writer, 'abc');
    fd_fdstat_set_flags(0, 0);
    console.log(...read());
    fs.closeSync(writer);
    console.log(...read());`, { args: [fifo], env: { SPECIFIER: host.specifier } });
  assert.deepEqual({ status, stdout }, { status: 0, stdout: '6\n6\n0 3\n0 0\n' }, stderr);
});
