'use strict';
// The addon as it runs guests off the JavaScript thread: only its larger build can.

const { accessDenied, noEngine } = require('../errors.js');
const native = require('../native.js');

/**
 * @returns {import('../native').Native}
 * @throws {Error} ERR_ACCESS_DENIED, as `new WASI` does; ERR_PREOPEN_NO_ENGINE
 */
function engine() {
  if (process.permission?.has('wasi') === false) throw accessDenied();
  const loaded = native.load();
  if (loaded.run === undefined) throw noEngine();
  return loaded;
}

module.exports = { engine };
