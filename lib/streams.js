'use strict';
// Standard streams written in JavaScript: what stands between a guest's reads and writes, and functions, Writables and
// Readables.
//
// Native code calls a stream's hook without arguments, and hands bytes over in the staging buffer: a header, and room for
// them. One serves all guests of a thread: a hook takes everything out of it before the host's own code runs, which may come
// back here, and puts everything there after it.

const native = require('./native.js');

/** Loaded by the first failure. */
const errors = () => require('./errors.js');

const { apply } = Reflect;
const { slice } = Uint8Array.prototype;

/** The header, words: how many bytes there are, or there is room for; an errno; whether the guest's memory has moved. */
const LENGTH = 0;
const ERRNO = 1;
const MOVED = 2;
/** Where the bytes begin. */
const DATA = 16;
/** The most that goes at once: a larger write comes in pieces. */
const ROOM = 1 << 20;

const EAGAIN = 6;
const EIO = 29;
const EPIPE = 64;

/** How many empty chunks in a row a function may return before it is taken for one that never ends. */
const PATIENCE = 1000;

const staging = new Uint8Array(DATA + ROOM);
const header = new Uint32Array(staging.buffer, 0, DATA / 4);
const room = new Uint8Array(staging.buffer, DATA);

/** A stream at its end, which takes everything. */
function nothing() {
  return native.load().nullStream();
}

/** A stream of bytes, of which native code makes a copy. */
function given(bytes) {
  return native.load().bytesStream(bytes);
}

/**
 * @param {object} guest
 * @param {number} number the descriptor
 * @param {() => void} hook
 */
function hooked(guest, hook, reads) {
  // Native code holds it weakly, so that the host's function may refer to the guest and both can be collected.
  guest.streamHooks.push(hook);
  return native.load().hookStream(hook, staging, reads);
}

/**
 * A stream whose every write is a call of `put`.
 * @param {(chunk: Uint8Array) => number} put takes a chunk that is its own, and answers an errno or 0
 */
function output(guest, put) {
  const hook = () => {
    const errno = put(apply(slice, room, [0, header[LENGTH]]));
    header[ERRNO] = errno;
    header[MOVED] = guest.hasMoved() ? 1 : 0;
  };
  return hooked(guest, hook, false);
}

/** @param {(chunk: Uint8Array) => void} write the host's; what it returns is nothing to us */
function toFunction(guest, write) {
  return output(guest, (chunk) => {
    write(chunk);
    return 0;
  });
}

function toWritable(guest, writable) {
  guest.writables.push(writable);
  return output(guest, (chunk) => {
    if (writable.errored != null) return EIO;
    if (writable.destroyed || writable.writableEnded || writable.writable === false) return EPIPE;
    // What its listeners do is Node's: an 'error' event that nobody listens to is thrown where no guest is.
    writable.write(Buffer.from(chunk.buffer));
    return 0;
  });
}

/** Chunks that have come and were not read yet. */
class Queue {
  #chunks = [];
  /** How much of the first was read. */
  #used = 0;

  get isEmpty() {
    return this.#chunks.length === 0;
  }

  /** @param {Uint8Array} chunk not empty, and nobody else's */
  push(chunk) {
    this.#chunks.push(chunk);
  }

  /** Fills the staging buffer with at most `most` bytes, and says how many those are. */
  take(most) {
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
}

/**
 * A stream that reads what a function returns.
 * @param {() => unknown} next the host's: the next chunk, or null or undefined at the end
 */
function fromFunction(guest, next) {
  const queue = new Queue();
  let ended = false;
  function fill() {
    for (let asked = 0; asked < PATIENCE; asked++) {
      const chunk = next();
      // A call within the call may have put something there, or found the end.
      if (chunk == null) ended = true;
      else push(queue, chunk);
      if (ended || !queue.isEmpty) return;
    }
    throw errors().emptyChunks(PATIENCE);
  }
  const hook = () => {
    const most = Math.min(header[LENGTH], ROOM);
    if (queue.isEmpty && !ended) fill();
    header[LENGTH] = queue.take(most);
    header[ERRNO] = 0;
    header[MOVED] = guest.hasMoved() ? 1 : 0;
  };
  return hooked(guest, hook, true);
}

function push(queue, chunk) {
  const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : asBytes(chunk);
  if (bytes === undefined) throw errors().notAChunk(chunk);
  // A copy, which the host cannot change: what the guest has no room for is kept.
  if (bytes.length > 0) queue.push(typeof chunk === 'string' ? bytes : apply(slice, bytes, [0]));
}

/**
 * What comes through the event loop: a guest that does not leave the thread would wait for it for ever. The next chunk is
 * fetched by `arrival`, and read after that; a read before it answers EAGAIN.
 */
class Arrivals {
  #source;
  #iterator;
  #queue = new Queue();
  #ended = false;
  #failed;
  #pending;

  constructor(source) {
    this.#source = source;
  }

  /**
   * Waits for something to read, or the end.
   * @returns {Promise<void> | undefined} nothing where there is something already
   */
  arrival() {
    if (!this.#queue.isEmpty || this.#ended) return undefined;
    this.#pending ??= this.#fetch().finally(() => {
      this.#pending = undefined;
    });
    return this.#pending;
  }

  async #fetch() {
    try {
      this.#iterator ??= iterate(this.#source);
      while (this.#queue.isEmpty && !this.#ended) {
        const { done, value } = await this.#iterator.next();
        if (done) this.#ended = true;
        else push(this.#queue, value);
      }
    } catch (error) {
      this.#ended = true;
      this.#failed = { error };
    }
  }

  /** Fetches no more. What was fetched and not read is lost. */
  close() {
    this.#ended = true;
    this.#iterator?.return?.()?.catch?.(() => {});
  }

  /** @returns {number} how many bytes are in the staging buffer; -1 where there is nothing yet */
  take(most) {
    const taken = this.#queue.take(most);
    if (taken > 0) return taken;
    if (!this.#ended) return -1;
    if (this.#failed === undefined) return 0;
    const { error } = this.#failed;
    this.#failed = undefined;
    throw error;
  }
}

function iterate(source) {
  // A stream of Node's is not destroyed with the guest: it is the host's, and may be process.stdin.
  if (typeof source.iterator === 'function') return source.iterator({ destroyOnReturn: false });
  if (typeof source[Symbol.asyncIterator] === 'function') return source[Symbol.asyncIterator]();
  const { Readable } = require('node:stream');
  return iterate(new Readable().wrap(source));
}

function fromReadable(guest, source) {
  const arrivals = new Arrivals(source);
  guest.arrivals = arrivals;
  const hook = () => {
    const taken = arrivals.take(Math.min(header[LENGTH], ROOM));
    header[LENGTH] = Math.max(taken, 0);
    header[ERRNO] = taken < 0 ? EAGAIN : 0;
    header[MOVED] = 0;
  };
  return hooked(guest, hook, true);
}

/** The bytes of any view or buffer; undefined for what is none. */
function asBytes(value) {
  if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  const { isAnyArrayBuffer } = require('node:util/types');
  return isAnyArrayBuffer(value) ? new Uint8Array(value) : undefined;
}

/** Something with `write` and events; but no file handle, whose writes may overtake each other. */
function isWritable(value) {
  return typeof value.write === 'function' && typeof value.on === 'function' && !isFileHandle(value);
}

function isReadable(value) {
  if (typeof value[Symbol.asyncIterator] === 'function') return true;
  return typeof value.read === 'function' && typeof value.on === 'function' && !isFileHandle(value);
}

function isFileHandle(value) {
  return typeof value.createWriteStream === 'function';
}

module.exports = { asBytes, fromFunction, fromReadable, given, isReadable, isWritable, nothing, toFunction, toWritable };
