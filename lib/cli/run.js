'use strict';
// `preopen run`: a program from its file to its exit code.

const path = require('node:path');
const { WASI } = require('../wasi.js');
const { parseRun } = require('./args.js');
const { CliError, UsageError } = require('./errors.js');
const { loadProgram } = require('./load.js');
const { needsOf } = require('./needs.js');
const { printable } = require('./printable.js');

/** As a shell reports SIGABRT: 128 + 6. */
const TRAPPED = 134;

/**
 * @param {string[]} words what follows `run`
 * @returns {number} the exit code
 */
function run(words) {
  const { file, args, ...options } = parseRun(words);
  const { bytes, binary } = loadProgram(file);
  const needs = needsOf(binary);
  refuse(file, needs);

  const wasi = open({
    version: needs.wasi.includes('preview0') ? 'unstable' : 'preview1',
    args: [path.basename(file), ...args],
    dotEntries: true,
    ...options,
  });
  const instance = instantiate(file, bytes, wasi);
  try {
    return wasi.start(instance) & 0xff;
  } catch (error) {
    console.error(describeTrap(file, error));
    return TRAPPED;
  } finally {
    wasi.close();
  }
}

function refuse(file, { kind, problems }) {
  if (problems.length > 0) {
    const lines = problems.map(({ what, fix }) => `\n  ${what}.\n    What helps: ${fix}.`);
    throw new CliError(`cannot run ${file}:${lines.join('')}`);
  }
  if (kind === 'reactor') {
    throw new CliError(
      `cannot run ${file}: it is a reactor (it exports _initialize and no _start), a library whose functions a host ` +
        'calls. Load it in JavaScript with the WASI class: wasi.initialize(instance), then instance.exports.',
    );
  }
  if (kind === 'library') {
    throw new CliError(`cannot run ${file}: it exports no _start, so there is nothing to run. Was it linked as a program?`);
  }
}

function open(options) {
  try {
    return new WASI(options);
  } catch (error) {
    if (error.code === 'ERR_INVALID_ARG_VALUE') throw new UsageError(error.message);
    if (!error.code?.startsWith('UVWASI_')) throw error;
    const errno = error.code.slice('UVWASI_'.length);
    const what =
      error.address === undefined ? `cannot open ${error.path ?? 'the sandbox'}` : `cannot listen on ${error.address}`;
    throw new CliError(`${what}: ${OPEN_ERRORS[errno] ?? errno}${hint(error.path)}`);
  }
}

/** Other tools take `HOST:GUEST`. */
const hint = (path) => (/[^:]:[^:]/.test(path) ? ' (is it HOST::GUEST, with two colons?)' : '');

const OPEN_ERRORS = {
  ENOENT: 'there is no such directory',
  ENOTDIR: 'it is not a directory',
  EACCES: 'permission denied',
  EBADF: 'a standard stream is closed',
  EMFILE: 'out of descriptors: raise --max-fds, or the limit of this process (ulimit -n)',
  EADDRINUSE: 'the address is in use',
  EADDRNOTAVAIL: 'this machine does not have the address',
};

function instantiate(file, bytes, wasi) {
  try {
    return new WebAssembly.Instance(new WebAssembly.Module(bytes), wasi.getImportObject());
  } catch (error) {
    wasi.close();
    if (error instanceof WebAssembly.CompileError) {
      throw new CliError(`cannot compile ${file} on Node ${process.version}: ${reason(error)}`);
    }
    if (error instanceof WebAssembly.LinkError || error instanceof RangeError) {
      throw new CliError(`cannot load ${file}: ${reason(error)}`);
    }
    throw error;
  }
}

/** The engine's message without the function that it comes from. */
function reason(error) {
  return printable(error.message.replace(/^WebAssembly\.\w+\(\): /, ''));
}

function describeTrap(file, error) {
  if (error instanceof WebAssembly.Exception) {
    return `preopen: ${file} ended by an exception that it did not catch`;
  }
  const frames = String(error?.stack ?? '').split('\n').filter((line) => line.includes('wasm'));
  return [`preopen: ${file} trapped: ${error?.message ?? error}`, ...frames].join('\n');
}

module.exports = { run };
