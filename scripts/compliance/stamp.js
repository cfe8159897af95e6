'use strict';
// The lines of COMPLIANCE.md that a program reads: of which code it speaks, and whether it is whole.

/**
 * @typedef {object} Stamp
 * @property {string} version
 * @property {string} date
 * @property {string} digest
 * @property {string[]} incomplete what was left out of a whole run; empty for one that a release may carry
 * @property {number} failures
 */

const LINE = /^<!-- compliance: (.+) -->$/m;

/** @param {Stamp} stamp */
const writeStamp = (stamp) => `<!-- compliance: ${JSON.stringify(stamp)} -->`;

/**
 * @param {string} report
 * @returns {Stamp | undefined} undefined where it has none that can be read
 */
function readStamp(report) {
  try {
    return JSON.parse(LINE.exec(report)?.[1] ?? 'null') ?? undefined;
  } catch {
    return undefined;
  }
}

module.exports = { readStamp, writeStamp };
