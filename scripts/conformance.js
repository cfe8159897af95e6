'use strict';
// Runs the built preview1 programs of a public suite (WebAssembly/wasi-testsuite's form: NAME.wasm beside NAME.json) and
// counts which pass: `node scripts/conformance.js FOLDER [--under node:wasi|engine] [--on memory|overlay|memfs|node:fs]`, where `engine` is preopen's
// run(). The suite is not part of this project.

const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { parseArgs } = require('node:util');

const DEFAULTS = { args: [], root: null, env: {}, exit_code: 0, stderr: '', stdout: '' };
const TIMEOUT_MS = 20_000;

/** What a program gets as its root, for the directory that the suite has for it. */
const KINDS = {
  host: (root) => root,
  memory: (root) => require('..').MemoryFileSystem.fromDirectory(root),
  // Filesystems written in JavaScript.
  memfs: (root) => volume(root),
  'node:fs': (root) => require('../__test__/helpers/below').below(root),
  overlay: (root) => new (require('..').OverlayFileSystem)({ lower: root }),
};

/** What is in a directory, in memory. */
function volume(root) {
  const { Volume } = require('memfs');
  const copy = Volume.fromJSON({ '/': null });
  for (const entry of fs.readdirSync(root, { withFileTypes: true, recursive: true })) {
    const from = path.join(entry.parentPath ?? entry.path, entry.name);
    const to = `/${path.relative(root, from)}`;
    if (entry.isDirectory()) copy.mkdirSync(to, { recursive: true });
    else if (entry.isSymbolicLink()) copy.symlinkSync(fs.readlinkSync(from), to);
    else copy.mkdirSync(path.dirname(to), { recursive: true }), copy.writeFileSync(to, fs.readFileSync(from));
  }
  return copy;
}

if (process.argv[2] === '--child') {
  child(JSON.parse(process.argv[3]));
} else {
  main();
}

/** Runs one program in this process, with its exit code as ours. */
function child({ under, on, wasm, args, env, root }) {
  const preopens = root === null ? {} : { '/': KINDS[on](root) };
  if (under === 'engine') return offThread(wasm, { args: [path.basename(wasm), ...args], env, preopens });
  const { WASI } = require(under === 'preopen' ? '..' : under);
  const extra = under === 'preopen' ? { dotEntries: true } : {};
  const wasi = new WASI({ version: 'preview1', args: [path.basename(wasm), ...args], env, preopens, ...extra });
  const module = new WebAssembly.Module(fs.readFileSync(wasm));
  process.exitCode = wasi.start(new WebAssembly.Instance(module, wasi.getImportObject()));
}

/** The same in the engine, off this thread. */
async function offThread(wasm, options) {
  const { run } = require('..');
  const { exitCode } = await run(wasm, { ...options, stdin: 0, stdout: 'inherit', stderr: 'inherit' });
  process.exitCode = exitCode;
}

/** The suite's newer form, a list of steps, as the older one. */
function specification(file) {
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

/** Runs one program over a fresh copy of its root, and says why it failed, or null. */
function run(wasm, under, on) {
  const expected = specification(wasm.replace(/\.wasm$/, '.json'));
  const scratch = fs.mkdtempSync(path.join(os.tmpdir(), 'preopen-conformance-'));
  try {
    let root = null;
    if (expected.root !== null) {
      root = path.join(scratch, 'root');
      fs.cpSync(path.resolve(path.dirname(wasm), expected.root), root, { recursive: true, verbatimSymlinks: true });
    }
    const request = { under, on, wasm, args: expected.args, env: expected.env, root };
    // Files: the pipes that Node makes for a child are sockets, which some programs can tell.
    const [stdout, stderr] = ['stdout', 'stderr'].map((name) => path.join(scratch, name));
    const files = [stdout, stderr].map((name) => fs.openSync(name, 'w'));
    const result = spawnSync(process.execPath, ['--no-warnings', __filename, '--child', JSON.stringify(request)], {
      stdio: ['ignore', ...files],
      timeout: TIMEOUT_MS,
    });
    files.forEach((fd) => fs.closeSync(fd));
    const [out, err] = [stdout, stderr].map((name) => fs.readFileSync(name, 'utf8'));
    if (result.signal !== null) return `ended by ${result.signal}`;
    if (result.status !== expected.exit_code) {
      return `exit code ${result.status}: ${err.trim().split('\n').slice(0, 3).join(' | ')}`;
    }
    if (expected.stdout !== '' && out !== expected.stdout) return `stdout ${JSON.stringify(out)}`;
    if (expected.stderr !== '' && err !== expected.stderr) return `stderr ${JSON.stringify(err)}`;
    return null;
  } finally {
    fs.rmSync(scratch, { recursive: true, force: true });
  }
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

function main() {
  const string = (value) => ({ type: 'string', default: value });
  const { values, positionals } = parseArgs({ options: { under: string('preopen'), on: string('host') }, allowPositionals: true });
  const { under, on } = values;
  const [folder] = positionals;
  const known = under === 'preopen' || under === 'engine' ? Object.hasOwn(KINDS, on) : under === 'node:wasi' && on === 'host';
  if (folder === undefined || !known) {
    console.error('usage: node scripts/conformance.js FOLDER [--under node:wasi|engine] [--on memory|overlay|memfs|node:fs]');
    process.exit(2);
  }
  const programs = fs
    .readdirSync(folder, { recursive: true })
    .filter((name) => name.endsWith('.wasm'))
    .map((name) => path.resolve(folder, name))
    .filter(isPreview1)
    .sort();
  const failed = [];
  for (const wasm of programs) {
    const why = run(wasm, under, on);
    if (why !== null) failed.push(`${path.relative(folder, wasm)}: ${why}`);
  }
  failed.forEach((line) => console.log(`failed: ${line}`));
  console.log(`${under}, ${on} filesystem, on Node ${process.versions.node}: ${programs.length - failed.length} passed, ${failed.length} failed`);
  process.exitCode = failed.length === 0 && programs.length > 0 ? 0 : 1;
}
