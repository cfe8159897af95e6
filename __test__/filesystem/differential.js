'use strict';
// Runs the same calls on the real filesystem, through node:fs in a directory of its own, and on ours, and compares what they
// answer: values, and of errors the class, code, errno, syscall, paths and message.
const assert = require('node:assert/strict');
const fs = require('node:fs');
const { test } = require('node:test');
const { MemoryFileSystem } = require('../..');
const { tmp } = require('../helpers/both');

const major = parseInt(process.versions.node, 10);

/** What a file or error shows that is the same on both sides; `root` is where that side begins. */
function plain(value, root) {
  const shorten = (text) => (root === '' ? text : text === root ? '/' : text.replaceAll(root, ''));
  if (typeof value === 'string') return shorten(value);
  if (Buffer.isBuffer(value)) return `Buffer ${shorten(value.toString('latin1'))}`;
  if (value instanceof Error) {
    const { name, code, errno, syscall, path: at, dest, message } = value;
    // Wrong arguments are told in Node 24's words on every version.
    const told = major >= 24 || !/^ERR_/.test(code) ? { message: message.split('\n')[0] } : {};
    return plain({ name, code, errno, syscall, path: at, dest, ...told }, root);
  }
  if (Array.isArray(value)) return value.map((item) => plain(item, root));
  if (value !== null && typeof value === 'object') {
    if (typeof value.isFile === 'function') return status(value, root);
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item, root)]));
  }
  return value;
}

/** What is the same of Stats and Dirents. */
function status(value, root) {
  const types = ['isFile', 'isDirectory', 'isSymbolicLink', 'isFIFO', 'isSocket', 'isBlockDevice', 'isCharacterDevice'];
  const same = { type: types.filter((name) => value[name]()) };
  if (value.name !== undefined) return { ...same, name: plain(value.name, root), parentPath: plain(value.parentPath, root) };
  // The size of a directory is the disk's own affair, and how many names it has that of some disks.
  const { mode, nlink, size, mtimeMs, mtimeNs } = value;
  return { ...same, mode, ...(value.isFile() && { nlink, size }), ...(value.mtime < 1e12 && { mtimeMs, mtimeNs, mtime: value.mtime }) };
}

/** A call's answer, or what it threw; where it is a promise, what comes of it. */
function attempt(act, root) {
  try {
    const value = act();
    if (!(value instanceof Promise)) return plain(value, root);
    return value.then((it) => plain(it, root), (error) => ({ threw: plain(error, root) }));
  } catch (error) {
    return { threw: plain(error, root) };
  }
}

/**
 * A test whose calls are made on both sides. `fn` gets `{ fs, at, call }`: the filesystem, a function from a path to that side's
 * own, and `call(act)`, which notes what `act` answers.
 */
function same(title, options, fn = options) {
  const { since = 0 } = options;
  if (major < since) return;
  test(title, async (t) => {
    const notes = [];
    const folder = tmp(t);
    fs.chmodSync(folder, 0o755);
    const mask = process.umask(0o022);
    try {
      for (const [filesystem, root] of [[fs, folder], [new MemoryFileSystem(), '']]) {
        const noted = [];
        notes.push(noted);
        await fn({
          fs: filesystem,
          at: (name) => (name instanceof Uint8Array ? Buffer.concat([Buffer.from(root), name]) : root + name),
          call: (act) => noted.push({ act: String(act), answer: attempt(act, root) }),
        });
        for (const note of noted) note.answer = await note.answer;
      }
    } finally {
      process.umask(mask);
    }
    const [theirs, ours] = notes;
    assert.equal(ours.length, theirs.length);
    theirs.forEach((note, index) => assert.deepEqual(ours[index].answer, note.answer, note.act));
  });
}

module.exports = { same };
