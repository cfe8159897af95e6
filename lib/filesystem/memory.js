'use strict';
// MemoryFileSystem: a filesystem that is nowhere but in memory.

const native = require('../native.js');
const { FileSystem, kInternal } = require('./base.js');
const { kNative } = require('./symbols.js');
const { validateInteger, validateNoOthers, validateObject } = require('../validate.js');

/** Loaded by the first failure. */
const errors = () => require('./errors.js');

const MAX_BYTES = 2 ** 30;
const MAX_INODES = 2 ** 20;
/** How many files native code is handed at once. */
const BATCH = 4096;

/** See index.d.ts. */
class MemoryFileSystem extends FileSystem {
  constructor(files, options) {
    if (files !== undefined) validateObject(files, 'files');
    const { maxBytes, maxInodes } = readLimits(options);
    super(kInternal, native.load().memory(maxBytes, maxInodes));
    if (files !== undefined) populate(this, files, '/');
  }

  static fromJSON(json, cwd, options) {
    const filesystem = new MemoryFileSystem(undefined, options);
    filesystem.fromJSON(json, cwd);
    return filesystem;
  }

  static fromDirectory(hostPath, options = {}) {
    validateObject(options, 'options');
    const { filter, ...limits } = options;
    return require('./snapshot.js').fromDirectory(new MemoryFileSystem(undefined, limits), hostPath, filter);
  }

  static fromTar(source, options) {
    return require('./snapshot.js').fromTar(new MemoryFileSystem(undefined, options), source);
  }

  fromJSON(json, cwd = '/') {
    validateObject(json, 'json');
    populate(this, json, cwd);
  }

  get usage() {
    const [bytes, inodes, maxBytes, maxInodes] = this[kNative].usage();
    return { bytes, inodes, maxBytes, maxInodes };
  }
}

function readLimits(options) {
  if (options === undefined) return { maxBytes: MAX_BYTES, maxInodes: MAX_INODES };
  validateObject(options, 'options');
  const { maxBytes = MAX_BYTES, maxInodes = MAX_INODES, ...unknown } = options;
  validateInteger(maxBytes, 'options.maxBytes', 0, Number.MAX_SAFE_INTEGER);
  validateInteger(maxInodes, 'options.maxInodes', 1, Number.MAX_SAFE_INTEGER);
  validateNoOthers(unknown, 'options', 'a MemoryFileSystem');
  return { maxBytes, maxInodes };
}

/** Makes the files of `{ '/path': content }`, and the directories that they are in. */
function populate(filesystem, files, cwd) {
  const paths = Object.keys(files);
  const base = cwd.endsWith('/') ? cwd : `${cwd}/`;
  for (let start = 0; start < paths.length; start += BATCH) {
    const names = paths.slice(start, start + BATCH);
    const contents = names.map((path) => readContent(path, files[path]));
    const failed = filesystem[kNative].populate(names.map((path) => (path.startsWith('/') ? path : base + path)), contents);
    if (failed !== null) {
      const [errno, at] = failed;
      throw errors().fsError(errno, contents[at] === null ? 'mkdir' : 'open', names[at]);
    }
  }
}

function readContent(path, content) {
  if (path.includes('\0')) throw errors().invalidArgValue('files', path, 'must be paths without null bytes');
  if (content === null || typeof content === 'string' || content instanceof Uint8Array) return content;
  throw errors().invalidArgType(`files['${path}']`, 'of type string, an instance of Uint8Array, or null', content);
}

module.exports = { MemoryFileSystem };
