'use strict';

// How one call grows by the lists that it is given.

const { FREE, Guest, PAGE, RESULT, succeed } = require('./guest');
const { ALL, MEMORY, NODE, mount } = require('./kinds');
const { repeated } = require('./sample');
const { steps } = require('./sizes');

const FILE = 'file';
/** How many bytes each range has. */
const RANGE = 16;

function file(kit, size, pages) {
  const { preopens } = mount(kit.kind, kit, (fs, root) => fs.writeFileSync(`${root}/${FILE}`, Buffer.alloc(size)));
  return new Guest(kit.WASI, { preopens }, pages);
}

/** fd_pread or fd_pwrite of a file, with so many ranges. node:wasi reads no more than a call of the system's does, 1,024 of them. */
function ranges(name, title, call, most) {
  return {
    name, title, unit: 'range', kinds: ALL, sizes: steps(1, 100_000), most, cost: 'all',
    async measure(kit, n) {
      const data = FREE + 8 * n;
      const guest = file(kit, RANGE * n, Math.ceil((data + RANGE * n) / PAGE));
      for (let i = 0; i < n; i++) {
        guest.bytes.writeUInt32LE(data + RANGE * i, FREE + 8 * i);
        guest.bytes.writeUInt32LE(RANGE, FREE + 8 * i + 4);
      }
      const fd = guest.open(FILE);
      const times = await repeated(() => {
        succeed(guest.calls[call](fd, FREE, n, 0n, RESULT), call);
        if (guest.u32() !== RANGE * n) throw new Error(`${guest.u32()} bytes of ${RANGE * n}`);
      });
      guest.close(fd);
      return { times };
    },
  };
}

/** poll_oneoff with so many subscriptions, of which all have come. node:wasi takes no files. */
function poll(name, title, kinds, subscribe, events) {
  return {
    name, title, unit: 'subscription', kinds, sizes: steps(1, 30_000), cost: 'all',
    async measure(kit, n) {
      const out = FREE + 48 * n;
      const guest = file(kit, 16, Math.ceil((out + 32 * n) / PAGE));
      const fd = guest.open(FILE);
      for (let i = 0; i < n; i++) subscribe(guest.bytes.subarray(FREE + 48 * i, FREE + 48 * (i + 1)), fd, i);
      const times = await repeated(() => {
        succeed(guest.calls.poll_oneoff(FREE, out, n, RESULT), 'poll_oneoff');
        if (events(n) !== guest.u32()) throw new Error(`${guest.u32()} events of ${events(n)}`);
      });
      guest.close(fd);
      return { times };
    },
  };
}

function clock(bytes, _fd, i) {
  bytes.writeUInt32LE(i, 0);
  bytes.writeUInt8(0, 8);
  bytes.writeUInt32LE(1, 16);
}

function reads(bytes, fd, i) {
  bytes.writeUInt32LE(i, 0);
  bytes.writeUInt8(1, 8);
  bytes.writeUInt32LE(fd, 16);
}

const curves = [
  ranges('write-ranges', 'fd_pwrite of n ranges of 16 B', 'fd_pwrite'),
  ranges('read-ranges', 'fd_pread of n ranges of 16 B', 'fd_pread', { [NODE]: 1000 }),
  poll('poll-clocks', 'poll_oneoff, n times that have passed', [MEMORY], clock, (n) => n),
  poll('poll-files', 'poll_oneoff, n files', ALL.slice(0, 4), reads, (n) => n),
];

module.exports = { curves };
