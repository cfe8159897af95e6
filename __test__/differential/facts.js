'use strict';
// What the calls of a run are about, by the tree as it is: where each path leads, for the kernel beneath the directory's handle and by
// node:wasi's reading of its text. Kept beside our run: what is compared is only compared while both sides are in the same state.
const fs = require('node:fs');
const path = require('node:path');
const { FOLLOW } = require('../helpers/abi');
const { PATHS } = require('./avoid');
const { raw, walk } = require('./tree');
const uvwasi = require('./uvwasi');

const MAX_FOLLOWS = 40;

/** Which argument is the directory of each of a function's paths, and which says whether a link at the path's end is followed. */
const DIRECTORIES = { path_link: [0, 4], path_rename: [0, 3], path_symlink: [undefined, 2] };
const LOOKUP = { path_filestat_get: 1, path_filestat_set_times: 1, path_link: 1, path_open: 1 };

const lstat = (name) => {
  try {
    return fs.lstatSync(raw(name), { bigint: true });
  } catch (error) {
    if (error.code === undefined || error.code === 'ERR_INVALID_ARG_VALUE') throw error;
    return { error: error.code.slice(1) };
  }
};

/** Where a path of the host's leads, its last name being what it is: its parent without links, and the name. */
function placeOf(name) {
  const slash = name.endsWith('/');
  const plain = name.replace(/\/+$/, '');
  try {
    const place = path.posix.join(fs.realpathSync.native(raw(path.posix.dirname(plain)), 'latin1'), path.posix.basename(plain));
    // A slash behind a link means what the link leads to.
    return { path: slash && lstat(place).isSymbolicLink?.() ? fs.realpathSync.native(raw(place), 'latin1') : place };
  } catch (error) {
    return { error: error.code.slice(1) };
  }
}

/**
 * Where a path leads beneath a directory, one component after the other, as openat2(2) with RESOLVE_BENEATH says.
 * @returns {{ path?: string, error?: string, leaves?: boolean, absolute?: boolean }} `leaves`: above the directory; `absolute`: by a link
 */
function beneath(root, text, follow) {
  let at = root;
  const parts = text.split('/').filter((part, index, all) => part !== '' || index === 0 || index === all.length - 1);
  let follows = 0;
  while (parts.length > 0) {
    const part = parts.shift();
    const last = parts.length === 0 || parts.every((rest) => rest === '');
    if (part === '' || part === '.') {
      const stat = lstat(at);
      if (stat.error !== undefined) return stat;
      if (!stat.isDirectory()) return { error: 'NOTDIR' };
      continue;
    }
    const here = lstat(at);
    if (here.error !== undefined) return here;
    if (!here.isDirectory()) return { error: 'NOTDIR' };
    if (part === '..') {
      if (at === root) return { leaves: true };
      at = path.posix.dirname(at);
      continue;
    }
    const next = path.posix.join(at, part);
    const stat = lstat(next);
    if (stat.error === 'NOENT' && last) return { path: next };
    if (stat.error !== undefined) return stat;
    const goesOn = !last || follow || parts.length > 0;
    if (!stat.isSymbolicLink() || !goesOn) {
      at = next;
      continue;
    }
    if (++follows > MAX_FOLLOWS) return { error: 'LOOP' };
    const target = fs.readlinkSync(raw(next), 'latin1');
    if (target.startsWith('/')) return { leaves: true, absolute: true };
    parts.unshift(...target.split('/').filter((each, index, all) => each !== '' || index === all.length - 1));
  }
  return { path: at };
}

class Facts {
  /**
   * @param {string} base all that the run may touch
   * @param {{ name: string, host: string }[]} preopens
   */
  constructor(base, preopens) {
    this.base = base;
    /** What each descriptor is: `dir`: the directory's names and inode. */
    this.open = new Map([0, 1, 2].map((fd) => [fd, { stream: true }]));
    preopens.forEach(({ name, host }, index) => {
      this.open.set(3 + index, { dir: { own: uvwasi.normalize(name), host, ino: lstat(host).ino } });
    });
  }

  /** Where a directory is now: a guest may have moved it, or removed it. */
  #now({ host, ino }) {
    if (lstat(host).ino === ino) return host;
    const name = walk(this.base).find((each) => lstat(path.posix.join(this.base, each)).ino === ino);
    return name === undefined ? undefined : path.posix.join(this.base, name);
  }

  /** What there is to know before a call is made. */
  before(name, args, memory) {
    const paths = (PATHS[name] ?? []).map((index, which) => {
      const fd = args[DIRECTORIES[name] === undefined ? 0 : DIRECTORIES[name][which]];
      const [pointer, length] = args.slice(index, index + 2);
      if (pointer + length > memory.length) return { outside: true };
      const bytes = memory.subarray(pointer, pointer + length);
      const text = bytes.toString('latin1');
      const fact = { text, utf8: Buffer.from(bytes.toString()).equals(bytes) };
      // A link's target is no path to us; node:wasi reads it as one.
      if (fd === undefined) {
        const dir = this.open.get(args[2])?.dir;
        return { ...fact, node: dir === undefined ? undefined : uvwasi.resolve(dir, text, false) };
      }
      const entry = this.open.get(fd);
      const { dir } = entry ?? {};
      fact.through = entry === undefined ? 'nothing' : dir === undefined ? 'file' : 'directory';
      if (dir === undefined || text.includes('\0') || text === '') return fact;
      const follow = which === 0 && LOOKUP[name] !== undefined && (args[LOOKUP[name]] & FOLLOW) === FOLLOW;
      const now = this.#now(dir);
      const theirs = uvwasi.resolve(dir, text, follow);
      const kernel = now === undefined ? { error: 'NOENT' } : text.startsWith('/') ? { leaves: true } : beneath(now, text, follow);
      const place = kernel.path === undefined ? undefined : lstat(kernel.path);
      return {
        ...fact, follow, moved: now !== dir.host, now, kernel,
        node: theirs.path === undefined ? theirs : { ...placeOf(theirs.path), text: theirs.path },
        type: place === undefined ? undefined : place.error ?? (place.isDirectory() ? 'directory' : place.isSymbolicLink() ? 'link' : 'file'),
      };
    });
    return { paths, kinds: args.slice(0, 1).map((fd) => this.#kind(fd)), ...(name === 'poll_oneoff' ? { subscriptions: this.#subscriptions(args, memory) } : {}) };
  }

  #subscriptions([pointer, , count], memory) {
    if (pointer + 48 * count > memory.length) return [];
    return Array.from({ length: count }, (_, index) => {
      const at = pointer + 48 * index;
      const clock = memory.readUInt32LE(at + 16);
      return { userdata: memory.readBigUInt64LE(at), type: memory[at + 8], clock, kind: this.#kind(clock), timeout: memory.readBigUInt64LE(at + 24), flags: memory.readUInt16LE(at + 40) };
    });
  }

  /** What is in a directory now, in its order; another file under the same name is a change. */
  #list(dir) {
    const now = this.#now(dir);
    return now === undefined ? '' : fs.readdirSync(raw(now), 'latin1').map((name) => `${name}/${lstat(path.posix.join(now, name)).ino}`).join('/');
  }

  #kind(fd) {
    const entry = this.open.get(fd);
    if (entry?.dir === undefined) return entry;
    return { dir: true, moved: this.#now(entry.dir) !== entry.dir.host, preopen: entry.dir.own !== entry.dir.host, changed: entry.listed !== undefined && entry.listed !== this.#list(entry.dir) };
  }

  /** What a call has changed that succeeded. */
  after(name, args, { paths }, memory) {
    if (name === 'fd_close') this.open.delete(args[0]);
    if (name === 'fd_renumber' && args[0] !== args[1]) {
      this.open.set(args[1], this.open.get(args[0]));
      this.open.delete(args[0]);
    }
    if (name === 'fd_readdir') {
      // A call that failed has not begun anew.
      const entry = this.open.get(args[0]);
      if (entry?.dir !== undefined && args[2] > 0 && (args[3] === 0n || entry.listed === undefined)) entry.listed = this.#list(entry.dir);
    }
    if (name !== 'path_open') return;
    const [{ kernel, node, now, text, follow }] = paths;
    const place = kernel?.path ?? (kernel === undefined ? undefined : beneath(now, text, follow).path);
    const stat = place === undefined ? undefined : lstat(place);
    const isDirectory = stat?.isDirectory?.() === true;
    const host = node?.text ?? place;
    this.open.set(memory.readUInt32LE(args[8]), isDirectory ? { dir: { own: host, host, ino: stat.ino } } : {});
  }
}

module.exports = { Facts };
