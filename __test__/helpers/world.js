'use strict';
// Processes in a world of their own: with a small disk, with few descriptors.
const { spawnSync } = require('node:child_process');
const path = require('node:path');
const { child } = require('./child');

const prelude = `
  const assert = require('node:assert/strict');
  const fs = require('node:fs');
  const path = require('node:path');
  const { execFileSync } = require('node:child_process');
  const preopen = require(${JSON.stringify(path.join(__dirname, '../..'))});
  const { doors, file, run, said } = require(${JSON.stringify(path.join(__dirname, 'door.js'))});
  const descriptors = () => fs.readdirSync('/proc/self/fd').length;
`;

/** Ways to a mount namespace: root has one for the asking, others get it with a user namespace where that is allowed. */
const WAYS = [['-m'], ['-rm']];
const MOUNT = 'mount -t tmpfs -o size=256k,nr_inodes=64 none "$0"';

let way;
/** How to mount something here, or undefined. Mounts go with the process. */
function mounting(directory) {
  way ??= [WAYS.find((flags) => spawnSync('unshare', [...flags, 'sh', '-c', MOUNT, directory]).status === 0)];
  return way[0];
}

/** Why nothing is mounted here. */
const NO_MOUNTS = 'mounting needs root, or user namespaces, and unshare(1)';

/**
 * Runs text as an async function in a process of its own, which must end well. It has the doors' `run`, `said`, and more.
 * @param {string} text
 * @param {{ disk?: string, files?: number }} world `disk`: a folder that is a disk of 256 KiB; `files`: how many descriptors there are
 */
async function alone(text, { disk, files, ...options } = {}) {
  let shell = 'exec $NODE';
  if (files !== undefined) shell = `ulimit -n ${files} && ${shell}`;
  if (disk !== undefined) shell = `exec unshare ${mounting(disk).join(' ')} sh -c '${MOUNT.replace('$0', disk)} && exec "$@"' sh $NODE`;
  const end = '.catch((error) => { console.error(error); process.exitCode = 9; })';
  const { status, signal, stdout, stderr } = await child(`${prelude}(async () => {${text}})()${end}`, { shell, ...options });
  if (status !== 0 || signal !== null) throw new Error(`it ended with ${signal ?? status}\n${stdout}${stderr}`);
  return stdout;
}

module.exports = { NO_MOUNTS, alone, mounting, prelude };
