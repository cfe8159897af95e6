'use strict';

// How directories grow by their entries.

const fs = require('node:fs');
const path = require('node:path');
const { Guest, PAGE } = require('./guest');
const { ALL, HOST, MEMORY, NODE, OVER_HOST, OVER_MEMORY, PROVIDER, isOnDisk, mount } = require('./kinds');
const { repeated, samples, timeOf } = require('./sample');
const { steps } = require('./sizes');

const sizes = steps(10, 1_000_000);
const nameOf = (i) => `entry-${i}`;

/** How many names a file of the disk's gets: there is no need for a million inodes, and ext4 allows 65,000. */
const NAMES = 50_000;

/** Directories of the disk's are planted once for all curves and kinds of a run; nobody leaves anything in them. */
function planted({ fixture, wanted }) {
  const folder = path.join(fixture, `dir-${wanted}`);
  if (fs.existsSync(path.join(folder, 'done'))) return folder;
  fs.mkdirSync(path.join(folder, 'many'), { recursive: true });
  const at = (i) => path.join(folder, 'many', nameOf(i));
  for (let i = 0; i < wanted; i++) {
    if (i % NAMES === 0) fs.writeFileSync(at(i), '');
    else fs.linkSync(at(i - i % NAMES), at(i));
  }
  fs.writeFileSync(path.join(folder, 'done'), '');
  return folder;
}

/** The filesystem in memory that was planted last, for the curves that leave it as it is. */
let last = { n: undefined, memory: undefined };

function plantedMemory({ preopen: { MemoryFileSystem } }, n) {
  if (last.n === n) return last.memory;
  last = { n: undefined, memory: undefined };
  const memory = new MemoryFileSystem({ '/many/': null }, { maxInodes: 2 ** 22 });
  const piece = 4096;
  for (let start = 0; start < n; start += piece) {
    const names = Array.from({ length: Math.min(piece, n - start) }, (_, i) => [`/many/${nameOf(start + i)}`, '']);
    memory.fromJSON(Object.fromEntries(names));
  }
  return memory;
}

/** A guest whose folder `many` has so many entries. `keeps`: it leaves them as they are. */
function over(kit, n, keeps) {
  if (isOnDisk(kit.kind)) {
    const { preopens } = mount(kit.kind, { ...kit, folder: planted({ fixture: kit.fixture, wanted: n }) });
    return new Guest(kit.WASI, { preopens }, 4);
  }
  const memory = plantedMemory(kit, n);
  if (keeps) last = { n, memory };
  const filesystem = kit.kind === MEMORY ? memory : new kit.preopen.OverlayFileSystem({ lower: memory });
  return new Guest(kit.WASI, { preopens: { '/': filesystem } }, 4);
}

/** Measured one after the other in one process, over what is planted once. */
const group = 'many';

function listing(name, title, kinds, sizes, most, size) {
  return {
    name, title, unit: 'entry', kinds, sizes, most, cost: 'all', group,
    async measure(kit, n) {
      const guest = over(kit, n, true);
      const once = () => {
        const fd = guest.open('many', 2);
        const count = guest.list(fd, size);
        guest.close(fd);
        if (count !== n && count !== n + 2) throw new Error(`listed ${count} entries, not ${n}`);
      };
      once();
      return { times: await samples(() => timeOf(once)) };
    },
  };
}

/** One call in a directory of so many entries. */
function within(name, title, kinds, call) {
  return {
    name, title, unit: 'call', kinds, sizes, most: { [PROVIDER]: 100_000 }, cost: 'one', group,
    async measure(kit, n) {
      const guest = over(kit, n, true);
      return { times: await repeated((i) => call(guest, i, n)) };
    },
  };
}

const unlink = {
  name: 'unlink', title: 'n files of a directory removed', unit: 'file', kinds: [MEMORY, OVER_HOST, OVER_MEMORY], sizes: steps(10, 100_000), cost: 'all',
  async measure(kit, n) {
    const times = await samples(() => {
      const guest = over(kit, n);
      return timeOf(() => { for (let i = 0; i < n; i++) guest.unlink(`many/${nameOf(i)}`); });
    });
    return { times };
  },
};

/** In an overlay all that is in it is copied; the others take one step. */
const rename = {
  name: 'rename', title: 'rename of a directory of n files', unit: 'file', kinds: [HOST, MEMORY, OVER_HOST, OVER_MEMORY, NODE], sizes: steps(10, 100_000), cost: 'all',
  async measure(kit, n) {
    if (kit.kind === OVER_HOST || kit.kind === OVER_MEMORY) {
      const times = await samples(() => (guest => timeOf(() => guest.rename('many', 'moved')))(over(kit, n)));
      return { times };
    }
    const guest = over(kit, n);
    const there = await repeated(() => {
      guest.rename('many', 'moved');
      guest.rename('moved', 'many');
    });
    return { times: there.map((time) => time / 2) };
  },
};

const curves = [
  listing('list', 'a directory of n entries listed whole, 64 KiB a call', [...ALL, PROVIDER], sizes, { [NODE]: 100_000, [PROVIDER]: 100_000 }, PAGE),
  listing('list-small', 'a directory of n entries listed, 256 B a call', ALL, steps(10, 100_000), { [NODE]: 3000 }, 256),
  within('open-in', 'open one file of n in a directory', [...ALL, PROVIDER], (guest, i, n) => guest.close(guest.open(`many/${nameOf(i * 7919 % n)}`))),
  within('create-in', 'create one more in a directory of n, and remove it', ALL, (guest) => {
    guest.close(guest.open('many/new', 1));
    guest.unlink('many/new');
  }),
  unlink,
  rename,
];

module.exports = { curves };
