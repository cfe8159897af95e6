'use strict';
// Where an attack takes place: a box that the guest gets, and what lies beside it and must stay as it is, on every kind of filesystem.
const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const net = require('node:net');
const path = require('node:path');
const { MemoryFileSystem, OverlayFileSystem } = require('../..');
const { below } = require('../helpers/below');
const { inMemfs } = require('../helpers/in_memfs');
const { SECRET, makeBox, makeLinks, record } = require('../helpers/outside');

// The links that makeLinks() does not plant: [name in the box, its text], some of which name the outside's path.
const MORE_LINKS = [
  ['slashed', '../outside/'], ['slashes', '..//outside//'], ['slashedfile', '../outside/secret/'], ['chainslashed', 'slashed/'],
  ['dangling', '../outside/made'], ['soft', 'own'], ['circle', 'circle2'], ['circle2', 'circle'],
  ['proc', '/proc/self'], ['procroot', '/proc/self/root'], ['procfd', '/proc/self/fd'], ['environ', '/proc/self/environ'], ['mem', '/proc/self/mem'],
  ['stdin', '/dev/stdin'], ['zero', '/dev/zero'], ['tty', '/dev/tty'], ['full', '/dev/full'], ['tofifo', 'fifo'],
];

/** base/outside, base/box with all its links, base/ro with what a second, read-only preopen has. */
function makeWorld(folder) {
  const places = makeBox({ tmp: () => folder });
  makeLinks(places);
  const { base, box, outside } = places;
  for (const [name, target] of MORE_LINKS) fs.symlinkSync(target, path.join(box, name));
  fs.symlinkSync(path.join(outside, 'made'), path.join(box, 'danglingabs'));
  fs.writeFileSync(path.join(box, 'old'), 'old');
  fs.utimesSync(path.join(box, 'old'), -1e9, -1e9);
  fs.mkdirSync(path.join(base, 'ro/dir'), { recursive: true });
  fs.writeFileSync(path.join(base, 'ro/keep'), 'keep');
  fs.writeFileSync(path.join(base, 'ro/dir/inside'), 'inside');
  return places;
}

/** What two programs swap: directories and files in the box for links beside them that lead out. */
function makeSwaps({ box, outside }) {
  fs.mkdirSync(path.join(box, 'd/sub'), { recursive: true });
  fs.mkdirSync(path.join(outside, 'sub'));
  for (const name of ['d/f', 'f']) fs.writeFileSync(path.join(box, name), 'inside');
  fs.writeFileSync(path.join(outside, 'f'), 'SECRET'.repeat(1000));
  fs.writeFileSync(path.join(outside, 'victim'), 'victim');
  fs.symlinkSync('../outside', path.join(box, 'd.link'));
  fs.symlinkSync('../outside/f', path.join(box, 'f.link'));
}

/** A FIFO and a socket in the box; answers how the socket is closed. */
async function makeSpecial({ box }) {
  execFileSync('mkfifo', [path.join(box, 'fifo')]);
  const server = net.createServer();
  // Its path may be no longer than 107 bytes: it is bound by a short one, through a descriptor.
  const fd = fs.openSync(box, 'r');
  await new Promise((resolve, reject) => server.once('error', reject).listen(`/proc/self/fd/${fd}/socket`, resolve));
  fs.closeSync(fd);
  return () => new Promise((resolve) => server.close(resolve));
}

const LIMITS = { maxBytes: 8 << 20, maxInodes: 2000 };
const inMemory = (base) => MemoryFileSystem.fromDirectory(base, LIMITS);
const overlay = (lower) => new OverlayFileSystem({ lower, upper: new MemoryFileSystem({}, LIMITS) });

/**
 * The kinds. A filesystem is mounted whole, and the guest opens its box in it, so that there is an outside; a directory of the host
 * is the box itself, or mounted whole as well. `disk`: it is the host's disk that holds it, `lower` that it lies below. `kernel`: names
 * may be swapped meanwhile, also by others; for filesystems in JavaScript README.md says that they may not.
 */
const KINDS = {
  'a directory': { directory: (base) => path.join(base, 'box'), at: '.', disk: true, kernel: true },
  'a directory that the guest opened': { directory: (base) => base, disk: true, kernel: true },
  'memory': { filesystem: inMemory, kernel: true },
  'an overlay over a directory': { filesystem: (base) => overlay(base), lower: true, kernel: true },
  'an overlay over memory': { filesystem: (base) => overlay(inMemory(base)), kernel: true },
  'an overlay over JavaScript': { filesystem: (base) => overlay(below(base)), lower: true },
  'node:fs below a folder': { filesystem: below, disk: true },
  'memfs': { filesystem: inMemfs, readingChanges: true },
  // For the race alone: what swaps names below an overlay leads no further than its lower directory, but a directory in it that the guest
  // opened is no boundary then. So the box is the whole of it.
  'an overlay over the box': { filesystem: (base) => overlay(path.join(base, 'box')), at: '.', disk: true, kernel: true, race: true },
};
for (const [name, kind] of Object.entries(KINDS)) Object.assign(kind, { name, at: kind.at ?? 'box', writable: true });
for (const kind of Object.values(KINDS)) KINDS[`${kind.name}, read-only`] = { ...kind, name: `${kind.name}, read-only`, writable: false };
for (const writable of [true, false]) {
  const name = writable ? 'a single file' : 'a single file, read-only';
  KINDS[name] = { name, file: true, at: '.', disk: true, writable };
}
/** Nothing at all; and the worst that a host can preopen. */
KINDS.nothing = { name: 'nothing', at: '.', writable: false };
KINDS['/proc/self'] = { name: '/proc/self', directory: () => '/proc/self', at: '.', writable: true };

const kindsWhere = (what) => Object.values(KINDS).filter((kind) => kind.name !== 'nothing' && kind.name !== '/proc/self' && what(kind)).map(({ name }) => name);

/**
 * The world of one run of a program, in a new folder.
 * @returns what its options are, and `check()`: what is not as it was, in words
 */
async function world(kindName, folder, { special = false, swaps = false, engine } = {}) {
  const kind = KINDS[kindName];
  const places = makeWorld(folder);
  const { base, box, outside } = places;
  if (swaps) makeSwaps(places);
  const close = special ? await makeSpecial(places) : async () => {};
  const readOnly = !kind.writable;
  const filesystem = kind.filesystem?.(base);
  const mount = (options) => (filesystem ? (options.readOnly ? { filesystem, ...options } : filesystem) : { path: kind.directory(base), ...options });
  const preopens = {};
  if (kind.file) preopens['/box/own'] = { file: path.join(box, 'own'), readOnly };
  else if (kind.name !== 'nothing') preopens['/box'] = mount({ readOnly });
  // For the programs that want it: the read-only one beside it (of a filesystem it is the same one), or a file of the box on its own.
  const seconds = {
    'read-only': { preopens: { '/ro': filesystem ? mount({ readOnly: true }) : { path: path.join(base, 'ro'), readOnly: true } }, at: filesystem ? 'ro' : '.' },
    'file': { preopens: { '/single/own': { file: path.join(box, 'own') } }, at: '.' },
  };
  // What is in the filesystem, as its owner sees it; what is on the disk.
  const inside = filesystem && !kind.disk ? filesystem : fs;
  const root = inside === fs ? base : '/';
  const tree = (name) => record(path.join(root, name), inside, { times: !kind.readingChanges });
  const trees = () => ({
    'the outside': tree('outside'),
    'what is read-only': tree('ro'),
    'the outside on the disk': record(outside),
    ...((readOnly && !swaps) || kind.name === 'nothing' ? { 'the read-only box': tree('box') } : {}),
    // A thread of the host's swaps names on its disk, below an overlay.
    ...(kind.disk || (swaps && engine === 'v8') ? {} : { 'the disk': record(base) }),
  });
  const before = trees();
  return {
    args: [kind.at, outside], preopens, seconds, places, filesystem, close,
    check() {
      const after = trees();
      const faults = Object.keys(before).filter((name) => JSON.stringify(before[name], text) !== JSON.stringify(after[name], text)).map((name) => `${name} has changed`);
      const usage = filesystem instanceof MemoryFileSystem ? filesystem.usage : filesystem instanceof OverlayFileSystem ? filesystem.upper.usage : { bytes: 0 };
      if (usage.bytes > LIMITS.maxBytes) faults.push(`the filesystem holds ${usage.bytes} bytes`);
      return faults;
    },
  };
}

const text = (_, value) => (typeof value === 'bigint' ? String(value) : value);

module.exports = { KINDS, SECRET, kindsWhere, world };
