'use strict';
// Random calls under node:wasi and under us, in processes of their own: what calls answer and write, and the tree they leave, agree but
// for what `differences.js` lists. CONTRIBUTING.md says how to run more of them.
const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { after, test } = require('node:test');
const { SIGNATURES } = require('../helpers/abi');
const { root } = require('../helpers/both');
const why = require('../helpers/why');
const avoid = require('./avoid');
const differences = require('./differences');
const { differ, minimize } = require('./differ');
const { ARGUMENTS, generate } = require('./generate');
const { Host } = require('./host');
const { show } = require('./show');
const { load } = require('../../lib/native.js');

/** Seeds that every rule has a part in, and every function: `npm run differential -- --cover` chose them. */
const COVERING = [3011, 3012, 3017, 3022, 3027, 3031, 3040, 3052, 3063, 3081];
/** And others. */
const OTHERS = Array.from({ length: 14 }, (_, index) => index + 1);

const open = [];
after(() => Promise.all(open.map((host) => host.close())));
const hosts = (...kinds) => kinds.map((kind) => {
  const host = new Host(kind);
  open.push(host);
  return host;
});

/** Compares one seed, and fails with all that one needs to see why. */
async function agree(pair, seed, options) {
  const result = await differ(pair, seed, options);
  if (result.finding !== undefined) assert.fail(show(result.plan, await minimize(pair, result, options)));
  return result;
}

test('node:wasi and we agree, but for what is deliberate', async () => {
  const pair = hosts('node', 'preopen');
  for (const seed of OTHERS) await agree(pair, seed);
});

test('each rule of what is deliberate has a part in it, and every function', async () => {
  const pair = hosts('node', 'preopen');
  const applied = new Set();
  const called = new Set();
  for (const seed of COVERING) {
    const result = await agree(pair, seed);
    assert.equal(result.calls, result.plan.calls.length, 'every call is compared');
    for (const name of [...result.applied.values()].flat()) applied.add(name);
    for (const { name } of result.plan.calls) called.add(name);
  }
  assert.deepEqual([...called].sort(), Object.keys(SIGNATURES).sort(), 'the seeds call every function');
  const idle = differences.RULES.filter(({ name, onDisk }) => !onDisk && !applied.has(name)).map(({ name }) => name);
  assert.deepEqual(idle, [], 'every rule has a part in these seeds: one without is no longer true, or needs a seed');
});

test('off the thread and in V8 we agree in all', { skip: load().run === undefined ? 'this build has no engine' : false }, async () => {
  const pair = hosts('engine', 'preopen');
  for (const seed of COVERING) await agree(pair, seed, { rules: false });
});

for (const [what, fault] of Object.entries({
  'an errno': { name: 'fd_seek', nth: 3, errno: 29 },
  'a call that is not made': { name: 'fd_write', nth: 6, does: 'nothing' },
  'an open that answers and does nothing': { name: 'path_create_directory', nth: 2, does: 'nothing' },
})) {
  test(`a fault is found that is planted in our answers: ${what}`, async () => {
    const pair = hosts('preopen', 'preopen');
    const options = { rules: false, fault };
    const found = await differ(pair, OTHERS[0], options);
    assert.notEqual(found.finding, undefined);
    if (fault.errno === undefined) return;
    const { calls, finding } = await minimize(pair, found, options);
    assert.equal(finding.two.errno, 'IO');
    // The fault is in the third call of that function: it takes three to see it, and no others.
    assert.deepEqual(calls.map(({ name }) => name), ['fd_seek', 'fd_seek', 'fd_seek']);
  });
}

test('a process that dies is found, with the call', async () => {
  const [ours] = hosts('preopen');
  const fault = { name: 'fd_seek', nth: 3, does: 'dies' };
  const { finding } = await differ([ours, hosts('preopen')[0]], OTHERS[0], { rules: false, fault });
  assert.equal(finding.what, 'process');
  const third = generate(OTHERS[0]).calls.flatMap(({ name }, index) => (name === 'fd_seek' ? [index] : []))[2];
  assert.match(finding.one, new RegExp(`ended with SIGKILL in call ${third}$`));
  // Others take its place.
  const again = await differ([ours, hosts('preopen')[0]], OTHERS[0], { rules: false });
  assert.equal(again.finding, undefined);
});

test('a seed decides all of its plan', () => {
  assert.deepEqual(generate(7), generate(7));
  assert.notDeepEqual(generate(7).calls, generate(8).calls);
  assert.deepEqual(Object.keys(ARGUMENTS).sort(), Object.keys(SIGNATURES).sort());
});

test('what the plans leave out is left out by rules, each of which is needed', () => {
  const counted = {};
  for (let seed = 1; seed <= 80; seed++) {
    const { calls, options, avoided } = generate(seed);
    for (const call of calls) assert.equal(avoid.avoid(call, options), undefined);
    for (const name of Object.keys(avoided)) counted[name] = true;
  }
  assert.deepEqual(Object.keys(counted).sort(), avoid.RULES.map(({ name }) => name).sort());
});

test('every rule has its reason, and what we do instead of a crash has its case', () => {
  const headings = Object.values(why);
  for (const rule of differences.RULES) assert.ok(headings.includes(rule.why), rule.name);
  const cases = ['calls', 'sandbox'].flatMap((folder) => fs.readdirSync(path.join(root, '__test__', folder)).map((file) => fs.readFileSync(path.join(root, '__test__', folder, file), 'utf8'))).join('\n');
  for (const { name, where } of avoid.RULES) assert.ok(cases.includes(`'${where}'`), name);
});
