'use strict';
// Filesystems written in JavaScript: an object with the synchronous methods of `node:fs`, or of a provider of `node:vfs`, whose
// `openSync` returns a handle with methods of its own. Native code calls the hooks below; each answers a number from 0 on,
// an object, or an errno as a negative number.

const fs = require('node:fs');
const native = require('../native.js');
const { Fault, UNKNOWN, count, errnoOf, nameOfEntry, nonsense, readStats, seconds, settled, typeOf } = require('./values.js');

const MUTATORS = ['writeSync', 'writeFileSync', 'mkdirSync', 'unlinkSync', 'renameSync'];

/** How native code opens. */
const WRITE = 2;
const TRUNCATE = 4;
const CREATE = 8;

/** The devices of providers whose Stats have none. */
let devices = 0;

/**
 * A filesystem of native code's, over a provider's. Native code holds the hooks weakly, this object holds them, and
 * whoever makes another filesystem over it has to hold them too.
 * @param {object} provider
 */
function mount(provider) {
  const hooks = new Provider(provider);
  const filesystem = native.load().provider(hooks);
  filesystem.hooks = hooks;
  return filesystem;
}

/** Turns what a hook throws into an errno, where it is one. */
function hook(act) {
  return function (...args) {
    try {
      return act.apply(this, args);
    } catch (error) {
      return errnoOf(error);
    }
  };
}

/**
 * Closes what a guest left open that was collected, and never closed. The provider may be gone as well: it is not kept alive, for
 * it may be the one that refers to the guest.
 */
const abandoned = new FinalizationRegistry(({ provider, handles }) => {
  const alive = provider.deref();
  if (alive === undefined) return;
  for (const { opened } of handles.values()) {
    try {
      close(alive, opened);
    } catch {
      // Nobody could be told.
    }
  }
});

function close(provider, opened) {
  if (typeof opened !== 'number') return opened.closeSync?.();
  return provider.closeSync?.(opened);
}

/** The file of a provider that can only be asked for whole files. */
class Content {
  #bytes;

  constructor(content) {
    if (typeof content !== 'string' && !ArrayBuffer.isView(content)) throw nonsense();
    this.#bytes = typeof content === 'string' ? Buffer.from(content) : new Uint8Array(content.buffer, content.byteOffset, content.byteLength);
  }

  readSync(buffer, offset, length, position) {
    const bytes = this.#bytes.subarray(position, position + length);
    buffer.set(bytes, offset);
    return bytes.length;
  }
}

/** The hooks. Paths begin with a slash, and have none at their end, no `.` and no `..`. */
class Provider {
  #provider;
  #mutable;
  #dev = ++devices;
  /** Whether Stats have inodes: then listings look for them too. */
  #inodes = false;
  /** What is open, by the number that native code knows it by. */
  #handles = new Map();
  #last = 0;

  constructor(provider) {
    this.#provider = provider;
    this.#mutable = MUTATORS.some((name) => typeof provider[name] === 'function');
    abandoned.register(this, { provider: new WeakRef(provider), handles: this.#handles });
  }

  /** Calls a method. Errors: `ENOSYS` where there is none. */
  #call(method, ...args) {
    const provider = this.#provider;
    if (typeof provider[method] !== 'function') throw new Fault('ENOSYS');
    return settled(provider[method](...args), method);
  }

  /** Whether nothing may be changed. Asked each time: a provider may be locked later. */
  #refuseChanges() {
    if (!this.#mutable || this.#provider.readonly === true) throw new Fault('EROFS');
  }

  #change(method, ...args) {
    this.#refuseChanges();
    this.#call(method, ...args);
    return 0;
  }

  #stat(path) {
    const method = typeof this.#provider.lstatSync === 'function' ? 'lstatSync' : 'statSync';
    const fields = readStats(this.#call(method, path, { bigint: true }), this.#dev);
    if (fields[1] !== 0n) this.#inodes = true;
    return fields;
  }

  #handle(number) {
    const handle = this.#handles.get(number);
    if (handle === undefined) throw new Fault('EBADF');
    return handle;
  }

  /** Calls a handle's method, or that of the provider for its descriptor; `undefined` where neither has it. */
  #onHandle({ opened }, method, ofDescriptor, ...args) {
    if (typeof opened === 'number') {
      return typeof this.#provider[ofDescriptor] === 'function' ? { result: this.#call(ofDescriptor, opened, ...args) } : undefined;
    }
    return typeof opened[method] === 'function' ? { result: settled(opened[method](...args), method) } : undefined;
  }

  lstat = hook((path) => this.#stat(path));

  list = hook((path) => {
    const entries = this.#call('readdirSync', path, { withFileTypes: true });
    if (!Array.isArray(entries)) throw nonsense();
    const names = [];
    const inodes = [];
    const types = [];
    for (let i = 0; i < entries.length; i++) {
      const name = nameOfEntry(entries[i]);
      let type = typeof entries[i] === 'string' ? UNKNOWN : typeOf(entries[i]);
      let inode = 0n;
      if (this.#inodes) {
        try {
          const stats = this.#stat(path === '/' ? `/${name}` : `${path}/${name}`);
          [inode, type] = [stats[1], Number(stats[2])];
        } catch (error) {
          // It is listed as far as it is known. What is no errno ends the guest.
          errnoOf(error);
        }
      }
      names.push(name);
      inodes.push(inode);
      types.push(type);
    }
    return [names.join('/'), BigUint64Array.from(inodes), Uint8Array.from(types)];
  });

  readLink = hook((path) => {
    const target = this.#call('readlinkSync', path);
    if (typeof target !== 'string' || target.includes('\0')) throw nonsense();
    return target;
  });

  open = hook((path, how) => {
    const writes = (how & WRITE) !== 0;
    if (writes || how >= TRUNCATE) this.#refuseChanges();
    const opened = this.#open(path, how, writes);
    const number = ++this.#last;
    this.#handles.set(number, { opened, path });
    if ((how & TRUNCATE) === 0) return number;
    try {
      this.#truncate(number, 0);
      return number;
    } catch (error) {
      this.#handles.delete(number);
      close(this.#provider, opened);
      throw error;
    }
  });

  #open(path, how, writes) {
    if (typeof this.#provider.openSync !== 'function') {
      if (writes || how >= TRUNCATE) throw new Fault('EROFS');
      return new Content(this.#call('readFileSync', path));
    }
    const flags = (how & CREATE) !== 0 ? 'wx+' : writes || (how & TRUNCATE) !== 0 ? 'r+' : 'r';
    const opened = this.#call('openSync', path, flags, 0o666);
    if (typeof opened === 'number' ? !Number.isSafeInteger(opened) || opened < 0 : typeof opened?.readSync !== 'function') throw nonsense();
    return opened;
  }

  close = hook((number) => {
    const handle = this.#handles.get(number);
    if (handle === undefined) return 0;
    // Before the provider is asked: it may come back.
    this.#handles.delete(number);
    settled(close(this.#provider, handle.opened), 'closeSync');
    return 0;
  });

  read = hook((number, length, position) => {
    const handle = this.#handle(number);
    // Zeros, should the provider claim to have filled what it has not: what was there is not the guest's to see.
    const buffer = Buffer.alloc(length);
    let read;
    try {
      read = this.#onHandle(handle, 'readSync', 'readSync', buffer, 0, length, position);
    } catch (error) {
      // memfs counts to less than nothing beyond the end, and throws what is no error of a filesystem.
      if (!(error instanceof RangeError) || this.#size(handle) > position) throw error;
      read = { result: 0 };
    }
    if (read === undefined) throw new Fault('ENOSYS');
    // A provider may have taken the bytes away (`buffer.buffer.transfer()`).
    if (buffer.length !== length) throw nonsense();
    return buffer.subarray(0, count(read.result, 0, length));
  });

  write = hook((number, bytes, position) => {
    this.#refuseChanges();
    // Now: a provider may take the bytes away.
    const { length } = bytes;
    const handle = this.#handle(number);
    if (position > 0 && this.#provider !== fs) this.#reach(number, handle, position);
    const written = this.#onHandle(handle, 'writeSync', 'writeSync', bytes, 0, length, position);
    if (written === undefined) throw new Fault('ENOSYS');
    // A write that takes nothing, and does not say why, would be tried for ever.
    return count(written.result, Math.min(1, length), length);
  });

  /**
   * Makes a file as long as where a write begins. What a provider has between the old end and there need not be zeros: memfs leaves
   * what lay in this process's memory, for the guest to read.
   */
  #reach(number, handle, position) {
    try {
      if (this.#size(handle) < position) this.#truncate(number, position);
    } catch (error) {
      // One that cannot tell, or has no such method, writes as it can. What is no errno ends the guest.
      errnoOf(error);
    }
  }

  #size(handle) {
    return Number(this.#fstat(handle)[4]);
  }

  fstat = hook((number) => this.#fstat(this.#handle(number)));

  #fstat(handle) {
    const stats = this.#onHandle(handle, 'statSync', 'fstatSync', { bigint: true });
    return stats === undefined ? this.#stat(handle.path) : readStats(stats.result, this.#dev);
  }

  truncate = hook((number, length) => this.#truncate(number, length));

  #truncate(number, length) {
    this.#refuseChanges();
    const handle = this.#handle(number);
    if (this.#onHandle(handle, 'truncateSync', 'ftruncateSync', length) === undefined) this.#call('truncateSync', handle.path, length);
    return 0;
  }

  fileTimes = hook((number, access, modified) => {
    this.#refuseChanges();
    const handle = this.#handle(number);
    const times = [seconds(access), seconds(modified)];
    if (this.#onHandle(handle, 'utimesSync', 'futimesSync', ...times) === undefined) this.#call('utimesSync', handle.path, ...times);
    return 0;
  });

  sync = hook((number, dataOnly) => {
    const handle = this.#handle(number);
    // What has no such thing, or not of this kind, keeps nothing back.
    if (typeof handle.opened === 'number') this.#onHandle(handle, '', dataOnly ? 'fdatasyncSync' : 'fsyncSync');
    return 0;
  });

  times = hook((path, access, modified) => this.#change('utimesSync', path, seconds(access), seconds(modified)));
  linkTimes = hook((path, access, modified) => this.#change('lutimesSync', path, seconds(access), seconds(modified)));
  chmod = hook((path, mode) => this.#change('chmodSync', path, mode));
  makeDir = hook((path) => this.#change('mkdirSync', path));
  removeDir = hook((path) => this.#change('rmdirSync', path));
  unlink = hook((path) => this.#change('unlinkSync', path));
  rename = hook((from, to) => this.#change('renameSync', from, to));
  link = hook((path, to) => this.#change('linkSync', path, to));
  symlink = hook((target, path) => this.#change('symlinkSync', target, path));
}

module.exports = { mount };
