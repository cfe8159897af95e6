'use strict';

// How filesystems in memory grow by their files, and files by their bytes.

const { FREE, Guest, RESULT, succeed } = require('./guest');
const { HOST, MEMORY, OVER_HOST, OVER_MEMORY, mount } = require('./kinds');
const { resident, samples, timeOf } = require('./sample');
const { steps } = require('./sizes');

const CONTENT = 'sixteen letters.';

const create = {
  name: 'create', title: 'n files of 16 B made by a guest in one directory', unit: 'file', kinds: [MEMORY, OVER_MEMORY, HOST], sizes: steps(10, 1_000_000), most: { [HOST]: 30_000 }, cost: 'all', fresh: true,
  async measure(kit, n) {
    let bytes;
    const times = await samples(async () => {
      const { preopens } = mount(kit.kind, { ...kit, folder: kit.another() });
      const guest = new Guest(kit.WASI, { preopens });
      guest.bytes.write(CONTENT, FREE);
      guest.bytes.writeUInt32LE(FREE, 128);
      guest.bytes.writeUInt32LE(CONTENT.length, 132);
      const before = resident();
      const time = await timeOf(() => {
        for (let i = 0; i < n; i++) {
          const fd = guest.open(`file-${i}`, 1);
          succeed(guest.calls.fd_write(fd, 128, 1, RESULT), 'fd_write');
          guest.close(fd);
        }
      });
      bytes ??= resident() - before;
      return time;
    });
    return { times, bytes: kit.kind === HOST ? undefined : bytes };
  },
};

/** So many files, a hundred to a directory, as JavaScript has them. */
function json(n) {
  const files = {};
  for (let i = 0; i < n; i++) files[`/${Math.floor(i / 10_000)}/${Math.floor(i / 100)}/file-${i}`] = CONTENT;
  return files;
}

/** Something done with so many files, by JavaScript. */
function whole(name, title, most, prepare, act) {
  return {
    name, title, unit: 'file', kinds: [MEMORY], sizes: steps(10, most), cost: 'all',
    async measure({ preopen: { MemoryFileSystem } }, n) {
      const limits = { maxInodes: 2 ** 22, maxBytes: 2 ** 33 };
      const given = prepare(MemoryFileSystem, n, limits);
      // The first round is not counted: code is compiled then, and the process gets memory that it keeps.
      act(MemoryFileSystem, given, limits);
      return { times: await samples(() => timeOf(() => act(MemoryFileSystem, given, limits))) };
    },
  };
}

const made = (MemoryFileSystem, n, limits) => new MemoryFileSystem(json(n), limits);

const append = {
  name: 'append', title: 'n KiB appended to one file, 4 KiB a call', unit: 'KiB', kinds: [MEMORY, OVER_MEMORY, OVER_HOST], sizes: [...steps(10, 300_000)].map((size) => size * 4), cost: 'all', fresh: true,
  async measure(kit, n) {
    let bytes;
    const times = await samples(async () => {
      const { preopens } = mount(kit.kind, { ...kit, folder: kit.another() });
      const guest = new Guest(kit.WASI, { preopens });
      guest.bytes.fill('x', FREE, FREE + 4096);
      guest.bytes.writeUInt32LE(FREE, 128);
      guest.bytes.writeUInt32LE(4096, 132);
      const fd = guest.open('file', 1);
      const before = resident();
      const time = await timeOf(() => { for (let i = 0; i < n / 4; i++) succeed(guest.calls.fd_write(fd, 128, 1, RESULT), 'fd_write'); });
      bytes ??= resident() - before;
      return time;
    });
    return { times, bytes };
  },
};

const curves = [
  create,
  whole('constructor', 'new MemoryFileSystem(files) of n files', 1_000_000, (_class, n) => json(n), (MemoryFileSystem, files, limits) => new MemoryFileSystem(files, limits)),
  whole('to-json', 'toJSON() of n files', 1_000_000, made, (_class, memory) => memory.toJSON()),
  whole('to-tar', 'toTar() of n files', 300_000, made, (_class, memory) => memory.toTar()),
  whole('from-tar', 'fromTar() of n files', 300_000, (...given) => made(...given).toTar(), (MemoryFileSystem, tar, limits) => MemoryFileSystem.fromTar(tar, limits)),
  whole('list-recursive', 'readdirSync(path, { recursive: true }) of n files', 1_000_000, made, (_class, memory) => memory.readdirSync('/', { recursive: true })),
  append,
];

module.exports = { curves };
