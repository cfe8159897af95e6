'use strict';
// Whole filesystems, in and out: JSON, directories of the host, tar.
const assert = require('node:assert/strict');
const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { Readable } = require('node:stream');
const { test } = require('node:test');
const { MemoryFileSystem } = require('../..');
const { tmp } = require('../helpers/both');

/** Something of every kind, with names, modes and times that are not the usual. */
function sample() {
  const memory = new MemoryFileSystem({ '/a/b/c.txt': 'content', '/a/run': '#!/bin/sh\n', '/empty/': null, '/bytes': new Uint8Array([0, 255, 128]) });
  memory.linkSync('/a/run', '/a/again');
  memory.symlinkSync('b/c.txt', '/a/link');
  memory.symlinkSync('/nowhere/at/all', '/dangling');
  memory.symlinkSync('../../../etc/passwd', '/outside');
  memory.chmodSync('/a/run', 0o750);
  memory.utimesSync('/a/b/c.txt', 1_000_000_000.25, 1_234_567_890.125);
  memory.utimesSync('/a/b', 1, 2);
  const long = `/${'long/'.repeat(60)}`;
  memory.mkdirSync(long, { recursive: true });
  memory.writeFileSync(`${long}${'n'.repeat(200)}`, 'far down');
  memory.symlinkSync('t'.repeat(300), '/far');
  memory.writeFileSync(Buffer.from([0x2f, 0x66, 0xff, 0x0a, 0x67]), 'a name that is not UTF-8, with a line end');
  memory.writeFileSync('/sparse', '');
  memory.truncateSync('/sparse', 3_000_000);
  return memory;
}

/** All paths beneath a directory; node:fs cannot list them as bytes itself. */
function beneath(filesystem, directory) {
  return filesystem.readdirSync(directory, 'buffer').flatMap((name) => {
    const there = Buffer.concat([directory, name]);
    if (!filesystem.lstatSync(there).isDirectory()) return [there];
    return [there, ...beneath(filesystem, Buffer.concat([there, Buffer.from('/')]))];
  });
}

/** All that there is, but for the time of the last reading. */
function listing(filesystem, root = '') {
  const inodes = new Map();
  return beneath(filesystem, Buffer.from(`${root}/`)).map((name) => {
    const { mode, nlink, size, mtimeNs, ino } = filesystem.lstatSync(name, { bigint: true });
    const file = (mode & 0o170000n) === 0o100000n;
    if (!inodes.has(ino)) inodes.set(ino, inodes.size);
    const what = file ? filesystem.readFileSync(name, 'latin1') : (mode & 0o170000n) === 0o120000n ? filesystem.readlinkSync(name, 'latin1') : '';
    return [name.toString('latin1').slice(root.length), mode, file && nlink, file && size, mtimeNs, what, file && inodes.get(ino)];
  }).sort(([one], [other]) => (one < other ? -1 : 1));
}

test('toJSON: files, empty directories, parts, relative, as Buffers', () => {
  const memory = new MemoryFileSystem({ '/a/b': 'x', '/a/c/d': 'y', '/e/': null });
  memory.symlinkSync('b', '/a/link');
  assert.deepEqual(memory.toJSON(), { '/a/b': 'x', '/a/c/d': 'y', '/e': null });
  assert.deepEqual(JSON.parse(JSON.stringify(memory)), { '/a/b': 'x', '/a/c/d': 'y', '/e': null });
  assert.deepEqual(memory.toJSON('/a'), { '/a/b': 'x', '/a/c/d': 'y' });
  assert.deepEqual(memory.toJSON(['/a/c', '/e', '/none']), { '/a/c/d': 'y', '/e': null });
  assert.deepEqual(memory.toJSON('/a', {}, true), { b: 'x', 'c/d': 'y' });
  assert.deepEqual(memory.toJSON('/a/b'), { '/a/b': 'x' });
  assert.deepEqual(memory.toJSON('/a/c', { kept: 'k' }, false, true), { kept: 'k', '/a/c/d': Buffer.from('y') });
  assert.deepEqual(new MemoryFileSystem().toJSON(), {});
});

test('fromJSON is the way back, also for names that JavaScript has plans for', () => {
  const json = { '/a/b': 'x', '/e': null, ['/__proto__']: 'p' };
  const memory = MemoryFileSystem.fromJSON(json);
  assert.deepEqual(memory.toJSON(), json);
  memory.fromJSON({ './f': 'g', '/abs': 'h', '../up': 'u' }, '/cwd/in');
  assert.equal(memory.readFileSync('/cwd/in/f', 'utf8'), 'g');
  assert.equal(memory.readFileSync('/abs', 'utf8'), 'h');
  assert.equal(memory.readFileSync('/cwd/up', 'utf8'), 'u');
  memory.writeFileSync('/__proto__', 'q');
  const relative = memory.toJSON('/', {}, true);
  assert.ok(Object.hasOwn(relative, '__proto__'));
});

test('files of the constructor: what cannot be made is told by its path', () => {
  const make = (files, options) => () => new MemoryFileSystem(files, options);
  assert.throws(make({ '/a': 'x', '/a/b': 'y' }), { code: 'ENOTDIR', path: '/a/b' });
  assert.throws(make({ '/a/': 'x' }), { code: 'EISDIR', path: '/a/' });
  assert.throws(make({ '/': 'x' }), { code: 'EISDIR' });
  assert.throws(make({ [`/${'n'.repeat(256)}`]: 'x' }), { code: 'ENAMETOOLONG' });
  assert.throws(make({ '/a': 5 }), { code: 'ERR_INVALID_ARG_TYPE', message: /files\['\/a'\]/ });
  assert.throws(make({ '/a\0b': 'x' }), { code: 'ERR_INVALID_ARG_VALUE' });
  assert.throws(make('text'), { code: 'ERR_INVALID_ARG_TYPE' });
  assert.throws(make({}, { maxByte: 5 }), { code: 'ERR_INVALID_ARG_VALUE', message: /maxByte/ });
  assert.throws(make({}, { maxBytes: -1 }), { code: 'ERR_OUT_OF_RANGE' });
  assert.throws(make({}, { maxInodes: 1.5 }), { code: 'ERR_OUT_OF_RANGE' });
  assert.throws(make({ '/a': 'xx', '/b': 'yy' }, { maxBytes: 3 }), { code: 'ENOSPC', path: '/b' });
  assert.throws(make({ '/a': '', '/b': '' }, { maxInodes: 2 }), { code: 'ENOSPC', path: '/b' });
});

test('usage and limits: a full filesystem says so, and loses nothing', () => {
  const memory = new MemoryFileSystem({ '/a': '12345' }, { maxBytes: 10, maxInodes: 3 });
  assert.deepEqual(memory.usage, { bytes: 5, inodes: 2, maxBytes: 10, maxInodes: 3 });
  assert.throws(() => memory.appendFileSync('/a', '678901'), { code: 'ENOSPC', syscall: 'write' });
  assert.equal(memory.readFileSync('/a', 'utf8').slice(0, 5), '12345');
  memory.writeFileSync('/b', '');
  assert.throws(() => memory.writeFileSync('/c', ''), { code: 'ENOSPC', syscall: 'open', path: '/c' });
  assert.throws(() => memory.mkdirSync('/d'), { code: 'ENOSPC', syscall: 'mkdir' });
  memory.truncateSync('/b', 2 ** 47);
  assert.equal(memory.statSync('/b').size, 2 ** 47);
  assert.throws(() => memory.readFileSync('/b'), { code: 'ERR_FS_FILE_TOO_LARGE', name: 'RangeError' });
  assert.equal(memory.statfsSync('/').files, 3);
});

test('toDirectory and fromDirectory: names, contents, links, modes, times to the nanosecond', (t) => {
  const memory = sample();
  const folder = path.join(tmp(t), 'made/here');
  memory.toDirectory(folder);
  assert.deepEqual(listing(fs, folder), listing(memory));
  assert.ok(fs.statSync(path.join(folder, 'sparse')).blocks < 100, 'a hole stays one');
  const back = MemoryFileSystem.fromDirectory(folder);
  assert.deepEqual(listing(back), listing(memory));
  assert.equal(back.usage.bytes, memory.usage.bytes);
});

test('toDirectory into what is there: files are replaced, directories merged, links not followed', (t) => {
  const folder = tmp(t);
  const outside = path.join(folder, 'outside');
  const target = path.join(folder, 'target');
  fs.mkdirSync(outside);
  fs.writeFileSync(path.join(outside, 'victim'), 'untouched');
  fs.mkdirSync(path.join(target, 'dir'), { recursive: true });
  fs.writeFileSync(path.join(target, 'dir/kept'), 'kept');
  fs.symlinkSync(path.join(outside, 'victim'), path.join(target, 'file'));
  new MemoryFileSystem({ '/file': 'new', '/dir/more': 'more' }).toDirectory(target);
  assert.equal(fs.readFileSync(path.join(target, 'file'), 'utf8'), 'new');
  assert.deepEqual(fs.readdirSync(path.join(target, 'dir')), ['kept', 'more']);
  assert.equal(fs.readFileSync(path.join(outside, 'victim'), 'utf8'), 'untouched');
  fs.symlinkSync(outside, path.join(target, 'way'));
  const through = new MemoryFileSystem({ '/way/victim': 'changed' });
  assert.throws(() => through.toDirectory(target), { code: 'ENOTDIR', path: '/way' });
  assert.equal(fs.readFileSync(path.join(outside, 'victim'), 'utf8'), 'untouched');
});

test('toDirectory makes nobody somebody else', (t) => {
  const memory = new MemoryFileSystem({ '/f': 'x' });
  memory.chmodSync('/f', 0o6755);
  const folder = tmp(t);
  memory.toDirectory(folder);
  assert.equal(fs.statSync(path.join(folder, 'f')).mode & 0o7777, 0o755);
});

test('fromDirectory: filter, limits, what is no file', (t) => {
  const folder = tmp(t);
  fs.mkdirSync(path.join(folder, 'node_modules/x'), { recursive: true });
  fs.writeFileSync(path.join(folder, 'node_modules/x/y'), 'big');
  fs.writeFileSync(path.join(folder, 'a'), 'one');
  fs.writeFileSync(path.join(folder, 'b'), 'two');
  execFileSync('mkfifo', [path.join(folder, 'fifo')]);
  const seen = [];
  const filter = (name, entry) => {
    seen.push([name, entry.isDirectory()]);
    return name !== '/node_modules' && name !== '/b';
  };
  assert.deepEqual(MemoryFileSystem.fromDirectory(folder, { filter }).readdirSync('/'), ['a']);
  assert.deepEqual(seen, [['/a', false], ['/b', false], ['/fifo', false], ['/node_modules', true]]);
  assert.deepEqual(MemoryFileSystem.fromDirectory(folder).readdirSync('/'), ['a', 'b', 'node_modules']);
  assert.throws(() => MemoryFileSystem.fromDirectory(folder, { maxBytes: 4 }), { code: 'ENOSPC', path: '/b' });
  assert.throws(() => MemoryFileSystem.fromDirectory(folder, { filter: () => { throw new RangeError('mine'); } }), { name: 'RangeError', message: 'mine' });
  assert.throws(() => MemoryFileSystem.fromDirectory(path.join(folder, 'none')), { code: 'ENOENT', path: path.join(folder, 'none') });
  assert.throws(() => MemoryFileSystem.fromDirectory(path.join(folder, 'a')), { code: 'ENOTDIR' });
  assert.throws(() => MemoryFileSystem.fromDirectory(5), { code: 'ERR_INVALID_ARG_TYPE' });
  assert.throws(() => MemoryFileSystem.fromDirectory(folder, { filters: 5 }), { code: 'ERR_INVALID_ARG_VALUE', message: /filters/ });
  assert.throws(() => MemoryFileSystem.fromDirectory(folder, { filter: 5 }), { code: 'ERR_INVALID_ARG_TYPE', message: /filter/ });
});

test('tar: out and in again, whole and in pieces', async () => {
  const memory = sample();
  const tar = memory.toTar();
  assert.deepEqual(listing(MemoryFileSystem.fromTar(tar)), listing(memory));
  assert.deepEqual(listing(await MemoryFileSystem.fromTar(memory.toTarStream())), listing(memory));
  const pieces = function* pieces(size) {
    for (let at = 0; at < 40_000; at += size) yield tar.subarray(at, at + size);
    yield tar.subarray(40_000 - (40_000 % size) + (40_000 % size === 0 ? 0 : size));
  };
  for (const size of [1, 7, 511, 512, 513]) assert.deepEqual(listing(await MemoryFileSystem.fromTar(pieces(size))), listing(memory), `${size}`);
});

test('GNU tar reads what we write', (t) => {
  const memory = sample();
  const folder = tmp(t);
  fs.mkdirSync(path.join(folder, 'out'));
  fs.writeFileSync(path.join(folder, 'a.tar'), memory.toTar());
  const said = execFileSync('tar', ['-xpf', '../a.tar'], { cwd: path.join(folder, 'out'), encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  assert.equal(said, '');
  assert.deepEqual(listing(fs, path.join(folder, 'out')), listing(memory));
});

for (const format of ['gnu', 'pax', 'ustar', 'v7']) {
  test(`we read what GNU tar writes: ${format}`, (t) => {
    const memory = sample();
    // What these have no room for: see tar(5).
    if (format === 'ustar' || format === 'v7') {
      memory.rmSync('/long', { recursive: true });
      memory.rmSync('/far');
    }
    const folder = tmp(t);
    memory.toDirectory(folder);
    const tar = execFileSync('tar', ['-c', `--format=${format}`, '.'], { cwd: folder, maxBuffer: 2 ** 26 });
    const back = listing(MemoryFileSystem.fromTar(tar));
    const seconds = (entries) => entries.map((entry) => entry.map((value, at) => (at === 4 ? value / 1_000_000_000n : value)));
    if (format === 'pax') assert.deepEqual(back, listing(memory));
    else assert.deepEqual(seconds(back), seconds(listing(memory)));
  });
}

/** An entry of an archive, of which every field can be said. */
function entry({ name, type = '0', size = 0, target = '', data = '', mode = '0000644', prefix = '' }) {
  const header = Buffer.alloc(512);
  header.write(name, 0);
  header.write(`${mode}\0`, 100);
  header.write(typeof size === 'number' ? `${size.toString(8).padStart(11, '0')}\0` : size, 124, 'latin1');
  header.write('00000000000\0', 136);
  header.write(type, 156);
  header.write(target, 157);
  header.write('ustar\x0000', 257);
  header.write(prefix, 345);
  header.fill(' ', 148, 156);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  const body = Buffer.from(data);
  return Buffer.concat([header, body, Buffer.alloc((512 - (body.length % 512)) % 512)]);
}

const archive = (...entries) => Buffer.concat([...entries.map(entry), Buffer.alloc(1024)]);

test('a hostile archive: names that lead elsewhere', () => {
  const read = (...entries) => MemoryFileSystem.fromTar(archive(...entries));
  assert.deepEqual(read({ name: '/etc/passwd', size: 1, data: 'x' }).toJSON(), { '/etc/passwd': 'x' });
  assert.throws(() => read({ name: '../up', size: 1, data: 'x' }), { code: 'EACCES', path: '/../up' });
  assert.throws(() => read({ name: 'a/../../up' }), { code: 'EACCES' });
  assert.throws(() => read({ name: 'hard', type: '1', target: '../../etc/passwd' }), { code: 'EACCES' });
  assert.throws(() => read({ name: 'hard', type: '1', target: 'missing' }), { code: 'ENOENT' });
  // A link that the archive brings leads within, as an absolute one does for its owner.
  const linked = read({ name: 'way', type: '2', target: '/real' }, { name: 'real', type: '5' }, { name: 'way/file', size: 1, data: 'x' });
  assert.deepEqual(linked.toJSON(), { '/real/file': 'x' });
  assert.deepEqual(read({ name: 'way', type: '2', target: '../../..' }, { name: 'way/way/x', size: 1, data: 'x' }).toJSON(), { '/x': 'x' });
  assert.throws(() => read({ name: 'loop', type: '2', target: 'loop' }, { name: 'loop/x' }), { code: 'ELOOP' });
  assert.throws(() => read({ name: 'f', size: 1, data: 'x' }, { name: 'f/x' }), { code: 'ENOTDIR' });
  // A file over a link replaces the link.
  const over = read({ name: 'target', size: 1, data: 't' }, { name: 'link', type: '2', target: 'target' }, { name: 'link', size: 1, data: 'x' });
  assert.deepEqual(over.toJSON(), { '/target': 't', '/link': 'x' });
  // Devices and FIFOs are left out.
  assert.deepEqual(read({ name: 'fifo', type: '6' }, { name: 'null', type: '3' }).readdirSync('/'), []);
});

test('a hostile archive: sizes, quotas, damage', () => {
  const read = (bytes, options) => () => MemoryFileSystem.fromTar(bytes, options);
  const invalid = { code: 'ERR_PREOPEN_INVALID_TAR' };
  assert.throws(read(entry({ name: 'huge', size: 0o77777777777 })), invalid);
  assert.throws(read(entry({ name: 'huge', size: '\x80\0\0\0\x7f\xff\xff\xff\xff\xff\xff\xff' })), invalid);
  assert.throws(read(entry({ name: 'huge', size: '\x80\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff' })), invalid);
  assert.throws(read(entry({ name: 'x', type: 'x', size: 2 ** 30 })), { ...invalid, message: /too long/ });
  assert.throws(read(archive({ name: 'x', type: 'x', size: 9, data: '99 path=a' })), { ...invalid, message: /damaged/ });
  assert.throws(read(archive({ name: 'S', type: 'S' })), { ...invalid, message: /sparse/ });
  assert.throws(read(archive({ name: 'a', size: 5, data: 'xxxxx' }), { maxBytes: 4 }), { code: 'ENOSPC', path: '/a' });
  assert.throws(read(archive({ name: 'a' }, { name: 'b' }), { maxInodes: 2 }), { code: 'ENOSPC', path: '/b' });
  assert.throws(read(Buffer.alloc(600, 'x')), { ...invalid, message: /checksum/ });
  assert.throws(read(Buffer.alloc(100)), { ...invalid, message: /ends in the middle/ });
  assert.deepEqual(MemoryFileSystem.fromTar(new Uint8Array()).toJSON(), {});
  assert.throws(read('text'), { code: 'ERR_INVALID_ARG_TYPE' });
  assert.throws(read(5), { code: 'ERR_INVALID_ARG_TYPE' });
});

test('an archive whose stream fails, or brings no bytes, is a rejection', async () => {
  await assert.rejects(MemoryFileSystem.fromTar(Readable.from([Buffer.alloc(100), 'text'])), { code: 'ERR_INVALID_ARG_TYPE' });
  await assert.rejects(
    MemoryFileSystem.fromTar((async function* failing() {
      yield Buffer.alloc(10);
      throw new RangeError('gone');
    })()),
    { name: 'RangeError' },
  );
});

test('paths of the host are strings or URLs: bytes that are not UTF-8 would name another directory', (t) => {
  const folder = Buffer.concat([Buffer.from(`${tmp(t)}/to`), Buffer.from([0xff])]);
  assert.throws(() => new MemoryFileSystem().toDirectory(folder), { code: 'ERR_INVALID_ARG_TYPE' });
  assert.throws(() => MemoryFileSystem.fromDirectory(folder), { code: 'ERR_INVALID_ARG_TYPE' });
  assert.deepEqual(fs.readdirSync(path.dirname(folder.toString())), []);
});
