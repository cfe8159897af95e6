'use strict';
// Nothing outside of a preopen is reachable through links, `..` or absolute paths, whoever made the links.
const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { FDFLAGS, FSTFLAGS, OFLAGS, READ, WRITE } = require('../helpers/abi');
const { differs, ours } = require('../helpers/both');
const { SECRET, makeBox, makeLinks, record } = require('../helpers/outside');
const why = require('../helpers/why');

const { CREAT, DIRECTORY, EXCL, TRUNC } = OFLAGS;

// Every call that takes a path, made on names in a directory outside.
function callsInside(guest, dir) {
  const opens = [0, CREAT, CREAT | EXCL, TRUNC, CREAT | TRUNC, DIRECTORY];
  return {
    ...Object.fromEntries(['secret', 'new', 'dir', '.', ''].flatMap((name) => opens.flatMap((oflags) => [true, false].flatMap((follow) => [READ, READ | WRITE, 0n].map((base) => [
      `path_open ${name} ${oflags} ${follow} ${base}`,
      () => guest.open(3, `${dir}/${name}`, { oflags, follow, base, inheriting: 0n }).errno,
    ]))))),
    'path_open append': () => guest.open(3, `${dir}/secret`, { fdflags: FDFLAGS.APPEND, write: true }).errno,
    path_filestat_get: () => guest.pathStat(3, `${dir}/secret`).errno,
    'path_filestat_get, not following': () => guest.pathStat(3, `${dir}/secret`, { follow: false }).errno,
    'path_filestat_get of the directory': () => guest.pathStat(3, `${dir}/.`, { follow: false }).errno,
    path_filestat_set_times: () => guest.setPathTimes(3, `${dir}/secret`, 1, 1, FSTFLAGS.MTIM),
    'path_filestat_set_times, not following': () => guest.setPathTimes(3, `${dir}/secret`, 1, 1, FSTFLAGS.MTIM, { follow: false }),
    path_create_directory: () => guest.mkdir(3, `${dir}/new`),
    path_remove_directory: () => guest.rmdir(3, `${dir}/empty`),
    path_unlink_file: () => guest.unlink(3, `${dir}/secret`),
    path_symlink: () => guest.symlink('x', 3, `${dir}/new`),
    path_readlink: () => guest.readlink(3, `${dir}/secret`).errno,
    'path_link from': () => guest.link(3, `${dir}/secret`, 3, 'stolen'),
    'path_link from, following': () => guest.link(3, `${dir}/secret`, 3, 'stolen', { follow: true }),
    'path_link to': () => guest.link(3, 'own', 3, `${dir}/new`),
    'path_rename from': () => guest.rename(3, `${dir}/secret`, 3, 'stolen'),
    'path_rename of a directory from': () => guest.rename(3, `${dir}/dir`, 3, 'stolen'),
    'path_rename to': () => guest.rename(3, 'own', 3, `${dir}/new`),
    'path_rename over': () => guest.rename(3, 'own', 3, `${dir}/secret`),
  };
}

ours('no call reaches into a directory outside', (host) => {
  const places = makeBox(host);
  const { directories } = makeLinks(places);
  const guest = host.guest({ preopens: { '/sandbox': places.box } });
  const before = [record(places.outside), record(places.box)];
  for (const dir of directories) {
    for (const [title, call] of Object.entries(callsInside(guest, dir))) {
      const errno = call();
      // A trailing "/" or "/." after what must not exist may be refused for that, and before it is looked at.
      assert.ok(['NOTCAPABLE', 'INVAL', 'ISDIR', 'EXIST', 'NOENT', 'NOTDIR', 'LOOP'].includes(errno), `${title} in ${dir}: ${errno}`);
      if (!/path_open/.test(title)) assert.equal(errno, 'NOTCAPABLE', `${title} in ${dir}`);
    }
  }
  assert.deepEqual([record(places.outside), record(places.box)], before);
});

ours('no call follows a last link to a file outside', (host) => {
  const places = makeBox(host);
  const { files } = makeLinks(places);
  const guest = host.guest({ preopens: { '/sandbox': places.box } });
  const before = record(places.outside);
  for (const name of files) {
    for (const oflags of [0, CREAT, TRUNC, CREAT | TRUNC, DIRECTORY]) {
      for (const base of [READ, READ | WRITE, 0n]) {
        assert.equal(guest.open(3, name, { oflags, base, inheriting: 0n }).errno, 'NOTCAPABLE', `${name} ${oflags}`);
        assert.ok(['LOOP', 'NOTDIR'].includes(guest.open(3, name, { oflags, base, follow: false, inheriting: 0n }).errno), `${name} ${oflags}, not following`);
        assert.notEqual(guest.open(3, `${name}/`, { oflags, base, inheriting: 0n }).errno, 'SUCCESS', `${name}/ ${oflags}`);
      }
    }
    assert.equal(guest.pathStat(3, name).errno, 'NOTCAPABLE', name);
    assert.equal(guest.setPathTimes(3, name, 1, 1, FSTFLAGS.ATIM | FSTFLAGS.MTIM), 'NOTCAPABLE', name);
    assert.notEqual(guest.link(3, name, 3, 'stolen', { follow: true }), 'SUCCESS', name);
    assert.equal(guest.pathStat(3, name, { follow: false }).type, 7, name);
  }
  assert.deepEqual(record(places.outside), before);
});

ours('links to directories outside, named last', (host) => {
  const places = makeBox(host);
  makeLinks(places);
  const guest = host.guest({ preopens: { '/sandbox': places.box } });
  const before = record(places.outside);
  for (const name of ['up', 'abs', 'root', 'sub/deep', 'chain', 'winding', 'relative']) {
    for (const suffix of ['', '/', '/.', '//', '/./']) {
      for (const oflags of [0, DIRECTORY]) {
        for (const follow of [true, false]) {
          assert.notEqual(guest.open(3, name + suffix, { oflags, follow, base: 0n, inheriting: 0n }).errno, 'SUCCESS', name + suffix);
        }
      }
      assert.notEqual(guest.mkdir(3, `${name}${suffix}`), 'SUCCESS', name + suffix);
      assert.notEqual(guest.rmdir(3, `${name}${suffix}`), 'SUCCESS', name + suffix);
      if (suffix) {
        assert.notEqual(guest.unlink(3, `${name}${suffix}`), 'SUCCESS', name + suffix);
        assert.notEqual(guest.pathStat(3, name + suffix, { follow: false }).errno, 'SUCCESS', name + suffix);
        assert.notEqual(guest.setPathTimes(3, name + suffix, 1, 1, FSTFLAGS.MTIM, { follow: false }), 'SUCCESS', name + suffix);
        assert.notEqual(guest.readlink(3, name + suffix).errno, 'SUCCESS', name + suffix);
        assert.notEqual(guest.rename(3, name + suffix, 3, 'stolen'), 'SUCCESS', name + suffix);
        assert.notEqual(guest.rename(3, 'sub', 3, name + suffix), 'SUCCESS', name + suffix);
      }
    }
  }
  assert.deepEqual(record(places.outside), before);
});

ours('what acts on a link itself leaves what it points to alone', (host) => {
  const places = makeBox(host);
  makeLinks(places);
  const guest = host.guest({ preopens: { '/sandbox': places.box } });
  const before = record(places.outside);
  assert.equal(guest.readlink(3, 'upfile').target, '../outside/secret');
  assert.equal(guest.rename(3, 'upfile', 3, 'moved'), 'SUCCESS');
  assert.equal(guest.link(3, 'moved', 3, 'hardlink'), 'SUCCESS');
  assert.equal(guest.setPathTimes(3, 'hardlink', 1, 1, FSTFLAGS.MTIM, { follow: false }), 'SUCCESS');
  assert.equal(guest.unlink(3, 'moved'), 'SUCCESS');
  assert.equal(guest.unlink(3, 'abs'), 'SUCCESS');
  assert.equal(guest.rename(3, 'own', 3, 'up'), 'SUCCESS');
  assert.equal(fs.readFileSync(path.join(places.box, 'up'), 'utf8'), 'own');
  assert.deepEqual(record(places.outside), before);
});

// In an empty writable preopen, with no link of the host.
differs('a guest alone cannot build its way out', why.links, {
  node(host) {
    const { box } = makeBox(host);
    const guest = host.guest({ preopens: { '/sandbox': box } });
    assert.equal(guest.mkdir(3, 'a'), 'SUCCESS');
    assert.equal(guest.symlink('.', 3, 'a/L'), 'SUCCESS');
    assert.equal(guest.symlink('a/L/L/../..', 3, 'esc'), 'SUCCESS');
    assert.equal(guest.read(guest.opened(3, 'esc/outside/secret')).data, SECRET);
  },
  ours(host) {
    const { box, outside } = makeBox(host);
    const guest = host.guest({ preopens: { '/sandbox': box } });
    const before = record(outside);
    assert.equal(guest.mkdir(3, 'a'), 'SUCCESS');
    assert.equal(guest.symlink('.', 3, 'a/L'), 'SUCCESS');
    guest.symlink('a/L/L/../..', 3, 'esc');
    assert.notEqual(guest.open(3, 'esc/outside/secret').errno, 'SUCCESS');
    for (const [title, call] of Object.entries(callsInside(guest, 'esc/outside'))) assert.notEqual(call(), 'SUCCESS', title);
    assert.deepEqual(record(outside), before);
  },
});

differs('an open that does not follow does not open what is outside', why.nofollow, {
  node(host) {
    const places = makeBox(host);
    makeLinks(places);
    const guest = host.guest({ preopens: { '/sandbox': places.box } });
    assert.equal(guest.read(guest.opened(3, 'upfile', { follow: false })).data, SECRET);
    assert.equal(guest.read(guest.opened(3, 'up/outside/secret', { follow: false })).data, SECRET);
  },
  ours(host) {
    const places = makeBox(host);
    makeLinks(places);
    const guest = host.guest({ preopens: { '/sandbox': places.box } });
    assert.equal(guest.open(3, 'upfile', { follow: false }).errno, 'LOOP');
    assert.equal(guest.open(3, 'up/outside/secret', { follow: false }).errno, 'NOTCAPABLE');
  },
});

ours('links that a guest makes deep and moves up', (host) => {
  const { box, outside } = makeBox(host);
  const guest = host.guest({ preopens: { '/sandbox': box } });
  const before = record(outside);
  assert.equal(guest.mkdir(3, 'x'), 'SUCCESS');
  assert.equal(guest.mkdir(3, 'x/outside'), 'SUCCESS');
  assert.equal(guest.mkdir(3, 'x/y'), 'SUCCESS');
  // From x/y it leads to x/outside/secret, within the box; from the box's own level to outside/secret.
  assert.equal(guest.symlink('../outside/secret', 3, 'x/y/link'), 'SUCCESS');
  assert.equal(guest.symlink('..', 3, 'x/y/up'), 'SUCCESS');
  assert.equal(guest.link(3, 'x/y/link', 3, 'hard'), 'SUCCESS');
  assert.equal(guest.open(3, 'hard').errno, 'NOTCAPABLE');
  assert.equal(guest.rename(3, 'x/y/link', 3, 'moved'), 'SUCCESS');
  assert.equal(guest.open(3, 'moved').errno, 'NOTCAPABLE');
  assert.equal(guest.pathStat(3, 'moved').errno, 'NOTCAPABLE');
  assert.equal(guest.rename(3, 'x/y', 3, 'y'), 'SUCCESS');
  assert.equal(guest.open(3, 'y/up/own').errno, 'SUCCESS');
  assert.equal(guest.rename(3, 'y/up', 3, 'up'), 'SUCCESS');
  for (const [title, call] of Object.entries(callsInside(guest, 'up/outside'))) assert.notEqual(call(), 'SUCCESS', title);
  assert.deepEqual(record(outside), before);
});

ours('a guest makes no link out, in whatever words', (host) => {
  const { box } = makeBox(host);
  const guest = host.guest({ preopens: { '/sandbox': box } });
  for (const target of ['..', '../', '../outside', 'sub/../../outside', './..', '../box', '../box/own', 'a/../../b', '..//', 'sub/../..']) {
    assert.equal(guest.symlink(target, 3, 'link'), 'NOTCAPABLE', target);
  }
  for (const target of ['/', '/etc/passwd', '//', '/sandbox/own', box]) assert.equal(guest.symlink(target, 3, 'link'), 'PERM', target);
  assert.equal(fs.existsSync(path.join(box, 'link')), false);
});

ours('a directory opened by the guest is a box of its own', (host) => {
  const { box } = makeBox(host);
  fs.symlinkSync('../own', path.join(box, 'sub/up'));
  fs.symlinkSync('..', path.join(box, 'sub/updir'));
  const guest = host.guest({ preopens: { '/sandbox': box } });
  const sub = guest.opened(3, 'sub', { oflags: DIRECTORY });
  for (const name of ['..', '../own', 'up', 'updir', 'updir/own', '../sub/inner', './../own']) assert.equal(guest.open(sub, name).errno, 'NOTCAPABLE', name);
  assert.equal(guest.pathStat(sub, '../own').errno, 'NOTCAPABLE');
  assert.equal(guest.mkdir(sub, '../new'), 'NOTCAPABLE');
  assert.equal(guest.rename(sub, 'inner', sub, '../new'), 'NOTCAPABLE');
  assert.equal(guest.rename(sub, '../own', sub, 'new'), 'NOTCAPABLE');
  assert.equal(guest.read(guest.opened(3, 'sub/up')).data, 'own');
});

ours('a directory that is moved out of the box does not lead out', (host) => {
  const { base, box, outside } = makeBox(host);
  const guest = host.guest({ preopens: { '/sandbox': box } });
  const sub = guest.opened(3, 'sub', { oflags: DIRECTORY });
  const before = record(outside);
  fs.renameSync(path.join(box, 'sub'), path.join(base, 'moved'));
  assert.equal(guest.read(guest.opened(sub, 'inner')).data, 'inner');
  for (const name of ['..', '../outside/secret', '../box/own']) assert.equal(guest.open(sub, name).errno, 'NOTCAPABLE', name);
  for (const [title, call] of Object.entries(callsInside({ ...bound(guest, sub) }, '../outside'))) assert.notEqual(call(), 'SUCCESS', title);
  assert.deepEqual(record(outside), before);
});

// A guest whose calls go to another descriptor than 3.
function bound(guest, fd) {
  const at = (dir) => (dir === 3 ? fd : dir);
  return {
    open: (dir, ...rest) => guest.open(at(dir), ...rest),
    pathStat: (dir, ...rest) => guest.pathStat(at(dir), ...rest),
    setPathTimes: (dir, ...rest) => guest.setPathTimes(at(dir), ...rest),
    mkdir: (dir, name) => guest.mkdir(at(dir), name),
    rmdir: (dir, name) => guest.rmdir(at(dir), name),
    unlink: (dir, name) => guest.unlink(at(dir), name),
    symlink: (target, dir, name) => guest.symlink(target, at(dir), name),
    readlink: (dir, name) => guest.readlink(at(dir), name),
    link: (from, name, to, ...rest) => guest.link(at(from), name, at(to), ...rest),
    rename: (from, name, to, ...rest) => guest.rename(at(from), name, at(to), ...rest),
  };
}

ours('two preopens: renames and links between them, and no further', (host) => {
  const { base, box, outside } = makeBox(host);
  const other = path.join(base, 'other');
  fs.mkdirSync(other);
  const guest = host.guest({ preopens: { '/box': box, '/other': other } });
  const before = record(outside);
  assert.equal(guest.rename(3, 'own', 4, 'own'), 'SUCCESS');
  assert.equal(fs.readFileSync(path.join(other, 'own'), 'utf8'), 'own');
  assert.equal(guest.link(4, 'own', 3, 'hard'), 'SUCCESS');
  assert.equal(guest.rename(3, 'sub', 4, 'sub'), 'SUCCESS');
  assert.equal(guest.rename(3, 'hard', 4, '../box/hard2'), 'NOTCAPABLE');
  assert.equal(guest.rename(3, '../other/own', 4, 'x'), 'NOTCAPABLE');
  assert.equal(guest.link(4, '../outside/secret', 3, 'x'), 'NOTCAPABLE');
  // A link that stays within the first would leave the second.
  assert.equal(guest.mkdir(3, 'a'), 'SUCCESS');
  assert.equal(guest.symlink('../outside/secret', 3, 'a/link'), 'SUCCESS');
  assert.equal(guest.rename(3, 'a/link', 4, 'link'), 'SUCCESS');
  assert.equal(guest.open(4, 'link').errno, 'NOTCAPABLE');
  assert.deepEqual(record(outside), before);
});

ours('a preopen inside another one is a box of its own', (host) => {
  const { box } = makeBox(host);
  const guest = host.guest({ preopens: { '/box': box, '/sub': path.join(box, 'sub') } });
  assert.equal(guest.open(4, '../own').errno, 'NOTCAPABLE');
  assert.equal(guest.rename(3, 'own', 4, 'own'), 'SUCCESS');
  assert.equal(guest.read(guest.opened(3, 'sub/own')).data, 'own');
  // The guest may move the inner one; the outer one's boundary holds.
  assert.equal(guest.rename(3, 'sub', 3, 'empty/sub'), 'SUCCESS');
  assert.equal(guest.read(guest.opened(4, 'own')).data, 'own');
  assert.equal(guest.open(4, '..').errno, 'NOTCAPABLE');
});
