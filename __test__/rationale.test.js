'use strict';
// Every deliberate difference from node:wasi has its reason in RATIONALE.md, and every failure of another host its case.
const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');
const { root } = require('./helpers/both');
const why = require('./helpers/why');
const { ATTACKS } = require('./attacks/list.js');
const { kindsIn } = require('./attacks/run.js');
const { KINDS } = require('./attacks/worlds.js');

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

// The part about other hosts: { class, text, cases, elsewhere: [title, file] } for each of its headings.
function failures() {
  const [, part] = fs.readFileSync(path.join(root, 'RATIONALE.md'), 'utf8').split('\n# Failures of other hosts\n');
  return part.split(/^# /m)[0].split(/^## /m).slice(1).map((text) => ({
    class: text.split('\n', 1)[0].toLowerCase(),
    text,
    cases: [...text.matchAll(/^- `([^`]+)`$/gm)].map(([, name]) => name),
    elsewhere: [...text.matchAll(/^- `([^`]+)` in `([^`]+)`$/gm)].map(([, title, file]) => [title, file]),
  }));
}

test('the cases that stand beside the failures of other hosts are the attacks, each under its class', () => {
  const named = failures().flatMap((one) => one.cases.map((name) => `${one.class}: ${name}`));
  assert.deepEqual(named.sort(), ATTACKS.map((one) => `${one.class.toLowerCase()}: ${one.name}`).sort());
  for (const [title, file] of failures().flatMap(({ elsewhere }) => elsewhere)) {
    assert.ok(fs.readFileSync(path.join(root, file), 'utf8').includes(`'${title}'`), `${file} has no "${title}"`);
  }
});

test('each advisory that an attack repeats is told of, and each has a case or a reason', () => {
  const text = failures().map((one) => one.text).join('');
  for (const advisory of ATTACKS.flatMap(({ advisories }) => advisories)) assert.ok(text.includes(advisory), `RATIONALE.md does not tell of ${advisory}`);
  assert.ok(failures().every(({ cases, elsewhere }) => cases.length + elsewhere.length > 0));
});

test('the numbers of attacks that README.md has are those of the list', () => {
  const times = (engine) => ATTACKS.reduce((sum, attack) => sum + kindsIn(engine, attack).length, 0);
  const [, ...numbers] = /(\d+) attacks show it.*?against (\d+) kinds.*?(\d+) times in V8 and (\d+) times/s.exec(fs.readFileSync(path.join(root, 'README.md'), 'utf8'));
  assert.deepEqual(numbers.map(Number), [ATTACKS.length, Object.keys(KINDS).length, times('v8'), times('engine')]);
});
