'use strict';
// node:fs's synchronous calls for the content of files, open or by name. `this` is the FileSystem.

const { constants } = require('node:fs');
const { check, fsError, invalidArgValue, outOfRange, tooLarge } = require('./errors.js');
const {
  isFd,
  isUtf8,
  toBytes,
  toData,
  toFd,
  toFlags,
  toInteger,
  toLength,
  toMode,
  toOptions,
  toPath,
  toTime,
} = require('./arguments.js');
const { kNative } = require('./symbols.js');
const { STATUS, stats } = require('./stats.js');

/** Native code adds this to the errno of what failed after opening. */
const AFTER_OPENING = 1000;
/** The most that is read at once, bytes. */
const MOST = 2 ** 31 - 1;

const files = {
  openSync(path, flags, mode) {
    path = toPath(path);
    return check(this[kNative].open(path, toFlags(flags), toMode(mode, 'mode', 0o666)), 'open', path);
  },

  closeSync(fd) {
    check(this[kNative].close(toFd(fd)), 'close');
  },

  fstatSync(fd, options) {
    check(this[kNative].fstat(toFd(fd), STATUS), 'fstat');
    return stats(options?.bigint);
  },

  readSync(fd, buffer, offsetOrOptions, length, position) {
    fd = toFd(fd);
    const bytes = toBytes(buffer);
    let offset = offsetOrOptions;
    if (arguments.length <= 3 || (offset !== null && typeof offset === 'object')) {
      ({ offset = 0, length = bytes.byteLength - offset, position = null } = offsetOrOptions ?? {});
    }
    offset = offset === undefined ? 0 : toInteger(offset, 'offset', 0);
    length = Math.trunc(length ?? 0);
    if (length === 0) return 0;
    if (bytes.byteLength === 0) {
      throw invalidArgValue('buffer', buffer, 'is empty and cannot be written');
    }
    if (length < 0) throw outOfRange('length', '>= 0', length);
    checkLength(offset, length, bytes.byteLength);
    return check(this[kNative].read(fd, bytes, offset, length, toPosition(position)), 'read');
  },

  readvSync(fd, buffers, position) {
    return vector(buffers, position, (bytes, at) => files.readSync.call(this, fd, bytes, 0, bytes.byteLength, at));
  },

  writeSync(fd, buffer, offsetOrOptions, length, position) {
    fd = toFd(fd);
    let bytes;
    let offset = offsetOrOptions;
    if (typeof buffer === 'string') {
      // (fd, string, position, encoding)
      bytes = Buffer.from(buffer, typeof length === 'string' ? length : 'utf8');
      position = offset ?? null;
      offset = 0;
      length = bytes.length;
    } else {
      bytes = toBytes(buffer, 'buffer', 'of type string or an instance of Buffer, TypedArray, or DataView');
      if (offset !== null && typeof offset === 'object') {
        ({ offset = 0, length = bytes.byteLength - offset, position = null } = offsetOrOptions);
      }
      offset = offset == null ? 0 : toInteger(offset, 'offset', 0);
      if (typeof length !== 'number') length = bytes.byteLength - offset;
      if (offset > bytes.byteLength) throw outOfRange('offset', `<= ${bytes.byteLength}`, offset);
      checkLength(offset, length, bytes.byteLength);
      if (length < 0) throw outOfRange('length', '>= 0', length);
    }
    position = typeof position === 'number' && position >= 0 ? position : -1;
    return check(this[kNative].write(fd, bytes, offset, length, position), 'write');
  },

  writevSync(fd, buffers, position) {
    return vector(buffers, position, (bytes, at) => files.writeSync.call(this, fd, bytes, 0, bytes.byteLength, at));
  },

  ftruncateSync(fd, len = 0) {
    fd = toFd(fd);
    check(this[kNative].ftruncate(fd, toLength(len)), 'ftruncate');
  },

  truncateSync(path, len) {
    if (len === undefined) len = 0;
    const fd = files.openSync.call(this, path, 'r+');
    try {
      files.ftruncateSync.call(this, fd, len);
    } finally {
      files.closeSync.call(this, fd);
    }
  },

  fsyncSync(fd) {
    check(this[kNative].fsync(toFd(fd), false), 'fsync');
  },

  fdatasyncSync(fd) {
    check(this[kNative].fsync(toFd(fd), true), 'fdatasync');
  },

  fchmodSync(fd, mode) {
    check(this[kNative].fchmod(toFd(fd), toMode(mode, 'mode')), 'fchmod');
  },

  // There are no owners.
  fchownSync(fd, owner, group) {
    fd = toFd(fd);
    toInteger(owner, 'uid', -1, 0xffffffff);
    toInteger(group, 'gid', -1, 0xffffffff);
    check(this[kNative].fstat(fd, STATUS), 'fchown');
  },

  futimesSync(fd, atime, mtime) {
    check(this[kNative].futimes(toFd(fd), toTime(atime, 'atime'), toTime(mtime, 'mtime')), 'futime');
  },

  readFileSync(path, options) {
    const { encoding, flag } = toOptions(options, { encoding: null, flag: 'r' });
    const asText = isUtf8(encoding);
    let content;
    if (isFd(path)) {
      content = readOpen(this[kNative], path);
      return encoding ? content.toString(encoding) : content;
    }
    path = toPath(path);
    content = this[kNative].readFile(path, toFlags(flag), !asText);
    if (typeof content === 'number') throw contentError(content, 'read', path);
    // Also of what was too long for a string of native code's: this says so.
    return encoding ? content.toString(encoding) : content;
  },

  writeFileSync(path, data, options) {
    const { encoding, mode, flag, flush } = toOptions(options, { encoding: 'utf8', mode: 0o666, flag: 'w', flush: false });
    if (flush !== undefined && typeof flush !== 'boolean') throw invalidFlush(flush);
    data = toData(data, encoding ?? 'utf8');
    if (isFd(path)) {
      writeOpen(this[kNative], path, typeof data === 'string' ? Buffer.from(data) : data);
      return;
    }
    path = toPath(path);
    const answer = this[kNative].writeFile(path, data, toFlags(flag), toMode(mode, 'mode', 0o666));
    if (answer < 0) throw contentError(answer, 'write', path);
  },

  appendFileSync(path, data, options) {
    const read = toOptions(options, { encoding: 'utf8', mode: 0o666, flag: 'a' });
    if (!read.flag || isFd(path)) read.flag = 'a';
    files.writeFileSync.call(this, path, data, read);
  },

  copyFileSync(src, dest, mode = 0) {
    src = toPath(src, 'src');
    dest = toPath(dest, 'dest');
    toInteger(mode, 'mode', 0, 7);
    const exclusive = (mode & constants.COPYFILE_EXCL) !== 0;
    check(this[kNative].copyFile(src, dest, exclusive), 'copyfile', src, dest);
  },
};

/** The error of a whole file that was not read or written, from the number that native code answers. */
function contentError(answer, syscall, path) {
  if (answer >= 0) return tooLarge(answer);
  if (answer > -AFTER_OPENING) return fsError(-answer, 'open', path);
  return fsError(-answer - AFTER_OPENING, syscall);
}

function invalidFlush(flush) {
  const { invalidArgType } = require('./errors.js');
  return invalidArgType('flush', 'of type boolean', flush);
}

function checkLength(offset, length, size) {
  if (length > size - offset) throw outOfRange('length', `<= ${size - offset}`, length);
}

/** Where to read: a number or BigInt; -1 for where the last read ended. */
function toPosition(position) {
  if (position == null) return -1;
  if (typeof position === 'bigint') {
    if (position < -1n || position > 2n ** 63n - 1n) throw outOfRange('position', `>= -1 && <= ${2n ** 63n - 1n}`, position);
    return Number(position);
  }
  return toInteger(position, 'position', -1);
}

/** Reads or writes buffers one after the other, until one is not filled. */
function vector(buffers, position, act) {
  if (!Array.isArray(buffers) || !buffers.every(ArrayBuffer.isView)) {
    const { invalidArgType } = require('./errors.js');
    throw invalidArgType('buffers', 'an ArrayBufferView[]', buffers);
  }
  let at = typeof position === 'number' ? position : null;
  let total = 0;
  for (const buffer of buffers) {
    const bytes = toBytes(buffer);
    if (bytes.byteLength === 0) continue;
    const count = act(bytes, at);
    total += count;
    if (at !== null) at += count;
    if (count < bytes.byteLength) break;
  }
  return total;
}

/** What is left of an open file. */
function readOpen(native, fd) {
  check(native.fstat(fd, STATUS), 'fstat');
  const size = Number(STATUS[4]);
  if (size > MOST) throw tooLarge(size);
  const chunks = [];
  for (;;) {
    const chunk = Buffer.allocUnsafe(Math.min(Math.max(size, 8192), 1 << 20));
    const count = check(native.read(fd, chunk, 0, chunk.length, -1), 'read');
    if (count === 0) return Buffer.concat(chunks);
    chunks.push(chunk.subarray(0, count));
  }
}

function writeOpen(native, fd, bytes) {
  for (let at = 0; at < bytes.byteLength; ) {
    at += check(native.write(fd, bytes, at, bytes.byteLength - at, -1), 'write');
  }
}

module.exports = files;
