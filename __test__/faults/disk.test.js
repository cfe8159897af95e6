'use strict';
// Disks that are full, become read-only, or vanish.
const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');
const { tmp } = require('../helpers/both');
const { doors, run, said } = require('../helpers/door');
const { skip: noEngine } = require('../helpers/engine');
const { NO_MOUNTS, alone, mounting } = require('../helpers/world');

/** A case that gets a folder which is a disk of 256 KiB in the processes that it starts. */
function onDisk(title, fn, skip = false) {
  test(title, { skip }, async (t) => {
    const disk = tmp(t);
    if (mounting(disk) === undefined) return t.skip(NO_MOUNTS);
    await fn(disk, (text, options) => alone(`const disk = ${JSON.stringify(disk)};${text}`, { disk, ...options }));
  });
}

for (const door of doors) {
  onDisk(`a full disk is ENOSPC to a guest in ${door}, which makes room and goes on`, (disk, inside) => inside(`
    const { code, stdout } = await run('${door}', ['fill', '/d/a', '/d/b'], { preopens: { '/d': disk } });
    assert.equal(code, 0);
    assert.deepEqual(said(stdout), {
      create: 'ok', write: 'ENOSPC', 'the file is as long as what was written': 'yes', another: 'ENOSPC', cut: 'ok',
      'write again': 'ok', sync: 'ok', close: 'ok', remove: 'ok',
    });
    // A hole lies before what it wrote in the end.
    assert.equal(fs.readFileSync(path.join(disk, 'a'), 'utf8').replaceAll('\\0', ''), 'goes on\\n');`));

  test(`a memory filesystem that is full is the same to a guest in ${door}`, async () => {
    const { MemoryFileSystem, OverlayFileSystem } = require('../..');
    for (const overlay of [false, true]) {
      const memory = new MemoryFileSystem({}, { maxBytes: 98_304 });
      const preopens = { '/d': overlay ? new OverlayFileSystem({ lower: new MemoryFileSystem(), upper: memory }) : memory };
      const { code, stdout } = await run(door, ['fill', '/d/a', '/d/b'], { preopens });
      assert.equal(code, 0);
      assert.deepEqual(said(stdout), {
        create: 'ok', write: 'ENOSPC', 'the file is as long as what was written': 'yes', another: 'ENOSPC', cut: 'ok',
        'write again': 'ok', sync: 'ok', close: 'ok', remove: 'ok',
      });
    }
  });

  test(`a file that may grow no more (ulimit -f) is EFBIG to a guest in ${door}, and no signal`, async (t) => {
    const folder = tmp(t);
    await alone(`
      const { code, stdout } = await run('${door}', ['fill', '/d/a', '/d/b'], { preopens: { '/d': ${JSON.stringify(folder)} } });
      assert.equal(code, 0);
      const { write, cut, sync, 'write again': again } = said(stdout);
      assert.deepEqual({ write, cut, sync, again }, { write: 'EFBIG', cut: 'ok', sync: 'ok', again: 'EFBIG' });
    `, { shell: 'ulimit -f 40 && exec $NODE' });
    assert.ok(fs.statSync(path.join(folder, 'a')).size <= 40 * 1024);
  });

  test(`a device that is full is ENOSPC to a guest in ${door}`, { skip: !fs.existsSync('/dev/full') }, async () => {
    const full = fs.openSync('/dev/full', 'w');
    try {
      const { code, stderr } = await run(door, ['flood'], { stdout: full });
      assert.deepEqual([code, stderr], [7, 'ENOSPC\n']);
    } finally {
      fs.closeSync(full);
    }
  });

  onDisk(`a disk that becomes read-only is EROFS to a guest in ${door}, and all of it can still be read`, (disk, inside) => inside(`
    fs.writeFileSync(path.join(disk, 'kept'), 'kept');
    const pid = process.pid;
    const guest = require('node:child_process').spawn(process.execPath, ['-e', \`
      const { run } = require(${JSON.stringify(require.resolve('../helpers/door'))});
      run('${door}', ['later', '/d/kept', '/d/new'], { preopens: { '/d': \${JSON.stringify(disk)} }, stdin: 0, stderr: 2 })
        .then(({ code, stdout }) => { console.log(stdout); process.exitCode = code; });
    \`], { stdio: ['pipe', 'pipe', 'pipe'] });
    await new Promise((resolve) => guest.stderr.once('data', resolve));
    execFileSync('mount', ['-o', 'remount,ro', disk]);
    guest.stdin.end('x');
    let stdout = '';
    for await (const chunk of guest.stdout) stdout += chunk;
    assert.deepEqual(said(stdout), {
      read: 'ok', sync: 'ok', 'open to read': 'ok', 'open to write': 'EROFS', make: 'EROFS', 'make a directory': 'EROFS', remove: 'EROFS',
    });
    execFileSync('mount', ['-o', 'remount,rw', disk]);
    assert.deepEqual(fs.readdirSync(disk), ['kept']);
    assert.equal((await run('${door}', ['fill', '/d/a', '/d/b'], { preopens: { '/d': disk } })).code, 0);
    assert.equal(fs.readFileSync(path.join(disk, 'kept'), 'utf8'), 'kept');`));

  onDisk(`a disk that is unmounted stays a guest's in ${door} until it lets go of it`, (disk, inside) => inside(`
    fs.writeFileSync(path.join(disk, 'kept'), 'kept');
    const guest = require('node:child_process').spawn(process.execPath, ['-e', \`
      const { run } = require(${JSON.stringify(require.resolve('../helpers/door'))});
      run('${door}', ['later', '/d/kept', '/d/new', 'writes'], { preopens: { '/d': \${JSON.stringify(disk)} }, stdin: 0, stderr: 2 })
        .then(({ code, stdout }) => { console.log(stdout); process.exitCode = code; });
    \`], { stdio: ['pipe', 'pipe', 'pipe'] });
    await new Promise((resolve) => guest.stderr.once('data', resolve));
    execFileSync('umount', ['-l', disk]);
    assert.deepEqual(fs.readdirSync(disk), []);
    guest.stdin.end('x');
    let stdout = '';
    for await (const chunk of guest.stdout) stdout += chunk;
    const { remove, make, write, ...others } = said(stdout);
    assert.deepEqual([remove, make, write], ['ok', 'ok', 'ok']);
    assert.deepEqual(fs.readdirSync(disk), [], 'nothing of it is where the disk was');`));

  test(`a directory that is removed under a guest in ${door}`, async (t) => {
    const folder = tmp(t);
    const inside = path.join(folder, 'd');
    fs.mkdirSync(inside);
    fs.writeFileSync(path.join(inside, 'kept'), 'kept');
    const code = `
      const { run } = require(${JSON.stringify(require.resolve('../helpers/door'))});
      run('${door}', ['later', '/d/kept', '/d/new', 'writes'], { preopens: { '/d': ${JSON.stringify(inside)} }, stdin: 0, stderr: 2 })
        .then(({ code, stdout }) => { console.log(stdout); process.exitCode = code; });`;
    const { spawn } = require('node:child_process');
    const guest = spawn(process.execPath, ['-e', code], { stdio: ['pipe', 'pipe', 'pipe'] });
    await new Promise((resolve) => guest.stderr.once('data', resolve));
    fs.rmSync(inside, { recursive: true });
    guest.stdin.end('x');
    let stdout = '';
    for await (const chunk of guest.stdout) stdout += chunk;
    assert.deepEqual(said(stdout), {
      read: 'ok', write: 'ok', sync: 'ok', 'open to read': 'ENOENT', 'open to write': 'ENOENT', make: 'ENOENT', 'make a directory': 'ENOENT',
      remove: 'ENOENT',
    });
  });
}

onDisk('a commit to a full disk says what was done, leaves each file whole, and goes on when there is room', (disk, inside) => inside(`
  const big = 'old '.repeat(10_000);
  for (const name of ['a', 'b', 'c', 'd']) fs.writeFileSync(path.join(disk, name), big);
  const overlay = new preopen.OverlayFileSystem({ lower: disk });
  const changed = 'changed '.repeat(8_000);
  for (const name of ['a', 'b', 'c']) overlay.writeFileSync('/' + name, changed);
  overlay.writeFileSync('/e', changed);
  overlay.unlinkSync('/d');
  const before = overlay.changes();
  assert.throws(() => overlay.commit(), (error) => {
    assert.deepEqual([error.code, error.syscall], ['ENOSPC', 'commit']);
    assert.ok(error.done > 0 && error.done < 5, String(error.done));
    assert.equal(overlay.changes().length, before.length - error.done);
    return true;
  });
  for (const name of fs.readdirSync(disk)) {
    assert.ok(['a', 'b', 'c', 'd', 'e'].includes(name), name);
    assert.ok([big, changed].includes(fs.readFileSync(path.join(disk, name), 'utf8')), name);
  }
  assert.equal(overlay.readFileSync('/c', 'utf8'), changed);
  execFileSync('mount', ['-o', 'remount,size=1m', disk]);
  overlay.commit();
  assert.deepEqual(overlay.changes(), []);
  assert.deepEqual(fs.readdirSync(disk).sort(), ['a', 'b', 'c', 'e']);
  for (const name of ['a', 'b', 'c', 'e']) assert.equal(fs.readFileSync(path.join(disk, name), 'utf8'), changed);`));

onDisk('a snapshot that does not fit is an error that says where', (disk, inside) => inside(`
  const memory = new preopen.MemoryFileSystem();
  memory.writeFileSync('/big', Buffer.alloc(400_000, 1));
  await assert.rejects((async () => memory.toDirectory(disk))(), { code: 'ENOSPC' });
  assert.equal(memory.statSync('/big').size, 400_000);`));

onDisk('a cache on a full disk: the module runs, and no half of an entry is left', (disk, inside) => inside(`
  fs.chmodSync(disk, 0o700);
  fs.writeFileSync(path.join(disk, 'ballast'), Buffer.alloc(250_000));
  const options = { engine: 'singlepass', cache: disk };
  for (let i = 0; i < 2; i++) {
    const module = await preopen.compile(file, options);
    assert.equal(module.cached, false);
    assert.equal((await preopen.run(module, { args: ['journal'] })).exitCode, 64);
    assert.deepEqual(fs.readdirSync(disk), ['ballast']);
  }
  fs.unlinkSync(path.join(disk, 'ballast'));
  execFileSync('mount', ['-o', 'remount,size=4m', disk]);
  for (const cached of [false, true]) assert.equal((await preopen.compile(file, options)).cached, cached);
  execFileSync('mount', ['-o', 'remount,ro', disk]);
  const module = await preopen.compile(file, { ...options, metered: true });
  assert.equal(module.cached, false);
  assert.equal((await preopen.run(module, { args: ['journal'] })).exitCode, 64);`), noEngine);

