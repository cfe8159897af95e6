'use strict';

// A guest without a program: JavaScript makes the calls, over a memory of its own. What is measured grows with a size, so that the
// way into the call, which does not, can be JavaScript's.

const PAGE = 65536;
/** Where results go, and where paths are put. The rest of the memory is the curves' own. */
const RESULT = 64;
const PATH = 1024;
const FREE = 8192;

/** fd_read, fd_seek, fd_tell, fd_write, path_create_file, path_open, fd_readdir, fd_filestat_get, poll_fd_readwrite. */
const RIGHTS = 0x8206466n;
const READING = 0x8204026n;

class Guest {
  /** `options` are those of WASI. */
  constructor(WASI, options = {}, pages = 2) {
    this.memory = new WebAssembly.Memory({ initial: pages });
    this.bytes = Buffer.from(this.memory.buffer);
    this.wasi = new WASI({ version: 'preview1', ...options });
    this.calls = this.wasi.wasiImport;
    this.wasi.initialize({ exports: { memory: this.memory } });
  }

  /** Puts a path where calls find it, and says how long it is. */
  path(text, at = PATH) {
    return this.bytes.write(text, at);
  }

  u32(at = RESULT) {
    return this.bytes.readUInt32LE(at);
  }

  /** Opens a path beneath descriptor 3. `flags`: 1 creates, 2 is for a directory. */
  open(path, flags = 0, dir = 3) {
    const rights = flags === 2 ? READING : RIGHTS;
    succeed(this.calls.path_open(dir, 0, PATH, this.path(path), flags, rights, flags === 2 ? RIGHTS : 0n, 0, RESULT), 'path_open', path);
    return this.u32();
  }

  close(fd) {
    succeed(this.calls.fd_close(fd), 'fd_close');
  }

  stat(path) {
    succeed(this.calls.path_filestat_get(3, 1, PATH, this.path(path), RESULT), 'path_filestat_get', path);
  }

  unlink(path) {
    succeed(this.calls.path_unlink_file(3, PATH, this.path(path)), 'path_unlink_file', path);
  }

  mkdir(path) {
    succeed(this.calls.path_create_directory(3, PATH, this.path(path)), 'path_create_directory', path);
  }

  rename(path, to) {
    const length = this.path(path);
    const other = PATH + 4096;
    succeed(this.calls.path_rename(3, PATH, length, 3, other, this.path(to, other)), 'path_rename', path);
  }

  /** Lists a directory from its start, with a buffer of so many bytes, and says how many entries there were. */
  list(fd, size) {
    let cookie = 0n;
    let count = 0;
    for (;;) {
      succeed(this.calls.fd_readdir(fd, FREE, size, cookie, RESULT), 'fd_readdir');
      const used = this.u32();
      let at = FREE;
      while (at + 24 <= FREE + used) {
        const end = at + 24 + this.bytes.readUInt32LE(at + 16);
        if (end > FREE + used) break;
        cookie = this.bytes.readBigUInt64LE(at);
        count += 1;
        at = end;
      }
      if (used < size) return count;
    }
  }
}

function succeed(errno, call, path = '') {
  if (errno !== 0) throw new Error(`${call} answered ${errno} ${path}`);
}

module.exports = { FREE, Guest, PAGE, PATH, RESULT, succeed };
