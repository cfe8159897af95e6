'use strict';
// The attacks (`scripts/attacks.js`), under every Node, with both addons.

const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { root } = require('../lib/exec.js');
const { LARGE } = require('../lib/setup.js');

const SCRIPT = path.join(root, 'scripts/attacks.js');
/** What all of one Node's may take, ms. */
const PATIENCE = 30 * 60_000;

/**
 * @typedef {{ node: string, engine: string, kind: string, class: string, name: string, contained: boolean }} Row
 * @param {{ name: string, program: string, args: string[], major?: number }[]} runtimes of which the Nodes are attacked, with the addon
 *   that has both engines
 * @returns {{ rows: Row[], failed: string[] } | undefined} undefined where there is no such script; `failed`: what gave no rows, and why
 */
function attack(runtimes, say = () => {}) {
  if (!fs.existsSync(SCRIPT)) return undefined;
  const rows = [];
  const failed = [];
  for (const { name, program, args, major } of runtimes) {
    if (major === undefined) continue;
    const began = Date.now();
    const { stdout, status, signal } = spawnSync(program, [...args, '--expose-gc', SCRIPT, '--json'], {
      encoding: 'utf8',
      env: { ...process.env, PREOPEN_NATIVE_LIBRARY_PATH: LARGE },
      maxBuffer: 1 << 28,
      timeout: PATIENCE,
      killSignal: 'SIGKILL',
    });
    try {
      rows.push(...JSON.parse(stdout));
    } catch {
      failed.push(`${name}: the attacks ended without an answer (${signal ?? `exit code ${status}`})`);
    }
    say(`attacks, ${name}: ${((Date.now() - began) / 1000).toFixed(0)} s`);
  }
  return { rows, failed };
}

module.exports = { attack };
