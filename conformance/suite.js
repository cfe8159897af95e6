'use strict';
// A public suite's built programs (WebAssembly/wasi-testsuite's form: NAME.wasm beside NAME.json), which are no part of this project.

const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { runRequests } = require('./run.js');

const DEFAULTS = { args: [], root: null, env: {}, exit_code: 0, stderr: '', stdout: '' };

/** What a program is given, and what is expected of it; the suite's newer form, a list of steps, as the older one. */
function specification(wasm) {
  const file = wasm.replace(/\.wasm$/, '.json');
  if (!fs.existsSync(file)) return DEFAULTS;
  const json = JSON.parse(fs.readFileSync(file, 'utf8'));
  if (json.operations === undefined) return { ...DEFAULTS, ...json };
  const step = (type, id) => json.operations.find((op) => op.type === type && (id === undefined || (op.id ?? 'stdout') === id));
  const { args, env, root } = { ...DEFAULTS, ...step('run') };
  return {
    args,
    env,
    root,
    exit_code: step('wait')?.exit_code ?? 0,
    stdout: step('read', 'stdout')?.payload ?? '',
    stderr: step('read', 'stderr')?.payload ?? '',
  };
}

/** Whether it is a core module that imports preview1, and not a component. */
function isPreview1(wasm) {
  try {
    const imports = WebAssembly.Module.imports(new WebAssembly.Module(fs.readFileSync(wasm)));
    return imports.every(({ module }) => module === 'wasi_snapshot_preview1');
  } catch {
    return false;
  }
}

/** The suite's programs of preview1, as paths. */
function programsIn(folder) {
  return fs
    .readdirSync(folder, { recursive: true })
    .filter((name) => name.endsWith('.wasm'))
    .map((name) => path.resolve(folder, name))
    .filter(isPreview1)
    .sort();
}

/** What its Git says that the suite is; undefined where it has none. */
function versionOf(folder) {
  const git = (...args) => spawnSync('git', ['-C', folder, ...args], { encoding: 'utf8' }).stdout?.trim();
  // A folder without Git may lie in another repository, such as this one.
  const top = git('rev-parse', '--show-toplevel');
  if (!top || !fs.existsSync(path.join(top, 'tests'))) return undefined;
  const [commit, date] = (git('log', '-1', '--format=%H %cs') ?? '').split(' ');
  return commit && `${path.basename(top)} ${commit.slice(0, 12)} of ${date}`;
}

/** Why a program has failed, or undefined. */
function whyFailed(expected, { exitCode, error, stdout, stderr }) {
  const said = stderr.trim().split('\n').slice(0, 3).join(' | ');
  if (error !== undefined) return `${error} ${said}`.trim();
  if (exitCode !== expected.exit_code) return `exit code ${exitCode}: ${said}`;
  if (expected.stdout !== '' && stdout !== expected.stdout) return `stdout ${JSON.stringify(stdout)}`;
  if (expected.stderr !== '' && stderr !== expected.stderr) return `stderr ${JSON.stringify(stderr)}`;
  return undefined;
}

/**
 * Runs all of a suite under one host on one kind, each program over a fresh copy of its root.
 * @param {string} folder
 * @param {{ under: string, kind: string, runtime?: import('./run.js').Runtime, alone?: boolean }} where
 * @returns {Promise<{ program: string, failed?: string }[]>}
 */
async function runSuite(folder, { under, kind, ...options }) {
  const scratch = fs.mkdtempSync(path.join(os.tmpdir(), 'preopen-suite-'));
  try {
    const programs = programsIn(folder);
    const expected = programs.map(specification);
    const requests = programs.map((wasm, index) => {
      const { root, args, env } = expected[index];
      const preopens = {};
      if (root !== null) {
        preopens['/'] = path.join(scratch, String(index));
        fs.cpSync(path.resolve(path.dirname(wasm), root), preopens['/'], { recursive: true, verbatimSymlinks: true });
      }
      return { under, kind, wasm, args, env, preopens };
    });
    const ended = await runRequests(requests, options);
    return programs.map((wasm, index) => ({ program: path.relative(path.resolve(folder), wasm), failed: whyFailed(expected[index], ended[index]) }));
  } finally {
    fs.rmSync(scratch, { recursive: true, force: true });
  }
}

module.exports = { programsIn, runSuite, versionOf };
