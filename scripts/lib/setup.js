'use strict';
// Everything that a fresh machine lacks. Each step does nothing where its result is up to date.

const { createHash } = require('node:crypto');
const fs = require('node:fs');
const path = require('node:path');
const { StepFailed, npm, root, run } = require('./exec.js');

const PLATFORM = 'linux-x64-gnu';
const ADDON = `preopen.${PLATFORM}.node`;
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

/** Builds the addon in release mode and puts it where the loader looks first, and into the platform's package. */
function buildAddon() {
  checkTools();
  run('cargo', ['build', '--release', '--locked']);
  const target = process.env.CARGO_TARGET_DIR ?? path.join(root, 'target');
  const built = fs.readFileSync(path.resolve(root, target, 'release/libpreopen.so'));
  for (const folder of [root, path.join(root, 'npm', PLATFORM)]) place(built, path.join(folder, ADDON));
}

/** By renaming: a process that runs the old one keeps it. */
function place(bytes, file) {
  if (fs.existsSync(file) && fs.readFileSync(file).equals(bytes)) return;
  fs.writeFileSync(`${file}.new`, bytes, { mode: 0o755 });
  fs.renameSync(`${file}.new`, file);
  console.log(`built ${path.relative(root, file)}`);
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
 * The runtimes, by name; the running Node first.
 * @returns {{ nodes: [string, string][], bun: string, deno: string }}
 */
function runtimes() {
  const at = (file) => path.join(RUNTIMES, 'node_modules', file);
  const [running] = process.versions.node.split('.');
  const others = NODES.filter((major) => major !== running);
  return {
    nodes: [
      [`Node ${process.versions.node}`, process.execPath],
      ...others.map((major) => [`Node ${version(at(`node${major}`))}`, at(`node${major}/bin/node`)]),
    ],
    bun: at('@oven/bun-linux-x64/bin/bun'),
    deno: at('@deno/linux-x64-glibc/deno'),
  };
}

function version(folder) {
  return JSON.parse(fs.readFileSync(path.join(folder, 'package.json'), 'utf8')).version;
}

module.exports = { PLATFORM, buildAddon, checkTools, installDevelopment, installRuntimes, runtimes };
