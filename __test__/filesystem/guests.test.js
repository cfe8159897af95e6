'use strict';
// Programs in C print on every kind of filesystem what they print on a disk.
const assert = require('node:assert/strict');
const { Volume } = require('memfs');
const { MemoryFileSystem, OverlayFileSystem } = require('../..');
const { ours } = require('../helpers/both');
const { run } = require('../helpers/program');

const KINDS = {
  'a memory filesystem': () => new MemoryFileSystem(),
  'an overlay over a directory of the host': (host) => new OverlayFileSystem({ lower: host.tmp() }),
  'an overlay over a memory filesystem': () => new OverlayFileSystem({ lower: new MemoryFileSystem() }),
  'an overlay over an overlay': (host) => new OverlayFileSystem({ lower: new OverlayFileSystem({ lower: host.tmp() }) }),
  'an overlay over memfs': () => new OverlayFileSystem({ lower: Volume.fromJSON({ '/': null }) }),
};

for (const [kind, make] of Object.entries(KINDS)) {
  for (const program of ['file_io', 'tree', 'links', 'times']) {
    ours(`${program} on ${kind}`, (host) => {
      const expected = run(host, program, { preopens: { '/sandbox': host.tmp() } });
      const { code, stdout, error } = run(host, program, { preopens: { '/sandbox': make(host) } });
      assert.equal(error, undefined);
      assert.deepEqual([code, expected.code], [0, 0]);
      assert.equal(stdout, expected.stdout);
    });
  }
}
