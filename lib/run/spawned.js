'use strict';
// A guest that spawn() has started: its streams, and how it ends.

const { EventEmitter } = require('node:events');

/** See index.d.ts. */
class SpawnedGuest extends EventEmitter {
  #execution;
  #result;
  #killed = false;
  #ended = false;

  /** @param {import('./execution.js').Execution} execution */
  constructor(execution) {
    super();
    this.#execution = execution;
    [this.stdin, this.stdout, this.stderr] = execution.pipes;
    this.exited = execution.settled;
    this.exited.then(
      (result) => {
        this.#ended = true;
        this.#result = result;
        this.emit('exit', result);
      },
      (error) => {
        this.#ended = true;
        // Unlike that of most emitters, an error that nobody listens to is not thrown: `exited` has it.
        if (this.listenerCount('error') > 0) this.emit('error', error);
      },
    );
  }

  get exitCode() {
    return this.#result?.exitCode ?? null;
  }

  get reason() {
    return this.#result?.reason ?? null;
  }

  get killed() {
    return this.#killed;
  }

  kill() {
    if (this.#ended) return false;
    this.#killed = true;
    this.#execution.kill();
    return true;
  }
}

// Missing in the first releases of Node 20.
for (const [symbol, value] of [
  [Symbol.dispose, dispose],
  [Symbol.asyncDispose, disposeAsync],
]) {
  if (symbol !== undefined) Object.defineProperty(SpawnedGuest.prototype, symbol, { value, writable: true, configurable: true });
}

function dispose() {
  this.kill();
}

/** Also waits until it is gone; what its run was rejected with is for those who await `exited`. */
async function disposeAsync() {
  this.kill();
  await this.exited.catch(() => {});
}

module.exports = { SpawnedGuest };
