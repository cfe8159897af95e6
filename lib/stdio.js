'use strict';
// The options `stdin`, `stdout` and `stderr`: what each may be, and the stream that is made of it.

const { validateInteger, validateSize } = require('./validate.js');

/** Loaded by the first guest that has a standard stream of these kinds. */
const streams = () => require('./streams.js');
const captured = () => require('./captured.js');
/** Loaded by the first failure. */
const errors = () => require('./errors.js');

const INPUTS = "of type number, string or function, or an instance of Uint8Array or Readable, or 'inherit' or 'ignore'";
const OUTPUTS =
  "of type number or function, or an instance of CapturedOutput or Writable, or one of 'inherit', 'ignore', 'capture'";

/**
 * What a standard stream is: a descriptor of the host's, or how to make it for a guest.
 * @typedef {number | ((guest: object, number: number) => object)} Standard
 */

/**
 * `node:wasi` knows numbers only; what is neither a number nor anything that we know is refused in its words.
 * @param {unknown} value
 * @returns {Standard}
 */
function readStdin(value) {
  const name = 'options.stdin';
  switch (typeof value) {
    case 'string':
      if (value === 'inherit') return 0;
      if (value === 'ignore') return () => streams().nothing();
      return () => streams().given(Buffer.from(value));
    case 'function':
      return (guest) => streams().fromFunction(guest, value);
    case 'object': {
      if (value === null) break;
      const { isReadable, fromReadable } = streams();
      const { asBytes } = require('./chunks.js');
      const bytes = asBytes(value);
      if (bytes !== undefined) return () => streams().given(bytes);
      if (isReadable(value)) return (guest) => fromReadable(guest, value);
      throw errors().invalidArgType(name, INPUTS, value);
    }
  }
  validateInteger(value, name);
  return value;
}

/**
 * @param {unknown} value
 * @param {string} name
 * @param {1 | 2} inherited
 * @returns {Standard}
 */
function readOutput(value, name, inherited) {
  switch (typeof value) {
    case 'string':
      if (value === 'inherit') return inherited;
      if (value === 'ignore') return () => streams().nothing();
      if (value === 'capture') return capture;
      throw errors().invalidArgType(name, OUTPUTS, value);
    case 'function':
      return (guest) => streams().toFunction(guest, value);
    case 'object': {
      if (value === null) break;
      if (captured().isCaptured(value)) return (guest, number) => keep(guest, number, value);
      const { isWritable, toWritable } = streams();
      if (isWritable(value)) return (guest) => toWritable(guest, value);
      throw errors().invalidArgType(name, OUTPUTS, value);
    }
  }
  validateInteger(value, name);
  return value;
}

function capture(guest, number) {
  const { CapturedOutput } = captured();
  return keep(guest, number, new CapturedOutput({ limit: guest.maxOutput }));
}

function keep(guest, number, output) {
  guest.captured[number] = output;
  return captured().streamOf(output);
}

/** The most that each capture of a guest's keeps, bytes; undefined for the default. */
function readMaxOutput(maxOutput) {
  if (maxOutput !== undefined) validateSize(maxOutput, 'options.maxOutput');
  return maxOutput;
}

/**
 * The standard streams as native code takes them.
 * @param {object} guest
 * @param {Standard[]} standard
 */
function openStandard(guest, standard) {
  return standard.map((stream, number) => (typeof stream === 'number' ? stream : stream(guest, number)));
}

module.exports = { openStandard, readMaxOutput, readOutput, readStdin };
