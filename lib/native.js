'use strict';
// Finds and loads the addon for this machine: the build beside package.json, or the platform's package.

/** The machines that a build exists for; each is a package `@preopen/<name>`. */
const PLATFORMS = new Set(['linux-x64-gnu']);

/** Loaded by the first failure. */
const errors = () => require('./errors.js');

/** Read only where the build beside package.json is missing. */
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
  const { platform, arch } = process;
  // Which C library Linux has is asked only after a failure: the answer takes longer than loading does.
  const name = platform === 'linux' ? `linux-${arch}-gnu` : `${platform}-${arch}`;
  if (!PLATFORMS.has(name)) throw unsupported();
  try {
    return require(`../preopen.${name}.node`);
  } catch (error) {
    if (!isMissing(error)) throw broken(error);
  }
  try {
    const found = require(`@preopen/${name}/package.json`).version;
    if (found !== version()) throw mismatch(name, found);
    return require(`@preopen/${name}`);
  } catch (error) {
    if (error.code === 'ERR_PREOPEN_NO_BINARY') throw error;
    if (!isMissing(error)) throw broken(error);
    throw libc() === 'musl' ? unsupported() : notInstalled(name, error);
  }
}

const isMissing = (error) => error.code === 'MODULE_NOT_FOUND';

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

function notInstalled(name, cause) {
  return errors().noBinary(
    `preopen runs on ${describeMachine()}, but its package @preopen/${name} is not installed. It is an optional ` +
      'dependency: install again on this machine, without --omit=optional or --no-optional, or add it by ' +
      `\`npm install @preopen/${name}@${version()}\`.`,
    cause,
  );
}

function mismatch(name, found) {
  return errors().noBinary(
    `preopen ${version()} found version ${found} of its package @preopen/${name}, and needs its own. Install again, or ` +
      `run \`npm install @preopen/${name}@${version()}\`.`,
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
