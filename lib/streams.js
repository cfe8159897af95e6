'use strict';
// Standard streams written in JavaScript: what stands between a guest's reads and writes, and functions, Writables and
// Readables.
//
// Native code calls a stream's hook without arguments, and hands bytes over in the staging buffer: a header, and room for
// them. One serves all guests of a thread: a hook takes everything out of it before the host's own code runs, which may come
// back here, and puts everything there after it.

const { Queue } = require('./chunks.js');
const native = require('./native.js');

/** Loaded by the first failure. */
const errors = () => require('./errors.js');

const { apply } = Reflect;
const { slice } = Uint8Array.prototype;

/** The header, words: how many bytes there are, or there is room for; an errno; whether the guest's memory has moved; what for. */
const LENGTH = 0;
const ERRNO = 1;
const MOVED = 2;
const MODE = 3;
/** Where the bytes begin. */
const DATA = 16;
/** The most that goes at once: a larger write comes in pieces. */
const ROOM = 1 << 20;

/** Modes: the hook is to say whether it would have to wait; or to write although it should wait. Else it does either. */
const ASK = 1;
const FORCE = 2;

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
 * @param {() => void} hook
 * @param {boolean} reads
 * @param {boolean} [waits] whether it may answer EAGAIN, and is asked
 */
function hooked(guest, hook, reads, waits = false) {
  // Native code holds it weakly, so that the host's function may refer to the guest and both can be collected.
  guest.streamHooks.push(hook);
  return native.load().hookStream(hook, staging, reads, waits);
}

/**
 * A stream whose every write is a call of `put`.
 * @param {(chunk: Uint8Array) => number} put takes a chunk that is its own, and answers an errno or 0
 * @param {() => boolean} [isFull] whether a guest that can be suspended should wait
 */
function output(guest, put, isFull) {
  const hook = () => {
    const mode = header[MODE];
    if (isFull !== undefined && mode !== FORCE) {
      const errno = isFull() ? EAGAIN : 0;
      if (errno !== 0 || mode === ASK) {
        header[LENGTH] = 0;
        header[ERRNO] = errno;
        header[MOVED] = guest.hasMoved() ? 1 : 0;
        return;
      }
    }
    const errno = put(apply(slice, room, [0, header[LENGTH]]));
    header[ERRNO] = errno;
    header[MOVED] = guest.hasMoved() ? 1 : 0;
  };
  return hooked(guest, hook, false, isFull !== undefined);
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
  const isFull = () => guest.suspends && writable.writableNeedDrain === true && writable.errored == null;
  const put = (chunk) => {
    if (writable.errored != null) return EIO;
    if (writable.destroyed || writable.writableEnded || writable.writable === false) return EPIPE;
    // What its listeners do is Node's: an 'error' event that nobody listens to is thrown where no guest is.
    writable.write(Buffer.from(chunk.buffer));
    return 0;
  };
  return output(guest, put, isFull);
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
      else queue.push(chunk, 'returned from the "options.stdin" function');
      if (ended || !queue.isEmpty) return;
    }
    throw errors().emptyChunks(PATIENCE);
  }
  const hook = () => {
    const most = Math.min(header[LENGTH], ROOM);
    if (queue.isEmpty && !ended) fill();
    header[LENGTH] = queue.take(most, room);
    header[ERRNO] = 0;
    header[MOVED] = guest.hasMoved() ? 1 : 0;
  };
  return hooked(guest, hook, true);
}

/**
 * A stream that reads what comes through the event loop: a guest that does not leave the thread would wait for it for ever.
 * @param {object} source a Readable, or anything that is iterated asynchronously
 */
function fromReadable(guest, source) {
  const { Arrivals } = require('./arrivals.js');
  const arrivals = new Arrivals(source);
  guest.arrivals = arrivals;
  const hook = () => {
    const taken = header[MODE] === ASK ? arrivals.available : arrivals.take(Math.min(header[LENGTH], ROOM), room);
    // A guest that does not wait for it is served, too, when it comes again.
    if (taken < 0) arrivals.arrival();
    header[LENGTH] = Math.max(taken, 0);
    header[ERRNO] = taken < 0 ? EAGAIN : 0;
    header[MOVED] = 0;
  };
  return hooked(guest, hook, true, true);
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

module.exports = { fromFunction, fromReadable, given, isReadable, isWritable, nothing, toFunction, toWritable };
