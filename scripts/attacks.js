'use strict';
// Makes the attacks of __test__/attacks/list.js on every kind of filesystem, in V8 and, where the addon has it, in the engine, and counts
// which were contained:
//
//   node scripts/attacks.js [--json] [--engine v8|engine] [--kind NAME] [--under node:wasi]
//
// `--json` prints a row for each: { node, engine, kind, class, name, contained }, and `why` where it was not. Under `node:wasi` each attack has
// a process of its own, which may die of it; what node:wasi has no option for, or what would change the host itself, is left out.

const { spawn } = require('node:child_process');
const os = require('node:os');
const { parseArgs } = require('node:util');

const NODE_WASI = 'node:wasi';
/** What an attack may take under another host, milliseconds. */
const TIMEOUT = 15_000;
/** Needs an option that node:wasi lacks; or changes times of the machine's own files where links of /proc are followed. */
const NOT_THERE = new Set(['attack_crossings', 'attack_read_only', 'attack_proc', 'attack_wasix', 'attack_file', 'output']);
const THERE = new Set(['a directory', 'nothing']);

/** Node 20 and 22 crash now and then where V8 calls node:wasi's functions without a detour (nodejs/node#53087): that is not what is asked. */
const FLAGS = ['--no-warnings', ...(parseInt(process.versions.node, 10) < 24 ? ['--no-turbo-fast-api-calls'] : [])];

const load = () => ({ ...require('../__test__/attacks/list.js'), ...require('../__test__/attacks/run.js') });

async function main() {
  process.removeAllListeners('warning');
  const { values } = parseArgs({
    options: { json: { type: 'boolean' }, engine: { type: 'string' }, kind: { type: 'string' }, under: { type: 'string' }, child: { type: 'string' } },
  });
  if (values.child !== undefined) return child(JSON.parse(values.child));
  if (values.under !== undefined && values.under !== NODE_WASI) throw new Error(`--under ${NODE_WASI}, or nothing`);
  const rows = [];
  const add = (engine, kind, results) => {
    for (const { class: own, name, contained, why } of results) {
      rows.push({ node: process.versions.node, engine, kind, class: own, name, contained, ...(contained ? {} : { why }) });
    }
  };
  if (values.under === NODE_WASI) await underNode(add);
  else await underOurs(values, add);
  if (values.json) console.log(JSON.stringify(rows, null, 2));
  else print(rows);
  // How another host does is no fault of ours.
  process.exitCode = rows.length > 0 && (values.under === NODE_WASI || rows.every(({ contained }) => contained)) ? 0 : 1;
}

async function underOurs({ engine, kind: only }, add) {
  const { ENGINES, attackAll } = load();
  if (engine !== undefined && !ENGINES.includes(engine)) throw new Error(`this build has ${ENGINES.join(' and ')}`);
  for (const one of engine === undefined ? ENGINES : [engine]) await attackAll(one, (kind, results) => add(one, kind, results), only);
}

async function underNode(add) {
  const { PROGRAMS, SCENARIOS } = load();
  for (const { program, class: common, kinds, attacks } of PROGRAMS) {
    if (NOT_THERE.has(program)) continue;
    for (const kind of kinds.filter((name) => THERE.has(name))) {
      for (const [index, { name, class: own = common }] of attacks.entries()) add(NODE_WASI, kind, [await inChild({ program, kind, only: index + 1 }, { class: own, name })]);
    }
  }
  for (const { scenario, class: own, name, kinds, engines = ['v8'] } of SCENARIOS) {
    if (NOT_THERE.has(scenario) || !engines.includes('v8')) continue;
    for (const kind of kinds.filter((one) => THERE.has(one))) add(NODE_WASI, kind, [await inChild({ scenario, kind }, { class: own, name })]);
  }
}

/** One attack under node:wasi, in a process of its own; a process that dies of it was not up to it. */
function inChild(request, { class: own, name }) {
  return new Promise((resolve) => {
    const started = spawn(process.execPath, [...FLAGS, __filename, '--child', JSON.stringify(request)], { cwd: os.tmpdir(), stdio: ['ignore', 'pipe', 'ignore'] });
    let text = '';
    started.stdout.setEncoding('utf8').on('data', (data) => { text += data; });
    const timer = setTimeout(() => started.kill('SIGKILL'), TIMEOUT);
    started.on('close', (code, signal) => {
      clearTimeout(timer);
      const result = /^result (.*)$/m.exec(text)?.[1];
      resolve(result === undefined ? { class: own, name, contained: false, why: [`the host ended: ${signal ?? `exit code ${code}`}`] } : JSON.parse(result));
    });
  });
}

async function child({ program, scenario, kind, only }) {
  const { PROGRAMS, SCENARIOS, attackIn, attackWith } = load();
  const host = { WASI: require(NODE_WASI).WASI, specifier: NODE_WASI };
  const result = program === undefined
    ? await attackIn('v8', SCENARIOS.find((one) => one.scenario === scenario), kind, { host })
    : (await attackWith('v8', PROGRAMS.find((one) => one.program === program), kind, { only, host }))[0];
  require('node:fs').writeSync(1, `result ${JSON.stringify(result)}\n`);
  // Threads that wait in node:wasi do not end.
  process.kill(process.pid, 'SIGKILL');
}

function print(rows) {
  const count = (some) => `${some.filter(({ contained }) => contained).length} of ${some.length}`;
  for (const [engine, all] of grouped('engine', rows)) {
    for (const [kind, some] of grouped('kind', all)) console.log(`${engine}, ${kind}: ${count(some)} contained`);
    console.log(`${engine}: ${count(all)} contained, on Node ${process.versions.node}\n`);
  }
  for (const { engine, kind, name, contained, why } of rows) if (!contained) console.log(`not contained, ${engine}, ${kind}: ${name}\n  ${[...new Set(why)].slice(0, 5).join('\n  ')}`);
}

/** Node 20 has no Map.groupBy. */
function grouped(key, rows) {
  const map = new Map();
  for (const row of rows) map.set(row[key], [...(map.get(row[key]) ?? []), row]);
  return map;
}

main();
