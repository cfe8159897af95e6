'use strict';
// The WebAssembly between a guest and native code: the adapter that the guest's calls enter, and the probe through
// which the adapter learns the size of the guest's memory.
//
// A guest that imports the adapter's functions calls from WebAssembly to WebAssembly, without a JavaScript frame. Each
// function leaves its number and its arguments in the frame, a page of memory that native code reads, and calls the
// one import, `dispatch`.

const native = require('./native.js');

const { WebAssembly, Uint8Array } = globalThis;
const { apply } = Reflect;

const getter = (prototype, name) => Object.getOwnPropertyDescriptor(prototype, name).get;
/** The intrinsic getter: it knows a memory of any realm, and nothing that only looks like one. */
const memoryBuffer = getter(WebAssembly.Memory.prototype, 'buffer');
const unsharedLength = getter(ArrayBuffer.prototype, 'byteLength');

/**
 * The call frame: one page for all guests of this thread, since one call is over before the next begins. A page for each
 * guest would reserve 10 GiB of addresses, and take as long as all the rest of an adapter.
 */
const frame = new WebAssembly.Memory({ initial: 1, maximum: 1 });
/** All of it, which never grows. */
const frameBytes = new Uint8Array(frame.buffer);

/** Compiled modules of this thread, by what they were compiled for. */
const compiled = new Map();

function compile(key, emit) {
  let module = compiled.get(key);
  if (module === undefined) {
    module = new WebAssembly.Module(emit());
    compiled.set(key, module);
  }
  return module;
}

/** The place in an adapter's `slots` of what suspends the guest. The first is for the size of the memory. */
const SUSPEND = 1;

/**
 * A fresh adapter: the 46 functions, and `slots`.
 * @param {Function} dispatch native code's entry
 */
function instantiate(dispatch) {
  const module = compile('adapter', () => native.load().adapter());
  return new WebAssembly.Instance(module, { preopen: { dispatch, frame } }).exports;
}

/**
 * Points an adapter at a guest's memory.
 * @param {WebAssembly.Table} slots the adapter's
 * @param {unknown} memory
 */
function bind(slots, memory) {
  const shared = isShared(bufferOf(memory));
  try {
    probe(shared, false, slots, memory);
  } catch (error) {
    // Only linking tells whether a memory has 64-bit addresses.
    if (!(error instanceof WebAssembly.LinkError)) throw error;
    probe(shared, true, slots, memory);
  }
}

function probe(shared, memory64, slots, memory) {
  const module = compile(`probe ${shared} ${memory64}`, () => native.load().probe(shared, memory64));
  new WebAssembly.Instance(module, { guest: { memory }, adapter: { slots } });
}

/**
 * Lets the guest of an adapter be suspended.
 * @param {WebAssembly.Table} slots the adapter's
 * @param {Function} suspender
 */
function letSuspend(slots, suspender) {
  slots.set(SUSPEND, suspender);
}

function bufferOf(memory) {
  try {
    return apply(memoryBuffer, memory, []);
  } catch {
    throw require('./errors.js').notAMemory();
  }
}

function isShared(buffer) {
  try {
    apply(unsharedLength, buffer, []);
    return false;
  } catch {
    return true;
  }
}

/**
 * All of a memory, as it is now.
 * @param {WebAssembly.Memory} memory one that `bind` has accepted
 */
function view(memory) {
  return new Uint8Array(apply(memoryBuffer, memory, []));
}

module.exports = { bind, frameBytes, instantiate, letSuspend, view };
