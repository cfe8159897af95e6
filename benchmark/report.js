'use strict';

// Turns measurements into a table for a person.

const milli = 1e6;

/** Nanoseconds in the unit that reads best. */
function time(ns) {
  if (ns >= 100 * milli) return `${(ns / milli).toFixed(0)} ms`;
  if (ns >= milli) return `${(ns / milli).toFixed(2)} ms`;
  if (ns >= 10_000) return `${(ns / 1000).toFixed(1)} µs`;
  if (ns >= 1000) return `${(ns / 1000).toFixed(2)} µs`;
  return `${ns.toFixed(1)} ns`;
}

const megabytes = (bytes) => (bytes < 1e6 ? `${(bytes / 1024).toFixed(0)} KiB` : `${(bytes / 1e6).toFixed(0)} MB`);

const amount = (unit, value) => (unit === 'bytes' ? megabytes(value) : time(value));

const value = (unit, measured) => (measured.value === undefined ? measured.failed : amount(unit, measured.value));

function target({ target, absolute, unit }) {
  if (target === undefined) return '';
  return absolute ? `≤ ${amount(unit, target)}` : `≤ ${target}`;
}

const marks = { true: 'ok', false: 'MISSED', undefined: '' };

/** The lines of a table for each set of contenders among `results`, for one runtime. */
function tables(results) {
  const sets = new Map();
  for (const result of results) {
    const names = Object.keys(result.contenders);
    // Rows without a contender that others have stand with them: its cell is empty.
    const key = ['async', 'engine', 'memory'].includes(result.kind) ? result.kind : '';
    const set = sets.get(key) ?? { names: [], results: [] };
    set.names = [...new Set([...set.names.slice(0, -1), ...names.slice(0, -1), ...names.slice(-1)])];
    set.results.push(result);
    sets.set(key, set);
  }
  return [...sets.values()].flatMap(({ names, results }, index) => [...(index > 0 ? [''] : []), ...table(names, results)]);
}

function table(names, results) {
  const head = ['', ...names, results.some(({ contenders }) => Object.keys(contenders).length > 2) ? 'to the best' : 'ratio', 'spread', 'target', ''];
  const lines = results.map((result) => [
    result.title,
    ...names.map((name) => (result.contenders[name] === undefined ? '' : value(result.unit, result.contenders[name]))),
    result.ratio === undefined ? '' : result.ratio.toFixed(2),
    result.spread === undefined ? '' : result.spread.map((ratio) => ratio.toFixed(2)).join('–'),
    target(result),
    [marks[result.passed], result.note].filter(Boolean).join('  '),
  ]);
  const widths = head.map((_, column) => Math.max(...[head, ...lines].map((line) => line[column].length)));
  return [head, ...lines].map((line) => {
    const cells = line.map((cell, column) => (column === 0 || column === line.length - 1 ? cell.padEnd(widths[column]) : cell.padStart(widths[column])));
    return cells.join('  ').trimEnd();
  });
}

module.exports = { tables, time };
