'use strict';
// The command line: run and inspect.
const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { ours, root } = require('./helpers/both');
const { child } = require('./helpers/child');
const { client } = require('./helpers/client');

const bin = path.join(root, JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8')).bin.preopen);
const guest = (name) => path.join(__dirname, 'guests', `${name}.wasm`);
const preopen = (args, options) => child(bin, { file: true, args, ...options });

ours('run: arguments, environment, exit code', async () => {
  const { status, stdout, stderr } = await preopen(['run', guest('args_env'), '--env', 'A=1', '--env', 'B=x=y', '--', 'one', '--two', '']);
  assert.deepEqual({ status, stderr }, { status: 0, stderr: '' });
  assert.equal(stdout, 'arg 0: [args_env.wasm]\narg 1: [one]\narg 2: [--two]\narg 3: []\nenv: [A=1]\nenv: [B=x=y]\n');
  for (const [code, wanted] of [['0', 0], ['3', 3], ['255', 255]]) assert.equal((await preopen(['run', guest('exit_code'), '--', code])).status, wanted);
});

ours('run: nothing of the environment is passed on unasked', async () => {
  const { stdout } = await preopen(['run', guest('args_env')], { env: { SECRET_OF_THE_HOST: 'x' } });
  assert.equal(stdout, 'arg 0: [args_env.wasm]\n');
  const asked = await preopen(['run', '--env', 'SECRET_OF_THE_HOST', '--env', 'NOT_SET_ANYWHERE', guest('args_env')], { env: { SECRET_OF_THE_HOST: 'x' } });
  assert.equal(asked.stdout, 'arg 0: [args_env.wasm]\nenv: [SECRET_OF_THE_HOST=x]\n');
});

ours('run: standard input and output are the process\'s', async () => {
  const input = 'some text\n'.repeat(50000);
  for (const shell of [undefined, 'cat | $NODE | cat']) {
    const { status, stdout, stderr } = await preopen(['run', guest('cat')], { input, shell });
    assert.deepEqual({ status, stderr }, { status: 0, stderr: `${input.length} bytes\n` });
    assert.equal(stdout, input);
  }
});

ours('run: directories, writable and read-only', async (host) => {
  const dir = host.tmp();
  const written = await preopen(['run', '--dir', `${dir}::/sandbox`, guest('file_io')]);
  assert.deepEqual([written.status, written.stderr], [0, '']);
  assert.deepEqual(fs.readdirSync(dir), ['file']);
  fs.unlinkSync(path.join(dir, 'file'));
  const refused = await preopen(['run', `--dir=${dir}::/sandbox:ro`, guest('file_io')]);
  assert.match(refused.stdout, /^create: EROFS$/m);
  assert.deepEqual(fs.readdirSync(dir), []);
  const none = await preopen(['run', guest('file_io')]);
  assert.doesNotMatch(none.stdout, /^create: ok$/m);
});

ours('run: the report example from the command line', async (host) => {
  const out = host.tmp();
  const { status, stdout } = await preopen(['run', '--dir', `${path.join(root, 'examples')}::/repo:ro`, '--dir', `${out}::/out`, '--env', 'REPORT_TITLE=T',
    path.join(root, 'examples/report.wasm'), '--', '--out', '/out/report.md', '/repo'], { input: 'skip out\ncount include\n' });
  assert.equal(status, 0);
  assert.match(stdout, /\/repo: \d+ files read/);
  assert.match(fs.readFileSync(path.join(out, 'report.md'), 'utf8'), /^# T\n[^]*\| `include` \| \d+ \|/);
});

ours('run: a program of preview0', async (host) => {
  const { status, stdout } = await preopen(['run', '--dir', `${host.tmp()}::/`, guest('preview0')]);
  assert.equal(status, 9);
  assert.match(stdout, /^seek from the start 0\nat 4$/m);
});

ours('run: a program that traps, one that raises, one that opens too much', async (host) => {
  const trapped = await preopen(['run', guest('abort')]);
  assert.equal(trapped.status, 134);
  assert.match(trapped.stderr, /trapped: unreachable/);
  assert.equal((await preopen(['run', guest('raise'), '--', '9'])).status, 137);
  const dir = host.tmp();
  fs.writeFileSync(path.join(dir, 'file'), '');
  const limited = await preopen(['run', '--max-fds', '20', '--dir', `${dir}::/sandbox`, guest('descriptors'), '--', '100']);
  assert.deepEqual([limited.status, limited.stdout], [1, 'refused: EMFILE\nopened 16\n']);
});

ours('run: a listening socket', async (host) => {
  const net = require('node:net');
  // A port that is free now.
  const server = net.createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  const running = preopen(['run', '--tcplisten', `127.0.0.1:${port}`, guest('echo_server'), '--', '3', '1']);
  let peer;
  for (let attempt = 0; !peer; attempt++) {
    peer = await client(host.t, port).catch(() => undefined);
    assert.ok(peer || attempt < 100);
    if (!peer) await new Promise((resolve) => setTimeout(resolve, 50));
  }
  peer.send('hello');
  peer.end();
  assert.equal(await peer.received(5), 'HELLO');
  const { status, stdout } = await running;
  assert.deepEqual([status, stdout], [0, 'echoed 5 bytes, then 0\nshutdown: 0\nclose: 0\n']);
});

ours('what cannot be run is told in a line, without a stack', async (host) => {
  const dir = host.tmp();
  const file = (name, bytes) => {
    fs.writeFileSync(path.join(dir, name), bytes);
    return path.join(dir, name);
  };
  const damaged = fs.readFileSync(guest('cat')).subarray(0, 1000);
  for (const [args, status, message] of [
    [['run', path.join(dir, 'none.wasm')], 1, /there is no such file/],
    [['run', dir], 1, /it is a directory/],
    [['run', file('empty.wasm', '')], 1, /not WebAssembly/],
    [['run', file('text.wat', '(module)')], 1, /text/],
    [['run', file('random.wasm', Buffer.alloc(100, 7))], 1, /not WebAssembly/],
    [['run', file('damaged.wasm', damaged)], 1, /damaged|cannot compile/],
    [['run', guest('reactor')], 1, /reactor/],
    [['run', guest('shared')], 1, /shared memory/],
    [['run', guest('memory64')], 1, /64-bit/],
    [['run', '--dir', `${path.join(dir, 'none')}::/x`, guest('cat')], 1, /there is no such directory/],
    [['run', '--dir', '::', guest('cat')], 2, /--dir/],
    [['run', '--env', '=x', guest('cat')], 2, /--env/],
    [['run', '--max-fds', 'x', guest('cat')], 2, /--max-fds/],
    [['run', '--nonsense', guest('cat')], 2, /--nonsense/],
    [['run', guest('cat'), '--env'], 2, /needs a value/],
    [['run'], 2, /which module/],
    [['inspect'], 2, /module/],
    [['inspect', path.join(dir, 'none.wasm')], 1, /there is no such file/],
    [[], 2, /no command/],
    [['walk'], 2, /walk/],
  ]) {
    const result = await preopen(args);
    assert.equal(result.status, status, `${args}: ${result.stderr}`);
    assert.match(result.stderr, message);
    assert.match(result.stderr, /^preopen: /);
    assert.doesNotMatch(result.stderr, /\n\s+at /);
    assert.equal(result.stdout, '');
  }
});

ours('help and version', async () => {
  for (const args of [['--help'], ['-h'], ['run', '--help'], ['inspect', '--help']]) {
    const { status, stdout } = await preopen(args);
    assert.equal(status, 0);
    assert.match(stdout, /preopen run/);
  }
  assert.equal((await preopen(['--version'])).stdout.trim(), JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8')).version);
});

ours('inspect: what a module needs, and whether it is provided', async () => {
  const cat = await preopen(['inspect', guest('cat')]);
  assert.equal(cat.status, 0);
  assert.match(cat.stdout, /Needs: WASI preview1\nProvided: everything/);
  assert.match(cat.stdout, /wasi_snapshot_preview1\.fd_read/);
  assert.match(cat.stdout, /_start/);
  assert.match((await preopen(['inspect', guest('preview0')])).stdout, /Needs: WASI preview0\nProvided: everything/);
  assert.match((await preopen(['inspect', guest('reactor')])).stdout, /a reactor/);
  const json = JSON.parse((await preopen(['inspect', '--json', guest('cat')])).stdout);
  assert.deepEqual([json.wasi, json.kind, json.provided], [['preview1'], 'command', true]);
  const imported = WebAssembly.Module.imports(new WebAssembly.Module(fs.readFileSync(guest('cat'))));
  assert.deepEqual(json.imports.map(({ module, name }) => `${module}.${name}`), imported.map(({ module, name }) => `${module}.${name}`));
});

ours('--help behind the module is the module\'s own', async () => {
  assert.equal((await preopen(['run', guest('args_env'), 'first', '--help'])).stdout, 'arg 0: [args_env.wasm]\narg 1: [first]\narg 2: [--help]\n');
  for (const words of [['run', '--help'], ['run', guest('args_env'), '-h'], ['inspect', '--help']]) {
    const { status, stdout } = await preopen(words);
    assert.equal(status, 0);
    assert.match(stdout, /^preopen: runs/, words.join(' '));
  }
});
