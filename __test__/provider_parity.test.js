'use strict';
// Random calls on a folder of the host, and on node:fs beneath a copy of it: the same errnos, names and contents.
const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { OFLAGS } = require('./helpers/abi');
const { below } = require('./helpers/below');
const { ours } = require('./helpers/both');

// A small generator, so that a failure can be had again.
function random(seed) {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return (state >>> 8) % below;
  };
}

const PATHS = ['a', 'b', 'd', 'd/a', 'd/b', 'd/e', 'd/e/a', 'l', 'l/a', 'x', 'd/', 'a/', 'd/.', '.', 'd/..', 'd/../a', 'l/', 'd/e/../b', 'x/../a', '..', 'd/../../a'];
const TARGETS = ['a', 'd', 'd/e', 'l', '../a', 'e', '.', 'none'];

function folder(host) {
  const dir = host.tmp();
  fs.mkdirSync(path.join(dir, 'd/e'), { recursive: true });
  fs.writeFileSync(path.join(dir, 'a'), 'first');
  fs.writeFileSync(path.join(dir, 'd/b'), 'second');
  fs.symlinkSync('d', path.join(dir, 'l'));
  return dir;
}

// A call that both guests make: what it says of itself, and its answer.
function pick(next) {
  const [one, other] = [PATHS[next(PATHS.length)], PATHS[next(PATHS.length)]];
  const target = TARGETS[next(TARGETS.length)];
  const follow = next(2) === 1;
  const oflags = [0, OFLAGS.CREAT, OFLAGS.CREAT | OFLAGS.EXCL, OFLAGS.TRUNC, OFLAGS.CREAT | OFLAGS.TRUNC, OFLAGS.DIRECTORY][next(6)];
  const write = next(3) > 0;
  const text = 'x'.repeat(next(20));
  return [
    [`open ${one} ${oflags} ${write} ${follow}`, (guest) => {
      const { errno, fd } = guest.open(3, one, { oflags, write, follow });
      if (errno !== 'SUCCESS') return errno;
      const { type, size } = guest.stat(fd);
      const done = [errno, type, type === 4 && size, guest.write(fd, text).errno, guest.pread(fd, 50, 0), type === 3 && guest.names(fd)];
      guest.close(fd);
      return done;
    }],
    [`mkdir ${one}`, (guest) => guest.mkdir(3, one)],
    [`rmdir ${one}`, (guest) => guest.rmdir(3, one)],
    [`unlink ${one}`, (guest) => guest.unlink(3, one)],
    [`rename ${one} ${other}`, (guest) => guest.rename(3, one, 3, other)],
    [`link ${one} ${other} ${follow}`, (guest) => guest.link(3, one, 3, other, { follow })],
    [`symlink ${target} ${one}`, (guest) => guest.symlink(target, 3, one)],
    [`stat ${one} ${follow}`, (guest) => { const { errno, type, nlink } = guest.pathStat(3, one, { follow }); return [errno, type, type === 4 && nlink]; }],
    [`readlink ${one}`, (guest) => guest.readlink(3, one)],
  ][next(9)];
}

function tree(dir) {
  return fs.readdirSync(dir, { withFileTypes: true, recursive: true }).map((entry) => {
    const at = path.join(entry.parentPath ?? entry.path, entry.name);
    const what = entry.isFile() ? fs.readFileSync(at, 'latin1') : entry.isSymbolicLink() ? `-> ${fs.readlinkSync(at)}` : '/';
    return `${path.relative(dir, at)} ${what}`;
  }).sort();
}

ours('random calls', (host) => {
  for (let seed = 1; seed <= 40; seed++) {
    const dirs = [folder(host), folder(host)];
    const guests = [host.guest({ preopens: { '/': dirs[0] } }), host.guest({ preopens: { '/': below(dirs[1]) } })];
    const next = random(seed);
    const said = [];
    for (let i = 0; i < 60; i++) {
      const [what, call] = pick(next);
      said.push(what);
      const [expected, actual] = guests.map(call);
      assert.deepEqual(actual, expected, `seed ${seed}: ${said.join('; ')}`);
    }
    assert.deepEqual(tree(dirs[1]), tree(dirs[0]), `seed ${seed}`);
    for (const { wasi } of guests) wasi.close();
  }
});
