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
  const { Volume } = require('memfs');
  const copy = Volume.fromJSON({ '/': null });
  for (const entry of fs.readdirSync(folder, { withFileTypes: true, recursive: true })) {
    const from = path.join(entry.parentPath ?? entry.path, entry.name);
    const to = `/${path.relative(folder, from)}`;
    copy.mkdirSync(path.dirname(to), { recursive: true });
    if (entry.isDirectory()) copy.mkdirSync(to, { recursive: true });
    else if (entry.isSymbolicLink()) copy.symlinkSync(fs.readlinkSync(from), to);
    else copy.writeFileSync(to, fs.readFileSync(from));
  }
  return copy;
}

module.exports = { KINDS, READ_ONLY, WRITABLE };
