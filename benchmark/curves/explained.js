'use strict';

// What may grow faster than its size, and why: by the curve's name, and the kind where it is about one. `most` is the exponent that it
// may have then.

const explained = [];

/** Why a curve may grow so, or undefined. */
function reasonFor({ curve, kind, measure, exponent }) {
  return explained.find((one) => one.curve === curve && (one.kind === undefined || one.kind === kind) && (one.measure ?? 'time') === measure && exponent <= one.most)?.reason;
}

module.exports = { explained, reasonFor };
