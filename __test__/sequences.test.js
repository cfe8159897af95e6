'use strict';
// Long sequences of calls, made up by a generator with a fixed seed: both hosts give the same answers, and leave the same tree.
const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');
const { hosts, tmp } = require('./helpers/both');
const { Guest } = require('./helpers/guest');

// Left out is what differs on purpose: `..` through files, links up, opens that do not follow; and path calls through
// directories that the guest opened, which node:wasi finds again by path, wherever they have gone.
const NAMES = ['a', 'b', 'c', 'd', 'a/b', 'a/c', 'd/e', './a', 'x', 'c/b', 'a//b', 'd/x', './d/./x', 'd/new'];
const TARGETS = ['a', 'b', 'd', './a', 'd/e', 'nothing', 'c', '/a'];

function operations(seed) {
  const random = (below) => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return (seed >>> 8) % below;
  };
  const pick = (...all) => all[random(all.length)];
  const name = () => pick(...NAMES);
  const fd = () => pick(4, 5, 6, 7, 8, 99);
  const kinds = [
    () => ['open', 3, name(), { oflags: pick(0, 0, 1, 1, 2, 4, 8, 9), write: random(2) === 1, fdflags: pick(0, 0, 0, 1, 4) }],
    () => ['open', 3, name(), { oflags: pick(0, 1), base: pick(2n, 64n, 0x42n), inheriting: 0n }],
    () => ['mkdir', 3, name()],
    () => ['rmdir', 3, name()],
    () => ['unlink', 3, name()],
    () => ['symlink', pick(...TARGETS), 3, name()],
    () => ['link', 3, name(), 3, name()],
    () => ['rename', 3, name(), 3, name()],
    () => ['readlink', 3, name()],
    () => ['pathStat', 3, name(), { follow: random(2) === 1 }],
    () => ['setPathTimes', 3, name(), 1000000000n, 2000000000n, pick(1, 4, 5), { follow: random(2) === 1 }],
    () => ['stat', fd()],
    () => ['read', fd(), pick(0, 1, 5, 100)],
    () => ['write', fd(), pick('', 'x', 'hello')],
    () => ['pread', fd(), 5, pick(0, 2, 100)],
    () => ['pwrite', fd(), 'yz', pick(0, 2, 10)],
    () => ['seek', fd(), pick(0, 1, 5, -1, 100, -100), random(4)],
    () => ['tell', fd()],
    () => ['close', fd()],
    () => ['setTimes', fd(), 1000000000n, 2000000000n, pick(0, 1, 4, 5)],
    () => ['fdstat', fd()],
    () => ['call', 'fd_renumber', fd(), fd()],
    () => ['call', 'fd_filestat_set_size', fd(), pick(0n, 3n, 20n)],
    () => ['call', 'fd_allocate', fd(), pick(0n, 3n), pick(0n, 5n)],
    () => ['call', pick('fd_sync', 'fd_datasync'), fd()],
    () => ['call', 'fd_advise', fd(), 0n, 1n, random(7)],
    () => ['call', 'fd_fdstat_set_flags', fd(), pick(0, 1)],
  ];
  return () => pick(...kinds)();
}

// What two trees can have in common: not their inodes and times, nor how large a directory is.
function comparable(answer) {
  if (typeof answer !== 'object') return answer;
  const never = ['ino', 'dev', 'atim', 'mtim', 'ctim', 'flags', ...(answer.type === 3 ? ['size', 'nlink'] : [])];
  return Object.fromEntries(Object.entries(answer).filter(([name]) => !never.includes(name)));
}

function contents(folder) {
  return fs.readdirSync(folder).sort().map((name) => {
    const full = path.join(folder, name);
    const stat = fs.lstatSync(full);
    return [name, stat.isDirectory() ? contents(full) : stat.isSymbolicLink() ? fs.readlinkSync(full) : fs.readFileSync(full, 'latin1')];
  });
}

test('both hosts agree, call by call', (t) => {
  for (let seed = 1; seed <= 12; seed++) {
    const [node, ours] = [hosts.node, hosts.ours].map((host) => {
      const dir = tmp(t);
      fs.writeFileSync(path.join(dir, 'a'), '0123456789');
      fs.mkdirSync(path.join(dir, 'd'));
      fs.writeFileSync(path.join(dir, 'd/e'), 'inner');
      fs.symlinkSync('a', path.join(dir, 'c'));
      return { dir, guest: new Guest(host, { preopens: { '/sandbox': dir } }) };
    });
    const next = operations(seed);
    for (let step = 0; step < 500; step++) {
      const [method, ...args] = next();
      const [theirs, mine] = [node, ours].map(({ guest }) => comparable(guest[method](...args)));
      assert.deepEqual(mine, theirs, `seed ${seed}, step ${step}: ${method} ${args.map((arg) => (typeof arg === 'object' ? Object.entries(arg) : arg))}`);
    }
    assert.deepEqual(contents(ours.dir), contents(node.dir), `seed ${seed}`);
    ours.guest.wasi.close();
  }
});
