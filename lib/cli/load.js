'use strict';
// Reads a program's file, and tells what it is when it is no program.

const fs = require('node:fs');
const { readBinary } = require('./binary.js');
const { CliError } = require('./errors.js');

const READ_ERRORS = {
  ENOENT: 'there is no such file',
  EISDIR: 'it is a directory',
  EACCES: 'permission denied',
};

/**
 * @param {string} file
 * @returns {{ bytes: Buffer, binary: import('./binary.js').Binary }}
 */
function loadProgram(file) {
  let bytes;
  try {
    bytes = fs.readFileSync(file);
  } catch (error) {
    throw new CliError(`cannot read ${file}: ${READ_ERRORS[error.code] ?? error.message}`);
  }
  let binary;
  try {
    binary = readBinary(bytes);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new CliError(`${file} is damaged: ${error.message}`);
  }
  if (binary.format === 'text') {
    throw new CliError(`${file} is WebAssembly text: assemble it first, with wat2wasm or wasm-tools parse`);
  }
  if (binary.format === 'unknown') {
    throw new CliError(`${file} is not WebAssembly: a module begins with the bytes 00 61 73 6d 01 00 00 00`);
  }
  return { bytes, binary };
}

module.exports = { loadProgram };
