'use strict';
// The examples of README.md do what it says: its files are written as printed, its console sessions typed, and what comes
// out is compared.
//
// A comment `<!-- NAME -->` before a block of code makes it a file. Every block `console` is a session: lines that begin
// with `$ ` are commands, the others what they print. `(Node 24)` in the comment leaves both out before that version,
// `(engine)` where the addon has no engine; `(Electron)` marks what only Electron can run: it is compiled.
const assert = require('node:assert/strict');
const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');
const native = require('../lib/native.js').load();
const { root, tmp } = require('./helpers/both');

const BLOCK = /^(?:<!-- (?<name>[\w.]+)? ?(?:\((?:Node (?<since>\d+)|(?<electron>Electron)|(?<engine>engine))\) )?-->\n)?```(?<language>\w*)\n(?<text>[^]*?)^```$/gm;

const major = parseInt(process.versions.node, 10);
const blocks = [...fs.readFileSync(path.join(root, 'README.md'), 'utf8').matchAll(BLOCK)].map(({ groups }) => groups);

/** A folder of a user who has installed preopen, and has the guests. */
function userFolder(t) {
  const folder = tmp(t);
  const put = (name, target) => {
    fs.mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    fs.symlinkSync(target, path.join(folder, name));
  };
  put('node_modules/preopen', root);
  put('node_modules/memfs', path.join(root, 'node_modules/memfs'));
  put('node_modules/.bin/preopen', path.join(root, 'bin/preopen.js'));
  put('bin/node', process.execPath);
  // As npx does, without asking npm.
  fs.writeFileSync(path.join(folder, 'bin/npx'), '#!/bin/sh\nexec "node_modules/.bin/$@"\n', { mode: 0o755 });
  for (const guest of ['hello', 'files', 'shout']) fs.copyFileSync(path.join(root, 'examples', `${guest}.wasm`), path.join(folder, `${guest}.wasm`));
  return folder;
}

function type(command, folder) {
  const env = { ...process.env, PATH: `${path.join(folder, 'bin')}:${process.env.PATH}`, NODE_OPTIONS: '' };
  return execFileSync('sh', ['-c', `${command} 2>&1`], { cwd: folder, env, encoding: 'utf8', timeout: 20_000 });
}

test('README.md: the examples print what they are said to print', (t) => {
  const folder = userFolder(t);
  let commands = 0;
  for (const { name, since = 0, electron, engine, language, text } of blocks) {
    if (major < since || electron || (engine && native.run === undefined)) continue;
    if (name !== undefined) fs.writeFileSync(path.join(folder, name), text);
    if (language !== 'console') continue;
    for (const session of text.split(/^\$ /m).slice(1)) {
      const [command] = session.split('\n', 1);
      assert.equal(type(command, folder), session.slice(command.length + 1), command);
      commands += 1;
    }
  }
  assert.ok(commands >= 9, `${commands} commands`);
});

test('README.md: every example in JavaScript is run, and the guest is the one that was built', () => {
  const sessions = blocks.filter(({ language }) => language === 'console').map(({ text }) => text).join('\n');
  for (const { name, electron, language, text } of blocks) {
    if (language !== 'js' || electron) continue;
    assert.ok(name !== undefined, `a block without a name:\n${text}`);
    const imported = blocks.some((other) => other.text.includes(`'./${name}'`));
    assert.ok(imported || sessions.includes(name), `${name} is not run`);
  }
  const { text } = blocks.find(({ name }) => name === 'hello.c');
  assert.equal(text, fs.readFileSync(path.join(root, 'examples/hello.c'), 'utf8'));
});

test('README.md: what only Electron can run is compiled', (t) => {
  const folder = tmp(t);
  const programs = blocks.filter(({ electron }) => electron);
  assert.ok(programs.length >= 3);
  for (const { name, text } of programs) {
    fs.writeFileSync(path.join(folder, name), text);
    execFileSync(process.execPath, ['--check', name], { cwd: folder, stdio: 'pipe' });
  }
});
