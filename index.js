'use strict';
// The public surface; its types and documentation are in index.d.ts.

// A machine without a build hears of it here, not at the first guest. Under Node's permission model `new WASI` has the
// first word: it knows whether WASI is allowed at all.
if (process.permission === undefined) require('./lib/native.js').load();

const { CapturedOutput } = require('./lib/captured.js');
const { WASI } = require('./lib/wasi.js');

module.exports = { CapturedOutput, WASI };
