'use strict';
// path_create_directory, path_remove_directory, path_unlink_file, path_rename, path_link, path_symlink.
const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { OFLAGS } = require('../helpers/abi');
const { both, differs, ours } = require('../helpers/both');
const why = require('../helpers/why');

function tree(host) {
  const dir = host.tmp();
  fs.writeFileSync(path.join(dir, 'file'), '0123456789');
  fs.writeFileSync(path.join(dir, 'other'), 'other');
  fs.mkdirSync(path.join(dir, 'sub'));
  fs.writeFileSync(path.join(dir, 'sub/inner'), 'inner');
  fs.mkdirSync(path.join(dir, 'empty'));
  fs.symlinkSync('file', path.join(dir, 'soft'));
  return { dir, guest: host.guest({ preopens: { '/sandbox': dir } }), at: (...names) => path.join(dir, ...names) };
}

both('mkdir', (host) => {
  const { guest, at } = tree(host);
  assert.equal(guest.mkdir(3, 'new'), 'SUCCESS');
  assert.ok(fs.statSync(at('new')).isDirectory());
  assert.equal(guest.mkdir(3, 'new/deep'), 'SUCCESS');
  assert.equal(guest.mkdir(3, 'slash/'), 'SUCCESS');
  assert.ok(fs.statSync(at('slash')).isDirectory());
  for (const [name, errno] of [['new', 'EXIST'], ['file', 'EXIST'], ['soft', 'EXIST'], ['none/new', 'NOENT'], ['file/new', 'NOTDIR'], ['../new', 'NOTCAPABLE'],
    ['/new', 'NOTCAPABLE'], ['x'.repeat(256), 'NAMETOOLONG']]) {
    assert.equal(guest.mkdir(3, name), errno, name);
  }
});

both('rmdir', (host) => {
  const { guest, at } = tree(host);
  assert.equal(guest.rmdir(3, 'empty'), 'SUCCESS');
  assert.equal(fs.existsSync(at('empty')), false);
  for (const [name, errno] of [['sub', 'NOTEMPTY'], ['file', 'NOTDIR'], ['soft', 'NOTDIR'], ['none', 'NOENT'], ['../x', 'NOTCAPABLE'], ['/x', 'NOTCAPABLE']]) {
    assert.equal(guest.rmdir(3, name), errno, name);
  }
});

both('rmdir with a trailing slash', (host) => {
  const { guest, at } = tree(host);
  assert.equal(guest.rmdir(3, 'empty/'), 'SUCCESS');
  assert.equal(fs.existsSync(at('empty')), false);
});

ours('the preopen itself stays', (host) => {
  const { dir, guest } = tree(host);
  for (const name of ['.', './', 'sub/..', '']) {
    assert.notEqual(guest.rmdir(3, name), 'SUCCESS', name);
    assert.notEqual(guest.unlink(3, name), 'SUCCESS', name);
    assert.notEqual(guest.rename(3, name, 3, 'sub/x'), 'SUCCESS', name);
    assert.notEqual(guest.rename(3, 'empty', 3, name), 'SUCCESS', name);
  }
  assert.ok(fs.existsSync(path.join(dir, 'empty')));
});

both('unlink', (host) => {
  const { guest, at } = tree(host);
  assert.equal(guest.unlink(3, 'sub/inner'), 'SUCCESS');
  assert.equal(fs.existsSync(at('sub/inner')), false);
  assert.equal(guest.unlink(3, 'soft'), 'SUCCESS');
  assert.ok(fs.existsSync(at('file')));
  for (const [name, errno] of [['soft', 'NOENT'], ['sub', 'ISDIR'], ['file/', 'NOTDIR'], ['file/x', 'NOTDIR'], ['../x', 'NOTCAPABLE'], ['/x', 'NOTCAPABLE']]) {
    assert.equal(guest.unlink(3, name), errno, name);
  }
});

both('rename of files and directories', (host) => {
  const { guest, at } = tree(host);
  assert.equal(guest.rename(3, 'file', 3, 'sub/moved'), 'SUCCESS');
  assert.equal(fs.readFileSync(at('sub/moved'), 'utf8'), '0123456789');
  assert.equal(guest.rename(3, 'sub', 3, 'empty'), 'SUCCESS');
  assert.equal(fs.readFileSync(at('empty/moved'), 'utf8'), '0123456789');
  assert.equal(guest.rename(3, 'empty/moved', 3, 'other'), 'SUCCESS');
  assert.equal(fs.readFileSync(at('other'), 'utf8'), '0123456789');
  assert.equal(guest.rename(3, 'other', 3, 'other'), 'SUCCESS');
  assert.equal(fs.readFileSync(at('other'), 'utf8'), '0123456789');
  assert.equal(guest.rename(3, 'soft', 3, 'renamed'), 'SUCCESS');
  assert.equal(fs.readlinkSync(at('renamed')), 'file');
});

both('renames that cannot be', (host) => {
  const { guest } = tree(host);
  for (const [from, to, errno] of [['none', 'x', 'NOENT'], ['file', 'none/x', 'NOENT'], ['file', 'empty', 'ISDIR'], ['empty', 'file', 'NOTDIR'], ['empty', 'sub', 'NOTEMPTY'],
    ['sub', 'sub/below', 'INVAL'], ['file', '../x', 'NOTCAPABLE'], ['../x', 'file', 'NOTCAPABLE'], ['file', '/x', 'NOTCAPABLE'], ['/x', 'file', 'NOTCAPABLE']]) {
    assert.equal(guest.rename(3, from, 3, to), errno, `${from} to ${to}`);
  }
  assert.equal(guest.rename(3, 'file', 99, 'x'), 'BADF');
  assert.equal(guest.rename(99, 'file', 3, 'x'), 'BADF');
});

both('rename between directories that the guest opened', (host) => {
  const { guest, at } = tree(host);
  const sub = guest.opened(3, 'sub', { oflags: OFLAGS.DIRECTORY });
  const empty = guest.opened(3, 'empty', { oflags: OFLAGS.DIRECTORY });
  assert.equal(guest.rename(sub, 'inner', empty, 'inner'), 'SUCCESS');
  assert.equal(fs.readFileSync(at('empty/inner'), 'utf8'), 'inner');
});

both('hard links', (host) => {
  const { guest, at } = tree(host);
  assert.equal(guest.link(3, 'file', 3, 'sub/hard'), 'SUCCESS');
  assert.equal(fs.statSync(at('file')).ino, fs.statSync(at('sub/hard')).ino);
  assert.equal(guest.pathStat(3, 'file').nlink, 2n);
  for (const [from, to, errno] of [['file', 'other', 'EXIST'], ['none', 'x', 'NOENT'], ['file', 'none/x', 'NOENT'], ['sub', 'x', 'PERM'], ['../x', 'x', 'NOTCAPABLE'],
    ['file', '../x', 'NOTCAPABLE'], ['/x', 'x', 'NOTCAPABLE'], ['file', '/x', 'NOTCAPABLE']]) {
    assert.equal(guest.link(3, from, 3, to), errno, `${from} to ${to}`);
  }
});

both('a hard link to a symbolic link is a link to the link', (host) => {
  const { guest, at } = tree(host);
  assert.equal(guest.link(3, 'soft', 3, 'hard'), 'SUCCESS');
  assert.equal(fs.readlinkSync(at('hard')), 'file');
});

both('symbolic links', (host) => {
  const { guest, at } = tree(host);
  assert.equal(guest.symlink('file', 3, 'new'), 'SUCCESS');
  assert.equal(fs.readlinkSync(at('new')), 'file');
  assert.equal(guest.symlink('nothing/at/all', 3, 'broken'), 'SUCCESS');
  assert.equal(guest.symlink('./sub/../file', 3, 'winding'), 'SUCCESS');
  assert.equal(fs.readlinkSync(at('winding')), './sub/../file');
  for (const [target, name, errno] of [['file', 'other', 'EXIST'], ['file', 'none/x', 'NOENT'], ['/etc/passwd', 'x', 'PERM'], ['/', 'x', 'PERM'],
    ['..', 'x', 'NOTCAPABLE'], ['../x', 'x', 'NOTCAPABLE'], ['sub/../../x', 'x', 'NOTCAPABLE'], ['file', '../x', 'NOTCAPABLE'], ['file', '/x', 'NOTCAPABLE']]) {
    assert.equal(guest.symlink(target, 3, name), errno, `${name} -> ${target}`);
    assert.equal(fs.existsSync(at('x')), false);
  }
});

differs('a link below may point up, as far as the directory it is made through', why.links, {
  node(host) {
    const { guest } = tree(host);
    assert.equal(guest.symlink('../file', 3, 'sub/up'), 'NOTCAPABLE');
  },
  ours(host) {
    const { guest, at } = tree(host);
    assert.equal(guest.symlink('../file', 3, 'sub/up'), 'SUCCESS');
    assert.equal(fs.readlinkSync(at('sub/up')), '../file');
    assert.equal(guest.read(guest.opened(3, 'sub/up'), 4).data, '0123');
    assert.equal(guest.symlink('../../file', 3, 'sub/out'), 'NOTCAPABLE');
    const sub = guest.opened(3, 'sub', { oflags: OFLAGS.DIRECTORY });
    assert.equal(guest.symlink('../file', sub, 'other'), 'NOTCAPABLE');
    // Made through the preopen, a link may lead above the directory, but is not followed from it.
    assert.equal(guest.open(sub, 'up').errno, 'NOTCAPABLE');
  },
});

both('paths outside of memory', (host) => {
  const { guest } = tree(host);
  const good = guest.put('file');
  const bad = [65536 - 2, 4];
  for (const name of ['path_create_directory', 'path_remove_directory', 'path_unlink_file']) assert.equal(guest.call(name, 3, ...bad), 'OVERFLOW', name);
  assert.equal(guest.call('path_rename', 3, ...bad, 3, ...good), 'OVERFLOW');
  assert.equal(guest.call('path_rename', 3, ...good, 3, ...bad), 'OVERFLOW');
  assert.equal(guest.call('path_link', 3, 0, ...bad, 3, ...good), 'OVERFLOW');
  assert.equal(guest.call('path_link', 3, 0, ...good, 3, ...bad), 'OVERFLOW');
  assert.equal(guest.call('path_symlink', ...bad, 3, ...good), 'OVERFLOW');
  assert.equal(guest.call('path_symlink', ...good, 3, ...bad), 'OVERFLOW');
});

ours('links and directories with a trailing slash', (host) => {
  const { guest, at } = tree(host);
  assert.notEqual(guest.link(3, 'file/', 3, 'hard'), 'SUCCESS');
  assert.notEqual(guest.link(3, 'file', 3, 'hard/'), 'SUCCESS');
  assert.notEqual(guest.symlink('file', 3, 'soft2/'), 'SUCCESS');
  assert.notEqual(guest.rename(3, 'file/', 3, 'moved'), 'SUCCESS');
  assert.notEqual(guest.rename(3, 'file', 3, 'moved/'), 'SUCCESS');
  assert.equal(guest.rename(3, 'empty/', 3, 'moved/'), 'SUCCESS');
  assert.ok(fs.statSync(at('moved')).isDirectory());
  assert.equal(fs.readFileSync(at('file'), 'utf8'), '0123456789');
});

both('symlink with an empty target', (host) => {
  const { guest } = tree(host);
  assert.equal(guest.symlink('', 3, 'l'), 'INVAL');
});
