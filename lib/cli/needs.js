'use strict';
// What a program needs from its host, and whether preopen has it.

const native = require('../native.js');
const { readBinary } = require('./binary.js');
const { printable } = require('./printable.js');

/** The import modules that stand for a WASI, by name. */
const PREVIEW1 = 'wasi_snapshot_preview1';
const PREVIEW0 = 'wasi_unstable';
const WASIX = /^wasix_(32|64)v1$/;
/** What WASI 0.2 calls its interfaces, in core modules taken out of a component. */
const INTERFACE = /^(wasi|wasi_ephemeral_\w+|\[?[a-z-]*\]?wasi):/;

/**
 * @typedef {object} Problem
 * @property {string} what is missing
 * @property {string} fix
 *
 * @typedef {object} Needs
 * @property {string[]} wasi of preview1, preview0, wasix, wasi-threads, component
 * @property {'command' | 'reactor' | 'library'} kind
 * @property {Problem[]} problems empty where preopen provides everything
 */

/**
 * @param {import('./binary.js').Binary} binary
 * @returns {Needs}
 */
function needsOf(binary) {
  const wasi = new Set();
  const problems = [];
  const miss = (what, fix) => problems.push({ what: printable(what), fix });

  if (binary.format === 'component') {
    wasi.add('component');
    miss(
      'it is a component (WASI 0.2 or later), not a core module',
      'build for preview1 (target wasm32-wasip1), or run it with wasmtime or jco',
    );
    return { wasi: [...wasi], kind: 'library', problems };
  }

  if (binary.memories.some((memory) => memory.memory64)) {
    miss('its memory has 64-bit addresses, and those of preview1 have 32 bits', 'build it for wasm32');
  }

  const provided = providedCalls();
  const other = [];
  for (const item of binary.imports) {
    const { module, name } = item;
    if (module === PREVIEW1 || module === PREVIEW0) {
      wasi.add(module === PREVIEW1 ? 'preview1' : 'preview0');
      checkCall(item, provided, miss);
    } else if (WASIX.test(module)) wasi.add('wasix');
    else if (module === 'wasi' && name === 'thread-spawn') wasi.add('wasi-threads');
    else if (INTERFACE.test(module)) wasi.add('component');
    else if (!(item.kind === 'memory' && item.memory.shared)) other.push(item);
  }

  if (wasi.has('wasix')) miss('it imports WASIX', 'build it for WASI preview1, or run it with wasmer');
  if (wasi.has('wasi-threads')) {
    miss(
      'it starts threads (wasi-threads)',
      'build it without threads (wasm32-wasip1 instead of wasm32-wasip1-threads), or start them yourself, each in a ' +
        'Worker with a WASI of its own, through finalizeBindings',
    );
  } else if (binary.imports.some((item) => item.memory?.shared)) {
    miss('it imports a shared memory', 'use the WASI class: make the memory and pass it to finalizeBindings');
  }
  if (wasi.has('component')) {
    miss('it imports interfaces of WASI 0.2', 'run the component that it was taken from, or build for preview1');
  }
  if (wasi.has('preview1') && wasi.has('preview0')) {
    miss('it mixes preview1 and preview0', 'build it with one version of the toolchain');
  }
  if (other.length > 0) {
    miss(
      `it imports what is not of WASI: ${list(other.map(({ module, name }) => `${module}.${name}`))}`,
      'its own host provides these; with the WASI class you can add them to wasi.getImportObject()',
    );
  }
  return { wasi: [...wasi], kind: kindOf(binary), problems };
}

function kindOf({ exports }) {
  const has = (name) => exports.some((item) => item.name === name && item.kind === 'function');
  if (has('_start')) return 'command';
  return has('_initialize') ? 'reactor' : 'library';
}

/** The adapter is a module itself: its exports are the calls that preopen has. */
function providedCalls() {
  const { exports } = readBinary(native.load().adapter());
  return new Map(exports.filter((item) => item.kind === 'function').map((item) => [item.name, item.type]));
}

function checkCall({ module, name, kind, type }, provided, miss) {
  const signature = provided.get(name);
  if (kind !== 'function' || signature === undefined) {
    miss(`it imports ${module}.${name}, which WASI does not have`, 'an extension of another runtime: build without it');
  } else if (type !== undefined && type !== signature) {
    miss(`it imports ${module}.${name} as ${type}; it is ${signature}`, 'build it with a current wasi-sdk for wasm32');
  }
}

function list(names) {
  const shown = names.slice(0, 5).join(', ');
  return names.length > 5 ? `${shown} and ${names.length - 5} more` : shown;
}

module.exports = { needsOf };
