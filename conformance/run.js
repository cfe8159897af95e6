'use strict';
// Runs programs under a host on a kind of filesystem, in processes of a runtime, and says how each ended. Both the project's own
// conformance programs and those of a public suite go this way.

const { spawn } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { readCases } = require('../__test__/helpers/cases.js');
const { READ_ONLY } = require('./kinds.js');
const { PROGRAMS } = require('./programs.js');
const { STDIN, makeWorld } = require('./world.js');

const CHILD = path.join(__dirname, 'child.js');
const GUESTS = path.join(__dirname, '../__test__/guests');
/** How long one program may take, ms. Where several share a process, what is left over is the next one's. */
const PATIENCE = 20_000;

/**
 * @typedef {object} Runtime
 * @property {string} program
 * @property {string[]} [args] before the script
 * @property {Record<string, string>} [env]
 *
 * @typedef {object} Ended how a program ended
 * @property {number} [exitCode]
 * @property {string} [error] it trapped or could not be started, or its process ended
 * @property {string} stdout
 * @property {string} stderr
 */

/** What Nodes are started with: 20 and 22 crash now and then where V8 calls node:wasi's functions without a detour (nodejs/node#53087). */
const nodeFlags = (major, under) => ['--no-warnings', ...(under === 'node:wasi' && major < 24 ? ['--no-turbo-fast-api-calls'] : [])];

/** The runtime that this is, without the addon being chosen. */
const here = (under) => ({ program: process.execPath, args: nodeFlags(parseInt(process.versions.node, 10), under) });

/**
 * Runs programs, several in one process: where one of them ends it, or hangs, the others go on in a new one.
 * @param {object[]} requests child.js's, without the files
 * @param {{ runtime?: Runtime, alone?: boolean }} [options] `alone`: each has a process of its own
 * @returns {Promise<Ended[]>}
 */
async function runRequests(requests, { runtime = here(requests[0]?.under), alone = false } = {}) {
  const scratch = fs.mkdtempSync(path.join(os.tmpdir(), 'preopen-conformance-'));
  try {
    const complete = requests.map((request, index) => {
      const file = (name) => path.join(scratch, `${index}.${name}`);
      fs.writeFileSync(file('stdin'), request.input ?? '');
      return { ...request, stdin: file('stdin'), stdout: file('stdout'), stderr: file('stderr') };
    });
    const ended = [];
    while (ended.length < complete.length) {
      const left = complete.slice(ended.length, alone ? ended.length + 1 : undefined);
      ended.push(...(await oneProcess(left, runtime, scratch)));
    }
    const text = (file) => (fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : '');
    return ended.map((end, index) => ({ ...end, stdout: text(complete[index].stdout), stderr: text(complete[index].stderr) }));
  } finally {
    fs.rmSync(scratch, { recursive: true, force: true });
  }
}

/** Runs as many as one process lives for, at least one. */
async function oneProcess(requests, runtime, scratch) {
  const [asked, answered] = ['requests', 'results'].map((name) => path.join(scratch, name));
  fs.writeFileSync(asked, JSON.stringify(requests));
  fs.writeFileSync(answered, '');
  const { code, signal, late, said } = await processOf(runtime, [CHILD, asked, answered], PATIENCE + 1000 * requests.length);
  const lines = fs.readFileSync(answered, 'utf8').split('\n').filter(Boolean).map((line) => JSON.parse(line));
  if (lines.length < requests.length) {
    const how = late ? 'hung, and was killed' : `ended its process (${signal ?? `exit code ${code}`})`;
    const [why = ''] = said.trim().split('\n').filter((line) => /error|panic|abort/i.test(line));
    lines.push({ error: `${how}${why && `: ${why.trim()}`}` });
  }
  return lines;
}

function processOf({ program, args = [], env = {} }, rest, timeout) {
  const child = spawn(program, [...args, ...rest], { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...env } });
  let late = false;
  const timer = setTimeout(() => (late = child.kill('SIGKILL')), timeout);
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (said = (said + text).slice(-20_000)));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      resolve({ code, signal, late, said });
    });
  });
}

/**
 * @typedef {object} Case
 * @property {string} program
 * @property {string} function
 * @property {string} promise
 * @property {string[]} failures
 * @property {string} [skipped] why
 */

/** What a case is called wherever one is listed. */
const titleOf = ({ function: name, promise }) => `${name}: ${promise}`;

/**
 * Runs the project's own programs under one host on kinds of filesystems.
 * @param {{ under: string, kinds: string[], runtime?: Runtime, alone?: boolean }} where
 * @returns {Promise<Record<string, Case[]>>} by the kind's name
 */
async function runOwn({ under, kinds, ...options }) {
  const scratch = fs.mkdtempSync(path.join(os.tmpdir(), 'preopen-conformance-world-'));
  try {
    const planned = kinds.flatMap((kind) => programsFor(under, kind).flatMap((program) => (program.runs ?? ONCE).map((run) => ({ kind, program, ...run }))));
    const requests = planned.map((plan, index) => requestOf(under, plan, path.join(scratch, String(index))));
    const ended = await runRequests(requests, options);
    const cases = Object.fromEntries(kinds.map((kind) => [kind, []]));
    planned.forEach(({ kind, program, exitCode }, index) => cases[kind].push(...judge(program.name, exitCode, ended[index])));
    return cases;
  } finally {
    fs.rmSync(scratch, { recursive: true, force: true });
  }
}

const ONCE = [{ args: [], exitCode: 0 }];

function programsFor(under, kind) {
  const readOnly = READ_ONLY.includes(kind);
  return PROGRAMS.filter((program) => Boolean(program.readOnly) === readOnly && (under !== 'node:wasi' || program.notUnderNode === undefined));
}

function requestOf(under, { kind, program: { name, env = {}, connections, maxFds }, args }, folder) {
  const { sandbox, second } = makeWorld(folder);
  // Its second preopen can only be another folder.
  const variables = under === 'node:wasi' ? { ...env, ...(name === 'conform_path_rename' && { ONE_FILESYSTEM: '1' }) } : env;
  const wasm = path.join(GUESTS, `${name}.wasm`);
  return { under, kind, wasm, args, env: variables, preopens: { '/sandbox': sandbox }, second: { '/second': second }, connections, maxFds, input: STDIN };
}

/** A program's cases; where it did not end as it should, the last one has failed. */
function judge(program, exitCode, ended) {
  const { cases, done, other } = readCases(ended.stdout);
  if (cases.length === 0) cases.push({ function: program, promise: 'begins', failures: [] });
  const { failures } = cases.at(-1);
  failures.push(...other);
  if (ended.error !== undefined) failures.push(`the program ${ended.error}`);
  else if (!done) failures.push(`the program ended with ${ended.exitCode}, before its end`);
  else if (ended.exitCode !== exitCode) failures.push(`the program ended with ${ended.exitCode}, not ${exitCode}`);
  return cases.map((each) => ({ program, ...each }));
}

module.exports = { nodeFlags, runOwn, runRequests, titleOf };
