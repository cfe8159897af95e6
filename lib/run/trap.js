'use strict';
// The error that a run is rejected with where WebAssembly trapped.

/** See index.d.ts. */
class WasiTrap extends Error {
  /**
   * @param {string} message
   * @param {{ trap?: string, frames?: import('../native').RunOutcome['frames'] }} [what]
   */
  constructor(message, { trap = message, frames = [] } = {}) {
    super(message);
    this.code = 'ERR_WASI_TRAP';
    this.trap = trap;
    // The stack has them already.
    Object.defineProperty(this, 'frames', { value: frames, writable: true, configurable: true });
    // JavaScript was elsewhere when it happened: the guest's own frames are the ones that say something.
    if (frames.length > 0) this.stack = [`${this.name}: ${message}`, ...frames.map(lineOf)].join('\n');
  }
}

Object.defineProperty(WasiTrap.prototype, 'name', { value: 'WasiTrap', writable: true, configurable: true });

/** As V8 writes it, but for the module's name. */
function lineOf({ name, index, offset }) {
  const place = `wasm-function[${index}]:0x${offset.toString(16)}`;
  return name === null ? `    at ${place}` : `    at ${name} (${place})`;
}

module.exports = { WasiTrap };
