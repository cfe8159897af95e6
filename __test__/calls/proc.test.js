'use strict';
// proc_exit (more of it in lifecycle.test.js) and proc_raise.
const assert = require('node:assert/strict');
const { spawnSync } = require('node:child_process');
const { hosts, both, differs, ours } = require('../helpers/both');
const why = require('../helpers/why');

// Starts a WASI in a process of its own; `body` is the guest's _start.
function child(host, body, options = "{ version: 'preview1' }") {
  const code = `
    const { WASI } = require(${JSON.stringify(host.specifier)});
    process.on('exit', () => console.log('exit event'));
    process.on('SIGTERM', () => console.log('SIGTERM handler'));
    const wasi = new WASI(${options});
    const _start = () => { ${body} };
    let code;
    try { code = wasi.start({ exports: { memory: new WebAssembly.Memory({ initial: 1 }), _start } }); }
    catch (error) { code = error instanceof Error ? 'threw ' + error.name + ': ' + error.message : String(error); }
    console.log('returned', code);
    setImmediate(() => console.log('host goes on'));`;
  const result = spawnSync(process.execPath, ['--no-warnings', '-e', code], { encoding: 'utf8', timeout: 20000 });
  return { status: result.status, signal: result.signal, stdout: result.stdout };
}

both('with returnOnExit false, proc_exit ends the process with its code', ({ specifier }) => {
  for (const [code, status] of [[0, 0], [7, 7], [256 + 3, 3]]) {
    const result = child({ specifier }, `wasi.wasiImport.proc_exit(${code});`, "{ version: 'preview1', returnOnExit: false }");
    assert.deepEqual({ status: result.status, signal: result.signal }, { status, signal: null });
    assert.ok(!result.stdout.includes('returned'));
  }
});

for (const [name, signal] of [['SIGHUP', 1], ['SIGKILL', 9], ['SIGTERM', 15]]) {
  differs(`proc_raise of ${name}`, why.raise, {
    node() {
      const result = child(hosts.node, `wasi.wasiImport.proc_raise(${signal});`);
      if (name === 'SIGTERM') assert.ok(result.stdout.includes('SIGTERM handler'));
      else assert.equal(result.signal, name);
    },
    ours() {
      const result = child(hosts.ours, `wasi.wasiImport.proc_raise(${signal}); console.log('guest goes on');`);
      assert.equal(result.signal, null);
      assert.equal(result.status, 0);
      assert.ok(!result.stdout.includes('guest goes on'));
      assert.ok(!result.stdout.includes('SIGTERM handler'));
      assert.match(result.stdout, /^returned/m);
      assert.match(result.stdout, /^host goes on/m);
    },
  });
}

ours('a raised signal ends the guest as a shell would report it', (host) => {
  for (const signal of [2, 6, 9, 15]) {
    const guest = host.guest();
    const wasi = new host.WASI({ version: 'preview1' });
    const code = wasi.start({ exports: { memory: guest.memory, _start() { wasi.wasiImport.proc_raise(signal); } } });
    assert.equal(code, 128 + signal);
  }
});

both('signals that do not exist', (host) => {
  const guest = host.guest();
  for (const signal of [31, 32, 64, 255]) assert.equal(guest.call('proc_raise', signal), 'NOSYS');
  assert.equal(guest.call('proc_raise', 0), 'NOSYS');
});
