'use strict';
// What comes through the event loop for a guest's standard input: of a Readable, or of anything that is iterated
// asynchronously.
//
// Something is fetched only while a guest waits for it. The source is the host's: it is not destroyed with the guest, and what
// the guest left goes back where a stream takes it.

const { Queue } = require('./chunks.js');

/** Loaded by the first failure. */
const errors = () => require('./errors.js');

/** Whether it is read by events, as a Readable of Node's or of `readable-stream` is. */
const isNodes = (source) => typeof source.read === 'function' && typeof source.on === 'function';

class Arrivals {
  #next;
  #queue = new Queue();
  #ended = false;
  #failed;
  #pending;

  constructor(source) {
    this.#next = isNodes(source) ? new Events(source) : new Iteration(source);
  }

  /**
   * Fetches something to read, or the end.
   * @returns {Promise<void> | undefined} nothing where there is something already
   */
  arrival() {
    if (!this.#queue.isEmpty || this.#ended) return undefined;
    // What was begun before a rest goes on now.
    this.#next.listen();
    this.#pending ??= this.#fetch().finally(() => {
      this.#pending = undefined;
    });
    return this.#pending;
  }

  async #fetch() {
    try {
      while (this.#queue.isEmpty && !this.#ended) {
        const { done, value } = await this.#next.next();
        if (done) this.#ended = true;
        else this.#queue.push(value, 'read from "options.stdin"');
      }
    } catch (error) {
      this.#ended = true;
      this.#failed = { error };
    }
  }

  /** How many bytes there are, or 0 at the end; -1 where there is nothing yet. */
  get available() {
    return this.#queue.isEmpty && !this.#ended ? -1 : this.#queue.length;
  }

  /**
   * Puts at most `most` bytes into `room`. Throws, once, what the source failed with.
   * @returns {number} how many; -1 where there is nothing yet
   */
  take(most, room) {
    const taken = this.#queue.take(most, room);
    if (taken > 0) return taken;
    if (!this.#ended) return -1;
    if (this.#failed === undefined) return 0;
    const { error } = this.#failed;
    this.#failed = undefined;
    throw error;
  }

  /** The guest does not run: nothing is fetched until it does, and the event loop is not kept alive for it. */
  rest() {
    this.#next.rest();
  }

  /** The guest is gone. */
  close() {
    const left = this.#queue.takeAll();
    this.#ended = true;
    this.#next.close(left);
  }
}

/** A Readable, chunk by chunk. */
class Events {
  #source;
  #ended = false;
  #failed;
  #listening = false;
  /** Ends the wait for an event. */
  #wake = () => {};

  constructor(source) {
    this.#source = source;
  }

  #onEnd = () => {
    this.#ended = true;
    this.#wake();
  };

  #onError = (error) => {
    this.#failed ??= { error };
    this.#wake();
  };

  #onClose = () => {
    if (!this.#ended) this.#failed ??= { error: this.#source.errored ?? errors().prematureClose() };
    this.#wake();
  };

  #onReadable = () => this.#wake();

  async next() {
    for (;;) {
      if (this.#failed !== undefined) throw this.#failed.error;
      // First: what comes after the guest has gone is not its own.
      if (this.#ended) return { done: true };
      const value = this.#source.read();
      if (value !== null) return { done: false, value };
      await new Promise((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  listen() {
    if (this.#listening) return;
    this.#listening = true;
    const source = this.#source;
    if (source.readableEnded) this.#ended = true;
    else if (source.destroyed) this.#onClose();
    source.on('readable', this.#onReadable);
    source.on('end', this.#onEnd);
    source.on('error', this.#onError);
    source.on('close', this.#onClose);
    // It may have gone on while nobody listened.
    this.#wake();
  }

  rest() {
    if (!this.#listening) return;
    this.#listening = false;
    const source = this.#source;
    source.off('readable', this.#onReadable);
    source.off('end', this.#onEnd);
    source.off('error', this.#onError);
    source.off('close', this.#onClose);
    // Without this, process.stdin would be read on, and keep the process alive. A stream only hears of it when it has noticed,
    // a tick later, that nobody listens.
    process.nextTick(() => {
      if (!this.#listening && source.listenerCount('data') + source.listenerCount('readable') === 0) source.pause?.();
    });
  }

  close(left) {
    this.#ended = true;
    this.rest();
    this.#wake();
    const source = this.#source;
    if (left !== undefined && !source.readableEnded && !source.destroyed) source.unshift?.(left);
  }
}

/** Whatever is iterated asynchronously. */
class Iteration {
  #source;
  #iterator;

  constructor(source) {
    this.#source = source;
  }

  next() {
    // A web stream is not cancelled when its iteration ends.
    this.#iterator ??= this.#source.values?.({ preventCancel: true }) ?? this.#source[Symbol.asyncIterator]();
    return this.#iterator.next();
  }

  listen() {}

  rest() {}

  close() {
    const iterator = this.#iterator;
    // Once, also where it throws.
    this.#iterator = undefined;
    iterator?.return?.()?.catch?.(() => {});
  }
}

module.exports = { Arrivals };
