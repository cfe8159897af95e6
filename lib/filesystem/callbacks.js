'use strict';
// node:fs's calls with a callback: the synchronous ones, whose answer comes in a later turn of the event loop. Nothing is
// waited for, but who expects a callback (streams, bundlers, memfs's users) gets one.

const { invalidArgType } = require('./errors.js');

/** Calls that tell with what they were made, too. */
const WITH_BUFFER = new Set(['read', 'write', 'readv', 'writev']);
/** Calls whose success has a value. */
const WITH_VALUE = new Set([
  ...WITH_BUFFER, 'stat', 'lstat', 'fstat', 'statfs', 'open', 'opendir', 'readdir', 'readFile', 'readlink', 'realpath', 'mkdir',
  'mkdtemp',
]);

/**
 * @param {import('./base.js').FileSystem} filesystem
 * @param {string} name without `Sync`
 */
function callback(filesystem, name) {
  const call = make(filesystem, name, `${name}Sync`);
  if (name === 'realpath') call.native = make({ call: (...args) => filesystem.realpathSync.native(...args) }, name, 'call');
  return call;
}

function make(filesystem, name, sync) {
  const call = (...args) => {
    const done = args.pop();
    if (typeof done !== 'function') throw invalidArgType('cb', 'of type function', undefined);
    let value;
    try {
      value = filesystem[sync](...args);
    } catch (error) {
      // What was wrong with the arguments is told at once, as node:fs does.
      if (/^ERR_(INVALID|OUT_OF)/.test(error?.code)) throw error;
      setImmediate(done, error);
      return;
    }
    if (WITH_BUFFER.has(name)) setImmediate(done, null, value, args[1]);
    else if (WITH_VALUE.has(name) && !(name === 'mkdir' && value === undefined)) setImmediate(done, null, value);
    else setImmediate(done, null);
  };
  Object.defineProperty(call, 'name', { value: name, configurable: true });
  return call;
}

/** `exists`, whose callback has no error. */
function exists(filesystem) {
  return function exists(path, done) {
    if (typeof done !== 'function') throw invalidArgType('cb', 'of type function', done);
    setImmediate(done, filesystem.existsSync(path));
  };
}

module.exports = { callback, exists };
