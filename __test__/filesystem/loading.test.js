'use strict';
// How filesystems are loaded: by name from both kinds of modules, and only when they are asked for.
const assert = require('node:assert/strict');
const { execFileSync } = require('node:child_process');
const { test } = require('node:test');
const { root } = require('../helpers/both');

const run = (flags, code) => execFileSync(process.execPath, [...flags, '-e', code], { encoding: 'utf8', cwd: root });

test('an ES module imports them by name', () => {
  const code = `import { FileSystem, MemoryFileSystem, OverlayFileSystem, WASI } from './index.js'; console.log(FileSystem.name, MemoryFileSystem.name, OverlayFileSystem.name, WASI.name);`;
  assert.equal(run(['--input-type=module'], code), 'FileSystem MemoryFileSystem OverlayFileSystem WASI\n');
});

test('require loads none of them; making one loads no call; a call loads its own', () => {
  const code = `
    const loaded = () => Object.keys(require.cache).filter((name) => name.includes('lib/filesystem/')).map((name) => name.split('/').pop()).sort().join();
    const preopen = require('./index.js');
    console.log(loaded());
    const memory = new preopen.MemoryFileSystem();
    console.log(loaded());
    memory.existsSync('/');
    console.log(loaded().includes('names.js'), loaded().includes('files.js'), loaded().includes('promises.js'));`;
  assert.equal(run([], code), 'symbols.js\nbase.js,memory.js,symbols.js\ntrue false false\n');
});

test('the names of a FileSystem are there for whoever looks for them', () => {
  const { FileSystem, MemoryFileSystem } = require('../..');
  const memory = new MemoryFileSystem();
  const own = Object.getOwnPropertyNames(FileSystem.prototype).filter((name) => name !== 'constructor');
  for (const name of own) assert.notEqual(memory[name], undefined, name);
  assert.ok('readFileSync' in memory && 'readFile' in memory);
  assert.deepEqual(Object.keys(memory), []);
  const fs = require('node:fs');
  // What is missing has to do with processes and watching, or is deprecated.
  const missing = Object.keys(fs).filter((name) => typeof fs[name] === 'function' && /^[a-z]/.test(name) && !(name in memory));
  const known = ['glob', 'globSync', 'lchmod', 'lchmodSync', 'openAsBlob', 'openAsBlobSync', 'unwatchFile', 'watch', 'watchFile', 'mkdtempDisposableSync'];
  assert.deepEqual(missing.filter((name) => !known.includes(name)), []);
});
