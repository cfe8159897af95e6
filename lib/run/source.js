'use strict';
// What a module can be made of: bytes, or the path of a file.

const { invalidArgType, invalidArgValue } = require('./errors.js');

const SOURCES = 'of type string, or an instance of Uint8Array, ArrayBuffer, URL or Module';

/**
 * Checks the argument `module` where it is no Module of ours.
 * @param {unknown} source
 * @returns {Uint8Array | string | URL} bytes, or a file's name
 */
function readSource(source) {
  if (typeof source === 'string') return source;
  if (source instanceof URL) {
    if (source.protocol !== 'file:') throw invalidArgValue('module', source.href, 'must be a URL with the scheme file:');
    return source;
  }
  const { isAnyArrayBuffer, isSharedArrayBuffer } = require('node:util/types');
  if (ArrayBuffer.isView(source) || isAnyArrayBuffer(source)) {
    const buffer = source.buffer ?? source;
    // Another thread could change what was checked.
    if (isSharedArrayBuffer(buffer)) throw invalidArgValue('module', source, 'must not be shared memory: copy it first');
    return source === buffer ? new Uint8Array(source) : new Uint8Array(buffer, source.byteOffset, source.byteLength);
  }
  if (source instanceof WebAssembly.Module) {
    throw invalidArgValue('module', source, 'is compiled for V8, and its bytes cannot be had from it: pass those, or their path');
  }
  throw invalidArgType('module', SOURCES, source);
}

/**
 * @param {Uint8Array | string | URL} source
 * @returns {Uint8Array | Promise<Uint8Array>} at once where they are there: whoever passed them may change them afterwards
 */
function bytesOf(source) {
  if (source instanceof Uint8Array) return source;
  return require('node:fs/promises').readFile(source);
}

module.exports = { bytesOf, readSource };
