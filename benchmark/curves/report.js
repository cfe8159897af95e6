'use strict';

// What was measured, as CSV and back, as lines with their exponents, and as tables for a person.

const { reasonFor } = require('./explained');
const { exponent } = require('./fit');
const { curves } = require('./list');
const { plot, time } = require('./svg');

/** The most that a cost may grow with, as an exponent of the size: what is beyond is explained. */
const LINEAR = 1.15;

/** The least that is a point of a line, by measure: ns, and bytes, which Linux counts by 128 KiB for each thread. */
const LEAST = { time: 0, memory: 2 ** 20 };

const TEXTS = ['curve', 'kind', 'engine', 'unit', 'cost', 'note', 'node'];
const COLUMNS = ['curve', 'kind', 'engine', 'size', 'unit', 'cost', 'median_ns', 'median_ns_per_unit', 'lowest_ns', 'bytes', 'bytes_per_unit', 'samples', 'node', 'note'];

function rowOf(curve, kind, { size, times, bytes, failed }) {
  const sorted = [...times ?? []].sort((a, b) => a - b);
  const each = curve.cost === 'one' ? 1 : size;
  const median = sorted[sorted.length >> 1];
  return {
    curve: curve.name, kind, engine: kind === 'engine' ? 'wasmer' : 'v8', size, unit: curve.unit, cost: curve.cost,
    median_ns: median, median_ns_per_unit: median === undefined ? undefined : median / each, lowest_ns: sorted[0],
    bytes, bytes_per_unit: bytes === undefined ? undefined : bytes / size, samples: sorted.length, node: process.version, note: failed ?? '',
  };
}

/** In the order of the curves, whatever order they were measured in. */
function inOrder(rows) {
  const places = new Map(curves.map(({ name, kinds }, at) => [name, { at, kinds }]));
  const order = ({ curve, kind, size }) => [places.get(curve).at, places.get(curve).kinds.indexOf(kind), size];
  return [...rows].sort((a, b) => order(a).reduce((found, key, i) => found || key - order(b)[i], 0));
}

function csvOf(rows) {
  const cell = (value) => {
    const text = value === undefined ? '' : typeof value === 'number' ? String(Number(value.toPrecision(6))) : value;
    return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  return `${[COLUMNS.join(','), ...rows.map((row) => COLUMNS.map((column) => cell(row[column])).join(','))].join('\n')}\n`;
}

function readCsv(text) {
  const cellsOf = (line) => [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map((match) => match[1]?.replaceAll('""', '"') ?? match[2]);
  const [head, ...lines] = text.trim().split('\n').map(cellsOf);
  const value = (column, cell) => (TEXTS.includes(column) ? cell : cell === '' ? undefined : Number(cell));
  return lines.map((cells) => Object.fromEntries(cells.map((cell, i) => [head[i], value(head[i], cell)])));
}

/** What n of them cost: n times what one among n does. */
const totalOf = ({ cost, size }, value) => (cost === 'one' ? size * value : value);

/** A line for each curve, kind and measure. */
function linesOf(rows) {
  const lines = [];
  for (const { curve, kind } of new Map(rows.map((row) => [`${row.curve}:${row.kind}`, row])).values()) {
    const own = rows.filter((row) => row.curve === curve && row.kind === kind);
    for (const [measure, column] of [['time', 'lowest_ns'], ['memory', 'bytes']]) {
      const points = own.filter((row) => row[column] > LEAST[measure]).map((row) => [row.size, measure === 'time' ? totalOf(row, row[column]) : row[column]]);
      if (points.length === 0) continue;
      const grows = exponent(points);
      lines.push({ curve, kind, measure, points, exponent: grows, reason: grows > LINEAR ? reasonFor({ curve, kind, measure, exponent: grows }) : undefined });
    }
  }
  return lines;
}

/** Those that grow faster than linearly without a reason. */
const steepOf = (lines) => lines.filter(({ exponent, reason }) => exponent > LINEAR && reason === undefined);

const count = (number) => number.toLocaleString('en');

/** The lines of curves and measures that have some, as rows of a table: `cell` makes its cells. */
function tableOf(lines, cell) {
  const kinds = [...new Set(lines.map(({ kind }) => kind))].sort((a, b) => (a === 'node:wasi') - (b === 'node:wasi'));
  const out = [`| | n up to | ${kinds.join(' | ')} |`, `|---|--:|${kinds.map(() => '--:').join('|')}|`];
  for (const { name, title, sizes } of curves) {
    for (const measure of ['time', 'memory']) {
      const own = lines.filter((line) => line.curve === name && line.measure === measure);
      if (own.length === 0) continue;
      const cells = kinds.map((kind) => {
        const line = own.find((line) => line.kind === kind);
        return line === undefined ? '' : cell(line, sizes.at(-1));
      });
      out.push(`| ${measure === 'memory' ? '... memory' : title} | ${count(sizes.at(-1))} | ${cells.join(' | ')} |`);
    }
  }
  return out.join('\n');
}

function exponentOf({ exponent }) {
  if (exponent === undefined) return '–';
  // Without the sign of what rounds to nothing.
  const text = exponent.toFixed(2).replace('-0.00', '0.00');
  return exponent > LINEAR ? `**${text}**` : text;
}

/** Guests have engines, all others have filesystems: two tables. */
function split(lines) {
  const guests = new Set(lines.filter(({ kind }) => kind === 'V8' || kind === 'engine').map(({ curve }) => curve));
  return [lines.filter(({ curve }) => guests.has(curve)), lines.filter(({ curve }) => !guests.has(curve))].filter((part) => part.length > 0);
}

/** With what one costs at the largest size. */
function details(lines) {
  const cell = (line, most) => {
    const [size, cost] = line.points.at(-1);
    const short = size < most ? ` (to ${count(size)})` : '';
    return `${exponentOf(line)}, ${line.measure === 'time' ? time(cost / size) : `${count(Math.round(cost / size))} B`}${short}`;
  };
  return split(lines).map((part) => tableOf(part, cell)).join('\n\n');
}

/** The exponents alone; where a curve ends before its largest size, up to where. */
function exponents(lines) {
  const cell = (line, most) => {
    const [size] = line.points.at(-1);
    return size < most ? `${exponentOf(line)} (to ${count(size)})` : exponentOf(line);
  };
  return split(lines).map((part) => tableOf(part, cell)).join('\n\n');
}

function draw(lines, rows) {
  const plural = (unit) => (unit === 'KiB' ? unit : `${unit}s`.replace(/ys$/, 'ies'));
  const pictures = curves.flatMap(({ name, title, unit }) => ['time', 'memory'].map((measure) => ({
    title, unit: plural(unit), measure,
    lines: lines.filter((line) => line.curve === name && line.measure === measure).map(({ kind, points }) => ({ label: kind, points })),
  }))).filter(({ lines }) => lines.length > 0);
  return plot(pictures, `CPU time and memory of n; both axes logarithmic; Node ${rows[0].node.slice(1)}`);
}

module.exports = { csvOf, details, draw, exponents, inOrder, linesOf, readCsv, rowOf, steepOf };
