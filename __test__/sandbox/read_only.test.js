'use strict';
// A read-only preopen: every call that would change something is refused, and nothing changes.
const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { FDFLAGS, FSTFLAGS, OFLAGS, READ, RIGHT, WRITE } = require('../helpers/abi');
const { ours } = require('../helpers/both');
const { record } = require('../helpers/outside');

const { CREAT, DIRECTORY, EXCL, TRUNC } = OFLAGS;

// 3: read-only, 4: the same directory's neighbour, writable.
function mounts(host) {
  const base = host.tmp();
  const [ro, rw] = [path.join(base, 'ro'), path.join(base, 'rw')];
  for (const dir of [ro, rw]) {
    fs.mkdirSync(path.join(dir, 'sub'), { recursive: true });
    fs.mkdirSync(path.join(dir, 'empty'));
    fs.writeFileSync(path.join(dir, 'file'), '0123456789');
    fs.writeFileSync(path.join(dir, 'sub/inner'), 'inner');
    fs.symlinkSync('file', path.join(dir, 'soft'));
    fs.symlinkSync('nothing', path.join(dir, 'dangling'));
  }
  const guest = host.guest({ preopens: { '/ro': { path: ro, readOnly: true }, '/rw': rw } });
  return { ro, rw, guest };
}

ours('reading works', (host) => {
  const { guest } = mounts(host);
  assert.equal(guest.read(guest.opened(3, 'file'), 4).data, '0123');
  assert.equal(guest.read(guest.opened(3, 'soft'), 4).data, '0123');
  assert.equal(guest.read(guest.opened(3, 'file', { base: 0n, inheriting: 0n }), 4).data, '0123');
  assert.deepEqual(guest.names(3), ['dangling', 'empty', 'file', 'soft', 'sub']);
  assert.equal(guest.readlink(3, 'soft').target, 'file');
  assert.equal(guest.pathStat(3, 'sub/inner').size, 5n);
  const sub = guest.opened(3, 'sub', { oflags: DIRECTORY });
  assert.equal(guest.read(guest.opened(sub, 'inner')).data, 'inner');
});

ours('every change by path is refused', (host) => {
  const { guest, ro } = mounts(host);
  const before = record(ro);
  const sub = guest.opened(3, 'sub', { oflags: DIRECTORY, base: 0n, inheriting: 0n });
  const changes = {
    mkdir: () => guest.mkdir(3, 'new'),
    'mkdir in a directory opened': () => guest.mkdir(sub, 'new'),
    rmdir: () => guest.rmdir(3, 'empty'),
    unlink: () => guest.unlink(3, 'file'),
    'unlink of a link': () => guest.unlink(3, 'soft'),
    'unlink in a directory opened': () => guest.unlink(sub, 'inner'),
    symlink: () => guest.symlink('file', 3, 'new'),
    link: () => guest.link(3, 'file', 3, 'new'),
    'link into': () => guest.link(4, 'file', 3, 'new'),
    'link out of': () => guest.link(3, 'file', 4, 'new'),
    rename: () => guest.rename(3, 'file', 3, 'new'),
    'rename onto itself': () => guest.rename(3, 'file', 3, 'file'),
    'rename into': () => guest.rename(4, 'file', 3, 'new'),
    'rename over': () => guest.rename(4, 'file', 3, 'file'),
    'rename out of': () => guest.rename(3, 'file', 4, 'new'),
    'rename of a directory out of': () => guest.rename(3, 'sub', 4, 'new'),
    'set times': () => guest.setPathTimes(3, 'file', 1, 1, FSTFLAGS.ATIM | FSTFLAGS.MTIM),
    'set times of a link': () => guest.setPathTimes(3, 'soft', 1, 1, FSTFLAGS.MTIM, { follow: false }),
    'set times to now': () => guest.setPathTimes(3, 'file', 0, 0, FSTFLAGS.MTIM_NOW),
    'create': () => guest.open(3, 'new', { oflags: CREAT, write: true }).errno,
    'create, asking for no rights': () => guest.open(3, 'new', { oflags: CREAT, base: 0n, inheriting: 0n }).errno,
    'create, only to read': () => guest.open(3, 'new', { oflags: CREAT, base: READ }).errno,
    'create new': () => guest.open(3, 'new', { oflags: CREAT | EXCL, write: true }).errno,
    'create through a link': () => guest.open(3, 'dangling', { oflags: CREAT, write: true }).errno,
    'create in a directory opened': () => guest.open(sub, 'new', { oflags: CREAT, base: 0n, inheriting: 0n }).errno,
    truncate: () => guest.open(3, 'file', { oflags: TRUNC, write: true }).errno,
    'truncate, only to read': () => guest.open(3, 'file', { oflags: TRUNC, base: READ }).errno,
    'truncate, asking for no rights': () => guest.open(3, 'file', { oflags: TRUNC, base: 0n, inheriting: 0n }).errno,
    'truncate through a link': () => guest.open(3, 'soft', { oflags: TRUNC, base: READ }).errno,
    'create and truncate': () => guest.open(3, 'file', { oflags: CREAT | TRUNC, base: READ }).errno,
  };
  for (const [title, change] of Object.entries(changes)) assert.equal(change(), 'ROFS', title);
  assert.deepEqual(record(ro), before);
});

ours('every change by descriptor is refused', (host) => {
  const { guest, ro } = mounts(host);
  const before = record(ro);
  for (const options of [{ base: READ, inheriting: 0n }, { base: 0n, inheriting: 0n }, { base: READ | WRITE }, { base: RIGHT.fd_write }, { base: READ, fdflags: FDFLAGS.APPEND }, { base: READ | WRITE, fdflags: FDFLAGS.APPEND }, { base: 0n, inheriting: 0n, fdflags: FDFLAGS.SYNC }]) {
    const { errno, fd } = guest.open(3, 'file', options);
    if (errno !== 'SUCCESS') {
      assert.equal(errno, 'ROFS');
      continue;
    }
    const changes = {
      write: () => guest.write(fd, 'x').errno,
      pwrite: () => guest.pwrite(fd, 'x', 0).errno,
      'set size': () => guest.call('fd_filestat_set_size', fd, 1n),
      allocate: () => guest.call('fd_allocate', fd, 0n, 100n),
      'set times': () => guest.setTimes(fd, 1, 1, FSTFLAGS.MTIM),
      'set times to now': () => guest.setTimes(fd, 0, 0, FSTFLAGS.ATIM_NOW | FSTFLAGS.MTIM_NOW),
    };
    for (const [title, change] of Object.entries(changes)) assert.ok(['ROFS', 'NOTCAPABLE', 'BADF'].includes(change()), title);
    guest.call('fd_fdstat_set_flags', fd, FDFLAGS.APPEND);
    assert.notEqual(guest.write(fd, 'x').errno, 'SUCCESS');
    guest.close(fd);
  }
  assert.ok(guest.setTimes(3, 1, 1, FSTFLAGS.MTIM) !== 'SUCCESS');
  const sub = guest.opened(3, 'sub', { oflags: DIRECTORY, base: 0n, inheriting: 0n });
  assert.ok(guest.setTimes(sub, 1, 1, FSTFLAGS.MTIM) !== 'SUCCESS');
  assert.deepEqual(record(ro), before);
});

ours('a descriptor from a read-only preopen stays so wherever it is renumbered', (host) => {
  const { guest, ro } = mounts(host);
  const before = record(ro);
  const file = guest.opened(3, 'file', { base: 0n, inheriting: 0n });
  assert.equal(guest.call('fd_renumber', file, 1), 'SUCCESS');
  assert.notEqual(guest.write(1, 'x').errno, 'SUCCESS');
  assert.equal(guest.call('fd_renumber', 3, 4), 'SUCCESS');
  assert.equal(guest.mkdir(4, 'new'), 'ROFS');
  assert.deepEqual(record(ro), before);
});

ours('a read-only preopen inside a writable one, and the other way round', (host) => {
  const { ro } = mounts(host);
  const guest = host.guest({ preopens: { '/all': { path: ro, readOnly: true }, '/sub': path.join(ro, 'sub') } });
  assert.equal(guest.write(guest.create(4, 'new'), 'x').errno, 'SUCCESS');
  assert.equal(guest.unlink(3, 'sub/new'), 'ROFS');
  assert.equal(guest.rename(4, 'new', 3, 'new'), 'ROFS');
  assert.equal(guest.link(3, 'file', 4, 'hard'), 'ROFS');
  assert.equal(guest.read(guest.opened(3, 'sub/new')).data, 'x');
});

ours('the access time is the file system\'s affair: reading changes no modification time', (host) => {
  const { guest, ro } = mounts(host);
  const before = fs.statSync(path.join(ro, 'file')).mtimeMs;
  guest.read(guest.opened(3, 'file'), 10);
  assert.equal(fs.statSync(path.join(ro, 'file')).mtimeMs, before);
});
