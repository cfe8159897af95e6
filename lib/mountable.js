'use strict';
// What counts as a filesystem wherever one can be given: one of ours, or an object that JavaScript wrote.

const { kNative } = require('./filesystem/symbols.js');

/** @param {unknown} value */
const isFilesystem = (value) => value?.[kNative] !== undefined || isProvider(value);

/** Whether an object has the methods of a filesystem, and is no record of options. */
function isProvider(value) {
  if (value === null || (typeof value !== 'object' && typeof value !== 'function')) return false;
  const reads = typeof value.openSync === 'function' || typeof value.readFileSync === 'function';
  return reads && typeof value.path !== 'string';
}

/** The native filesystem of what {@link isFilesystem} knows. Whoever mounts it elsewhere has to keep this object. */
const nativeOf = (filesystem) => filesystem[kNative] ?? require('./provider/index.js').mount(filesystem);

module.exports = { isFilesystem, nativeOf };
