'use strict';
// The sections of the report that are not about conformance: attacks, fuzzing, soak, benchmarks, curves.

const { group, share, table, whole } = require('./tables.js');

function renderRecords({ attacks, fuzzing, soak, bench, curves }) {
  return [...attacksSection(attacks), ...fuzzingSection(fuzzing), ...soakSection(soak), ...benchSection(bench), ...curvesSection(curves)];
}

function attacksSection(attacks) {
  if (attacks === undefined) return [];
  const { rows, failed } = attacks;
  const columnOf = ({ node, engine }) => `Node ${node}, ${engine === 'v8' ? 'V8' : 'Wasmer'}`;
  const columns = group(rows, columnOf);
  const classes = group(rows, (row) => row.class);
  const contained = (list) => share(list.filter((row) => row.contained).length, list.length);
  const escaped = group(rows.filter((row) => !row.contained), (row) => `${row.class}, ${row.name}`).map(([what, list]) => `- **not contained**: ${what} (${list.map((row) => `${columnOf(row)}, ${row.kind}`).join('; ')})`);
  return [
    '## Attacks',
    '',
    `What has broken other hosts, class by class (RATIONALE.md), on every kind of filesystem that it applies to: ${[...new Set(rows.map(({ kind }) => kind))].sort().join(', ')}. Contained, of those made:`,
    '',
    ...table(['', ...columns.map(([name]) => name)], classes.map(([name, list]) => [name, ...columns.map(([column]) => contained(list.filter((row) => columnOf(row) === column)))])),
    ...(escaped.length + failed.length > 0 ? ['', ...escaped, ...failed.map((text) => `- ${text}`)] : []),
    '',
  ];
}

function fuzzingSection(fuzzing) {
  if (fuzzing === undefined) return [];
  const rows = fuzzing.map(({ target, sanitizer, seconds, calls, found, last }) => [target, sanitizer, (seconds / 3600).toFixed(2), whole(calls), found, last]);
  const sum = (key) => fuzzing.reduce((all, row) => all + row[key], 0);
  return [
    '## Fuzzing',
    '',
    'What the targets of `fuzz/` have run by name so far (`fuzz/record.json`). What was found was mended, and is a test.',
    '',
    ...table(['target', 'sanitizer', 'hours', 'calls', 'found', 'last'], [...rows, ['**all**', '', (sum('seconds') / 3600).toFixed(2), whole(sum('calls')), sum('found'), '']], { text: [1] }),
    '',
  ];
}

function soakSection(soak) {
  if (soak === undefined) return [];
  const mib = (bytes) => `${(bytes / 2 ** 20).toFixed(1)} MiB`;
  const rows = Object.values(soak).flatMap(({ part, unit, node, readings, grown }) =>
    readings.map(({ done, threads, descriptors, resident }, index) => [
      `${part}, Node ${node.replace('v', '')}, ${['10', '50', '100'][index]} %`,
      `${whole(done)} ${unit}`, threads, descriptors, mib(resident), index < readings.length - 1 ? '' : grown.length === 0 ? 'flat' : `GREW: ${grown.join(', ')}`,
    ]),
  );
  return ['## Soak', '', 'What a process has of each after a tenth, a half and the whole of a long run (`npm run soak`).', '', ...table(['', 'done', 'threads', 'descriptors', 'resident', ''], rows, { text: [5] }), ''];
}

/** Ratios to the best of the others, where the row has one. */
function benchSection(bench) {
  if (bench === undefined) return [];
  const { date, machine, runtimes } = bench;
  const titles = [...new Map(runtimes.flatMap(({ results }) => results).map((result) => [result.name, result])).values()];
  const { time } = require('../../benchmark/report.js');
  const cell = (result) => {
    if (result?.ratio !== undefined) return `${result.ratio.toFixed(2)}${result.passed === false ? ' ✗' : ''}`;
    const value = Object.values(result?.contenders ?? {}).at(-1)?.value;
    return value === undefined ? '' : result.unit === 'bytes' ? `${(value / 1e6).toFixed(1)} MB` : time(value);
  };
  const rows = titles.map(({ name, title, target, absolute }) => [
    title,
    ...runtimes.map(({ results }) => cell(results.find((result) => result.name === name))),
    target === undefined || absolute ? '' : `≤ ${target}`,
  ]);
  return [
    '## Benchmarks',
    '',
    `Of ${date.slice(0, 10)}, on ${machine.cpu.trim()}, ${machine.cores} processors, ${machine.system}. A number without a unit is the ratio to \`node:wasi\`, or to the best`,
    'of the other filesystems in memory: below 1 is faster, ✗ misses the target (benchmark/README.md says how it is measured).',
    '',
    ...table(['', ...runtimes.map(({ version }) => `Node ${version}`), 'target'], rows),
    '',
  ];
}

function curvesSection(curves) {
  if (curves === undefined) return [];
  const kinds = [...new Set(curves.map(({ kind }) => kind))];
  const rows = group(curves, ({ curve }) => curve).map(([name, list]) => [
    name,
    whole(Math.max(...list.map(({ to }) => to))),
    ...kinds.map((kind) => list.find((line) => line.kind === kind)?.exponent?.toFixed(2) ?? ''),
  ]);
  return ['## Curves of cost', '', 'The exponent with which time grows with a size: 1 is linear (benchmark/curves.svg has the curves, the README memory as well).', '', ...table(['', 'up to', ...kinds], rows), ''];
}

module.exports = { renderRecords };
