'use strict';

// Installs the packages of programs/ (real WASI programs, and the assembler of the guests) as their lock file has them.
// Once: while the lock file stays as it is, nothing is asked of the network.

const { execFileSync } = require('node:child_process');
const crypto = require('node:crypto');
const fs = require('node:fs');
const path = require('node:path');

const folder = path.join(__dirname, 'programs');
const packages = path.join(folder, 'node_modules');
const stamp = path.join(packages, '.installed');

function installPrograms() {
  const lock = fs.readFileSync(path.join(folder, 'package-lock.json'));
  const wanted = crypto.createHash('sha256').update(lock).digest('hex');
  if (!fs.existsSync(stamp) || fs.readFileSync(stamp, 'utf8') !== wanted) {
    console.error('installing the real programs into benchmark/programs (146 MB, once)');
    execFileSync('npm', ['ci', '--prefer-offline'], { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] });
    fs.writeFileSync(stamp, wanted);
  }
  return { folder, packages };
}

module.exports = { installPrograms, folder, packages };
