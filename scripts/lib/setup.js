'use strict';
// Everything that a fresh machine lacks. Each step does nothing where its result is up to date.

const { createHash } = require('node:crypto');
const fs = require('node:fs');
const path = require('node:path');
const { StepFailed, npm, root, run } = require('./exec.js');

const PLATFORM = 'linux-x64-gnu';
const ADDON = `preopen.${PLATFORM}.node`;
/** The addons in their packages. */
const SMALL = path.join(root, 'npm', PLATFORM, ADDON);
const LARGE = path.join(root, 'npm/engine', ADDON);
/** The versions of Node to test under, beside the running one. */
const NODES = ['22', '24', '26'];
const RUNTIMES = path.join(root, '.runtimes');

/** Rust and its linker, which npm cannot install. */
function checkTools() {
  const [major] = process.versions.node.split('.');
  if (major < 20) throw new StepFailed(`Node 20 or later is needed; this is ${process.version}`);
  try {
    run('cargo', ['--version'], { quiet: true });
  } catch {
    throw new StepFailed('cargo is missing: install Rust 1.95 or later (https://rustup.rs), and a C linker (gcc)');
  }
}

/** Builds the small addon and puts it beside package.json, and into the platform's package. */
function buildAddon() {
  const built = build('release', []);
  const changed = [path.join(root, ADDON), SMALL].filter((file) => place(built, file));
  // The loader would take the large one, of an older state: what was just built would go unused.
  if (changed.length === 0 || !fs.existsSync(LARGE)) return;
  fs.rmSync(LARGE);
  console.log(`removed ${path.relative(root, LARGE)}, which is older; npm run build:engine builds it`);
}

/** Builds the addon with the engine into its package: from then on the loader takes it. */
function buildEngine() {
  place(build('engine', ['--features', 'engine']), LARGE);
}

/** @returns {Buffer} the library */
function build(profile, features) {
  checkTools();
  run('cargo', ['build', '--profile', profile, '--lib', ...features, '--locked']);
  const target = process.env.CARGO_TARGET_DIR ?? path.join(root, 'target');
  return fs.readFileSync(path.resolve(root, target, profile, 'libpreopen.so'));
}

/** By renaming: a process that runs the old one keeps it. Answers whether it was another one. */
function place(bytes, file) {
  if (fs.existsSync(file) && fs.readFileSync(file).equals(bytes)) return false;
  fs.writeFileSync(`${file}.new`, bytes, { mode: 0o755 });
  fs.renameSync(`${file}.new`, file);
  console.log(`built ${path.relative(root, file)}`);
  return true;
}

/** Installs what package-lock.json of a folder names, unless that was done. */
function installPackages(folder) {
  const lock = fs.readFileSync(path.join(folder, 'package-lock.json'));
  const hash = createHash('sha256').update(lock).digest('hex');
  const stamp = path.join(folder, 'node_modules/.preopen-installed');
  if (fs.existsSync(stamp) && fs.readFileSync(stamp, 'utf8') === hash) return;
  npm(['ci', '--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: folder });
  fs.writeFileSync(stamp, hash);
}

/** ESLint, TypeScript, and the types of Node. */
function installDevelopment() {
  installPackages(root);
}

/** The other runtimes that tests run under, into `.runtimes/`. */
function installRuntimes() {
  const source = path.join(root, 'scripts/runtimes');
  fs.mkdirSync(RUNTIMES, { recursive: true });
  for (const file of fs.readdirSync(source)) fs.copyFileSync(path.join(source, file), path.join(RUNTIMES, file));
  installPackages(RUNTIMES);
  // Short ways to them: .runtimes/node24/bin/node.
  for (const major of NODES) {
    const link = path.join(RUNTIMES, `node${major}`);
    if (!fs.existsSync(link)) fs.symlinkSync(`node_modules/node${major}`, link);
  }
}

/**
 * The runtimes: of Node a name, the program and the major version; the running one first.
 * @returns {{ nodes: [string, string, string][], bun: string, deno: string }}
 */
function runtimes() {
  const at = (file) => path.join(RUNTIMES, 'node_modules', file);
  const [running] = process.versions.node.split('.');
  const others = NODES.filter((major) => major !== running);
  return {
    nodes: [
      [`Node ${process.versions.node}`, process.execPath, running],
      ...others.map((major) => [`Node ${version(at(`node${major}`))}`, at(`node${major}/bin/node`), major]),
    ],
    bun: at('@oven/bun-linux-x64/bin/bun'),
    deno: at('@deno/linux-x64-glibc/deno'),
  };
}

function version(folder) {
  return JSON.parse(fs.readFileSync(path.join(folder, 'package.json'), 'utf8')).version;
}

module.exports = { LARGE, PLATFORM, SMALL, buildAddon, buildEngine, checkTools, installDevelopment, installRuntimes, runtimes };
