'use strict';
// Names out of a module, on a terminal: a module says what it likes, and must not move the cursor or forge a line.

/** What a terminal acts upon or does not show: controls, line ends, marks of writing direction. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/**
 * @param {string} text
 * @returns {string} on one line, escapes in place of what cannot be seen
 */
function printable(text) {
  return text.replace(UNSEEN, (unseen) => `\\u{${unseen.codePointAt(0).toString(16)}}`);
}

module.exports = { printable };
