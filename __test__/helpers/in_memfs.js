'use strict';
// What is in a folder, in memfs.
const fs = require('node:fs');
const path = require('node:path');
const { Volume } = require('memfs');

function inMemfs(folder) {
  const volume = Volume.fromJSON({ '/': null });
  fill(volume, folder, '/');
  return volume;
}

// By hand: the recursive listings of Bun and of some versions of Node follow links, also such as lead to themselves. What is neither file,
// directory nor link stays behind.
function fill(volume, from, to) {
  for (const entry of fs.readdirSync(from, { withFileTypes: true })) {
    const [there, here] = [path.join(from, entry.name), path.posix.join(to, entry.name)];
    if (entry.isSymbolicLink()) volume.symlinkSync(fs.readlinkSync(there), here);
    else if (entry.isDirectory()) {
      volume.mkdirSync(here);
      fill(volume, there, here);
    } else if (entry.isFile()) volume.writeFileSync(here, fs.readFileSync(there));
  }
}

module.exports = { inMemfs };
