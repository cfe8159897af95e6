'use strict';
// The tree that each run gets, made anew, and a record of all that is in it afterwards.
const crypto = require('node:crypto');
const fs = require('node:fs');
const path = require('node:path');

/** Directories above the guest's: node:wasi lets it out, and what it does there must stay within what is ours. */
const ABOVE = Array.from({ length: 12 }, (_, level) => `level-${level}`).join('/');
const OLD = 1_000_000_000;
/** Of longer files only the beginning is compared: a guest may make a file of 8 EiB. */
const READ = 1 << 20;

const FILES = {
  'outside/secret': 'secret', 'outside/dir/x': 'secret',
  'box/a': '0123456789', 'box/b': 'abcdefghij'.repeat(500), 'box/empty': '', 'box/ro': 'read only',
  'box/d/e': 'inner', 'box/d/f': 'second', 'box/d/g/h': 'deep', 'box/dd/e': 'neighbour',
  'other/x': 'in the other', 'other/y/z': 'deeper',
};
const DIRECTORIES = ['box/void', 'other/void'];
const LINKS = {
  'box/s': 'a', 'box/sd': 'd', 'box/sg': 'd/g', 'box/chain': 's', 'box/loop': 'loop', 'box/dang': 'nothing', 'box/dot': '.', 'box/slash': 'd/',
  'box/d/up': '../a', 'box/d/back': '..', 'box/d/g/back': '..', 'box/out': '../outside/secret', 'box/up': '..', 'box/abs': '/sandbox/a', 'box/d/e2': 'e',
  'other/t': 'x', 'other/ty': 'y',
};
const HARD = { 'box/hard': 'box/a', 'box/d/hs': 'box/s' };

/**
 * Makes it.
 * @returns {{ base: string, root: string }} what is removed afterwards, and where the preopens are
 */
function make(base) {
  const root = path.join(base, ABOVE);
  fs.mkdirSync(root, { recursive: true });
  const at = (name) => path.join(root, name);
  for (const [name, content] of Object.entries(FILES)) {
    fs.mkdirSync(path.dirname(at(name)), { recursive: true });
    fs.writeFileSync(at(name), content);
  }
  for (const name of DIRECTORIES) fs.mkdirSync(at(name));
  for (const [name, target] of Object.entries(LINKS)) fs.symlinkSync(target, at(name));
  for (const [name, of] of Object.entries(HARD)) fs.linkSync(at(of), at(name));
  fs.chmodSync(at('box/ro'), 0o444);
  for (const name of walk(base)) fs.lutimesSync(path.join(base, name), OLD, OLD);
  return { base, root };
}

/** A path whose characters are its bytes, as node:fs takes it: names need not be UTF-8. */
const raw = (name) => Buffer.from(name, 'latin1');

/** The names of all that is below, the folder's own being ''; each character is a byte. */
function walk(folder, name = '', found = []) {
  found.push(name);
  const full = raw(path.join(folder, name));
  if (!fs.lstatSync(full).isDirectory()) return found;
  for (const entry of fs.readdirSync(full, { encoding: 'latin1' }).sort()) walk(folder, path.join(name, entry), found);
  return found;
}

/** What is in a file, or where a link leads; of a long file a hash. */
function content(full, stat) {
  if (stat.isSymbolicLink()) return fs.readlinkSync(full, 'latin1');
  if (!stat.isFile()) return '';
  if (stat.size <= 256n) return fs.readFileSync(full, 'latin1');
  const bytes = Buffer.alloc(Number(stat.size < READ ? stat.size : READ));
  const fd = fs.openSync(full, 'r');
  try {
    fs.readSync(fd, bytes, 0, bytes.length, 0);
  } finally {
    fs.closeSync(fd);
  }
  return crypto.createHash('sha256').update(bytes).digest('hex');
}

/**
 * All that is below `base`: type, permissions, size, content, names of the same file, times as `time` shows them.
 * @returns {Record<string, object>}
 */
function record(base, time) {
  const first = new Map();
  const found = {};
  for (const name of walk(base)) {
    const full = raw(path.join(base, name));
    const stat = fs.lstatSync(full, { bigint: true });
    const mtime = time(stat.mtimeNs);
    const text = content(full, stat);
    const directory = stat.isDirectory();
    if (!first.has(stat.ino)) first.set(stat.ino, name);
    found[name] = {
      type: directory ? 'directory' : stat.isFile() ? 'file' : stat.isSymbolicLink() ? 'link' : 'special',
      mode: (Number(stat.mode) & 0o7777).toString(8), links: Number(stat.nlink), same: first.get(stat.ino),
      // How large a directory is, and when it was listed last, is the disk's affair.
      ...(directory ? {} : { size: stat.size }), mtime, content: text,
    };
  }
  return found;
}

/** Removes it, whatever a guest has made of it. */
function remove(base) {
  fs.rmSync(base, { recursive: true, force: true });
}

module.exports = { content, make, raw, record, remove, walk };
