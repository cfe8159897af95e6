'use strict';
// Much of everything: deep trees, many files, large files, and that nothing is in proportion to what it should not be.
const assert = require('node:assert/strict');
const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');
const { MemoryFileSystem, OverlayFileSystem, WASI } = require('../..');
const { descriptors, tmp } = require('../helpers/both');

const DEPTH = 10_000;
const deepest = `/${'d/'.repeat(DEPTH)}`;
const deep = () => new MemoryFileSystem({ [`${deepest}file`]: 'at the bottom' });

test('10,000 nested directories: made, listed, archived, removed', () => {
  const memory = deep();
  assert.equal(memory.usage.inodes, DEPTH + 2);
  const all = memory.readdirSync('/', { recursive: true });
  assert.equal(all.length, DEPTH + 1);
  assert.equal(`/${all.at(-1)}`, `${deepest}file`);
  assert.equal(memory.readdirSync('/', { recursive: true, withFileTypes: true }).at(-1).name, 'file');
  assert.throws(() => memory.readFileSync(`${deepest}file`), { code: 'ENAMETOOLONG' });
  const json = memory.toJSON();
  assert.deepEqual(json, { [`${deepest}file`]: 'at the bottom' });
  assert.deepEqual(MemoryFileSystem.fromJSON(json).usage, memory.usage);
  memory.rmSync('/d', { recursive: true });
  assert.deepEqual(memory.usage, new MemoryFileSystem().usage);
});

test('1,000 nested directories through a tar archive', () => {
  const memory = new MemoryFileSystem({ [`/${'d/'.repeat(1000)}file`]: 'at the bottom' });
  assert.deepEqual(MemoryFileSystem.fromTar(memory.toTar()).toJSON(), memory.toJSON());
});

test('an archive of deep directories takes memory by what it says, not by the square of their depth', () => {
  const script = `
    const { MemoryFileSystem } = require(${JSON.stringify(path.join(__dirname, '../..'))});
    const archive = new MemoryFileSystem({ ['/' + 'd/'.repeat(4000)]: null }).toTar();
    const before = process.resourceUsage().maxRSS;
    if (MemoryFileSystem.fromTar(archive).usage.inodes !== 4001) throw new Error('not all came back');
    console.log((process.resourceUsage().maxRSS - before) * 1024 / archive.length);
  `;
  const times = Number(execFileSync(process.execPath, ['-e', script], { encoding: 'utf8' }));
  assert.ok(times < 4, `${times} times the archive`);
});

test('holes come back through an archive, also where all of it comes at once', () => {
  const memory = new MemoryFileSystem({ '/sparse': 'start' });
  memory.truncateSync('/sparse', 2 ** 24);
  const fd = memory.openSync('/sparse', 'r+');
  memory.writeSync(fd, 'end', 2 ** 24 - 3);
  memory.closeSync(fd);
  const back = MemoryFileSystem.fromTar(memory.toTar(), { maxBytes: 2 ** 18 });
  assert.deepEqual(back.readFileSync('/sparse'), memory.readFileSync('/sparse'));
});

// Not as many: some hosts take a time for each that grows with its depth.
test('2,500 nested directories to the host and back, with a bounded number of descriptors', (t) => {
  const folder = path.join(tmp(t), 'deep');
  const file = `/${'d/'.repeat(2500)}file`;
  try {
    const before = descriptors().length;
    new MemoryFileSystem({ [file]: 'at the bottom' }).toDirectory(folder);
    assert.deepEqual(MemoryFileSystem.fromDirectory(folder).toJSON(), { [file]: 'at the bottom' });
    assert.equal(descriptors().length, before);
  } finally {
    // node:fs cannot remove it.
    execFileSync('rm', ['-rf', folder]);
  }
});

test('calls that go on by paths refuse what is too deep for them, and do not fall', () => {
  const memory = deep();
  assert.throws(() => memory.cpSync('/d', '/copy', { recursive: true }), { code: 'ENAMETOOLONG' });
  assert.throws(() => memory.mkdirSync(`${deepest}more`, { recursive: true }), { code: 'ENAMETOOLONG' });
  const ladder = `/${'x/'.repeat(300)}`;
  memory.mkdirSync(ladder, { recursive: true });
  memory.cpSync('/x', '/y', { recursive: true });
  assert.ok(memory.existsSync(ladder.replace('x', 'y')));
});

test('100,000 files come and go in linear time', () => {
  const time = (count) => {
    const files = {};
    for (let i = 0; i < count; i++) files[`/d${i % 100}/f${i}`] = 'x';
    const start = process.cpuUsage();
    const memory = new MemoryFileSystem(files);
    assert.equal(memory.readdirSync('/', { recursive: true }).length, count + 100);
    memory.rmSync('/d0', { recursive: true });
    const { user, system } = process.cpuUsage(start);
    return user + system;
  };
  time(1000);
  const [few, many] = [time(10_000), time(100_000)];
  assert.ok(many < 40 * few, `${few} and ${many} µs`);
});

test('a file of 2^40 bytes is copied, moved and thrown away for nothing', (t) => {
  const memory = new MemoryFileSystem({ '/huge': 'start' }, { maxBytes: 2 ** 20 });
  memory.truncateSync('/huge', 2 ** 40);
  memory.copyFileSync('/huge', '/copy');
  assert.equal(memory.statSync('/copy').size, 2 ** 40);
  const folder = tmp(t);
  memory.toDirectory(folder);
  assert.equal(fs.statSync(path.join(folder, 'huge')).size, 2 ** 40);
  const back = MemoryFileSystem.fromDirectory(folder, { maxBytes: 2 ** 20 });
  assert.equal(back.statSync('/copy').size, 2 ** 40);
  assert.throws(() => memory.toTar(), { code: 'ERR_FS_FILE_TOO_LARGE' });
  assert.throws(() => memory.readFileSync('/huge'), { code: 'ERR_FS_FILE_TOO_LARGE' });
  const stream = memory.toTarStream();
  stream.destroy();
});

test('what a guest makes of holes, links and long paths does not take the host\'s memory', (t) => {
  const memory = new MemoryFileSystem({ '/a': 'x', '/b': 'x' }, { maxBytes: 2 ** 20 });
  memory.truncateSync('/a', 600_000_000);
  memory.truncateSync('/b', 600_000_000);
  assert.throws(() => memory.toJSON(), { code: /^(ERR_FS_FILE_TOO_LARGE|ERR_STRING_TOO_LONG)$/ });
  assert.throws(() => memory.readFileSync('/a', 'utf8'), { code: 'ERR_STRING_TOO_LONG' });
  // Many second names far down: what remembers the first ones must not hold their paths.
  const comb = new MemoryFileSystem({ [`/${'d/'.repeat(1500)}x`]: 'x' });
  const far = `/${'d/'.repeat(1500)}`;
  for (let i = 0; i < 2000; i++) {
    comb.writeFileSync(`${far}f${i}`, '');
    comb.linkSync(`${far}f${i}`, `${far}g${i}`);
  }
  const copy = MemoryFileSystem.fromTar(comb.toTar());
  assert.equal(copy.statSync(`${far}g7`).nlink, 2);
  assert.equal(copy.statSync(`${far}g7`).ino, copy.statSync(`${far}f7`).ino);
  assert.deepEqual(copy.usage, comb.usage);
  const folder = path.join(tmp(t), 'comb');
  try {
    comb.toDirectory(folder);
    assert.equal(MemoryFileSystem.fromDirectory(folder).statSync(`${far}g7`).nlink, 2);
  } finally {
    execFileSync('rm', ['-rf', folder]);
  }
});

test('open files: the lowest free number, far from the host\'s, and no descriptor of the host', () => {
  const memory = new MemoryFileSystem({ '/f': 'x' });
  const before = descriptors().length;
  const fds = Array.from({ length: 1000 }, () => memory.openSync('/f'));
  assert.ok(fds[0] > 1_000_000);
  assert.equal(new Set(fds).size, 1000);
  assert.equal(descriptors().length, before);
  memory.closeSync(fds[10]);
  memory.closeSync(fds[5]);
  assert.deepEqual([memory.openSync('/f'), memory.openSync('/f')], [fds[5], fds[10]]);
  assert.throws(() => fs.fstatSync(fds[0]), { code: 'EBADF' });
  assert.throws(() => memory.fstatSync(1), { code: 'EBADF' });
});

// A guest of 255-byte names and 20,000 levels: its paths have 50 GB, all together.
function abyss(filesystem, levels = 20_000) {
  const wasi = new WASI({ version: 'preview1', preopens: { '/': filesystem } });
  const memory = new WebAssembly.Memory({ initial: 1 });
  wasi.start({ exports: { memory, _start() {} } });
  const { path_create_directory: make, path_open: open, fd_close: close } = wasi.wasiImport;
  Buffer.from(memory.buffer).fill('n', 0, 255);
  for (let level = 0, fd = 3; level < levels; level++) {
    assert.equal(make(fd, 0, 255), 0);
    assert.equal(open(fd, 0, 0, 255, 2, 0n, 0n, 0, 1024), 0);
    if (fd !== 3) close(fd);
    fd = new DataView(memory.buffer).getUint32(1024, true);
  }
  wasi.close();
}

test('a tree whose paths no memory holds is refused, and does not end the process', () => {
  const memory = new MemoryFileSystem();
  abyss(memory);
  assert.throws(() => memory.readdirSync('/', { recursive: true }), { code: 'ENOMEM', syscall: 'scandir' });
  assert.equal(Object.keys(memory.toJSON()).length, 1);
  memory.rmSync(`/${'n'.repeat(255)}`, { recursive: true });
  assert.equal(memory.usage.inodes, 1);
  const overlay = new OverlayFileSystem({ lower: new MemoryFileSystem() });
  abyss(overlay, 4000);
  assert.throws(() => overlay.changes(), { code: 'ENOMEM' });
  assert.throws(() => overlay.commit(), { code: 'ENOMEM' });
});

test('contents that JavaScript has no room for are refused, and do not end the process', () => {
  const memory = new MemoryFileSystem();
  const sparse = (name, size) => {
    memory.writeFileSync(name, '');
    memory.truncateSync(name, size);
  };
  sparse('/one', 2 ** 29);
  for (const encoding of ['utf8', 'latin1']) assert.throws(() => memory.readFileSync('/one', encoding), { code: 'ERR_STRING_TOO_LONG' });
  assert.throws(() => memory.toJSON(), { code: 'ERR_STRING_TOO_LONG' });
  assert.throws(() => memory.toJSON('/one'), { code: 'ERR_STRING_TOO_LONG' });
  for (const number of [1, 2, 3, 4, 5]) sparse(`/more${number}`, 2 ** 28);
  memory.unlinkSync('/one');
  assert.throws(() => memory.toJSON(), { code: 'ERR_FS_FILE_TOO_LARGE', name: 'RangeError' });
  sparse('/one', 2 ** 47);
  assert.throws(() => memory.toJSON('/', {}, false, true), { code: 'ERR_FS_FILE_TOO_LARGE' });
});
