'use strict';
// The fuzz targets of `fuzz/`, without cargo-fuzz: builds them with coverage by the same toolchain as everything else.
//
//   npm run fuzz                                  the targets' names, and what they have done so far
//   npm run fuzz -- bounded [TARGET…]             30 s for each, all at once, from the committed seeds and a fixed number: what npm test does
//   npm run fuzz -- long [TARGET…] [--seconds N]  with a corpus that is kept in fuzz/corpus/ (600 s for each); the record gets a line
//   npm run fuzz -- long … --sanitizer address    the same under AddressSanitizer, with the nightly toolchain
//   npm run fuzz -- seeded [TARGET…]              plants each fault of fuzz/seeded.json in a copy, and tells how soon it is found
//
// What is found lies in fuzz/artifacts/TARGET/, with what was said of it in output.log, and `cargo fuzz run TARGET FILE` or the built
// target with the file repeats it.

const { spawn } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { StepFailed, root, run } = require('./lib/exec.js');

const TRIPLE = 'x86_64-unknown-linux-gnu';
/** What `cargo fuzz` passes, too. */
const COVERAGE = [
  '--cfg=fuzzing',
  '-Cpasses=sancov-module',
  ...['level=4', 'inline-8bit-counters', 'pc-table', 'trace-compares'].map((word) => `-Cllvm-args=-sanitizer-coverage-${word}`),
];
const RECORD = path.join(root, 'fuzz/record.json');
const BOUNDED = 30;
const LONG = 600;
/** A fault that was planted has to be found within this, s. */
const SOON = 60;
/** An input that takes this long hangs, s. */
const PATIENCE = 25;

/** The targets, as fuzz/Cargo.toml names them. */
function targets(folder = root) {
  const toml = fs.readFileSync(path.join(folder, 'fuzz/Cargo.toml'), 'utf8');
  return [...toml.matchAll(/^\[\[bin\]\]\nname = "(\w+)"/gm)].map(([, name]) => name);
}

/** Those that are named, or all. */
function chosen(names) {
  const all = targets();
  const unknown = names.find((name) => !all.includes(name));
  if (unknown !== undefined) throw new StepFailed(`there is no fuzz target "${unknown}": ${all.join(', ')}`);
  return names.length === 0 ? all : names;
}

/** Where targets work: in memory where there is such a folder, for what is written to it is gone a moment later. */
function roomFor(target) {
  const shared = '/dev/shm';
  const folder = fs.existsSync(shared) && fs.statfsSync(shared).bavail * fs.statfsSync(shared).bsize > 2 ** 30 ? shared : os.tmpdir();
  return fs.mkdtempSync(path.join(folder, `preopen-fuzz-${target}-`));
}

/** Builds all targets of a copy of the repository, or one; gives the folder with the programs. */
function build({ folder = root, sanitizer, into = path.join(root, 'target/fuzz'), only } = {}) {
  const target = sanitizer === undefined ? into : `${into}-${sanitizer}`;
  const flags = sanitizer === undefined ? COVERAGE : [...COVERAGE, `-Zsanitizer=${sanitizer}`];
  const cargo = sanitizer === undefined ? [] : ['+nightly'];
  run('cargo', [...cargo, 'build', '--manifest-path', path.join(folder, 'fuzz/Cargo.toml'), '--release', '--locked', ...(only === undefined ? ['--bins'] : ['--bin', only]), '--target', TRIPLE], {
    env: { ...process.env, CARGO_ENCODED_RUSTFLAGS: flags.join('\x1f'), CARGO_TARGET_DIR: target },
  });
  return path.join(target, TRIPLE, 'release');
}

/**
 * Runs a target until its time is over or it has found something.
 * @returns {Promise<{ target: string, found: boolean, seconds: number, calls: number, output: string }>}
 */
function attack(programs, target, { seconds, corpus, flags = [] }) {
  const scratch = roomFor(target);
  const artifacts = path.join(root, 'fuzz/artifacts', target);
  fs.mkdirSync(artifacts, { recursive: true });
  const seeds = path.join(root, 'fuzz/seeds', target);
  const counted = path.join(scratch, 'calls');
  const args = [`-max_total_time=${seconds}`, `-timeout=${PATIENCE}`, '-rss_limit_mb=4096', '-print_final_stats=1', `-artifact_prefix=${artifacts}/`, ...flags];
  for (const folder of [corpus ?? path.join(scratch, 'corpus'), seeds]) {
    fs.mkdirSync(folder, { recursive: true });
    args.push(folder);
  }
  const begun = Date.now();
  const child = spawn(path.join(programs, target), args, { cwd: scratch, env: { ...process.env, PREOPEN_FUZZ_CALLS: counted, TMPDIR: scratch } });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (output = (output + text).slice(-100_000)));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => {
      const calls = fs.existsSync(counted) ? Number(fs.readFileSync(counted, 'utf8')) : 0;
      fs.rmSync(scratch, { recursive: true, force: true });
      // What it said, for an input that does nothing when it is run alone.
      if (code !== 0) fs.writeFileSync(path.join(artifacts, 'output.log'), output);
      resolve({ target, found: code !== 0, seconds: (Date.now() - begun) / 1000, calls, output });
    });
  });
}

const shown = ({ target, found, seconds, calls }) =>
  `${found ? 'FOUND   ' : 'nothing '} ${target.padEnd(12)} ${calls.toLocaleString('en')} calls in ${seconds.toFixed(0)} s`;

function report(results) {
  for (const result of results) {
    console.log(shown(result));
    if (result.found) console.log(result.output.split('\n').slice(-60).join('\n'));
  }
  const faults = results.filter(({ found }) => found);
  if (faults.length > 0) throw new StepFailed(`${faults.map(({ target }) => target).join(', ')} found something`);
}

async function bounded(names) {
  const programs = build();
  report(await Promise.all(chosen(names).map((target) => attack(programs, target, { seconds: BOUNDED, flags: ['-seed=20261127'] }))));
}

async function long(names, { seconds, sanitizer }) {
  const programs = build({ sanitizer });
  const results = [];
  const waiting = chosen(names);
  const worker = async () => {
    for (let target = waiting.shift(); target !== undefined; target = waiting.shift()) {
      const result = await attack(programs, target, { seconds, corpus: path.join(root, 'fuzz/corpus', target) });
      console.log(shown(result));
      results.push(result);
      note(result, sanitizer);
    }
  };
  await Promise.all(os.cpus().map(worker));
  report(results);
}

/** Adds what a run did to what was done on this day. */
function note({ target, found, seconds, calls }, sanitizer = 'none') {
  const record = readRecord();
  const date = new Date().toISOString().slice(0, 10);
  const same = (line) => line.date === date && line.target === target && line.sanitizer === sanitizer;
  const line = record.find(same) ?? { date, target, sanitizer, seconds: 0, calls: 0, found: 0 };
  if (!record.includes(line)) record.push(line);
  line.seconds += Math.round(seconds);
  line.calls += calls;
  line.found += Number(found);
  fs.writeFileSync(RECORD, `${JSON.stringify(record, null, 2)}\n`);
}

const readRecord = () => (fs.existsSync(RECORD) ? JSON.parse(fs.readFileSync(RECORD, 'utf8')) : []);

/** Plants one fault after the other in a copy of the repository's sources. */
async function seeded(names) {
  const wanted = chosen(names);
  const faults = JSON.parse(fs.readFileSync(path.join(root, 'fuzz/seeded.json'), 'utf8')).filter(({ target }) => wanted.includes(target));
  const folder = path.join(root, 'target/fuzz-seeded-source');
  const missed = [];
  for (const { target, what, file, from, to } of faults) {
    fs.rmSync(folder, { recursive: true, force: true });
    for (const name of ['src', 'fuzz', 'tests', 'Cargo.toml', 'Cargo.lock', 'build.rs']) {
      const skip = ['fuzz/corpus', 'fuzz/artifacts'].map((each) => path.join(root, each));
      fs.cpSync(path.join(root, name), path.join(folder, name), { recursive: true, preserveTimestamps: true, filter: (source) => !skip.includes(source) });
    }
    const text = fs.readFileSync(path.join(folder, file), 'utf8');
    if (text.split(from).length !== 2) throw new StepFailed(`${file} has not exactly one place to plant "${what}"`);
    fs.writeFileSync(path.join(folder, file), text.replace(from, () => to));
    const programs = build({ folder, into: path.join(root, 'target/fuzz-seeded'), only: target });
    const { found, seconds } = await attack(programs, target, { seconds: SOON, flags: ['-seed=1'] });
    console.log(`${found ? `found after ${seconds.toFixed(1)} s` : `NOT found in ${SOON} s`}: ${target}, ${what}`);
    if (!found) missed.push(what);
  }
  if (missed.length > 0) throw new StepFailed(`not found: ${missed.join(', ')}`);
}

function list() {
  const record = readRecord();
  for (const target of targets()) {
    const lines = record.filter((line) => line.target === target);
    const sum = (key) => lines.reduce((all, line) => all + line[key], 0);
    console.log(`${target.padEnd(12)} ${sum('calls').toLocaleString('en')} calls in ${(sum('seconds') / 3600).toFixed(2)} hours`);
  }
}

async function main([what, ...rest]) {
  const names = [];
  const options = { seconds: LONG, sanitizer: undefined };
  while (rest.length > 0) {
    const word = rest.shift();
    if (word === '--seconds') options.seconds = Number(rest.shift());
    else if (word === '--sanitizer') options.sanitizer = rest.shift();
    else names.push(word);
  }
  if (what === undefined) list();
  else if (what === 'bounded') await bounded(names);
  else if (what === 'long') await long(names, options);
  else if (what === 'seeded') await seeded(names);
  else throw new StepFailed('npm run fuzz -- bounded | long | seeded [TARGET…]');
}

module.exports = { readRecord, targets };

if (require.main === module) {
  main(process.argv.slice(2)).catch((error) => {
    console.error(error instanceof StepFailed ? error.message : error);
    process.exitCode = 1;
  });
}
