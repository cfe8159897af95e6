'use strict';
// Compiled modules: compile(), and the class of what it makes.

const { engine } = require('./engine.js');
const { aborted, badModule, noRoom } = require('./errors.js');
const { readCompile } = require('./options.js');
const { bytesOf, readSource } = require('./source.js');

/** Only compile() makes them. */
const kInternal = Symbol('kInternal');

/** The native program of a Module; undefined for anything else. */
let programOf;

/** See index.d.ts. */
class Module {
  #program;

  constructor(internal, program) {
    if (internal !== kInternal) {
      const error = new TypeError('Illegal constructor');
      error.code = 'ERR_ILLEGAL_CONSTRUCTOR';
      throw error;
    }
    this.#program = program;
  }

  get version() {
    return this.#program.abi;
  }

  get engine() {
    return this.#program.compiler;
  }

  get metered() {
    return this.#program.metered;
  }

  get cached() {
    return this.#program.cached;
  }

  get imports() {
    return this.#program.hostFunctions();
  }

  static {
    programOf = (value) => (typeof value === 'object' && value !== null && #program in value ? value.#program : undefined);
  }
}

/**
 * See index.d.ts.
 * @param {unknown} source
 * @param {unknown} [options]
 */
async function compile(source, options = {}) {
  const native = engine();
  const checked = readSource(source);
  const { signal, ...settings } = readCompile(options);
  if (signal === undefined) return new Module(kInternal, await compileProgram(native, checked, settings));
  if (signal.aborted) throw aborted(signal.reason);
  return new Promise((resolve, reject) => {
    // The compilation goes on, and nobody hears of it.
    const abort = () => reject(aborted(signal.reason));
    signal.addEventListener('abort', abort, { once: true });
    compileProgram(native, checked, settings)
      .finally(() => signal.removeEventListener('abort', abort))
      .then((program) => resolve(new Module(kInternal, program)), reject);
  });
}

/**
 * @param {import('../native').Native} native
 * @param {Uint8Array | string | URL} source
 * @param {{ compiler: string, metered: boolean, cache: string }} settings
 * @returns {Promise<import('../native').Program>}
 */
async function compileProgram(native, source, settings) {
  let bytes = bytesOf(source);
  // Only what has to be waited for is: native code copies bytes before this function returns.
  if (!(bytes instanceof Uint8Array)) bytes = await bytes;
  return new Promise((resolve, reject) => {
    const errno = native.compile(bytes, settings, (refusal, program) => {
      if (refusal === null) resolve(program);
      else reject(badModule(refusal));
    });
    if (errno < 0) reject(noRoom(-errno, 'compile'));
  });
}

module.exports = { Module, compile, compileProgram, programOf: (value) => programOf(value) };
