'use strict';
// FIFOs, sockets and devices inside a preopen.
const assert = require('node:assert/strict');
const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const net = require('node:net');
const path = require('node:path');
const { FILETYPE, OFLAGS, READ, WRITE } = require('../helpers/abi');
const { ours } = require('../helpers/both');
const why = require('../helpers/why');

async function specials(host, mount = {}) {
  const dir = host.tmp();
  execFileSync('mkfifo', [path.join(dir, 'fifo')]);
  fs.symlinkSync('fifo', path.join(dir, 'link'));
  const server = net.createServer().listen(path.join(dir, 'socket'));
  await new Promise((resolve) => server.once('listening', resolve));
  host.t.after(() => server.close());
  return { dir, guest: host.guest({ preopens: { '/sandbox': { path: dir, ...mount }, '/dev': { path: '/dev', ...mount } } }) };
}

ours('they are refused at once, however they are opened', why.special, async (host) => {
  const { guest } = await specials(host);
  const start = Date.now();
  for (const [fd, name] of [[3, 'fifo'], [3, 'link'], [3, 'socket'], [4, 'null'], [4, 'zero'], [4, 'random']]) {
    for (const base of [READ, WRITE, READ | WRITE, 0n]) {
      for (const oflags of [0, OFLAGS.CREAT, OFLAGS.TRUNC]) {
        assert.equal(guest.open(fd, name, { base, oflags, inheriting: 0n }).errno, 'NOTCAPABLE', `${name} ${base} ${oflags}`);
      }
    }
  }
  assert.ok(Date.now() - start < 2000);
});

ours('they are listed, and have attributes', async (host) => {
  const { guest } = await specials(host);
  assert.equal(guest.pathStat(4, 'null').type, FILETYPE.CHARACTER_DEVICE);
  for (const name of ['fifo', 'socket']) assert.equal(guest.pathStat(3, name).errno, 'SUCCESS');
  assert.deepEqual(guest.names(3), ['fifo', 'link', 'socket']);
  assert.equal(guest.unlink(3, 'fifo'), 'SUCCESS');
});

ours('specialFiles: true allows them', async (host) => {
  const { guest, dir } = await specials(host, { specialFiles: true });
  assert.equal(guest.read(guest.opened(4, 'zero'), 4).data, '\0\0\0\0');
  assert.equal(guest.write(guest.opened(4, 'null', { write: true }), 'gone').written, 4);
  const both = fs.openSync(path.join(dir, 'fifo'), fs.constants.O_RDWR | fs.constants.O_NONBLOCK);
  host.t.after(() => fs.closeSync(both));
  fs.writeSync(both, 'through the fifo');
  assert.equal(guest.read(guest.opened(3, 'fifo')).data, 'through the fifo');
});

ours('specialFiles: true and readOnly: true: what is written is refused', async (host) => {
  const { guest } = await specials(host, { specialFiles: true, readOnly: true });
  assert.equal(guest.read(guest.opened(4, 'zero'), 1).data, '\0');
  assert.equal(guest.open(4, 'null', { base: WRITE, inheriting: 0n }).errno, 'ROFS');
});
