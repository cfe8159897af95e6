'use strict';
// The compliance report: what is counted as passed, known and failed, and that it says so; the runner where a program ends its process.
const assert = require('node:assert/strict');
const path = require('node:path');
const { test } = require('node:test');
const { DIFFERENCES } = require('../conformance/differences');
const { runRequests } = require('../conformance/run');
const { versionOf } = require('../conformance/suite');
const { FUNCTIONS } = require('../scripts/compliance/functions');
const { outcomes, suiteOutcomes } = require('../scripts/compliance/measure');
const { render } = require('../scripts/compliance/render');
const { readStamp } = require('../scripts/compliance/stamp');
const { SIGNATURES } = require('./helpers/abi');
const { tmp } = require('./helpers/both');

const column = (under, name = 'Node 20.0.0') => ({ name, engine: { preopen: 'V8', engine: 'Wasmer' }[under] ?? under, under, runtime: {} });
const passes = (promise, program = 'conform_fd_io', name = 'fd_read') => ({ program, function: name, promise, failures: [] });
const fails = (promise, ...rest) => ({ ...passes(promise, ...rest), failures: ['line 1: it does not'] });
const NANOSECONDS = ['keeps nanoseconds', 'conform_fd_stat', 'fd_filestat_set_times'];

const short = (rows) => rows.map(({ column: { under }, kind, title, outcome }) => [under, kind, title, outcome].join(' | '));

test('what passes, what is known, what is listed without need, and what was not reached', () => {
  const measured = [
    { column: column('preopen'), suite: {}, own: { host: [passes('one'), passes('two'), passes(...NANOSECONDS)], memfs: [passes('one'), fails(...NANOSECONDS)], 'node:fs': [passes('one'), passes('two'), passes(...NANOSECONDS)] } },
    { column: column('node:wasi'), suite: {}, own: { host: [fails('one'), passes('two'), fails(...NANOSECONDS)] } },
  ];
  assert.deepEqual(short(outcomes(measured)), [
    'preopen | host | fd_read: one | passed',
    'preopen | host | fd_read: two | passed',
    'preopen | host | fd_filestat_set_times: keeps nanoseconds | passed',
    'preopen | memfs | fd_read: one | passed',
    'preopen | memfs | fd_read: two | failed',
    'preopen | memfs | fd_filestat_set_times: keeps nanoseconds | known',
    'preopen | node:fs | fd_read: one | passed',
    'preopen | node:fs | fd_read: two | passed',
    'preopen | node:fs | fd_filestat_set_times: keeps nanoseconds | failed',
    'node:wasi | host | fd_read: one | failed',
    'node:wasi | host | fd_read: two | passed',
    'node:wasi | host | fd_filestat_set_times: keeps nanoseconds | known',
  ]);
});

test('a program that does not begin has failed where it did not, with all its cases', () => {
  const begins = { program: 'conform_fd_io', function: 'conform_fd_io', promise: 'begins', failures: ['the program trapped'] };
  const measured = [{ column: column('preopen'), suite: {}, own: { host: [passes('one')], memfs: [begins] } }];
  assert.deepEqual(short(outcomes(measured)), ['preopen | host | fd_read: one | passed', 'preopen | memfs | fd_read: one | failed', 'preopen | memfs | conform_fd_io: begins | failed']);
});

test('a case that is skipped has failed under us, and is left out under another host', () => {
  const skipped = { ...passes('two'), skipped: 'no such thing' };
  const own = { host: [passes('one'), skipped] };
  const measured = ['preopen', 'node:wasi'].map((under) => ({ column: column(under), suite: {}, own }));
  assert.deepEqual(short(outcomes(measured)), ['preopen | host | fd_read: one | passed', 'preopen | host | fd_read: two | failed', 'node:wasi | host | fd_read: one | passed']);
});

test('programs of a suite that a kind cannot pass are known by their name', () => {
  const suite = { host: [{ program: 'a/fd_filestat_set.wasm', failed: 'why' }], memfs: [{ program: 'a/fd_filestat_set.wasm', failed: 'why' }, { program: 'b.wasm' }] };
  assert.deepEqual(suiteOutcomes([{ column: column('preopen'), own: {}, suite }]).map(({ kind, outcome }) => [kind, outcome]), [['host', 'failed'], ['memfs', 'known'], ['memfs', 'passed']]);
});

const evidence = (own, more) => ({
  about: { version: '1.2.3', date: '2026-01-02', digest: 'sha256:00', incomplete: [] },
  machine: [['Machine', 'this one']],
  measured: [{ column: column('preopen'), suite: {}, own }],
  ...more,
});

test('the report has a row for each function, names failures, and is stamped', () => {
  const attacks = { failed: [], rows: [{ node: '20.0.0', engine: 'v8', kind: 'memory', class: 'links', name: 'out', contained: true }, { node: '20.0.0', engine: 'v8', kind: 'memory', class: 'links', name: 'in', contained: false }] };
  const { text, failures } = render(evidence({ host: [passes('one'), fails('is broken')] }, { attacks }));
  assert.equal(failures, 2);
  assert.deepEqual(readStamp(text), { version: '1.2.3', date: '2026-01-02', digest: 'sha256:00', incomplete: [], failures: 2 });
  for (const name of Object.keys(SIGNATURES)) assert.match(text, new RegExp(`^\\| \`${name}\` \\|`, 'm'));
  assert.match(text, /^\| `fd_read` \| 2 \| 1\/2 \|/m);
  assert.match(text, /^## Failures\n\n- \*\*fd_read: is broken\*\*.*line 1: it does not/m);
  assert.match(text, /^- \*\*not contained\*\*: links, in/m);
  assert.match(text, /Fuzzing: .* no record/);
  assert.doesNotMatch(text, /This is not a whole run/);
});

test('a report of a part says so, and one without a failure too', () => {
  const whole = evidence({ host: [passes('one')] });
  const { text, failures } = render({ ...whole, about: { ...whole.about, incomplete: ['a part'] } });
  assert.equal(failures, 0);
  assert.match(text, /\*\*This is not a whole run\*\*: a part\./);
  assert.match(text, /^## Failures\n\nNone\.$/m);
});

test('records of long runs have their sections', () => {
  const reading = { done: 10, threads: 7, descriptors: 20, resident: 1 << 20 };
  const { text } = render(evidence({ host: [passes('one')] }, {
    fuzzing: [{ target: 'calls', sanitizer: 'none', seconds: 7200, calls: 1_000_000, found: 1, last: '2026-01-01' }],
    soak: { files: { part: 'files', unit: 'files', node: 'v20.0.0', readings: [reading, reading, reading], grown: [] } },
    bench: { date: '2026-01-01T00:00:00Z', machine: { cpu: 'a processor', cores: 2, system: 'Linux' }, runtimes: [{ version: '20.0.0', results: [
      { name: 'a', title: 'reads', ratio: 0.5, target: 0.8, passed: true, contenders: {} }, { name: 'b', title: 'writes', ratio: 1.2, target: 0.8, passed: false, contenders: {} },
    ] }] },
    curves: [{ curve: 'paths', kind: 'memory', to: 200, exponent: 1.02 }],
  }));
  assert.match(text, /^\| calls \| none \| 2\.00 \| 1,000,000 \| 1 \| 2026-01-01 \|$/m);
  assert.match(text, /^\| files, Node 20\.0\.0, 100 % \| 10 files \| 7 \| 20 \| 1\.0 MiB \| flat \|$/m);
  assert.match(text, /^\| writes \| 1\.20 ✗ \| ≤ 0\.8 \|$/m);
  assert.match(text, /^\| paths \| 200 \| 1\.02 \|$/m);
});

test('the functions are the 46 of the table, in its order', () => assert.deepEqual(FUNCTIONS, Object.keys(SIGNATURES)));

test('what is listed as different from node:wasi is about functions that there are', () => {
  for (const title of Object.keys(DIFFERENCES)) assert.ok(FUNCTIONS.includes(title.split(':')[0]), title);
});

test('a program that ends its process leaves the others theirs', async (t) => {
  const guest = (name, ...args) => ({ under: 'node:wasi', kind: 'host', wasm: path.join(__dirname, 'guests', `${name}.wasm`), args, env: {}, preopens: {}, input: 'text' });
  const preopen = (...args) => ({ ...guest(...args), under: 'preopen' });
  const ended = await runRequests([guest('exit_code', '7'), guest('raise', '9'), preopen('raise', '9'), preopen('abort'), preopen('cat')]);
  assert.deepEqual(ended.map(({ exitCode, error }) => error ?? exitCode), [7, 'ended its process (SIGKILL)', 137, 'unreachable', 0]);
  assert.equal(ended[4].stdout, 'text');
  assert.equal(versionOf(tmp(t)), undefined);
});
