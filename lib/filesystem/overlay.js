'use strict';
// OverlayFileSystem: a filesystem over another one, which it never changes until it is told to commit.

const native = require('../native.js');
const { FileSystem, kInternal } = require('./base.js');
const { MemoryFileSystem } = require('./memory.js');
const { kNative } = require('./symbols.js');
const { isFilesystem, nativeOf } = require('../mountable.js');
const { validateBoolean, validateNoNul, validateNoOthers, validateObject, validateString } = require('../validate.js');

/** Loaded by the first failure. */
const errors = () => require('./errors.js');

/** See index.d.ts. */
class OverlayFileSystem extends FileSystem {
  #native;
  #upper;

  constructor(options) {
    validateObject(options, 'options');
    const { lower, upper = new MemoryFileSystem(), ...unknown } = options;
    validateNoOthers(unknown, 'options', 'an OverlayFileSystem');
    const { filesystem, path, specialFiles } = readLower(lower);
    if (!(upper instanceof MemoryFileSystem)) throw errors().invalidArgType('options.upper', 'an instance of MemoryFileSystem', upper);
    if (upper === lower) throw errors().invalidArgValue('options.upper', upper, 'must be another filesystem than options.lower');
    const made = native.load().overlay(filesystem ?? path, specialFiles, upper[kNative]);
    super(kInternal, checked(made, path));
    // One written in JavaScript is held weakly by native code.
    this[kNative].hooks = filesystem;
    this.#native = this[kNative];
    this.#upper = upper;
  }

  get upper() {
    return this.#upper;
  }

  changes() {
    const { changes, errno, path } = this.#native.changes();
    if (errno !== 0) throw errors().fsError(errno, 'changes', path);
    return records(changes);
  }

  commit() {
    const { changes, errno, path } = this.#native.commit();
    const done = records(changes);
    if (errno !== 0) throw Object.assign(errors().fsError(errno, 'commit', path), { done: done.length });
    return done;
  }
}

/** The path of a directory, `{ path, specialFiles }`, or a filesystem of any kind. */
function readLower(lower) {
  if (isFilesystem(lower)) return { filesystem: nativeOf(lower), specialFiles: false };
  if (typeof lower === 'string') return readDirectory({ path: lower }, 'options.lower');
  if (lower === null || typeof lower !== 'object' || Array.isArray(lower)) {
    throw errors().invalidArgType('options.lower', 'of type string, an object with a path, or a filesystem: an instance of FileSystem or an object with the methods of node:fs', lower);
  }
  const { path, specialFiles, ...unknown } = lower;
  validateNoOthers(unknown, 'options.lower', 'the lower directory');
  validateString(path, 'options.lower.path');
  return readDirectory({ path, specialFiles }, 'options.lower.path');
}

function readDirectory({ path, specialFiles = false }, name) {
  validateNoNul(path, name);
  validateBoolean(specialFiles, 'options.lower.specialFiles');
  return { path, specialFiles };
}

function checked(made, path) {
  return typeof made === 'number' ? errors().check(made, 'open', path) : made;
}

/** Of each: path, kind and type. */
function records(flat) {
  const list = [];
  for (let at = 0; at < flat.length; at += 3) {
    list.push({ path: flat[at], kind: flat[at + 1], type: flat[at + 2] });
  }
  return list;
}

module.exports = { OverlayFileSystem };
