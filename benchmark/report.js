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

/** A contender's figure; empty where a row is not for it. */
const value = (measured) => {
  if (measured === undefined) return '';
  return measured.value === undefined ? measured.failed : time(measured.value);
};

function target({ target, absolute }) {
  if (target === undefined) return '';
  return absolute ? `≤ ${time(target)}` : `≤ ${target}`;
}

const marks = { true: 'ok', false: 'MISSED', undefined: '' };

/** The lines of a table of `results`, for one runtime. */
function table(results) {
  const head = ['', 'node:wasi', 'preopen', 'ratio', 'spread', 'target', ''];
  const lines = results.map((result) => [
    result.title,
    value(result.contenders['node:wasi']),
    value(result.contenders.preopen),
    result.ratio === undefined ? '' : result.ratio.toFixed(2),
    result.spread === undefined ? '' : result.spread.map((ratio) => ratio.toFixed(2)).join('–'),
    target(result),
    [marks[result.passed], result.note].filter(Boolean).join('  '),
  ]);
  const widths = head.map((_, column) => Math.max(...[head, ...lines].map((line) => line[column].length)));
  return [head, ...lines].map((line) => {
    const cells = line.map((cell, column) => (column === 0 || column === 6 ? cell.padEnd(widths[column]) : cell.padStart(widths[column])));
    return cells.join('  ').trimEnd();
  });
}

module.exports = { table, time };
