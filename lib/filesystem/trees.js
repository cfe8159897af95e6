'use strict';
// node:fs's synchronous calls that go through directories: listing, removing, copying. `this` is the FileSystem.

const { constants } = require('node:fs');
const posix = require('node:path').posix;
const { check, fsError, invalidArgType, systemError } = require('./errors.js');
const { encode, isUtf8, toOptions, toPath } = require('./arguments.js');
const { kNative } = require('./symbols.js');
const { Dirent, STATUS } = require('./stats.js');

const { S_IFDIR, S_IFLNK, S_IFMT } = constants;

/** How many links a path may go through. */
const MOST_LINKS = 40;
const EISDIR = 31;
const ELOOP = 32;
const ENOENT = 44;
const EBUSY = 10;

const trees = {
  readdirSync(path, options) {
    const { encoding, withFileTypes, recursive } = toOptions(options, { encoding: 'utf8' });
    path = toPath(path);
    for (const [name, flag] of [['options.recursive', recursive], ['options.withFileTypes', withFileTypes]]) {
      if (flag != null && typeof flag !== 'boolean' && name === 'options.recursive') throw invalidArgType(name, 'of type boolean', flag);
    }
    const read = encoding ?? 'utf8';
    const names = check(this[kNative].readdir(path, !isUtf8(read), Boolean(withFileTypes), Boolean(recursive)), 'scandir', path);
    return withFileTypes ? dirents(names, path, read) : encoded(names, read);
  },

  opendirSync(path, options) {
    const { Dir } = require('./directory.js');
    const { encoding, recursive } = toOptions(options, { encoding: 'utf8' });
    path = toPath(path);
    const names = this[kNative].readdir(path, !isUtf8(encoding ?? 'utf8'), true, Boolean(recursive));
    return new Dir(path, dirents(check(names, 'opendir', path), path, encoding ?? 'utf8'));
  },
};

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
  const slash = name.lastIndexOf('/');
  if (slash === -1) return [name, path];
  const above = name.slice(0, slash);
  const parent = Buffer.isBuffer(name) ? Buffer.concat([Buffer.from(path), Buffer.from('/'), above]) : posix.join(String(path), above);
  return [name.slice(slash + 1), parent];
}

module.exports = trees;
