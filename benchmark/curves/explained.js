'use strict';

// What may grow faster than its size, and why: by the curve's name, and the kinds where it is about some. `most` is the exponent that
// it may have then.

const { MEMORY, NODE, PROVIDER } = require('./kinds');

const CACHES = 'what is looked up no longer fits into the processor\'s caches: as many steps, of which each waits for memory';

const COLLECTED = 'V8 collects its heap once for so many new guests, and goes through all that are alive each time';

const explained = [
  { curve: 'guests', most: 1.4, reason: COLLECTED },
  { curve: 'read-among', most: 1.4, reason: CACHES },
  { curve: 'churn', kinds: [MEMORY], most: 1.3, reason: CACHES },
  { curve: 'mkdir-p', most: 2.2, reason: 'each of n calls names all the directories above, so n²/2 names are walked; the host\'s kernel does the same' },
  { curve: 'path-stat', kinds: [PROVIDER], most: 1.7, reason: 'node:fs has paths and no handles: each of n names is asked for by the whole path to it' },
  { curve: 'path-open', kinds: [PROVIDER], most: 1.7, reason: 'as path-stat' },
  { curve: 'list', most: 1.35, reason: CACHES },
  { curve: 'open-in', most: 1.3, reason: CACHES },
  { curve: 'create-in', most: 1.3, reason: CACHES },
  { curve: 'create', most: 1.3, reason: CACHES },
  { curve: 'constructor', most: 1.3, reason: `${CACHES}; and V8 collects a heap that grows` },
  { curve: 'to-json', most: 1.3, reason: 'V8 collects a heap that grows: every path and content is a string of its own in it' },
  { curve: 'list-recursive', most: 1.3, reason: 'as to-json' },
];

/** Why a curve may grow so, or undefined. What is not ours needs no reason. */
function reasonFor({ curve, kind, measure, exponent }) {
  if (kind === NODE) return 'node:wasi\'s own';
  const fits = (one) => one.curve === curve && (one.kinds === undefined || one.kinds.includes(kind)) && measure === 'time' && exponent <= one.most;
  return explained.find(fits)?.reason;
}

module.exports = { explained, reasonFor };
