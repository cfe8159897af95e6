'use strict';
// What the tests of the conformance programs ask of the cases of one run.
const assert = require('node:assert/strict');
const { exceptionOf } = require('../../conformance/exceptions.js');
const { titleOf } = require('../../conformance/run.js');

const shown = ({ program, failures, ...each }) => `${program}, ${titleOf(each)}: ${failures.join('; ')}`;

// Every case has passed that is not on the list of what cannot, and none that is on it.
function holds(cases, kind) {
  assert.ok(cases.length > 0);
  const failed = cases.filter(({ failures }) => failures.length > 0);
  assert.deepEqual(failed.filter((each) => exceptionOf(titleOf(each), { kind }) === undefined).map(shown), []);
  const passed = cases.filter(({ failures }) => failures.length === 0).map(titleOf);
  assert.deepEqual(passed.filter((title) => exceptionOf(title, { kind }) !== undefined), [], 'passes although it is listed in conformance/exceptions.js');
  assert.deepEqual(cases.filter(({ skipped }) => skipped !== undefined).map(titleOf), []);
}

module.exports = { holds, shown };
