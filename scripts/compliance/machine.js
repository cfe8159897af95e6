'use strict';
// What was judged, and where: versions, and the platform.

const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { readAddon } = require('../lib/elf.js');
const { root } = require('../lib/exec.js');
const { LARGE, PLATFORM, SMALL } = require('../lib/setup.js');

const said = (program, ...args) => (spawnSync(program, args, { encoding: 'utf8', cwd: root }).stdout ?? '').trim();

/** The version that Cargo.lock has of a crate. */
function locked(crate) {
  const lock = fs.readFileSync(path.join(root, 'Cargo.lock'), 'utf8');
  return new RegExp(`name = "${crate}"\\nversion = "(.+)"`).exec(lock)?.[1] ?? 'unknown';
}

/** @returns {[string, string][]} what, and which */
function describe(runtimes) {
  const addon = (file) => {
    if (!fs.existsSync(file)) return 'not built';
    const { size, glibc } = readAddon(file);
    return `${(size / 1e6).toFixed(1)} MB, for glibc ${glibc} and later`;
  };
  return [
    ['Runtimes', runtimes.map(({ name }) => name).join(', ')],
    ['Platform', `${PLATFORM}: ${os.type()} ${os.release()}, glibc ${process.report.getReport().header.glibcVersionRuntime}`],
    ['Machine', `${os.cpus()[0].model.trim()}, ${os.cpus().length} processors, ${Math.round(os.totalmem() / 2 ** 30)} GiB`],
    ['Addon', addon(SMALL)],
    ['Addon with the engine', addon(LARGE)],
    ['Built with', `${said('rustc', '--version')}; Wasmer ${locked('wasmer')}, wasmer-wasix ${locked('wasmer-wasix')}`],
  ];
}

module.exports = { describe };
