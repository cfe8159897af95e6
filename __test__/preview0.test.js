'use strict';
// version: 'unstable': preview0's own numbers and layouts.
const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { CLOCK, FILETYPE } = require('./helpers/abi');
const { differs, ours } = require('./helpers/both');
const { run } = require('./helpers/program');
const why = require('./helpers/why');

const lines = (stdout) => Object.fromEntries(stdout.trimEnd().split('\n').map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ')))]));

differs('a program built for preview0', why.preview0, {
  node(host) {
    const { code, stdout } = run(host, 'preview0', { version: 'unstable', preopens: { '/': host.tmp() } });
    assert.equal(code, 9);
    // Seeks from the start went elsewhere, and the file's attributes are where preview1 has them.
    assert.match(stdout, /^seek from the start 0\nat 14$/m);
    assert.notEqual(lines(stdout).size, 10);
  },
  ours(host) {
    const { code, stdout, error } = run(host, 'preview0', { version: 'unstable', preopens: { '/': host.tmp() } });
    assert.equal(error, undefined);
    assert.equal(code, 9);
    assert.equal(stdout, [
      'open 0', 'write 0', 'seek from the start 0', 'at 4', 'seek onwards 0', 'at 6', 'seek from the end 0', 'at 9', 'stat 0', 'type 4', 'links 1', 'size 10',
      'stat by path 0', 'size 10', 'modified after 2020 1', 'poll 0', 'ready 1', 'userdata 77', '',
    ].join('\n'));
  },
});

function withFile(host) {
  const dir = host.tmp();
  fs.writeFileSync(path.join(dir, 'file'), '0123456789');
  return { dir, guest: host.guest({ version: 'unstable', preopens: { '/sandbox': dir } }) };
}

ours('whence: current, end, set', (host) => {
  const { guest } = withFile(host);
  const fd = guest.opened(3, 'file');
  assert.deepEqual(guest.seek(fd, 4, 2), { errno: 'SUCCESS', position: 4n });
  assert.deepEqual(guest.seek(fd, 3, 0), { errno: 'SUCCESS', position: 7n });
  assert.deepEqual(guest.seek(fd, -2, 1), { errno: 'SUCCESS', position: 8n });
  assert.equal(guest.seek(fd, 0, 3).errno, 'INVAL');
});

ours('filestat has 56 bytes', (host) => {
  const { dir, guest } = withFile(host);
  const fd = guest.opened(3, 'file');
  const wanted = fs.statSync(path.join(dir, 'file'), { bigint: true });
  for (const [name, ...args] of [['fd_filestat_get', fd], ['path_filestat_get', 3, 1, ...guest.reset().put('file')]]) {
    const out = guest.alloc(64);
    assert.equal(guest.call(name, ...args, out), 'SUCCESS');
    assert.deepEqual([guest.u64(out), guest.u64(out + 8), guest.u8(out + 16), guest.u32(out + 20), guest.u64(out + 24), guest.u64(out + 32), guest.u64(out + 40), guest.u64(out + 48)],
      [wanted.dev, wanted.ino, FILETYPE.REGULAR_FILE, 1, 10n, wanted.atimeNs, wanted.mtimeNs, wanted.ctimeNs]);
    assert.equal(guest.call(name, ...args, 65536 - 56), 'SUCCESS');
    assert.equal(guest.call(name, ...args, 65536 - 55), 'OVERFLOW');
  }
});

ours('subscriptions have 56 bytes', (host) => {
  const { guest } = withFile(host);
  const fd = guest.opened(3, 'file');
  guest.reset();
  const into = guest.alloc(3 * 56);
  const out = guest.alloc(3 * 32);
  const ready = guest.alloc(4);
  const view = guest.view();
  // A clock that is over, a file to read, a clock far away.
  view.setBigUint64(into, 5n, true);
  view.setUint8(into + 8, 0);
  view.setBigUint64(into + 16, 99n, true); // the clock's identifier, of no use to anybody
  view.setUint32(into + 24, CLOCK.MONOTONIC, true);
  view.setBigUint64(into + 32, 1n, true);
  view.setBigUint64(into + 40, 0n, true);
  view.setUint16(into + 48, 0, true);
  view.setBigUint64(into + 56, 6n, true);
  view.setUint8(into + 56 + 8, 1);
  view.setUint32(into + 56 + 16, fd, true);
  view.setBigUint64(into + 112, 7n, true);
  view.setUint8(into + 112 + 8, 0);
  view.setUint32(into + 112 + 24, CLOCK.MONOTONIC, true);
  view.setBigUint64(into + 112 + 32, 60000000000n, true);
  view.setUint16(into + 112 + 48, 0, true);
  assert.equal(guest.call('poll_oneoff', into, out, 3, ready), 'SUCCESS');
  const events = Array.from({ length: guest.u32(ready) }, (_, index) => [guest.u64(out + 32 * index), guest.u16(out + 32 * index + 8)]);
  assert.ok(events.some(([userdata, error]) => userdata === 6n && error === 0));
  assert.ok(events.every(([userdata]) => userdata !== 7n));
});

ours('the rest is as in preview1', (host) => {
  const { guest } = withFile(host);
  assert.deepEqual(Object.keys(guest.wasi.getImportObject()), ['wasi_unstable']);
  assert.equal(guest.read(guest.opened(3, 'file'), 4).data, '0123');
  assert.deepEqual(guest.names(3), ['file']);
  assert.equal(guest.mkdir(3, 'new'), 'SUCCESS');
});
