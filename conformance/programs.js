'use strict';
// The project's conformance programs (`__test__/guests/src/conform_*.c`), and how each is run.

/**
 * @typedef {object} Program
 * @property {string} name
 * @property {{ args: string[], exitCode: number }[]} [runs] without them it is run once, without arguments, and exits with 0
 * @property {Record<string, string>} [env]
 * @property {boolean} [readOnly] it is for mounts that are read-only, and for no others
 * @property {number} [connections] it finds a listening socket, to which so many peers connect
 * @property {number} [maxFds]
 * @property {string} [notUnderNode] why it is not run under node:wasi, which it would end, or wait for ever
 */

/** @type {Program[]} */
const PROGRAMS = [
  { name: 'conform_args', runs: [{ args: ['two words', '', 'ü€'], exitCode: 0 }], env: { A: '1', EMPTY: '', PATH: 'a=b' } },
  { name: 'conform_beyond' },
  { name: 'conform_clock' },
  { name: 'conform_edges', notUnderNode: 'node:wasi crashes, hangs, or takes numbers from 2^31 on for negative' },
  { name: 'conform_existing' },
  { name: 'conform_exit', runs: ['0', '1', '33', '125', '255'].map((code) => ({ args: [code], exitCode: Number(code) })).concat({ args: [], exitCode: 0 }) },
  { name: 'conform_fd_io' },
  { name: 'conform_fd_readdir' },
  { name: 'conform_fd_stat' },
  { name: 'conform_fd_sync' },
  { name: 'conform_fd_table' },
  { name: 'conform_limits', maxFds: 64, notUnderNode: 'node:wasi has no limit of its own, and takes what the process has' },
  { name: 'conform_not_sock' },
  { name: 'conform_path_links' },
  { name: 'conform_path_open' },
  { name: 'conform_path_rename' },
  { name: 'conform_path_stat' },
  { name: 'conform_path_tree' },
  { name: 'conform_poll' },
  {
    name: 'conform_raise',
    // The specification's numbers: INT, KILL, TERM.
    runs: [[], ['2'], ['9'], ['15']].map((args) => ({ args, exitCode: args.length === 0 ? 0 : 128 + Number(args[0]) })),
    notUnderNode: 'node:wasi raises the signal in its own process',
  },
  { name: 'conform_random' },
  { name: 'conform_read_only', readOnly: true, notUnderNode: 'node:wasi has no read-only directories' },
  { name: 'conform_rights' },
  { name: 'conform_sock', connections: 2, notUnderNode: 'node:wasi hands no sockets over' },
  { name: 'conform_times' },
  { name: 'conform_waits', notUnderNode: 'node:wasi waits for ever, or crashes' },
];

module.exports = { PROGRAMS };
