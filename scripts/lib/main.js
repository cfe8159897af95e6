'use strict';
// The frame of every script: a step that failed has said why, so no stack is shown.

const { StepFailed } = require('./exec.js');

/** @param {() => void} script */
function main(script) {
  try {
    script();
  } catch (error) {
    if (!(error instanceof StepFailed)) throw error;
    console.error(error.message);
    process.exitCode = 1;
  }
}

module.exports = { main };
