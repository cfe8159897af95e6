'use strict';

// How time and memory grow with guests, open files, directories, lists, paths and files: `npm run curves`, or
// `node benchmark/curves.js --help`. README.md beside this file says what is measured, and how to read it.

const { spawn, spawnSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { parseArgs } = require('node:util');
const { curves } = require('./curves/list');
const { csvOf, details, draw, exponents, inOrder, linesOf, readCsv, rowOf, steepOf } = require('./curves/report');

const usage = `node benchmark/curves.js [options]
  --only NAME,NAME   only these curves (--list names them), or NAME:KIND; nothing is written but with --out
  --quick            sizes up to a tenth; nothing is written but with --out
  --out FOLDER       where curves.csv and curves.svg go (default: benchmark/, for a whole run, and its exponents into README.md)
  --json             the figures on standard output, as JSON
  --check            exit with 1 where something grows faster than linearly and is not explained (curves/explained.js)
  --draw             measure nothing: make all from curves.csv anew, and show the table
  --list             the names of the curves`;

const { values: options } = parseArgs({
  options: {
    only: { type: 'string' }, quick: { type: 'boolean' }, out: { type: 'string' }, json: { type: 'boolean' }, check: { type: 'boolean' },
    draw: { type: 'boolean' }, list: { type: 'boolean' }, help: { type: 'boolean' },
  },
});

/** After so many seconds of CPU time no other size of a curve is begun, on a kind. */
const SECONDS = options.quick ? 3 : 20;
/** How often what seems steep is measured once more: what else a machine does adds to a figure, and never takes from it. */
const AGAIN = 2;
/** Descriptors that a process needs beside those that a curve opens. */
const OWN = 200;

const ADDON = 'preopen.linux-x64-gnu.node';
const VARIABLE = 'PREOPEN_NATIVE_LIBRARY_PATH';

function chosen() {
  if (options.only === undefined) return curves;
  return options.only.split(',').map((wanted) => {
    const [, name, kind] = /^([^:]*)(?::(.*))?$/.exec(wanted);
    const curve = curves.find((curve) => curve.name === name);
    if (curve === undefined) throw new Error(`no such curve: ${name} (--list names them)`);
    return kind === undefined ? curve : { ...curve, kinds: curve.kinds.filter((one) => one === kind) };
  });
}

/** The addons of this tree: only guests off the thread need the large one. */
function environment(kind) {
  if (process.env[VARIABLE] !== undefined) return process.env;
  const file = path.join(__dirname, '..', kind === 'engine' ? 'npm/engine' : '.', ADDON);
  return fs.existsSync(file) ? { ...process.env, [VARIABLE]: file } : process.env;
}

/** Measures some sizes of some curves (`{ name: [size, …] }`) in a process of its own. */
function measure(sizes, kind, fixture) {
  const order = JSON.stringify({ sizes, kind, fixture, seconds: SECONDS });
  const args = ['--no-warnings', '--expose-gc', '--max-old-space-size=8192', path.join(__dirname, 'curves/measure.js'), order];
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe', 'pipe'], env: environment(kind) });
    const texts = { 2: '', 3: '' };
    for (const fd of [2, 3]) child.stdio[fd].setEncoding('utf8').on('data', (text) => { texts[fd] += text; });
    child.on('error', reject);
    child.on('close', (status, signal) => {
      const results = texts[3].split('\n').filter(Boolean).map((line) => JSON.parse(line));
      const said = texts[2].split('\n').find((line) => /error|fatal|assert/i.test(line))?.trim().slice(0, 100);
      for (const [name, wanted] of Object.entries(sizes)) {
        for (const size of wanted.filter((size) => !results.some((result) => result.name === name && result.size === size))) {
          results.push({ name, size, failed: `ended by ${signal ?? `exit code ${status}`}${said ? `: ${said}` : ''}` });
        }
      }
      resolve(results);
    });
  });
}

/** The most descriptors that this process may have: a limit of the host's, which nobody here may raise. */
function mostDescriptors() {
  return Number(spawnSync('sh', ['-c', 'ulimit -Hn'], { encoding: 'utf8' }).stdout) || Infinity;
}

/** The sizes that a curve is measured at on a kind, and those that are beyond the host's limit. */
function sizesOf(curve, kind, most) {
  const wanted = curve.sizes.filter((size) => !options.quick || size <= Math.max(curve.sizes.at(-1) / 10, curve.sizes[3]));
  const reachable = wanted.filter((size) => size <= (curve.most?.[kind] ?? Infinity));
  // Only files of the disk's have descriptors of the host's.
  const limit = curve.descriptors && kind !== 'memory' && kind !== 'overlay, memory' ? most - OWN : Infinity;
  return { sizes: reachable.filter((size) => size <= limit), beyond: reachable.filter((size) => size > limit) };
}

async function run(batch, kind, fixture, most) {
  const rows = [];
  const orders = [];
  for (const curve of batch) {
    const { sizes, beyond } = sizesOf(curve, kind, most);
    for (const size of beyond) rows.push(rowOf(curve, kind, { size, failed: `the host allows ${most} descriptors` }));
    if (curve.fresh) orders.push(...sizes.map((size) => ({ [curve.name]: [size] })));
    else Object.assign(orders[0] ?? (orders[0] = {}), { [curve.name]: sizes });
  }
  for (const order of orders) {
    const results = await measure(order, kind, fixture);
    rows.push(...results.map((result) => rowOf(batch.find(({ name }) => name === result.name), kind, result)));
    if (batch[0].fresh && results[0].failed) break;
  }
  return rows;
}

/** Curves that are measured in the same processes. */
function batches(list) {
  const groups = new Map();
  for (const curve of list) {
    const key = curve.group ?? curve.name;
    groups.set(key, [...groups.get(key) ?? [], curve]);
  }
  return [...groups.values()];
}

/** On a filesystem in memory where there is one: what a disk does is not ours. */
function makeFixture() {
  const base = fs.existsSync('/dev/shm') ? '/dev/shm' : os.tmpdir();
  return fs.mkdtempSync(path.join(base, 'preopen-curves-'));
}

async function measureAll() {
  const fixture = makeFixture();
  process.once('SIGINT', () => { spawnSync('rm', ['-rf', fixture]); process.exit(130); });
  const most = mostDescriptors();
  const rows = [];
  try {
    for (const batch of batches(chosen())) {
      for (const kind of new Set(batch.flatMap(({ kinds }) => kinds))) {
        const own = batch.filter(({ kinds }) => kinds.includes(kind));
        const began = performance.now();
        rows.push(...await run(own, kind, fixture, most));
        console.error(`${own.map(({ name }) => name).join(' + ')}, ${kind}: ${((performance.now() - began) / 1000).toFixed(1)} s`);
      }
    }
    for (let round = 0; round < AGAIN; round++) await measureSteep(rows, fixture, most);
  } finally {
    // Faster than Node's own, by far.
    spawnSync('rm', ['-rf', fixture]);
  }
  return inOrder(rows);
}

/** Measures what grows faster than linearly, without a reason, once more, and keeps the lower figure of each size. */
async function measureSteep(rows, fixture, most) {
  for (const { curve, kind } of steepOf(linesOf(rows)).filter(({ measure }) => measure === 'time')) {
    console.error(`once more: ${curve}, ${kind}`);
    for (const row of await run([curves.find(({ name }) => name === curve)], kind, fixture, most)) {
      const at = rows.findIndex((other) => other.curve === curve && other.kind === kind && other.size === row.size);
      if (row.lowest_ns < rows[at].lowest_ns) rows[at] = row;
    }
  }
}

/** Where README.md has the exponents. */
const BEGIN = '<!-- npm run curves writes what follows -->\n';
const END = '<!-- up to here -->';

function putIntoReadme(text) {
  const file = path.join(__dirname, '..', 'README.md');
  const readme = fs.readFileSync(file, 'utf8');
  const [start, end] = [readme.indexOf(BEGIN), readme.indexOf(END)];
  if (start === -1 || end < start) throw new Error(`README.md has no place for the exponents: ${BEGIN.trim()} … ${END}`);
  fs.writeFileSync(file, `${readme.slice(0, start + BEGIN.length)}\n${text}\n\n${readme.slice(end)}`);
}

async function main() {
  if (options.help || options.list) {
    console.log(options.help ? usage : curves.map(({ name, title, kinds }) => `${name}: ${title} (${kinds.join('; ')})`).join('\n'));
    return;
  }
  const whole = options.only === undefined && !options.quick;
  const folder = options.out ?? (whole || options.draw ? __dirname : undefined);
  const rows = options.draw ? readCsv(fs.readFileSync(path.join(folder, 'curves.csv'), 'utf8')) : await measureAll();
  const lines = linesOf(rows);
  if (folder !== undefined) {
    fs.mkdirSync(folder, { recursive: true });
    if (!options.draw) fs.writeFileSync(path.join(folder, 'curves.csv'), csvOf(rows));
    fs.writeFileSync(path.join(folder, 'curves.svg'), draw(lines, rows));
    if (folder === __dirname) putIntoReadme(exponents(lines));
  }
  console.log(options.json ? JSON.stringify({ node: process.version, rows, lines }) : details(lines));
  const steep = steepOf(lines);
  for (const { curve, kind, measure, exponent } of steep) console.error(`grows faster than linearly: ${curve}, ${kind}, ${measure}: exponent ${exponent.toFixed(2)}`);
  for (const { curve, kind, exponent, reason } of lines.filter(({ reason }) => reason)) console.error(`explained: ${curve}, ${kind}, exponent ${exponent.toFixed(2)}: ${reason}`);
  for (const { curve, kind, size, note } of rows.filter(({ note }) => note)) console.error(`not measured: ${curve}, ${kind}, ${size}: ${note}`);
  if (options.check && steep.length > 0) process.exitCode = 1;
}

main();
