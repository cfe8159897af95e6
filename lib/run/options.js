'use strict';
// The options of run() and spawn(), and those of compile(): from whatever a caller passes to plain settings.

const { readAddress, readGuest, readVersion } = require('../options.js');
const { capture, nothing, pipe } = require('../stdio.js');
const {
  validateBoolean,
  validateFunction,
  validateInteger,
  validateNoOthers,
  validateObject,
  validateString,
} = require('../validate.js');
const { invalidArgType, invalidArgValue, outOfRange } = require('./errors.js');

const ENGINES = ['auto', 'cranelift', 'singlepass'];

/** How many threads a guest may have, unless it is said. */
const DEFAULT_THREADS = 16;
/** The most fuel: what native code counts with. */
const MOST_FUEL = 2n ** 63n - 1n;

/** @type {import('../options.js').Defaults} */
const RUN = { stdio: [nothing, capture, capture], dotEntries: true, pipes: false };
/** @type {import('../options.js').Defaults} */
const SPAWN = { stdio: [pipe, pipe, pipe], dotEntries: true, pipes: true };

/**
 * @typedef {object} CompileSettings as native code takes them
 * @property {'auto' | 'cranelift' | 'singlepass'} compiler
 * @property {boolean} metered
 * @property {string} cache a directory, or empty
 *
 * @typedef {object} Settings
 * @property {object} configuration of the guest
 * @property {object} limits
 * @property {string | undefined} version which the module must have
 * @property {CompileSettings} compile
 * @property {Record<string, Record<string, Function>>} imports
 * @property {AbortSignal | undefined} signal
 * @property {string} encoding
 */

/**
 * @param {unknown} options
 * @param {boolean} spawned
 * @param {boolean} compiled whether the module is compiled already
 * @returns {Settings}
 */
function readRun(options, spawned, compiled) {
  validateObject(options, 'options');
  const { version, args, env, preopens, stdin, stdout, stderr, maxOutput, sockets, maxFds, dotEntries, trace, ...own } = options;
  const { signal, timeout, fuel, maxMemory, maxThreads, network, imports, encoding, engine, cache, ...unknown } = own;
  const what = spawned ? 'spawn()' : 'run()';
  if ('returnOnExit' in unknown) {
    throw invalidArgValue('options.returnOnExit', unknown.returnOnExit, `is not an option of ${what}: the guest's exit never ends the process`);
  }
  validateNoOthers(unknown, 'options', what);
  if (version !== undefined && version !== 'wasix') readVersion(version);
  const guest = { args, env, preopens, stdin, stdout, stderr, maxOutput, sockets, maxFds, dotEntries, trace };
  const limits = {
    timeout: readLimit(timeout, 'options.timeout', 2 ** 31 - 1),
    fuel: readFuel(fuel),
    maxMemory: readLimit(maxMemory, 'options.maxMemory', Number.MAX_SAFE_INTEGER),
    maxThreads: readLimit(maxThreads, 'options.maxThreads', 2 ** 16) || DEFAULT_THREADS,
    network: readNetwork(network),
  };
  if (compiled) {
    refuseCompiled(engine, 'options.engine');
    refuseCompiled(cache, 'options.cache');
  }
  return {
    configuration: { unstable: false, ...readGuest(guest, spawned ? SPAWN : RUN) },
    limits,
    version,
    compile: { compiler: readEngine(engine), metered: fuel !== undefined, cache: readCache(cache) },
    imports: readImports(imports),
    signal: readSignal(signal),
    encoding: readEncoding(encoding),
  };
}

/**
 * @param {unknown} options
 * @returns {CompileSettings & { signal: AbortSignal | undefined }}
 */
function readCompile(options) {
  validateObject(options, 'options');
  const { engine, cache, metered = false, signal, ...unknown } = options;
  validateNoOthers(unknown, 'options', 'compile()');
  validateBoolean(metered, 'options.metered');
  return { compiler: readEngine(engine), metered, cache: readCache(cache), signal: readSignal(signal) };
}

function refuseCompiled(value, name) {
  if (value !== undefined) throw invalidArgValue(name, value, 'is for compile(), which made this Module');
}

/** 0 where there is none: a limit itself is at least 1. */
function readLimit(value, name, most) {
  if (value === undefined) return 0;
  validateInteger(value, name, 1, most);
  return value;
}

function readFuel(fuel) {
  if (fuel === undefined) return -1n;
  const name = 'options.fuel';
  if (typeof fuel === 'bigint') {
    if (fuel < 0n || fuel > MOST_FUEL) throw outOfRange(name, `>= 0n && <= ${MOST_FUEL}n`, fuel);
    return fuel;
  }
  if (typeof fuel !== 'number') throw invalidArgType(name, 'of type number or bigint', fuel);
  validateInteger(fuel, name, 0, Number.MAX_SAFE_INTEGER);
  return BigInt(fuel);
}

/** The addresses that may be used; undefined for none, and `*` for all. */
function readNetwork(network) {
  const name = 'options.network';
  if (network === undefined || network === false) return undefined;
  if (network === true) return ['*'];
  if (!Array.isArray(network)) throw invalidArgType(name, 'of type boolean or an instance of Array', network);
  return Array.from(network, (address, index) => {
    validateString(address, `${name}[${index}]`);
    return readAddress(address, `${name}[${index}]`);
  });
}

function readEngine(engine = 'auto') {
  validateString(engine, 'options.engine');
  if (!ENGINES.includes(engine)) throw invalidArgValue('options.engine', engine, `must be one of: '${ENGINES.join("', '")}'`);
  return engine;
}

/** @returns {string} a directory, or empty for none */
function readCache(cache = false) {
  const path = require('node:path');
  if (cache === false) return '';
  if (typeof cache === 'string') {
    if (cache === '' || cache.includes('\0')) throw invalidArgValue('options.cache', cache, 'must be the path of a directory');
    return path.resolve(cache);
  }
  if (cache !== true) throw invalidArgType('options.cache', 'of type string or boolean', cache);
  const { XDG_CACHE_HOME } = process.env;
  // A relative one is to be ignored, says the specification of it.
  const caches = XDG_CACHE_HOME && path.isAbsolute(XDG_CACHE_HOME) ? XDG_CACHE_HOME : path.join(require('node:os').homedir(), '.cache');
  return path.join(caches, 'preopen');
}

/** A copy: what is called is what was checked. */
function readImports(imports) {
  const copy = { __proto__: null };
  if (imports === undefined) return copy;
  validateObject(imports, 'options.imports');
  for (const [module, functions] of Object.entries(imports)) {
    validateObject(functions, `options.imports['${module}']`);
    copy[module] = { __proto__: null };
    for (const [name, value] of Object.entries(functions)) {
      validateFunction(value, `options.imports['${module}']['${name}']`);
      copy[module][name] = value;
    }
  }
  return copy;
}

function readSignal(signal) {
  if (signal === undefined) return undefined;
  // As Node does: also one of another realm, or of a library.
  if (signal === null || typeof signal !== 'object' || !('aborted' in signal) || typeof signal.addEventListener !== 'function') {
    throw invalidArgType('options.signal', 'an instance of AbortSignal', signal);
  }
  return signal;
}

function readEncoding(encoding = 'utf8') {
  validateString(encoding, 'options.encoding');
  if (encoding !== 'buffer' && !Buffer.isEncoding(encoding)) throw invalidArgValue('options.encoding', encoding, "must be an encoding of Node's, or 'buffer'");
  return encoding;
}

/**
 * @param {unknown} options of `new Pool`
 * @returns {number}
 */
function readConcurrency(options) {
  validateObject(options, 'options');
  const { concurrency = require('node:os').availableParallelism(), ...unknown } = options;
  validateNoOthers(unknown, 'options', 'Pool');
  validateInteger(concurrency, 'options.concurrency', 1);
  return concurrency;
}

module.exports = { readCompile, readConcurrency, readRun };
