'use strict';
// Reads what a WebAssembly binary says of itself, without compiling it: so that a module which this engine cannot
// compile can still be explained.

/** `\0asm`. */
const MAGIC = [0x00, 0x61, 0x73, 0x6d];

/** Sections of a core module that matter here. */
const TYPE = 1;
const IMPORT = 2;
const FUNCTION = 3;
const MEMORY = 5;
const EXPORT = 7;

const KINDS = ['function', 'table', 'memory', 'global', 'tag'];
const VALUE_TYPES = new Map([
  [0x7f, 'i32'],
  [0x7e, 'i64'],
  [0x7d, 'f32'],
  [0x7c, 'f64'],
  [0x7b, 'v128'],
  [0x70, 'funcref'],
  [0x6f, 'externref'],
]);

const LIMIT_HAS_MAXIMUM = 1;
const LIMIT_SHARED = 2;
const LIMIT_64 = 4;

/**
 * @typedef {object} Item
 * @property {string} [module] of an import
 * @property {string} name
 * @property {string} kind function, table, memory, global or tag
 * @property {string} [type] a function's signature, `(i32, i64) -> i32`; absent where it cannot be told
 * @property {Memory} [memory]
 *
 * @typedef {object} Memory
 * @property {number} initial pages of 64 KiB
 * @property {number} [maximum]
 * @property {boolean} shared
 * @property {boolean} memory64
 *
 * @typedef {object} Binary
 * @property {'module' | 'component' | 'text' | 'unknown'} format
 * @property {Item[]} imports
 * @property {Item[]} exports
 * @property {Memory[]} memories imported ones first
 */

/**
 * @param {Uint8Array} bytes
 * @returns {Binary}
 * @throws {RangeError} the binary ends too early
 */
function readBinary(bytes) {
  const binary = { format: formatOf(bytes), imports: [], exports: [], memories: [] };
  if (binary.format === 'module') new Reader(bytes, binary).sections();
  return binary;
}

function formatOf(bytes) {
  if (MAGIC.every((byte, index) => bytes[index] === byte)) {
    // Two bytes of version, two of layer: 1 is the component model.
    const layer = bytes[6] | (bytes[7] << 8);
    if (layer === 1) return 'component';
    return layer === 0 && bytes[4] === 1 && bytes[5] === 0 ? 'module' : 'unknown';
  }
  const start = Buffer.from(bytes.subarray(0, 256)).toString('latin1').trimStart();
  return start.startsWith('(module') || start.startsWith('(component') || start.startsWith(';;') ? 'text' : 'unknown';
}

class Reader {
  #bytes;
  #at = 8;
  #binary;
  /** Signatures by type index; undefined for what is no plain function type. */
  #types = [];
  /** Signatures by function index. */
  #functions = [];

  constructor(bytes, binary) {
    this.#bytes = bytes;
    this.#binary = binary;
  }

  sections() {
    while (this.#at < this.#bytes.length) {
      const id = this.#byte();
      const length = this.#number();
      const end = this.#at + length;
      if (end > this.#bytes.length) throw new RangeError('the file is cut short');
      this.#section(id);
      this.#at = end;
    }
  }

  #section(id) {
    if (id === TYPE) this.#readTypes();
    if (id === IMPORT) this.#each(() => this.#binary.imports.push(this.#import()));
    if (id === FUNCTION) this.#each(() => this.#functions.push(this.#types[this.#number()]));
    if (id === MEMORY) this.#each(() => this.#binary.memories.push(this.#memory()));
    if (id === EXPORT) this.#each(() => this.#binary.exports.push(this.#export()));
  }

  #each(read) {
    for (let count = this.#number(); count > 0; count--) read();
  }

  /** Stops at the first type that is not a plain function (garbage collection's): those after it stay unknown. */
  #readTypes() {
    for (let count = this.#number(); count > 0; count--) {
      if (this.#byte() !== 0x60) return;
      const parameters = this.#valueTypes();
      const results = parameters && this.#valueTypes();
      if (results === undefined) return;
      this.#types.push(`(${parameters.join(', ')})${results.length > 0 ? ` -> ${results.join(', ')}` : ''}`);
    }
  }

  #valueTypes() {
    const types = [];
    for (let count = this.#number(); count > 0; count--) {
      const type = VALUE_TYPES.get(this.#byte());
      if (type === undefined) return undefined;
      types.push(type);
    }
    return types;
  }

  #import() {
    const item = { module: this.#name(), name: this.#name(), kind: KINDS[this.#byte()] };
    if (item.kind === 'function') {
      item.type = this.#types[this.#number()];
      this.#functions.push(item.type);
    } else if (item.kind === 'memory') {
      item.memory = this.#memory();
      this.#binary.memories.push(item.memory);
    } else if (item.kind === 'table') {
      this.#valueType();
      this.#limits();
    } else if (item.kind === 'global') {
      this.#valueType();
      this.#byte();
    } else if (item.kind === 'tag') {
      this.#byte();
      this.#number();
    } else {
      throw new RangeError('an import is of an unknown kind');
    }
    return item;
  }

  #export() {
    const item = { name: this.#name(), kind: KINDS[this.#byte()] ?? 'unknown' };
    const index = this.#number();
    if (item.kind === 'function') item.type = this.#functions[index];
    if (item.kind === 'memory') item.memory = this.#binary.memories[index];
    return item;
  }

  #memory() {
    const { flags, minimum, maximum } = this.#limits();
    return {
      initial: minimum,
      maximum,
      shared: (flags & LIMIT_SHARED) !== 0,
      memory64: (flags & LIMIT_64) !== 0,
    };
  }

  #limits() {
    const flags = this.#byte();
    const minimum = this.#number();
    const maximum = flags & LIMIT_HAS_MAXIMUM ? this.#number() : undefined;
    return { flags, minimum, maximum };
  }

  /** One byte, or `(ref null? heap)`. */
  #valueType() {
    const first = this.#byte();
    if (first === 0x63 || first === 0x64) this.#number();
  }

  #name() {
    const length = this.#number();
    if (this.#at + length > this.#bytes.length) throw new RangeError('the file is cut short');
    const name = Buffer.from(this.#bytes.subarray(this.#at, this.#at + length)).toString();
    this.#at += length;
    return name;
  }

  #byte() {
    if (this.#at >= this.#bytes.length) throw new RangeError('the file is cut short');
    return this.#bytes[this.#at++];
  }

  /** LEB128; beyond 2^53 only the magnitude is right, which is all that is asked of such limits. */
  #number() {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = this.#byte();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
      if (scale > 2 ** 63) throw new RangeError('a number is too long');
    }
  }
}

module.exports = { readBinary };
