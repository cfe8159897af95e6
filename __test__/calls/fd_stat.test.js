'use strict';
// fd_fdstat_get, fd_fdstat_set_flags, fd_fdstat_set_rights, fd_filestat_get, fd_filestat_set_size, fd_filestat_set_times.
const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { ALL, FDFLAGS, FILETYPE, FSTFLAGS, OFLAGS, READ, RIGHT, WRITE } = require('../helpers/abi');
const { both, differs, ours } = require('../helpers/both');
const why = require('../helpers/why');

function withFile(host, content = '0123456789') {
  const dir = host.tmp();
  const file = path.join(dir, 'file');
  fs.writeFileSync(file, content);
  fs.mkdirSync(path.join(dir, 'sub'));
  return { dir, file, guest: host.guest({ preopens: { '/': dir } }) };
}

both('fdstat of a preopen', (host) => {
  const { guest } = withFile(host);
  const stat = guest.fdstat(3);
  assert.equal(stat.type, FILETYPE.DIRECTORY);
  assert.equal(stat.base, 0x0fbffe98n);
  assert.equal(stat.inheriting, 0x0fffffffn);
});

both('fdstat of a file: the rights that were asked for, those that a file has', (host) => {
  const { guest } = withFile(host);
  const all = guest.fdstat(guest.opened(3, 'file', { base: READ | WRITE }));
  assert.equal(all.type, FILETYPE.REGULAR_FILE);
  assert.equal(all.base, (READ | WRITE) & 0x08e001ffn);
  assert.equal(all.inheriting, 0n);
  const few = guest.fdstat(guest.opened(3, 'file', { base: RIGHT.fd_read | RIGHT.fd_seek, inheriting: 0n }));
  assert.equal(few.base, RIGHT.fd_read | RIGHT.fd_seek);
});

both('fdstat of a directory that the guest opened', (host) => {
  const { guest } = withFile(host);
  const stat = guest.fdstat(guest.opened(3, 'sub', { oflags: OFLAGS.DIRECTORY }));
  assert.equal(stat.type, FILETYPE.DIRECTORY);
  assert.equal(stat.base, READ & 0x0fbffe98n);
  assert.equal(stat.inheriting, ALL);
});

both('fdstat outside of memory', (host) => {
  const { guest } = withFile(host);
  for (const pointer of [65536, 65536 - 23, 0xffffffff]) assert.equal(guest.call('fd_fdstat_get', 3, pointer), 'OVERFLOW');
});

both('a device as standard output', (host) => {
  const fd = fs.openSync('/dev/null', 'r+');
  host.t.after(() => fs.closeSync(fd));
  const guest = host.guest({ stdout: fd });
  const stat = guest.fdstat(1);
  assert.equal(stat.type, FILETYPE.CHARACTER_DEVICE);
  assert.equal(guest.write(1, 'gone').errno, 'SUCCESS');
});

differs('the flags of fdstat', why.fdflags, {
  node(host) {
    const { guest } = withFile(host);
    const stat = guest.fdstat(guest.opened(3, 'file', { write: true, fdflags: FDFLAGS.APPEND }));
    assert.equal(stat.flags, 0x8402); // O_RDWR | O_APPEND | O_LARGEFILE of Linux
  },
  ours(host) {
    const { guest } = withFile(host);
    assert.equal(guest.fdstat(3).flags, 0);
    const fd = guest.opened(3, 'file', { write: true });
    assert.equal(guest.fdstat(fd).flags, 0);
    assert.equal(guest.fdstat(guest.opened(3, 'file', { write: true, fdflags: FDFLAGS.APPEND })).flags, FDFLAGS.APPEND);
    assert.equal(guest.call('fd_fdstat_set_flags', fd, FDFLAGS.APPEND | FDFLAGS.NONBLOCK), 'SUCCESS');
    assert.equal(guest.fdstat(fd).flags, FDFLAGS.APPEND | FDFLAGS.NONBLOCK);
    assert.equal(guest.call('fd_fdstat_set_flags', fd, 0), 'SUCCESS');
    assert.equal(guest.fdstat(fd).flags, 0);
  },
});

ours('flags of one descriptor do not reach the host: stdin stays as it was', (host) => {
  const fd = fs.openSync('/dev/null', 'r');
  host.t.after(() => fs.closeSync(fd));
  const flags = () => fs.readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8').match(/flags:\s+(\d+)/)[1];
  const before = flags();
  const guest = host.guest({ stdin: fd });
  assert.equal(guest.call('fd_fdstat_set_flags', 0, FDFLAGS.NONBLOCK), 'SUCCESS');
  assert.equal(guest.fdstat(0).flags, FDFLAGS.NONBLOCK);
  assert.equal(flags(), before);
});

both('rights may be given up, and never come back', (host) => {
  const { guest } = withFile(host);
  const fd = guest.opened(3, 'file', { write: true });
  const { base } = guest.fdstat(fd);
  assert.equal(guest.call('fd_fdstat_set_rights', fd, base & ~RIGHT.fd_write, 0n), 'SUCCESS');
  assert.equal(guest.fdstat(fd).base, base & ~RIGHT.fd_write);
  assert.equal(guest.write(fd, 'x').errno, 'NOTCAPABLE');
  assert.equal(guest.read(fd, 1).data, '0');
  assert.equal(guest.call('fd_fdstat_set_rights', fd, base, 0n), 'NOTCAPABLE');
  assert.equal(guest.call('fd_fdstat_set_rights', fd, base & ~RIGHT.fd_write, 1n), 'NOTCAPABLE');
  assert.equal(guest.call('fd_fdstat_set_rights', fd, 2n ** 64n - 1n, 2n ** 64n - 1n), 'NOTCAPABLE');
});

both('what a directory does not hand on, files opened through it do not have', (host) => {
  const { guest } = withFile(host);
  const dir = guest.opened(3, '.', { oflags: OFLAGS.DIRECTORY, inheriting: RIGHT.fd_read | RIGHT.fd_seek });
  assert.equal(guest.open(dir, 'file', { base: RIGHT.fd_read, inheriting: 0n }).errno, 'SUCCESS');
  assert.equal(guest.open(dir, 'file', { base: RIGHT.fd_read | RIGHT.fd_write, inheriting: 0n }).errno, 'NOTCAPABLE');
  assert.equal(guest.open(dir, 'file', { base: RIGHT.fd_read, inheriting: RIGHT.fd_write }).errno, 'NOTCAPABLE');
});

both('every right is asked for by its call', (host) => {
  const { guest } = withFile(host);
  const without = (name) => guest.opened(3, 'file', { base: (READ | WRITE) & ~RIGHT[name], inheriting: 0n });
  const calls = {
    fd_read: (fd) => guest.read(fd, 1).errno,
    fd_write: (fd) => guest.write(fd, 'x').errno,
    fd_seek: (fd) => guest.seek(fd, 1).errno,
    fd_tell: (fd) => guest.tell(fd).errno,
    fd_sync: (fd) => guest.call('fd_sync', fd),
    fd_datasync: (fd) => guest.call('fd_datasync', fd),
    fd_advise: (fd) => guest.call('fd_advise', fd, 0n, 0n, 0),
    fd_allocate: (fd) => guest.call('fd_allocate', fd, 0n, 1n),
    fd_filestat_get: (fd) => guest.stat(fd).errno,
    fd_filestat_set_size: (fd) => guest.call('fd_filestat_set_size', fd, 1n),
    fd_filestat_set_times: (fd) => guest.call('fd_filestat_set_times', fd, 0n, 0n, 2),
    fd_fdstat_set_flags: (fd) => guest.call('fd_fdstat_set_flags', fd, 0),
  };
  for (const [name, call] of Object.entries(calls)) assert.equal(call(without(name)), 'NOTCAPABLE', name);
});

both('every right of a directory is asked for by its call', (host) => {
  const { guest, dir } = withFile(host);
  fs.symlinkSync('file', path.join(dir, 'link'));
  const without = (name) => guest.opened(3, '.', { oflags: OFLAGS.DIRECTORY, base: READ & ~RIGHT[name] });
  const calls = {
    path_create_directory: (fd) => guest.mkdir(fd, 'new'),
    path_create_file: (fd) => guest.open(fd, 'new', { oflags: OFLAGS.CREAT }).errno,
    path_open: (fd) => guest.open(fd, 'file').errno,
    path_link_source: (fd) => guest.link(fd, 'file', 3, 'hard'),
    path_link_target: (fd) => guest.link(3, 'file', fd, 'hard'),
    path_rename_source: (fd) => guest.rename(fd, 'file', 3, 'other'),
    path_rename_target: (fd) => guest.rename(3, 'file', fd, 'other'),
    path_readlink: (fd) => guest.readlink(fd, 'link').errno,
    path_filestat_get: (fd) => guest.pathStat(fd, 'file').errno,
    path_filestat_set_times: (fd) => guest.setPathTimes(fd, 'file', 0, 0, 2),
    path_filestat_set_size: (fd) => guest.open(fd, 'file', { oflags: OFLAGS.TRUNC, write: true }).errno,
    path_symlink: (fd) => guest.symlink('file', fd, 'soft'),
    path_remove_directory: (fd) => guest.rmdir(fd, 'sub'),
    path_unlink_file: (fd) => guest.unlink(fd, 'file'),
    fd_readdir: (fd) => guest.readdir(fd).errno,
  };
  for (const [name, call] of Object.entries(calls)) assert.equal(call(without(name)), 'NOTCAPABLE', name);
  assert.deepEqual(fs.readdirSync(dir).sort(), ['file', 'link', 'sub']);
});

differs('a path_open that asks for no rights', why.rightsZero, {
  node(host) {
    const { guest } = withFile(host);
    const fd = guest.opened(3, 'file', { base: 0n, inheriting: 0n });
    assert.equal(guest.read(fd, 1).errno, 'NOTCAPABLE');
  },
  ours(host) {
    const { guest } = withFile(host);
    const fd = guest.opened(3, 'file', { base: 0n, inheriting: 0n });
    assert.equal(guest.read(fd, 2).data, '01');
    assert.equal(guest.seek(fd, 0).errno, 'SUCCESS');
    assert.equal(guest.stat(fd).errno, 'SUCCESS');
    const dir = guest.opened(3, '.', { base: 0n, inheriting: 0n, oflags: OFLAGS.DIRECTORY });
    assert.equal(guest.open(dir, 'file').errno, 'SUCCESS');
    assert.deepEqual(guest.names(dir), ['file', 'sub']);
  },
});

both('filestat of a file agrees with the host', (host) => {
  const { guest, file } = withFile(host);
  const wanted = fs.statSync(file, { bigint: true });
  const stat = guest.stat(guest.opened(3, 'file'));
  assert.equal(stat.type, FILETYPE.REGULAR_FILE);
  for (const [ours_, hosts] of [['size', 'size'], ['nlink', 'nlink'], ['ino', 'ino'], ['dev', 'dev'], ['mtim', 'mtimeNs'], ['atim', 'atimeNs'], ['ctim', 'ctimeNs']]) {
    assert.equal(stat[ours_], wanted[hosts], ours_);
  }
});

both('filestat of a directory and of a device', (host) => {
  const { guest, dir } = withFile(host);
  const stat = guest.stat(3);
  assert.equal(stat.type, FILETYPE.DIRECTORY);
  assert.equal(stat.ino, fs.statSync(dir, { bigint: true }).ino);
  const fd = fs.openSync('/dev/null', 'r');
  host.t.after(() => fs.closeSync(fd));
  assert.equal(host.guest({ stdin: fd }).stat(0).type, FILETYPE.CHARACTER_DEVICE);
});

both('set_size cuts and extends, and leaves the offset alone', (host) => {
  const { guest, file } = withFile(host);
  const fd = guest.opened(3, 'file', { write: true });
  guest.seek(fd, 7);
  assert.equal(guest.call('fd_filestat_set_size', fd, 4n), 'SUCCESS');
  assert.equal(fs.readFileSync(file, 'utf8'), '0123');
  assert.equal(guest.tell(fd).position, 7n);
  assert.equal(guest.call('fd_filestat_set_size', fd, 6n), 'SUCCESS');
  assert.equal(fs.readFileSync(file, 'latin1'), '0123\0\0');
});

both('set_size of what cannot be', (host) => {
  const { guest, file } = withFile(host);
  const fd = guest.opened(3, 'file', { write: true });
  assert.equal(guest.call('fd_filestat_set_size', fd, 2n ** 63n), 'INVAL');
  assert.equal(guest.call('fd_filestat_set_size', fd, 2n ** 64n - 1n), 'INVAL');
  assert.equal(guest.call('fd_filestat_set_size', guest.opened(3, 'file', { base: READ }), 1n), 'NOTCAPABLE');
  assert.notEqual(guest.call('fd_filestat_set_size', 3, 1n), 'SUCCESS');
  assert.equal(fs.readFileSync(file, 'utf8'), '0123456789');
});

const SECOND = 1000000000n;

both('set_times sets one time, or the other, or both', (host) => {
  const { guest, file } = withFile(host);
  const fd = guest.opened(3, 'file', { write: true });
  const times = () => {
    const stat = fs.statSync(file, { bigint: true });
    return [stat.atimeNs, stat.mtimeNs];
  };
  assert.equal(guest.setTimes(fd, 10n * SECOND, 20n * SECOND, FSTFLAGS.ATIM | FSTFLAGS.MTIM), 'SUCCESS');
  assert.deepEqual(times(), [10n * SECOND, 20n * SECOND]);
  assert.equal(guest.setTimes(fd, 30n * SECOND, 40n * SECOND, FSTFLAGS.ATIM), 'SUCCESS');
  assert.deepEqual(times(), [30n * SECOND, 20n * SECOND]);
  assert.equal(guest.setTimes(fd, 50n * SECOND, 60n * SECOND, FSTFLAGS.MTIM), 'SUCCESS');
  assert.deepEqual(times(), [30n * SECOND, 60n * SECOND]);
  assert.equal(guest.setTimes(fd, 0n, 0n, 0), 'SUCCESS');
  assert.deepEqual(times(), [30n * SECOND, 60n * SECOND]);
  const before = BigInt(Date.now()) * 1000000n;
  assert.equal(guest.setTimes(fd, 0n, 0n, FSTFLAGS.ATIM_NOW | FSTFLAGS.MTIM_NOW), 'SUCCESS');
  for (const time of times()) assert.ok(time >= before - SECOND && time <= before + 10n * SECOND);
});

differs('set_times with a fraction of a second', why.times, {
  node(host) {
    const { guest, file } = withFile(host);
    const fd = guest.opened(3, 'file', { write: true });
    assert.equal(guest.setTimes(fd, 1500000001n, 2500000002n, FSTFLAGS.ATIM | FSTFLAGS.MTIM), 'SUCCESS');
    assert.equal(fs.statSync(file, { bigint: true }).mtimeNs, 2n * SECOND);
  },
  ours(host) {
    const { guest, file } = withFile(host);
    const fd = guest.opened(3, 'file', { write: true });
    assert.equal(guest.setTimes(fd, 1500000001n, 2500000002n, FSTFLAGS.ATIM | FSTFLAGS.MTIM), 'SUCCESS');
    const stat = fs.statSync(file, { bigint: true });
    assert.deepEqual([stat.atimeNs, stat.mtimeNs], [1500000001n, 2500000002n]);
    assert.deepEqual([guest.stat(fd).atim, guest.stat(fd).mtim], [1500000001n, 2500000002n]);
  },
});

both('set_times with flags that contradict each other', (host) => {
  const { guest } = withFile(host);
  const fd = guest.opened(3, 'file', { write: true });
  for (const flags of [3, 12, 15, 7]) assert.equal(guest.setTimes(fd, 0n, 0n, flags), 'INVAL');
  for (const flags of [16, 0x8000]) assert.equal(guest.setTimes(fd, 0n, 0n, flags), 'INVAL');
});

both('set_times beyond what clocks tell', (host) => {
  const { guest } = withFile(host);
  const fd = guest.opened(3, 'file', { write: true });
  // Whatever the answer, the descriptor goes on working.
  guest.setTimes(fd, 2n ** 64n - 1n, 2n ** 63n, FSTFLAGS.ATIM | FSTFLAGS.MTIM);
  assert.equal(guest.stat(fd).errno, 'SUCCESS');
});

both('flags of times are 16 bits: what is above them is not looked at', (host) => {
  const { guest, file } = withFile(host);
  const fd = guest.opened(3, 'file', { write: true });
  assert.equal(guest.setTimes(fd, 10n * SECOND, 20n * SECOND, 0x10000 | FSTFLAGS.MTIM), 'SUCCESS');
  assert.equal(fs.statSync(file, { bigint: true }).mtimeNs, 20n * SECOND);
});

// What is between the fields of a structure, after a call that succeeded: SENTINEL is what was there before.
function gaps(guest, name, ...ranges) {
  guest.reset();
  const out = guest.alloc(64);
  assert.equal(guest.call(name, 3, out), 'SUCCESS');
  return ranges.map(([from, to]) => guest.bytes().toString('hex', out + from, out + to)).join('');
}

differs('the gaps of structures', why.gaps, {
  node(host) {
    const { guest } = withFile(host);
    assert.equal(gaps(guest, 'fd_filestat_get', [17, 24]), '3f'.repeat(7));
    assert.equal(gaps(guest, 'fd_fdstat_get', [1, 2], [4, 8]), '3f'.repeat(5));
    assert.equal(gaps(guest, 'fd_prestat_get', [1, 4]), '3f'.repeat(3));
  },
  ours(host) {
    const { guest } = withFile(host);
    assert.equal(gaps(guest, 'fd_filestat_get', [17, 24]), '00'.repeat(7));
    assert.equal(gaps(guest, 'fd_fdstat_get', [1, 2], [4, 8]), '00'.repeat(5));
    assert.equal(gaps(guest, 'fd_prestat_get', [1, 4]), '00'.repeat(3));
  },
});

ours('the times of a device that is a stream', why.deviceTimes, (host) => {
  const fd = fs.openSync('/dev/null', 'r+');
  host.t.after(() => fs.closeSync(fd));
  const before = fs.fstatSync(fd).mtimeMs;
  const guest = host.guest({ stdin: fd });
  assert.equal(guest.setTimes(0, 0n, 0n, FSTFLAGS.ATIM | FSTFLAGS.MTIM), 'INVAL');
  assert.equal(fs.fstatSync(fd).mtimeMs, before);
});
