'use strict';
// What a guest wrote to a standard stream, kept in memory for its host.

const native = require('./native.js');
const { validateObject, validateSize } = require('./validate.js');

/** How many bytes a capture keeps, unless it is said: 16 MiB. */
const DEFAULT_LIMIT = 2 ** 24;

/** The stream that writes into a capture. */
let streamOf;
/** Whether a value is a capture. */
let isCaptured;

/** See index.d.ts. */
class CapturedOutput {
  #capture;
  #limit;

  constructor(options = {}) {
    validateObject(options, 'options');
    const { limit = DEFAULT_LIMIT } = options;
    validateSize(limit, 'options.limit');
    this.#limit = limit;
    this.#capture = new (native.load().Capture)(limit);
  }

  get limit() {
    return this.#limit;
  }

  get length() {
    return this.#capture.length;
  }

  get dropped() {
    return this.#capture.dropped;
  }

  get truncated() {
    return this.dropped > 0;
  }

  bytes() {
    const bytes = new Uint8Array(this.#capture.length);
    this.#capture.copy(bytes);
    return bytes;
  }

  text() {
    const { buffer } = this.bytes();
    // Not a TextDecoder, which takes a mark at the beginning away.
    return Buffer.from(buffer).toString();
  }

  clear() {
    this.#capture.clear();
  }

  static {
    isCaptured = (value) => typeof value === 'object' && value !== null && #capture in value;
    streamOf = (captured) => captured.#capture.stream();
  }
}

module.exports = { CapturedOutput, DEFAULT_LIMIT, isCaptured, streamOf };
