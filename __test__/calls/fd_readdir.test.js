'use strict';
// fd_readdir.
const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { FILETYPE, OFLAGS } = require('../helpers/abi');
const { both, differs, ours } = require('../helpers/both');
const why = require('../helpers/why');

function withEntries(host, count, options) {
  const dir = host.tmp();
  for (let i = 0; i < count; i++) fs.writeFileSync(path.join(dir, `entry-${i}`), '');
  return { dir, guest: host.guest({ preopens: { '/': dir }, ...options }) };
}

both('every entry, with its type', (host) => {
  const { dir, guest } = withEntries(host, 1);
  fs.mkdirSync(path.join(dir, 'sub'));
  fs.symlinkSync('entry-0', path.join(dir, 'soft'));
  fs.writeFileSync(path.join(dir, 'ä€😀'), '');
  const found = Object.fromEntries(guest.list(3).map(({ name, type }) => [name, type]));
  assert.deepEqual(found, {
    'entry-0': FILETYPE.REGULAR_FILE, sub: FILETYPE.DIRECTORY, soft: FILETYPE.SYMBOLIC_LINK, 'ä€😀': FILETYPE.REGULAR_FILE,
  });
});

both('an empty directory', (host) => {
  const { guest } = withEntries(host, 0);
  assert.deepEqual(guest.readdir(3), { errno: 'SUCCESS', used: 0, entries: [] });
});

for (const size of [64, 100, 250, 1000, 4096]) {
  both(`through a buffer of ${size} bytes, each entry once`, (host) => {
    const { dir, guest } = withEntries(host, 200);
    assert.deepEqual(guest.names(3, { size }), fs.readdirSync(dir).sort());
  });
}

both('the buffer is used up to its end while there is more', (host) => {
  const { guest } = withEntries(host, 20);
  for (const size of [1, 10, 23, 24, 25, 31, 50, 100]) {
    const { errno, used } = guest.readdir(3, { size });
    assert.equal(errno, 'SUCCESS');
    assert.equal(used, size);
  }
});

both('a cookie goes on where its entry ended, as often as one likes', (host) => {
  const { guest } = withEntries(host, 10);
  const all = guest.readdir(3).entries;
  assert.equal(all.length, 10);
  for (const [index, { next }] of all.entries()) {
    const rest = guest.readdir(3, { cookie: next }).entries;
    assert.deepEqual(rest.map(({ name }) => name), all.slice(index + 1).map(({ name }) => name));
  }
  assert.deepEqual(guest.readdir(3, { cookie: 0n }).entries, all);
});

both('cookies behind the end', (host) => {
  const { guest } = withEntries(host, 3);
  assert.deepEqual(guest.readdir(3, { cookie: 1000n }).entries, []);
});

ours('absurd cookies end quickly', (host) => {
  const { guest } = withEntries(host, 3);
  for (const cookie of [2n ** 32n, 2n ** 63n - 1n, 2n ** 63n, 2n ** 64n - 1n]) {
    const { errno, entries } = guest.readdir(3, { cookie });
    assert.ok(errno === 'SUCCESS' || errno === 'INVAL', errno);
    assert.deepEqual(entries, []);
  }
});

both('a listing from the start sees what has changed', (host) => {
  const { dir, guest } = withEntries(host, 2);
  assert.deepEqual(guest.names(3), ['entry-0', 'entry-1']);
  fs.unlinkSync(path.join(dir, 'entry-0'));
  fs.writeFileSync(path.join(dir, 'new'), '');
  assert.deepEqual(guest.names(3), ['entry-1', 'new']);
});

both('two descriptors of one directory do not disturb each other', (host) => {
  const { guest } = withEntries(host, 50);
  const other = guest.opened(3, '.', { oflags: OFLAGS.DIRECTORY });
  const [a, b] = [new Set(), new Set()];
  let [one, two] = [0n, 0n];
  for (let i = 0; i < 60; i++) {
    const first = guest.readdir(3, { cookie: one, size: 120 }).entries;
    const second = guest.readdir(other, { cookie: two, size: 90 }).entries;
    for (const { name } of first) a.add(name);
    for (const { name } of second) b.add(name);
    one = first.at(-1)?.next ?? one;
    two = second.at(-1)?.next ?? two;
  }
  assert.equal(a.size, 50);
  assert.equal(b.size, 50);
});

both('not a directory, not allowed, not in memory', (host) => {
  const { guest } = withEntries(host, 1);
  const file = guest.opened(3, 'entry-0');
  assert.notEqual(guest.readdir(file).errno, 'SUCCESS');
  assert.equal(guest.call('fd_readdir', 3, 65536 - 10, 100, 0n, 256), 'OVERFLOW');
  assert.equal(guest.call('fd_readdir', 3, 512, 100, 0n, 65536 - 3), 'OVERFLOW');
  assert.equal(guest.call('fd_readdir', 3, 512, 0xffffffff, 0n, 256), 'OVERFLOW');
});

differs('inode numbers', why.readdirInodes, {
  node(host) {
    const { guest } = withEntries(host, 1);
    assert.equal(guest.list(3)[0].ino, 0n);
  },
  ours(host) {
    const { dir, guest } = withEntries(host, 3);
    for (const { name, ino } of guest.list(3)) assert.equal(ino, fs.lstatSync(path.join(dir, name), { bigint: true }).ino);
  },
});

ours('dot entries are left out, and listed on request', why.dots, (host) => {
  const { dir, guest } = withEntries(host, 1);
  assert.deepEqual(guest.names(3), ['entry-0']);
  const asked = host.guest({ preopens: { '/': dir }, dotEntries: true });
  assert.deepEqual(asked.names(3), ['.', '..', 'entry-0']);
  for (const { name, type } of asked.list(3)) assert.equal(type, name === 'entry-0' ? FILETYPE.REGULAR_FILE : FILETYPE.DIRECTORY);
});

ours('the inode of .. does not tell of what lies above the preopen', (host) => {
  const { dir } = withEntries(host, 0);
  const guest = host.guest({ preopens: { '/': dir }, dotEntries: true });
  const above = fs.statSync(path.join(dir, '..'), { bigint: true }).ino;
  assert.notEqual(guest.list(3).find(({ name }) => name === '..').ino, above);
});

ours('a long listing takes time in proportion to its length', (host) => {
  const dir = host.tmp();
  for (let i = 0; i < 2000; i++) fs.writeFileSync(path.join(dir, `entry-${i}`), '');
  const guest = host.guest({ preopens: { '/': dir } });
  const time = (size) => {
    const start = process.hrtime.bigint();
    assert.equal(guest.list(3, { size }).length, 2000);
    return Number(process.hrtime.bigint() - start) / 1e6;
  };
  time(4096);
  // 2000 entries through the smallest buffers: 1000 calls or more, each of which would otherwise start from the beginning.
  const small = Math.min(time(80), time(80));
  assert.ok(small < 1000, `${small} ms`);
});

ours('names that are not UTF-8 do not end the listing', (host) => {
  const dir = host.tmp();
  fs.writeFileSync(Buffer.concat([Buffer.from(`${dir}/bad-`), Buffer.from([0xff, 0xfe])]), '');
  fs.writeFileSync(path.join(dir, 'good'), '');
  const guest = host.guest({ preopens: { '/': dir } });
  assert.ok(guest.names(3).includes('good'));
});

both('a directory removed under the guest', (host) => {
  const { dir, guest } = withEntries(host, 0);
  fs.mkdirSync(path.join(dir, 'gone'));
  const fd = guest.opened(3, 'gone', { oflags: OFLAGS.DIRECTORY });
  fs.rmdirSync(path.join(dir, 'gone'));
  const { errno, entries } = guest.readdir(fd);
  assert.ok(['SUCCESS', 'NOENT'].includes(errno), errno);
  assert.deepEqual(entries, []);
});

// Lists a directory, entry by entry, and makes another name after the first. Answers the names told.
function listedWhileChanged(host) {
  const { dir, guest } = withEntries(host, 8);
  const told = [];
  for (let cookie = 0n; ;) {
    const [entry] = guest.readdir(3, { cookie, size: 24 + 7 }).entries;
    if (entry === undefined) return told;
    told.push(entry.name);
    if (told.length === 4) for (const name of told) fs.unlinkSync(path.join(dir, name));
    cookie = entry.next;
  }
}

differs('a directory that changes while it is listed', why.listings, {
  node(host) {
    assert.equal(listedWhileChanged(host).length, 4);
  },
  ours(host) {
    assert.deepEqual(listedWhileChanged(host).sort(), Array.from({ length: 8 }, (_, index) => `entry-${index}`));
  },
});
