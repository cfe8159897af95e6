'use strict';
// The report, of what was measured: Markdown, in an order that is the same each time.

const { DIFFERENCES } = require('../../conformance/differences.js');
const { PROGRAMS } = require('../../conformance/programs.js');
const { titleOf } = require('../../conformance/run.js');
const { FUNCTIONS } = require('./functions.js');
const { knownCases, outcomes, suiteOutcomes } = require('./measure.js');
const { renderRecords } = require('./evidence.js');
const { writeStamp } = require('./stamp.js');
const { group, share, table, whole } = require('./tables.js');

/** How many failing cases are named, of each kind of failure. */
const NAMED = 60;

/**
 * @typedef {object} Evidence
 * @property {{ version: string, date: string, digest: string, incomplete: string[] }} about
 * @property {[string, string][]} machine
 * @property {import('./measure.js').Measured[]} measured
 * @property {string} [suite] what the public suite is
 * @property {{ rows: import('./attacks.js').Row[], failed: string[] }} [attacks]
 * @property {object[]} [fuzzing]
 * @property {Record<string, object>} [soak]
 * @property {object} [bench]
 * @property {object[]} [curves]
 */

/**
 * @param {Evidence} evidence
 * @returns {{ text: string, failures: number }}
 */
function render(evidence) {
  const { about, measured } = evidence;
  const own = outcomes(measured);
  const suite = suiteOutcomes(measured);
  // How another host does is no failure of ours; that it does otherwise than is written down is one of the list.
  const failures = own.filter(({ outcome }) => outcome === 'failed').length
    + suite.filter(({ outcome, column }) => outcome === 'failed' && column.under !== 'node:wasi').length
    + (evidence.attacks?.rows.filter(({ contained }) => !contained).length ?? 0) + (evidence.attacks?.failed.length ?? 0);
  const lines = [
    '# Compliance report',
    '',
    `preopen ${about.version}, ${about.date}, for the code whose digest is \`${about.digest}\` (\`scripts/compliance/digest.js\`).`,
    'Written by `npm run compliance`; nothing in it is by hand.',
    '',
    writeStamp({ ...about, failures }),
    ...(about.incomplete.length > 0 ? ['', `**This is not a whole run**: ${about.incomplete.join('; ')}. A release does not take it.`] : []),
    '',
    ...summary(evidence, own, suite, failures),
    ...programs(measured, own),
    ...(evidence.suite === undefined ? [] : publicSuite(evidence, suite)),
    ...functions(measured, own),
    ...named(own, suite),
    ...renderRecords(evidence),
    '## Versions and machine',
    '',
    ...table(['', ''], evidence.machine, { text: [1] }),
    '',
    ...notCovered(evidence),
  ];
  return { text: `${lines.join('\n').trimEnd()}\n`, failures };
}

function summary({ measured, suite: suiteName, attacks, fuzzing }, own, suite, failures) {
  const ours = own.filter(({ column }) => column.under !== 'node:wasi');
  const count = (rows, outcome) => rows.filter((row) => row.outcome === outcome).length;
  const oursOfSuite = suite.filter(({ column }) => column.under !== 'node:wasi');
  const cases = knownCases(measured).length;
  const rows = [
    ['Conformance programs of this project', `${PROGRAMS.length} programs, ${cases} cases over all ${FUNCTIONS.length} functions; made ${whole(ours.length)} times: ${whole(count(ours, 'passed'))} passed, ${count(ours, 'known')} cannot pass for a reason, ${count(ours, 'failed')} failed`],
    ['Public suite', suiteName === undefined ? 'not given to this run' : `${suiteName}; run ${whole(oursOfSuite.length)} times: ${whole(count(oursOfSuite, 'passed'))} passed, ${count(oursOfSuite, 'known')} cannot pass for a reason, ${count(oursOfSuite, 'failed')} failed`],
    ['Attacks', attacks === undefined ? 'not made: there is no `scripts/attacks.js`' : `${whole(attacks.rows.length)} made, ${whole(attacks.rows.filter(({ contained }) => contained).length)} contained`],
    ['Fuzzing', fuzzing === undefined ? 'no record' : `${whole(fuzzing.reduce((sum, { calls }) => sum + calls, 0))} calls in ${(fuzzing.reduce((sum, { seconds }) => sum + seconds, 0) / 3600).toFixed(1)} hours`],
    ['Failures in this report', `**${failures}**`],
  ];
  return ['## Summary', '', ...table(['', ''], rows, { text: [1] }), ''];
}

const where = ({ name, engine, under }) => `${name}, ${under === 'preopen' ? `\`WASI\` in ${engine}` : under === 'engine' ? '`run()` in Wasmer' : '*node:wasi itself*'}`;

/** A row for each runtime and engine, a column for each kind. */
function grid(rows, cell) {
  const kinds = [...new Set(rows.map(({ kind }) => kind))];
  return table(['', ...kinds], group(rows, ({ column }) => where(column)).map(([name, own]) => [name, ...kinds.map((kind) => cell(own.filter((row) => row.kind === kind)))]));
}

function programs(measured, own) {
  return [
    '## Programs of this project',
    '',
    'How many of the conformance programs pass whole, and in brackets how many of their cases. A program is in C, makes the calls itself,',
    'and is given the same files on every kind of filesystem (`conformance/`). What falls short is named below, each with its reason.',
    '',
    ...grid(own, (rows) => {
      const byProgram = group(rows, ({ program }) => program);
      const passed = (list) => list.filter(({ outcome }) => outcome === 'passed').length;
      if (rows.length === 0) return '';
      return `${share(byProgram.filter(([, list]) => passed(list) === list.length).length, byProgram.length)} (${share(passed(rows), rows.length)})`;
    }),
    '',
    'Kinds: a directory of the host; a filesystem in memory; an overlay, over either; memfs and `node:fs`, which are written in',
    'JavaScript; and read-only mounts, for which there is a program of its own. Wasmer compiles with Singlepass here.',
    leftOut(),
    '',
  ];
}

function leftOut() {
  const programs = PROGRAMS.filter(({ notUnderNode }) => notUnderNode !== undefined);
  return `Under \`node:wasi\` ${programs.length} of the programs are not run (${programs.map(({ name, notUnderNode }) => `\`${name}\`: ${notUnderNode}`).join('; ')}).`;
}

function publicSuite({ suite: name }, suite) {
  return [
    '## Public suite',
    '',
    `The programs of preview1 in ${name}, unchanged.`,
    '',
    ...grid(suite, (rows) => share(rows.filter(({ outcome }) => outcome === 'passed').length, rows.length)),
    '',
  ];
}

/** The 46 rows. */
function functions(measured, own) {
  const cases = group(knownCases(measured), (each) => each.function);
  const of = (name) => cases.find(([key]) => key === name)?.[1] ?? [];
  const made = (name, under) => own.filter((row) => row.function === name && row.column.under === under);
  const passed = (rows) => share(rows.filter(({ outcome }) => outcome === 'passed').length, rows.length);
  const rows = FUNCTIONS.map((name) => {
    const all = of(name);
    const listed = all.map(titleOf).filter((title) => Object.hasOwn(DIFFERENCES, title));
    const faults = listed.filter((title) => DIFFERENCES[title].fault !== undefined).length;
    const left = all.filter(({ program }) => PROGRAMS.find((each) => each.name === program)?.notUnderNode !== undefined).length;
    const known = [...made(name, 'preopen'), ...made(name, 'engine')].filter(({ outcome }) => outcome === 'known').length;
    return [`\`${name}\``, all.length, passed(made(name, 'preopen')), passed(made(name, 'engine')), known || '', listed.length - faults || '', faults || '', left || ''];
  });
  return [
    '## Function by function',
    '',
    'Of each function the cases, and how often one passed of how often one was made, over all runtimes and kinds: as `WASI`, and as',
    '`run()`. *Reasons*: those that cannot pass on a kind, and are listed. Then `node:wasi`: the cases in which we differ from it on purpose (each has a',
    'heading in [RATIONALE.md](RATIONALE.md)), those that it fails by a fault, and those that are not made there.',
    '',
    ...table(['', 'cases', '`WASI`', '`run()`', 'reasons', 'differs', 'fault', 'not made'], rows),
    '',
  ];
}

/** What falls short, by name. */
function named(own, suite) {
  const short = [...own, ...suite.map((row) => ({ ...row, title: row.program }))].filter(({ outcome }) => outcome !== 'passed');
  const ours = short.filter(({ column }) => column.under !== 'node:wasi');
  const sections = [
    ['Failures', [...ours, ...own.filter(({ column }) => column.under === 'node:wasi')].filter(({ outcome }) => outcome === 'failed'), 'None.'],
    ['What cannot pass', ours.filter(({ outcome }) => outcome === 'known'), 'Nothing.'],
  ];
  const lines = [];
  for (const [heading, rows, none] of sections) {
    const items = group(rows, ({ title, why }) => `${title}\0${why}`).map(([, list]) => item(list));
    lines.push(`## ${heading}`, '', ...(items.length === 0 ? [none] : items.slice(0, NAMED)));
    if (items.length > NAMED) lines.push(`- and ${items.length - NAMED} more`);
    lines.push('');
  }
  return [...lines, ...fromNode(own, suite)];
}

function item(rows) {
  const [{ title, why }] = rows;
  const kinds = [...new Set(rows.map(({ kind }) => kind))].join(', ');
  const columns = [...new Set(rows.map(({ column }) => where(column)))];
  return `- **${title}** — ${why}. On ${kinds}; ${columns.length > 4 ? `${columns.length} runtimes and engines` : columns.join('; ')}.`;
}

/** What node:wasi does otherwise: by its reason, with the cases. */
function fromNode(own, suite) {
  const rows = own.filter(({ column, outcome }) => column.under === 'node:wasi' && outcome === 'known');
  const titles = new Set(rows.map(({ title }) => title));
  const listed = [...titles].map((title) => ({ title, reason: DIFFERENCES[title] }));
  const items = group(listed, ({ reason }) => (reason.fault === undefined ? reason : `A fault: ${reason.fault}`));
  const failed = suite.filter(({ column, outcome }) => column.under === 'node:wasi' && outcome === 'failed');
  if (rows.length === 0 && failed.length === 0) return [];
  const programs = group(failed, ({ program }) => program.replace(/^.*\/|\.wasm$/g, '')).map(([name]) => `\`${name}\``);
  return [
    '## What `node:wasi` does otherwise',
    '',
    ...items.map(([reason, list]) => `- ${reason} (${list.map(({ title }) => `*${title}*`).join('; ')})`),
    ...(programs.length > 0 ? [`- of the public suite it fails: ${programs.join(', ')}`] : []),
    '',
  ];
}

function notCovered({ suite, attacks, fuzzing, soak, bench, curves }) {
  const missing = [
    'Windows, macOS, Linux on other processors, and other C libraries (musl): there is no build for them.',
    'Electron: the addon is built so that it can be loaded there (CONTRIBUTING.md), but no program here runs in it.',
    'WASIX, `spawn()` and `Pool`, suspended guests (`startAsync`), threads: they have tests of their own (`npm test`), and no row here.',
    'preview0 (`version: \'unstable\'`): its layouts have tests, its functions are those of preview1.',
    'Disks other than the one under the temporary directory; network filesystems.',
    ...(suite === undefined ? ['The public suite: `npm run compliance -- --suite FOLDER`.'] : []),
    ...(attacks === undefined ? ['Attacks: there is no `scripts/attacks.js`.'] : []),
    ...(fuzzing === undefined ? ['Fuzzing: `npm run fuzz -- long` has left no record.'] : []),
    ...(soak === undefined ? ['Soak: `npm run soak` has left no record.'] : []),
    ...(bench === undefined ? ['Benchmarks: `npm run bench` has left no figures.'] : []),
    ...(curves === undefined ? ['Curves of cost: there are no figures.'] : []),
  ];
  return ['## Not covered', '', ...missing.map((text) => `- ${text}`), ''];
}

module.exports = { render };
