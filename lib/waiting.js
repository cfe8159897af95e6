'use strict';
// How a guest waits without its thread: JavaScript Promise Integration (JSPI) suspends it, and timers, streams and native code
// end the wait.
//
// A call that has to wait calls `suspend` from native code, which leaves a promise here, and returns into the adapter. That
// calls the suspender: WebAssembly all the way from the guest's export, as JSPI asks for. When the promise is fulfilled, the
// adapter makes the call again.

const native = require('./native.js');

/** Loaded by the first failure. */
const errors = () => require('./errors.js');

const { WebAssembly, clearImmediate, clearTimeout, setImmediate, setTimeout } = globalThis;

/** The longest that a timer of JavaScript's runs, ms: after it, the guest finds that its time has not come. */
const LONGEST = 2 ** 31 - 1;

/** The last wait that was arranged on this thread: the next thing that happens is that the engine is asked to suspend for it. */
let latest;

/** WebAssembly's `suspend`; one for all guests of this thread. */
let suspender;

/**
 * The function that calls an export as one that can be suspended. Throws where the engine cannot do that.
 * @returns {(exported: Function) => (...args: unknown[]) => Promise<unknown>}
 */
function promising() {
  if (typeof WebAssembly.Suspending !== 'function') throw errors().noSuspending();
  return WebAssembly.promising;
}

/** What an adapter calls to have its guest suspended. */
function suspenderFunction() {
  if (suspender === undefined) {
    const wait = new WebAssembly.Suspending(() => latest.promise);
    const module = new WebAssembly.Module(native.load().suspender());
    suspender = new WebAssembly.Instance(module, { preopen: { wait } }).exports.suspend;
  }
  return suspender;
}

/**
 * Arranges a wait.
 * @param {object} guest
 * @param {number} delay ms, at most; less than one: for a turn of the event loop
 * @param {boolean} reads until standard input has something
 * @param {boolean} writes until a Writable takes more
 * @returns {() => void} ends it
 */
function suspend(guest, delay, reads, writes) {
  const wait = { promise: undefined, wake: undefined };
  const undo = [];
  wait.promise = new Promise((resolve) => {
    wait.wake = () => {
      if (!guest.waits.delete(wait.wake)) return;
      for (const end of undo) end();
      resolve();
    };
  });
  guest.waits.add(wait.wake);
  if (delay < 1) {
    const turn = setImmediate(wait.wake);
    undo.push(() => clearImmediate(turn));
  } else if (delay < Infinity) {
    const timer = setTimeout(wait.wake, Math.min(delay, LONGEST));
    undo.push(() => clearTimeout(timer));
  }
  try {
    if (reads) (guest.arrivals?.arrival() ?? Promise.resolve()).then(wait.wake);
    if (writes) for (const writable of guest.writables) undo.push(onceWritable(writable, wait.wake));
  } catch (error) {
    // The host's stream threw: nobody will wait, and no timer is to keep the process alive.
    wait.wake();
    throw error;
  }
  latest = wait;
  // It would keep the guest alive.
  wait.promise.then(() => {
    if (latest === wait) latest = undefined;
  });
  return wait.wake;
}

/**
 * Ends a guest's last wait, for which the engine could not suspend: later, as streams may run the host's code then. Where native code
 * had no descriptor or thread to wait with, it is over already, and what is the latest by now may be another guest's.
 */
function giveUp(guest) {
  if (latest !== undefined && guest.waits.has(latest.wake)) Promise.resolve().then(latest.wake);
}

/** Calls `wake` when a Writable takes more, or never will. Returns what ends that. */
function onceWritable(writable, wake) {
  // An error that is only watched is still thrown where nobody listens.
  const { errorMonitor } = require('node:events');
  const events = ['drain', 'close', errorMonitor];
  for (const event of events) writable.on(event, wake);
  return () => {
    for (const event of events) writable.off?.(event, wake);
  };
}

module.exports = { giveUp, promising, suspend, suspenderFunction };
