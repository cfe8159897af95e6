'use strict';
// How a guest's exit leaves its stack, or its host.

/** Thrown through the guest's frames by an exit, and swallowed by `start()`. The name is Node's. */
const kExitCode = Symbol('kExitCode');

/**
 * Ends the process at once, as C's `exit` does: no 'exit' event, nothing flushed. In a Worker it ends that Worker only,
 * where `node:wasi` takes the whole process down.
 * @param {number} code
 * @returns {never}
 */
function endHost(code) {
  const { isMainThread } = require('node:worker_threads');
  if (isMainThread && typeof process.reallyExit === 'function') process.reallyExit(code & 0xff);
  process.exit(code & 0xff);
}

module.exports = { endHost, kExitCode };
