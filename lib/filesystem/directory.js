'use strict';
// An open directory, as `opendir` gives it: its entries by the time that it was opened.

class Dir {
  #path;
  #entries;
  #at = 0;
  #closed = false;

  constructor(path, entries) {
    this.#path = String(path);
    this.#entries = entries;
  }

  get path() {
    return this.#path;
  }

  readSync() {
    this.#check();
    return this.#entries[this.#at++] ?? null;
  }

  read(callback) {
    return settle(callback, () => this.readSync());
  }

  closeSync() {
    this.#check();
    this.#closed = true;
  }

  close(callback) {
    return settle(callback, () => this.closeSync());
  }

  async *entries() {
    try {
      for (let entry = this.readSync(); entry !== null; entry = this.readSync()) yield entry;
    } finally {
      if (!this.#closed) this.closeSync();
    }
  }

  [Symbol.asyncIterator]() {
    return this.entries();
  }

  #check() {
    if (this.#closed) throw Object.assign(new Error('Directory handle was closed'), { code: 'ERR_DIR_CLOSED' });
  }
}

if (Symbol.dispose !== undefined) {
  Object.defineProperty(Dir.prototype, Symbol.dispose, {
    configurable: true,
    writable: true,
    value() {
      this.closeSync();
    },
  });
  Object.defineProperty(Dir.prototype, Symbol.asyncDispose, {
    configurable: true,
    writable: true,
    async value() {
      this.closeSync();
    },
  });
}

/** With a callback, or as a promise. */
function settle(callback, act) {
  const promise = new Promise((resolve) => resolve(act()));
  if (callback === undefined) return promise;
  promise.then((value) => setImmediate(callback, null, value), (error) => setImmediate(callback, error));
  return undefined;
}

module.exports = { Dir };
