'use strict';
// A guest on its own: what it tries at the edges of what it was given.
const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { ERRNO, OFLAGS, RIGHT, rights } = require('../helpers/abi');
const { descriptors, ours, root } = require('../helpers/both');
const { child } = require('../helpers/child');

// A directory with a secret beside it; answers the guest that has the directory at 3.
function mounted(host, options) {
  const dir = host.tmp();
  fs.mkdirSync(path.join(dir, 'sandbox/sub'), { recursive: true });
  fs.writeFileSync(path.join(dir, 'secret'), 'secret');
  fs.writeFileSync(path.join(dir, 'sandbox/file'), 'file');
  return { dir, guest: host.guest({ preopens: { '/sandbox': { path: path.join(dir, 'sandbox'), ...options } } }) };
}

ours('an open without rights through a directory that has few: they stay few', (host) => {
  const { guest, dir } = mounted(host);
  const reads = rights('fd_read', 'fd_readdir', 'path_open', 'path_filestat_get');
  const few = guest.opened(3, '.', { oflags: OFLAGS.DIRECTORY, base: reads, inheriting: reads });
  const none = { base: 0n, inheriting: 0n };
  const file = guest.opened(few, 'file', none);
  assert.equal(guest.fdstat(file).base, RIGHT.fd_read);
  assert.equal(guest.write(file, 'x').errno, 'NOTCAPABLE');
  assert.equal(guest.call('fd_filestat_set_size', file, 0n), 'NOTCAPABLE');
  assert.equal(guest.call('fd_fdstat_set_rights', file, RIGHT.fd_read | RIGHT.fd_write, 0n), 'NOTCAPABLE');
  for (const again of [guest.opened(few, '.', { ...none, oflags: OFLAGS.DIRECTORY }), guest.opened(few, 'sub/..', none)]) {
    assert.equal(guest.fdstat(again).inheriting & ~reads, 0n);
    assert.equal(guest.unlink(again, 'file'), 'NOTCAPABLE');
    assert.equal(guest.mkdir(again, 'new'), 'NOTCAPABLE');
    for (const oflags of [OFLAGS.CREAT, OFLAGS.TRUNC]) assert.equal(guest.open(again, 'file', { ...none, oflags }).errno, 'NOTCAPABLE');
    assert.equal(guest.open(again, 'file', { base: RIGHT.fd_write, inheriting: 0n }).errno, 'NOTCAPABLE');
    assert.equal(guest.rename(again, 'file', 3, 'moved'), 'NOTCAPABLE');
    assert.equal(guest.link(3, 'file', again, 'linked'), 'NOTCAPABLE');
  }
  assert.equal(fs.readFileSync(path.join(dir, 'sandbox/file'), 'utf8'), 'file');
});

ours('a preopen under another number is what it was', (host) => {
  const { guest } = mounted(host, { readOnly: true });
  const file = guest.opened(3, 'file');
  assert.equal(guest.call('fd_renumber', 3, 0), 'SUCCESS');
  assert.equal(guest.call('fd_prestat_get', 3, 256), 'BADF');
  assert.equal(guest.call('fd_prestat_get', 0, 256), 'SUCCESS');
  for (const climb of ['../secret', 'sub/../../secret']) assert.equal(guest.open(0, climb).errno, 'NOTCAPABLE');
  assert.equal(guest.mkdir(0, 'new'), 'ROFS');
  // A file under the number of a preopen is no preopen, and leads nowhere.
  assert.equal(guest.call('fd_renumber', file, 0), 'SUCCESS');
  assert.equal(guest.call('fd_prestat_get', 0, 256), 'INVAL');
  assert.equal(guest.open(0, 'file').errno, 'NOTCAPABLE');
  assert.equal(guest.fdstat(3).errno, 'BADF');
});

ours('a link whose text stays inside and whose place does not: nobody follows it', (host) => {
  const { guest, dir } = mounted(host);
  assert.equal(guest.symlink('../secret', 3, 'out'), 'NOTCAPABLE');
  // Only resolution confines: a link can be moved, or made through one that goes nowhere.
  assert.equal(guest.symlink('.', 3, 'here'), 'SUCCESS');
  assert.equal(guest.symlink('../secret', 3, 'here/made'), 'SUCCESS');
  assert.equal(guest.symlink('../secret', 3, 'sub/moved'), 'SUCCESS');
  assert.equal(guest.rename(3, 'sub/moved', 3, 'moved'), 'SUCCESS');
  for (const name of ['made', 'moved', 'here/here/made', 'sub/../moved']) {
    assert.equal(guest.open(3, name).errno, 'NOTCAPABLE', name);
    assert.equal(guest.open(3, name, { oflags: OFLAGS.CREAT, write: true }).errno, 'NOTCAPABLE', name);
    assert.equal(guest.pathStat(3, name).errno, 'NOTCAPABLE', name);
    assert.equal(guest.link(3, name, 3, 'stolen', { follow: true }), 'NOTCAPABLE', name);
  }
  assert.equal(fs.readFileSync(path.join(dir, 'secret'), 'utf8'), 'secret');
});

ours('cookies far beyond the end of a long directory', (host) => {
  const { guest, dir } = mounted(host);
  const count = 20000;
  for (let i = 0; i < count; i++) fs.linkSync(path.join(dir, 'secret'), path.join(dir, 'sandbox/sub', `${i}`));
  const at = (cookie) => {
    const sub = guest.opened(3, 'sub', { oflags: OFLAGS.DIRECTORY });
    const { errno, entries } = guest.readdir(sub, { cookie });
    guest.close(sub);
    assert.equal(errno, 'SUCCESS');
    return entries.map(({ name, next }) => [name, next]);
  };
  for (const cookie of [BigInt(count), BigInt(count) + 1n, 2n ** 63n, 2n ** 64n - 1n]) assert.deepEqual(at(cookie), []);
  const last = at(BigInt(count) - 3n);
  assert.deepEqual(last.map(([, next]) => next), [count - 2, count - 1, count].map(BigInt));
  // The same as without a jump.
  const sub = guest.opened(3, 'sub', { oflags: OFLAGS.DIRECTORY });
  assert.deepEqual(guest.list(sub).slice(-3).map(({ name }) => name), last.map(([name]) => name));
});

ours('links upon links, each as long as a path can be', (host) => {
  const { guest, dir } = mounted(host);
  const sandbox = path.join(dir, 'sandbox');
  const last = 39;
  for (let i = 0; i <= last; i++) {
    const next = i === last ? 'file' : `link${i + 1}`;
    fs.symlinkSync('sub/../'.repeat((4095 - next.length) / 7) + next, path.join(sandbox, `link${i}`));
  }
  const start = Date.now();
  assert.equal(guest.pathStat(3, 'link0').errno, 'SUCCESS');
  assert.equal(guest.pathStat(3, 'sub/../link0').errno, 'SUCCESS');
  fs.symlinkSync('link0', path.join(sandbox, 'more'));
  assert.equal(guest.pathStat(3, 'more').errno, 'LOOP');
  assert.ok(Date.now() - start < 3000, `${Date.now() - start} ms`);
});

ours('a host without descriptors: every call says so, and none is lost', async (host) => {
  const { status, stdout, stderr } = await child(`
    const { hosts } = require(${JSON.stringify(path.join(root, '__test__/helpers/both'))});
    const { Guest } = require(${JSON.stringify(path.join(root, '__test__/helpers/guest'))});
    const fs = require('node:fs');
    const dir = process.argv[1];
    fs.writeFileSync(dir + '/file', 'file');
    fs.mkdirSync(dir + '/sub');
    const guest = new Guest(hosts.ours, { preopens: { '/': dir } });
    const open = () => fs.readdirSync('/proc/self/fd').length;
    const before = open();
    const held = [];
    try {
      for (;;) held.push(fs.openSync('/dev/null'));
    } catch {}
    const answers = [
      guest.open(3, 'file').errno,
      guest.open(3, 'new', { oflags: 1, write: true }).errno,
      guest.open(3, 'file', { oflags: 8, write: true }).errno,
      guest.open(3, 'sub/../file').errno,
      guest.mkdir(3, 'sub/new'),
      guest.rename(3, 'sub/../file', 3, 'moved'),
      guest.pathStat(3, 'file').errno,
    ];
    held.forEach((fd) => fs.closeSync(fd));
    console.log(answers.join(), open() - before, fs.statSync(dir + '/file').size, fs.readdirSync(dir).join());`, { args: [host.tmp()], shell: 'ulimit -n 150; $NODE' });
  assert.deepEqual({ status, stdout }, { status: 0, stdout: 'MFILE,MFILE,MFILE,MFILE,MFILE,MFILE,SUCCESS 0 4 file,sub\n' }, stderr);
});

ours('numbers at the far end cost no time, no memory, no descriptor', (host) => {
  const { guest, dir } = mounted(host);
  const file = guest.opened(3, 'file', { write: true });
  const before = descriptors().length;
  const start = Date.now();
  const far = 2n ** 63n - 1n;
  for (const size of [far, far + 1n, 2n ** 64n - 1n]) {
    assert.ok(['FBIG', 'INVAL', 'SUCCESS'].includes(guest.call('fd_filestat_set_size', file, size)));
    assert.ok(['FBIG', 'INVAL', 'SUCCESS'].includes(guest.call('fd_allocate', file, size, 1n)));
    assert.ok(['FBIG', 'INVAL', 'SUCCESS'].includes(guest.call('fd_allocate', file, 1n, size)));
    assert.ok(['INVAL', 'SUCCESS'].includes(guest.call('fd_advise', file, size, size, 3)));
    assert.equal(guest.call('fd_filestat_set_times', file, size, size, 5), 'SUCCESS');
    guest.pwrite(file, 'x', BigInt.asUintN(64, size));
  }
  assert.ok(fs.statSync(path.join(dir, 'sandbox/file')).blocks < 1024);
  for (const errno of [guest.call('sock_accept', file, 0, 256), guest.call('sock_shutdown', file, 3)]) assert.equal(errno, 'NOTSOCK');
  assert.equal(guest.raw.poll_oneoff(0, 0, 0xffffffff, 256), ERRNO.indexOf('OVERFLOW'));
  assert.ok(Date.now() - start < 2000);
  assert.equal(descriptors().length, before);
});
