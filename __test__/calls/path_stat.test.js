'use strict';
// path_filestat_get, path_filestat_set_times, path_readlink.
const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { FILETYPE, FSTFLAGS } = require('../helpers/abi');
const { both, differs, ours } = require('../helpers/both');
const why = require('../helpers/why');

function tree(host) {
  const dir = host.tmp();
  fs.writeFileSync(path.join(dir, 'file'), '0123456789');
  fs.mkdirSync(path.join(dir, 'sub'));
  fs.symlinkSync('file', path.join(dir, 'soft'));
  fs.symlinkSync('sub', path.join(dir, 'softdir'));
  fs.symlinkSync('nothing', path.join(dir, 'dangling'));
  fs.symlinkSync('loop', path.join(dir, 'loop'));
  return { dir, guest: host.guest({ preopens: { '/sandbox': dir } }) };
}

both('the attributes agree with the host', (host) => {
  const { dir, guest } = tree(host);
  for (const [name, follow, type] of [['file', true, FILETYPE.REGULAR_FILE], ['sub', true, FILETYPE.DIRECTORY], ['sub/', true, FILETYPE.DIRECTORY],
    ['.', true, FILETYPE.DIRECTORY], ['soft', true, FILETYPE.REGULAR_FILE], ['soft', false, FILETYPE.SYMBOLIC_LINK], ['softdir', false, FILETYPE.SYMBOLIC_LINK],
    ['dangling', false, FILETYPE.SYMBOLIC_LINK], ['loop', false, FILETYPE.SYMBOLIC_LINK]]) {
    const wanted = (follow ? fs.statSync : fs.lstatSync)(path.join(dir, name), { bigint: true });
    const stat = guest.pathStat(3, name, { follow });
    assert.equal(stat.errno, 'SUCCESS', name);
    assert.deepEqual([stat.type, stat.ino, stat.dev, stat.nlink, stat.size, stat.mtim, stat.ctim],
      [type, wanted.ino, wanted.dev, wanted.nlink, wanted.size, wanted.mtimeNs, wanted.ctimeNs], name);
  }
});

both('what has no attributes', (host) => {
  const { guest } = tree(host);
  assert.equal(guest.pathStat(3, 'none').errno, 'NOENT');
  assert.equal(guest.pathStat(3, 'dangling').errno, 'NOENT');
  assert.equal(guest.pathStat(3, 'loop').errno, 'LOOP');
  assert.equal(guest.pathStat(3, 'file/').errno, 'NOTDIR');
  assert.equal(guest.pathStat(3, 'file/x').errno, 'NOTDIR');
  assert.equal(guest.pathStat(3, '..').errno, 'NOTCAPABLE');
  assert.equal(guest.pathStat(3, '/file').errno, 'NOTCAPABLE');
  assert.equal(guest.pathStat(99, 'file').errno, 'BADF');
  const [pointer, length] = guest.put('file');
  assert.equal(guest.call('path_filestat_get', 3, 0, pointer, length, 65536 - 63), 'OVERFLOW');
  assert.equal(guest.call('path_filestat_get', 3, 0, 65536 - 3, 4, 512), 'OVERFLOW');
});

both('times by path, of a link or of what it leads to', (host) => {
  const { dir, guest } = tree(host);
  const mtime = (name) => fs.lstatSync(path.join(dir, name)).mtimeMs / 1000;
  assert.equal(guest.setPathTimes(3, 'file', 1000000000, 2000000000, FSTFLAGS.ATIM | FSTFLAGS.MTIM), 'SUCCESS');
  assert.equal(mtime('file'), 2);
  assert.equal(guest.setPathTimes(3, 'soft', 0, 3000000000, FSTFLAGS.MTIM, { follow: true }), 'SUCCESS');
  assert.equal(mtime('file'), 3);
  const before = mtime('soft');
  assert.ok(before > 1000);
  assert.equal(guest.setPathTimes(3, 'soft', 0, 4000000000, FSTFLAGS.MTIM, { follow: false }), 'SUCCESS');
  assert.equal(mtime('soft'), 4);
  assert.equal(mtime('file'), 3);
  assert.equal(guest.setPathTimes(3, 'sub', 0, 5000000000, FSTFLAGS.MTIM), 'SUCCESS');
  assert.equal(mtime('sub'), 5);
  assert.equal(guest.setPathTimes(3, 'none', 0, 0, FSTFLAGS.MTIM), 'NOENT');
  assert.equal(guest.setPathTimes(3, '../x', 0, 0, FSTFLAGS.MTIM), 'NOTCAPABLE');
});

// node:wasi keeps the descriptor locked for ever after this.
ours('contradictory flags by path', (host) => {
  const { guest } = tree(host);
  for (const flags of [3, 12, 15, 16, 0x8000]) {
    assert.equal(guest.setPathTimes(3, 'file', 0, 0, flags), 'INVAL');
    assert.equal(guest.pathStat(3, 'file').errno, 'SUCCESS');
  }
});

ours('times by path have nanoseconds', (host) => {
  const { dir, guest } = tree(host);
  assert.equal(guest.setPathTimes(3, 'file', 1111111111n, 2222222222n, FSTFLAGS.ATIM | FSTFLAGS.MTIM), 'SUCCESS');
  const stat = fs.statSync(path.join(dir, 'file'), { bigint: true });
  assert.deepEqual([stat.atimeNs, stat.mtimeNs], [1111111111n, 2222222222n]);
});

both('readlink gives the target, without NUL', (host) => {
  const { guest } = tree(host);
  assert.deepEqual(guest.readlink(3, 'soft'), { errno: 'SUCCESS', target: 'file' });
  assert.deepEqual(guest.readlink(3, 'dangling'), { errno: 'SUCCESS', target: 'nothing' });
  assert.deepEqual(guest.readlink(3, 'sub/../loop'), { errno: 'SUCCESS', target: 'loop' });
});

both('readlink of what is no link', (host) => {
  const { guest } = tree(host);
  assert.equal(guest.readlink(3, 'file').errno, 'INVAL');
  assert.equal(guest.readlink(3, 'sub').errno, 'INVAL');
  assert.equal(guest.readlink(3, 'none').errno, 'NOENT');
  assert.equal(guest.readlink(3, '../x').errno, 'NOTCAPABLE');
  assert.equal(guest.readlink(99, 'soft').errno, 'BADF');
});

differs('readlink into a short buffer', why.readlink, {
  node(host) {
    const { guest } = tree(host);
    assert.equal(guest.readlink(3, 'soft', 4).errno, 'NOBUFS');
    assert.equal(guest.readlink(3, 'soft', 2).errno, 'NOBUFS');
  },
  ours(host) {
    const { guest } = tree(host);
    assert.deepEqual(guest.readlink(3, 'soft', 4), { errno: 'SUCCESS', target: 'file' });
    assert.deepEqual(guest.readlink(3, 'soft', 2), { errno: 'SUCCESS', target: 'fi' });
    assert.deepEqual(guest.readlink(3, 'soft', 0), { errno: 'SUCCESS', target: '' });
  },
});

both('readlink outside of memory', (host) => {
  const { guest } = tree(host);
  const [pointer, length] = guest.put('soft');
  assert.equal(guest.call('path_readlink', 3, pointer, length, 65536 - 3, 100, 512), 'OVERFLOW');
  assert.equal(guest.call('path_readlink', 3, pointer, length, 512, 100, 65536 - 3), 'OVERFLOW');
  assert.equal(guest.call('path_readlink', 3, pointer, length, 512, 0xffffffff, 256), 'OVERFLOW');
});

both('readlink of a long target', (host) => {
  const { dir, guest } = tree(host);
  const target = 'x/'.repeat(2000) + 'y';
  fs.symlinkSync(target, path.join(dir, 'long'));
  assert.equal(guest.readlink(3, 'long', 5000).target, target);
});

both('times of what is not there, also where none is set', (host) => {
  const { guest } = tree(host);
  for (const flags of [0, FSTFLAGS.MTIM]) {
    assert.equal(guest.setPathTimes(3, 'none', 0, 0, flags), 'NOENT');
    assert.equal(guest.setPathTimes(3, 'none', 0, 0, flags, { follow: false }), 'NOENT');
    assert.equal(guest.setPathTimes(3, 'dangling', 0, 0, flags), 'NOENT');
  }
  assert.equal(guest.setPathTimes(3, 'dangling', 0, 0, 0, { follow: false }), 'SUCCESS');
});
