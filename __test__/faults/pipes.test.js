'use strict';
// Standard output that nobody takes any more.
const assert = require('node:assert/strict');
const { PassThrough, Writable } = require('node:stream');
const { once } = require('node:events');
const path = require('node:path');
const { test } = require('node:test');
const { root } = require('../helpers/both');
const { child } = require('../helpers/child');
const { doors, file, run } = require('../helpers/door');
const { engine, spawn } = require('../helpers/engine');

const bin = path.join(root, 'bin/preopen.js');

for (const door of doors) {
  test(`a pipe whose reader went away is EPIPE to a guest in ${door}, and no signal to the host`, async () => {
    const code = `
      const { run } = require(${JSON.stringify(require.resolve('../helpers/door'))});
      run('${door}', ['flood'], { stdout: 1, stderr: 2 }).then(({ code }) => console.error('exit code', code));`;
    const { status, stdout, stderr } = await child(code, { shell: '$NODE | head -n 1' });
    assert.deepEqual([status, stdout.length, stderr], [0, 64, 'EPIPE\nexit code 7\n']);
  });

  test(`a socket whose other end is gone likewise, in ${door}`, async () => {
    // What spawn() makes are sockets.
    const { spawn: start } = require('node:child_process');
    const code = `
      const { run } = require(${JSON.stringify(require.resolve('../helpers/door'))});
      run('${door}', ['flood'], { stdout: 1, stderr: 2 }).then(({ code }) => process.exit(code));`;
    const guest = start(process.execPath, ['-e', code], { stdio: ['ignore', 'pipe', 'pipe'] });
    let stderr = '';
    guest.stderr.setEncoding('utf8').on('data', (data) => { stderr += data; });
    guest.stdout.once('data', () => guest.stdout.destroy());
    const [status, signal] = await once(guest, 'close');
    assert.equal(signal, null);
    assert.equal(status, 7);
    assert.match(stderr, /^E(PIPE|CONNRESET)\n$/);
  });

  test(`a Writable that is destroyed in the middle is EPIPE to a guest in ${door}`, async () => {
    let taken = 0;
    const writable = new Writable({
      write(chunk, encoding, done) {
        taken += chunk.length;
        if (taken > 200_000) this.destroy();
        done();
      },
    });
    const { code, stderr } = await run(door, ['flood'], { stdout: writable });
    assert.deepEqual([code, stderr], [7, 'EPIPE\n']);
  });
}

test('a pipeline of the command line ends when its reader has enough', async () => {
  const { status, stdout, stderr } = await child(bin, { file: true, args: ['run', file, '--', 'flood'], shell: '$NODE | head -n 1' });
  assert.deepEqual([status, stdout.length, stderr], [0, 64, 'EPIPE\n']);
});

test('inspect and help likewise', async () => {
  for (const args of [['inspect', file], ['--help']]) {
    const { status, stderr } = await child(bin, { file: true, args, shell: '$NODE | true' });
    assert.deepEqual([status, stderr], [0, ''], args[0]);
  }
});

engine('a reader of a spawned guest that goes away in the middle', async () => {
  for (const end of ['destroy', 'break']) {
    const guest = await spawn('journal', { args: ['flood'] });
    const said = guest.stderr.setEncoding('utf8').toArray();
    if (end === 'break') {
      for await (const chunk of guest.stdout) if (chunk.length > 0) break;
    } else {
      await once(guest.stdout, 'data');
      guest.stdout.destroy();
    }
    const { exitCode, reason } = await guest.exited;
    assert.deepEqual([exitCode, reason, (await said).join('')], [7, 'exit', 'EPIPE\n']);
  }
});

engine('a pipe through a stream that ends early', async () => {
  const guest = await spawn('journal', { args: ['flood'], stderr: 'ignore' });
  const through = new PassThrough();
  guest.stdout.pipe(through);
  await once(through, 'data');
  guest.stdout.unpipe(through);
  guest.stdout.destroy();
  assert.equal((await guest.exited).exitCode, 7);
});
