'use strict';
// `cpSync`: copies files, links and whole directories within one filesystem, with node:fs's options and errors.

const { constants } = require('node:os');
const { posix } = require('node:path');
const { invalidArgType, systemError } = require('./errors.js');
const { toInteger, toPath } = require('./arguments.js');

const REASONS = {
  ERR_FS_CP_DIR_TO_NON_DIR: 'Cannot overwrite non-directory with directory',
  ERR_FS_CP_EEXIST: 'Target already exists',
  ERR_FS_CP_EINVAL: 'Invalid src or dest',
  ERR_FS_CP_FIFO_PIPE: 'Cannot copy a FIFO pipe',
  ERR_FS_CP_NON_DIR_TO_DIR: 'Cannot overwrite directory with non-directory',
  ERR_FS_CP_SOCKET: 'Cannot copy a socket file',
  ERR_FS_CP_SYMLINK_TO_SUBDIRECTORY: 'Cannot overwrite symlink in subdirectory of self',
  ERR_FS_CP_UNKNOWN: 'Cannot copy an unknown file type',
  ERR_FS_EISDIR: 'Recursive option not enabled, cannot copy a directory',
};

function failure(code, name, message, path) {
  const info = { syscall: 'cp', code: name, message, path: String(path) };
  return systemError(code, REASONS[code], { ...info, errno: constants.errno[name] });
}

function readOptions(options = {}) {
  if (options === null || typeof options !== 'object') throw invalidArgType('options', 'of type object', options);
  const flags = { dereference: false, errorOnExist: false, force: true, preserveTimestamps: false, recursive: false, verbatimSymlinks: false };
  for (const name of Object.keys(flags)) {
    const value = options[name] ?? flags[name];
    if (typeof value !== 'boolean') throw invalidArgType(`options.${name}`, 'of type boolean', value);
    flags[name] = value;
  }
  const { filter, mode = 0 } = options;
  toInteger(mode, 'options.mode', 0, 7);
  if (filter !== undefined && typeof filter !== 'function') throw invalidArgType('options.filter', 'of type function', filter);
  return { ...flags, filter, mode };
}

/**
 * @param {import('./base.js').FileSystem} fs
 * @param {string} source
 * @param {string} destination
 * @param {object} [options]
 */
function copy(fs, source, destination, options) {
  const how = readOptions(options);
  source = String(toPath(source, 'src'));
  destination = String(toPath(destination, 'dest'));
  if (how.filter && !allows(how.filter, source, destination)) return;
  checkPaths(fs, source, destination, how);
  fs.mkdirSync(posix.dirname(posix.resolve('/', destination)), { recursive: true });
  // A list of what is to be done, and not a recursion: a tree may be deeper than the stack.
  const ahead = [[source, destination]];
  /** Directories whose mode and times are set when all is in them. */
  const made = [];
  while (ahead.length > 0) {
    const [from, to] = ahead.pop();
    const entry = stat(fs, from, how);
    if (!entry.isDirectory()) {
      copyOne(fs, from, to, entry, how);
      continue;
    }
    if (!how.recursive) throw failure('ERR_FS_EISDIR', 'EISDIR', `${from} is a directory (not copied)`, from);
    const there = statOrNothing(fs, to, how);
    if (there === undefined) {
      fs.mkdirSync(to);
      made.push([to, entry]);
    } else if (!there.isDirectory()) {
      throw failure('ERR_FS_CP_DIR_TO_NON_DIR', 'EISDIR', `cannot overwrite non-directory ${to} with directory ${from}`, to);
    }
    for (const name of fs.readdirSync(from).reverse()) {
      const [one, other] = [posix.join(from, name), posix.join(to, name)];
      if (!how.filter || allows(how.filter, one, other)) ahead.push([one, other]);
    }
  }
  for (const [to, entry] of made.reverse()) {
    fs.chmodSync(to, entry.mode & 0o7777);
    if (how.preserveTimestamps) fs.utimesSync(to, entry.atime, entry.mtime);
  }
}

function allows(filter, source, destination) {
  const answer = filter(source, destination);
  if (typeof answer?.then === 'function') {
    const error = new TypeError('Expected boolean to be returned from the "filter" function but got an instance of Promise.');
    error.code = 'ERR_INVALID_RETURN_VALUE';
    throw error;
  }
  return Boolean(answer);
}

function checkPaths(fs, source, destination, how) {
  const from = stat(fs, source, how);
  const to = statOrNothing(fs, destination, how);
  if (to !== undefined) {
    if (from.ino === to.ino && from.dev === to.dev) {
      throw failure('ERR_FS_CP_EINVAL', 'EINVAL', 'src and dest cannot be the same', destination);
    }
    if (from.isDirectory() && !to.isDirectory()) {
      throw failure('ERR_FS_CP_DIR_TO_NON_DIR', 'EISDIR', `cannot overwrite non-directory ${destination} with directory ${source}`, destination);
    }
    if (!from.isDirectory() && to.isDirectory()) {
      throw failure('ERR_FS_CP_NON_DIR_TO_DIR', 'ENOTDIR', `cannot overwrite directory ${destination} with non-directory ${source}`, destination);
    }
  }
  if (from.isDirectory() && !how.recursive) {
    throw failure('ERR_FS_EISDIR', 'EISDIR', `${source} is a directory (not copied)`, source);
  }
  if (from.isDirectory() && isBeneath(fs, from, destination)) {
    throw failure('ERR_FS_CP_EINVAL', 'EINVAL', `cannot copy ${source} to a subdirectory of self ${destination}`, destination);
  }
}

/** Whether a path leads into a directory, by any name. */
function isBeneath(fs, directory, path) {
  let here = posix.resolve('/', path);
  while (here !== '/') {
    here = posix.dirname(here);
    const there = fs.statSync(here, { throwIfNoEntry: false });
    if (there !== undefined && there.ino === directory.ino && there.dev === directory.dev) return true;
  }
  return false;
}

function stat(fs, path, { dereference }) {
  return dereference ? fs.statSync(path) : fs.lstatSync(path);
}

function statOrNothing(fs, path, { dereference }) {
  const options = { throwIfNoEntry: false };
  return dereference ? fs.statSync(path, options) : fs.lstatSync(path, options);
}

function copyOne(fs, from, to, entry, how) {
  if (entry.isSymbolicLink()) return copyLink(fs, from, to, how);
  if (entry.isFIFO()) throw failure('ERR_FS_CP_FIFO_PIPE', 'EINVAL', `cannot copy a FIFO pipe: ${to}`, to);
  if (entry.isSocket()) throw failure('ERR_FS_CP_SOCKET', 'EINVAL', `cannot copy a socket file: ${to}`, to);
  if (!entry.isFile()) throw failure('ERR_FS_CP_UNKNOWN', 'EINVAL', `cannot copy an unknown file type: ${to}`, to);
  if (statOrNothing(fs, to, how) !== undefined) {
    if (!how.force) {
      if (how.errorOnExist) throw failure('ERR_FS_CP_EEXIST', 'EEXIST', `${to} already exists`, to);
      return undefined;
    }
    fs.unlinkSync(to);
  }
  fs.copyFileSync(from, to, how.mode);
  if (how.preserveTimestamps) fs.utimesSync(to, entry.atime, entry.mtime);
  return undefined;
}

function copyLink(fs, from, to, how) {
  let target = fs.readlinkSync(from);
  if (!how.verbatimSymlinks && !posix.isAbsolute(target)) target = posix.resolve('/', posix.dirname(from), target);
  const there = fs.lstatSync(to, { throwIfNoEntry: false });
  if (there !== undefined) {
    if (there.isDirectory()) {
      throw failure('ERR_FS_CP_NON_DIR_TO_DIR', 'ENOTDIR', `cannot overwrite directory ${to} with non-directory ${from}`, to);
    }
    if (!how.force && how.errorOnExist) throw failure('ERR_FS_CP_EEXIST', 'EEXIST', `${to} already exists`, to);
    fs.unlinkSync(to);
  }
  fs.symlinkSync(target, to);
}

module.exports = { copy };
