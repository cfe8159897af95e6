'use strict';
// Without descriptors: those of a guest's own limit, and those of the process.
const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');
const { tmp } = require('../helpers/both');
const { doors, run, said } = require('../helpers/door');
const { flags, suspends } = require('../helpers/async');
const { engine } = require('../helpers/engine');
const { alone } = require('../helpers/world');

const refused = { refused: 'EMFILE', some: 'yes', 'what is open': 'ok', again: 'ok' };

/** A folder with a file of one byte, and where it is in text for another process. */
function folder(t) {
  const at = tmp(t);
  fs.writeFileSync(path.join(at, 'file'), 'x');
  return [at, `const folder = ${JSON.stringify(at)};`];
}

for (const door of doors) {
  test(`maxFds: a guest in ${door} gets EMFILE, and goes on when it has closed one`, async (t) => {
    const [at] = folder(t);
    const { code, stdout, stderr } = await run(door, ['descriptors', '/d/file'], { preopens: { '/d': at }, maxFds: 30 });
    assert.deepEqual([code, stderr, said(stdout)], [0, '26', refused]);
  });

  test(`ulimit -n: the same to a guest in ${door}, and the process goes on`, async (t) => {
    const [, text] = folder(t);
    await alone(`${text}
      await run('${door}', []);
      const before = descriptors();
      const { code, stdout, stderr } = await run('${door}', ['descriptors', '/d/file'], { preopens: { '/d': folder }, maxFds: 1000 });
      assert.deepEqual([code, said(stdout)], [0, ${JSON.stringify(refused)}]);
      assert.ok(Number(stderr) < 100, stderr);
      assert.equal(descriptors(), before);
      assert.equal((await run('${door}', ['descriptors', '/d/file'], { preopens: { '/d': folder }, maxFds: 30 })).stderr, '26');
    `, { files: 100 });
  });
}

test('a constructor that runs out of descriptors names the cause, and releases what it had', async (t) => {
  const [, text] = folder(t);
  await alone(`${text}
    new preopen.WASI({ version: 'preview1', preopens: { '/d': folder } }).close();
    // Loaded while there are descriptors for it, and what its errors need.
    const Overlay = preopen.OverlayFileSystem;
    assert.throws(() => new Overlay({ lower: '/nowhere' }), { code: 'ENOENT' });
    const before = descriptors();
    const preopens = Object.fromEntries(Array.from({ length: 200 }, (_, i) => ['/' + i, folder]));
    for (let i = 0; i < 20; i++) {
      assert.throws(() => new preopen.WASI({ version: 'preview1', preopens, stdout: 'ignore' }), (error) => {
        assert.deepEqual([error.code, error.path], ['UVWASI_EMFILE', folder]);
        return true;
      });
      assert.equal(descriptors(), before);
    }
    // The limit of its own says the same.
    assert.throws(() => new preopen.WASI({ version: 'preview1', preopens, maxFds: 10 }), { code: 'UVWASI_EMFILE' });
    assert.equal(descriptors(), before);
    const held = [];
    try { for (;;) held.push(fs.openSync('/dev/null')); } catch (error) { assert.equal(error.code, 'EMFILE'); }
    for (const options of [{ stdin: 0 }, { preopens: { '/d': folder } }, { sockets: ['127.0.0.1:0'] }]) {
      assert.throws(() => new preopen.WASI({ version: 'preview1', ...options, stdin: 'x', stdout: 'ignore', stderr: 'ignore', ...options }),
        (error) => /EMFILE/.test(error.code), JSON.stringify(options));
    }
    assert.throws(() => new Overlay({ lower: folder }), { code: 'EMFILE', path: folder });
    // What needs none works without.
    const memory = new preopen.MemoryFileSystem({ file: 'x' });
    const wasi = new preopen.WASI({ version: 'preview1', preopens: { '/m': memory }, stdin: 'x', stdout: 'capture', stderr: 'ignore' });
    wasi.close();
    for (const fd of held) fs.closeSync(fd);
    new preopen.WASI({ version: 'preview1', preopens: { '/d': folder } }).close();
    assert.equal(descriptors(), before);
  `, { files: 100 });
});

test('a commit without descriptors stops, and goes on', async (t) => {
  const [at, text] = folder(t);
  await alone(`${text}
    const overlay = new preopen.OverlayFileSystem({ lower: folder });
    overlay.mkdirSync('/dir');
    for (const name of ['/file', '/dir/new', '/other']) overlay.writeFileSync(name, 'changed');
    const held = [];
    try { for (;;) held.push(fs.openSync('/dev/null')); } catch (error) { assert.equal(error.code, 'EMFILE'); }
    assert.throws(() => overlay.commit(), { code: 'EMFILE' });
    for (const fd of held) fs.closeSync(fd);
    assert.equal(fs.readFileSync(path.join(folder, 'file'), 'utf8'), 'x');
    overlay.commit();
  `, { files: 100 });
  assert.deepEqual(fs.readdirSync(at).sort(), ['dir', 'file', 'other']);
  for (const name of ['file', 'dir/new', 'other']) assert.equal(fs.readFileSync(path.join(at, name), 'utf8'), 'changed');
});

suspends('a guest that cannot be suspended without a descriptor waits where it is', async () => {
  await alone(`
    const { spawn } = require('node:child_process');
    const module = new WebAssembly.Module(fs.readFileSync(path.join(path.dirname(file), 'cat.wasm')));
    const source = spawn('sh', ['-c', 'sleep 0.2; echo late'], { stdio: ['ignore', 'pipe', 'inherit'] });
    const stdin = source.stdout._handle.fd;
    const start = (options) => {
      const wasi = new preopen.WASI({ version: 'preview1', args: ['cat'], stdout: 'capture', stderr: 'ignore', ...options });
      return [wasi, new WebAssembly.Instance(module, wasi.getImportObject())];
    };
    const [[wasi, instance], [other, second]] = [start({ stdin }), start({ stdin: () => null })];
    const held = [];
    try { for (;;) held.push(fs.openSync('/dev/null')); } catch (error) { assert.equal(error.code, 'EMFILE'); }
    const outcomes = await Promise.all([wasi.startAsync(instance), other.startAsync(second)]);
    for (const fd of held) fs.closeSync(fd);
    assert.deepEqual([...outcomes, wasi.stdout.text()], [0, 0, 'late\\n']);
    process.exit();
  `, { files: 100, flags });
});

engine('run() and spawn() without descriptors: an error that says so, and nothing is left', async (t) => {
  const [, text] = folder(t);
  await alone(`${text}
    const module = await preopen.compile(file, { engine: 'singlepass' });
    const { EventEmitter, once } = require('node:events');
    const args = ['journal', 'none'];
    assert.equal((await preopen.run(module, { args, stdout: () => {} })).exitCode, 64);
    const guest = preopen.spawn(module, { args });
    assert.equal((await guest.exited).exitCode, 64);
    for (const stream of [guest.stdout, guest.stderr]) if (!stream.closed) await once(stream.resume(), 'close');
    const before = descriptors();
    const held = [];
    try { for (;;) held.push(fs.openSync('/dev/null')); } catch (error) { assert.equal(error.code, 'EMFILE'); }
    for (let left = 0; left < 6; left++) {
      for (const options of [{ stdout: () => {}, stdin: () => null }, { preopens: { '/d': folder } }, { stdin: 0 }]) {
        const outcome = await preopen.run(module, { args, ...options }).then(({ exitCode }) => exitCode, (error) => error.code);
        assert.ok([64, 'EMFILE', 'UVWASI_EMFILE'].includes(outcome), left + ' left: ' + String(outcome));
        assert.ok(left > 0 || outcome !== 64, JSON.stringify(options));
      }
      const spawned = await (async () => preopen.spawn(module, { args }).exited)().then(({ exitCode }) => exitCode, (error) => error.code);
      assert.ok([64, 'EMFILE', 'UVWASI_EMFILE'].includes(spawned), left + ' left: ' + String(spawned));
      fs.closeSync(held.pop());
    }
    // What needs none works without.
    for (const fd of held.splice(1)) fs.closeSync(fd);
    fs.closeSync(held.pop());
    for (const end = Date.now() + 20_000; descriptors() !== before; await new Promise((resolve) => setTimeout(resolve, 5))) {
      assert.ok(Date.now() < end, descriptors() + ' descriptors, not ' + before);
    }
    assert.equal((await preopen.run(module, { args, stdout: () => {} })).exitCode, 64);
  `, { files: 100 });
});

engine('a run that gets no thread is an error that says so, and the next one runs', async () => {
  // The limit counts all processes of a user, but not root's: there the case shows nothing but that it runs.
  await alone(`
    const module = await preopen.compile(file, { engine: 'singlepass' });
    const outcomes = await Promise.all(Array.from({ length: 40 }, () => preopen.run(module, { args: ['journal', 'none'] })
      .then(({ exitCode }) => exitCode, (error) => error.code)));
    for (const outcome of outcomes) assert.ok([64, 'EAGAIN'].includes(outcome), String(outcome));
    assert.equal((await preopen.run(module, { args: ['journal', 'none'] })).exitCode, 64);
  `);
});
