'use strict';
// Programs in C, each under both hosts: what they print must be the same, and what is expected.
const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { both, hosts, ours } = require('./helpers/both');
const { child } = require('./helpers/child');
const { client } = require('./helpers/client');
const { load, run } = require('./helpers/program');

// The output of a guest under both hosts, each in a directory of its own.
function same(name, { differences = [], ...options } = {}) {
  const outputs = {};
  both(`${name} ends well`, (host) => {
    const { code, stdout, error } = run(host, name, { preopens: { '/sandbox': host.tmp() }, ...options });
    assert.equal(error, undefined);
    assert.equal(code, 0);
    outputs[host.name] = stdout;
  });
  ours(`${name} prints the same under both`, () => {
    let [theirs, mine] = [outputs['node:wasi'], outputs.preopen];
    assert.ok(mine.length > 0);
    for (const [node, preopen] of differences) {
      assert.ok(theirs.includes(node), node);
      assert.ok(mine.includes(preopen), preopen);
      theirs = theirs.replaceAll(node, preopen);
    }
    assert.equal(mine, theirs);
  });
  return outputs;
}

same('args_env', { args: ['args_env', 'two words', '', 'ü'], env: { A: '1', LONG: 'x'.repeat(5000) } });
same('file_io');
same('tree');
same('links');
same('clocks');
same('random');
same('grow');
// node:wasi sets whole seconds.
same('times', {
  differences: [
    ['file: 1000000000.000000000 1000000001.000000000\nutimensat', 'file: 1000000000.123456789 1000000001.987654321\nutimensat'],
    ['1000000000.000000000 5.000000000', '1000000000.123456789 5.000000006'],
    ['link: 1000000000.000000000 1000000001.000000000', 'link: 1000000000.123456789 1000000001.987654321'],
  ],
});

both('exit codes', (host) => {
  for (const [args, code] of [[[], 0], [['0'], 0], [['1'], 1], [['255'], 255], [['300'], 300], [['-1'], -1]]) {
    assert.equal(run(host, 'exit_code', { args: ['exit_code', ...args] }).code, code);
  }
});

both('a guest that aborts', (host) => {
  const { code, error } = run(host, 'abort');
  assert.equal(code, undefined);
  assert.ok(error instanceof WebAssembly.RuntimeError);
  assert.match(error.message, /unreachable/);
});

both('a guest that catches everything catches the end of proc_exit', (host) => {
  const { code, instance } = run(host, 'catch_all');
  assert.equal(code, 7);
  assert.equal(instance.exports.caught.value, 1);
});

both('a reactor', (host) => {
  const dir = host.tmp();
  fs.writeFileSync(path.join(dir, 'numbers'), Buffer.from([1, 2, 3]));
  const { instance, error } = run(host, 'reactor', { preopens: { '/sandbox': dir } });
  assert.equal(error, undefined);
  assert.equal(instance.exports.initialized(), 1);
  assert.equal(instance.exports.sum(), 6);
  fs.writeFileSync(path.join(dir, 'numbers'), Buffer.alloc(1000, 200));
  assert.equal(instance.exports.sum(), 200000);
  fs.unlinkSync(path.join(dir, 'numbers'));
  assert.equal(instance.exports.sum(), -1);
});

ours('a guest that raises a signal ends, the host does not', (host) => {
  const { code, stdout } = run(host, 'raise', { args: ['raise', '9'] });
  assert.deepEqual([code, stdout], [137, 'raising\n']);
});

ours('a guest that opens all it can', (host) => {
  const dir = host.tmp();
  fs.writeFileSync(path.join(dir, 'file'), '');
  const { code, stdout } = run(host, 'descriptors', { args: ['descriptors', '5000'], preopens: { '/sandbox': dir }, maxFds: 50 });
  assert.deepEqual([code, stdout], [1, 'refused: EMFILE\nopened 46\n']);
});

both('a guest that polls its input', async (host) => {
  const code = `
    const { WASI } = require(${JSON.stringify(host.specifier)});
    const wasi = new WASI({ version: 'preview1', args: ['poll'] });
    const module = new WebAssembly.Module(require('node:fs').readFileSync(${JSON.stringify(path.join(__dirname, 'guests/poll.wasm'))}));
    process.exitCode = wasi.start(new WebAssembly.Instance(module, wasi.getImportObject()));`;
  const { status, stdout } = await child(code, { shell: '(sleep 0.1; printf abc; sleep 0.2; printf defgh) | $NODE' });
  assert.deepEqual([status, stdout], [0, 'read 3\nread 5\nread 0\n']);
});

ours('a guest that serves connections', async (host) => {
  const [output] = [path.join(host.tmp(), 'out')];
  const stdout = fs.openSync(output, 'w');
  const wasi = new host.WASI({ version: 'preview1', args: ['echo_server', '3', '2'], sockets: ['127.0.0.1:0'], stdout });
  const [{ fd, port }] = wasi.sockets;
  assert.equal(fd, 3);
  const text = 'x'.repeat(300000);
  const peers = [await client(host.t, port), await client(host.t, port)];
  peers[0].send('hello, ');
  peers[0].send('guest');
  peers[0].end();
  peers[1].send(text);
  peers[1].end();
  assert.equal(wasi.start(new WebAssembly.Instance(load('echo_server'), wasi.getImportObject())), 0);
  assert.equal(await peers[0].received(12), 'HELLO, GUEST');
  assert.equal(await peers[1].received(text.length), text.toUpperCase());
  assert.equal(await peers[1].ended(), true);
  fs.closeSync(stdout);
  assert.equal(fs.readFileSync(output, 'utf8'), 'echoed 12 bytes, then 0\nshutdown: 0\nclose: 0\necho'
    + `ed ${text.length} bytes, then 0\nshutdown: 0\nclose: 0\n`);
});

ours('the guests run under preopen alone as they do beside node:wasi', async () => {
  // In a process that never loads node:wasi.
  const code = `
    const { WASI } = require(${JSON.stringify(hosts.ours.specifier)});
    const wasi = new WASI({ version: 'preview1', args: ['exit_code', '42'] });
    const module = new WebAssembly.Module(require('node:fs').readFileSync(${JSON.stringify(path.join(__dirname, 'guests/exit_code.wasm'))}));
    process.exitCode = wasi.start(new WebAssembly.Instance(module, wasi.getImportObject()));`;
  assert.equal((await child(code)).status, 42);
});
