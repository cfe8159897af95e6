'use strict';
// `wasiImport`: the 46 functions as own properties, shaped as those of `node:wasi`.

/** What else the adapter exports; see adapter.js. */
const INTERNAL = 'slots';

/** The names of the calls, and how each function is called; filled from the first adapter of a thread. */
let names;
let descriptors;

// Named as Node's: `wasi.wasiImport.constructor.name` is 'WASI'.
const Imports = class WASI {
  /** Lets the prototype's functions, which Node has too, refuse any receiver but their own. */
  #functions;

  /** @param {Record<string, Function>} functions the adapter's exports, which this object comes to own */
  constructor(functions) {
    if (names === undefined) WASI.#learn(functions);
    this.#functions = functions;
    for (let i = 0; i < names.length; i++) {
      const name = names[i];
      const call = functions[name];
      Object.defineProperty(call, 'name', descriptors[i]);
      this[name] = call;
    }
  }

  static #learn(functions) {
    names = Object.keys(functions).filter((name) => name !== INTERNAL);
    descriptors = names.map((name) => ({ value: `bound ${name}`, configurable: true }));
    for (const name of names) {
      const unbound = {
        [name](...args) {
          return this.#functions[name](...args);
        },
      }[name];
      Object.defineProperty(unbound, 'length', { value: functions[name].length });
      Object.defineProperty(WASI.prototype, name, {
        value: unbound,
        writable: true,
        enumerable: true,
        configurable: true,
      });
    }
  }
};

module.exports = { Imports };
