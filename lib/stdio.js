'use strict';
// The options `stdin`, `stdout` and `stderr`: what each may be, and the stream that is made of it.

const { validateInteger, validateSize } = require('./validate.js');

/** Loaded by the first guest that has a standard stream of these kinds. A guest on a thread of its own brings its way to make them. */
const streams = (guest) => guest?.streams ?? require('./streams.js');
const captured = () => require('./captured.js');
/** Loaded by the first failure. */
const errors = () => require('./errors.js');

const INPUTS = 'of type number, string or function, or an instance of Uint8Array or Readable';
const OUTPUTS =
  "of type number or function, or an instance of CapturedOutput or Writable, or one of 'inherit', 'ignore', 'capture'";
const OUTPUTS_AND_PIPES = `${OUTPUTS}, 'pipe'`;

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
      return (guest) => streams(guest).given(Buffer.from(value));
    case 'function':
      return (guest) => streams(guest).fromFunction(guest, value);
    case 'object': {
      if (value === null) break;
      const { isReadable } = streams();
      const { asBytes } = require('./chunks.js');
      const bytes = asBytes(value);
      if (bytes !== undefined) return (guest) => streams(guest).given(bytes);
      if (isReadable(value)) return (guest) => streams(guest).fromReadable(guest, value);
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
 * @param {boolean} pipes whether it may be a pipe to the host
 * @returns {Standard}
 */
function readOutput(value, name, inherited, pipes) {
  const expected = pipes ? OUTPUTS_AND_PIPES : OUTPUTS;
  switch (typeof value) {
    case 'string':
      if (value === 'inherit') return inherited;
      if (value === 'ignore') return nothing;
      if (value === 'capture') return capture;
      if (value === 'pipe' && pipes) return pipe;
      throw errors().invalidArgType(name, expected, value);
    case 'function':
      return (guest) => streams(guest).toFunction(guest, value);
    case 'object': {
      if (value === null) break;
      if (captured().isCaptured(value)) return (guest, number) => keep(guest, number, value);
      const { isWritable } = streams();
      if (isWritable(value)) return (guest) => streams(guest).toWritable(guest, value);
      throw errors().invalidArgType(name, expected, value);
    }
  }
  validateInteger(value, name);
  return value;
}

/** At its end at once; takes whatever is written. */
function nothing(guest) {
  return streams(guest).nothing();
}

/** The other side is a stream of the host's, which gets it from the guest. */
function pipe(guest, number) {
  return streams(guest).piped(guest, number);
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
 * The standard streams as native code takes them; those that are that already stay.
 * @param {object} guest
 * @param {Standard[]} standard
 */
function openStandard(guest, standard) {
  return standard.map((stream, number) => (typeof stream === 'function' ? stream(guest, number) : stream));
}

module.exports = { capture, nothing, openStandard, pipe, readMaxOutput, readOutput, readStdin };
