'use strict';
// The kinds of filesystems: what a guest is given that shows what is in a folder. Each is made anew for each run.

/** @type {Record<string, (folder: string, preopen: any) => unknown>} `preopen` is the package */
const KINDS = {
  host: (folder) => folder,
  memory: (folder, { MemoryFileSystem }) => MemoryFileSystem.fromDirectory(folder),
  overlay: (folder, { OverlayFileSystem }) => new OverlayFileSystem({ lower: folder }),
  'overlay over memory': (folder, { OverlayFileSystem, MemoryFileSystem }) =>
    new OverlayFileSystem({ lower: MemoryFileSystem.fromDirectory(folder) }),
  // Filesystems written in JavaScript.
  memfs: (folder) => require('../__test__/helpers/in_memfs').inMemfs(folder),
  'node:fs': (folder) => require('../__test__/helpers/below').below(folder),
  'host, read-only': (folder) => ({ path: folder, readOnly: true }),
  'memory, read-only': (folder, { MemoryFileSystem }) => ({ filesystem: MemoryFileSystem.fromDirectory(folder), readOnly: true }),
  'overlay, read-only': (folder, { OverlayFileSystem }) => ({ filesystem: new OverlayFileSystem({ lower: folder }), readOnly: true }),
};

/** Those on which a guest can change something. */
const WRITABLE = Object.keys(KINDS).filter((kind) => !kind.endsWith('read-only'));
const READ_ONLY = Object.keys(KINDS).filter((kind) => kind.endsWith('read-only'));

module.exports = { KINDS, READ_ONLY, WRITABLE };
