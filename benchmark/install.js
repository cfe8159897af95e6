'use strict';

// Installs packages as their lock files have them: programs/ (real WASI programs, and the assembler of the guests), and peers/
// (other hosts with filesystems in memory). Once: while a lock file stays as it is, nothing is asked of the network.

const { execFileSync } = require('node:child_process');
const crypto = require('node:crypto');
const fs = require('node:fs');
const path = require('node:path');

/** A folder with a lock file, how large its packages are, and what they are. */
function packagesIn(name, what) {
  const folder = path.join(__dirname, name);
  const packages = path.join(folder, 'node_modules');
  const stamp = path.join(packages, '.installed');

  function install() {
    const lock = fs.readFileSync(path.join(folder, 'package-lock.json'));
    const wanted = crypto.createHash('sha256').update(lock).digest('hex');
    if (!fs.existsSync(stamp) || fs.readFileSync(stamp, 'utf8') !== wanted) {
      console.error(`installing ${what} into benchmark/${name} (once)`);
      execFileSync('npm', ['ci', '--prefer-offline'], { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] });
      fs.writeFileSync(stamp, wanted);
    }
  }
  return { folder, packages, install };
}

const programs = packagesIn('programs', 'the real programs, 146 MB,');
const peers = packagesIn('peers', 'the peers, 17 MB,');

module.exports = { peers, programs };
