'use strict';
// What a run, or a compilation, is rejected with; traps have a class of their own, in trap.js.

const { CodedError, CodedTypeError, invalidArgType, invalidArgValue, notAChunk, emptyChunks, outOfRange } = require('../errors.js');

/**
 * ERR_PREOPEN_MODULE: these bytes are no program that can run here.
 * @param {string} reason sentences
 */
const badModule = (reason) => new CodedError('ERR_PREOPEN_MODULE', reason);

/**
 * ERR_PREOPEN_IMPORTS: the module needs functions that it was not given.
 * @param {{ module: string, name: string, params: string[], results: string[] }[]} missing
 */
function missingImports(missing) {
  const lines = missing.map(({ module, name, params, results }) => `\n  ${module}.${name}: (${params.join(', ')}) -> ${results.join(', ') || 'nothing'}`);
  const what = missing.length === 1 ? 'a function that was' : `${missing.length} functions that were`;
  const error = new CodedError('ERR_PREOPEN_IMPORTS', `The module imports ${what} not given in options.imports:${lines.join('')}`);
  error.missing = missing.map(({ module, name }) => `${module}.${name}`);
  return error;
}

/** The signal of a run, or of a compilation, was aborted. As Node's own. */
function aborted(cause) {
  const error = new Error('The operation was aborted');
  Object.defineProperty(error, 'name', { value: 'AbortError', writable: true, configurable: true });
  Object.defineProperty(error, 'cause', { value: cause, writable: true, configurable: true });
  error.code = 'ABORT_ERR';
  // The engine wrote the first line with the name that it had.
  error.stack = String(error.stack).replace(/^Error/, 'AbortError');
  return error;
}

/** The host has no room for a run, or a compilation: threads, memory, descriptors. */
function noRoom(errno, call = 'run') {
  const { fsError } = require('../filesystem/errors.js');
  return fsError(errno, call);
}

/** ERR_PREOPEN_INTERNAL: a fault of ours, caught. */
const internal = (message) => new CodedError('ERR_PREOPEN_INTERNAL', `A fault in preopen ended the guest: ${message}`);

/**
 * What a function of the host's returned is not what the module's import says.
 * @param {string} name `module.name`
 * @param {number} count how many values it is to return
 */
const badResults = (name, count) =>
  new CodedTypeError('ERR_INVALID_RETURN_VALUE', `Expected an array of ${count} values to be returned from the imported function ${name}.`);

module.exports = {
  aborted,
  badModule,
  badResults,
  emptyChunks,
  internal,
  invalidArgType,
  invalidArgValue,
  missingImports,
  noRoom,
  notAChunk,
  outOfRange,
};
