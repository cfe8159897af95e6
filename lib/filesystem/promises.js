'use strict';
// `promises`: the same calls, each answering with a promise. The work is done at once: there is nothing to wait for.

const { constants } = require('node:fs');
const { FileHandle } = require('./handle.js');

const NAMES = [
  'access', 'appendFile', 'chmod', 'chown', 'copyFile', 'cp', 'lchown', 'link', 'lstat', 'lutimes', 'mkdir', 'mkdtemp', 'opendir',
  'readFile', 'readdir', 'readlink', 'rename', 'rm', 'rmdir', 'stat', 'statfs', 'symlink', 'truncate', 'unlink', 'utimes',
  'writeFile',
];

/**
 * @param {import('./base.js').FileSystem} filesystem
 */
function promisesOf(filesystem) {
  const promises = { constants };
  for (const name of NAMES) {
    // Asked by name: a class of the user's may have its own.
    promises[name] = async (path, ...rest) => filesystem[`${name}Sync`](path instanceof FileHandle ? path.fd : path, ...rest);
  }
  promises.open = async (path, flags, mode) => new FileHandle(filesystem, filesystem.openSync(path, flags, mode));
  promises.realpath = async (path, options) => filesystem.realpathSync.native(path, options);
  const { appendFile, readFile, writeFile } = promises;
  promises.readFile = async (path, options) => {
    checkSignal(options);
    return readFile(path, options);
  };
  const putting = (whole, flag) => async (path, data, options) => {
    checkSignal(options);
    if (!isIterable(data)) return whole(path, data, options);
    return path instanceof FileHandle ? path.writeFile(data, options) : writeChunks(promises, path, data, flag, options);
  };
  promises.writeFile = putting(writeFile, 'w');
  promises.appendFile = putting(appendFile, 'a');
  for (const [name, call] of Object.entries(promises)) {
    if (typeof call === 'function') Object.defineProperty(call, 'name', { value: name, configurable: true });
  }
  return promises;
}

/** Whether data comes in chunks: what is neither text nor bytes, and can be gone through. */
function isIterable(data) {
  if (data === null || typeof data !== 'object' || ArrayBuffer.isView(data)) return false;
  return typeof data[Symbol.asyncIterator] === 'function' || typeof data[Symbol.iterator] === 'function';
}

async function writeChunks(promises, path, chunks, flag, options) {
  const read = typeof options === 'string' ? { encoding: options } : { ...options };
  const handle = await promises.open(path, read.flag ?? flag, read.mode ?? 0o666);
  try {
    await handle.writeFile(chunks, read);
  } finally {
    await handle.close();
  }
}

function checkSignal(options) {
  const signal = options?.signal;
  if (!signal?.aborted) return;
  const error = new Error('The operation was aborted', { cause: signal.reason });
  throw Object.assign(error, { name: 'AbortError', code: 'ABORT_ERR' });
}

module.exports = { checkSignal, isIterable, promisesOf };
