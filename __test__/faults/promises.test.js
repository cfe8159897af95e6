'use strict';
// README.md, "When things fail": every promise names who shows it, and everything here is named.
const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');
const { root } = require('../helpers/both');

test('each promise in the table is backed by cases that exist', () => {
  const [, section] = /\n### When things fail\n([^]*?)\n##/.exec(fs.readFileSync(path.join(root, 'README.md'), 'utf8'));
  const rows = section.split('\n').filter((line) => line.startsWith('| ')).slice(1).map((line) => line.replaceAll('\\|', '').split(' | ').map((cell) => cell.trim()));
  assert.ok(rows.length > 10);
  const named = new Set();
  for (const [fault, , , promise, last] of rows) {
    const files = [...last.matchAll(/\]\(([^)]+)\)/g)].map(([, file]) => file);
    for (const file of files) {
      assert.ok(fs.existsSync(path.join(root, file)), file);
      named.add(file);
    }
    // What nobody can show, or nobody promises.
    if (files.length === 0) assert.ok(promise === 'none' || fault === '| The power fails', fault);
  }
  for (const folder of ['__test__/faults', 'tests/it/faults']) {
    for (const name of fs.readdirSync(path.join(root, folder))) {
      if (['promises.test.js', 'mod.rs', 'plan.rs', 'faulty.rs'].includes(name)) continue;
      assert.ok(named.has(`${folder}/${name}`), `${folder}/${name} shows no promise of the table`);
    }
  }
});
