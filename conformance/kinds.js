'use strict';
// The kinds of filesystems: what a guest is given that shows what is in a folder. Each is made anew for each run.

const fs = require('node:fs');
const path = require('node:path');

/** @type {Record<string, (folder: string, preopen: any) => unknown>} `preopen` is the package */
const KINDS = {
  host: (folder) => folder,
  memory: (folder, { MemoryFileSystem }) => MemoryFileSystem.fromDirectory(folder),
  overlay: (folder, { OverlayFileSystem }) => new OverlayFileSystem({ lower: folder }),
  'overlay over memory': (folder, { OverlayFileSystem, MemoryFileSystem }) =>
    new OverlayFileSystem({ lower: MemoryFileSystem.fromDirectory(folder) }),
  // Filesystems written in JavaScript.
  memfs: (folder) => volume(folder),
  'node:fs': (folder) => require('../__test__/helpers/below').below(folder),
  'host, read-only': (folder) => ({ path: folder, readOnly: true }),
  'memory, read-only': (folder, { MemoryFileSystem }) => ({ filesystem: MemoryFileSystem.fromDirectory(folder), readOnly: true }),
  'overlay, read-only': (folder, { OverlayFileSystem }) => ({ filesystem: new OverlayFileSystem({ lower: folder }), readOnly: true }),
};

/** Those on which a guest can change something. */
const WRITABLE = Object.keys(KINDS).filter((kind) => !kind.endsWith('read-only'));
const READ_ONLY = Object.keys(KINDS).filter((kind) => kind.endsWith('read-only'));

/** What is in a folder, in memfs. */
function volume(folder) {
  const copy = require('memfs').Volume.fromJSON({ '/': null });
  fill(copy, folder, '/');
  return copy;
}

/** By hand: Bun's recursive listing follows links, also such as lead to themselves. */
function fill(copy, from, to) {
  for (const entry of fs.readdirSync(from, { withFileTypes: true })) {
    const [there, here] = [path.join(from, entry.name), path.posix.join(to, entry.name)];
    if (entry.isSymbolicLink()) copy.symlinkSync(fs.readlinkSync(there), here);
    else if (entry.isDirectory()) {
      copy.mkdirSync(here);
      fill(copy, there, here);
    } else copy.writeFileSync(here, fs.readFileSync(there));
  }
}

module.exports = { KINDS, READ_ONLY, WRITABLE };
