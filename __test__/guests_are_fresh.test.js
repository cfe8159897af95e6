'use strict';
// The built guests are what their sources say, and each has a test.
const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');
const { folders, guests, root, whyStale } = require('../scripts/guests');

const files = (folder) => fs.readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
  const full = path.join(folder, entry.name);
  return entry.isDirectory() ? files(full) : [full];
});

test('no module is older than its source', () => {
  const stale = guests().filter(whyStale).map((guest) => `${guest.name} ${whyStale(guest)}: npm run guests`);
  assert.deepEqual(stale, []);
});

test('no module is without a source, and the manifests list the modules', () => {
  for (const folder of folders) {
    const here = guests().filter((guest) => path.dirname(guest.module) === path.join(root, folder.modules)).map(({ name }) => name).sort();
    const built = fs.readdirSync(path.join(root, folder.modules)).filter((name) => name.endsWith('.wasm')).map((name) => name.slice(0, -5)).sort();
    assert.deepEqual(built, here);
    assert.deepEqual(Object.keys(JSON.parse(fs.readFileSync(path.join(root, folder.manifest), 'utf8'))).sort(), here);
  }
});

test('every guest has a test', () => {
  // The attacks are a list of programs, all of which attacks/contained.test.js runs.
  const isTest = (file) => (file.endsWith('.test.js') && file !== __filename) || /attacks\/(list|scenarios)\.js$/.test(file);
  const tests = files(__dirname).filter(isTest).map((file) => fs.readFileSync(file, 'utf8')).join('\n');
  const untested = guests().filter(({ name }) => !tests.includes(`'${name}'`) && !tests.includes(`guests/${name}.wasm`) && !tests.includes(`examples/${name}.js`));
  assert.deepEqual(untested.map(({ name }) => name), []);
});
