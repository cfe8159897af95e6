'use strict';
// Runs named stages one after the other, all of them, and sums up.

const { StepFailed } = require('./exec.js');

/**
 * @param {[string, () => void][]} stages
 * @returns {number} how many failed
 */
function runStages(stages) {
  const outcomes = [];
  for (const [name, stage] of stages) {
    console.log(`\n== ${name}`);
    const started = process.hrtime.bigint();
    let failure;
    try {
      stage();
    } catch (error) {
      failure = error instanceof StepFailed ? error.message : error.stack;
      console.error(`FAILED: ${failure}`);
    }
    const seconds = Number(process.hrtime.bigint() - started) / 1e9;
    outcomes.push({ name, seconds, failure });
  }
  const failed = outcomes.filter(({ failure }) => failure !== undefined).length;
  console.log('');
  for (const { name, seconds, failure } of outcomes) {
    console.log(`${failure === undefined ? 'ok    ' : 'FAILED'}  ${name} (${seconds.toFixed(1)} s)`);
  }
  console.log(`${outcomes.length - failed} passed, ${failed} failed`);
  return failed;
}

module.exports = { runStages };
