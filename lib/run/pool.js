'use strict';
// run(), spawn(), and the class that bounds how many guests run at once.

const { engine } = require('./engine.js');
const { Execution } = require('./execution.js');
const { readConcurrency } = require('./options.js');
const { SpawnedGuest } = require('./spawned.js');

/** See index.d.ts. */
class Pool {
  #pool;
  #concurrency;

  constructor(options = {}) {
    this.#concurrency = readConcurrency(options);
    this.#pool = new (engine().Pool)(this.#concurrency);
  }

  get concurrency() {
    return this.#concurrency;
  }

  get running() {
    return this.#pool.load()[0];
  }

  get queued() {
    return this.#pool.load()[1];
  }

  async run(module, options = {}) {
    return new Execution(this.#pool, module, options, false).settled;
  }

  spawn(module, options = {}) {
    return new SpawnedGuest(new Execution(this.#pool, module, options, true));
  }
}

/** Made by the first that needs it. */
let common;
const pool = () => (common ??= new Pool());

/** See index.d.ts. */
async function run(module, options) {
  return pool().run(module, options);
}

/** See index.d.ts. */
function spawn(module, options) {
  return pool().spawn(module, options);
}

module.exports = { Pool, run, spawn };
