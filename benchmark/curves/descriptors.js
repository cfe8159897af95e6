'use strict';

// How a guest grows by what it has open.

const { Guest, PATH, RESULT, succeed } = require('./guest');
const { ALL, MEMORY, OVER_HOST, PROVIDER, mount } = require('./kinds');
const { repeated, resident, samples, timeOf } = require('./sample');
const { steps } = require('./sizes');

const sizes = steps(10, 100_000);
const FILE = 'file';

/** A guest that can have so many descriptors, beside a file of 4 KiB. */
function holder(kit, n) {
  const { preopens } = mount(kit.kind, kit, (fs, root) => fs.writeFileSync(`${root}/${FILE}`, Buffer.alloc(4096)));
  const more = kit.isOurs ? { maxFds: n + 100 } : {};
  return new Guest(kit.WASI, { preopens, ...more });
}

function openAll(guest, n) {
  const fds = new Array(n);
  for (let i = 0; i < n; i++) fds[i] = guest.open(FILE);
  return fds;
}

const open = {
  name: 'open', title: 'n files opened by one guest', unit: 'file', kinds: [...ALL, PROVIDER], sizes, cost: 'all', fresh: true, descriptors: true,
  async measure(kit, n) {
    const guest = holder(kit, n);
    closeAll(guest, openAll(guest, 5));
    const before = resident();
    let bytes;
    const times = await samples(async () => {
      let fds;
      const time = await timeOf(() => { fds = openAll(guest, n); });
      bytes ??= resident() - before;
      closeAll(guest, fds);
      return time;
    });
    return { times, bytes };
  },
};

function closeAll(guest, fds) {
  for (const fd of fds) guest.close(fd);
}

const close = {
  name: 'close', title: 'n open files closed, the first one first', unit: 'file', kinds: ALL, sizes, cost: 'all', descriptors: true,
  async measure(kit, n) {
    const guest = holder(kit, n);
    return { times: await samples(() => (fds => timeOf(() => closeAll(guest, fds)))(openAll(guest, n))) };
  },
};

/** One call of a guest that has so many open. */
function among(name, title, kinds, call) {
  return {
    name, title, unit: 'call', kinds, sizes, cost: 'one', descriptors: true,
    async measure(kit, n) {
      const guest = holder(kit, n);
      const work = call(guest, openAll(guest, n));
      const times = await repeated(work);
      guest.wasi.close?.();
      return { times };
    },
  };
}

const read = among('read-among', 'fd_pread with n files open', ALL, (guest, fds) => {
  guest.bytes.writeUInt32LE(8192, 128);
  guest.bytes.writeUInt32LE(64, 132);
  const { calls } = guest;
  return (i) => succeed(calls.fd_pread(fds[i * 7919 % fds.length], 128, 1, 0n, RESULT), 'fd_pread');
});

const churn = among('churn', 'close one of n open files, and open it again', ALL, (guest, fds) => {
  const length = guest.path(FILE);
  const { calls } = guest;
  return (i) => {
    const fd = fds[i * 7919 % fds.length];
    succeed(calls.fd_close(fd), 'fd_close');
    succeed(calls.path_open(3, 0, PATH, length, 0, 0x204066n, 0n, 0, RESULT), 'path_open');
    if (guest.u32() !== fd) throw new Error(`${guest.u32()} is not the lowest free number, ${fd}`);
  };
});

const renumber = {
  name: 'renumber', title: 'n descriptors renumbered', unit: 'descriptor', kinds: [MEMORY, OVER_HOST], sizes, cost: 'all', descriptors: true,
  async measure(kit, n) {
    const guest = holder(kit, n);
    const half = Math.max(1, n >> 1);
    const times = await samples(async () => {
      const fds = openAll(guest, n);
      // The upper half takes the numbers of the lower one, and back again.
      const time = await timeOf(() => {
        for (let i = 0; i < half; i++) succeed(guest.calls.fd_renumber(fds[n - half + i], fds[i]), 'fd_renumber');
      });
      closeAll(guest, fds.slice(0, half));
      closeAll(guest, fds.slice(half, n - half));
      return time * n / half;
    });
    return { times };
  },
};

module.exports = { curves: [open, close, read, churn, renumber] };
