'use strict';
// A guest without a program: JavaScript makes the calls, over a memory filled with a sentinel.
// Every call is checked: not one byte may change outside what the function returns on success.
const assert = require('node:assert/strict');
const abi = require('./abi');

const SENTINEL = 0x3f; // '?'
const BASE = 256;
const PAGE = 65536;
const CHECKED_PAGES = 16; // comparing more than this for each call would cost too much

// The ranges [pointer, length] that a successful call may write, read from its arguments and its results.
const OUTPUTS = {
  args_get: ([argv, buffer], guest) => guest.stringTable(argv, buffer, guest.args),
  args_sizes_get: ([count, size]) => [[count, 4], [size, 4]],
  environ_get: ([argv, buffer], guest) => guest.stringTable(argv, buffer, guest.env),
  environ_sizes_get: ([count, size]) => [[count, 4], [size, 4]],
  clock_res_get: ([, out]) => [[out, 8]],
  clock_time_get: ([, , out]) => [[out, 8]],
  fd_fdstat_get: ([, out]) => [[out, 24]],
  fd_filestat_get: ([, out], guest) => [[out, guest.filestatSize]],
  fd_pread: ([, iovs, count, , out], guest) => [[out, 4], ...guest.filled(iovs, count, out)],
  fd_prestat_get: ([, out]) => [[out, 8]],
  fd_prestat_dir_name: ([, out, length]) => [[out, length]],
  fd_pwrite: ([, , , , out]) => [[out, 4]],
  fd_read: ([, iovs, count, out], guest) => [[out, 4], ...guest.filled(iovs, count, out)],
  fd_readdir: ([, buffer, , , out], guest) => [[out, 4], [buffer, guest.u32(out)]],
  fd_seek: ([, , , out]) => [[out, 8]],
  fd_tell: ([, out]) => [[out, 8]],
  fd_write: ([, , , out]) => [[out, 4]],
  path_filestat_get: ([, , , , out], guest) => [[out, guest.filestatSize]],
  path_open: ([, , , , , , , , out]) => [[out, 4]],
  path_readlink: ([, , , buffer, , out], guest) => [[out, 4], [buffer, guest.u32(out) + (guest.host.isNode ? 1 : 0)]],
  // node:wasi writes every event slot, used or not.
  poll_oneoff: ([, out, count, ready], guest) => [[ready, 4], [out, 32 * (guest.host.isNode ? count : guest.u32(ready))]],
  random_get: ([buffer, length]) => [[buffer, length]],
  sock_accept: ([, , out]) => [[out, 4]],
  sock_recv: ([, iovs, count, , received, flags], guest) => [[received, 4], [flags, 2], ...guest.filled(iovs, count, received)],
  sock_send: ([, , , , out]) => [[out, 4]],
};

class Guest {
  // options are the WASI's; extra: { pages, maximum, shared, memory }.
  constructor(host, options = {}, { pages = 1, maximum, shared = false, memory } = {}) {
    this.host = host;
    this.args = Array.from(options.args ?? [], String);
    this.env = Object.entries(options.env ?? {}).filter(([, value]) => value !== undefined).map(([key, value]) => `${key}=${value}`);
    this.memory = memory ?? new WebAssembly.Memory({ initial: pages, maximum: maximum ?? (shared ? pages : undefined), shared });
    this.preview0 = options.version === 'unstable';
    this.filestatSize = this.preview0 ? 56 : 64;
    this.wasi = new host.WASI({ version: 'preview1', ...options });
    // The functions alone, unchecked.
    this.raw = this.wasi.wasiImport;
    new Uint8Array(this.memory.buffer).fill(SENTINEL);
    this.start();
    this.reset();
  }

  start() {
    this.wasi.start({ exports: { memory: this.memory, _start() {} } });
  }

  // Makes a call; answers the errno's name.
  call(name, ...args) {
    const code = this.code(name, ...args);
    return abi.ERRNO[code] ?? `errno ${code}`;
  }

  // Makes a call; answers the errno.
  code(name, ...args) {
    const checked = this.memory.buffer.byteLength <= CHECKED_PAGES * PAGE;
    const before = checked ? Buffer.from(this.bytes()) : undefined;
    const code = this.raw[name](...args);
    if (checked) this.compare(before, name, args, code);
    return code;
  }

  compare(before, name, args, code) {
    const after = Buffer.from(this.bytes());
    if (code === 0) {
      const ranges = OUTPUTS[name]?.(args.map((arg) => (typeof arg === 'number' ? arg >>> 0 : arg)), this) ?? [];
      for (const [pointer, length] of ranges) before.copy(after, pointer, pointer, pointer + length);
    }
    if (before.equals(after)) return;
    const at = before.findIndex((byte, index) => byte !== after[index]);
    assert.fail(`${name} answered ${code} and changed memory that is not its own, at ${at}`);
  }

  bytes() {
    return Buffer.from(this.memory.buffer);
  }

  view() {
    return new DataView(this.memory.buffer);
  }

  u8(pointer) {
    return this.view().getUint8(pointer);
  }

  u16(pointer) {
    return this.view().getUint16(pointer, true);
  }

  u32(pointer) {
    return this.view().getUint32(pointer, true);
  }

  u64(pointer) {
    return this.view().getBigUint64(pointer, true);
  }

  // Forgets what was allocated: the next alloc() starts anew, with sentinels.
  reset() {
    this.top = BASE;
    return this;
  }

  // Room in memory, filled with the sentinel.
  alloc(size, align = 8) {
    this.top = Math.ceil(this.top / align) * align;
    const pointer = this.top;
    this.top += size;
    assert.ok(this.top <= this.memory.buffer.byteLength, 'the scripted guest is out of memory: reset() it, or give it pages');
    this.bytes().fill(SENTINEL, pointer, this.top);
    return pointer;
  }

  // Puts bytes into memory; answers [pointer, length].
  put(data) {
    const bytes = Buffer.from(data);
    const pointer = this.alloc(bytes.length || 1);
    bytes.copy(this.bytes(), pointer);
    // node:wasi reads past a path's end when no NUL follows it.
    this.alloc(8, 1);
    this.bytes()[pointer + bytes.length] = 0;
    return [pointer, bytes.length];
  }

  text(pointer, length) {
    return Buffer.from(this.bytes().subarray(pointer, pointer + length)).toString();
  }

  // An iovec list over [pointer, length] pairs; answers [pointer, count].
  iovecs(...pairs) {
    const list = this.alloc(8 * pairs.length || 8);
    pairs.forEach(([pointer, length], index) => {
      this.view().setUint32(list + 8 * index, pointer, true);
      this.view().setUint32(list + 8 * index + 4, length, true);
    });
    return [list, pairs.length];
  }

  // The ranges that a call which transferred u32(done) bytes has filled.
  filled(iovs, count, done) {
    const ranges = [];
    let rest = this.u32(done);
    for (let i = 0; i < count && rest > 0; i++) {
      const length = Math.min(rest, this.u32(iovs + 8 * i + 4));
      ranges.push([this.u32(iovs + 8 * i), length]);
      rest -= length;
    }
    return ranges;
  }

  stringTable(argv, buffer, strings) {
    const size = strings.reduce((sum, text) => sum + Buffer.byteLength(text.split('\0')[0]) + 1, 0);
    return [[argv, 4 * strings.length], [buffer, size]];
  }

  // --- calls, spoken in JavaScript; each answers { errno, … } and starts from an empty allocation ---

  strings(get, sizes) {
    this.reset();
    const [count, size] = [this.alloc(4), this.alloc(4)];
    assert.equal(this.call(sizes, count, size), 'SUCCESS');
    const [n, bytes] = [this.u32(count), this.u32(size)];
    const argv = this.alloc(4 * n || 4);
    const buffer = this.alloc(bytes || 1);
    const errno = this.call(get, argv, buffer);
    const list = [];
    for (let i = 0; i < n && errno === 'SUCCESS'; i++) {
      const from = this.u32(argv + 4 * i);
      list.push(this.text(from, this.bytes().indexOf(0, from) - from));
    }
    return { errno, list, size: bytes };
  }

  open(dir, path, { follow = true, oflags = 0, fdflags = 0, write = false, base = write ? abi.READ | abi.WRITE : abi.READ, inheriting = abi.ALL } = {}) {
    this.reset();
    const out = this.alloc(4);
    const [pointer, length] = this.put(path);
    const errno = this.call('path_open', dir, follow ? 1 : 0, pointer, length, oflags, base, inheriting, fdflags, out);
    return { errno, fd: errno === 'SUCCESS' ? this.u32(out) : -1 };
  }

  // Opens, and insists; answers the descriptor.
  opened(dir, path, options) {
    const { errno, fd } = this.open(dir, path, options);
    assert.equal(errno, 'SUCCESS', `path_open of ${path}`);
    return fd;
  }

  create(dir, path, options) {
    return this.opened(dir, path, { oflags: abi.OFLAGS.CREAT, write: true, ...options });
  }

  close(fd) {
    return this.call('fd_close', fd);
  }

  read(fd, length = 4096) {
    return this.reading('fd_read', fd, length);
  }

  pread(fd, length, offset) {
    return this.reading('fd_pread', fd, length, BigInt(offset));
  }

  reading(name, fd, length, ...offset) {
    this.reset();
    const buffer = this.alloc(length);
    const out = this.alloc(4);
    const [iovs, count] = this.iovecs([buffer, length]);
    const errno = this.call(name, fd, iovs, count, ...offset, out);
    return { errno, data: errno === 'SUCCESS' ? this.text(buffer, this.u32(out)) : '' };
  }

  write(fd, data) {
    return this.writing('fd_write', fd, data);
  }

  pwrite(fd, data, offset) {
    return this.writing('fd_pwrite', fd, data, BigInt(offset));
  }

  writing(name, fd, data, ...offset) {
    this.reset();
    const [iovs, count] = this.iovecs(this.put(data));
    const out = this.alloc(4);
    const errno = this.call(name, fd, iovs, count, ...offset, out);
    return { errno, written: errno === 'SUCCESS' ? this.u32(out) : 0 };
  }

  seek(fd, offset, whence = abi.WHENCE.SET) {
    this.reset();
    const out = this.alloc(8);
    const errno = this.call('fd_seek', fd, BigInt(offset), whence, out);
    return { errno, position: errno === 'SUCCESS' ? this.u64(out) : undefined };
  }

  tell(fd) {
    this.reset();
    const out = this.alloc(8);
    const errno = this.call('fd_tell', fd, out);
    return { errno, position: errno === 'SUCCESS' ? this.u64(out) : undefined };
  }

  fdstat(fd) {
    this.reset();
    const out = this.alloc(24);
    const errno = this.call('fd_fdstat_get', fd, out);
    if (errno !== 'SUCCESS') return { errno };
    return { errno, type: this.u8(out), flags: this.u16(out + 2), base: this.u64(out + 8), inheriting: this.u64(out + 16) };
  }

  filestat(out) {
    assert.equal(this.preview0, false);
    return {
      dev: this.u64(out), ino: this.u64(out + 8), type: this.u8(out + 16), nlink: this.u64(out + 24), size: this.u64(out + 32),
      atim: this.u64(out + 40), mtim: this.u64(out + 48), ctim: this.u64(out + 56),
    };
  }

  stat(fd) {
    this.reset();
    const out = this.alloc(64);
    const errno = this.call('fd_filestat_get', fd, out);
    return errno === 'SUCCESS' ? { errno, ...this.filestat(out) } : { errno };
  }

  pathStat(dir, path, { follow = true } = {}) {
    this.reset();
    const out = this.alloc(64);
    const errno = this.call('path_filestat_get', dir, follow ? 1 : 0, ...this.put(path), out);
    return errno === 'SUCCESS' ? { errno, ...this.filestat(out) } : { errno };
  }

  // One fd_readdir: the whole entries in the buffer, and how much of it was used.
  readdir(fd, { cookie = 0n, size = 8192 } = {}) {
    this.reset();
    const buffer = this.alloc(size || 1);
    const out = this.alloc(4);
    const errno = this.call('fd_readdir', fd, buffer, size, cookie, out);
    const used = errno === 'SUCCESS' ? this.u32(out) : 0;
    const entries = [];
    for (let at = buffer; at + 24 <= buffer + used;) {
      const length = this.u32(at + 16);
      if (at + 24 + length > buffer + used) break;
      entries.push({ next: this.u64(at), ino: this.u64(at + 8), type: this.u8(at + 20), name: this.text(at + 24, length) });
      at += 24 + length;
    }
    return { errno, used, entries };
  }

  // Every entry of a directory, through as many calls as the buffer's size demands.
  list(fd, { size = 8192 } = {}) {
    const all = [];
    for (let cookie = 0n;;) {
      const { errno, used, entries } = this.readdir(fd, { cookie, size });
      assert.equal(errno, 'SUCCESS');
      all.push(...entries);
      if (used < size) return all;
      assert.ok(entries.length > 0, 'the buffer holds at least one entry');
      cookie = entries.at(-1).next;
    }
  }

  names(fd, options) {
    return this.list(fd, options).map(({ name }) => name).sort();
  }

  // Calls that take one path: mkdir, rmdir, unlink.
  onPath(name, dir, path) {
    this.reset();
    return this.call(name, dir, ...this.put(path));
  }

  mkdir(dir, path) {
    return this.onPath('path_create_directory', dir, path);
  }

  rmdir(dir, path) {
    return this.onPath('path_remove_directory', dir, path);
  }

  unlink(dir, path) {
    return this.onPath('path_unlink_file', dir, path);
  }

  symlink(target, dir, path) {
    this.reset();
    return this.call('path_symlink', ...this.put(target), dir, ...this.put(path));
  }

  link(fromDir, from, toDir, to, { follow = false } = {}) {
    this.reset();
    return this.call('path_link', fromDir, follow ? 1 : 0, ...this.put(from), toDir, ...this.put(to));
  }

  rename(fromDir, from, toDir, to) {
    this.reset();
    return this.call('path_rename', fromDir, ...this.put(from), toDir, ...this.put(to));
  }

  readlink(dir, path, size = 256) {
    this.reset();
    const buffer = this.alloc(size || 1);
    const out = this.alloc(4);
    const errno = this.call('path_readlink', dir, ...this.put(path), buffer, size, out);
    return { errno, target: errno === 'SUCCESS' ? this.text(buffer, this.u32(out)) : '' };
  }

  setTimes(fd, atim, mtim, flags) {
    return this.call('fd_filestat_set_times', fd, BigInt(atim), BigInt(mtim), flags);
  }

  setPathTimes(dir, path, atim, mtim, flags, { follow = true } = {}) {
    this.reset();
    return this.call('path_filestat_set_times', dir, follow ? 1 : 0, ...this.put(path), BigInt(atim), BigInt(mtim), flags);
  }

  // poll_oneoff over subscriptions { userdata, clock, timeout, abstime } or { userdata, read: fd } or { userdata, write: fd }.
  poll(subscriptions) {
    this.reset();
    const count = subscriptions.length;
    const into = this.alloc(48 * count || 8);
    const out = this.alloc(32 * count || 8);
    const ready = this.alloc(4);
    const view = this.view();
    subscriptions.forEach(({ userdata, clock, timeout = 0n, abstime = false, read, write, type }, index) => {
      const at = into + 48 * index;
      view.setBigUint64(at, BigInt(userdata), true);
      if (clock !== undefined) {
        view.setUint8(at + 8, type ?? abi.EVENT.CLOCK);
        view.setUint32(at + 16, clock, true);
        view.setBigUint64(at + 24, BigInt(timeout), true);
        view.setBigUint64(at + 32, 0n, true);
        view.setUint16(at + 40, abstime ? 1 : 0, true);
      } else {
        view.setUint8(at + 8, type ?? (read === undefined ? abi.EVENT.FD_WRITE : abi.EVENT.FD_READ));
        view.setUint32(at + 16, read ?? write, true);
      }
    });
    const errno = this.call('poll_oneoff', into, out, count, ready);
    const events = [];
    for (let i = 0; errno === 'SUCCESS' && i < this.u32(ready); i++) {
      const at = out + 32 * i;
      events.push({
        userdata: Number(this.u64(at)),
        error: abi.ERRNO[this.u16(at + 8)],
        type: this.u8(at + 10),
        nbytes: this.u64(at + 16),
        hangup: (this.u16(at + 24) & 1) === 1,
      });
    }
    return { errno, events };
  }
}

module.exports = { Guest, PAGE, SENTINEL };
