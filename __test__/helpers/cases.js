'use strict';
// What a program says that was built with guests/src/case.h: its cases, and whether each promise was kept.

/**
 * @param {string} text its standard output
 * @returns {{ cases: { function: string, promise: string, failures: string[], skipped?: string }[], done: boolean, other: string[] }}
 *   `done`: it reached its end; `other`: lines that are none of the form's
 */
function readCases(text) {
  const cases = [];
  const other = [];
  let done = false;
  for (const line of text.split('\n')) {
    const [, word, rest] = /^(case|failed|skipped|done)(?: (.*))?$/.exec(line) ?? [];
    if (word === 'case') {
      const [, name, promise] = /^(\w+): (.+)$/.exec(rest);
      cases.push({ function: name, promise, failures: [] });
    } else if (word === 'done') done = true;
    else if (word === 'failed' && cases.length > 0) cases.at(-1).failures.push(rest);
    else if (word === 'skipped' && cases.length > 0) cases.at(-1).skipped = rest;
    else if (line !== '') other.push(line);
  }
  return { cases, done, other };
}

module.exports = { readCases };
