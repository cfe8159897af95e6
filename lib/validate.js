'use strict';
// Checks of single values: each returns, or throws what Node's own check of that kind throws.

/** Loaded by the first failure. */
const errors = () => require('./errors.js');

const INT32_MAX = 0x7fffffff;

/**
 * @param {unknown} value
 * @param {string} name how the error calls it
 * @returns {asserts value is object}
 */
function validateObject(value, name) {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) {
    throw errors().invalidArgType(name, 'of type object', value);
  }
}

/** @type {(value: unknown, name: string) => asserts value is unknown[]} */
function validateArray(value, name) {
  if (!Array.isArray(value)) throw errors().invalidArgType(name, 'an instance of Array', value);
}

/** @type {(value: unknown, name: string) => asserts value is string} */
function validateString(value, name) {
  if (typeof value !== 'string') throw errors().invalidArgType(name, 'of type string', value);
}

/** @type {(value: unknown, name: string) => asserts value is boolean} */
function validateBoolean(value, name) {
  if (typeof value !== 'boolean') throw errors().invalidArgType(name, 'of type boolean', value);
}

/** @type {(value: unknown, name: string) => asserts value is Function} */
function validateFunction(value, name) {
  if (typeof value !== 'function') throw errors().invalidArgType(name, 'of type function', value);
}

/** @type {(value: unknown, name: string) => asserts value is undefined} */
function validateUndefined(value, name) {
  if (value !== undefined) throw errors().invalidArgType(name, 'undefined', value);
}

/**
 * An integer from `min` to `max`, both included.
 * @param {unknown} value
 * @param {string} name
 * @param {number} [min]
 * @param {number} [max]
 * @returns {asserts value is number}
 */
function validateInteger(value, name, min = 0, max = INT32_MAX) {
  if (typeof value !== 'number') throw errors().invalidArgType(name, 'of type number', value);
  if (!Number.isInteger(value)) throw errors().outOfRange(name, 'an integer', value);
  if (value < min || value > max) throw errors().outOfRange(name, `>= ${min} && <= ${max}`, value);
}

/**
 * A number of bytes: an integer from 0 on, or Infinity.
 * @type {(value: unknown, name: string) => asserts value is number}
 */
function validateSize(value, name) {
  if (value !== Infinity) validateInteger(value, name, 0, Number.MAX_SAFE_INTEGER);
}

/**
 * A string that C can hold. A host path cut at its NUL would grant another directory than the one that was checked.
 * @type {(value: string, name: string) => void}
 */
function validateNoNul(value, name) {
  if (value.includes('\0')) throw errors().invalidArgValue(name, value, 'must be a string without null bytes');
}

/**
 * What is left of a record of options when the known ones were taken: nothing. A misspelt permission or limit must not pass for one
 * that was not asked for.
 * @param {object} rest
 * @param {string} name of the record
 * @param {string} what the options are of
 */
function validateNoOthers(rest, name, what) {
  const [stray] = Object.keys(rest);
  if (stray !== undefined) throw errors().invalidArgValue(`${name}.${stray}`, rest[stray], `is not an option of ${what}`);
}

module.exports = {
  validateArray,
  validateBoolean,
  validateFunction,
  validateInteger,
  validateNoNul,
  validateNoOthers,
  validateObject,
  validateSize,
  validateString,
  validateUndefined,
};
