'use strict';
// path_open.
const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { FDFLAGS, FILETYPE, OFLAGS, READ, RIGHT, WRITE } = require('../helpers/abi');
const { both, differs, ours } = require('../helpers/both');
const why = require('../helpers/why');

const { CREAT, DIRECTORY, EXCL, TRUNC } = OFLAGS;

// /: file ("0123456789"), sub/inner ("inner"), soft -> file, softdir -> sub, dangling -> nothing, loop -> loop.
function tree(host, options) {
  const dir = host.tmp();
  fs.writeFileSync(path.join(dir, 'file'), '0123456789');
  fs.mkdirSync(path.join(dir, 'sub'));
  fs.writeFileSync(path.join(dir, 'sub/inner'), 'inner');
  fs.symlinkSync('file', path.join(dir, 'soft'));
  fs.symlinkSync('sub', path.join(dir, 'softdir'));
  fs.symlinkSync('nothing', path.join(dir, 'dangling'));
  fs.symlinkSync('loop', path.join(dir, 'loop'));
  return { dir, guest: host.guest({ preopens: { '/sandbox': dir }, ...options }) };
}

both('files by path', (host) => {
  const { guest } = tree(host);
  for (const name of ['file', './file', 'sub/../file', 'sub/./../file', './/file', 'sub//..//file', '././file']) {
    assert.equal(guest.read(guest.opened(3, name), 4).data, '0123', name);
  }
  assert.equal(guest.read(guest.opened(3, 'sub/inner')).data, 'inner');
});

both('files relative to a directory that the guest opened', (host) => {
  const { guest } = tree(host);
  const sub = guest.opened(3, 'sub', { oflags: DIRECTORY });
  assert.equal(guest.read(guest.opened(sub, 'inner')).data, 'inner');
  assert.equal(guest.open(sub, '../file').errno, 'NOTCAPABLE');
  assert.equal(guest.open(sub, '..').errno, 'NOTCAPABLE');
});

both('what is not there, or not a directory', (host) => {
  const { guest } = tree(host);
  assert.equal(guest.open(3, 'none').errno, 'NOENT');
  assert.equal(guest.open(3, 'none/file').errno, 'NOENT');
  assert.equal(guest.open(3, 'file/x').errno, 'NOTDIR');
  assert.equal(guest.open(3, 'file', { oflags: DIRECTORY }).errno, 'NOTDIR');
  assert.equal(guest.open(3, 'file/').errno, 'NOTDIR');
});

both('paths that are refused as such', (host) => {
  const { guest } = tree(host);
  assert.equal(guest.open(3, '/file').errno, 'NOTCAPABLE');
  assert.equal(guest.open(3, '/').errno, 'NOTCAPABLE');
  assert.equal(guest.open(3, '..').errno, 'NOTCAPABLE');
  assert.equal(guest.open(3, '../file').errno, 'NOTCAPABLE');
  assert.equal(guest.open(3, 'sub/../../file').errno, 'NOTCAPABLE');
  assert.equal(guest.open(3, 'fi\0le').errno, 'INVAL');
  assert.equal(guest.open(3, 'x'.repeat(256)).errno, 'NAMETOOLONG');
  assert.equal(guest.open(3, 'x/'.repeat(2100)).errno, 'NAMETOOLONG');
});

ours('an empty path, and paths with a NUL at their end', (host) => {
  const { guest } = tree(host);
  assert.equal(guest.open(3, '').errno, 'INVAL');
  assert.equal(guest.open(3, '\0').errno, 'INVAL');
  assert.equal(guest.open(3, '\0\0').errno, 'INVAL');
  assert.equal(guest.open(3, 'file\0').errno, 'INVAL');
  assert.equal(guest.mkdir(3, 'n\0'), 'INVAL');
});

differs('a path through what is not there', why.kernelPaths, {
  node(host) {
    const { guest } = tree(host);
    assert.equal(guest.open(3, 'none/../file').errno, 'SUCCESS');
    assert.equal(guest.open(3, 'file/../file').errno, 'SUCCESS');
  },
  ours(host) {
    const { guest } = tree(host);
    assert.equal(guest.open(3, 'none/../file').errno, 'NOENT');
    assert.equal(guest.open(3, 'file/../file').errno, 'NOTDIR');
  },
});

differs('a path that is not UTF-8', why.utf8, {
  node(host) {
    const { guest } = tree(host);
    assert.equal(guest.open(3, Buffer.from([0x66, 0xff])).errno, 'NOENT');
  },
  ours(host) {
    const { guest } = tree(host);
    for (const bytes of [[0xff], [0x66, 0xff], [0xc3], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf8, 0x88, 0x80, 0x80, 0x80]]) {
      assert.equal(guest.open(3, Buffer.from(bytes)).errno, 'ILSEQ', `${bytes}`);
      assert.equal(guest.mkdir(3, Buffer.from(bytes)), 'ILSEQ', `${bytes}`);
    }
  },
});

both('names with unusual characters', (host) => {
  const { dir, guest } = tree(host);
  for (const name of ['ä€😀', ' ', 'a\nb', '"', '\\', '...', '.hidden', '-', 'x'.repeat(255), '\u202e', 'C:', 'con', '*?']) {
    guest.write(guest.create(3, name), 'x');
    assert.equal(fs.readFileSync(path.join(dir, name), 'utf8'), 'x');
  }
});

both('O_CREAT makes what is missing and opens what is there', (host) => {
  const { dir, guest } = tree(host);
  guest.write(guest.create(3, 'new'), 'text');
  assert.equal(fs.readFileSync(path.join(dir, 'new'), 'utf8'), 'text');
  assert.equal(guest.read(guest.opened(3, 'file', { oflags: CREAT }), 4).data, '0123');
  assert.equal(guest.open(3, 'none/new', { oflags: CREAT, write: true }).errno, 'NOENT');
  assert.equal(guest.open(3, 'file/new', { oflags: CREAT, write: true }).errno, 'NOTDIR');
});

both('O_EXCL refuses what is there, links too', (host) => {
  const { guest } = tree(host);
  assert.equal(guest.open(3, 'file', { oflags: CREAT | EXCL, write: true }).errno, 'EXIST');
  assert.equal(guest.open(3, 'sub', { oflags: CREAT | EXCL }).errno, 'EXIST');
  assert.equal(guest.open(3, 'soft', { oflags: CREAT | EXCL, follow: false, write: true }).errno, 'EXIST');
  assert.equal(guest.open(3, 'dangling', { oflags: CREAT | EXCL, follow: false, write: true }).errno, 'EXIST');
  assert.equal(guest.open(3, 'new', { oflags: CREAT | EXCL, write: true }).errno, 'SUCCESS');
});

both('O_TRUNC empties', (host) => {
  const { dir, guest } = tree(host);
  guest.opened(3, 'file', { oflags: TRUNC, write: true });
  assert.equal(fs.statSync(path.join(dir, 'file')).size, 0);
  guest.write(guest.opened(3, 'sub/inner', { oflags: TRUNC | CREAT, write: true }), 'x');
  assert.equal(fs.readFileSync(path.join(dir, 'sub/inner'), 'utf8'), 'x');
});

both('directories open to read, not to write', (host) => {
  const { guest } = tree(host);
  for (const [name, oflags] of [['sub', 0], ['sub', DIRECTORY], ['sub/', 0], ['sub/', DIRECTORY], ['.', 0], ['./', DIRECTORY], ['sub/..', 0]]) {
    assert.equal(guest.fdstat(guest.opened(3, name, { oflags })).type, FILETYPE.DIRECTORY, name);
  }
  assert.equal(guest.open(3, 'sub', { base: READ | WRITE }).errno, 'ISDIR');
});

both('contradictory flags', (host) => {
  const { dir, guest } = tree(host);
  assert.notEqual(guest.open(3, 'new', { oflags: CREAT | DIRECTORY }).errno, 'SUCCESS');
  assert.equal(fs.existsSync(path.join(dir, 'new')), false);
  assert.notEqual(guest.open(3, 'file', { oflags: CREAT | DIRECTORY | EXCL }).errno, 'SUCCESS');
  assert.notEqual(guest.open(3, 'sub', { oflags: DIRECTORY | TRUNC }).errno, 'SUCCESS');
  assert.equal(fs.readFileSync(path.join(dir, 'file'), 'utf8'), '0123456789');
});

both('links are followed on request', (host) => {
  const { guest } = tree(host);
  assert.equal(guest.read(guest.opened(3, 'soft', { follow: true }), 4).data, '0123');
  assert.equal(guest.read(guest.opened(3, 'softdir/inner')).data, 'inner');
  assert.equal(guest.open(3, 'softdir', { oflags: DIRECTORY }).errno, 'SUCCESS');
  assert.equal(guest.open(3, 'dangling').errno, 'NOENT');
  assert.equal(guest.open(3, 'loop').errno, 'LOOP');
});

differs('links are not followed without request', why.nofollow, {
  node(host) {
    const { guest } = tree(host);
    assert.equal(guest.read(guest.opened(3, 'soft', { follow: false }), 4).data, '0123');
  },
  ours(host) {
    const { guest } = tree(host);
    for (const name of ['soft', 'dangling', 'loop']) assert.equal(guest.open(3, name, { follow: false }).errno, 'LOOP', name);
    assert.equal(guest.open(3, 'softdir', { follow: false }).errno, 'LOOP');
    // Only the last component counts.
    assert.equal(guest.read(guest.opened(3, 'softdir/inner', { follow: false })).data, 'inner');
    assert.equal(guest.open(3, 'soft', { follow: false, oflags: TRUNC, write: true }).errno, 'LOOP');
  },
});

differs('an absolute link into the guest\'s own paths', why.absoluteLinks, {
  node(host) {
    const { dir, guest } = tree(host);
    fs.symlinkSync('/sandbox/file', path.join(dir, 'absolute'));
    assert.equal(guest.read(guest.opened(3, 'absolute'), 4).data, '0123');
  },
  ours(host) {
    const { dir, guest } = tree(host);
    fs.symlinkSync('/sandbox/file', path.join(dir, 'absolute'));
    assert.equal(guest.open(3, 'absolute').errno, 'NOTCAPABLE');
    assert.equal(guest.pathStat(3, 'absolute').errno, 'NOTCAPABLE');
    assert.equal(guest.readlink(3, 'absolute').target, '/sandbox/file');
  },
});

differs('O_TRUNC through a directory that was opened without naming rights', why.truncate, {
  node(host) {
    const { guest } = tree(host);
    const sub = guest.opened(3, 'sub', { oflags: DIRECTORY, base: 0x0fbffe98n & ~0x80040n });
    assert.equal(guest.open(sub, 'inner', { oflags: TRUNC, write: true }).errno, 'NOTCAPABLE');
  },
  ours(host) {
    const { dir, guest } = tree(host);
    const sub = guest.opened(3, 'sub', { oflags: DIRECTORY, base: 0n, inheriting: 0n });
    const fd = guest.opened(sub, 'inner', { oflags: TRUNC, base: 0n, inheriting: 0n });
    assert.equal(fs.statSync(path.join(dir, 'sub/inner')).size, 0);
    assert.equal(guest.write(fd, 'new').written, 3);
    assert.equal(guest.open(sub, 'made', { oflags: CREAT | EXCL, base: 0n, inheriting: 0n }).errno, 'SUCCESS');
  },
});

both('O_CREAT through a dangling link makes its target', (host) => {
  const { dir, guest } = tree(host);
  guest.write(guest.opened(3, 'dangling', { oflags: CREAT, write: true }), 'made');
  assert.equal(fs.readFileSync(path.join(dir, 'nothing'), 'utf8'), 'made');
});

both('a descriptor opened on a file that is renamed or deleted goes on', (host) => {
  const { dir, guest } = tree(host);
  const fd = guest.opened(3, 'file', { write: true });
  fs.renameSync(path.join(dir, 'file'), path.join(dir, 'renamed'));
  assert.equal(guest.read(fd, 4).data, '0123');
  fs.unlinkSync(path.join(dir, 'renamed'));
  assert.equal(guest.read(fd, 4).data, '4567');
  assert.equal(guest.stat(fd).nlink, 0n);
});

ours('a directory that the host renames stays the guest\'s', (host) => {
  const { dir, guest } = tree(host);
  const sub = guest.opened(3, 'sub', { oflags: DIRECTORY });
  fs.renameSync(path.join(dir, 'sub'), path.join(dir, 'moved'));
  assert.equal(guest.read(guest.opened(sub, 'inner')).data, 'inner');
  fs.rmSync(path.join(dir, 'moved'), { recursive: true });
  assert.equal(guest.open(sub, 'inner').errno, 'NOENT');
  assert.equal(guest.open(sub, 'new', { oflags: CREAT, write: true }).errno, 'NOENT');
});

ours('a preopen that the host renames or removes', (host) => {
  const parent = host.tmp();
  const dir = path.join(parent, 'preopen');
  fs.mkdirSync(dir);
  fs.writeFileSync(path.join(dir, 'file'), 'inside');
  const guest = host.guest({ preopens: { '/sandbox': dir } });
  fs.renameSync(dir, path.join(parent, 'moved'));
  fs.mkdirSync(dir);
  fs.writeFileSync(path.join(dir, 'file'), 'another');
  assert.equal(guest.read(guest.opened(3, 'file')).data, 'inside');
  fs.rmSync(path.join(parent, 'moved'), { recursive: true });
  assert.equal(guest.open(3, 'file').errno, 'NOENT');
  assert.equal(guest.mkdir(3, 'new'), 'NOENT');
});

both('the descriptor flags of an open', (host) => {
  const { guest } = tree(host);
  for (const fdflags of [FDFLAGS.NONBLOCK, FDFLAGS.SYNC, FDFLAGS.DSYNC, FDFLAGS.RSYNC]) {
    const fd = guest.opened(3, 'file', { write: true, fdflags });
    assert.equal(guest.write(fd, 'x').errno, 'SUCCESS');
    assert.equal(guest.close(fd), 'SUCCESS');
  }
});

ours('files made by the guest are as the umask wants them, and not executable', (host) => {
  const { dir, guest } = tree(host);
  guest.create(3, 'new');
  guest.mkdir(3, 'newdir');
  const mask = process.umask();
  assert.equal(fs.statSync(path.join(dir, 'new')).mode & 0o777, 0o666 & ~mask);
  assert.equal(fs.statSync(path.join(dir, 'newdir')).mode & 0o777, 0o777 & ~mask);
});

ours('descriptors are not handed on to the host\'s children', (host) => {
  const { guest } = tree(host);
  guest.opened(3, 'file');
  const { execFileSync } = require('node:child_process');
  const listed = execFileSync('ls', ['-l', '/proc/self/fd'], { encoding: 'utf8' });
  assert.ok(!listed.includes('/file'), listed);
});

both('path and result outside of memory', (host) => {
  const { guest } = tree(host);
  const [pointer, length] = guest.put('file');
  assert.equal(guest.call('path_open', 3, 1, 65536 - 2, 4, 0, READ, 0n, 0, 256), 'OVERFLOW');
  assert.equal(guest.call('path_open', 3, 1, 0xfffffffe, 4, 0, READ, 0n, 0, 256), 'OVERFLOW');
  assert.equal(guest.call('path_open', 3, 1, pointer, 0xffffffff, 0, READ, 0n, 0, 256), 'OVERFLOW');
  assert.equal(guest.call('path_open', 3, 1, pointer, length, 0, READ, 0n, 0, 65536 - 3), 'OVERFLOW');
});

ours('a path may end where memory ends', why.memoryEnd, (host) => {
  const { guest } = tree(host);
  guest.bytes().write('file', 65536 - 4);
  assert.equal(guest.call('path_open', 3, 1, 65536 - 4, 4, 0, READ, 0n, 0, 256), 'SUCCESS');
});

both('not a directory to begin with', (host) => {
  const { guest } = tree(host);
  const file = guest.opened(3, 'file');
  assert.notEqual(guest.open(file, 'x').errno, 'SUCCESS');
  assert.notEqual(guest.open(1, 'x').errno, 'SUCCESS');
  assert.equal(guest.open(99, 'x').errno, 'BADF');
  assert.equal(guest.open(0xffffffff, 'x').errno, 'BADF');
});

both('creating what is a file, with a trailing slash', (host) => {
  const dir = host.tmp();
  fs.writeFileSync(path.join(dir, 'a'), '0123456789');
  const guest = host.guest({ preopens: { '/sandbox': dir } });
  for (const oflags of [OFLAGS.CREAT, OFLAGS.CREAT | OFLAGS.EXCL, OFLAGS.CREAT | OFLAGS.TRUNC]) {
    assert.equal(guest.open(3, 'a/', { oflags, write: true }).errno, 'NOTDIR');
  }
  assert.equal(fs.readFileSync(path.join(dir, 'a'), 'utf8'), '0123456789');
});

both('creating what is a file, with a trailing slash, and not following', (host) => {
  const { guest } = tree(host);
  for (const oflags of [CREAT, CREAT | EXCL, CREAT | TRUNC]) assert.equal(guest.open(3, 'file/', { oflags, write: true, follow: false }).errno, 'ISDIR');
});

both('what is written from an offset needs the right to move it', (host) => {
  const { guest } = tree(host);
  const dir = guest.opened(3, '.', { oflags: DIRECTORY, inheriting: RIGHT.fd_write });
  const write = (options) => guest.open(dir, 'file', { base: RIGHT.fd_write, inheriting: 0n, ...options }).errno;
  assert.equal(write(), 'NOTCAPABLE');
  assert.equal(write({ fdflags: FDFLAGS.APPEND }), 'SUCCESS');
  assert.equal(write({ oflags: TRUNC }), 'SUCCESS');
});

differs('an exclusive creation of what a dangling link names', why.exclusive, {
  node(host) {
    const { dir, guest } = tree(host);
    assert.equal(guest.open(3, 'dangling', { oflags: CREAT | EXCL, write: true }).errno, 'SUCCESS');
    assert.equal(fs.existsSync(path.join(dir, 'nothing')), true);
  },
  ours(host) {
    const { dir, guest } = tree(host);
    assert.equal(guest.open(3, 'dangling', { oflags: CREAT | EXCL, write: true }).errno, 'EXIST');
    assert.equal(fs.existsSync(path.join(dir, 'nothing')), false);
  },
});

differs('a directory that the guest moves', why.handles, {
  node(host) {
    const { guest } = tree(host);
    const sub = guest.opened(3, 'sub', { oflags: DIRECTORY });
    assert.equal(guest.rename(3, 'sub', 3, 'moved'), 'SUCCESS');
    assert.equal(guest.open(sub, 'inner').errno, 'NOENT');
  },
  ours(host) {
    const { guest } = tree(host);
    const sub = guest.opened(3, 'sub', { oflags: DIRECTORY });
    assert.equal(guest.rename(3, 'sub', 3, 'moved'), 'SUCCESS');
    assert.equal(guest.read(guest.opened(sub, 'inner')).data, 'inner');
  },
});

differs('a dot at the end of a path', why.kernelPaths, {
  node(host) {
    const { dir, guest } = tree(host);
    assert.equal(guest.open(3, 'file/.').errno, 'SUCCESS');
    assert.equal(guest.mkdir(3, 'new/.'), 'SUCCESS');
    assert.equal(guest.rmdir(3, 'new/.'), 'SUCCESS');
    assert.equal(guest.open(guest.opened(3, 'sub/'), '.').errno, 'NOTCAPABLE');
    assert.equal(fs.existsSync(path.join(dir, 'new')), false);
  },
  ours(host) {
    const { dir, guest } = tree(host);
    assert.equal(guest.open(3, 'file/.').errno, 'NOTDIR');
    assert.equal(guest.mkdir(3, 'new/.'), 'NOENT');
    assert.equal(guest.mkdir(3, 'new'), 'SUCCESS');
    assert.equal(guest.rmdir(3, 'new/.'), 'INVAL');
    assert.equal(guest.open(guest.opened(3, 'sub/'), '.').errno, 'SUCCESS');
    assert.equal(fs.existsSync(path.join(dir, 'new')), true);
  },
});

differs('a neighbour whose name begins with that of the directory', why.kernelPaths, {
  node(host) {
    const { dir, guest } = tree(host);
    fs.writeFileSync(path.join(dir, 'sub2'), 'the neighbour');
    fs.writeFileSync(path.join(dir, 'sub/2'), 'below');
    assert.equal(guest.read(guest.opened(guest.opened(3, 'sub', { oflags: DIRECTORY }), '../sub2')).data, 'below');
  },
  ours(host) {
    const { dir, guest } = tree(host);
    fs.writeFileSync(path.join(dir, 'sub2'), 'the neighbour');
    fs.writeFileSync(path.join(dir, 'sub/2'), 'below');
    assert.equal(guest.open(guest.opened(3, 'sub', { oflags: DIRECTORY }), '../sub2').errno, 'NOTCAPABLE');
  },
});

ours('what is no directory has nothing beneath it', why.notDirectory, (host) => {
  const { guest } = tree(host);
  const file = guest.opened(3, 'file', { base: READ });
  for (const name of ['x', '.', '', '/x']) {
    assert.notEqual(guest.open(file, name).errno, 'SUCCESS', name);
    assert.notEqual(guest.open(1, name).errno, 'SUCCESS', name);
  }
  assert.equal(guest.open(1, 'x', { base: 0n, inheriting: 0n }).errno === 'SUCCESS', false);
});
