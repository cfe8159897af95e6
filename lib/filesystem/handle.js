'use strict';
// FileHandle: an open file as an object, from `promises.open`.

const { EventEmitter } = require('node:events');
const { constants } = require('node:os');
const { toBytes } = require('./arguments.js');

/** How much `read()` makes room for where nobody says. */
const ROOM = 16 * 1024;

class FileHandle extends EventEmitter {
  #filesystem;
  #fd;

  constructor(filesystem, fd) {
    super();
    this.#filesystem = filesystem;
    this.#fd = fd;
  }

  get fd() {
    return this.#fd;
  }

  async appendFile(data, options) {
    return this.writeFile(data, options);
  }

  async chmod(mode) {
    return this.#call('fchmod', mode);
  }

  async chown(uid, gid) {
    return this.#call('fchown', uid, gid);
  }

  async close() {
    if (this.#fd === -1) return;
    const fd = this.#fd;
    this.#fd = -1;
    this.#filesystem.closeSync(fd);
    this.emit('close');
  }

  createReadStream(options) {
    return this.#filesystem.createReadStream('', { ...options, fd: this.#fd });
  }

  createWriteStream(options) {
    return this.#filesystem.createWriteStream('', { ...options, fd: this.#fd });
  }

  async datasync() {
    return this.#call('fdatasync');
  }

  async read(buffer, offset, length, position) {
    if (buffer === undefined || !ArrayBuffer.isView(buffer)) {
      ({ buffer = Buffer.alloc(ROOM), offset, length, position } = buffer ?? {});
    } else if (offset !== null && typeof offset === 'object') {
      ({ offset, length, position } = offset);
    }
    offset ??= 0;
    length ??= toBytes(buffer).byteLength - offset;
    const bytesRead = this.#call('read', buffer, offset, length, position ?? null);
    return { __proto__: null, bytesRead, buffer };
  }

  async readFile(options) {
    require('./promises.js').checkSignal(options);
    return this.#call('readFile', options);
  }

  readLines(options) {
    const { createInterface } = require('node:readline');
    return createInterface({ input: this.createReadStream(options), crlfDelay: Infinity });
  }

  async readv(buffers, position) {
    return { __proto__: null, bytesRead: this.#call('readv', buffers, position), buffers };
  }

  async stat(options) {
    return this.#call('fstat', options);
  }

  async sync() {
    return this.#call('fsync');
  }

  async truncate(len) {
    return this.#call('ftruncate', len);
  }

  async utimes(atime, mtime) {
    return this.#call('futimes', atime, mtime);
  }

  async write(buffer, ...rest) {
    return { __proto__: null, bytesWritten: this.#call('write', buffer, ...rest), buffer };
  }

  async writeFile(data, options) {
    const { checkSignal, isIterable } = require('./promises.js');
    checkSignal(options);
    if (!isIterable(data)) return this.#call('writeFile', data, options);
    for await (const chunk of data) {
      checkSignal(options);
      this.#call('writeFile', chunk, options);
    }
    return undefined;
  }

  async writev(buffers, position) {
    return { __proto__: null, bytesWritten: this.#call('writev', buffers, position), buffers };
  }

  #call(name, ...args) {
    if (this.#fd === -1) {
      throw Object.assign(new Error('file closed'), { errno: -constants.errno.EBADF, code: 'EBADF', syscall: name });
    }
    return this.#filesystem[`${name}Sync`](this.#fd, ...args);
  }
}

if (Symbol.asyncDispose !== undefined) {
  Object.defineProperty(FileHandle.prototype, Symbol.asyncDispose, {
    configurable: true,
    writable: true,
    value: FileHandle.prototype.close,
  });
}

module.exports = { FileHandle };
