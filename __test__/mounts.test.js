'use strict';
// Single files, preopens within preopens, and what is read-only, of every kind.
const assert = require('node:assert/strict');
const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { Volume } = require('memfs');
const { FDFLAGS, FILETYPE, FSTFLAGS, OFLAGS } = require('./helpers/abi');
const { descriptors, ours, root } = require('./helpers/both');
const { run } = require('./helpers/program');

const { MemoryFileSystem } = require(root);
const { CREAT, DIRECTORY, EXCL, TRUNC } = OFLAGS;

// data/a, data/tmp/host; app.conf.
function folder(host) {
  const dir = host.tmp();
  fs.mkdirSync(path.join(dir, 'data/tmp'), { recursive: true });
  fs.writeFileSync(path.join(dir, 'data/a'), 'outer');
  fs.writeFileSync(path.join(dir, 'data/tmp/host'), 'hidden');
  fs.writeFileSync(path.join(dir, 'app.conf'), 'config');
  return { dir, data: path.join(dir, 'data'), file: path.join(dir, 'app.conf') };
}

// Programs compare names as text: `/data//tmp` begins with `/data`, and with no other preopen.
const EXPECTED = `/data: a tmp
/data/tmp: a
/data/a: [outer]
/data/tmp/a: [in memory]
/data/tmp/host: ENOENT
/data//tmp//a: ENOENT
/data/tmp/../a: ENOTCAPABLE
/data/tmp/new: ok
/data/new: ok
/data/tmp/new: [inner]
/data/new: [outer]
rename out: EXDEV
rename in: EXDEV
rename within: ok
link out: EXDEV
link in: EXDEV
rmdir of the mount: EINVAL
mkdir: ok
chdir: ok
here: ok
/data/tmp/dir/here: [relative]
/data/tmp: a dir moved
/data: a new tmp
`;

const SYNTHETIC = `/etc: app.conf
/etc/app.conf: [config]
/etc/app.conf: ok
/etc/app.conf: [changed]
unlink: EBUSY
rename away: EBUSY
/etc/fresh: EROFS
rename over: EROFS
rename over from elsewhere: EXDEV
link over: EROFS
mkdir over: EEXIST
rmdir: EBUSY
exclusive: EEXIST
/etc/app.conf: [changed]
`;

for (const reversed of [false, true]) {
  for (const kind of ['MemoryFileSystem', 'memfs']) {
    ours(`a preopen within a preopen, and a single file: ${kind}${reversed ? ', the other way around' : ''}`, (host) => {
      const { data, file } = folder(host);
      const inner = kind === 'memfs' ? Volume.fromJSON({ '/a': 'in memory' }) : new MemoryFileSystem({ '/a': 'in memory' });
      const preopens = Object.entries({ '/data': data, '/data/tmp': inner, '/etc/app.conf': { file } });
      if (reversed) preopens.reverse();
      const { code, stdout, error } = run(host, 'mounts', { preopens: Object.fromEntries(preopens) });
      assert.equal(error, undefined);
      assert.equal(stdout, EXPECTED + SYNTHETIC);
      assert.equal(code, 0);
      assert.equal(fs.readFileSync(file, 'utf8'), 'changed');
      assert.deepEqual(fs.readdirSync(path.join(data, 'tmp')), ['host']);
      assert.equal(inner.readFileSync('/moved', 'utf8'), 'inner');
    });
  }
}

ours('a single file in a preopen of its folder: on top of what is there', (host) => {
  const { dir, file } = folder(host);
  const etc = path.join(dir, 'etc');
  fs.mkdirSync(path.join(etc, 'sub'), { recursive: true });
  fs.writeFileSync(path.join(etc, 'app.conf'), 'of the folder');
  fs.writeFileSync(path.join(etc, 'other'), 'other');
  fs.symlinkSync('app.conf', path.join(etc, 'link'));
  fs.symlinkSync('../app.conf', path.join(etc, 'sub/up'));
  for (const under of [etc, { path: etc }, new MemoryFileSystem({ '/app.conf': 'of the folder', '/other': 'other', '/sub/': null }), Volume.fromJSON({ '/app.conf': 'x', '/other': 'other', '/sub': null })]) {
    if (under instanceof MemoryFileSystem || under instanceof Volume) {
      under.symlinkSync('app.conf', '/link');
      under.symlinkSync('../app.conf', '/sub/up');
    }
    for (const order of [['/etc', '/etc/app.conf'], ['/etc/app.conf', '/etc']]) {
      const preopens = Object.fromEntries(order.map((name) => [name, name === '/etc' ? under : { file }]));
      const guest = host.guest({ preopens });
      assert.equal(guest.fdstat(4).errno, 'BADF', 'one descriptor for both');
      assert.deepEqual(guest.names(3), ['app.conf', 'link', 'other', 'sub']);
      assert.deepEqual(guest.list(3, { size: 60 }).map(({ name }) => name).sort(), guest.names(3), 'in steps');
      // However it is reached.
      for (const name of ['app.conf', './app.conf', 'sub/../app.conf', 'link', 'sub/up']) assert.equal(guest.read(guest.opened(3, name)).data, 'config', name);
      assert.equal(guest.pathStat(3, 'app.conf').ino, fs.statSync(file, { bigint: true }).ino);
      assert.equal(guest.list(3).find(({ name }) => name === 'app.conf').ino, fs.statSync(file, { bigint: true }).ino);
      assert.equal(guest.read(guest.opened(3, 'other')).data, 'other');
      const sub = guest.opened(3, 'sub', { oflags: DIRECTORY });
      assert.equal(guest.open(sub, 'up').errno, 'NOTCAPABLE');
      // Neither gone nor replaced.
      assert.equal(guest.unlink(3, 'app.conf'), 'BUSY');
      assert.equal(guest.unlink(3, 'sub/../app.conf'), 'BUSY');
      assert.equal(guest.rmdir(3, 'app.conf'), 'BUSY');
      assert.equal(guest.rename(3, 'app.conf', 3, 'moved'), 'BUSY');
      assert.equal(guest.rename(3, 'other', 3, 'app.conf'), 'BUSY');
      assert.equal(guest.rename(3, 'sub', 3, 'app.conf'), 'BUSY');
      assert.equal(guest.rename(sub, 'none', 3, 'app.conf'), 'BUSY');
      assert.equal(guest.link(3, 'app.conf', 3, 'second'), 'XDEV');
      assert.equal(guest.link(3, 'other', 3, 'app.conf'), 'EXIST');
      assert.equal(guest.symlink('other', 3, 'app.conf'), 'EXIST');
      assert.equal(guest.mkdir(3, 'app.conf'), 'EXIST');
      assert.equal(guest.open(3, 'app.conf', { oflags: CREAT | EXCL, write: true }).errno, 'EXIST');
      // The rest is as writable as it was.
      guest.write(guest.create(3, 'new'), 'new');
      assert.equal(guest.rename(3, 'new', 3, 'sub/new'), 'SUCCESS');
      assert.equal(guest.rename(3, 'sub/new', sub, 'newer'), 'SUCCESS');
      assert.equal(guest.read(guest.opened(sub, 'newer')).data, 'new');
      assert.equal(guest.link(sub, 'newer', 3, 'linked'), 'SUCCESS');
      assert.equal(guest.symlink('../other', 3, 'sub/soft'), 'SUCCESS');
      assert.equal(guest.read(guest.opened(3, 'sub/soft')).data, 'other');
      assert.equal(guest.readlink(3, 'sub/soft').target, '../other');
      assert.equal(guest.setPathTimes(3, 'linked', 1_000_000n, 2_000_000n, FSTFLAGS.ATIM | FSTFLAGS.MTIM), 'SUCCESS');
      assert.equal(guest.pathStat(3, 'linked').mtim, 2_000_000n);
      for (const name of ['linked', 'sub/newer', 'sub/soft']) assert.equal(guest.unlink(3, name), 'SUCCESS');
      assert.equal(guest.open(3, '../app.conf').errno, 'NOTCAPABLE');
      guest.wasi.close();
    }
  }
  assert.equal(fs.readFileSync(path.join(etc, 'app.conf'), 'utf8'), 'of the folder');
});

ours('several files of one folder, by names that are the same to a program', (host) => {
  const { dir, file } = folder(host);
  fs.writeFileSync(path.join(dir, 'second'), 'second');
  const guest = host.guest({ preopens: { '/etc/a': { file }, '/b': dir, '/etc//b': { file: path.join(dir, 'second') }, c: { file }, './d': { file, readOnly: true }, '/e': { file } } });
  const names = [3, 4, 5].map((fd) => guest.names(fd));
  assert.deepEqual(names, [['a', 'b'], ['app.conf', 'data', 'second'], ['c', 'd', 'e']]);
  assert.equal(guest.fdstat(6).errno, 'BADF');
  assert.equal(guest.read(guest.opened(3, 'b')).data, 'second');
  assert.equal(guest.open(5, 'd', { write: true }).errno, 'ROFS');
  assert.equal(guest.open(3, 'none').errno, 'NOENT');
  assert.equal(guest.mkdir(3, 'new'), 'ROFS');
  assert.equal(guest.unlink(3, 'none'), 'ROFS');
  assert.equal(guest.setTimes(3, 0, 0, FSTFLAGS.MTIM_NOW), 'ROFS');
  assert.equal(guest.call('fd_sync', 3), 'SUCCESS');
  assert.notEqual(guest.stat(3).ino, guest.stat(5).ino);
});

ours('a file beneath another preopen: what was there without it is there with it', (host) => {
  const { dir, file } = folder(host);
  fs.mkdirSync(path.join(dir, 'etc'));
  fs.writeFileSync(path.join(dir, 'etc/passwd'), 'root');
  const guest = host.guest({ preopens: { '/': dir, '/etc/app.conf': { file }, '/none/deep/app.conf': { file } } });
  assert.deepEqual(guest.names(4), ['app.conf', 'passwd']);
  assert.deepEqual(guest.names(5), ['app.conf']);
  guest.create(4, 'new');
  assert.ok(fs.existsSync(path.join(dir, 'etc/new')));
  const readOnly = host.guest({ preopens: { '/': { path: dir, readOnly: true }, '/etc/app.conf': { file } } });
  assert.equal(readOnly.open(4, 'new', { write: true }).errno, 'ROFS');
  assert.equal(readOnly.write(readOnly.opened(4, 'app.conf', { write: true }), 'C').written, 1);
});

ours('the host changes what is mounted', (host) => {
  const { dir, file } = folder(host);
  fs.symlinkSync('app.conf', path.join(dir, 'link'));
  const guest = host.guest({ preopens: { '/etc/c': { file: path.join(dir, 'link') } } });
  const old = guest.opened(3, 'c');
  // As an editor does: the new file is the one that is mounted, what is open stays open.
  fs.writeFileSync(path.join(dir, 'new'), 'edited');
  fs.renameSync(path.join(dir, 'new'), file);
  assert.equal(guest.read(guest.opened(3, 'c')).data, 'edited');
  assert.equal(guest.read(old).data, 'config');
  // The link was followed once, and for good.
  fs.rmSync(path.join(dir, 'link'));
  fs.symlinkSync('/etc/passwd', path.join(dir, 'link'));
  assert.equal(guest.read(guest.opened(3, 'c')).data, 'edited');
  fs.rmSync(file);
  assert.equal(guest.open(3, 'c').errno, 'NOENT');
  assert.equal(guest.open(3, 'c', { oflags: CREAT, write: true }).errno, 'BUSY');
  assert.deepEqual(guest.names(3), ['c']);
  // Neither a link nor a directory that takes its place leads anywhere.
  fs.symlinkSync('/etc/passwd', file);
  assert.equal(guest.open(3, 'c').errno, 'NOTCAPABLE');
  assert.equal(guest.pathStat(3, 'c', { follow: false }).errno, 'NOTCAPABLE');
  fs.rmSync(file);
  fs.mkdirSync(file);
  fs.writeFileSync(path.join(file, 'inside'), 'secret');
  assert.equal(guest.open(3, 'c').errno, 'NOTCAPABLE');
  assert.equal(guest.open(3, 'c/inside').errno, 'NOTCAPABLE');
  assert.equal(guest.open(3, 'c', { oflags: DIRECTORY }).errno, 'NOTCAPABLE');
  fs.renameSync(dir, `${dir}-moved`);
  host.t.after(() => fs.rmSync(`${dir}-moved`, { recursive: true }));
  fs.rmSync(`${dir}-moved/app.conf`, { recursive: true });
  fs.writeFileSync(`${dir}-moved/app.conf`, 'by handle');
  assert.equal(guest.read(guest.opened(3, 'c')).data, 'by handle');
});

ours('what cannot be mounted as a file', (host) => {
  const { dir, data, file } = folder(host);
  const fifo = path.join(dir, 'fifo');
  execFileSync('mkfifo', [fifo]);
  fs.symlinkSync('loop', path.join(dir, 'loop'));
  const before = descriptors().length;
  const fails = (preopens, expected) => assert.throws(() => new host.WASI({ version: 'preview1', preopens }), expected);
  const none = path.join(dir, 'none');
  fails({ '/etc/x': { file: none } }, { code: 'UVWASI_ENOENT', path: none });
  fails({ '/etc/x': { file: data } }, { code: 'UVWASI_EISDIR', path: data });
  fails({ '/etc/x': { file: '/' } }, { code: 'UVWASI_EISDIR' });
  fails({ '/etc/x': { file: `${file}/` } }, { code: 'UVWASI_ENOTDIR' });
  fails({ '/etc/x': { file: path.join(dir, 'loop') } }, { code: 'UVWASI_ELOOP' });
  fails({ '/etc/x': { file: fifo } }, { code: 'UVWASI_ENOTCAPABLE', path: fifo });
  fails({ '/etc/x': { file: '' } }, { code: 'UVWASI_ENOENT' });
  fails({ '/etc/x': { file }, '//etc/x': { file } }, { code: 'UVWASI_EEXIST', path: file });
  fails({ '/etc/': { file } }, { code: 'ERR_INVALID_ARG_VALUE' });
  fails({ '/etc/..': { file } }, { code: 'ERR_INVALID_ARG_VALUE' });
  fails({ '.': { file } }, { code: 'ERR_INVALID_ARG_VALUE' });
  fails({ ['x'.repeat(256)]: { file } }, { code: 'ERR_INVALID_ARG_VALUE' });
  fails({ '/x': { file: 5 } }, { code: 'ERR_INVALID_ARG_TYPE' });
  fails({ '/x': { file: 'a\0b' } }, { code: 'ERR_INVALID_ARG_VALUE' });
  fails({ '/x': { file, readonly: true } }, /readonly.*not an option of a preopened file/);
  fails({ '/x': { file, readOnly: 1 } }, { code: 'ERR_INVALID_ARG_TYPE' });
  fails({ '/x': { filesystem: {} } }, /instance of FileSystem or an object with the synchronous methods of node:fs/);
  for (const value of [{}, { readOnly: true }, { readFile: async () => 'x' }]) fails({ '/x': value }, { code: 'ERR_INVALID_ARG_TYPE', message: /'\/x'\].*path, file or filesystem/ });
  fails({ '/x': { file, path: dir } }, /path.*not an option of a preopened file/);
  fails({ '/x': { filesystem: Volume.fromJSON({}), specialFiles: true } }, /specialFiles/);
  assert.equal(descriptors().length, before);

  const guest = host.guest({ preopens: { '/dev/null': { file: '/dev/null', specialFiles: true } } });
  assert.equal(guest.pathStat(3, 'null').type, FILETYPE.CHARACTER_DEVICE);
  assert.equal(guest.write(guest.opened(3, 'null', { write: true, base: 64n }), 'gone').written, 4);
});

// Everything that would change something: the errno of each.
function changes(guest, other) {
  const { fd } = guest.open(3, 'file');
  const now = FSTFLAGS.ATIM_NOW | FSTFLAGS.MTIM_NOW;
  return {
    'open to write': guest.open(3, 'file', { write: true }).errno,
    'open to append': guest.open(3, 'file', { write: true, fdflags: FDFLAGS.APPEND }).errno,
    truncate: guest.open(3, 'file', { oflags: TRUNC }).errno,
    create: guest.open(3, 'new', { oflags: CREAT }).errno,
    mkdir: guest.mkdir(3, 'new'),
    rmdir: guest.rmdir(3, 'sub'),
    unlink: guest.unlink(3, 'file'),
    rename: guest.rename(3, 'file', 3, 'new'),
    'rename out': guest.rename(3, 'file', other, 'new'),
    'rename in': guest.rename(other, 'file', 3, 'new'),
    link: guest.link(3, 'file', 3, 'new'),
    'link in': guest.link(other, 'file', 3, 'new'),
    symlink: guest.symlink('file', 3, 'new'),
    'times by path': guest.setPathTimes(3, 'file', 0, 0, now),
    times: guest.setTimes(fd, 0, 0, now),
    'times of the directory': guest.setTimes(3, 0, 0, now),
  };
}

ours('read-only of every kind: each change answers ROFS', (host) => {
  const { dir } = folder(host);
  fs.mkdirSync(path.join(dir, 'ro/sub'), { recursive: true });
  fs.writeFileSync(path.join(dir, 'ro/file'), 'kept');
  const memory = new MemoryFileSystem({ '/file': 'kept', '/sub/': null });
  const volume = Volume.fromJSON({ '/file': 'kept', '/sub': null });
  const kinds = { path: { path: path.join(dir, 'ro') }, memory: { filesystem: memory }, memfs: { filesystem: volume } };
  for (const [kind, value] of Object.entries(kinds)) {
    // The second of the same kind: into it, and out of it.
    const guest = host.guest({ preopens: { '/ro': { ...value, readOnly: true }, '/rw': value } });
    for (const [name, errno] of Object.entries(changes(guest, 4))) assert.equal(errno, 'ROFS', `${kind}: ${name}`);
    assert.equal(guest.read(guest.opened(3, 'file')).data, 'kept');
    assert.deepEqual(guest.names(3), ['file', 'sub']);
  }
  const guest = host.guest({ preopens: { '/ro/file': { file: path.join(dir, 'ro/file'), readOnly: true } } });
  const of = (names) => names.map((name) => changes(guest, 3)[name]);
  assert.deepEqual(of(['open to write', 'truncate', 'create', 'mkdir', 'symlink', 'times by path', 'times', 'times of the directory']), Array(8).fill('ROFS'));
  assert.deepEqual(of(['unlink', 'rename']), ['BUSY', 'BUSY']);
  assert.equal(fs.readFileSync(path.join(dir, 'ro/file'), 'utf8'), 'kept');
});
