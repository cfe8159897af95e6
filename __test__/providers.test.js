'use strict';
// Filesystems written in JavaScript: memfs, node:fs, node:vfs, and what one writes oneself.
const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { Volume, createFsFromVolume } = require('memfs');
const { FILETYPE, FDFLAGS, FSTFLAGS, OFLAGS } = require('./helpers/abi');
const { below } = require('./helpers/below');
const { ours } = require('./helpers/both');
const { child } = require('./helpers/child');
const { run } = require('./helpers/program');

const volume = (files = {}) => Volume.fromJSON({ '/': null, ...files });

// What programs print over a directory of the host they print over each of these.
const KINDS = {
  'memfs: a volume': () => volume(),
  'memfs: fs': () => createFsFromVolume(volume()),
  'node:fs beneath a folder': (host) => below(host.tmp()),
};

for (const [kind, make] of Object.entries(KINDS)) {
  for (const program of ['file_io', 'tree', 'links', 'times']) {
    ours(`${program} over ${kind}`, (host) => {
      const expected = run(host, program, { preopens: { '/sandbox': host.tmp() } });
      const { code, stdout, error } = run(host, program, { preopens: { '/sandbox': make(host) } });
      assert.equal(error, undefined);
      assert.equal(code, 0);
      // Times have milliseconds there, or one less: they pass through doubles. The size of a link is not known to memfs.
      const differs = (text) => text.replace(/(\.\d{2})\d{7}\b/g, '$1').replace(/^lstat: .*$/m, '');
      assert.equal(differs(stdout), differs(expected.stdout));
    });
  }
}

ours('node:vfs, where there is one', async (host) => {
  const code = `
    const vfs = require('node:vfs');
    const { WASI } = require(${JSON.stringify(host.specifier)});
    const run = (name, filesystem) => {
      const wasi = new WASI({ version: 'preview1', args: [name], preopens: { '/sandbox': filesystem } });
      const bytes = require('node:fs').readFileSync(${JSON.stringify(path.join(__dirname, 'guests'))} + '/' + name + '.wasm');
      if (wasi.start(new WebAssembly.Instance(new WebAssembly.Module(bytes), wasi.getImportObject())) !== 0) process.exitCode = 1;
    };
    for (const name of ['file_io', 'tree', 'links', 'times']) {
      run(name, new vfs.MemoryProvider());
      run(name, vfs.create());
    }
    run('file_io', new vfs.RealFSProvider(${JSON.stringify(host.tmp())}));
    const locked = new vfs.MemoryProvider();
    locked.setReadOnly();
    run('file_io', locked);`;
  const { status, stdout, stderr } = await child(code, { flags: ['--experimental-vfs'] });
  if (status === 9) return; // This Node has none.
  assert.deepEqual([stderr, status], ['', 0]);
  for (const program of ['file_io', 'tree', 'links']) {
    const expected = run(host, program, { preopens: { '/sandbox': host.tmp() } }).stdout;
    assert.equal(stdout.split(expected).length, program === 'file_io' ? 4 : 3, program);
  }
  // The last one cannot make its file.
  assert.match(stdout, /create: EROFS/);
});

ours('what is in it, through calls', (host) => {
  const vol = volume({ '/file': '0123456789', '/sub/inner': 'inner' });
  vol.symlinkSync('sub/inner', '/soft');
  vol.symlinkSync('/file', '/absolute');
  vol.symlinkSync('../../file', '/sub/out');
  const guest = host.guest({ preopens: { '/': vol } });
  assert.equal(guest.read(guest.opened(3, 'sub/../file'), 4).data, '0123');
  assert.equal(guest.read(guest.opened(3, 'soft')).data, 'inner');
  assert.equal(guest.open(3, 'soft', { follow: false }).errno, 'LOOP');
  assert.equal(guest.open(3, 'absolute').errno, 'NOTCAPABLE');
  assert.equal(guest.open(3, 'sub/out').errno, 'NOTCAPABLE');
  assert.equal(guest.open(3, '../file').errno, 'NOTCAPABLE');
  assert.equal(guest.open(3, 'file/x').errno, 'NOTDIR');
  assert.equal(guest.readlink(3, 'soft').target, 'sub/inner');
  assert.equal(guest.pathStat(3, 'soft', { follow: false }).type, FILETYPE.SYMBOLIC_LINK);

  const fd = guest.opened(3, 'file', { write: true });
  assert.equal(guest.stat(fd).size, 10n);
  assert.equal(guest.stat(fd).ino, guest.pathStat(3, 'file').ino);
  assert.equal(guest.write(fd, 'ab').written, 2);
  assert.equal(guest.pread(fd, 20, 1).data, 'b23456789');
  assert.equal(guest.seek(fd, 0n, 2).position, 10n);
  assert.equal(guest.call('fd_filestat_set_size', fd, 3n), 'SUCCESS');
  assert.equal(guest.call('fd_allocate', fd, 0n, 5n), 'SUCCESS');
  assert.equal(vol.readFileSync('/file', 'latin1'), 'ab2\0\0');
  // Past what JavaScript can count.
  assert.equal(guest.pwrite(fd, 'x', 2n ** 60n).errno, 'FBIG');
  assert.equal(guest.pread(fd, 1, 2n ** 60n).data, '');
  assert.equal(guest.call('fd_filestat_set_size', fd, 2n ** 60n), 'FBIG');
  assert.equal(guest.call('fd_allocate', fd, 0n, 2n ** 60n), 'FBIG');
  const log = guest.create(3, 'log', { fdflags: FDFLAGS.APPEND });
  for (const text of ['one', 'two']) guest.write(log, text);
  assert.equal(vol.readFileSync('/log', 'utf8'), 'onetwo');
  assert.equal(guest.setPathTimes(3, 'log', 5_000_000n, 6_000_000n, FSTFLAGS.ATIM | FSTFLAGS.MTIM), 'SUCCESS');
  assert.equal(vol.statSync('/log').mtimeMs, 6);

  assert.equal(guest.open(3, 'log', { oflags: OFLAGS.CREAT | OFLAGS.EXCL, write: true }).errno, 'EXIST');
  assert.equal(guest.mkdir(3, 'new'), 'SUCCESS');
  assert.equal(guest.rename(3, 'new', 3, 'new/er'), 'INVAL');
  assert.equal(guest.rename(3, 'sub', 3, 'file'), 'NOTDIR');
  assert.equal(guest.rename(3, 'file', 3, 'sub'), 'ISDIR');
  assert.equal(guest.rename(3, 'new', 3, 'sub'), 'NOTEMPTY');
  assert.equal(guest.rename(3, 'file', 3, 'file'), 'SUCCESS');
  assert.equal(guest.link(3, 'file', 3, 'second'), 'SUCCESS');
  assert.equal(guest.rename(3, 'file', 3, 'second'), 'SUCCESS');
  assert.ok(vol.existsSync('/file'), 'nothing happens where both are names of one file');
  assert.equal(guest.unlink(3, 'new'), 'ISDIR');
  assert.equal(guest.rmdir(3, 'file'), 'NOTDIR');
  assert.equal(guest.rmdir(3, 'new'), 'SUCCESS');
});

ours('listings: as it was when it began, linear, with the inodes of stat', (host) => {
  const files = Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`/dir/file${i}`, '']));
  const vol = volume(files);
  let reads = 0;
  const provider = Object.assign(Object.create(vol), { readdirSync: (...args) => (reads++, vol.readdirSync(...args)) });
  const guest = host.guest({ preopens: { '/': provider } });
  const dir = guest.opened(3, 'dir');
  const entries = guest.list(dir, { size: 200 });
  assert.equal(reads, 1);
  assert.deepEqual(entries.map(({ name }) => `/dir/${name}`).sort(), Object.keys(files).sort());
  assert.equal(entries[7].ino, guest.pathStat(dir, entries[7].name).ino);
  assert.equal(entries[7].type, FILETYPE.REGULAR_FILE);

  const { entries: first } = guest.readdir(dir, { size: 200 });
  for (const { name } of first) vol.unlinkSync(`/dir/${name}`);
  const rest = guest.readdir(dir, { cookie: first.at(-1).next, size: 200 }).entries;
  assert.equal(rest[0].name, entries[first.length].name, 'a cookie means the same after a change');
  assert.equal(guest.list(dir).length, 1000 - first.length, 'from the beginning on it is read anew');
  assert.equal(guest.readdir(dir, { cookie: 2n ** 64n - 1n }).used, 0);

  // Of many listings at once the oldest are read anew: the memory for them is bounded.
  const dirs = Array.from({ length: 40 }, () => guest.opened(3, 'dir'));
  const begun = dirs.map((fd) => guest.readdir(fd, { size: 200 }).entries.at(-1));
  reads = 0;
  for (const [index, fd] of dirs.entries()) assert.ok(guest.readdir(fd, { cookie: begun[index].next, size: 200 }).entries.length > 0);
  assert.ok(reads >= 8 && reads <= 40, `${reads}`);
});

ours('a folder of node:fs: special files stay closed', (host) => {
  const dir = host.tmp();
  fs.writeFileSync(path.join(dir, 'file'), 'inside');
  require('node:child_process').execFileSync('mkfifo', [path.join(dir, 'fifo')]);
  const guest = host.guest({ preopens: { '/': below(dir) } });
  assert.equal(guest.read(guest.opened(3, 'file')).data, 'inside');
  assert.equal(guest.open(3, 'fifo').errno, 'NOTCAPABLE');
  assert.equal(guest.pathStat(3, 'file').ino, fs.statSync(path.join(dir, 'file'), { bigint: true }).ino);
  assert.equal(guest.pathStat(3, 'file').mtim, fs.statSync(path.join(dir, 'file'), { bigint: true }).mtimeNs);
});

ours('three methods are enough to be read', (host) => {
  const files = { '/a.txt': 'text', '/b.bin': Uint8Array.of(1, 2, 255) };
  const missing = Object.assign(new Error('none'), { code: 'ENOENT' });
  const provider = {
    statSync(name) {
      if (name === '/') return { isDirectory: () => true };
      if (!(name in files)) throw missing;
      return { isFile: () => true, size: files[name].length, mtime: new Date(1234) };
    },
    readdirSync: () => ['a.txt', 'b.bin'],
    readFileSync: (name) => files[name],
  };
  const guest = host.guest({ preopens: { '/': provider } });
  const entries = guest.list(3);
  assert.deepEqual(entries.map(({ name }) => name), ['a.txt', 'b.bin']);
  const { ino, dev, nlink, mtim, size } = guest.pathStat(3, 'a.txt');
  assert.deepEqual([ino, nlink, mtim, size], [entries[0].ino, 1n, 1_234_000_000n, 4n]);
  assert.notEqual(ino, entries[1].ino);
  assert.equal(dev, guest.pathStat(3, '.').dev);
  const fd = guest.opened(3, 'a.txt');
  assert.equal(guest.read(fd, 3).data, 'tex');
  assert.equal(guest.read(fd, 3).data, 't');
  assert.equal(guest.read(fd, 3).data, '');
  assert.equal(guest.stat(fd).size, 4n);
  assert.equal(guest.open(3, 'none').errno, 'NOENT');
  // Nothing can be changed, and nobody is asked.
  assert.equal(guest.open(3, 'a.txt', { write: true }).errno, 'ROFS');
  assert.equal(guest.open(3, 'new', { oflags: OFLAGS.CREAT, write: true }).errno, 'ROFS');
  assert.equal(guest.mkdir(3, 'new'), 'ROFS');
  assert.equal(guest.unlink(3, 'a.txt'), 'ROFS');
  assert.equal(guest.symlink('a', 3, 'new'), 'ROFS');
  assert.equal(guest.readlink(3, 'a.txt').errno, 'NOSYS');
});

ours('what a provider lacks answers NOSYS', (host) => {
  const vol = volume({ '/file': 'x' });
  const has = ['openSync', 'closeSync', 'readSync', 'writeSync', 'lstatSync', 'readdirSync', 'mkdirSync', 'truncateSync'];
  const provider = Object.fromEntries(has.map((name) => [name, vol[name].bind(vol)]));
  const guest = host.guest({ preopens: { '/': provider } });
  assert.equal(guest.link(3, 'file', 3, 'new'), 'NOSYS');
  assert.equal(guest.symlink('file', 3, 'new'), 'NOSYS');
  assert.equal(guest.mkdir(3, 'dir'), 'SUCCESS');
  assert.equal(guest.rmdir(3, 'dir'), 'NOSYS');
  const fd = guest.opened(3, 'file', { write: true });
  assert.equal(guest.setTimes(fd, 0, 0, FSTFLAGS.ATIM | FSTFLAGS.MTIM), 'NOSYS');
  // By its path, where there is no method for the descriptor.
  assert.equal(guest.call('fd_filestat_set_size', fd, 5n), 'SUCCESS');
  assert.equal(vol.statSync('/file').size, 5);
  assert.equal(guest.call('fd_sync', fd), 'SUCCESS');
});

ours('several guests share one, and one guest two', (host) => {
  const vol = volume();
  const guests = [1, 2].map(() => host.guest({ preopens: { '/a': vol, '/b': vol } }));
  guests[0].write(guests[0].create(3, 'file'), 'shared');
  assert.equal(guests[1].read(guests[1].opened(4, 'file')).data, 'shared');
  assert.equal(guests[0].rename(3, 'file', 4, 'file'), 'XDEV');
  assert.equal(guests[0].link(3, 'file', 4, 'second'), 'XDEV');
});

ours('between the end and where a write begins are zeros, whatever the provider leaves there', (host) => {
  const vol = volume({ '/file': 'abc' });
  // As memfs does by chance: what is new of a file holds what lay in memory.
  const provider = Object.create(vol, {
    writeSync: {
      value(fd, bytes, offset, length, position) {
        const { size } = vol.fstatSync(fd);
        if (position > size) vol.writeSync(fd, Buffer.alloc(position - size, 'secret'), 0, position - size, size);
        return vol.writeSync(fd, bytes, offset, length, position);
      },
    },
  });
  const guest = host.guest({ preopens: { '/': provider } });
  const fd = guest.opened(3, 'file', { write: true });
  assert.equal(guest.pwrite(fd, 'x', 20).written, 1);
  assert.equal(vol.readFileSync('/file', 'latin1'), `abc${'\0'.repeat(17)}x`);
  // Also where another descriptor has just made it shorter.
  const other = guest.opened(3, 'file', { write: true });
  assert.equal(guest.call('fd_filestat_set_size', other, 1n), 'SUCCESS');
  guest.seek(fd, 5);
  assert.equal(guest.write(fd, 'yz').written, 2);
  assert.equal(vol.readFileSync('/file', 'latin1'), 'a\0\0\0\0yz');
});

ours('memfs: there is nothing beyond the end', (host) => {
  const guest = host.guest({ preopens: { '/': volume({ '/file': 'abc' }) } });
  const fd = guest.opened(3, 'file');
  for (const offset of [3, 4, 1000000]) assert.deepEqual(guest.pread(fd, 10, offset), { errno: 'SUCCESS', data: '' });
  guest.seek(fd, 50);
  assert.deepEqual(guest.read(fd, 10), { errno: 'SUCCESS', data: '' });
});

ours('a RangeError within a file is nobody\'s end of file', (host) => {
  const vol = volume({ '/file': 'abc' });
  const error = new RangeError('mine');
  const provider = Object.create(vol, { readSync: { value() { throw error; } } });
  const guest = host.guest({ preopens: { '/': provider } });
  const fd = guest.opened(3, 'file');
  assert.throws(() => guest.read(fd, 10), (thrown) => thrown === error);
});
