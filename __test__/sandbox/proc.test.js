'use strict';
// /proc preopened: its magic links lead nowhere.
const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { OFLAGS } = require('../helpers/abi');
const { ours } = require('../helpers/both');

const MAGIC = ['root', 'root/etc/passwd', 'root/', 'cwd', 'cwd/package.json', 'cwd/', 'exe', 'fd/0', 'fd/1', 'task/../root/etc/passwd', 'ns/mnt'];

for (const [title, preopen, prefixes] of [
  ['/proc', '/proc', ['self/', `${process.pid}/`, 'thread-self/', `self/task/${process.pid}/`, 'self/../self/']],
  ['/proc/self', '/proc/self', ['', './', `task/${process.pid}/`]],
]) {
  ours(`magic links below ${title}`, (host) => {
    const guest = host.guest({ preopens: { '/proc': preopen } });
    for (const prefix of prefixes) {
      for (const name of MAGIC) {
        for (const [oflags, follow] of [[0, true], [0, false], [OFLAGS.DIRECTORY, true], [OFLAGS.TRUNC, true]]) {
          assert.notEqual(guest.open(3, prefix + name, { oflags, follow, base: 0n, inheriting: 0n }).errno, 'SUCCESS', prefix + name);
        }
        assert.notEqual(guest.pathStat(3, prefix + name).errno, 'SUCCESS', prefix + name);
        assert.notEqual(guest.setPathTimes(3, prefix + name, 1, 1, 4), 'SUCCESS', prefix + name);
      }
    }
  });
}

ours('a directory whose descriptor the host holds', (host) => {
  const dir = host.tmp();
  fs.writeFileSync(path.join(dir, 'secret'), 'SECRET');
  const fd = fs.openSync(dir, 'r');
  const file = fs.openSync(path.join(dir, 'secret'), 'r+');
  host.t.after(() => {
    fs.closeSync(fd);
    fs.closeSync(file);
  });
  const guest = host.guest({ preopens: { '/proc': '/proc', '/fd': '/proc/self/fd' } });
  for (const [preopen, name] of [[3, `self/fd/${fd}/secret`], [3, `self/fd/${file}`], [4, `${fd}/secret`], [4, `${file}`], [4, `${fd}`], [4, `${fd}/`]]) {
    assert.notEqual(guest.open(preopen, name).errno, 'SUCCESS', name);
    assert.notEqual(guest.open(preopen, name, { write: true, oflags: OFLAGS.TRUNC }).errno, 'SUCCESS', name);
    assert.notEqual(guest.link(preopen, name, 3, 'x', { follow: true }), 'SUCCESS', name);
  }
  assert.equal(fs.readFileSync(path.join(dir, 'secret'), 'utf8'), 'SECRET');
});

ours('what /proc says in plain files may be read', (host) => {
  const guest = host.guest({ preopens: { '/proc': { path: '/proc', readOnly: true } } });
  assert.match(guest.read(guest.opened(3, 'self/status')).data, /^Name:/);
});

ours('a link that the guest made to a magic link', (host) => {
  const dir = host.tmp();
  fs.symlinkSync('/proc/self/root', path.join(dir, 'magic'));
  fs.symlinkSync('/proc/self/cwd', path.join(dir, 'cwd'));
  const guest = host.guest({ preopens: { '/': dir } });
  for (const name of ['magic/etc/passwd', 'magic', 'magic/', 'cwd/package.json']) assert.notEqual(guest.open(3, name).errno, 'SUCCESS', name);
});
