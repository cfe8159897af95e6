'use strict';

// Compares preopen to node:wasi, as ratios within one run: `npm run bench`, or `node benchmark/index.js --help`.
// README.md beside this file tells how to read the table, and how to profile a row.

const { spawn, spawnSync } = require('node:child_process');
const crypto = require('node:crypto');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { parseArgs } = require('node:util');
const { hosts } = require('./peers');
const { rows } = require('./rows');
const { findRuntimes } = require('./runtimes');
const { peers, programs } = require('./install');
const { tables } = require('./report');

const usage = `node benchmark/index.js [options]
  --only ROW,ROW      only these rows (or a kind of rows: call, once, memory, async, engine, program)
  --quick             fewer and shorter rounds
  --rounds N          how often each contender measures each row (default 5)
  --node FILE         a Node binary to measure on; may be repeated (default: this one, and those in .runtimes/)
  --json FILE         where the figures go (default benchmark/results.json)
  --check             exit with 1 when a target is missed
  --preopen MODULE    measure this in preopen's place; \`--preopen node:wasi\` shows the noise of the bench itself
  --loop ROW          run one row in this process until interrupted, for a profiler
    --contender NAME    ... node:wasi, preopen (default), or whoever else the row has
    --seconds N         ... for so long
  --list              the names of the rows`;

const { values: options } = parseArgs({
  options: {
    only: { type: 'string' },
    quick: { type: 'boolean' },
    rounds: { type: 'string' },
    node: { type: 'string', multiple: true, default: [] },
    json: { type: 'string', default: path.join(__dirname, 'results.json') },
    check: { type: 'boolean' },
    preopen: { type: 'string', default: path.join(__dirname, '..') },
    loop: { type: 'string' },
    contender: { type: 'string', default: 'preopen' },
    seconds: { type: 'string', default: 'Infinity' },
    list: { type: 'boolean' },
    help: { type: 'boolean' },
  },
});

/** Whose module is loaded, where it is not ours; of peers.js, each has its own. */
const modules = { 'node:wasi': 'node:wasi', Worker: 'node:wasi' };
const contenders = ['node:wasi', 'preopen'];
const budget = options.quick ? 150e6 : 500e6; // ns of CPU time that a process measures a call for
const rounds = Number(options.rounds ?? (options.quick ? 3 : 5));

function chosen(list) {
  if (list === undefined) return rows;
  const names = list.split(',');
  const unknown = names.filter((name) => !rows.some((row) => row.name === name || row.kind === name));
  if (unknown.length > 0) throw new Error(`no such row: ${unknown.join(', ')} (--list names them)`);
  return rows.filter((row) => names.includes(row.name) || names.includes(row.kind));
}

/** The files that the guests open: 1 MiB to read, the same five folders deep, and 1,000 entries where they are listed. */
function makeFixture(rows) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'preopen-bench-'));
  const bytes = Buffer.alloc(1 << 20, 'preopen ');
  fs.mkdirSync(path.join(folder, 'dir/b/c/d'), { recursive: true });
  for (const name of ['file.bin', 'dir/file.bin', 'dir/b/c/d/file.bin']) fs.writeFileSync(path.join(folder, name), bytes);
  if (!rows.some(({ name }) => name === 'fd_readdir')) return folder;
  fs.mkdirSync(path.join(folder, 'list'));
  for (let i = 0; i < 1000; i++) fs.writeFileSync(path.join(folder, 'list', `entry-${String(i).padStart(4, '0')}.txt`), '');
  return folder;
}

/** The addons of this tree: the small one, and for the rows of the engine the large one. */
const ADDON = 'preopen.linux-x64-gnu.node';
const addons = { small: path.join(__dirname, '..', ADDON), engine: path.join(__dirname, '../npm/engine', ADDON) };
const VARIABLE = 'PREOPEN_NATIVE_LIBRARY_PATH';

/** With the addon that the row is about, unless the caller has named one, or measures another module than ours. */
function environment({ kind }) {
  const file = addons[kind === 'engine' ? 'engine' : 'small'];
  const ours = process.env[VARIABLE] === undefined && options.preopen === path.join(__dirname, '..');
  return ours && fs.existsSync(file) ? { ...process.env, [VARIABLE]: file } : process.env;
}

/** Whether there are guests off the thread in what a process would load for the rows of the engine. */
function hasEngine(runtime) {
  const args = ['-e', `new (require(${JSON.stringify(options.preopen)}).Pool)()`];
  return spawnSync(runtime.file, args, { env: environment({ kind: 'engine' }) }).status === 0;
}

/** Measures `row` once, in a process of its own. A process that dies is an answer too: `{ failed }`. */
function measure(runtime, row, contender, fixture) {
  const out = path.join(fixture, 'out');
  fs.rmSync(out, { recursive: true, force: true });
  fs.mkdirSync(out);
  const order = { row: row.name, contender, module: modules[contender] ?? options.preopen, budget, fixture, out };
  return new Promise((resolve, reject) => {
    const began = process.hrtime.bigint();
    const child = spawn(runtime.file, ['--no-warnings', ...(row.flags ?? []), path.join(__dirname, 'measure.js'), JSON.stringify(order)], {
      stdio: ['ignore', 'pipe', 'pipe', 'pipe'], env: environment(row),
    });
    const texts = { 1: '', 2: '', 3: '' };
    for (const fd of [1, 2, 3]) child.stdio[fd].setEncoding('utf8').on('data', (text) => { texts[fd] += text; });
    child.on('error', reject);
    child.on('close', (status, signal) => {
      if (signal !== null || status !== 0 || texts[3] === '') {
        const failed = signal === null ? `failed (${status})` : 'crashed';
        resolve({ failed, signal, status, stderr: texts[2] });
        return;
      }
      const measured = JSON.parse(texts[3]);
      measured.wallOfProcess = Number(process.hrtime.bigint() - began);
      if (row.kind === 'program') measured.output = outcome(measured.exit, texts[1], out);
      resolve(measured);
    });
  });
}

/** What a program did, as one short text: to be the same under every contender. */
function outcome(exit, stdout, out) {
  const hash = crypto.createHash('sha256').update(`${exit}\n${stdout}\n`);
  for (const name of fs.readdirSync(out).sort()) hash.update(`${name}\n`).update(fs.readFileSync(path.join(out, name)));
  return `exit ${exit}, ${hash.digest('hex').slice(0, 16)}`;
}

const sorted = (numbers) => [...numbers].sort((a, b) => a - b);

/** What is compared: CPU time, unless the row has found something else. */
const figureOf = ({ figure, cpu }) => figure ?? cpu;

/** One figure from all rounds that came to their end: the best, or for what happens once in a process the median. */
function summary(row, rounds) {
  const figures = sorted(rounds.filter(({ failed }) => failed === undefined).map(figureOf));
  const value = figures[row.kind === 'once' ? figures.length >> 1 : 0];
  const failures = rounds.filter(({ failed }) => failed !== undefined);
  return { value, rounds, failures: failures.length, failed: failures[0]?.failed, stderr: failures[0]?.stderr };
}

/** What programs answered under whichever contender first ran them to the end. */
const answers = new Map();

async function compare(runtime, row, fixture) {
  const names = row.contenders ?? contenders;
  const measured = Object.fromEntries(names.map((name) => [name, []]));
  const total = row.rounds ?? (row.kind === 'once' ? rounds * 3 : row.kind === 'program' ? Math.min(rounds, 3) : rounds);
  // One unmeasured run of each brings files and code into the page cache.
  if (row.kind === 'once' || row.kind === 'program' || row.warm) for (const name of names) await measure(runtime, row, name, fixture);
  for (let round = 0; round < total; round++) {
    const turn = round % 2 === 0 ? names : [...names].reverse();
    for (const name of turn) measured[name].push(await measure(runtime, row, name, fixture));
  }

  const { name, kind, title, target, absolute, unit } = row;
  const result = { name, kind, title, unit, target, absolute, contenders: {} };
  for (const name of names) result.contenders[name] = summary(row, measured[name]);
  const ours = result.contenders[names.at(-1)];
  const others = names.slice(0, -1).map((name) => result.contenders[name]);
  // Of several, the best is the one to compare with.
  const theirs = others.reduce((best, other) => (best?.value === undefined || other.value < best.value ? other : best), undefined);
  if (theirs?.value !== undefined && ours.value !== undefined) {
    result.ratio = ours.value / theirs.value;
    const ratios = ours.rounds.map((round, i) => figureOf(round) / figureOf(theirs.rounds[i])).filter(Number.isFinite);
    result.spread = [Math.min(...ratios), Math.max(...ratios)];
  }
  if (row.kind === 'program') judgeOutput(result, theirs, ours);
  judge(result, row, ours, runtime);
  result.note = [result.note, ...names.map((name) => failureNote(name, result.contenders[name]))].filter(Boolean).join(', ');
  return result;
}

/** Whether a target is met: the figure or the ratio, for a filesystem in memory both, and what a row says of its own figures. */
function judge(result, { kind, target, absolute, most = {} }, ours, runtime) {
  if (counts(runtime)) {
    const judged = absolute ? ours.value : result.ratio;
    if (target !== undefined && judged !== undefined) result.passed = judged <= target;
    if (kind === 'memory' && result.ratio >= 1) result.passed = false;
    for (const [name, limit] of Object.entries(most)) {
      const least = Math.min(...ours.rounds.map((round) => round[name] ?? Infinity));
      result.passed = result.passed !== false && least <= limit;
      result.note = `${name} ${least.toFixed(2)} (≤ ${limit})`;
    }
  }
  if (ours.failures > 0) result.passed = false;
}

/** Whether targets hold on a runtime: before 24, the faster calls of node:wasi are those that make it crash. */
function counts({ version }) {
  return Number(/^v(\d+)/.exec(version)[1]) >= 24;
}

/** Tells of rounds that failed where others came to their end. */
function failureNote(name, { failures, failed, rounds, value }) {
  return failures > 0 && value !== undefined ? `${name} ${failed} in ${failures} of ${rounds.length} rounds` : '';
}

function judgeOutput(result, theirs, ours) {
  const known = theirs.value !== undefined || answers.has(result.name);
  for (const { rounds } of [theirs, ours]) {
    for (const { output } of rounds) if (output !== undefined && !answers.has(result.name)) answers.set(result.name, output);
  }
  if (ours.failures > 0) return;
  const same = [theirs, ours].every(({ rounds }) => rounds.every(({ output }) => output === undefined || output === answers.get(result.name)));
  result.passed = same;
  result.note = same ? known && 'same output' : 'OUTPUT DIFFERS';
}

async function bench() {
  const wanted = chosen(options.only);
  if (wanted.some(({ kind, packages }) => kind === 'program' || packages)) programs.install();
  if (wanted.some(({ kind }) => kind === 'memory')) peers.install();
  const runtimes = findRuntimes(options.node);
  const fixture = makeFixture(wanted);
  const report = {
    date: new Date().toISOString(),
    machine: { cpu: os.cpus()[0].model, cores: os.cpus().length, system: `${os.type()} ${os.release()} ${os.arch()}` },
    rounds, budget, runtimes: [],
  };
  try {
    for (const runtime of runtimes) {
      const results = [];
      const engine = wanted.some(({ kind }) => kind === 'engine') && hasEngine(runtime);
      for (const row of wanted) {
        if (row.kind === 'engine' && !engine) continue;
        progress(`${runtime.version}: ${row.name}`);
        results.push(await compare(runtime, row, fixture));
      }
      progress('');
      report.runtimes.push({ version: runtime.version, results });
      print(runtime, results);
      if (!engine && wanted.some(({ kind }) => kind === 'engine')) {
        console.log('\nThe rows of the engine are left out: the addon has none (`npm run build:engine`).');
      }
    }
  } finally {
    fs.rmSync(fixture, { recursive: true, force: true });
  }
  // Of what a process said, the first line: the others name folders of this machine.
  const figure = (key, value) => (key === 'stderr' ? value.split('\n', 1)[0] : value);
  fs.writeFileSync(options.json, `${JSON.stringify(report, figure, 1)}\n`);
  const missed = report.runtimes.flatMap(({ results }) => results).filter(({ passed }) => passed === false);
  const broken = missed.some(({ contenders }) => Object.values(contenders).at(-1).failures > 0);
  if (broken || (options.check && missed.length > 0)) process.exitCode = 1;
}

function print(runtime, results) {
  console.log(`\nNode ${runtime.version}, ${process.platform} ${process.arch}, ${os.cpus()[0].model}`);
  console.log(`CPU time, the best of ${rounds} rounds; of what happens once in a process the median; of a program its whole process.`);
  console.log('Each contender in turn, in a process of its own; spread: the ratios of single rounds.\n');
  for (const line of tables(results)) console.log(line);
  for (const { name, contenders } of results) {
    const [ours, { failures, failed, stderr }] = Object.entries(contenders).at(-1);
    if (failures > 0) console.log(`\n${name} under ${ours} ${failed}:\n${stderr.trimEnd()}`);
  }
}

function progress(text) {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`);
}

/** One row again and again, in this process: what a profiler attaches to. */
async function loop() {
  const [row] = chosen(options.loop);
  const fixture = makeFixture([row]);
  process.on('exit', () => fs.rmSync(fixture, { recursive: true, force: true }));
  process.on('SIGINT', () => process.exit());
  if (row.prepare === undefined) throw new Error(`${row.name} happens once in a process: profile \`node benchmark/measure.js\``);
  Object.assign(process.env, environment(row));
  const module = modules[options.contender] ?? options.preopen;
  const host = (files, stdout) => hosts[options.contender](files, stdout, module);
  const common = { fixture, contender: options.contender };
  const given = { engine: { load: () => require(module), ...common }, memory: { host } }[row.kind];
  const run = await row.prepare(given ?? { WASI: require(module).WASI, ...common });
  const end = process.hrtime.bigint() + (options.seconds === 'Infinity' ? 10n ** 18n : BigInt(options.seconds) * 10n ** 9n);
  for (let batch = 1, calls = 0, since = process.hrtime.bigint(); process.hrtime.bigint() < end;) {
    const before = process.hrtime.bigint();
    await run(batch);
    calls += batch;
    const now = process.hrtime.bigint();
    if (now - before < 5_000_000n && calls + batch * 2 < (row.most ?? Infinity)) batch *= 2;
    if (now - since < 1_000_000_000n) continue;
    console.error(`${row.name} under ${options.contender}: ${(Number(now - since) / calls).toFixed(1)} ns a call on the clock`);
    [calls, since] = [0, now];
    // Signals are heard between two turns only.
    await new Promise(setImmediate);
  }
}

async function main() {
  if (options.help) return console.log(usage);
  if (options.list) return rows.forEach(({ name, kind, title }) => console.log(`${name.padEnd(28)}${kind.padEnd(9)}${title}`));
  if (options.loop !== undefined) return loop();
  return bench();
}

main().catch((error) => {
  console.error(error.stack);
  process.exitCode = 1;
});
