'use strict';
// The class FileSystem: node:fs's calls over any filesystem of ours. The calls are loaded when they are first asked for.

const { kNative } = require('./symbols.js');

/** Only code in this folder makes filesystems. */
const kInternal = Symbol('kInternal');
/** The calls of one filesystem that were asked for, bound to it. */
const kBound = Symbol('kBound');

/** Where the calls are: those that take a path, an open file, or go through whole trees. */
const CALLS = {
  './names.js': [
    'access', 'stat', 'lstat', 'statfs', 'mkdir', 'mkdtemp', 'rmdir', 'unlink', 'rename', 'link', 'symlink', 'readlink',
    'chmod', 'chown', 'lchown', 'utimes', 'lutimes',
  ],
  './files.js': [
    'open', 'close', 'fstat', 'read', 'readv', 'write', 'writev', 'ftruncate', 'truncate', 'fsync', 'fdatasync', 'fchmod',
    'fchown', 'futimes', 'readFile', 'writeFile', 'appendFile', 'copyFile',
  ],
  './trees.js': ['readdir', 'opendir', 'realpath', 'rm', 'cp'],
};

/** See index.d.ts. */
class FileSystem {
  constructor(internal, native) {
    if (internal !== kInternal) {
      const error = new TypeError('Illegal constructor');
      error.code = 'ERR_ILLEGAL_CONSTRUCTOR';
      throw error;
    }
    this[kNative] = native;
    Object.defineProperty(this, kNative, { enumerable: false });
    Object.defineProperty(this, kBound, { value: Object.create(null) });
  }

  get constants() {
    return require('node:fs').constants;
  }

  get promises() {
    return (this[kBound].promises ??= require('./promises.js').promisesOf(this));
  }
}

for (const [file, names] of Object.entries(CALLS)) {
  for (const name of names) {
    define(`${name}Sync`, (filesystem) => bind(require(file)[`${name}Sync`], filesystem, `${name}Sync`));
    define(name, (filesystem) => require('./callbacks.js').callback(filesystem, name));
  }
}
define('realpathSync', (filesystem) => {
  const { realpathSync, realpathNativeSync } = require('./trees.js');
  return Object.assign(bind(realpathSync, filesystem, 'realpathSync'), { native: bind(realpathNativeSync, filesystem, 'native') });
});
define('existsSync', (filesystem) => bind(require('./names.js').existsSync, filesystem, 'existsSync'));
define('exists', (filesystem) => require('./callbacks.js').exists(filesystem));
for (const name of ['createReadStream', 'createWriteStream']) {
  define(name, (filesystem) => bind(require('./streams.js')[name], filesystem, name));
}
for (const name of ['toJSON', 'toTar', 'toTarStream', 'toDirectory']) {
  define(name, (filesystem) => bind(require('./snapshot.js')[name], filesystem, name));
}

/**
 * Defines a method that stays with its filesystem when it is taken out of it (`const { readFileSync } = filesystem`), as
 * those of node:fs and memfs do. It can be replaced, and a class derived from this one can have its own.
 */
function define(name, make) {
  Object.defineProperty(FileSystem.prototype, name, {
    configurable: true,
    enumerable: false,
    get() {
      const bound = this[kBound];
      // Asked of the prototype itself, there is no filesystem.
      return bound === undefined ? undefined : (bound[name] ??= make(this));
    },
    set(value) {
      Object.defineProperty(this, name, { value, writable: true, enumerable: true, configurable: true });
    },
  });
}

function bind(call, filesystem, name) {
  const bound = call.bind(filesystem);
  Object.defineProperty(bound, 'name', { value: name, configurable: true });
  return bound;
}

module.exports = { FileSystem, kInternal };
