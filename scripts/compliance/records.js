'use strict';
// What long runs by name have left in the repository: fuzzing, soak, benchmarks, curves of cost. Each is undefined where it was never run.

const fs = require('node:fs');
const path = require('node:path');
const { readRecord } = require('../fuzz.js');
const { root } = require('../lib/exec.js');

function json(file) {
  const full = path.join(root, file);
  return fs.existsSync(full) ? JSON.parse(fs.readFileSync(full, 'utf8')) : undefined;
}

/**
 * The fuzz targets' sums, by target and sanitizer.
 * @returns {{ target: string, sanitizer: string, seconds: number, calls: number, found: number, last: string }[] | undefined}
 */
function fuzzing() {
  const sums = new Map();
  for (const { date, target, sanitizer, seconds, calls, found } of readRecord()) {
    const key = `${target} ${sanitizer}`;
    const sum = sums.get(key) ?? { target, sanitizer, seconds: 0, calls: 0, found: 0, last: '' };
    sums.set(key, { ...sum, seconds: sum.seconds + seconds, calls: sum.calls + calls, found: sum.found + found, last: date > sum.last ? date : sum.last });
  }
  return sums.size === 0 ? undefined : [...sums.keys()].sort().map((key) => sums.get(key));
}

/** The parts of `npm run soak`, each its last whole run. */
const soak = () => json('soak/record.json');

/** The last whole run of `npm run bench`. */
const bench = () => json('benchmark/results.json');

/**
 * How each cost grows with its size, from the curves of `npm run curves`: the exponent of time.
 * @returns {{ curve: string, kind: string, to: number, exponent: number | undefined, reason: string | undefined }[] | undefined} the
 *   reason why it may grow faster than its size, where one is written down
 */
function curves() {
  const file = path.join(root, 'benchmark/curves.csv');
  if (!fs.existsSync(file)) return undefined;
  const { linesOf, readCsv } = require('../../benchmark/curves/report.js');
  return linesOf(readCsv(fs.readFileSync(file, 'utf8')))
    .filter(({ measure }) => measure === 'time')
    .map(({ curve, kind, points, exponent, reason }) => ({ curve, kind, to: points.at(-1)[0], exponent, reason }));
}

module.exports = { bench, curves, fuzzing, soak };
