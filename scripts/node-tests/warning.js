'use strict';
// Preloaded into Node's tests, which expect the warning that Node prints when its own module is first loaded.

const Module = require('node:module');

const load = Module._load;
Module._load = function (request, ...rest) {
  if (request === 'wasi' || request === 'node:wasi') {
    Module._load = load;
    process.emitWarning('WASI is an experimental feature and might change at any time', 'ExperimentalWarning');
  }
  return load.call(this, request, ...rest);
};
