'use strict';
// Running other programs, visibly.

const { spawnSync } = require('node:child_process');
const path = require('node:path');

/** The repository. */
const root = path.join(__dirname, '../..');

/** A step failed, and said why on its own. */
class StepFailed extends Error {}

/**
 * Runs a program to its end, its output passed through.
 * @param {string} program
 * @param {string[]} args
 * @param {import('node:child_process').SpawnSyncOptions & { quiet?: boolean, name?: string }} [options] `quiet` keeps the
 *   output, unless the program fails; `name` is what a failure calls it
 * @returns {string} the output, where it was kept
 */
function run(program, args, { quiet = false, name = short(program), ...options } = {}) {
  const shown = [short(program), ...args.map(short)];
  if (!quiet) console.log(`$ ${shown.map((word) => (/[\s'"]/.test(word) ? JSON.stringify(word) : word)).join(' ')}`);
  const result = spawnSync(program, args, {
    cwd: root,
    stdio: quiet ? ['ignore', 'pipe', 'pipe'] : ['ignore', 'inherit', 'inherit'],
    encoding: 'utf8',
    maxBuffer: 1 << 28,
    ...options,
  });
  if (result.error !== undefined) throw new StepFailed(`${name}: ${result.error.message}`);
  if (result.status !== 0) {
    if (quiet) process.stderr.write(`${result.stdout}${result.stderr}`);
    throw new StepFailed(`${name} ended with ${result.signal ?? `exit code ${result.status}`}`);
  }
  return result.stdout ?? '';
}

/** A path as it is seen from the repository, where it lies in there. */
function short(word) {
  const inside = path.isAbsolute(word) && word.startsWith(root + path.sep);
  return inside ? path.relative(root, word) : word;
}

/** Runs npm: the one that runs this script, where there is one. */
function npm(args, options) {
  const cli = process.env.npm_execpath;
  return cli === undefined ? run('npm', args, options) : run(process.execPath, [cli, ...args], options);
}

module.exports = { StepFailed, npm, root, run };
