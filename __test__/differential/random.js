'use strict';
// Numbers that a seed decides: xoshiro128**, whose state splitmix32 spreads over, so that neighbouring seeds have nothing in common.

class Random {
  #state = new Uint32Array(4);

  /** @param {number} seed an integer */
  constructor(seed) {
    let spread = seed >>> 0;
    for (let index = 0; index < 4; index++) {
      spread = (spread + 0x9e3779b9) >>> 0;
      let mixed = spread;
      mixed = Math.imul(mixed ^ (mixed >>> 16), 0x21f0aaad);
      mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
      this.#state[index] = mixed ^ (mixed >>> 15);
    }
  }

  /** 32 bits. */
  next() {
    const state = this.#state;
    const rotated = (value, by) => (value << by) | (value >>> (32 - by));
    const result = Math.imul(rotated(Math.imul(state[1], 5), 7), 9) >>> 0;
    const shifted = state[1] << 9;
    state[2] ^= state[0];
    state[3] ^= state[1];
    state[1] ^= state[2];
    state[0] ^= state[3];
    state[2] ^= shifted;
    state[3] = rotated(state[3], 11);
    return result;
  }

  /** An integer from 0 on, less than `limit`. */
  below(limit) {
    return this.next() % limit;
  }

  /** True in `percent` of all cases. */
  chance(percent) {
    return this.below(100) < percent;
  }

  /** One of a list. */
  pick(list) {
    return list[this.below(list.length)];
  }

  /** A key of an object whose values are weights. */
  weighted(weights) {
    const entries = Object.entries(weights);
    let left = this.below(entries.reduce((sum, [, weight]) => sum + weight, 0));
    return entries.find(([, weight]) => (left -= weight) < 0)[0];
  }
}

module.exports = { Random };
