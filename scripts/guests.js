'use strict';
// Builds the WebAssembly guests from C (with Zig, from PyPI) and from text (with wabt, from npm).
//
//   npm run guests             rebuilds what changed; the toolchain is set up in .tools/ when there is something to build
//   npm run guests -- --all    rebuilds everything
//   npm run guests -- --check  builds nothing; fails when something is out of date
//
// The built modules are committed beside a manifest of hashes, so neither toolchain is needed to run the tests.
// A source may carry a line "flags: …" in a comment, for its compiler.
const { execFileSync } = require('node:child_process');
const { createHash } = require('node:crypto');
const fs = require('node:fs');
const path = require('node:path');

const root = path.join(__dirname, '..');
const tools = path.join(root, '.tools');
const ZIG = '0.17.0';
const WABT = require('../package.json').devDependencies.wabt;
const CFLAGS = ['--target=wasm32-wasi', '-Os', '-s', '-Wall', '-Werror', '-Wno-unused-result'];

// Where sources are, where their modules go, and which manifest vouches for them.
const folders = [
  { sources: '__test__/guests/src', modules: '__test__/guests', manifest: '__test__/guests/manifest.json' },
  { sources: 'examples', modules: 'examples', manifest: 'examples/manifest.json' },
];

const sha256 = (...parts) => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part).update('\0');
  return hash.digest('hex');
};

// The headers of this folder that a source includes, itself and through others.
function including(text, read, found = new Set()) {
  for (const [, name] of text.matchAll(/^#include "(.+)"$/gm)) {
    if (found.has(name)) continue;
    found.add(name);
    including(read(name), read, found);
  }
  return [...found].sort();
}

// Every guest: its name, its source, the module to build, the compiler's flags, and a hash of all that shapes the module.
function guests() {
  const all = [];
  for (const { sources, modules, manifest } of folders) {
    const folder = path.join(root, sources);
    const names = fs.readdirSync(folder).sort();
    for (const file of names.filter((name) => /\.(c|wat)$/.test(name))) {
      const text = fs.readFileSync(path.join(folder, file), 'utf8');
      const flags = /^(?:\/\/|;;) flags: (.+)$/m.exec(text)?.[1].split(' ') ?? [];
      const included = including(text, (name) => fs.readFileSync(path.join(folder, name), 'utf8'));
      const compiler = file.endsWith('.c') ? ['zig', ZIG, ...CFLAGS] : ['wabt', WABT];
      const name = file.replace(/\.\w+$/, '');
      all.push({
        name,
        source: path.join(folder, file),
        module: path.join(root, modules, `${name}.wasm`),
        manifest: path.join(root, manifest),
        flags,
        hash: sha256(text, ...included.map((header) => fs.readFileSync(path.join(folder, header))), compiler.join(' ')),
      });
    }
  }
  return all;
}

const readManifest = (file) => (fs.existsSync(file) ? JSON.parse(fs.readFileSync(file, 'utf8')) : {});

// Why a guest must be built again; undefined when its module is what its source makes.
function whyStale(guest) {
  const entry = readManifest(guest.manifest)[guest.name];
  if (!fs.existsSync(guest.module)) return 'was never built';
  if (!entry || entry.source !== guest.hash) return 'is older than its source';
  if (entry.module !== sha256(fs.readFileSync(guest.module))) return 'is not the module that was built';
  return undefined;
}

function zig() {
  const venv = path.join(tools, `zig-${ZIG}`);
  const python = path.join(venv, 'bin/python');
  const ready = path.join(venv, 'ready');
  if (!fs.existsSync(ready)) {
    console.log(`setting up Zig ${ZIG} in ${path.relative(root, venv)}`);
    execFileSync('python3', ['-m', 'venv', '--clear', venv], { stdio: 'inherit' });
    execFileSync(python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', `ziglang==${ZIG}`], { stdio: 'inherit' });
    fs.writeFileSync(ready, '');
  }
  return (guest) => {
    const args = ['-m', 'ziglang', 'cc', ...CFLAGS, ...guest.flags, guest.source, '-o', guest.module];
    const env = { ...process.env, ZIG_LOCAL_CACHE_DIR: path.join(tools, 'zig-cache'), ZIG_GLOBAL_CACHE_DIR: path.join(tools, 'zig-cache') };
    execFileSync(python, args, { stdio: 'inherit', env });
    fs.chmodSync(guest.module, 0o644);
  };
}

function wabt() {
  const wat2wasm = path.join(root, 'node_modules/wabt/bin/wat2wasm');
  if (!fs.existsSync(wat2wasm)) throw new Error('wabt is missing: npm ci');
  return (guest) => {
    const flags = ['--enable-threads', ...guest.flags];
    execFileSync(process.execPath, [wat2wasm, ...flags, guest.source, '-o', guest.module], { stdio: 'inherit' });
  };
}

function build(wanted) {
  fs.mkdirSync(tools, { recursive: true });
  fs.writeFileSync(path.join(tools, '.gitignore'), '*\n');
  const compilers = {};
  for (const guest of wanted) {
    const kind = guest.source.endsWith('.c') ? 'zig' : 'wabt';
    compilers[kind] ??= kind === 'zig' ? zig() : wabt();
    compilers[kind](guest);
    const manifest = readManifest(guest.manifest);
    manifest[guest.name] = { source: guest.hash, module: sha256(fs.readFileSync(guest.module)) };
    const sorted = Object.fromEntries(Object.entries(manifest).sort(([a], [b]) => (a < b ? -1 : 1)));
    fs.writeFileSync(guest.manifest, `${JSON.stringify(sorted, null, 2)}\n`);
    console.log(`built ${path.relative(root, guest.module)} (${fs.statSync(guest.module).size} bytes)`);
  }
}

// Drops manifest entries and modules whose source is gone.
function prune(all) {
  for (const { manifest: file, modules } of folders) {
    const manifest = readManifest(path.join(root, file));
    const gone = Object.keys(manifest).filter((name) => !all.some((guest) => guest.name === name && guest.manifest === path.join(root, file)));
    for (const name of gone) {
      delete manifest[name];
      fs.rmSync(path.join(root, modules, `${name}.wasm`), { force: true });
      console.log(`dropped ${name}: its source is gone`);
    }
    if (gone.length) fs.writeFileSync(path.join(root, file), `${JSON.stringify(manifest, null, 2)}\n`);
  }
}

function main(args) {
  const all = guests();
  const stale = args.includes('--all') ? all : all.filter(whyStale);
  if (args.includes('--check')) {
    for (const guest of stale) console.error(`${path.relative(root, guest.module)} ${whyStale(guest)}`);
    return stale.length ? 1 : 0;
  }
  prune(all);
  if (stale.length) build(stale);
  console.log(`${all.length} guests, ${stale.length} rebuilt`);
  return 0;
}

module.exports = { folders, guests, root, whyStale };
if (require.main === module) process.exitCode = main(process.argv.slice(2));
