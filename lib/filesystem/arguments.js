'use strict';
// What callers pass, checked as node:fs checks it: paths, encodings, flags, modes, times, buffers.

const { constants } = require('node:fs');
const { fileURLToPath } = require('node:url');
const { invalidArgType, invalidArgValue, outOfRange } = require('../errors.js');

const INT32_MAX = 0x7fffffff;
const UINT32_MAX = 0xffffffff;

const { O_APPEND, O_CREAT, O_EXCL, O_RDONLY, O_RDWR, O_SYNC, O_TRUNC, O_WRONLY } = constants;

/** The flags of `open` by name. */
const FLAGS = new Map([
  ['r', O_RDONLY],
  ['rs', O_RDONLY | O_SYNC],
  ['sr', O_RDONLY | O_SYNC],
  ['r+', O_RDWR],
  ['rs+', O_RDWR | O_SYNC],
  ['sr+', O_RDWR | O_SYNC],
  ['w', O_TRUNC | O_CREAT | O_WRONLY],
  ['wx', O_TRUNC | O_CREAT | O_WRONLY | O_EXCL],
  ['xw', O_TRUNC | O_CREAT | O_WRONLY | O_EXCL],
  ['w+', O_TRUNC | O_CREAT | O_RDWR],
  ['wx+', O_TRUNC | O_CREAT | O_RDWR | O_EXCL],
  ['xw+', O_TRUNC | O_CREAT | O_RDWR | O_EXCL],
  ['a', O_APPEND | O_CREAT | O_WRONLY],
  ['ax', O_APPEND | O_CREAT | O_WRONLY | O_EXCL],
  ['xa', O_APPEND | O_CREAT | O_WRONLY | O_EXCL],
  ['as', O_APPEND | O_CREAT | O_WRONLY | O_SYNC],
  ['sa', O_APPEND | O_CREAT | O_WRONLY | O_SYNC],
  ['a+', O_APPEND | O_CREAT | O_RDWR],
  ['ax+', O_APPEND | O_CREAT | O_RDWR | O_EXCL],
  ['xa+', O_APPEND | O_CREAT | O_RDWR | O_EXCL],
  ['as+', O_APPEND | O_CREAT | O_RDWR | O_SYNC],
  ['sa+', O_APPEND | O_CREAT | O_RDWR | O_SYNC],
]);

const isBytes = (value) => value instanceof Uint8Array;

/**
 * A path as native code takes it.
 * @param {unknown} path
 * @param {string} [name]
 * @returns {string | Uint8Array}
 */
function toPath(path, name = 'path') {
  if (typeof path === 'string') {
    if (path.includes('\0')) throw noNul(path, name);
    return path;
  }
  if (isBytes(path)) {
    if (path.includes(0)) throw noNul(path, name);
    return path;
  }
  if (isURL(path)) return toPath(fileURLToPath(path), name);
  throw invalidArgType(name, 'of type string or an instance of Buffer or URL', path);
}

const noNul = (path, name) => invalidArgValue(name, path, 'must be a string, Uint8Array, or URL without null bytes');

/** What Node takes for a URL, of whatever realm. */
function isURL(value) {
  return Boolean(value?.href && value.protocol && value.auth === undefined && value.path === undefined);
}

/** A path that is a number is an open file. */
const isFd = (path) => Number.isInteger(path) && path >= 0 && path <= INT32_MAX;

/**
 * The number of an open file.
 * @param {unknown} fd
 * @returns {number}
 */
function toFd(fd) {
  return toInteger(fd, 'fd', 0, INT32_MAX);
}

function toInteger(value, name, min = Number.MIN_SAFE_INTEGER, max = Number.MAX_SAFE_INTEGER) {
  if (typeof value !== 'number') throw invalidArgType(name, 'of type number', value);
  if (!Number.isInteger(value)) throw outOfRange(name, 'an integer', value);
  if (value < min || value > max) throw outOfRange(name, `>= ${min} && <= ${max}`, value);
  return value;
}

/**
 * Options, of which a string is the encoding.
 * @param {unknown} options
 * @param {object} defaults
 */
function toOptions(options, defaults) {
  if (options == null || typeof options === 'function') return defaults;
  let read;
  if (typeof options === 'string') read = { ...defaults, encoding: options };
  else if (typeof options === 'object') read = { ...defaults, ...options };
  else throw invalidArgType('options', 'one of type string or object', options);
  if (read.encoding !== 'buffer') toEncoding(read.encoding);
  return read;
}

/** An encoding, or nothing. */
function toEncoding(encoding) {
  if (encoding && !Buffer.isEncoding(encoding)) {
    throw invalidArgValue('encoding', encoding, 'is invalid encoding');
  }
  return encoding;
}

/** Whether an encoding is what native code makes strings of. */
const isUtf8 = (encoding) => encoding === 'utf8' || encoding === 'utf-8';

/**
 * A name or path in an encoding, from a Buffer.
 * @param {Buffer} bytes
 * @param {string} encoding
 */
const encode = (bytes, encoding) => (encoding === 'buffer' ? bytes : bytes.toString(encoding));

/** The flags of `open`, as a number. */
function toFlags(flags, name = 'flags') {
  if (flags == null) return O_RDONLY;
  if (typeof flags === 'number') return toInteger(flags, name, -0x80000000, INT32_MAX);
  const known = FLAGS.get(flags);
  if (known === undefined) throw invalidArgValue(name, flags, 'is invalid');
  return known;
}

/** Permission bits: a number, or a string of octal digits. */
function toMode(value, name, fallback) {
  const mode = value ?? fallback;
  if (typeof mode === 'string') {
    if (!/^[0-7]+$/.test(mode)) {
      throw invalidArgValue(name, value, 'must be a 32-bit unsigned integer or an octal string');
    }
    return toInteger(parseInt(mode, 8), name, 0, UINT32_MAX);
  }
  return toInteger(mode, name, 0, UINT32_MAX);
}

/** A time, in seconds since 1970. */
function toTime(time, name = 'time') {
  // A string that reads as a number, as in node:fs.
  if (typeof time === 'string' && +time == time) return +time; // eslint-disable-line eqeqeq -- Node's own test
  if (Number.isFinite(time)) return time < 0 ? Date.now() / 1000 : time;
  if (time instanceof Date) return Date.prototype.getTime.call(time) / 1000;
  throw invalidArgType(name, 'an instance of Date or an Time in seconds', time);
}

/** A length to cut a file to. */
function toLength(len, name = 'len') {
  return Math.max(0, toInteger(len, name));
}

/**
 * Bytes to read into or to write, where they are.
 * @param {unknown} buffer
 * @param {string} [name]
 * @param {string} [expected]
 * @returns {Uint8Array}
 */
function toBytes(buffer, name = 'buffer', expected = 'an instance of Buffer, TypedArray, or DataView') {
  if (isBytes(buffer)) return buffer;
  if (!ArrayBuffer.isView(buffer)) throw invalidArgType(name, expected, buffer);
  return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);
}

/**
 * What a file is to hold: text that becomes UTF-8, or bytes.
 * @param {unknown} data
 * @param {string} encoding
 * @returns {string | Uint8Array}
 */
function toData(data, encoding) {
  if (typeof data === 'string') return isUtf8(encoding) ? data : Buffer.from(data, encoding);
  return toBytes(data, 'data', 'of type string or an instance of Buffer, TypedArray, or DataView');
}

module.exports = {
  encode,
  isFd,
  isUtf8,
  toBytes,
  toData,
  toEncoding,
  toFd,
  toFlags,
  toInteger,
  toLength,
  toMode,
  toOptions,
  toPath,
  toTime,
};
