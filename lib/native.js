'use strict';
// Finds and loads the addon for this machine, once in a thread. The first that is there:
//
// 1. the file that the environment variable PREOPEN_NATIVE_LIBRARY_PATH names: for packagers, and for tests;
// 2. `@preopen/engine`, the large build. It does all that the small one does, so no process needs both;
// 3. the build beside package.json: in a clone of the repository;
// 4. the package of this platform.

/** The machines that a build exists for; each is a package `@preopen/<name>`. */
const PLATFORMS = new Set(['linux-x64-gnu']);

const ENGINE = '@preopen/engine';
const VARIABLE = 'PREOPEN_NATIVE_LIBRARY_PATH';

const MISSING = ['MODULE_NOT_FOUND'];
/** Under Node's permission model what need not be there is not always granted either. */
const UNREADABLE = [...MISSING, 'ERR_ACCESS_DENIED'];

/** Loaded by the first failure. */
const errors = () => require('./errors.js');

/** Read only where a package has one to compare with. */
const version = () => require('../package.json').version;

let native;

/**
 * The addon. Loaded once in a thread.
 * @returns {import('./native').Native}
 */
function load() {
  native ??= loadFirst();
  return native;
}

function loadFirst() {
  const chosen = process.env[VARIABLE];
  if (chosen) return loadChosen(chosen);
  const { platform, arch } = process;
  // Which C library Linux has is asked only after a failure: the answer takes longer than loading does.
  const name = platform === 'linux' ? `linux-${arch}-gnu` : `${platform}-${arch}`;
  if (!PLATFORMS.has(name)) throw unsupported();
  const found = loadPackage(ENGINE, UNREADABLE) ?? tryRequire(`../preopen.${name}.node`) ?? loadPackage(`@preopen/${name}`);
  if (found === undefined) throw libc() === 'musl' ? unsupported() : notInstalled(name);
  return found;
}

/** A file that is named must be there: another one in its place would go unnoticed. */
function loadChosen(file) {
  try {
    return require(require('node:path').resolve(file));
  } catch (error) {
    throw errors().noBinary(`preopen cannot load the addon that ${VARIABLE} names: ${error.message.split('\n', 1)[0]}`, error);
  }
}

/** Undefined where the package is not installed. In the repository its folder is there before its addon is built. */
function loadPackage(name, absent = MISSING) {
  const manifest = tryRequire(`${name}/package.json`, absent);
  if (manifest === undefined) return undefined;
  if (manifest.version !== version()) throw mismatch(name, manifest.version);
  return tryRequire(name);
}

/** Undefined where that fails with one of the codes in `absent`. */
function tryRequire(request, absent = MISSING) {
  try {
    return require(request);
  } catch (error) {
    if (absent.includes(error.code)) return undefined;
    throw broken(error);
  }
}

/** `glibc`, `musl`, or `unknown libc`; empty elsewhere than on Linux. */
function libc() {
  if (process.platform !== 'linux') return '';
  try {
    process.report.excludeNetwork = true;
    if (process.report.getReport().header.glibcVersionRuntime) return 'glibc';
  } catch {
    // Other runtimes have no report, and the permission model can refuse it.
  }
  const { existsSync, readdirSync } = require('node:fs');
  if (existsSync('/lib64/ld-linux-x86-64.so.2')) return 'glibc';
  try {
    if (readdirSync('/lib').some((file) => file.startsWith('ld-musl-'))) return 'musl';
  } catch {
    // No /lib: nothing can be said.
  }
  return 'unknown libc';
}

/** `linux x64 (glibc)`. */
function describeMachine() {
  const name = libc();
  return `${process.platform} ${process.arch}${name && ` (${name})`}`;
}

function unsupported() {
  return errors().noBinary(
    `preopen has no build for ${describeMachine()}. It runs on linux x64 (glibc): use such a machine or container ` +
      '(for Docker, an image like node:24-slim, not node:24-alpine, with --platform=linux/amd64).',
  );
}

function notInstalled(name) {
  return errors().noBinary(
    `preopen runs on ${describeMachine()}, but its package @preopen/${name} is not installed. It is an optional ` +
      'dependency: install again on this machine, without --omit=optional or --no-optional, or add it by ' +
      `\`npm install @preopen/${name}@${version()}\`.`,
  );
}

function mismatch(name, found) {
  return errors().noBinary(
    `preopen ${version()} found version ${found} of its package ${name}, and needs its own. Install again, or ` +
      `run \`npm install ${name}@${version()}\`.`,
  );
}

function broken(cause) {
  const help =
    cause.code === 'ERR_DLOPEN_DISABLED'
      ? "Node's permission model is on: allow native addons by --allow-addons."
      : 'The file does not fit this machine (an older C library, or another processor) or is damaged: install again, ' +
        'or build it here by `npm run build` in a clone of the repository.';
  return errors().noBinary(`preopen cannot load its addon on ${describeMachine()}: ${cause.message.replace(/\.$/, '')}. ${help}`, cause);
}

module.exports = { load };
