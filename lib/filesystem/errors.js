'use strict';
// Errors as node:fs throws them: `ENOENT: no such file or directory, open '/x'`, with errno, code, syscall, path and dest.

const { constants } = require('node:os');
const util = require('node:util');
const native = require('../native.js');
const { invalidArgType, invalidArgValue, outOfRange } = require('../errors.js');

/** What node:fs has no error for. */
const OTHERS = { ENOTCAPABLE: [constants.errno.EACCES, 'EACCES'] };

/**
 * What an errno of native code's is to Node.
 * @param {number} errno preview1's
 * @returns {{ errno: number, code: string, message: string }}
 */
function describe(errno) {
  const name = native.load().errnoName(errno) ?? 'EIO';
  const [number, code] = OTHERS[name] ?? [constants.errno[name] ?? constants.errno.EIO, name];
  const message = util.getSystemErrorMap().get(-number)?.[1] ?? 'unknown error';
  return { errno: -number, code, message };
}

/**
 * The error of a call that failed.
 * @param {number} errno preview1's
 * @param {string} syscall
 * @param {string | Buffer} [path]
 * @param {string | Buffer} [dest]
 */
function fsError(errno, syscall, path, dest) {
  const { errno: number, code, message } = describe(errno);
  let text = `${code}: ${message}, ${syscall}`;
  if (path !== undefined) text += ` '${path}'`;
  if (dest !== undefined) text += ` -> '${dest}'`;
  const error = new Error(text);
  error.errno = number;
  error.code = code;
  error.syscall = syscall;
  if (path !== undefined) error.path = String(path);
  if (dest !== undefined) error.dest = String(dest);
  return error;
}

/**
 * An answer of native code's, or the error that it stands for.
 * @template T
 * @param {T} answer a negative number, where the call failed
 * @param {string} syscall
 * @param {string | Buffer} [path]
 * @param {string | Buffer} [dest]
 * @returns {T}
 */
function check(answer, syscall, path, dest) {
  if (typeof answer === 'number' && answer < 0) throw fsError(-answer, syscall, path, dest);
  return answer;
}

/**
 * An error of one of the calls that Node itself is made of (`rmSync`, `cpSync`): a SystemError with a code of its own.
 * @param {string} code `ERR_FS_…`
 * @param {string} reason
 * @param {{ syscall: string, code: string, message: string, path: string, dest?: string }} info
 */
function systemError(code, reason, info) {
  const { syscall, code: name, message, path, dest } = info;
  let text = `${reason}: ${syscall} returned ${name} (${message}) ${path}`;
  if (dest !== undefined) text += ` => ${dest}`;
  const error = new Error(text);
  Object.defineProperty(error, 'name', { value: 'SystemError', configurable: true, writable: true });
  error.code = code;
  error.info = { errno: constants.errno[name], code: name, message, syscall, path, ...(dest !== undefined && { dest }) };
  error.errno = constants.errno[name];
  error.syscall = syscall;
  error.path = path;
  if (dest !== undefined) error.dest = dest;
  return error;
}

/** An error with a code. */
const coded = (error, code) => Object.assign(error, { code });

/** ERR_FS_FILE_TOO_LARGE, from `readFileSync`. */
const tooLarge = (size) => coded(new RangeError(`File size (${size}) is greater than 2 GiB`), 'ERR_FS_FILE_TOO_LARGE');

module.exports = { check, coded, describe, fsError, invalidArgType, invalidArgValue, outOfRange, systemError, tooLarge };
