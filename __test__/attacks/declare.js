'use strict';
// Declares a test for each program and scenario of the list on each kind of filesystem, in one engine.
const assert = require('node:assert/strict');
const { test } = require('node:test');
const { PROGRAMS, SCENARIOS } = require('./list.js');
const { attackIn, attackWith, kindsIn } = require('./run.js');

function declareAttacks(engine) {
  const title = (what, kind) => `${what} against ${kind}, in ${engine === 'v8' ? 'V8' : 'the engine'}`;
  const contained = (results) => assert.deepEqual(results.filter((result) => !result.contained), []);
  for (const program of PROGRAMS) {
    for (const kind of kindsIn(engine, program)) test(title(program.program, kind), async () => contained(await attackWith(engine, program, kind)));
  }
  for (const scenario of SCENARIOS) {
    for (const kind of kindsIn(engine, scenario)) test(title(scenario.scenario, kind), async () => contained([await attackIn(engine, scenario, kind)]));
  }
}

module.exports = { declareAttacks };
