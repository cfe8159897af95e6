'use strict';
// The class: a guest's life from its options to its end. The same shape, order of checks and errors as `node:wasi`.

const adapter = require('./adapter.js');
const { Imports } = require('./imports.js');
const native = require('./native.js');
const { readOptions } = require('./options.js');
const { openStandard } = require('./stdio.js');
const waiting = require('./waiting.js');
const { validateBoolean, validateFunction, validateObject, validateUndefined } = require('./validate.js');

/** Loaded by the first failure. */
const errors = () => require('./errors.js');

/** A property, not a private field: like those of `node:wasi`, an instance may stand behind a Proxy. */
const kGuest = Symbol('kGuest');
/** Thrown through the guest's frames by an exit, and swallowed by `start()`. The name is Node's. */
const kExitCode = Symbol('kExitCode');
const kNoOptions = Object.freeze({ __proto__: null });

/** What an instance knows of its guest; and the hooks, what native code may call while the guest runs. */
class Guest {
  started = false;
  /** @type {object | undefined} */
  instance = undefined;
  /** @type {WebAssembly.Memory | undefined} */
  memory = undefined;
  /** As the guest gave it: `node:wasi` keeps it signed, and JavaScript may pass anything. */
  exitCode = 0;
  exited = false;
  returnOnExit = true;
  /** Whether the guest may be suspended while it waits: it is otherwise refused what only the event loop brings. */
  suspends = false;
  /** The functions that end its calls' waits. */
  waits = new Set();
  /** The captures behind 1 and 2, by descriptor. */
  captured = [];
  /** What comes through the event loop for 0; see streams.js. */
  arrivals = undefined;
  /** The Writables behind 1 and 2. */
  writables = [];
  /** The functions by which native code calls streams written in JavaScript: they live as long as the guest. */
  streamHooks = [];
  /** The guest's memory as native code knows it, and its length then. */
  seen = undefined;
  seenLength = 0;

  constructor(config) {
    config.hooks = this;
    this.maxOutput = config.maxOutput;
    config.stdio = openStandard(this, config.stdio);
    this.bindingName = config.unstable ? 'wasi_unstable' : 'wasi_snapshot_preview1';
    // Native code holds what a filesystem written in JavaScript needs weakly.
    this.preopens = config.preopens;
    this.traced = config.trace !== 'off';
    this.traceFunction = config.traceFunction;
    this.sandbox = native.load().create(config);
    this.functions = adapter.instantiate(this.sandbox.dispatch);
    this.sandbox.attach(adapter.frameBytes);
  }

  /** Where the guest's memory is now. Also asked between the slices of a long wait, where a terminated Worker notices. */
  view() {
    this.seen = adapter.view(this.memory);
    this.seenLength = this.seen.length;
    return this.seen;
  }

  /** Whether the memory is elsewhere than native code believes: it moves only where it grows, and a view of it ends then. */
  hasMoved() {
    return this.seen.length !== this.seenLength;
  }

  /**
   * Ends the guest. A signal that it raised never ends the host.
   * @param {number} code
   * @param {boolean} raised by `proc_raise`
   * @returns {never}
   */
  exit(code, raised) {
    if (!raised && !this.returnOnExit) endHost(code);
    this.exitCode = code;
    this.exited = true;
    throw kExitCode;
  }

  /** Tells of a call that is over. What it throws ends the guest. */
  trace(event) {
    const { traceFunction } = this;
    traceFunction(event);
  }

  notStarted() {
    throw errors().notStarted();
  }

  suspend(delay, reads, writes) {
    return waiting.suspend(this, delay, reads, writes);
  }

  giveUp() {
    waiting.giveUp(this);
  }

  /** From now on, calls that wait suspend it. */
  letSuspend() {
    adapter.letSuspend(this.functions.slots, waiting.suspenderFunction());
    this.sandbox.suspendCalls();
  }

  /** Releases every descriptor, and what was mounted. Calls that wait for one are made again, and find it closed. */
  close() {
    // Each may run code of the host's, which may throw; whoever waits goes on nevertheless.
    try {
      this.sandbox.close();
    } finally {
      this.preopens = undefined;
      try {
        this.arrivals?.close();
      } finally {
        for (const wake of this.waits) wake();
      }
    }
  }

  /** After an exit. After a plain return the guest is not gone: its exports may still be called. */
  gone() {
    if (this.exited) this.close();
  }
}

/**
 * Ends the process at once, as C's `exit` does: no 'exit' event, nothing flushed. In a Worker it ends that Worker only,
 * where `node:wasi` takes the whole process down.
 * @param {number} code
 * @returns {never}
 */
function endHost(code) {
  const { isMainThread } = require('node:worker_threads');
  if (isMainThread && typeof process.reallyExit === 'function') process.reallyExit(code & 0xff);
  process.exit(code & 0xff);
}

/** See index.d.ts. */
class WASI {
  constructor(options = kNoOptions) {
    const config = readOptions(options);
    if (process.permission?.has('wasi') === false) throw errors().accessDenied();
    const guest = new Guest(config);

    try {
      const { returnOnExit } = options;
      if (returnOnExit !== undefined) {
        validateBoolean(returnOnExit, 'options.returnOnExit');
        guest.returnOnExit = returnOnExit;
      }
    } catch (error) {
      guest.close();
      throw error;
    }

    this[kGuest] = guest;
    this.wasiImport = new Imports(guest.functions);
    if (guest.returnOnExit) this.wasiImport.proc_exit = wasiReturnOnProcExit.bind(this);
  }

  finalizeBindings(instance, { memory = instance?.exports?.memory } = kNoOptions) {
    const guest = this[kGuest];
    if (guest.started) throw errors().alreadyStarted();
    validateObject(instance, 'instance');
    validateObject(instance.exports, 'instance.exports');
    // Asked again: what was read of the arguments may have been getters, and one of them may have bound another memory.
    // Native code knows a memory only by its size, and would go on in the first one.
    if (guest.started) throw errors().alreadyStarted();
    if (guest.arrivals !== undefined && !guest.suspends) throw errors().needsEventLoop();
    adapter.bind(guest.functions.slots, memory);
    guest.memory = memory;
    guest.instance = instance;
    guest.started = true;
  }

  start(instance) {
    // Through `this`: a subclass may bind in its own way.
    this.finalizeBindings(instance);
    const guest = this[kGuest];
    const { _start, _initialize } = guest.instance.exports;
    validateFunction(_start, 'instance.exports._start');
    validateUndefined(_initialize, 'instance.exports._initialize');
    try {
      _start();
    } catch (error) {
      if (error !== kExitCode) throw error;
      guest.gone();
    }
    return guest.exitCode;
  }

  async startAsync(instance) {
    const promising = waiting.promising();
    bindSuspended(this, instance);
    const guest = this[kGuest];
    const { _start, _initialize } = guest.instance.exports;
    validateFunction(_start, 'instance.exports._start');
    validateUndefined(_initialize, 'instance.exports._initialize');
    const start = exported(promising, _start, 'instance.exports._start');
    try {
      await start();
    } catch (error) {
      if (error !== kExitCode) throw error;
      guest.gone();
    } finally {
      // Unless another call still waits for it.
      if (guest.waits.size === 0) guest.arrivals?.rest();
    }
    return guest.exitCode;
  }

  initialize(instance) {
    this.finalizeBindings(instance);
    const { _start, _initialize } = this[kGuest].instance.exports;
    validateUndefined(_start, 'instance.exports._start');
    if (_initialize !== undefined) {
      validateFunction(_initialize, 'instance.exports._initialize');
      _initialize();
    }
  }

  async initializeAsync(instance) {
    const promising = waiting.promising();
    bindSuspended(this, instance);
    const guest = this[kGuest];
    const { _start, _initialize } = guest.instance.exports;
    validateUndefined(_start, 'instance.exports._start');
    if (_initialize !== undefined) {
      validateFunction(_initialize, 'instance.exports._initialize');
      await exported(promising, _initialize, 'instance.exports._initialize')();
    }
  }

  getImportObject() {
    return { [this[kGuest].bindingName]: this.wasiImport };
  }

  close() {
    this[kGuest].close();
  }

  get stdout() {
    return this[kGuest].captured[1];
  }

  get stderr() {
    return this[kGuest].captured[2];
  }

  get sockets() {
    return this[kGuest].sandbox.sockets();
  }
}

// Missing in the first releases of Node 20.
if (Symbol.dispose !== undefined) {
  Object.defineProperty(WASI.prototype, Symbol.dispose, {
    value: WASI.prototype.close,
    writable: true,
    configurable: true,
  });
}

/** `finalizeBindings`, of a guest that is suspended while it waits. */
function bindSuspended(wasi, instance) {
  const guest = wasi[kGuest];
  if (guest.started) throw errors().alreadyStarted();
  guest.suspends = true;
  try {
    wasi.finalizeBindings(instance);
  } finally {
    guest.suspends = guest.started;
  }
  guest.letSuspend();
}

/** An export as an asynchronous function. */
function exported(promising, value, name) {
  try {
    return promising(value);
  } catch {
    throw errors().invalidArgType(name, 'a function exported by WebAssembly', value);
  }
}

function wasiReturnOnProcExit(code) {
  const guest = this[kGuest];
  // By the way on which calls are traced: it comes back to `exit`.
  if (guest.traced) guest.functions.proc_exit(code);
  guest.exit(code, false);
}

module.exports = { WASI };
