'use strict';
// What a filesystem written in JavaScript returns and throws, judged: native code gets numbers that make sense, or an errno.

const native = require('../native.js');

/** A failure with a code of the host's: thrown and caught within a hook, so it needs no stack. */
class Fault {
  /** @param {string} code */
  constructor(code) {
    this.code = code;
  }
}

/** What is none of the things that the method of that name may return. */
const nonsense = () => new Fault('EIO');

/** Codes that are not errnos, and what they come to. */
const OTHER_CODES = {
  EOPNOTSUPP: 'ENOTSUP',
  EWOULDBLOCK: 'EAGAIN',
  ERR_ACCESS_DENIED: 'EACCES',
  ERR_FS_EISDIR: 'EISDIR',
  ERR_FS_FILE_TOO_LARGE: 'EFBIG',
  ERR_METHOD_NOT_IMPLEMENTED: 'ENOSYS',
  UNKNOWN: 'EIO',
};

/** The number of each errno, by its name. */
let numbers;

function numberOf(code) {
  if (numbers === undefined) {
    const { errnoName } = native.load();
    numbers = new Map();
    for (let number = 1, name; (name = errnoName(number)) !== null; number++) numbers.set(name, number);
    for (const [other, name] of Object.entries(OTHER_CODES)) numbers.set(other, numbers.get(name));
  }
  return numbers.get(code);
}

/**
 * The errno (as a negative number) that an error is for a guest. What is no error of a filesystem is thrown again: it is a fault
 * of the host's code, and whoever started the guest is to see it.
 * @param {unknown} error
 */
function errnoOf(error) {
  const number = numberOf(error?.code) ?? (typeof error?.errno === 'number' ? numberOf(nameOf(error.errno)) : undefined);
  if (number === undefined) throw error;
  return -number;
}

/** The name of the host's errno, which libuv negates. */
function nameOf(errno) {
  try {
    return require('node:util').getSystemErrorName(-Math.abs(errno));
  } catch {
    return undefined;
  }
}

/**
 * What a method returned, which must be there already.
 * @param {unknown} result
 * @param {string} method
 */
function settled(result, method) {
  if (typeof result?.then === 'function') {
    // Nobody will look at what comes of it.
    result.then(undefined, () => {});
    throw new TypeError(`A filesystem for a guest must be synchronous, but its ${method}() returned a Promise`);
  }
  return result;
}

/** How many bytes were transferred: from `least` to `most`. */
function count(value, least, most) {
  const number = typeof value === 'bigint' ? Number(value) : value;
  if (!Number.isInteger(number) || number < least || number > most) throw nonsense();
  return number;
}

const U64 = 2 ** 64;

/** A number from 0 to 2^64, of which a large one may have lost digits. */
function whole(value, missing) {
  if (value === undefined || value === null) return missing;
  if (typeof value !== 'bigint' && !Number.isInteger(value) || value < 0 || value >= U64) throw nonsense();
  return BigInt(value);
}

/** A time in ns since 1970; what is earlier is 0. */
function time(stats, name) {
  const ns = stats[`${name}Ns`];
  if (typeof ns === 'bigint') return clamped(ns);
  const ms = stats[`${name}Ms`] ?? stats[name]?.getTime?.() ?? 0;
  if (typeof ms === 'bigint') return clamped(ms * 1_000_000n);
  if (!Number.isFinite(ms)) throw nonsense();
  // The product would be past what a double can hold exactly.
  const floor = Math.floor(ms);
  return clamped(BigInt(floor) * 1_000_000n + BigInt(Math.round((ms - floor) * 1e6)));
}

function clamped(ns) {
  if (ns >= 1n << 64n) throw nonsense();
  return ns < 0n ? 0n : ns;
}

/**
 * A time in ms as `utimesSync` takes it: in seconds, such that a provider that multiplies gets the ms again, for node:vfs cannot
 * make BigInts of what is between them.
 */
function seconds(ms) {
  const near = ms / 1000;
  return [near, near * (1 + Number.EPSILON), near * (1 - Number.EPSILON)].find((s) => s * 1000 === ms) ?? Math.round(near);
}

const UNKNOWN = 0;
const REGULAR_FILE = 4;
/** preview1's types, by the bits of a mode. */
const TYPES = { 0o010000: 6, 0o020000: 2, 0o040000: 3, 0o060000: 1, 0o100000: REGULAR_FILE, 0o120000: 7, 0o140000: 6 };
const QUESTIONS = { isFile: REGULAR_FILE, isDirectory: 3, isSymbolicLink: 7, isFIFO: 6, isSocket: 6, isCharacterDevice: 2, isBlockDevice: 1 };

/** The type of a Stats or a Dirent: 0 where it does not say. */
function typeOf(value) {
  const { mode } = value;
  const type = typeof mode === 'number' || typeof mode === 'bigint' ? TYPES[Number(mode) & 0o170000] : undefined;
  if (type !== undefined) return type;
  for (const question in QUESTIONS) {
    if (typeof value[question] === 'function' && value[question]() === true) return QUESTIONS[question];
  }
  return UNKNOWN;
}

/** Where native code finds the last Stats. */
const fields = new BigUint64Array(9);

/**
 * Stats, as native code reads them: dev, ino (0: none), type, links, size, times, mode.
 * @param {unknown} stats
 * @param {number} dev the device where they have none
 */
function readStats(stats, dev) {
  // As of node:fs with `throwIfNoEntry: false`.
  if (stats === undefined) throw new Fault('ENOENT');
  if (stats === null || typeof stats !== 'object') throw nonsense();
  const type = typeOf(stats);
  if (type === UNKNOWN) throw nonsense();
  const size = whole(stats.size, type === REGULAR_FILE ? undefined : 0n);
  if (size === undefined || size >= 1n << 63n) throw nonsense();
  const values = [
    whole(stats.dev, BigInt(dev)),
    whole(stats.ino, 0n),
    BigInt(type),
    whole(stats.nlink, 1n),
    size,
    time(stats, 'atime'),
    time(stats, 'mtime'),
    time(stats, 'ctime'),
    whole(stats.mode, type === REGULAR_FILE ? 0o644n : 0o755n),
  ];
  // Whatever of the above ran the provider's code, nothing does from here until native code has read them.
  fields.set(values);
  return fields;
}

/** No name is longer in any filesystem that a guest could use. */
const MOST_NAME = 4096;

/** The name of an entry, which may be a string or a Dirent. */
function nameOfEntry(entry) {
  const name = typeof entry === 'string' ? entry : entry?.name;
  if (typeof name !== 'string' || name === '' || name === '.' || name === '..' || name.length > MOST_NAME) throw nonsense();
  if (name.includes('/') || name.includes('\0')) throw nonsense();
  return name;
}

module.exports = { Fault, UNKNOWN, count, errnoOf, nameOfEntry, nonsense, readStats, seconds, settled, typeOf };
