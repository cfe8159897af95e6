'use strict';
// OverlayFileSystem: guests change it, and the lower stays as it was until it is told to commit.
const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');
const { FileSystem, MemoryFileSystem, OverlayFileSystem, WASI } = require('../..');
const { ours, root, tmp } = require('../helpers/both');

/** A project on the disk, and all that is in it. */
function project(t) {
  const folder = tmp(t);
  fs.mkdirSync(path.join(folder, 'src'));
  fs.writeFileSync(path.join(folder, 'src/main.c'), 'int main;  \n');
  fs.writeFileSync(path.join(folder, 'src/old.c'), 'old\n');
  fs.writeFileSync(path.join(folder, 'notes.txt'), 'notes\n');
  fs.symlinkSync('notes.txt', path.join(folder, 'link'));
  return folder;
}

function contents(folder) {
  return fs.readdirSync(folder, { recursive: true }).sort().map((name) => {
    const at = path.join(folder, name);
    const stat = fs.lstatSync(at);
    return [name, stat.mtimeMs, stat.isFile() ? fs.readFileSync(at, 'utf8') : stat.isSymbolicLink() ? fs.readlinkSync(at) : 'directory'];
  });
}

const change = (kind, type, at) => ({ path: at, kind, type });

ours('what guests do is told, and is done to the lower when it is said', (host) => {
  const folder = project(host.t);
  const before = contents(folder);
  const overlay = new OverlayFileSystem({ lower: folder });
  const guest = host.guest({ preopens: { '/project': overlay } });
  const file = guest.opened(3, 'src/main.c', { write: true });
  assert.deepEqual(overlay.changes(), []);
  guest.write(file, 'int');
  guest.write(guest.create(3, 'src/new.c'), 'new\n');
  guest.unlink(3, 'src/old.c');
  const changes = [change('modified', 'file', '/src/main.c'), change('created', 'file', '/src/new.c'), change('removed', 'file', '/src/old.c')];
  assert.deepEqual(overlay.changes(), changes);
  assert.deepEqual(contents(folder), before);
  assert.deepEqual(overlay.upper.readdirSync('/src').sort(), ['.wh.old.c', 'main.c', 'new.c']);
  assert.deepEqual(overlay.commit(), changes);
  assert.deepEqual(fs.readdirSync(path.join(folder, 'src')).sort(), ['main.c', 'new.c']);
  assert.equal(fs.readFileSync(path.join(folder, 'src/new.c'), 'utf8'), 'new\n');
  assert.deepEqual(overlay.upper.readdirSync('/'), []);
  assert.deepEqual(overlay.commit(), []);
});

test('a real program over a project: its report is in the overlay only', (t) => {
  const folder = project(t);
  const before = contents(folder);
  const overlay = new OverlayFileSystem({ lower: folder });
  const wasi = new WASI({
    version: 'preview1',
    args: ['report', '--out', '/project/REPORT.md', '/project'],
    preopens: { '/project': overlay },
    stdin: fs.openSync('/dev/null'),
  });
  const module = new WebAssembly.Module(fs.readFileSync(path.join(root, 'examples/report.wasm')));
  assert.equal(wasi.start(new WebAssembly.Instance(module, wasi.getImportObject())), 0);
  assert.deepEqual(overlay.changes(), [change('created', 'file', '/REPORT.md')]);
  assert.match(overlay.readFileSync('/REPORT.md', 'utf8'), /src\/main\.c/);
  assert.deepEqual(contents(folder), before);
});

test('it is a FileSystem: node:fs’s calls see both trees as one', (t) => {
  const overlay = new OverlayFileSystem({ lower: project(t) });
  assert.ok(overlay instanceof FileSystem);
  overlay.mkdirSync('/a/b', { recursive: true });
  overlay.writeFileSync('/a/b/c', 'c');
  overlay.renameSync('/src', '/code');
  overlay.rmSync('/notes.txt');
  assert.deepEqual(overlay.readdirSync('/').sort(), ['a', 'code', 'link']);
  assert.deepEqual(overlay.readdirSync('/code').sort(), ['main.c', 'old.c']);
  assert.equal(overlay.readFileSync('/code/old.c', 'utf8'), 'old\n');
  assert.throws(() => overlay.readFileSync('/link'), { code: 'ENOENT' });
  assert.throws(() => overlay.writeFileSync('/.wh.x', ''), { code: 'EPERM' });
  assert.equal(overlay.existsSync('/src'), false);
  overlay.rmSync('/code', { recursive: true });
  assert.deepEqual(overlay.changes(), [
    change('created', 'directory', '/a'),
    change('created', 'directory', '/a/b'),
    change('created', 'file', '/a/b/c'),
    change('removed', 'file', '/notes.txt'),
    change('removed', 'directory', '/src'),
  ]);
});

test('an upper that was kept goes on, also through a tar archive', (t) => {
  const folder = project(t);
  const first = new OverlayFileSystem({ lower: folder });
  first.rmSync('/src', { recursive: true });
  first.mkdirSync('/src');
  first.writeFileSync('/src/only.c', 'only');
  first.unlinkSync('/link');
  const changes = first.changes();
  assert.deepEqual(new OverlayFileSystem({ lower: folder, upper: first.upper }).changes(), changes);
  const upper = MemoryFileSystem.fromTar(first.upper.toTar());
  const second = new OverlayFileSystem({ lower: folder, upper });
  assert.equal(second.upper, upper);
  assert.deepEqual(second.changes(), changes);
  assert.deepEqual(second.readdirSync('/src'), ['only.c']);
});

test('the lower may be any filesystem, also another overlay', () => {
  const base = new MemoryFileSystem({ '/file': 'base', '/dir/inner': 'inner' });
  const middle = new OverlayFileSystem({ lower: base });
  const top = new OverlayFileSystem({ lower: middle });
  top.writeFileSync('/file', 'top');
  top.rmSync('/dir', { recursive: true });
  assert.deepEqual([base.readFileSync('/file', 'utf8'), middle.readFileSync('/file', 'utf8')], ['base', 'base']);
  top.commit();
  assert.deepEqual([base.readFileSync('/file', 'utf8'), middle.readFileSync('/file', 'utf8')], ['base', 'top']);
  assert.deepEqual(middle.changes(), [change('removed', 'directory', '/dir'), change('modified', 'file', '/file')]);
  middle.commit();
  assert.deepEqual(base.toJSON(), { '/file': 'top' });
});

test('a commit that is stopped says where, and goes on', () => {
  const lower = new MemoryFileSystem({ '/old': 'x'.repeat(90) }, { maxBytes: 100 });
  const overlay = new OverlayFileSystem({ lower });
  overlay.writeFileSync('/a', 'fits');
  overlay.writeFileSync('/b', 'does not fit');
  assert.throws(() => overlay.commit(), { code: 'ENOSPC', path: '/b', syscall: 'commit', done: 1 });
  assert.deepEqual(overlay.changes(), [change('created', 'file', '/b')]);
  assert.deepEqual(lower.readdirSync('/').sort(), ['a', 'old']);
  lower.unlinkSync('/old');
  assert.deepEqual(overlay.commit(), [change('created', 'file', '/b')]);
  assert.deepEqual(lower.toJSON(), { '/a': 'fits', '/b': 'does not fit' });
});

ours('an upper without room: the guest reads NOSPC, and the file is whole', (host) => {
  const lower = new MemoryFileSystem({ '/big': 'x'.repeat(1000) });
  const overlay = new OverlayFileSystem({ lower, upper: new MemoryFileSystem({}, { maxBytes: 100 }) });
  const guest = host.guest({ preopens: { '/': overlay } });
  const fd = guest.opened(3, 'big', { write: true });
  assert.equal(guest.write(fd, 'no').errno, 'NOSPC');
  assert.equal(overlay.readFileSync('/big', 'utf8'), 'x'.repeat(1000));
  assert.deepEqual(overlay.changes(), []);
  assert.equal(overlay.upper.usage.bytes, 0);
});

test('a lower that disappears: what the overlay holds stays', (t) => {
  const folder = project(t);
  const overlay = new OverlayFileSystem({ lower: folder });
  overlay.writeFileSync('/src/main.c', 'mine');
  fs.rmSync(folder, { recursive: true });
  assert.deepEqual(overlay.readdirSync('/'), ['src']);
  assert.equal(overlay.readFileSync('/src/main.c', 'utf8'), 'mine');
  assert.throws(() => overlay.readFileSync('/notes.txt'), { code: 'ENOENT' });
  assert.throws(() => overlay.commit(), { code: 'ENOENT', done: 0 });
  assert.equal(overlay.readFileSync('/src/main.c', 'utf8'), 'mine');
});

ours('ten thousand directories in each other', (host) => {
  const lower = new MemoryFileSystem();
  const overlay = new OverlayFileSystem({ lower });
  for (const filesystem of [lower, overlay]) {
    const guest = host.guest({ preopens: { '/': filesystem }, maxFds: 10 });
    let fd = 3;
    for (let depth = 0; depth < 10_000; depth++) {
      if (filesystem === lower) guest.mkdir(fd, 'd');
      const next = guest.opened(fd, 'd', { oflags: 2 });
      if (fd !== 3) guest.close(fd);
      fd = next;
    }
    if (filesystem === overlay) guest.write(guest.create(fd, 'bottom'), 'deep');
  }
  const [made, ...others] = overlay.changes();
  assert.deepEqual([made.path, others], [`/${'d/'.repeat(10_000)}bottom`, []]);
  assert.equal(overlay.commit().length, 1);
});

test('options that are wrong are refused by name', (t) => {
  const folder = project(t);
  const make = (options) => () => new OverlayFileSystem(options);
  const type = { name: 'TypeError', code: 'ERR_INVALID_ARG_TYPE' };
  for (const options of [undefined, null, 'x', 1, []]) assert.throws(make(options), { ...type, message: /"options"/ });
  for (const lower of [undefined, null, 1, [], Symbol('x'), () => {}]) assert.throws(make({ lower }), { ...type, message: /options\.lower/ });
  assert.throws(make({ lower: {} }), { ...type, message: /options\.lower\.path/ });
  assert.throws(make({ lower: { path: folder, specialFiles: 1 } }), { ...type, message: /options\.lower\.specialFiles/ });
  assert.throws(make({ lower: { path: folder, readonly: true } }), { code: 'ERR_INVALID_ARG_VALUE', message: /readonly/ });
  assert.throws(make({ lower: folder, uper: 1 }), { code: 'ERR_INVALID_ARG_VALUE', message: /uper/ });
  assert.throws(make({ lower: `${folder}\0` }), { code: 'ERR_INVALID_ARG_VALUE' });
  for (const upper of [null, {}, folder, new OverlayFileSystem({ lower: folder })]) {
    assert.throws(make({ lower: folder, upper }), { ...type, message: /options\.upper/ });
  }
  const memory = new MemoryFileSystem();
  assert.throws(make({ lower: memory, upper: memory }), { code: 'ERR_INVALID_ARG_VALUE', message: /another filesystem/ });
  assert.throws(make({ lower: path.join(folder, 'missing') }), { code: 'ENOENT', path: path.join(folder, 'missing'), syscall: 'open' });
  assert.throws(make({ lower: path.join(folder, 'notes.txt') }), { code: 'ENOTDIR' });
  assert.throws(() => OverlayFileSystem.prototype.changes.call(memory), TypeError);
});

ours('special files of the lower are opened only where that is allowed', (host) => {
  const refused = new OverlayFileSystem({ lower: { path: '/dev' } });
  assert.throws(() => refused.openSync('/null', 'r'), { code: 'EACCES' });
  const allowed = new OverlayFileSystem({ lower: { path: '/dev', specialFiles: true } });
  const guest = host.guest({ preopens: { '/refused': refused, '/dev': allowed } });
  assert.equal(guest.open(3, 'null', { write: true }).errno, 'NOTCAPABLE');
  assert.deepEqual(guest.write(guest.opened(4, 'null', { write: true }), 'gone'), { errno: 'SUCCESS', written: 4 });
});
