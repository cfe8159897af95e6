'use strict';
// Every deliberate difference from node:wasi has its reason in RATIONALE.md.
const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');
const { root } = require('./helpers/both');
const why = require('./helpers/why');

test('the headings that the cases name are in RATIONALE.md', () => {
  const headings = fs.readFileSync(path.join(root, 'RATIONALE.md'), 'utf8').split('\n').filter((line) => line.startsWith('## ')).map((line) => line.slice(3));
  for (const heading of Object.values(why)) assert.ok(headings.includes(heading), `RATIONALE.md has no "${heading}"`);
});

test('every heading that the helpers list is named by a case', () => {
  const folders = [__dirname, path.join(__dirname, 'calls'), path.join(__dirname, 'sandbox')];
  const listed = fs.readFileSync(path.join(root, 'conformance/differences.js'), 'utf8');
  const text = listed + folders.flatMap((folder) => fs.readdirSync(folder).filter((name) => name.endsWith('.test.js')).map((name) => fs.readFileSync(path.join(folder, name), 'utf8'))).join('\n');
  for (const name of Object.keys(why)) assert.ok(text.includes(`why.${name}`), `no case says why.${name}`);
});
