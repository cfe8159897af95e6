'use strict';
// Each fault that the fuzz targets have to find (fuzz/seeded.json) can still be planted, and each target has some.

const assert = require('node:assert');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');
const { targets } = require('../scripts/fuzz.js');

const root = path.join(__dirname, '..');
const faults = JSON.parse(fs.readFileSync(path.join(root, 'fuzz/seeded.json'), 'utf8'));

for (const { target, what, file, from, to, ...rest } of faults) {
  test(`${target}: ${what}`, () => {
    assert.deepStrictEqual(rest, {});
    assert.ok(targets().includes(target), `there is no target ${target}`);
    assert.notStrictEqual(from, to);
    const places = fs.readFileSync(path.join(root, file), 'utf8').split(from).length - 1;
    assert.strictEqual(places, 1, `${file} has ${places} places to plant it`);
  });
}

test('each target has two faults to find, and inputs to begin with', () => {
  for (const target of targets()) {
    assert.ok(faults.filter((fault) => fault.target === target).length >= 2, `${target} has no two faults`);
    assert.ok(fs.readdirSync(path.join(root, 'fuzz/seeds', target)).length >= 2, `${target} has no seeds`);
  }
});
