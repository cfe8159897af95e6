'use strict';
// Functions of the host's that a guest imports: how its calls reach them.

const { asBytes } = require('../chunks.js');
const { validateInteger } = require('../validate.js');
const { badResults, invalidArgType, missingImports } = require('./errors.js');

/** As the JavaScript interface of WebAssembly converts them; each throws for what cannot be. */
const CONVERT = {
  i32: (value) => value | 0,
  i64: (value) => BigInt.asIntN(64, value),
  f32: (value) => Math.fround(value),
  f64: (value) => +value,
};

/** The guest's memory, while a call lasts. */
class HostMemory {
  #memory;

  constructor(memory) {
    this.#memory = memory;
  }

  get size() {
    return this.#memory.size;
  }

  read(ptr, length) {
    // A Buffer, whose slices are no copies.
    const { buffer, byteOffset, byteLength } = this.#memory.read(address(ptr), count(length));
    return new Uint8Array(buffer, byteOffset, byteLength);
  }

  write(ptr, bytes) {
    const data = typeof bytes === 'string' ? Buffer.from(bytes) : ArrayBuffer.isView(bytes) || bytes instanceof ArrayBuffer ? asBytes(bytes) : undefined;
    if (data === undefined) throw invalidArgType('bytes', 'of type string, or an instance of Uint8Array or ArrayBuffer', bytes);
    this.#memory.write(address(ptr), data);
  }
}

/** An i32 comes with a sign, also where it is an address. */
function address(ptr) {
  validateInteger(ptr, 'ptr', -(2 ** 31), 2 ** 32 - 1);
  return ptr >>> 0;
}

function count(length) {
  validateInteger(length, 'length', -(2 ** 31), 2 ** 32 - 1);
  return length >>> 0;
}

/**
 * What native code calls for all of a program's imported functions.
 * @param {import('../native').HostFunction[]} functions
 * @param {Record<string, Record<string, Function>>} imports
 * @returns {import('../native').RunHooks['call']} undefined where there is none
 * @throws {Error} ERR_PREOPEN_IMPORTS
 */
function hostCalls(functions, imports) {
  if (functions.length === 0) return undefined;
  const missing = functions.filter(({ module, name }) => imports[module]?.[name] === undefined);
  if (missing.length > 0) throw missingImports(missing);
  const calls = functions.map(({ module, name, results }) => ({
    act: imports[module][name],
    finish: (value) => finish(value, results, `${module}.${name}`),
  }));
  return (index, args, memory) => {
    const { act, finish } = calls[index];
    const value = Reflect.apply(act, { memory: new HostMemory(memory) }, args);
    return typeof value?.then === 'function' ? Promise.resolve(value).then(finish) : finish(value);
  };
}

/** The results as an array of their types. */
function finish(value, types, name) {
  if (types.length === 0) return [];
  if (types.length === 1) return [CONVERT[types[0]](value)];
  const values = typeof value?.[Symbol.iterator] === 'function' ? [...value] : [];
  if (values.length !== types.length) throw badResults(name, types.length);
  return values.map((each, index) => CONVERT[types[index]](each));
}

module.exports = { hostCalls };
