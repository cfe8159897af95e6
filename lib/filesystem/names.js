'use strict';
// node:fs's synchronous calls that take a name and say or change something about it. `this` is the FileSystem.

const { constants } = require('node:fs');
const { check, fsError, invalidArgType } = require('./errors.js');
const { encode, isUtf8, toInteger, toMode, toOptions, toPath, toTime } = require('./arguments.js');
const { kNative } = require('./symbols.js');
const { STATUS, StatFs, stats } = require('./stats.js');

const { F_OK, S_IFDIR, X_OK } = constants;
const ENOENT = 44;
const ENOTDIR = 54;
const EACCES = 2;
const EEXIST = 20;

const names = {
  accessSync(path, mode = F_OK) {
    path = toPath(path);
    mode = toInteger(mode, 'mode', 0, 7);
    check(this[kNative].stat(path, true, STATUS), 'access', path);
    const bits = Number(STATUS[2]);
    // Nobody owns anything here, so anybody may read and write; but what is no program cannot be executed.
    if (mode & X_OK && (bits & 0o111) === 0) throw fsError(EACCES, 'access', path);
  },

  existsSync(path) {
    try {
      return this[kNative].stat(toPath(path), true, STATUS) === 0;
    } catch {
      return false;
    }
  },

  statSync(path, options) {
    return status(this, 'stat', toPath(path), true, options);
  },

  lstatSync(path, options) {
    return status(this, 'lstat', toPath(path), false, options);
  },

  statfsSync(path, options) {
    path = toPath(path);
    check(this[kNative].stat(path, true, STATUS), 'statfs', path);
    const { bytes, inodes, maxBytes, maxInodes } = this.usage ?? { bytes: 0, inodes: 0, maxBytes: 0, maxInodes: 0 };
    const bsize = 4096;
    const blocks = Math.floor(maxBytes / bsize);
    const free = Math.max(0, Math.floor((maxBytes - bytes) / bsize));
    const numbers = { type: 0, bsize, blocks, bfree: free, bavail: free, files: maxInodes, ffree: maxInodes - inodes };
    if (options?.bigint) for (const name of Object.keys(numbers)) numbers[name] = BigInt(numbers[name]);
    return new StatFs(numbers);
  },

  mkdirSync(path, options) {
    let mode = 0o777;
    let recursive = false;
    if (typeof options === 'number' || typeof options === 'string') mode = toMode(options, 'mode');
    else if (options) {
      if (options.recursive !== undefined) {
        recursive = options.recursive;
        if (typeof recursive !== 'boolean') throw invalidArgType('options.recursive', 'of type boolean', recursive);
      }
      if (options.mode !== undefined) mode = toMode(options.mode, 'options.mode');
    }
    path = toPath(path);
    if (recursive) return makeAll(this[kNative], path, mode);
    check(this[kNative].mkdir(path, mode), 'mkdir', path);
    return undefined;
  },

  mkdtempSync(prefix, options) {
    const { encoding } = toOptions(options, { encoding: 'utf8' });
    const bytes = Buffer.from(toPath(prefix, 'prefix'));
    for (let tries = 0; ; tries++) {
      const path = Buffer.concat([bytes, Buffer.from(randomName())]);
      const answer = this[kNative].mkdir(path, 0o700);
      if (answer === -EEXIST && tries < 100) continue;
      check(answer, 'mkdtemp', Buffer.concat([bytes, Buffer.from('XXXXXX')]));
      return encode(path, encoding ?? 'utf8');
    }
  },

  rmdirSync(path) {
    path = toPath(path);
    check(this[kNative].rmdir(path), 'rmdir', path);
  },

  unlinkSync(path) {
    path = toPath(path);
    check(this[kNative].unlink(path), 'unlink', path);
  },

  renameSync(oldPath, newPath) {
    oldPath = toPath(oldPath, 'oldPath');
    newPath = toPath(newPath, 'newPath');
    check(this[kNative].rename(oldPath, newPath), 'rename', oldPath, newPath);
  },

  linkSync(existingPath, newPath) {
    existingPath = toPath(existingPath, 'existingPath');
    newPath = toPath(newPath, 'newPath');
    check(this[kNative].link(existingPath, newPath), 'link', existingPath, newPath);
  },

  symlinkSync(target, path) {
    target = toPath(target, 'target');
    path = toPath(path);
    check(this[kNative].symlink(target, path), 'symlink', target, path);
  },

  readlinkSync(path, options) {
    const { encoding } = toOptions(options, { encoding: 'utf8' });
    path = toPath(path);
    return text(this[kNative].readlink(path, !isUtf8(encoding ?? 'utf8')), encoding, 'readlink', path);
  },

  chmodSync(path, mode) {
    path = toPath(path);
    check(this[kNative].chmod(path, toMode(mode, 'mode')), 'chmod', path);
  },

  // There are no owners: what names them is checked, and changes nothing.
  chownSync(path, owner, group) {
    own(this, 'chown', toPath(path), true, owner, group);
  },

  lchownSync(path, owner, group) {
    own(this, 'lchown', toPath(path), false, owner, group);
  },

  utimesSync(path, atime, mtime) {
    path = toPath(path);
    check(this[kNative].utimes(path, true, toTime(atime), toTime(mtime)), 'utime', path);
  },

  lutimesSync(path, atime, mtime) {
    path = toPath(path);
    check(this[kNative].utimes(path, false, toTime(atime), toTime(mtime)), 'lutime', path);
  },
};

function status(filesystem, syscall, path, follow, options) {
  const answer = filesystem[kNative].stat(path, follow, STATUS);
  if (answer < 0) {
    if (options?.throwIfNoEntry === false && (answer === -ENOENT || answer === -ENOTDIR)) return undefined;
    throw fsError(-answer, syscall, path);
  }
  return stats(options?.bigint);
}

function own(filesystem, syscall, path, follow, owner, group) {
  toInteger(owner, 'uid', -1, 0xffffffff);
  toInteger(group, 'gid', -1, 0xffffffff);
  check(filesystem[kNative].stat(path, follow, STATUS), syscall, path);
}

/** An answer that is text, or the error. */
function text(answer, encoding, syscall, path) {
  check(answer, syscall, path);
  return typeof answer === 'string' ? answer : encode(answer, encoding);
}

/** Makes a directory and those above it that are missing; answers the first that it made. */
function makeAll(native, path, mode) {
  const whole = Buffer.from(path);
  /** How much of the path is still to be made: its ends, the deepest last. */
  const missing = [];
  let end = whole.length;
  let first;
  for (;;) {
    const here = whole.subarray(0, end);
    const answer = native.mkdir(here, mode);
    if (answer === -ENOENT && end > 0) {
      // The directory above is missing, unless there is none above.
      let above = end;
      while (above > 0 && whole[above - 1] === 47) above--;
      while (above > 0 && whole[above - 1] !== 47) above--;
      while (above > 1 && whole[above - 1] === 47) above--;
      if (above === 0 || above === end) throw fsError(-answer, 'mkdir', path);
      missing.push(end);
      end = above;
      continue;
    }
    if (answer === 0) {
      first ??= here.toString();
    } else {
      // What is there already is fine where it is a directory.
      const type = answer === -EEXIST ? native.filetype(here, true) : 0;
      if (type !== S_IFDIR) throw fsError(answer === -EEXIST && missing.length > 0 ? ENOTDIR : -answer, 'mkdir', path);
    }
    if (missing.length === 0) return first;
    const names = whole.subarray(end);
    if (!DOTS.test(names.toString('latin1'))) {
      const there = native.mkdirs(here, names, mode);
      if (there < 0) throw fsError(-there, 'mkdir', path);
      return first ?? (there < missing.length ? whole.subarray(0, missing.at(-1 - there)).toString() : undefined);
    }
    end = missing.pop();
  }
}

/** A component that is no name of its own. */
const DOTS = /(^|\/)\.\.?(\/|$)/;

function randomName() {
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
  let name = '';
  for (let i = 0; i < 6; i++) name += letters[Math.floor(Math.random() * letters.length)];
  return name;
}

module.exports = names;
