'use strict';
// Standard streams of a guest on a thread of its own. What JavaScript gives or takes goes over a pipe of the system's: its other
// end is the guest's, which waits for it as a program does.
//
// The functions are those of ../streams.js, and one more: `piped`, whose other end is the caller's.

const native = require('../native.js');
const { emptyChunks, noRoom } = require('./errors.js');

/** How much is taken from a source at a time, bytes: what a pipe of Linux's holds. */
const ROOM = 1 << 16;
/** How many empty chunks in a row a function may return before it is taken for one that never ends. */
const PATIENCE = 1000;

/** A stream at its end, which takes everything. */
function nothing() {
  return native.load().nullStream();
}

/** A stream of bytes, of which native code makes a copy. */
function given(bytes) {
  return native.load().bytesStream(bytes);
}

/** A pipe of which the guest has the one end, and a socket the other. */
function open(guestReads) {
  const net = require('node:net');
  const made = native.load().pipe(guestReads);
  if (typeof made === 'number') throw noRoom(-made, 'pipe');
  const { stream, fd } = made;
  const socket = new net.Socket({ fd, readable: !guestReads, writable: guestReads });
  return { stream, socket };
}

/** The guest's end of a pipe whose other end is a stream for the caller of spawn(). */
function piped(execution, number) {
  const { stream, socket } = open(number === 0);
  // A guest need not read all that it is given. Whoever writes is told by the callback.
  if (number === 0) socket.on('error', () => {});
  execution.pipes[number] = socket;
  return stream;
}

/**
 * A stream that gives a function what the guest writes, chunk by chunk, and waits for the promises that it returns.
 * @param {import('./execution.js').Execution} execution
 * @param {(chunk: Uint8Array) => unknown} write
 */
function toFunction(execution, write) {
  return output(execution, async (chunk) => {
    await write(chunk);
    return true;
  });
}

/** A stream that writes to a Writable, each chunk when the one before is through. It does not end it. */
function toWritable(execution, writable) {
  const fail = (error) => execution.fail(error);
  writable.on('error', fail);
  execution.atEnd(() => writable.removeListener?.('error', fail));
  return output(execution, (chunk) => put(writable, Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)));
}

/** Answers whether it could still be written to. */
async function put(writable, chunk) {
  if (writable.errored != null) throw writable.errored;
  if (writable.destroyed || writable.writableEnded || writable.writable === false) return false;
  // Others than Node's may not call back.
  if (typeof writable.writableLength !== 'number') {
    writable.write(chunk);
    return true;
  }
  const error = await new Promise((resolve) => writable.write(chunk, resolve));
  if (error == null) return true;
  // Destroyed without an error of its own: the reader is gone.
  if (writable.destroyed && writable.errored == null) return false;
  throw error;
}

/**
 * @param {import('./execution.js').Execution} execution
 * @param {(chunk: Uint8Array) => Promise<boolean>} take whether it goes on; else the guest's writes answer EPIPE
 */
function output(execution, take) {
  const { stream, socket } = open(false);
  execution.deliver(socket, deliver(socket, take));
  return stream;
}

async function deliver(socket, take) {
  // Leaving the loop closes the pipe, also by an error.
  for await (const { buffer, byteOffset, byteLength } of socket) {
    if (!(await take(new Uint8Array(buffer, byteOffset, byteLength)))) return;
  }
}

/** A stream of what a function returns, or its promises become: called before the guest reads, as long as the pipe has room. */
function fromFunction(execution, next) {
  return fromReadable(execution, chunks(next));
}

async function* chunks(next) {
  for (let empty = 0; empty < PATIENCE; empty++) {
    const chunk = await next();
    if (chunk == null) return;
    if (chunk.length !== 0 && chunk.byteLength !== 0) empty = -1;
    yield chunk;
  }
  throw emptyChunks(PATIENCE);
}

/** A stream of what comes through the event loop. It is the host's: what is not yet in the pipe when the guest ends goes back. */
function fromReadable(execution, source) {
  const { Arrivals } = require('../arrivals.js');
  const { stream, socket } = open(true);
  // The guest has closed its end, or is gone. The write says so, too.
  socket.on('error', () => {});
  const arrivals = new Arrivals(source);
  execution.atEnd(() => {
    arrivals.close();
    socket.destroy();
  });
  feed(arrivals, socket).catch((error) => execution.fail(error));
  return stream;
}

async function feed(arrivals, socket) {
  const room = Buffer.alloc(ROOM);
  for (;;) {
    await arrivals.arrival();
    const taken = arrivals.take(ROOM, room);
    if (taken === 0) break;
    if (taken < 0) continue;
    const error = await new Promise((resolve) => socket.write(room.subarray(0, taken), resolve));
    if (error == null) continue;
    arrivals.close();
    return;
  }
  socket.end();
}

module.exports = { fromFunction, fromReadable, given, nothing, piped, toFunction, toWritable };
