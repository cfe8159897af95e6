'use strict';
// The conformance programs, and those of a public suite, in every runtime, engine, and kind of filesystem.

const { spawnSync } = require('node:child_process');
const os = require('node:os');
const { DIFFERENCES } = require('../../conformance/differences.js');
const { exceptionOf, suiteExceptionOf } = require('../../conformance/exceptions.js');
const { KINDS, READ_ONLY } = require('../../conformance/kinds.js');
const { PROGRAMS } = require('../../conformance/programs.js');
const { nodeFlags, runOwn, titleOf } = require('../../conformance/run.js');
const { runSuite } = require('../../conformance/suite.js');
const { LARGE, SMALL } = require('../lib/setup.js');

/**
 * @typedef {object} Column where programs run
 * @property {string} name the runtime's
 * @property {'V8' | 'JavaScriptCore' | 'Wasmer' | 'node:wasi'} engine
 * @property {'preopen' | 'engine' | 'node:wasi'} under
 * @property {import('../../conformance/run.js').Runtime} runtime
 *
 * @typedef {object} Measured
 * @property {Column} column
 * @property {Record<string, import('../../conformance/run.js').Case[]>} own by kind
 * @property {Record<string, { program: string, failed?: string }[]>} suite by kind; empty without a suite
 */

/** What a runtime says it is: `1.4.5`. */
function versionOf(program) {
  const said = spawnSync(program, ['--version'], { encoding: 'utf8' }).stdout ?? '';
  return /\d+\.\d+\.\d+/.exec(said)?.[0] ?? 'unknown';
}

/**
 * The runtimes, the oldest Node first.
 * @param {ReturnType<typeof import('../lib/setup.js').runtimes>} runtimes
 */
function listRuntimes({ nodes, bun, deno }) {
  const byVersion = [...nodes].sort(([, , a], [, , b]) => Number(a) - Number(b));
  return [
    ...byVersion.map(([, program, major]) => ({ name: `Node ${versionOf(program)}`, program, args: nodeFlags(major), major: Number(major), engine: 'V8' })),
    { name: `Bun ${versionOf(bun)}`, program: bun, args: [], engine: 'JavaScriptCore' },
    { name: `Deno ${versionOf(deno)}`, program: deno, args: ['run', '--allow-all', '--no-prompt'], engine: 'V8' },
  ];
}

/** @returns {Column[]} */
function columns(runtimes) {
  return runtimes.flatMap(({ name, program, args, major, engine }) => {
    const using = (addon) => ({ program, args, env: { PREOPEN_NATIVE_LIBRARY_PATH: addon } });
    return [
      { name, engine, under: 'preopen', runtime: using(SMALL) },
      { name, engine: 'Wasmer', under: 'engine', runtime: using(LARGE) },
      ...(major === undefined ? [] : [{ name, engine: 'node:wasi', under: 'node:wasi', runtime: { program, args: nodeFlags(major, 'node:wasi') } }]),
    ];
  });
}

/**
 * @param {Column[]} all
 * @param {{ suite?: string, kinds?: string[], say?: (text: string) => void }} options
 * @returns {Promise<Measured[]>} in the order of the columns
 */
async function measure(all, { suite, kinds = Object.keys(KINDS), say = () => {} }) {
  const measured = [];
  const waiting = all.map((column, index) => ({ column, index }));
  const worker = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const { column, index } = next;
      const began = Date.now();
      measured[index] = await measureOne(column, suite, kinds);
      say(`${column.name}, ${column.engine}: ${((Date.now() - began) / 1000).toFixed(0)} s`);
    }
  };
  await Promise.all(os.cpus().map(worker));
  return measured;
}

async function measureOne(column, suite, kinds) {
  const { under, runtime } = column;
  const node = under === 'node:wasi';
  const wanted = node ? ['host'] : kinds;
  const own = await runOwn({ under, kinds: wanted, runtime });
  const ofSuite = {};
  for (const kind of suite === undefined ? [] : wanted.filter((kind) => !READ_ONLY.includes(kind))) {
    // node:wasi closes what is the host's: each program has a process of its own there.
    ofSuite[kind] = await runSuite(suite, { under, kind, runtime, alone: node });
  }
  return { column, own, suite: ofSuite };
}

const keyOf = (each) => `${each.program} ${titleOf(each)}`;

/** What a failing case is known for, where it is: the reason as a text. */
function reasonFor(title, { column: { under, name }, kind }) {
  if (under === 'node:wasi') return DIFFERENCES[title]?.fault ?? DIFFERENCES[title];
  return exceptionOf(title, { kind, runtime: name });
}

/**
 * All cases of all runs of ours, with what became of them. A case that a run did not reach has failed there.
 * @param {Measured[]} measured
 * @returns {{ column: Column, kind: string, program: string, function: string, title: string, outcome: 'passed' | 'known' | 'failed', why?: string }[]}
 */
function outcomes(measured) {
  const everything = knownCases(measured);
  return measured.flatMap(({ column, own }) =>
    Object.entries(own).flatMap(([kind, cases]) => {
      const made = new Map(cases.map((each) => [keyOf(each), each]));
      const expected = everything.filter(({ program }) => isMade(program, column.under, kind));
      const keys = new Set(expected.map(keyOf));
      // What another host cannot be asked is left out there; ours is asked everything.
      const asked = (each) => column.under !== 'node:wasi' || made.get(keyOf(each))?.skipped === undefined;
      return [...expected, ...cases.filter((each) => !keys.has(keyOf(each)))].filter(asked).map((known) => {
        const title = titleOf(known);
        const { failures: noted = ['not reached'], skipped } = made.get(keyOf(known)) ?? {};
        const failures = skipped === undefined ? noted : [...noted, `skipped: ${skipped}`];
        const reason = reasonFor(title, { column, kind });
        return { column, kind, program: known.program, function: known.function, title, ...judge(failures, reason) };
      });
    }),
  );
}

/** A list of what cannot pass is to be true: what passes nevertheless has failed. */
function judge(failures, reason) {
  if (failures.length > 0) return reason === undefined ? { outcome: 'failed', why: failures.join('; ') } : { outcome: 'known', why: reason };
  return reason === undefined ? { outcome: 'passed' } : { outcome: 'failed', why: `passes, although it is listed: ${reason}` };
}

/** Every case that some run of ours has reached, in the order of the programs. */
function knownCases(measured) {
  const all = new Map();
  for (const { column, own } of measured) {
    if (column.under === 'node:wasi') continue;
    // A program that did not even begin is a case of its own, where that happened.
    for (const each of Object.values(own).flat()) if (each.function !== each.program) all.set(keyOf(each), each);
  }
  return [...all.values()];
}

function isMade(name, under, kind) {
  const program = PROGRAMS.find((each) => each.name === name);
  if (program === undefined) return false;
  return Boolean(program.readOnly) === READ_ONLY.includes(kind) && (under !== 'node:wasi' || program.notUnderNode === undefined);
}

/** What became of the suite's programs: as {@link outcomes}. */
function suiteOutcomes(measured) {
  return measured.flatMap(({ column, suite }) =>
    Object.entries(suite).flatMap(([kind, programs]) =>
      programs.map(({ program, failed }) => {
        const reason = column.under === 'node:wasi' ? undefined : suiteExceptionOf(program, { kind });
        return { column, kind, program, ...judge(failed === undefined ? [] : [failed], reason) };
      }),
    ),
  );
}

module.exports = { columns, knownCases, listRuntimes, measure, outcomes, suiteOutcomes };
