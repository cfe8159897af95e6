'use strict';
// The chunks of a stream that a guest reads: text or bytes, kept until they are read.

/** Loaded by the first failure. */
const errors = () => require('./errors.js');

const { apply } = Reflect;
const { slice } = Uint8Array.prototype;

/** What has come and was not read yet. */
class Queue {
  #chunks = [];
  /** How much of the first was read. */
  #used = 0;

  get isEmpty() {
    return this.#chunks.length === 0;
  }

  /** How many bytes there are. */
  get length() {
    return this.#chunks.reduce((sum, chunk) => sum + chunk.length, -this.#used);
  }

  /**
   * @param {unknown} chunk
   * @param {string} source what gave it, for the error
   */
  push(chunk, source) {
    const text = typeof chunk === 'string';
    const bytes = text ? Buffer.from(chunk) : asBytes(chunk);
    if (bytes === undefined) throw errors().notAChunk(chunk, source);
    // A copy, which the host cannot change: what the guest has no room for is kept.
    if (bytes.length > 0) this.#chunks.push(text ? bytes : apply(slice, bytes, [0]));
  }

  /** Puts at most `most` bytes into `room`, and says how many those are. */
  take(most, room) {
    let taken = 0;
    while (taken < most && !this.isEmpty) {
      const [chunk] = this.#chunks;
      const part = chunk.subarray(this.#used, this.#used + most - taken);
      room.set(part, taken);
      taken += part.length;
      this.#used += part.length;
      if (this.#used < chunk.length) break;
      this.#chunks.shift();
      this.#used = 0;
    }
    return taken;
  }

  /** Takes everything, as one chunk; undefined where there is nothing. */
  takeAll() {
    if (this.isEmpty) return undefined;
    const all = Buffer.alloc(this.length);
    this.take(all.length, all);
    return all;
  }
}

/** The bytes of any view or buffer; undefined for what is none. */
function asBytes(value) {
  if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  const { isAnyArrayBuffer } = require('node:util/types');
  return isAnyArrayBuffer(value) ? new Uint8Array(value) : undefined;
}

module.exports = { Queue, asBytes };
