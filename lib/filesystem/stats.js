'use strict';
// What is known of a file, as node:fs tells it: Stats, BigIntStats, StatFs and Dirent.

const fs = require('node:fs');
const { S_IFBLK, S_IFCHR, S_IFDIR, S_IFIFO, S_IFLNK, S_IFMT, S_IFREG, S_IFSOCK } = fs.constants;

/** What native code fills: see `stat` there. */
const STATUS = new BigUint64Array(8);

const uid = process.getuid?.() ?? 0;
const gid = process.getgid?.() ?? 0;
const BLOCK = 4096;

/** What a mode says of a type. */
class Typed {
  isFile() {
    return typeOf(this) === S_IFREG;
  }

  isDirectory() {
    return typeOf(this) === S_IFDIR;
  }

  isSymbolicLink() {
    return typeOf(this) === S_IFLNK;
  }

  isFIFO() {
    return typeOf(this) === S_IFIFO;
  }

  isSocket() {
    return typeOf(this) === S_IFSOCK;
  }

  isBlockDevice() {
    return typeOf(this) === S_IFBLK;
  }

  isCharacterDevice() {
    return typeOf(this) === S_IFCHR;
  }
}

const kType = Symbol('kType');
const typeOf = (typed) => typed[kType] ?? Number(typed.mode) & S_IFMT;

class Stats extends Typed {
  constructor([dev, ino, mode, nlink, size, atime, mtime, ctime]) {
    super();
    this.dev = Number(dev);
    this.mode = Number(mode);
    this.nlink = Number(nlink);
    this.uid = uid;
    this.gid = gid;
    this.rdev = 0;
    this.blksize = BLOCK;
    this.ino = Number(ino);
    this.size = Number(size);
    this.blocks = Math.ceil(this.size / 512);
    this.atimeMs = milliseconds(atime);
    this.mtimeMs = milliseconds(mtime);
    this.ctimeMs = milliseconds(ctime);
    this.birthtimeMs = this.ctimeMs;
  }
}

class BigIntStats extends Typed {
  constructor([dev, ino, mode, nlink, size, atime, mtime, ctime]) {
    super();
    this.dev = dev;
    this.mode = mode;
    this.nlink = nlink;
    this.uid = BigInt(uid);
    this.gid = BigInt(gid);
    this.rdev = 0n;
    this.blksize = BigInt(BLOCK);
    this.ino = ino;
    this.size = size;
    this.blocks = (size + 511n) / 512n;
    this.atimeMs = atime / 1_000_000n;
    this.mtimeMs = mtime / 1_000_000n;
    this.ctimeMs = ctime / 1_000_000n;
    this.birthtimeMs = this.ctimeMs;
    this.atimeNs = atime;
    this.mtimeNs = mtime;
    this.ctimeNs = ctime;
    this.birthtimeNs = ctime;
  }
}

/** As exact as a number can be. */
const milliseconds = (ns) => Number(ns / 1_000_000n) + Number(ns % 1_000_000n) / 1e6;

// Dates are made when they are read, as Node itself does since version 22.
for (const name of ['atime', 'mtime', 'ctime', 'birthtime']) {
  const date = {
    configurable: true,
    enumerable: true,
    get() {
      const value = new Date(Math.round(Number(this[`${name}Ms`])));
      this[name] = value;
      return value;
    },
    set(value) {
      Object.defineProperty(this, name, { value, writable: true, enumerable: true, configurable: true });
    },
  };
  Object.defineProperty(Stats.prototype, name, date);
  Object.defineProperty(BigIntStats.prototype, name, date);
}

/**
 * What native code put into STATUS.
 * @param {boolean | undefined} bigint
 */
const stats = (bigint) => (bigint ? new BigIntStats(STATUS) : new Stats(STATUS));

class StatFs {
  constructor(numbers) {
    Object.assign(this, numbers);
  }
}

class Dirent extends Typed {
  /**
   * @param {string | Buffer} name
   * @param {string | Buffer} parentPath
   * @param {number} type the bits of a mode
   */
  constructor(name, parentPath, type) {
    super();
    this.name = name;
    this.parentPath = parentPath;
    Object.defineProperty(this, kType, { value: type });
  }

  /** The name of `parentPath` before Node 24. */
  get path() {
    return this.parentPath;
  }
}

// So that `instanceof` says what callers expect; nothing else is inherited.
inherit(Stats, fs.Stats);
inherit(Dirent, fs.Dirent);

/** Puts a class of Node's behind one of ours, which has methods of its own under each of its names. */
function inherit(Class, base) {
  if (typeof base !== 'function') return;
  for (const name of Object.getOwnPropertyNames(Typed.prototype)) {
    if (name === 'constructor') continue;
    Object.defineProperty(Class.prototype, name, Object.getOwnPropertyDescriptor(Typed.prototype, name));
  }
  Object.setPrototypeOf(Class.prototype, base.prototype);
}

module.exports = { Dirent, STATUS, StatFs, Stats, stats };
