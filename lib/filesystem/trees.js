'use strict';
// node:fs's synchronous calls that go through directories: listing and removing them, and following their links. `this` is
// the FileSystem.

const { posix } = require('node:path');
const { check, fsError, invalidArgType, systemError } = require('./errors.js');
const { encode, isUtf8, toOptions, toPath } = require('./arguments.js');
const { kNative } = require('./symbols.js');
const { Dirent } = require('./stats.js');

const ENOENT = 44;
const EBUSY = 10;

const trees = {
  readdirSync(path, options) {
    const { encoding, withFileTypes, recursive } = readOptions(options);
    path = toPath(path);
    const names = this[kNative].readdir(path, !isUtf8(encoding), Boolean(withFileTypes), Boolean(recursive));
    check(names, 'scandir', path);
    return withFileTypes ? dirents(names, path, encoding) : encoded(names, encoding);
  },

  opendirSync(path, options) {
    const { encoding, recursive } = readOptions(options);
    path = toPath(path);
    const names = check(this[kNative].readdir(path, !isUtf8(encoding), true, Boolean(recursive)), 'opendir', path);
    const { Dir } = require('./directory.js');
    return new Dir(path, dirents(names, path, encoding));
  },

  // Dots are taken away as text, before any link is followed, as node:fs does; `realpathSync.native` has POSIX's way.
  realpathSync(path, options) {
    const { encoding } = toOptions(options, { encoding: 'utf8' });
    let rest = posix.resolve('/', String(toPath(path)));
    let at = 1;
    let here = '/';
    const plain = new Set();
    while (at < rest.length) {
      let end = rest.indexOf('/', at);
      if (end === -1) end = rest.length;
      const base = here + rest.slice(at, end);
      at = end + 1;
      if (plain.has(base) || !this.lstatSync(base).isSymbolicLink()) {
        plain.add(base);
        here = `${base}/`;
        continue;
      }
      // A loop, or a link to nowhere, is told here.
      this.statSync(base);
      rest = posix.resolve(here, this.readlinkSync(base), rest.slice(at));
      at = 1;
      here = '/';
    }
    return inEncoding(rest, encoding);
  },

  realpathNativeSync(path, options) {
    const { encoding } = toOptions(options, { encoding: 'utf8' });
    path = toPath(path);
    const real = check(this[kNative].realpath(path, !isUtf8(encoding ?? 'utf8')), 'realpath', path);
    return typeof real === 'string' ? real : encode(real, encoding);
  },

  rmSync(path, options) {
    const { recursive, force } = readRemoval(options);
    path = toPath(path);
    const entry = this.lstatSync(path, { throwIfNoEntry: !force });
    if (entry === undefined) return;
    const native = this[kNative];
    if (!entry.isDirectory()) {
      check(unlessGone(native.unlink(path), force), 'rm', path);
      return;
    }
    if (!recursive) {
      const info = { syscall: 'rm', code: 'EISDIR', message: 'is a directory', path: String(path) };
      throw systemError('ERR_FS_EISDIR', 'Path is a directory', info);
    }
    // Before anything is gone: the root itself would remain.
    if (native.realpath(path, false) === '/') throw fsError(EBUSY, 'rm', path);
    check(native.clear(path), 'rm', path);
    check(unlessGone(native.rmdir(path), force), 'rm', path);
  },

  cpSync(source, destination, options) {
    require('./copy.js').copy(this, source, destination, options);
  },
};

const unlessGone = (answer, force) => (force && answer === -ENOENT ? 0 : answer);

function readOptions(options) {
  const { encoding, withFileTypes, recursive } = toOptions(options, { encoding: 'utf8' });
  if (recursive != null && typeof recursive !== 'boolean') {
    throw invalidArgType('options.recursive', 'of type boolean', recursive);
  }
  return { encoding: encoding || 'utf8', withFileTypes, recursive };
}

function readRemoval(options = {}) {
  if (options === null || typeof options !== 'object') throw invalidArgType('options', 'of type object', options);
  const { recursive, force } = { recursive: false, force: false, ...options };
  if (typeof force !== 'boolean') throw invalidArgType('options.force', 'of type boolean', force);
  if (typeof recursive !== 'boolean') throw invalidArgType('options.recursive', 'of type boolean', recursive);
  return { recursive, force };
}

function inEncoding(path, encoding) {
  if (!encoding || isUtf8(encoding)) return path;
  return encode(Buffer.from(path), encoding);
}

/** Native code answers strings for UTF-8, and Buffers for other encodings. */
function encoded(names, encoding) {
  return isUtf8(encoding) || encoding === 'buffer' ? names : names.map((name) => encode(name, encoding));
}

/** Entries, of names (in listings of all that is beneath: paths) and types in turn. */
function dirents(names, path, encoding) {
  const entries = [];
  for (let at = 0; at < names.length; at += 2) {
    const [name, parent] = split(names[at], path);
    entries.push(new Dirent(isUtf8(encoding) ? name : encode(name, encoding), parent, names[at + 1]));
  }
  return entries;
}

/** What comes behind the last slash, and the directory that it is in. */
function split(name, path) {
  const isBuffer = typeof name !== 'string';
  const slash = name.lastIndexOf(isBuffer ? 47 : '/');
  if (slash === -1) return [name, path];
  const above = name.slice(0, slash);
  if (!isBuffer) return [name.slice(slash + 1), posix.join(String(path), above)];
  const start = Buffer.from(path);
  const glue = Buffer.from(start.at(-1) === 47 ? '' : '/');
  return [name.subarray(slash + 1), Buffer.concat([start, glue, above])];
}

module.exports = trees;
