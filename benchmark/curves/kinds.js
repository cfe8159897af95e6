'use strict';

// The kinds of filesystems that a curve runs over. Each is planted first: a function fills a directory by the names of node:fs, on
// the disk or in memory, and what the guest gets is that directory, or an overlay over it.

const fs = require('node:fs');
const { below } = require('../../__test__/helpers/below.js');

const HOST = 'host';
const MEMORY = 'memory';
const OVER_HOST = 'overlay, host';
const OVER_MEMORY = 'overlay, memory';
const PROVIDER = 'provider';
const NODE = 'node:wasi';

/** All of ours that need no JavaScript, and whom they are compared with. */
const ALL = [HOST, MEMORY, OVER_HOST, OVER_MEMORY, NODE];

const isOnDisk = (kind) => kind !== MEMORY && kind !== OVER_MEMORY;

/**
 * What a guest of a kind mounts.
 * @param {string} kind
 * @param {{ preopen: object, folder: string }} kit the module, and an empty folder of the disk's
 * @param {(fs: object, root: string) => void} [plant]
 * @returns {{ preopens: object, filesystem?: object }}
 */
function mount(kind, { preopen, folder }, plant = () => {}) {
  if (isOnDisk(kind)) {
    plant(fs, folder);
    if (kind === OVER_HOST) return over(preopen, folder);
    if (kind !== PROVIDER) return { preopens: { '/': folder }, filesystem: { ...fs, base: folder } };
    return { preopens: { '/': { filesystem: below(folder) } } };
  }
  // As many as a curve needs.
  const memory = new preopen.MemoryFileSystem(undefined, { maxInodes: 2 ** 22, maxBytes: 2 ** 33 });
  plant(memory, '');
  return kind === OVER_MEMORY ? over(preopen, memory) : { preopens: { '/': memory }, filesystem: memory };
}

function over({ MemoryFileSystem, OverlayFileSystem }, lower) {
  const upper = new MemoryFileSystem(undefined, { maxInodes: 2 ** 22, maxBytes: 2 ** 33 });
  const filesystem = new OverlayFileSystem({ lower, upper });
  return { preopens: { '/': filesystem }, filesystem };
}

module.exports = { ALL, HOST, MEMORY, NODE, OVER_HOST, OVER_MEMORY, PROVIDER, isOnDisk, mount };
