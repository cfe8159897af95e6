'use strict';
// The module's and an instance's shape: names, property attributes, import objects.
const assert = require('node:assert/strict');
const { SIGNATURES } = require('./helpers/abi');
const { both, differs, hosts, ours } = require('./helpers/both');
const why = require('./helpers/why');

const NAMES = Object.keys(SIGNATURES);

both('WASI is a class without required arguments', ({ WASI }) => {
  assert.equal(typeof WASI, 'function');
  assert.equal(WASI.name, 'WASI');
  assert.equal(WASI.length, 0);
  assert.throws(() => WASI({ version: 'preview1' }), TypeError);
  class Sub extends WASI {}
  const sub = new Sub({ version: 'preview1' });
  assert.ok(sub instanceof Sub && sub instanceof WASI);
});

both('the prototype has the methods of node:wasi', { since: 24 }, ({ WASI }) => {
  for (const name of ['finalizeBindings', 'start', 'initialize', 'getImportObject']) {
    const property = Object.getOwnPropertyDescriptor(WASI.prototype, name);
    assert.equal(typeof property.value, 'function', name);
    assert.deepEqual([property.writable, property.enumerable, property.configurable], [true, false, true], name);
    assert.throws(() => new property.value(), TypeError);
  }
  assert.deepEqual(['finalizeBindings', 'start', 'initialize', 'getImportObject'].map((name) => WASI.prototype[name].length), [1, 1, 1, 0]);
});

both('the one own string property of an instance is wasiImport', ({ WASI }) => {
  const wasi = new WASI({ version: 'preview1' });
  assert.deepEqual(Object.getOwnPropertyNames(wasi), ['wasiImport']);
  const property = Object.getOwnPropertyDescriptor(wasi, 'wasiImport');
  assert.equal(typeof property.value, 'object');
  assert.deepEqual([property.writable, property.enumerable, property.configurable], [true, true, true]);
});

both('wasiImport has the 46 functions as own, enumerable, writable properties', ({ WASI }) => {
  const { wasiImport } = new WASI({ version: 'preview1' });
  assert.deepEqual(Object.keys(wasiImport).sort(), [...NAMES].sort());
  for (const [name, signature] of Object.entries(SIGNATURES)) {
    const property = Object.getOwnPropertyDescriptor(wasiImport, name);
    assert.equal(typeof property.value, 'function', name);
    assert.deepEqual([property.writable, property.enumerable, property.configurable], [true, true, true], name);
    assert.equal(Object.hasOwn(property.value, 'prototype'), false, name);
    if (name === 'proc_exit') continue;
    assert.equal(property.value.length, signature.length, name);
    assert.equal(property.value.name, `bound ${name}`);
  }
});

both('functions may be replaced, pulled off, and outlive the WASI in a variable', (host) => {
  const guest = host.guest();
  const { clock_res_get: pulled, ...rest } = guest.wasi.wasiImport;
  assert.equal(Object.keys(rest).length, 45);
  assert.equal(pulled.call(undefined, 0, 256), 0);
  assert.equal(Reflect.apply(pulled, { other: 'receiver' }, [0, 256]), 0);
  guest.wasi.wasiImport.clock_res_get = () => 77;
  assert.equal(guest.wasi.getImportObject().wasi_snapshot_preview1.clock_res_get(), 77);
});

both('getImportObject gives a fresh object around the same functions', ({ WASI }) => {
  for (const [version, name] of [['preview1', 'wasi_snapshot_preview1'], ['unstable', 'wasi_unstable']]) {
    const wasi = new WASI({ version });
    const one = wasi.getImportObject();
    assert.deepEqual(Object.keys(one), [name]);
    assert.equal(one[name], wasi.wasiImport);
    assert.notEqual(wasi.getImportObject(), one);
    const replaced = {};
    wasi.wasiImport = replaced;
    assert.equal(wasi.getImportObject()[name], replaced);
  }
});

both('two instances have nothing in common', (host) => {
  const [one, two] = [host.guest({ args: ['one'] }), host.guest({ args: ['two'] })];
  assert.notEqual(one.wasi.wasiImport, two.wasi.wasiImport);
  assert.deepEqual(one.strings('args_get', 'args_sizes_get').list, ['one']);
  assert.deepEqual(two.strings('args_get', 'args_sizes_get').list, ['two']);
});

both('an instance does not clone', ({ WASI }) => {
  assert.throws(() => structuredClone(new WASI({ version: 'preview1' })), { name: 'DataCloneError' });
});

differs('arguments of the wrong type', why.coercion, {
  node(host) {
    const guest = host.guest();
    assert.equal(guest.raw.clock_res_get(0), 28);
    assert.equal(guest.raw.clock_res_get('0', 256), 28);
    assert.equal(guest.raw.clock_res_get(-1, 256), 28);
    assert.equal(guest.raw.clock_res_get(0.5, 256), 28);
    assert.equal(guest.raw.clock_time_get(0, 0, 256), 28);
  },
  ours(host) {
    const guest = host.guest();
    assert.equal(guest.raw.clock_res_get('0', 256), 0);
    assert.equal(guest.raw.clock_res_get(0.5, 256), 0);
    assert.equal(guest.raw.clock_res_get(2 ** 32, 256), 0);
    assert.equal(guest.raw.clock_res_get(-1, 256), 28);
    assert.throws(() => guest.raw.clock_time_get(0, 0, 256), TypeError);
    assert.equal(guest.raw.clock_time_get(0, 2n ** 64n, 256), 0);
    assert.throws(() => guest.raw.clock_res_get(0, Symbol('s')), TypeError);
  },
});

differs('a call before the memory is known', why.coercion, {
  node({ WASI }) {
    const { wasiImport } = new WASI({ version: 'preview1' });
    const error = { name: 'Error', code: 'ERR_WASI_NOT_STARTED', message: 'wasi.start() has not been called' };
    assert.throws(() => wasiImport.clock_res_get(0, 0), error);
    assert.equal(wasiImport.clock_res_get(), 28);
  },
  ours({ WASI }) {
    const { wasiImport } = new WASI({ version: 'preview1' });
    const error = { name: 'Error', code: 'ERR_WASI_NOT_STARTED', message: 'wasi.start() has not been called' };
    for (const [name, signature] of Object.entries(SIGNATURES)) {
      if (name === 'proc_exit') continue;
      assert.throws(() => wasiImport[name](...[...signature].map((type) => (type === 'i' ? 0 : 0n))), error, name);
    }
  },
});

ours('the module names what node:wasi names, and nothing warns', () => {
  const { execFileSync } = require('node:child_process');
  const { WASI } = require(hosts.ours.specifier);
  assert.equal(typeof WASI, 'function');
  const code = `const { WASI } = require(${JSON.stringify(hosts.ours.specifier)});
    process.on('warning', (warning) => { console.log('warned', warning.message); });
    new WASI({ version: 'preview1' });`;
  assert.equal(execFileSync(process.execPath, ['-e', code], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }), '');
});

ours('the CommonJS and the ES module are one', async () => {
  const path = require('node:path');
  const { pathToFileURL } = require('node:url');
  const module = await import(pathToFileURL(path.join(hosts.ours.specifier, 'index.js')));
  assert.equal(module.WASI, hosts.ours.WASI);
  assert.equal(module.default.WASI, hosts.ours.WASI);
});
